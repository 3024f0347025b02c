//! Walking a TOML file: typed members, unknown keys, and where everything stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::{ConfigError, Source};
use super::suggest::nearest;

/// The tables that have secrets. Errors in them show no line of the file: an inline table has all its members on one.
const WITH_SECRETS: [&str; 4] = ["wechat", "echat", "record", "account"];

/// A table of a file. `path` is empty for the file itself.
pub(super) struct Section<'a> {
    source: Source<'a>,
    path: String,
    span: Range<usize>,
    table: &'a DeTable<'a>,
}

/// What was found to be wrong so far: one error does not hide the next.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    pub(super) errors: Vec<ConfigError>,
}

impl Wrong {
    /// What could be read.
    pub(super) fn of<T>(&mut self, result: Result<T, ConfigError>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// Every key of a table that is not `known`.
    pub(super) fn unknown(&mut self, section: &Section<'_>, known: &[&str]) {
        self.errors.extend(section.unknown(known));
    }
}

/// A value and the byte range it stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// Parses a file, keeping the places. An error shows no line: what is no TOML may be a secret without its quotes.
pub(super) fn parse(source: Source<'_>) -> Result<Spanned<DeTable<'_>>, ConfigError> {
    DeTable::parse(source.text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        source.invalid(span, format!("not TOML: {}", error.message().trim().replace('\n', ", ")), None).hiding()
    })
}

impl<'a> Section<'a> {
    /// The file itself.
    pub(super) fn root(source: Source<'a>, table: &'a Spanned<DeTable<'a>>) -> Self {
        // An error about the file as a whole points at its first line, not at all of it.
        Self { source, path: String::new(), span: 0..0, table: table.get_ref() }
    }

    /// Refuses every key that is not `known`, the first one in the file.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        self.unknown(known).into_iter().next().map_or(Ok(()), Err)
    }

    /// An error for every key that is not `known`, in the file's order. Shows no more than the key: it may be a secret's,
    /// misspelt or in another's table.
    fn unknown(&self, known: &[&str]) -> Vec<ConfigError> {
        let mut unknown: Vec<_> = self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).collect();
        unknown.sort_by_key(|key| key.span().start);
        let error_at = |key: &Spanned<DeString<'_>>| {
            let name: &str = key.get_ref();
            let hint = match nearest(name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            let reason = format!("unknown key `{}`", self.name(name));
            let shown = self.source.text.get(..key.span().end).unwrap_or_default();
            let wrong = Source { text: shown, ..self.source }.invalid(key.span(), reason, Some(hint));
            let before = shown.get(..key.span().start).and_then(|before| before.rsplit('\n').next());
            if before.is_some_and(|before| before.trim().is_empty()) { wrong } else { wrong.hiding() }
        };
        unknown.into_iter().map(error_at).collect()
    }

    /// A text.
    pub(super) fn string(&self, key: &str) -> Result<Option<Located<String>>, ConfigError> {
        self.get(key)
            .map(|value| match value.get_ref() {
                DeValue::String(text) => Ok(Located { value: text.as_ref().to_owned(), span: value.span() }),
                _ => Err(self.wrong_kind(key, value, "a string")),
            })
            .transpose()
    }

    /// A whole number from 0, as its text; in quotes or without.
    pub(super) fn number(&self, key: &str) -> Result<Option<Located<String>>, ConfigError> {
        match self.get(key).map(|value| value.get_ref()) {
            Some(DeValue::Integer(_)) => {
                Ok(self.whole(key)?.map(|number| Located { value: number.value.to_string(), span: number.span }))
            }
            _ => self.string(key),
        }
    }

    /// A text that has to be there.
    pub(super) fn required(&self, key: &str) -> Result<Located<String>, ConfigError> {
        match self.string(key)? {
            Some(text) if text.value.trim().is_empty() => {
                Err(self.invalid(&text, format!("`{}` is empty", self.name(key))))
            }
            Some(text) => Ok(text),
            None => Err(self.at(self.span.clone(), format!("`{}` is missing", self.name(key)), None)),
        }
    }

    /// One of some words, told apart by their place among `words`.
    pub(super) fn word(&self, key: &str, words: &[&str]) -> Result<Option<usize>, ConfigError> {
        let Some(text) = self.string(key)? else { return Ok(None) };
        self.index_of(&text, words).map(Some)
    }

    /// The place of a text among some words.
    pub(super) fn index_of(&self, text: &Located<String>, words: &[&str]) -> Result<usize, ConfigError> {
        words.iter().position(|word| *word == text.value).ok_or_else(|| {
            let hint = match nearest(&text.value, words) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("one of: {}", words.join(", ")),
            };
            self.at(text.span.clone(), format!("unknown word \"{}\"", text.value), Some(hint))
        })
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        self.get(key)
            .map(|value| match value.get_ref() {
                DeValue::Boolean(truth) => Ok(*truth),
                _ => Err(self.wrong_kind(key, value, "true or false")),
            })
            .transpose()
    }

    /// A whole number from 1.
    pub(super) fn positive(&self, key: &str) -> Result<Option<u32>, ConfigError> {
        self.get(key)
            .map(|value| {
                let digits = value.get_ref().as_integer();
                let number = digits.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
                number.filter(|number| *number > 0).ok_or_else(|| self.wrong_kind(key, value, "a whole number from 1"))
            })
            .transpose()
    }

    /// A whole number from 0.
    pub(super) fn whole(&self, key: &str) -> Result<Option<Located<u64>>, ConfigError> {
        self.get(key)
            .map(|value| {
                let digits = value.get_ref().as_integer();
                let number = digits.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
                let located = number.map(|number| Located { value: number, span: value.span() });
                located.ok_or_else(|| self.wrong_kind(key, value, "a whole number from 0"))
            })
            .transpose()
    }

    /// An array of texts.
    pub(super) fn strings(&self, key: &str) -> Result<Option<Vec<Located<String>>>, ConfigError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let DeValue::Array(items) = value.get_ref() else {
            return Err(self.wrong_kind(key, value, "an array of strings"));
        };
        let text_of = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
            DeValue::String(text) => Ok(Located { value: text.as_ref().to_owned(), span: item.span() }),
            _ => Err(self.wrong_kind(key, item, "an array of strings")),
        };
        items.iter().map(text_of).collect::<Result<_, _>>().map(Some)
    }

    /// A table.
    pub(super) fn section(&self, key: &str) -> Result<Option<Section<'a>>, ConfigError> {
        self.get(key)
            .map(|value| match value.get_ref() {
                DeValue::Table(table) => Ok(self.child(key, value.span(), table)),
                _ => Err(self.wrong_kind(key, value, "a table")),
            })
            .transpose()
    }

    /// An array of tables.
    pub(super) fn sections(&self, key: &str) -> Result<Vec<Section<'a>>, ConfigError> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let wrong = |value| self.wrong_kind(key, value, &format!("an array of tables ([[{}]])", self.name(key)));
        let DeValue::Array(items) = value.get_ref() else { return Err(wrong(value)) };
        let section_of = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::Table(table) => Ok(self.child(key, item.span(), table)),
            _ => Err(wrong(item)),
        };
        items.iter().map(section_of).collect()
    }

    /// All members as keys and texts, in the file's order; numbers and truth values count as their text where
    /// `scalars` says so.
    pub(super) fn texts(&self, scalars: bool) -> Result<Vec<(Located<String>, String)>, ConfigError> {
        let mut members: Vec<_> = self.table.iter().collect();
        members.sort_by_key(|(key, _)| key.span().start);
        let text_of = |key: &str, value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(text) => Ok(text.as_ref().to_owned()),
            DeValue::Integer(number) if scalars => Ok(number.as_str().to_owned()),
            DeValue::Float(number) if scalars => Ok(number.as_str().to_owned()),
            DeValue::Boolean(truth) if scalars => Ok(truth.to_string()),
            _ => Err(self.wrong_kind(key, value, "a string")),
        };
        members
            .into_iter()
            .map(|(key, value)| {
                let name = key.get_ref().as_ref().to_owned();
                let text = text_of(&name, value)?;
                Ok((Located { value: name, span: key.span() }, text))
            })
            .collect()
    }

    /// An error at a value.
    pub(super) fn invalid<T>(&self, at: &Located<T>, reason: impl Into<String>) -> ConfigError {
        self.at(at.span.clone(), reason, None)
    }

    /// The line a value stands on, from 1.
    pub(super) fn line_of<T>(&self, at: &Located<T>) -> u64 {
        self.source.position(at.span.start).0
    }

    fn child(&self, key: &str, span: Range<usize>, table: &'a DeTable<'a>) -> Section<'a> {
        Section { source: self.source, path: self.name(key), span, table }
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> ConfigError {
        let reason = format!("`{}` is {expected}, not {}", self.name(key), value.get_ref().type_str());
        let error = self.source.invalid(value.span(), reason, None);
        if has_secrets(&self.name(key)) { error.hiding() } else { error }
    }

    fn at(&self, span: Range<usize>, reason: impl Into<String>, hint: Option<String>) -> ConfigError {
        let error = self.source.invalid(span, reason, hint);
        if has_secrets(&self.path) { error.hiding() } else { error }
    }
}

/// Whether a table or member is one of those with secrets, or within one.
fn has_secrets(path: &str) -> bool {
    path.split('.').next().is_some_and(|table| WITH_SECRETS.contains(&table))
}
