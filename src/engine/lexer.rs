//! JavaScript text as tokens, roughly: names, marks, literals. Comments are passed over, strings and regular expressions
//! are one token each. Enough to find names where they are code; boa parses what is run.
//!
//! What only a parser could tell is guessed: a slash behind `)`, `]` or `}` divides.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword.
    Name,
    /// A number.
    Number,
    /// A string with its quotes.
    Text,
    /// The opening quote of a string that its line does not close.
    OpenText,
    /// A part of a template: up to a `${`, or from the `}` on.
    Template,
    /// A regular expression with its flags.
    Regex,
    /// One character of punctuation.
    Mark,
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub at: usize,
}

impl Token<'_> {
    /// Whether it is this mark, name or keyword.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Name | Kind::Mark) && self.text == text
    }
}

/// Keywords behind which a slash starts a regular expression.
const BEFORE_EXPRESSION: [&str; 12] =
    ["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "do", "else", "instanceof"];

/// The tokens of a text, in order.
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// Whether a slash here divides.
    after_value: bool,
    /// For each `${` that is open: the braces open in it.
    templates: Vec<usize>,
}

/// The tokens of `text`.
#[must_use]
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0, after_value: false, templates: Vec::new() }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.pass_over();
        let (at, bytes) = (self.at, self.text.as_bytes());
        let first = *bytes.get(at)?;
        let (kind, end) = match first {
            b'"' | b'\'' => match self.closing(at, first) {
                Some(end) => (Kind::Text, end),
                None => (Kind::OpenText, at + 1),
            },
            b'`' => (Kind::Template, self.template_end(at + 1)),
            b'}' if self.templates.last() == Some(&0) => {
                self.templates.pop();
                (Kind::Template, self.template_end(at + 1))
            }
            b'/' if !self.after_value => self.regex_end(at).map_or((Kind::Mark, at + 1), |end| (Kind::Regex, end)),
            b'0'..=b'9' => (Kind::Number, self.name_end(at)),
            _ if is_name(first) => (Kind::Name, self.name_end(at)),
            _ => (Kind::Mark, at + 1),
        };
        if let (Kind::Mark, Some(open)) = (kind, self.templates.last_mut()) {
            match first {
                b'{' => *open += 1,
                b'}' => *open = open.saturating_sub(1),
                _ => {}
            }
        }
        let token = Token { kind, text: &self.text[at..end], at };
        self.after_value = match kind {
            Kind::Name => !BEFORE_EXPRESSION.contains(&token.text),
            Kind::Mark => matches!(first, b')' | b']' | b'}'),
            Kind::Template => !token.text.ends_with("${"),
            Kind::Number | Kind::Text | Kind::OpenText | Kind::Regex => true,
        };
        self.at = end;
        Some(token)
    }
}

impl Tokens<'_> {
    /// Steps over blanks and comments, those with `<!--` and `-->` among them (ECMAScript §B.1.1).
    fn pass_over(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            let is_line_start = self.at == 0 || rest[..blank].contains('\n');
            let rest = &rest[blank..];
            let is_html = rest.starts_with("<!--") || rest.starts_with("-->") && is_line_start;
            self.at += blank;
            if rest.starts_with("//") || is_html {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |at| at + 2);
            } else {
                return;
            }
        }
    }

    /// Behind the quote that closes the string opened at `open`.
    fn closing(&self, open: usize, quote: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = open + 1;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                // A line may go on behind a backslash, whichever way lines end.
                b'\\' if bytes[at + 1..].starts_with(b"\r\n") => at += 2,
                b'\\' => at += 1,
                b'\n' => return None,
                _ if byte == quote => return Some(at + 1),
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Behind the template's end or the next `${` in it.
    fn template_end(&mut self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'`' => return at + 1,
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    self.templates.push(0);
                    return at + 2;
                }
                _ => {}
            }
            at += 1;
        }
        bytes.len()
    }

    /// Behind a regular expression and its flags; none where its line does not close it.
    fn regex_end(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut in_class) = (from + 1, false);
        loop {
            match *bytes.get(at)? {
                b'\\' => at += 1,
                b'\n' => return None,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return Some(self.name_end(at + 1)),
                _ => {}
            }
            at += 1;
        }
    }

    fn name_end(&self, from: usize) -> usize {
        let bytes = &self.text.as_bytes()[from..];
        from + bytes.iter().position(|byte| !is_name(*byte)).unwrap_or(bytes.len())
    }
}

/// Line and column of places in a text, both from 1, the column in UTF-16 code units.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of `text`.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of the byte at `at`.
    #[must_use]
    pub fn position(&self, at: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts[line.saturating_sub(1)];
        let column = self.text[start..at].encode_utf16().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// The byte at a line and column, at most the line's end; none where there is no such line.
    #[must_use]
    pub fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let line = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = *self.starts.get(line)?;
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let mut left = usize::try_from(column).ok()?.saturating_sub(1);
        let text = &self.text[start..end];
        let within = text.char_indices().find(|(_, character)| {
            let is_there = left == 0;
            left = left.saturating_sub(character.len_utf16());
            is_there
        });
        Some(start + within.map_or(text.len(), |(at, _)| at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expected: &[(Kind, &str)]) {
        let found: Vec<_> = tokens(code).map(|token| (token.kind, token.text)).collect();
        assert_eq!(found, expected, "{code}");
    }

    #[test]
    fn names_marks_and_literals() {
        use Kind::{Mark, Name, Number, OpenText, Regex, Template, Text};
        check("a.b$1", &[(Name, "a"), (Mark, "."), (Name, "b$1")]);
        check(
            "x = 'it\\'s' /* 'c */ // 'd\n + 您",
            &[(Name, "x"), (Mark, "="), (Text, "'it\\'s'"), (Mark, "+"), (Name, "您")],
        );
        check("a / 2 / b", &[(Name, "a"), (Mark, "/"), (Number, "2"), (Mark, "/"), (Name, "b")]);
        check("return /[/'\"]/g", &[(Name, "return"), (Regex, "/[/'\"]/g")]);
        check("`a${ {b} }c`", &[(Template, "`a${"), (Mark, "{"), (Name, "b"), (Mark, "}"), (Template, "}c`")]);
        check("'open\nx", &[(OpenText, "'"), (Name, "open"), (Name, "x")]);
        check(
            "<!-- hidden\nx\n--> hidden\ny-->z",
            &[(Name, "x"), (Name, "y"), (Mark, "-"), (Mark, "-"), (Mark, ">"), (Name, "z")],
        );
        check("/* no end", &[]);
    }

    #[test]
    fn places_and_back() {
        let text = "ab\n您😀c\n";
        let lines = Lines::of(text);
        for (at, place) in [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (6, (2, 2)), (10, (2, 4)), (12, (3, 1))] {
            assert_eq!(lines.position(at), place);
            assert_eq!(lines.offset(place.0, place.1), Some(at));
        }
        assert_eq!((lines.offset(1, 99), lines.offset(9, 1)), (Some(2), None));
    }
}
