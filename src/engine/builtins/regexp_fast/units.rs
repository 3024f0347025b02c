//! A text put together from pieces, a byte a character for as long as that is enough.

use std::ops::Range;

use boa_engine::{
    JsString,
    string::{JsStr, JsStrVariant},
};

/// The text so far.
pub(super) enum Units {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

impl Units {
    /// Room for about `size` characters.
    pub(super) fn with_capacity(size: usize) -> Self {
        Self::Narrow(Vec::with_capacity(size))
    }

    /// Appends a piece of a text; nothing if the piece lies outside.
    pub(super) fn push(&mut self, text: &JsString, range: Range<usize>) {
        match text.as_str().variant() {
            JsStrVariant::Latin1(units) => self.push_narrow(units.get(range).unwrap_or_default()),
            JsStrVariant::Utf16(units) => self.push_wide(units.get(range).unwrap_or_default()),
        }
    }

    /// Appends a whole text.
    pub(super) fn push_all(&mut self, text: &JsString) {
        self.push(text, 0..text.len());
    }

    fn push_narrow(&mut self, units: &[u8]) {
        match self {
            Self::Narrow(text) => text.extend_from_slice(units),
            Self::Wide(text) => text.extend(units.iter().copied().map(u16::from)),
        }
    }

    fn push_wide(&mut self, units: &[u16]) {
        match self {
            Self::Wide(text) => text.extend_from_slice(units),
            Self::Narrow(text) if units.iter().all(|unit| *unit <= 0xFF) => {
                text.extend(units.iter().map(|unit| *unit as u8));
            }
            Self::Narrow(text) => {
                let mut wide = Vec::with_capacity(text.capacity().max(text.len() + units.len()));
                wide.extend(text.iter().copied().map(u16::from));
                wide.extend_from_slice(units);
                *self = Self::Wide(wide);
            }
        }
    }

    /// The text.
    pub(super) fn into_text(self) -> JsString {
        match self {
            Self::Narrow(text) => JsString::from(JsStr::latin1(&text)),
            Self::Wide(text) => JsString::from(&text[..]),
        }
    }
}
