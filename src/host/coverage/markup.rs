//! What of a document is code, and which of its elements matter: read from its text, since the tree does not know where
//! in the file its nodes stood.

use crate::webapi::catalogue::{self, Api};

/// What stands in a document.
#[derive(Debug, Default)]
pub struct Markup {
    /// Code: inline scripts, handlers, `javascript:` addresses. Each as long as in the document, and where it begins.
    pub code: Vec<(String, usize)>,
    /// Addresses of scripts, and their `charset`.
    pub scripts: Vec<(String, Option<String>)>,
    /// Elements and comments of the catalogue, and where they begin.
    pub found: Vec<(&'static Api, usize)>,
    /// The first `<base href>`.
    pub base: Option<String>,
}

/// Elements whose content is text.
const RAW: [&str; 8] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];
/// What a handler in an attribute is written with; blanks keep its length.
const ENTITIES: [(&str, char); 7] =
    [("&quot;", '"'), ("&#34;", '"'), ("&#39;", '\''), ("&apos;", '\''), ("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];

/// An attribute: its name in lower case, its value and where that begins.
struct Attribute<'a> {
    name: String,
    value: &'a str,
    at: usize,
}

/// Reads a document.
#[must_use]
pub fn read(text: &str) -> Markup {
    let mut markup = Markup::default();
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        let rest = &text[start..];
        at = if let Some(comment) = rest.strip_prefix("<!--") {
            let length = comment.find("-->").map_or(rest.len(), |end| end + "<!---->".len());
            markup.comment(&rest[..length], start);
            start + length
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            markup.element(text, start)
        } else if rest.starts_with("</") || rest.starts_with("<!") || rest.starts_with("<?") {
            start + rest.find('>').map_or(rest.len(), |end| end + 1)
        } else {
            start + 1
        };
    }
    markup
}

impl Markup {
    fn comment(&mut self, comment: &str, start: usize) {
        let condition = comment.strip_prefix("<!--[if").and_then(|rest| rest.split_once("]>"));
        let is_ie = condition.is_some_and(|(condition, rest)| !condition.contains('!') && !rest.starts_with("<!-->"));
        if let (true, Some(row)) = (is_ie, catalogue::row("<!--[if IE]>")) {
            self.found.push((row, start));
        }
    }

    /// Reads the element whose tag begins at `start`; where to go on.
    fn element(&mut self, text: &str, start: usize) -> usize {
        let length = text[start + 1..].find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
        let name_end = length.map_or(text.len(), |length| start + 1 + length);
        let name = text[start + 1..name_end].to_ascii_lowercase();
        let (attributes, end) = attributes(text, name_end);
        let value = |wanted: &str| attributes.iter().find(|a| a.name == wanted).map(|a| a.value.trim());
        let rows = catalogue::markup::ROWS.iter().filter(|row| fits(row, &name, &value));
        self.found.extend(rows.map(|row| (row, start)));
        for attribute in &attributes {
            let is_address = matches!(attribute.name.as_str(), "href" | "src" | "action");
            let script = attribute.value.trim_start().get(.."javascript:".len());
            if attribute.name.starts_with("on") {
                self.code.push((decoded(attribute.value), attribute.at));
            } else if is_address && script.is_some_and(|start| start.eq_ignore_ascii_case("javascript:")) {
                // The scheme reads as a label.
                self.code.push((decoded(attribute.value), attribute.at));
            }
        }
        if name == "base" && self.base.is_none() {
            self.base = value("href").map(str::to_owned);
        }
        if !RAW.contains(&name.as_str()) {
            return end;
        }
        let close = raw_end(text, end, &name);
        if name == "script" && is_javascript(value("type"), value("language")) {
            match value("src") {
                Some(source) => {
                    let charset = value("charset").map(str::to_owned);
                    self.scripts.push((decoded(source).replace(' ', ""), charset));
                }
                None => self.code.push((text[end..close].to_owned(), end)),
            }
        }
        close
    }
}

/// Whether an element is the one a row names: `iframe`, `script for`, `input type=file`.
fn fits<'a>(row: &Api, name: &str, value: &impl Fn(&str) -> Option<&'a str>) -> bool {
    let wanted = row.name.trim_matches(['<', '>']);
    let (element, condition) = wanted.split_once(' ').unwrap_or((wanted, ""));
    if element != name {
        return false;
    }
    match condition.split_once('=') {
        Some((attribute, wanted)) => value(attribute).is_some_and(|value| value.eq_ignore_ascii_case(wanted)),
        None => condition.is_empty() || value(condition).is_some(),
    }
}

fn is_javascript(kind: Option<&str>, language: Option<&str>) -> bool {
    let kind = kind.filter(|kind| !kind.is_empty()).or(language.filter(|language| !language.is_empty()));
    kind.is_none_or(|kind| {
        let kind = kind.to_ascii_lowercase();
        kind.contains("javascript") || kind.contains("ecmascript") || kind.contains("jscript") || kind == "module"
    })
}

/// The attributes of a tag from behind its name, and where the tag ends.
fn attributes(text: &str, from: usize) -> (Vec<Attribute<'_>>, usize) {
    let mut found = Vec::new();
    let mut at = from;
    loop {
        at += length_of(&text[at..], |c| c.is_ascii_whitespace() || c == '/');
        let rest = &text[at..];
        if rest.is_empty() || rest.starts_with('>') {
            return (found, (at + 1).min(text.len()));
        }
        let length = length_of(rest, |c| !c.is_ascii_whitespace() && !matches!(c, '/' | '>' | '=')).max(1);
        // A stray `=` or whatever else is no name stands for itself.
        let length = if rest.is_char_boundary(length) { length } else { rest.chars().next().map_or(1, char::len_utf8) };
        let name = rest[..length].to_ascii_lowercase();
        at += length;
        let blank = length_of(&text[at..], |c| c.is_ascii_whitespace());
        if !text[at + blank..].starts_with('=') {
            found.push(Attribute { name, value: "", at });
            continue;
        }
        at += blank + 1;
        at += length_of(&text[at..], |c| c.is_ascii_whitespace());
        let quote = text[at..].chars().next().filter(|c| matches!(c, '"' | '\''));
        at += usize::from(quote.is_some());
        let length = match quote {
            Some(quote) => text[at..].find(quote).unwrap_or(text.len() - at),
            None => length_of(&text[at..], |c| !c.is_ascii_whitespace() && c != '>'),
        };
        found.push(Attribute { name, value: &text[at..at + length], at });
        at = (at + length + usize::from(quote.is_some())).min(text.len());
    }
}

fn length_of(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// Where the content of a raw element ends: at its end tag.
fn raw_end(text: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(found) = text[at..].find("</") {
        let start = at + found;
        let end = text.as_bytes().get(start + 2..start + 2 + name.len());
        if end.is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes())) {
            return start;
        }
        at = start + 2;
    }
    text.len()
}

/// An attribute's value with its entities read; as long as before.
fn decoded(value: &str) -> String {
    ENTITIES.iter().fold(value.to_owned(), |text, (entity, character)| {
        text.replace(entity, &format!("{character}{}", " ".repeat(entity.len() - 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, code: &[&str], found: &[&str]) {
        let markup = read(text);
        assert_eq!(markup.code.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), code, "{text}");
        assert_eq!(markup.found.iter().map(|(row, _)| row.name).collect::<Vec<_>>(), found, "{text}");
        for (code, at) in &markup.code {
            assert!(text[*at..].len() >= code.len() && text.is_char_boundary(at + code.len()), "{text}");
        }
    }

    #[test]
    fn code_stands_in_scripts_handlers_and_addresses() {
        check("<p onclick='a()'id=x><script>b</script>c<SCRIPT>d</Script >", &["a()", "b", "d"], &[]);
        check("<a href=\"javascript:e(&quot;x&quot;)\">", &["javascript:e(\"     x\"     )"], &[]);
        check("<script type=text/template><p onclick=a></script><textarea><p onclick=b></textarea>", &[], &[]);
        check("<!-- <script>a</script> --><script>x = '<!--'", &["x = '<!--'"], &[]);
        check("<%= x %> 您 < 3 <p 您=您 =x onclick", &[""], &[]);
    }

    #[test]
    fn elements_that_matter() {
        check("<iframe src=x></iframe><Input type='File'><input>", &[], &["<iframe>", "<input type=file>"]);
        check(
            "<meta http-equiv=Refresh content=1><script type=module>a</script>",
            &["a"],
            &["<meta http-equiv=refresh>", "<script type=module>"],
        );
        check(
            "<!--[if lt IE 9]><iframe><![endif]--><!--[if !IE]><!--><object><!--<![endif]-->",
            &[],
            &["<!--[if IE]>", "<object>"],
        );
    }

    #[test]
    fn addresses_of_scripts() {
        let markup =
            read("<base href=/b/><script src='a.js?x=1&amp;y=2' charset=gbk></script><script src=b.js>c</script>");
        assert_eq!(markup.base.as_deref(), Some("/b/"));
        let charset = |charset: &str| Some(charset.to_owned());
        assert_eq!(markup.scripts, [("a.js?x=1&y=2".to_owned(), charset("gbk")), ("b.js".to_owned(), None)]);
        assert!(markup.code.is_empty());
    }
}
