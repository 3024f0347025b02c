//! The JSON grammar (ECMA-404) over code units, Latin-1 or UTF-16 alike.

use boa_engine::{JsError, JsNativeError, JsResult, JsStr, JsString, JsValue, property::PropertyKey};

/// A code unit of the text.
pub(super) trait Unit: Copy + Eq + Into<u16> {
    /// The string of `units`, which hold no unit over `highest`.
    fn string(units: &[Self], highest: u16, bytes: &mut Vec<u8>) -> JsString;
    /// Whether `text` is `units`.
    fn is(units: &[Self], text: JsStr<'_>) -> bool;
}

impl Unit for u8 {
    fn string(units: &[Self], _: u16, _: &mut Vec<u8>) -> JsString {
        JsString::from(JsStr::latin1(units))
    }

    fn is(units: &[Self], text: JsStr<'_>) -> bool {
        text == JsStr::latin1(units)
    }
}

impl Unit for u16 {
    /// A string that fits Latin-1 is stored so: half the memory, and keys equal those of the page's own source.
    fn string(units: &[Self], highest: u16, bytes: &mut Vec<u8>) -> JsString {
        if highest > 0xFF {
            return JsString::from(units);
        }
        bytes.clear();
        bytes.extend(units.iter().map(|&unit| unit as u8));
        JsString::from(JsStr::latin1(bytes))
    }

    fn is(units: &[Self], text: JsStr<'_>) -> bool {
        text == JsStr::utf16(units)
    }
}

/// Keys remembered while one text is read: rows of a table repeat theirs.
const KEYS_REMEMBERED: usize = 64;

/// Digits whose integer a 64-bit register holds for certain.
const EXACT_DIGITS_MAX: usize = 15;

/// Reads tokens; after an error it is not used again.
pub(super) struct Reader<'a, U> {
    text: &'a [U],
    at: usize,
    units: Vec<u16>,
    bytes: Vec<u8>,
    keys: Vec<Option<(JsString, PropertyKey)>>,
}

impl<'a, U: Unit> Reader<'a, U> {
    /// At the start of `text`.
    pub(super) fn new(text: &'a [U]) -> Self {
        Self { text, at: 0, units: Vec::new(), bytes: Vec::new(), keys: vec![None; KEYS_REMEMBERED] }
    }

    fn unit(&self) -> Option<u16> {
        self.text.get(self.at).map(|&unit| unit.into())
    }

    /// The first unit after any white space, which is skipped; `None` at the end.
    pub(super) fn token(&mut self) -> Option<u16> {
        while let Some(unit) = self.unit() {
            if !matches!(unit, 0x20 | 0x0A | 0x0D | 0x09) {
                return Some(unit);
            }
            self.at += 1;
        }
        None
    }

    /// Steps over the unit just looked at.
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    /// The key of a member and the colon after it.
    pub(super) fn key(&mut self) -> JsResult<PropertyKey> {
        if self.token() != Some(u16::from(b'"')) {
            return Err(self.unexpected());
        }
        self.step();
        let key = self.key_text()?;
        if self.token() != Some(u16::from(b':')) {
            return Err(self.unexpected());
        }
        self.step();
        Ok(key)
    }

    fn key_text(&mut self) -> JsResult<PropertyKey> {
        let start = self.at;
        let plain = self.text[start..].iter().position(|&unit| special(unit.into()));
        let Some(length) = plain.filter(|&length| self.text[start + length].into() == u16::from(b'"')) else {
            return Ok(PropertyKey::from(self.string()?));
        };
        let units = &self.text[start..start + length];
        let slot = match (units.first(), units.last()) {
            (Some(&first), Some(&last)) => {
                let (first, last): (u16, u16) = (first.into(), last.into());
                (usize::from(first) * 7 + usize::from(last) * 31 + length) % KEYS_REMEMBERED
            }
            _ => 0,
        };
        if let Some((text, key)) = &self.keys[slot]
            && U::is(units, text.as_str())
        {
            self.at += length + 1;
            return Ok(key.clone());
        }
        let text = self.string()?;
        let key = PropertyKey::from(text.clone());
        self.keys[slot] = Some((text, key.clone()));
        Ok(key)
    }

    /// A string, its opening quote already read.
    pub(super) fn string(&mut self) -> JsResult<JsString> {
        let start = self.at;
        let mut seen = 0;
        for (length, &unit) in self.text[start..].iter().enumerate() {
            let unit: u16 = unit.into();
            if special(unit) {
                self.at = start + length;
                if unit == u16::from(b'"') {
                    self.at += 1;
                    return Ok(U::string(&self.text[start..start + length], seen, &mut self.bytes));
                }
                return self.escaped_string(start, seen);
            }
            seen |= unit;
        }
        self.at = self.text.len();
        Err(self.unexpected())
    }

    /// The rest of a string from its first escape on.
    fn escaped_string(&mut self, start: usize, mut seen: u16) -> JsResult<JsString> {
        let mut units = std::mem::take(&mut self.units);
        units.clear();
        units.extend(self.text[start..self.at].iter().map(|&unit| unit.into()));
        loop {
            let unit = match self.unit() {
                None => return Err(self.unexpected()),
                Some(0x22) => break,
                Some(0x5C) => {
                    self.at += 1;
                    self.escape()?
                }
                Some(..0x20) => return Err(self.illegal()),
                Some(unit) => unit,
            };
            self.at += 1;
            seen |= unit;
            units.push(unit);
        }
        self.at += 1;
        let string = <u16 as Unit>::string(&units, seen, &mut self.bytes);
        self.units = units;
        Ok(string)
    }

    /// The unit an escape stands for; leaves the reader on its last unit.
    fn escape(&mut self) -> JsResult<u16> {
        let unit = self.unit().ok_or_else(|| self.unexpected())?;
        Ok(match u8::try_from(unit) {
            Ok(b'"' | b'\\' | b'/') => unit,
            Ok(b'b') => 0x08,
            Ok(b'f') => 0x0C,
            Ok(b'n') => 0x0A,
            Ok(b'r') => 0x0D,
            Ok(b't') => 0x09,
            Ok(b'u') => {
                let mut code = 0;
                for _ in 0..4 {
                    self.at += 1;
                    let digit = self.unit().ok_or_else(|| self.unexpected())?;
                    let digit = char::from_u32(digit.into()).and_then(|digit| digit.to_digit(16));
                    code = code * 16 + digit.ok_or_else(|| self.illegal())? as u16;
                }
                code
            }
            _ => return Err(self.illegal()),
        })
    }

    /// `true`, `false` or `null`, whichever `word` is.
    pub(super) fn word(&mut self, word: &[u8], value: JsValue) -> JsResult<JsValue> {
        for &letter in word {
            if self.unit() != Some(letter.into()) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(value)
    }

    /// A number, as exact as the page's own literals; beyond the range of a double it is infinite.
    pub(super) fn number(&mut self) -> JsResult<JsValue> {
        let start = self.at;
        let negative = self.unit() == Some(b'-'.into());
        self.at += usize::from(negative);
        let digits = self.at;
        let mut whole: u64 = 0;
        while let Some(digit) = self.digit() {
            whole = whole.wrapping_mul(10).wrapping_add(digit);
            self.at += 1;
        }
        let count = self.at - digits;
        if count == 0 {
            return Err(self.unexpected());
        }
        if count > 1 && self.text[digits].into() == u16::from(b'0') {
            self.at = digits + 1;
            return Err(self.unexpected());
        }
        let fraction = self.fraction()?;
        if fraction || count > EXACT_DIGITS_MAX {
            return Ok(JsValue::from(self.float(start)));
        }
        Ok(match i32::try_from(whole) {
            Ok(0) if negative => JsValue::from(-0.0),
            Ok(whole) => JsValue::from(if negative { -whole } else { whole }),
            Err(_) => JsValue::from(if negative { -(whole as f64) } else { whole as f64 }),
        })
    }

    fn digit(&self) -> Option<u64> {
        let unit = self.unit()?.wrapping_sub(u16::from(b'0'));
        (unit < 10).then_some(u64::from(unit))
    }

    fn digits(&mut self) -> JsResult<()> {
        if self.digit().is_none() {
            return Err(self.unexpected());
        }
        while self.digit().is_some() {
            self.at += 1;
        }
        Ok(())
    }

    /// Steps over a fraction and an exponent; whether there was either.
    fn fraction(&mut self) -> JsResult<bool> {
        let start = self.at;
        if self.unit() == Some(b'.'.into()) {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.unit(), Some(0x65 | 0x45)) {
            self.at += 1;
            if matches!(self.unit(), Some(0x2B | 0x2D)) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(self.at > start)
    }

    fn float(&mut self, start: usize) -> f64 {
        self.bytes.clear();
        self.bytes.extend(self.text[start..self.at].iter().map(|&unit| unit.into() as u8));
        // The grammar is a part of Rust's, which also reads an overflow as infinite.
        str::from_utf8(&self.bytes).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
    }

    /// The error for the token here, as V8 words it.
    #[cold]
    pub(super) fn unexpected(&self) -> JsError {
        let at = self.at;
        match self.unit() {
            None => JsNativeError::syntax().with_message("Unexpected end of JSON input").into(),
            Some(0x22) => {
                JsNativeError::syntax().with_message(format!("Unexpected string in JSON at position {at}")).into()
            }
            Some(0x30..=0x39 | 0x2D) => {
                JsNativeError::syntax().with_message(format!("Unexpected number in JSON at position {at}")).into()
            }
            Some(_) => self.illegal(),
        }
    }

    /// The error for the unit here, which starts no token.
    #[cold]
    fn illegal(&self) -> JsError {
        let at = self.at;
        let units: Vec<u16> = self.text[at..].iter().take(2).map(|&unit| unit.into()).collect();
        let token = char::decode_utf16(units).next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
        JsNativeError::syntax().with_message(format!("Unexpected token {token} in JSON at position {at}")).into()
    }
}

/// Whether a unit ends a run of plain string text: the quote, the backslash, a control.
fn special(unit: u16) -> bool {
    unit < 0x20 || unit == 0x22 || unit == 0x5C
}
