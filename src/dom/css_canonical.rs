//! How a value is written back ([CSSOM §6.7.2](https://www.w3.org/TR/cssom-1/#serialize-a-css-component-value)): by its
//! tokens, with words and units in small letters, numbers as short as they can be, texts in double quotes, one blank where
//! there were several.

use cssparser::{Parser, ToCss, Token, serialize_identifier, serialize_string};

use super::css_colors::color;
use super::css_values::{dimension, format_number};

/// Brackets in brackets; what is deeper is written as it is.
const DEPTH_MAX: usize = 32;

/// Whether a property's words are names that the page gives, and keep their letters.
fn has_names(property: &str) -> bool {
    let starts =
        ["font", "animation", "grid", "counter-", "list-style"].iter().any(|start| property.starts_with(start));
    starts || matches!(property, "content" | "quotes" | "will-change" | "page" | "container" | "container-name")
}

/// Whether a bare 0 is a length in a property's value.
fn has_lengths(property: &str) -> bool {
    let ends =
        ["-radius", "-spacing", "-shadow", "-offset", "gap", "-origin"].iter().any(|end| property.ends_with(end));
    let is_logical = ["margin-", "padding-", "inset", "scroll-"].iter().any(|start| property.starts_with(start));
    ends || is_logical
        || matches!(
            property,
            "background-position"
                | "background-position-x"
                | "background-position-y"
                | "background-size"
                | "clip"
                | "border"
                | "border-top"
                | "border-right"
                | "border-bottom"
                | "border-left"
                | "outline"
                | "vertical-align"
                | "flex-basis"
                | "column-width"
                | "perspective"
        )
}

/// The value of a property in canonical form; `None` where it is none of any property.
#[must_use]
pub fn written(property: &str, value: &str) -> Option<String> {
    if value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') && !value.starts_with('-') {
        return Some(value.to_owned());
    }
    let mut writer = Writer { out: String::with_capacity(value.len() + 8), has_names: has_names(property), zero: "0" };
    if has_lengths(property) {
        writer.zero = "0px";
    }
    writer.all(&mut Parser::new(value), 0)?;
    Some(writer.out)
}

/// A text in double quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    Token::QuotedString(text.into()).to_css_string()
}

/// Selectors, in canonical form but for the names of elements, with these in small letters, as in HTML documents.
#[must_use]
pub(super) fn lower_types(selectors: &str) -> String {
    if !selectors.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return selectors.to_owned();
    }
    let mut out = String::with_capacity(selectors.len());
    lower_types_in(&mut Parser::new(selectors), 0, &mut out);
    out
}

/// The functions that hold selectors.
const OF_SELECTORS: [&str; 6] = ["is", "where", "not", "has", "host", "slotted"];

fn lower_types_in(input: &mut Parser<'_>, depth: usize, out: &mut String) {
    // What is behind a full stop or a colon is no name of an element.
    let mut is_name = true;
    loop {
        let from = input.position();
        let Ok(token) = input.next_including_whitespace_and_comments() else { return };
        let token = token.clone();
        match &token {
            Token::Ident(_) if is_name => out.push_str(&input.slice_from(from).to_ascii_lowercase()),
            _ => out.push_str(input.slice_from(from)),
        }
        is_name = !matches!(token, Token::Delim('.') | Token::Colon);
        let close = match &token {
            Token::Function(_) | Token::ParenthesisBlock => ')',
            Token::SquareBracketBlock => ']',
            Token::CurlyBracketBlock => '}',
            _ => continue,
        };
        let holds = matches!(&token, Token::Function(name) if OF_SELECTORS.contains(&&*name.to_ascii_lowercase()));
        let _ = input.parse_nested_block(|inner| {
            if holds && depth < DEPTH_MAX {
                lower_types_in(inner, depth + 1, out);
            } else {
                let from = inner.position();
                while inner.next().is_ok() {}
                out.push_str(inner.slice_from(from));
            }
            Ok::<(), cssparser::ParseError<()>>(())
        });
        out.push(close);
    }
}

struct Writer {
    out: String,
    has_names: bool,
    /// How 0 without a unit is written.
    zero: &'static str,
}

impl Writer {
    /// Writes what is left of the input.
    fn all(&mut self, input: &mut Parser<'_>, depth: usize) -> Option<()> {
        let start = self.out.len();
        let mut is_apart = false;
        loop {
            let from = input.position();
            let Ok(token) = input.next_including_whitespace_and_comments() else { break };
            let token = token.clone();
            if matches!(token, Token::WhiteSpace(_) | Token::Comment(_)) {
                is_apart |= matches!(token, Token::WhiteSpace(_));
                continue;
            }
            let is_first = self.out.len() == start || self.out.ends_with(' ');
            if std::mem::take(&mut is_apart) && !is_first && !matches!(token, Token::Comma) {
                self.out.push(' ');
            }
            self.token(&token, from, input, depth)?;
        }
        let end = self.out.trim_end().len();
        self.out.truncate(end.max(start));
        Some(())
    }

    fn token(
        &mut self,
        token: &Token<'_>,
        from: cssparser::SourcePosition,
        input: &mut Parser<'_>,
        depth: usize,
    ) -> Option<()> {
        match token {
            Token::Ident(name) if self.has_names => serialize_identifier(name, &mut self.out).ok()?,
            Token::Ident(name) => serialize_identifier(&name.to_ascii_lowercase(), &mut self.out).ok()?,
            Token::Hash(name) | Token::IDHash(name) => {
                let hash = format!("#{name}");
                self.out.push_str(&color(&hash.to_ascii_lowercase()).unwrap_or(hash));
            }
            Token::QuotedString(text) => serialize_string(text, &mut self.out).ok()?,
            Token::UnquotedUrl(url) => self.url(url)?,
            Token::Number { .. } | Token::Percentage { .. } | Token::Dimension { .. } => {
                self.number(input.slice_from(from));
            }
            Token::Comma => self.out.push_str(", "),
            Token::Delim('/') => self.out.push_str(if self.out.ends_with([' ', '(']) { "/ " } else { " / " }),
            Token::Delim('*') => self.out.push_str(if self.out.ends_with(' ') { "* " } else { " * " }),
            Token::Function(name) => self.function(&name.to_ascii_lowercase(), from, input, depth)?,
            Token::ParenthesisBlock => self.block('(', ')', input, depth)?,
            Token::SquareBracketBlock => self.block('[', ']', input, depth)?,
            Token::CurlyBracketBlock => self.block('{', '}', input, depth)?,
            Token::BadUrl(_) | Token::BadString(_) => return None,
            other => other.to_css(&mut self.out).ok()?,
        }
        Some(())
    }

    fn url(&mut self, url: &str) -> Option<()> {
        self.out.push_str("url(");
        serialize_string(url, &mut self.out).ok()?;
        self.out.push(')');
        Some(())
    }

    fn number(&mut self, text: &str) {
        let lower = text.to_ascii_lowercase();
        match dimension(&lower) {
            Some((0.0, "")) => self.out.push_str(self.zero),
            Some((number, unit)) => {
                self.out.push_str(&format_number(number));
                self.out.push_str(unit);
            }
            None => self.out.push_str(text),
        }
    }

    fn block(&mut self, open: char, close: char, input: &mut Parser<'_>, depth: usize) -> Option<()> {
        self.out.push(open);
        self.nested(input, depth)?;
        self.out.push(close);
        Some(())
    }

    fn nested(&mut self, input: &mut Parser<'_>, depth: usize) -> Option<()> {
        input
            .parse_nested_block(|inner| {
                let is_well = if depth < DEPTH_MAX {
                    self.all(inner, depth + 1).is_some()
                } else {
                    let from = inner.position();
                    while inner.next().is_ok() {}
                    self.out.push_str(inner.slice_from(from));
                    true
                };
                if is_well { Ok(()) } else { Err(cssparser::ParseError::<()>::custom(())) }
            })
            .ok()
    }

    fn function(
        &mut self,
        lower: &str,
        from: cssparser::SourcePosition,
        input: &mut Parser<'_>,
        depth: usize,
    ) -> Option<()> {
        let start = self.out.len();
        // What is in brackets is counted in units of its own, but for the sides of a clip.
        let zero = if lower == "rect" { self.zero } else { "0" };
        let outer = std::mem::replace(&mut self.zero, zero);
        self.out.push_str(lower);
        let nested = self.block('(', ')', input, depth);
        self.zero = outer;
        nested?;
        let is_color = matches!(lower, "rgb" | "rgba" | "hsl" | "hsla" | "hwb");
        let text = if is_color { color(&input.slice_from(from).to_ascii_lowercase()) } else { None };
        if let Some(text) = text {
            self.out.truncate(start);
            self.out.push_str(&text);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(property: &str, rows: &[(&str, &str)]) {
        for (value, expected) in rows {
            assert_eq!(written(property, value).as_deref().unwrap_or("-"), *expected, "{property}: {value}");
        }
    }

    #[test]
    fn tokens() {
        check("cursor", &[("POINTER", "pointer"), ("url( a.png ) ,  Auto", "url(\"a.png\"), auto")]);
        check("background-image", &[("URL('a b.png')", "url(\"a b.png\")"), ("url(a\"b)", "-"), ("\"a\nb", "-")]);
        check("background-position", &[("5% .50%", "5% 0.5%"), ("-0px 0", "0px 0px"), ("LEFT  +1.0EM", "left 1em")]);
        check(
            "box-shadow",
            &[(
                "0 1PX/**/ #FFF,inset 0 0 RGBA(0,0,0,.5)",
                "0px 1px rgb(255, 255, 255), inset 0px 0px rgba(0, 0, 0, 0.5)",
            )],
        );
        check("font", &[("bold 12PX/1.50 'Song Ti',Arial", "bold 12px / 1.5 \"Song Ti\", Arial")]);
        check("width", &[("calc( 100%  -  (.5PX*2) )", "calc(100% - (0.5px * 2))")]);
        check("transition", &[("ALL .3S cubic-bezier(.1,.2,.3,.4)", "all 0.3s cubic-bezier(0.1, 0.2, 0.3, 0.4)")]);
        check("clip", &[("rect(0,0 , 0,0)", "rect(0px, 0px, 0px, 0px)")]);
        check("content", &[("'\\201C' counter(Name)", "\"\u{201c}\" counter(Name)")]);
        assert_eq!(
            lower_types("A.Ab#Cd:not(B > [Ab=\"C\"])::Slotted(I), U:Lang(Zh)"),
            "a.Ab#Cd:not(b > [Ab=\"C\"])::Slotted(i), u:Lang(Zh)"
        );
        let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
        assert_eq!(written("x", &deep), Some(deep));
    }
}
