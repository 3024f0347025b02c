//! The language of `--filter`: which recordings are wanted.
//!
//! ```text
//! expression = term { "|" term }
//! term       = factor { "&" factor }
//! factor     = "!" factor | "(" expression ")" | word | name "(" pattern ")"
//! word       = "all" | "last-failed" | "never-run"
//! name       = "path" | "plugin" | "type" | "user"
//! ```
//!
//! A pattern is all up to the closing parenthesis: `*` stands for anything, `?` for one character, `\` takes the next one
//! as it is.

use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;

/// Expressions in expressions at most: what is deeper nobody wrote by hand.
const DEPTH_MAX: usize = 64;

/// What a filter asks about a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Where it lies, as it is shown.
    pub path: String,
    /// The plugins recorded in it.
    pub plugins: Vec<String>,
    /// The types of its lines, each once.
    pub types: Vec<String>,
    /// The customers in it, each once.
    pub users: Vec<String>,
    /// It failed when it was run last.
    pub last_failed: bool,
    /// It was never run.
    pub never_run: bool,
}

/// An expression that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Expression);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    All,
    LastFailed,
    NeverRun,
    Path(Pattern),
    Plugin(Pattern),
    Type(Pattern),
    User(Pattern),
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the filter cannot be read at column {}: {reason}", self.column())]
pub struct FilterError {
    text: String,
    /// Byte offset in the text.
    offset: usize,
    reason: String,
}

impl FilterError {
    /// The place, in characters from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.text[..self.offset].chars().count() + 1
    }

    /// The filter with a marker below the place.
    #[must_use]
    pub fn frame(&self) -> String {
        let before = crate::host::columns::width(&self.text[..self.offset]);
        format!("{}\n{:before$}^", self.text, "")
    }

    /// What may be written.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "path(P), plugin(P), type(P), user(P), last-failed, never-run, all; with !, &, | and parentheses; * in a pattern is anything"
    }
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`FilterError`], with the place.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut parser = Parser { text, rest: text.char_indices().peekable() };
        let expression = parser.expression(0)?;
        match parser.next_word() {
            None => Ok(Self(expression)),
            Some((offset, _)) => Err(parser.error(offset, "the expression has ended: `&` or `|` is missing")),
        }
    }

    /// Whether a recording is wanted.
    #[must_use]
    pub fn matches(&self, facts: &Facts) -> bool {
        self.0.matches(facts)
    }
}

impl Expression {
    fn matches(&self, facts: &Facts) -> bool {
        match self {
            Self::All => true,
            Self::LastFailed => facts.last_failed,
            Self::NeverRun => facts.never_run,
            Self::Path(pattern) => pattern.matches(&facts.path),
            Self::Plugin(pattern) => facts.plugins.iter().any(|name| pattern.matches(name)),
            Self::Type(pattern) => facts.types.iter().any(|name| pattern.matches(name)),
            Self::User(pattern) => facts.users.iter().any(|name| pattern.matches(name)),
            Self::Not(inner) => !inner.matches(facts),
            Self::And(all) => all.iter().all(|one| one.matches(facts)),
            Self::Or(any) => any.iter().any(|one| one.matches(facts)),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
}

impl Parser<'_> {
    fn error(&self, offset: usize, reason: impl fmt::Display) -> FilterError {
        FilterError { text: self.text.to_owned(), offset, reason: reason.to_string() }
    }

    /// The next character that is no blank, which stays.
    fn next_word(&mut self) -> Option<(usize, char)> {
        while self.rest.next_if(|(_, character)| character.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    fn takes(&mut self, wanted: char) -> bool {
        let is_there = self.next_word().is_some_and(|(_, character)| character == wanted);
        if is_there {
            self.rest.next();
        }
        is_there
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let mut any = vec![self.term(depth)?];
        while self.takes('|') {
            any.push(self.term(depth)?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Expression::Or(any) })
    }

    fn term(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let mut all = vec![self.factor(depth)?];
        while self.takes('&') {
            all.push(self.factor(depth)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expression::And(all) })
    }

    fn factor(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let Some((offset, first)) = self.next_word() else {
            return Err(self.error(self.text.len(), "something is missing at the end"));
        };
        if depth > DEPTH_MAX {
            return Err(self.error(offset, "too many parentheses in each other"));
        }
        if self.takes('!') {
            return Ok(Expression::Not(Box::new(self.factor(depth + 1)?)));
        }
        if self.takes('(') {
            let inner = self.expression(depth + 1)?;
            if self.takes(')') {
                return Ok(inner);
            }
            return Err(self.error(offset, "this parenthesis is not closed"));
        }
        let mut name = String::new();
        while let Some((_, character)) = self.rest.next_if(|(_, one)| one.is_alphanumeric() || matches!(one, '-' | '_'))
        {
            name.push(character);
        }
        if name.is_empty() {
            return Err(self.error(offset, format!("`{first}` stands where a name should")));
        }
        if self.takes('(') {
            let pattern = self.pattern(offset)?;
            return match name.as_str() {
                "path" => Ok(Expression::Path(pattern)),
                "plugin" => Ok(Expression::Plugin(pattern)),
                "type" => Ok(Expression::Type(pattern)),
                "user" => Ok(Expression::User(pattern)),
                _ => Err(self.error(offset, format!("there is no `{name}(…)`"))),
            };
        }
        match name.as_str() {
            "all" => Ok(Expression::All),
            "last-failed" => Ok(Expression::LastFailed),
            "never-run" => Ok(Expression::NeverRun),
            "path" | "plugin" | "type" | "user" => {
                Err(self.error(offset, format!("`{name}` needs a pattern: {name}(*)")))
            }
            _ => Err(self.error(offset, format!("there is no `{name}`"))),
        }
    }

    /// Up to the closing parenthesis, which is taken. `offset` is where the name stands.
    fn pattern(&mut self, offset: usize) -> Result<Pattern, FilterError> {
        let mut signs = Vec::new();
        loop {
            match self.rest.next() {
                Some((_, ')')) => break,
                Some((_, '*')) => signs.push(Sign::Any),
                Some((_, '?')) => signs.push(Sign::One),
                Some((at, '\\')) => match self.rest.next() {
                    Some((_, character)) => signs.push(Sign::Is(character)),
                    None => return Err(self.error(at, "nothing stands behind `\\`")),
                },
                Some((_, character)) => signs.push(Sign::Is(character)),
                None => return Err(self.error(offset, "its parenthesis is not closed")),
            }
        }
        let is_blank = |sign: &Sign| matches!(sign, Sign::Is(character) if character.is_whitespace());
        let from = signs.iter().position(|sign| !is_blank(sign)).unwrap_or(signs.len());
        let to = signs.iter().rposition(|sign| !is_blank(sign)).map_or(from, |last| last + 1);
        if from == to {
            return Err(self.error(offset, "its pattern is empty"));
        }
        Ok(Pattern(signs[from..to].to_vec()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern(Vec<Sign>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Is(char),
    One,
    Any,
}

impl Pattern {
    /// Whether all of the text is of this form. Takes time as the lengths multiplied: after a `*` only the last one is
    /// gone back to.
    fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut sign, mut star) = (0, 0, None);
        while at < text.len() {
            match self.0.get(sign) {
                Some(Sign::Any) => {
                    star = Some((sign, at));
                    sign += 1;
                }
                Some(Sign::One) => (at, sign) = (at + 1, sign + 1),
                Some(Sign::Is(character)) if *character == text[at] => (at, sign) = (at + 1, sign + 1),
                _ => match star {
                    Some((star_sign, star_at)) => {
                        (at, sign) = (star_at + 1, star_sign + 1);
                        star = Some((star_sign, star_at + 1));
                    }
                    None => return false,
                },
            }
        }
        self.0[sign..].iter().all(|sign| *sign == Sign::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let strings = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        Facts {
            path: "sample-plugins/map/sessions/a (1).jsonl".to_owned(),
            plugins: strings(&["快捷回复", "map"]),
            types: strings(&["stimulus.mcs.OnUserChange", "effect.mcs.PutMsg"]),
            users: strings(&["oA", "oB"]),
            last_failed: true,
            never_run: false,
        }
    }

    #[test]
    fn what_matches() {
        let table = [
            ("all", true),
            ("!all", false),
            ("last-failed", true),
            ("never-run", false),
            ("plugin(map)", true),
            ("plugin( map )", true),
            ("plugin(ma)", false),
            ("plugin(快捷*)", true),
            ("plugin(快捷??)", true),
            ("plugin(快捷?)", false),
            ("type(effect.mcs.*)", true),
            ("type(*.mcs.*Msg)", true),
            ("type(fault.*)", false),
            ("user(oB)", true),
            ("path(*/map/*)", true),
            (r"path(*a \(1\).jsonl)", true),
            (r"path(*a\*)", false),
            ("plugin(map) & type(effect.mcs.*) & !last-failed", false),
            ("plugin(map)&type(effect.mcs.*)&!never-run", true),
            ("plugin(x) | user(oA)", true),
            // `&` binds closer.
            ("all | all & never-run", true),
            ("(all | all) & never-run", false),
            ("!(never-run | plugin(x))", true),
            ("!!all", true),
            ("path(****)", true),
        ];
        for (text, expected) in table {
            let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(filter.matches(&facts()), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read() {
        let table = [
            ("", 1, "something is missing at the end"),
            ("all &", 6, "something is missing at the end"),
            ("all all", 5, "the expression has ended: `&` or `|` is missing"),
            ("all)", 4, "the expression has ended: `&` or `|` is missing"),
            ("(all", 1, "this parenthesis is not closed"),
            ("all & plugin(map", 7, "its parenthesis is not closed"),
            ("plugin", 1, "`plugin` needs a pattern: plugin(*)"),
            ("plugin()", 1, "its pattern is empty"),
            ("plugin( )", 1, "its pattern is empty"),
            ("all | file(x)", 7, "there is no `file(…)`"),
            ("失败", 1, "there is no `失败`"),
            ("user(李) & &", 11, "`&` stands where a name should"),
            (r"path(\", 6, r"nothing stands behind `\`"),
        ];
        for (text, column, reason) in table {
            let error = Filter::parse(text).unwrap_err();
            assert_eq!((error.column(), error.reason.as_str()), (column, reason), "{text}");
        }
        let error = Filter::parse("user(李) & &").unwrap_err();
        assert_eq!(error.frame(), "user(李) & &\n           ^");
        assert_eq!(error.to_string(), "the filter cannot be read at column 11: `&` stands where a name should");
        assert!(Filter::parse(&"!".repeat(100_000)).is_err());
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
    }

    #[test]
    fn a_pattern_of_stars_is_no_trap() {
        let pattern = Filter::parse(&format!("path({}b)", "*a".repeat(40))).unwrap();
        assert!(!pattern.matches(&Facts { path: "a".repeat(2000), ..Facts::default() }));
    }
}
