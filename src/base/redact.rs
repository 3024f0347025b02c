//! What must not lie in a recording, and what stands there instead (session-log.md, Recording): keyed pseudonyms of the
//! same length and alphabet. Pure: the same text under the same key becomes the same text.
//!
//! Text is taken apart into runs of letters, digits, `-` and `_`, which most encodings on the way leave alone. A run is
//! replaced where it has the shape of something personal, or was learned: from a header, a cookie, or from beside a name
//! such as `access_token`. What was learned once is replaced wherever it stands from then on, also where it is written with
//! escapes or in base64 (`escapes`).

mod escapes;
mod pseudonym;
mod text;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use regress::Regex;
use ring::hmac;
use serde_json::{Map, Value};

use escapes::Escaped;
use pseudonym::{Alphabet, Stream, shape};
use text::{NAME_LEN_MAX, beside, is_fraction, is_of_run, is_secret_name, runs};

pub use text::words;

/// Shorter runs are not learned: replaced everywhere they would take ordinary words with them.
const LEARNED_LEN_MIN: usize = 6;
/// So often text is encoded again at most: a form's value in base64, in JSON.
const ENCODINGS_MAX: usize = 3;
/// Parts of a run that are longer are no ids.
const PART_LEN_MAX: usize = 64;
/// The member of an `effect.cookie` with what a page gave `document.cookie`.
const SET_BY_PAGE: &str = "cookie";
/// A customer's id of fewer characters is none of WeChat's (28), and stays.
const USER_LEN_MIN: usize = 8;

/// A pattern that is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is no regular expression: {reason}")]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Replaces what must not be kept.
#[derive(Clone)]
pub struct Redactor {
    /// None: one letter stands for all of its kind.
    key: Option<hmac::Key>,
    patterns: Vec<Regex>,
    /// What is replaced, by what.
    known: HashMap<String, String>,
    /// What is replaced where a secret stands or a pattern matches, and nowhere else.
    parts: HashMap<String, String>,
    /// Pseudonyms in use: no two have the same.
    taken: HashSet<String>,
    /// What the plugin says itself, run by run.
    own: Arc<HashSet<String>>,
    has_learned: bool,
    has_replaced: bool,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// One whose pseudonyms are those of `key`.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self { key: Some(hmac::Key::new(hmac::HMAC_SHA256, key)), ..Self::masking() }
    }

    /// One for which all secrets beside a name are the same: what they are under a key nobody knows any more. It leaves
    /// everything else.
    #[must_use]
    pub fn masking() -> Self {
        Self {
            key: None,
            patterns: Vec::new(),
            known: HashMap::new(),
            parts: HashMap::new(),
            taken: HashSet::new(),
            own: Arc::default(),
            has_learned: false,
            has_replaced: false,
        }
    }

    /// Replaces what these regular expressions match, too (ECMAScript's).
    ///
    /// # Errors
    /// [`PatternError`]
    pub fn with_patterns(mut self, patterns: &[String]) -> Result<Self, PatternError> {
        for pattern in patterns {
            let regex = Regex::with_flags(pattern, "u")
                .map_err(|error| PatternError { pattern: pattern.clone(), reason: error.to_string() })?;
            self.patterns.push(regex);
        }
        Ok(self)
    }

    /// A customer's id, replaced wherever it stands.
    pub fn learn_user(&mut self, id: &str) {
        let is_run = id.bytes().all(is_of_run);
        if is_run && id.len() >= USER_LEN_MIN {
            // Pages look at the `o` that openids begin with.
            self.know(id, Alphabet::AfterFirst);
        }
    }

    /// What of this text has the shape of something personal is no customer's, and stays: the plugin says it itself. So does a
    /// cookie of such words.
    pub fn leave(&mut self, text: &[u8]) {
        for (start, end) in runs(text) {
            let Ok(run) = std::str::from_utf8(&text[start..end]) else { continue };
            // Who has the same words shares them.
            if !self.own.contains(run) {
                Arc::make_mut(&mut self.own).insert(run.to_owned());
            }
            for part in std::iter::once(run).chain(run.split(['-', '_'])).filter(|part| shape(part).is_some()) {
                self.known.entry(part.to_owned()).or_insert_with(|| part.to_owned());
            }
        }
    }

    /// A secret, replaced wherever it stands.
    pub fn learn(&mut self, secret: &str) {
        for run in words(secret) {
            if run.len() >= LEARNED_LEN_MIN && !self.known.contains_key(run) {
                self.know(run, Alphabet::of(run));
                self.has_learned = true;
            }
        }
    }

    /// What a page set as a cookie (`name=value; …`) is a secret as well where it had it from one of these answers, and the
    /// plugin does not say it itself. What it made up it makes up again in a replay.
    pub fn learn_cookie(&mut self, cookie: &str, answers: &HashSet<String>) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let value = pair.split_once('=').map_or(pair, |(_, value)| value);
        if !self.is_own(value) {
            words(value).filter(|word| answers.contains(*word)).for_each(|word| self.learn(word));
        }
    }

    fn is_own(&self, text: &str) -> bool {
        words(text).all(|word| self.own.contains(word))
    }

    /// Whether something was learned to be a secret: what was written before may hold it.
    #[must_use]
    pub fn has_learned(&self) -> bool {
        self.has_learned
    }

    /// Whether anything was replaced.
    #[must_use]
    pub fn has_replaced(&self) -> bool {
        self.has_replaced
    }

    /// A secret itself, with a pseudonym for each run however short.
    #[must_use]
    pub fn secret(&mut self, secret: &str) -> String {
        self.learn(secret);
        let patched = self.with_runs(secret.as_bytes(), |redactor, run, _| Some(redactor.part(run, Alphabet::of(run))));
        String::from_utf8(patched).unwrap_or_default()
    }

    /// A cookie's value, with pseudonyms unless the plugin says it itself.
    #[must_use]
    pub fn cookie_value(&mut self, value: &str) -> String {
        if self.is_own(value) { self.text(value) } else { self.secret(value) }
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&mut self, name: &str, value: &str) -> String {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "set-cookie" => self.cookie(value),
            "cookie" => value.split("; ").map(|pair| self.cookie(pair)).collect::<Vec<_>>().join("; "),
            "authorization" | "proxy-authorization" => match value.split_once(' ') {
                Some((scheme, credentials)) => format!("{scheme} {}", self.secret(credentials)),
                None => self.secret(value),
            },
            _ if is_secret_name(&name) => self.secret(value),
            _ => self.text(value),
        }
    }

    /// A cookie as a header has it: its value is replaced, its attributes are not.
    fn cookie(&mut self, text: &str) -> String {
        let (pair, attributes) = text.split_at(text.find(';').unwrap_or(text.len()));
        match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}{attributes}", self.cookie_value(value)),
            None => format!("{}{attributes}", self.cookie_value(pair)),
        }
    }

    /// Text of any kind: an address, a body, a message; also what of it is written with escapes, or stands in base64.
    #[must_use]
    pub fn text(&mut self, text: &str) -> String {
        self.encoded(text, ENCODINGS_MAX)
    }

    fn encoded(&mut self, text: &str, encodings: usize) -> String {
        let mut redacted = self.plain(text);
        if encodings == 0 {
            return redacted;
        }
        let held = escapes::in_base64(&redacted, |held| self.encoded(held, encodings - 1));
        redacted = held.unwrap_or(redacted);
        let written =
            Escaped::of(&redacted).and_then(|escaped| escaped.with(&self.encoded(&escaped.text(), encodings - 1)));
        written.unwrap_or(redacted)
    }

    /// Text as it stands there.
    fn plain(&mut self, text: &str) -> String {
        let matched = self.by_patterns(text);
        let bytes = self.bytes(matched.as_bytes());
        // Only ASCII was replaced, by ASCII.
        String::from_utf8(bytes).unwrap_or(matched)
    }

    /// Bytes of any kind; their number stays.
    #[must_use]
    pub fn bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut named = self.learn_named(bytes).into_iter().peekable();
        self.with_runs(bytes, |redactor, run, at| {
            while named.next_if(|(_, end)| *end <= at).is_some() {}
            match named.peek() {
                Some((start, _)) if *start <= at => Some(redactor.part(run, Alphabet::of(run))),
                // Digits that chance made are nobody's number.
                _ if is_fraction(bytes, at) => redactor.known.get(run).cloned(),
                _ => redactor.run(run),
            }
        })
    }

    /// What stands for a part of a secret, however short, or for what a pattern matches.
    fn part(&mut self, text: &str, alphabet: Alphabet) -> String {
        if let Some(pseudonym) = self.known.get(text).or(self.parts.get(text)) {
            return pseudonym.clone();
        }
        let pseudonym = self.pseudonym(text, alphabet, 0);
        self.parts.insert(text.to_owned(), pseudonym.clone());
        // One that comes back stays what it is.
        self.parts.entry(pseudonym.clone()).or_insert_with(|| pseudonym.clone());
        pseudonym
    }

    /// A value and everything in it.
    #[must_use]
    pub fn json(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Number(number) if number.is_u64() => {
                let text = number.to_string();
                let redacted = self.text(&text);
                redacted.parse::<u64>().map_or_else(|_| value.clone(), Value::from)
            }
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(members) => Value::Object(self.members(members)),
            other => other.clone(),
        }
    }

    fn members(&mut self, members: &Map<String, Value>) -> Map<String, Value> {
        let redacted = |(key, value): (&String, &Value)| match value {
            // What a page sets as a cookie: it has it from somewhere, or made it itself.
            Value::String(text) if key == SET_BY_PAGE => (key.clone(), Value::String(self.text(text))),
            Value::String(text) if is_secret_name(key) => (key.clone(), Value::String(self.secret(text))),
            _ => (self.text(key), self.json(value)),
        };
        members.iter().map(redacted).collect()
    }

    fn by_patterns(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for at in 0..self.patterns.len() {
            let found: Vec<_> = self.patterns[at].find_iter(&text).map(|found| found.range()).collect();
            for range in found.into_iter().rev().filter(|range| !range.is_empty()) {
                let pseudonym = self.part(&text[range.clone()], Alphabet::Words);
                self.has_replaced |= pseudonym != text[range.clone()];
                text.replace_range(range, &pseudonym);
            }
        }
        text
    }

    /// Replaces runs; `by` says what stands for one at a place.
    fn with_runs(&mut self, bytes: &[u8], mut by: impl FnMut(&mut Self, &str, usize) -> Option<String>) -> Vec<u8> {
        let mut output = bytes.to_vec();
        for (start, end) in runs(bytes) {
            // Runs are ASCII.
            let Ok(run) = std::str::from_utf8(&bytes[start..end]) else { continue };
            if let Some(pseudonym) = by(self, run, start).filter(|pseudonym| pseudonym.len() == run.len()) {
                self.has_replaced |= pseudonym != run;
                output[start..end].copy_from_slice(pseudonym.as_bytes());
            }
        }
        output
    }

    /// What stands for a run; `None`: itself.
    fn run(&mut self, run: &str) -> Option<String> {
        if let Some(pseudonym) = self.known.get(run) {
            return Some(pseudonym.clone());
        }
        // Where all are alike nothing else is replaced.
        self.key.as_ref()?;
        if let Some(alphabet) = shape(run) {
            return Some(self.know(run, alphabet));
        }
        if !run.contains(['-', '_']) {
            return None;
        }
        // What stands between dashes stands alone as well, whether it has dashes itself or not.
        let is_dash = |at: usize| matches!(run.as_bytes()[at], b'-' | b'_');
        let ends: Vec<usize> = (0..run.len()).filter(|at| is_dash(*at)).chain([run.len()]).collect();
        let (mut output, mut from, mut is_changed) = (String::with_capacity(run.len()), 0, false);
        for (nth, end) in ends.iter().enumerate() {
            // A part of it was replaced with what is before.
            if *end < from {
                continue;
            }
            let near = ends[nth..].iter().take_while(|end| **end - from <= PART_LEN_MAX).count();
            let near = ends[nth..nth + near].iter().rev();
            let longest = near.copied().find_map(|end| Some((end, self.stands_for(&run[from..end])?)));
            let (end, pseudonym) = match longest {
                Some((end, pseudonym)) => (end, Some(pseudonym)),
                None => (*end, None),
            };
            is_changed |= pseudonym.is_some();
            output.push_str(pseudonym.as_deref().unwrap_or(&run[from..end]));
            output.push_str(&run[end..(end + 1).min(run.len())]);
            from = end + 1;
        }
        is_changed.then_some(output)
    }

    /// What stands for a part of a run; `None`: itself.
    fn stands_for(&mut self, part: &str) -> Option<String> {
        let known = self.known.get(part).cloned();
        known.or_else(|| shape(part).map(|alphabet| self.know(part, alphabet)))
    }

    fn know(&mut self, run: &str, alphabet: Alphabet) -> String {
        if let Some(pseudonym) = self.known.get(run) {
            return pseudonym.clone();
        }
        let free = (0..100).map(|attempt| self.pseudonym(run, alphabet, attempt));
        let pseudonym = free.into_iter().find(|pseudonym| pseudonym != run && !self.taken.contains(pseudonym));
        let pseudonym = pseudonym.unwrap_or_else(|| self.pseudonym(run, alphabet, 0));
        self.taken.insert(pseudonym.clone());
        self.known.insert(run.to_owned(), pseudonym.clone());
        // One that comes back stays what it is.
        self.known.entry(pseudonym.clone()).or_insert_with(|| pseudonym.clone());
        pseudonym
    }

    /// Each letter becomes a letter, each digit a digit, by the key and the whole text.
    fn pseudonym(&self, text: &str, alphabet: Alphabet, attempt: u8) -> String {
        let mut stream = Stream { key: self.key.as_ref(), text, attempt, block: 0, bytes: Vec::new() };
        text.chars().enumerate().map(|(at, character)| alphabet.letter(at, character, stream.next())).collect()
    }

    /// Learns what stands beside the names of secrets; where that is.
    fn learn_named(&mut self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (start, end) in runs(bytes) {
            let Ok(name) = std::str::from_utf8(&bytes[start..end]) else { continue };
            if name.len() <= NAME_LEN_MAX
                && is_secret_name(name)
                && let Some((start, end)) = beside(bytes, start, end)
                && let Ok(secret) = std::str::from_utf8(&bytes[start..end])
            {
                self.learn(secret);
                found.push((start, end));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
