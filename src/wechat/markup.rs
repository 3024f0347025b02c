//! HTML to text: WeChat shows a news digest as it is written (plugin-apis.md §4).

/// Elements that begin a new line.
const BREAKING: &[&str] = &["br", "p", "div", "li", "tr", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"];
/// Elements whose text nobody sees.
const HIDDEN: &[&str] = &["script", "style", "title", "template"];
/// The character references pages write by hand; others stay as they are written.
const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("copy", "©"),
    ("reg", "®"),
    ("yen", "¥"),
    ("middot", "·"),
    ("times", "×"),
    ("hellip", "…"),
    ("mdash", "—"),
    ("ndash", "–"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
];
/// Longest name of a character reference, in bytes.
const REFERENCE_BYTES_MAX: usize = 10;

/// The text of a piece of HTML: tags and comments gone, references read, blanks collapsed, blocks on lines of their
/// own. A `<` that opens no tag is text.
#[must_use]
pub(super) fn strip(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(position) = rest.find(['<', '&']) {
        out.push_str(&blanks_to_space(&rest[..position]));
        rest = &rest[position..];
        rest = if rest.starts_with('<') { tag(rest, &mut out) } else { reference(rest, &mut out) };
    }
    out.push_str(&blanks_to_space(rest));
    tidy_lines(&out)
}

/// Reads what begins with `<` and returns what follows it.
fn tag<'a>(rest: &'a str, out: &mut String) -> &'a str {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, after)| after);
    }
    let name_at = if rest.starts_with("</") { 2 } else { 1 };
    let name_length = rest[name_at..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len() - name_at);
    let name = rest[name_at..name_at + name_length].to_ascii_lowercase();
    let opens = name.starts_with(|c: char| c.is_ascii_alphabetic()) || rest.starts_with("<!") || rest.starts_with("<?");
    let Some(end) = tag_end(rest).filter(|_| opens) else {
        out.push('<');
        return &rest[1..];
    };
    if BREAKING.contains(&name.as_str()) {
        out.push('\n');
    }
    let after = &rest[end..];
    if name_at == 1 && HIDDEN.contains(&name.as_str()) {
        let close = format!("</{name}");
        let hidden = after.to_ascii_lowercase().find(&close).unwrap_or(after.len());
        return &after[hidden..];
    }
    after
}

/// Where a tag ends; a `>` inside quotes does not count.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (index, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(index + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// Reads what begins with `&` and returns what follows it.
fn reference<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let body = &rest[1..];
    if let Some(end) = body.find(';').filter(|end| *end <= REFERENCE_BYTES_MAX) {
        let name = &body[..end];
        let numeric = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        });
        let named = NAMED.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        if let Some(text) = numeric.and_then(char::from_u32).map(String::from).or(named) {
            out.push_str(&text);
            return &body[end + 1..];
        }
    }
    out.push('&');
    body
}

fn blanks_to_space(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

fn tidy_lines(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(strip(html), expected);
    }

    #[test]
    fn tags_go_and_blocks_break() {
        check("<div style=\"color:red\">订单 <b>123</b></div><div>已发货</div>", "订单 123\n已发货");
        check("a<br/>b<BR>c", "a\nb\nc");
        check("<a title=\"1 > 0\" href='x'>链接</a>", "链接");
        check("x<!-- <b>no</b> -->y", "xy");
        check("<style>p{}</style><script>if (a<b) {}</script>ok", "ok");
    }

    #[test]
    fn text_that_only_looks_like_markup_stays() {
        check("1 < 2 && 3 > 2", "1 < 2 && 3 > 2");
        check("满100<200减20", "满100<200减20");
        check("a <b", "a <b");
    }

    #[test]
    fn references() {
        check("&lt;b&gt; &amp;amp; &#65;&#x4f60;&nbsp;&copy;", "<b> &amp; A你 ©");
        check("&unknown; &#xd800; a&b;", "&unknown; &#xd800; a&b;");
    }

    #[test]
    fn blanks_collapse() {
        check("  a \n\t b  ", "a b");
        check("", "");
    }
}
