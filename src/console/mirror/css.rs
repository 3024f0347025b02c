//! Style sheets, token by token: whatever names an address names one of ours, or nothing.
//!
//! Nothing is kept as it was written but the tokens, so that what a browser reads is what was looked at here: brackets that
//! are not closed are, comments are empty, and tokens that are none go. Addresses stand in `url()`, in strings behind
//! `@import`, and in strings of functions that make pictures. There they may come from no variable, because a variable may
//! hold any string.

use cssparser::{Parser, ToCss, Token, TokenSerializationType, serialize_string};

use super::address::Addresses;
use crate::base::limits::mirror::MIRROR_CSS_DEPTH_MAX;

/// An address at which nothing is, and nothing is asked for.
const NOWHERE: &str = "about:invalid";

/// Functions in which a string is the address of a picture.
const PICTURES: [&str; 6] =
    ["image-set", "-webkit-image-set", "image", "cross-fade", "-webkit-cross-fade", "-moz-image-rect"];
/// Functions that may stand in those, beside gradients.
const IN_PICTURES: [&str; 9] = ["url", "type", "calc", "rgb", "rgba", "hsl", "hsla", "min", "max"];

/// What a string is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Text,
    Addresses,
}

struct Rewriter<'a> {
    addresses: Addresses<'a>,
    out: String,
    last: TokenSerializationType,
    depth: usize,
    /// Something that may become an address stands where addresses do.
    is_unsure: bool,
}

/// A style sheet, or the declarations of a `style` attribute, for the browser.
pub(super) fn rewrite(css: &str, addresses: Addresses<'_>) -> String {
    let last = TokenSerializationType::Nothing;
    let mut rewriter = Rewriter { addresses, out: String::with_capacity(css.len()), last, depth: 0, is_unsure: false };
    rewriter.tokens(&mut Parser::new(css), Strings::Text);
    rewriter.out
}

impl Rewriter<'_> {
    fn tokens(&mut self, parser: &mut Parser<'_>, strings: Strings) {
        let mut imports = false;
        loop {
            let start = parser.position();
            let Ok(token) = parser.next_including_whitespace_and_comments() else { return };
            let token = token.clone();
            match &token {
                Token::QuotedString(address) if imports || strings == Strings::Addresses => self.address(address),
                Token::UnquotedUrl(address) => self.address(address),
                Token::Function(name) => self.function(&name.to_ascii_lowercase(), &token, parser, strings),
                Token::ParenthesisBlock => self.block(&token, ")", parser, strings),
                Token::SquareBracketBlock => self.block(&token, "]", parser, strings),
                Token::CurlyBracketBlock => {
                    self.block(&token, "}", parser, Strings::Text);
                    imports = false;
                }
                Token::Comment(_) => self.write("/**/", TokenSerializationType::Nothing),
                Token::BadUrl(_) | Token::BadString(_) => self.write(" ", TokenSerializationType::Nothing),
                Token::WhiteSpace(_) => self.write(" ", TokenSerializationType::Nothing),
                Token::Number { .. } | Token::Percentage { .. } | Token::Dimension { .. } => {
                    // As it was written, `U+0025-00FF` is a name and two numbers: nothing may come between them.
                    let written = parser.slice_from(start);
                    if written.contains('\\') {
                        self.token(&token);
                    } else {
                        if written.starts_with(['+', '-']) {
                            self.last = TokenSerializationType::Nothing;
                        }
                        self.write(written, token.serialization_type());
                    }
                }
                other => {
                    imports = match other {
                        Token::AtKeyword(name) => name.eq_ignore_ascii_case("import"),
                        Token::Semicolon => false,
                        _ => imports,
                    };
                    self.token(other);
                }
            }
        }
    }

    fn function(&mut self, name: &str, token: &Token<'_>, parser: &mut Parser<'_>, strings: Strings) {
        let is_known = IN_PICTURES.contains(&name) || PICTURES.contains(&name) || name.ends_with("-gradient");
        self.is_unsure |= strings == Strings::Addresses && !is_known;
        match name {
            "url" => {
                let mut address = None;
                let _ = parser.parse_nested_block(|parser| {
                    if let Ok(Token::QuotedString(text)) = parser.next() {
                        address = Some(text.to_string());
                    }
                    Ok::<_, cssparser::ParseError<()>>(())
                });
                self.address(&address.unwrap_or_default());
            }
            "src" => self.address(""),
            _ if PICTURES.contains(&name) => {
                let (length, last) = (self.out.len(), self.last);
                let outer = std::mem::take(&mut self.is_unsure);
                self.block(token, ")", parser, Strings::Addresses);
                if self.is_unsure {
                    self.out.truncate(length);
                    self.last = last;
                    self.address("");
                }
                self.is_unsure = outer;
            }
            // A type of a picture is text, whatever is around it.
            _ => self.block(token, ")", parser, if name == "type" { Strings::Text } else { strings }),
        }
    }

    fn block(&mut self, open: &Token<'_>, close: &str, parser: &mut Parser<'_>, strings: Strings) {
        self.token(open);
        if self.depth < MIRROR_CSS_DEPTH_MAX {
            self.depth += 1;
            let _ = parser.parse_nested_block(|parser| {
                self.tokens(parser, strings);
                Ok::<_, cssparser::ParseError<()>>(())
            });
            self.depth -= 1;
        }
        self.write(close, TokenSerializationType::Nothing);
    }

    /// An address in the page becomes one of ours; what is within the document stays.
    fn address(&mut self, written: &str) {
        let is_within = written.trim_start().starts_with('#');
        let address = if is_within { Some(written.trim().to_owned()) } else { self.addresses.of(written) };
        let mut quoted = String::from("url(");
        // Writing to a string does not fail.
        let _ = serialize_string(address.as_deref().unwrap_or(NOWHERE), &mut quoted);
        quoted.push(')');
        self.write(&quoted, Token::UnquotedUrl("".into()).serialization_type());
    }

    fn token(&mut self, token: &Token<'_>) {
        let text = token.to_css_string();
        self.write(&text, token.serialization_type());
    }

    fn write(&mut self, text: &str, kind: TokenSerializationType) {
        if self.last.needs_separator_when_before(kind) {
            self.out.push_str("/**/");
        }
        self.out.push_str(text);
        self.last = kind;
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn of(css: &str) -> String {
        let base = Url::parse("http://demo.test/page/").unwrap();
        let resource = |url: &Url| format!("/r?{url}");
        rewrite(css, Addresses { base: Some(&base), resource: &resource })
    }

    #[test]
    fn what_is_harmless_stays() {
        for css in [
            "a:hover > b.c[d^=\"e\"]::before { content: \"x\\a\"; margin: -1.50em 0 +2px; color: #0f0 !important }",
            "@media (min-width: 10px) and (max-width: 420px) { p { width: calc(100% - 2px) } }",
            "@font-face { unicode-range: U+0025-00FF, u+4?? }",
            "p { fill: url(\"#a\"); background: linear-gradient(red, rgba(0,0,0,.5)) } :root { --x: 1 }",
            "@supports (display: grid) { a { grid-area: 1/2 } }",
        ] {
            let expected = css.replace("\\a\"", "\\a \"");
            assert_eq!(of(css), expected);
        }
    }

    #[test]
    fn addresses_are_ours_or_none() {
        let table = [
            ("a{b:url(c.png)}", "a{b:url(\"/r?http://demo.test/page/c.png\")}"),
            ("a{b:URL( 'c.png' )}", "a{b:url(\"/r?http://demo.test/page/c.png\")}"),
            ("a{b:\\75rl(c.png)}", "a{b:url(\"/r?http://demo.test/page/c.png\")}"),
            ("a{b:url(javascript:1)}", "a{b:url(\"about:invalid\")}"),
            ("a{b:url(\"data:image/svg+xml,x\")}", "a{b:url(\"about:invalid\")}"),
            ("a{b:src(\"//x.test/\")}", "a{b:url(\"about:invalid\")}"),
            ("a{b:src(var(--x))}", "a{b:url(\"about:invalid\")}"),
            ("@import 'c.css' screen;", "@import url(\"/r?http://demo.test/page/c.css\") screen;"),
            ("@\\69mport \"//x.test/c\";", "@import url(\"/r?http://x.test/c\");"),
            ("@import url(//x.test/c) layer(a);", "@import url(\"/r?http://x.test/c\") layer(a);"),
            ("@import/**/'c';p{content:'d'}", "@import/**/url(\"/r?http://demo.test/page/c\");p{content:\"d\"}"),
            (
                "a{b:image-set('c' 1x, url(d) 2x type('image/png'))}",
                "a{b:image-set(url(\"/r?http://demo.test/page/c\") 1x, url(\"/r?http://demo.test/page/d\") 2x type(\"image/png\"))}",
            ),
            ("a{--x:'//x.test/';b:-webkit-image-set(var(--x) 1x)}", "a{--x:\"//x.test/\";b:url(\"about:invalid\")}"),
            ("a{b:image-set(--f() 1x)}", "a{b:url(\"about:invalid\")}"),
            ("a{b:image-set((env(x)) 1x)}", "a{b:url(\"about:invalid\")}"),
            ("a{b:url(c d)}", "a{b: }"),
            ("a{b:'c\nd:url(e)}", "a{b: \nd:url(\"/r?http://demo.test/page/e\")}"),
            ("a{b:url(c.png", "a{b:url(\"/r?http://demo.test/page/c.png\")}"),
            ("url/**/(c)", "url/**/(c)"),
            ("a{b:c/*</style>*/}", "a{b:c/**/}"),
        ];
        for (css, expected) in table {
            assert_eq!(of(css).replace(' ', ""), expected.replace(['\n', ' '], ""), "{css}");
        }
    }

    #[test]
    fn what_nests_too_deep_is_left_out() {
        let deep = of(&"a{".repeat(10_000));
        assert!(deep.len() <= 4 * (MIRROR_CSS_DEPTH_MAX + 1), "{}", deep.len());
        assert_eq!(deep.matches('{').count(), deep.matches('}').count());
    }

    proptest::proptest! {
        #[test]
        fn no_style_sheet_names_another_address(css in "[a-z\\\\\"'(){};:@/*# \n\u{0}-]{0,40}(url|src|image-set|@import)[(]?[\"']?//x[\"'.)]?[a-z\\\\\"'(){};:@/*# \n-]{0,40}") {
            // What comes out, read again as a browser reads it, names ours.
            let base = Url::parse("http://ours.test/").unwrap();
            let resource = |url: &Url| {
                assert!(url.as_str().starts_with("http://ours.test/r?"), "{css:?} became {url}");
                String::new()
            };
            rewrite(&of(&css), Addresses { base: Some(&base), resource: &resource });
        }
    }
}
