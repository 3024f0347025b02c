//! What `@import` ([CSS Cascade 5 §2](https://www.w3.org/TR/css-cascade-5/#at-import)), `@namespace` and the selector of
//! `@page` ([CSS Page 3 §4](https://www.w3.org/TR/css-page-3/#page-selectors)) say.

use cssparser::{Parser, Token, serialize_identifier};

/// An `@import`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The address as it is written.
    pub address: String,
    /// The layer: an empty name where it has none.
    pub layer: Option<String>,
    /// What must be supported.
    pub supports: Option<String>,
    /// The media queries, as they are written.
    pub media: String,
}

/// An address, as `url(…)` or as a text.
fn address(input: &mut Parser<'_>) -> Option<String> {
    match input.next().ok()?.clone() {
        Token::QuotedString(text) | Token::UnquotedUrl(text) => Some(text.to_string()),
        Token::Function(name) if name.eq_ignore_ascii_case("url") || name.eq_ignore_ascii_case("src") => {
            let inner = |inner: &mut Parser<'_>| Ok::<_, cssparser::ParseError<()>>(inner.expect_string()?.to_string());
            input.parse_nested_block(inner).ok()
        }
        _ => None,
    }
}

/// The inside of a function, if it is next.
fn inside(input: &mut Parser<'_>, name: &str) -> Option<String> {
    let read = |input: &mut Parser<'_>| {
        let found = input.expect_function()?.clone();
        if !found.eq_ignore_ascii_case(name) {
            return Err(cssparser::ParseError::<()>::custom(()));
        }
        input.parse_nested_block(|inner| {
            let from = inner.position();
            while inner.next().is_ok() {}
            Ok(inner.slice_from(from).trim().to_owned())
        })
    };
    input.try_parse(read).ok()
}

/// Reads an `@import` behind its name and without its semicolon.
#[must_use]
pub fn import(prelude: &str) -> Option<Import> {
    let mut input = Parser::new(prelude);
    let address = address(&mut input)?;
    let layer = match input.try_parse(|input| input.expect_ident_matching("layer")) {
        Ok(()) => Some(String::new()),
        Err(_) => inside(&mut input, "layer"),
    };
    let supports = inside(&mut input, "supports");
    let from = input.position();
    while input.next().is_ok() {}
    Some(Import { address, layer, supports, media: input.slice_from(from).trim().to_owned() })
}

/// The prefix and the namespace of a `@namespace`; the prefix is empty where it has none.
#[must_use]
pub fn namespace(prelude: &str) -> Option<(String, String)> {
    let mut input = Parser::new(prelude);
    let prefix = input.try_parse(|input| input.expect_ident().cloned()).map(|prefix| prefix.to_string());
    let uri = address(&mut input)?;
    input.is_exhausted().then(|| (prefix.unwrap_or_default(), uri))
}

/// The selectors of a `@page`, as they are written back: each a name, pseudo-classes, or both, with nothing between.
#[must_use]
pub fn page_selectors(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some(String::new());
    }
    let one = |text: &str| {
        let text = text.trim();
        let mut parts = text.split(':');
        let mut out = String::new();
        let name = parts.next().filter(|name| !name.is_empty());
        if let Some(name) = name {
            let mut input = Parser::new(name);
            let ident = input.expect_ident().ok().filter(|ident| !ident.eq_ignore_ascii_case("auto"))?.clone();
            let is_whole = input.next_including_whitespace_and_comments().is_err();
            serialize_identifier(&ident, &mut out).ok().filter(|()| is_whole)?;
        }
        for pseudo in parts {
            let known = ["first", "left", "right", "blank"].into_iter();
            let pseudo = known.into_iter().find(|known| known.eq_ignore_ascii_case(pseudo))?;
            out.push(':');
            out.push_str(pseudo);
        }
        Some(out).filter(|out| !out.is_empty())
    };
    Some(text.split(',').map(one).collect::<Option<Vec<_>>>()?.join(", "))
}

/// The moments of a keyframe, as they are written back; `None` where they are none.
#[must_use]
pub fn keyframe_selectors(text: &str) -> Option<String> {
    let one = |text: &str| {
        let lower = text.trim().to_ascii_lowercase();
        match lower.as_str() {
            "from" => Some("0%".to_owned()),
            "to" => Some("100%".to_owned()),
            _ => match super::css_values::dimension(&lower)? {
                (number, "%") if (0.0..=100.0).contains(&number) => {
                    Some(super::css_values::format_number(number) + "%")
                }
                _ => None,
            },
        }
    };
    Some(text.split(',').map(one).collect::<Option<Vec<_>>>()?.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports() {
        let shown = |text| {
            import(text).map(|it| {
                format!(
                    "{}|{}|{}|{}",
                    it.address,
                    it.layer.unwrap_or("-".to_owned()),
                    it.supports.unwrap_or("-".to_owned()),
                    it.media
                )
            })
        };
        for (text, expected) in [
            ("'a.css'", "a.css|-|-|"),
            ("url( a.css ) print , screen", "a.css|-|-|print , screen"),
            ("URL(\"a(1).css\")layer", "a(1).css||-|"),
            (
                "'a' layer(x.y) supports(display: grid) screen and (width > 1px)",
                "a|x.y|display: grid|screen and (width > 1px)",
            ),
            ("'a' supports(not (x: y))", "a|-|not (x: y)|"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!([import(""), import("a.css"), import("url(a\"b)")], [const { None }; 3]);
        assert_eq!(namespace("svg url(u:s)"), Some(("svg".to_owned(), "u:s".to_owned())));
        assert_eq!(namespace("'u:s'"), Some((String::new(), "u:s".to_owned())));
        assert_eq!(namespace("a b"), None);
    }

    #[test]
    fn pages_and_keyframes() {
        let rows =
            [("", ""), (" :FIRST", ":first"), ("named:left", "named:left"), ("a , b:blank:first", "a, b:blank:first")];
        for (text, expected) in rows {
            assert_eq!(page_selectors(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["named :first", ":first :left", ":nope", "a b", "1", "auto", ":", "a,"] {
            assert_eq!(page_selectors(text), None, "{text}");
        }
        assert_eq!(keyframe_selectors("FROM, 50.50% , to").as_deref(), Some("0%, 50.5%, 100%"));
        assert_eq!(
            [keyframe_selectors("101%"), keyframe_selectors(""), keyframe_selectors("5px")],
            [const { None }; 3]
        );
    }
}
