//! Text with what other encodings have in it: `%E5%AE%A2`, `%u5ba2` of `escape`, `\u5ba2` of JSON and scripts, and base64.
//! What stands for a character is written as that was.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Shorter ones hold nothing that would be told apart from a word.
const BASE64_LEN_MIN: usize = 16;

/// How a character is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `%41`, one for each byte of UTF-8.
    Percent,
    /// `%u0041`
    PercentU,
    /// `\u0041`
    Unicode,
    /// `\x41`
    Hex,
}

impl Form {
    /// What stands in front of the digits, and how many there are.
    const ESCAPES: [(Self, &str, usize); 4] =
        [(Self::PercentU, "%u", 4), (Self::Percent, "%", 2), (Self::Unicode, "\\u", 4), (Self::Hex, "\\x", 2)];

    fn prefix(self) -> &'static str {
        Self::ESCAPES.iter().find(|(form, ..)| *form == self).map_or("", |(_, prefix, _)| prefix)
    }
}

/// An escaped character.
#[derive(Clone, Copy, Debug)]
struct Escape {
    character: char,
    form: Form,
    /// Bytes it is written with.
    len: usize,
}

/// A text with escapes.
#[derive(Debug)]
pub(super) struct Escaped<'a> {
    written: &'a str,
    /// The escapes, by where they begin.
    escapes: Vec<(usize, Escape)>,
}

impl<'a> Escaped<'a> {
    /// `None`: there are none.
    pub(super) fn of(written: &'a str) -> Option<Self> {
        let (mut escapes, mut at) = (Vec::new(), 0);
        while let Some(next) = written[at..].find(['%', '\\']) {
            at += next;
            match escape(&written[at..]) {
                Some(escape) => {
                    escapes.push((at, escape));
                    at += escape.len;
                }
                None => at += 1,
            }
        }
        (!escapes.is_empty()).then_some(Self { written, escapes })
    }

    /// The text that is meant.
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.written.len());
        let mut from = 0;
        for (at, escape) in &self.escapes {
            text.push_str(&self.written[from..*at]);
            text.push(escape.character);
            from = at + escape.len;
        }
        text + &self.written[from..]
    }

    /// The same with another text, of as many characters, written as this one was; `None`: it has not as many.
    pub(super) fn with(&self, text: &str) -> Option<String> {
        let (mut written, mut from) = (String::with_capacity(self.written.len()), 0);
        let mut characters = text.chars();
        // In small letters or capitals as it was; where its digits do not say, as the others.
        let has_small = |text: &str| text.contains(|c: char| matches!(c, 'a'..='f'));
        let has_capitals = |text: &str| text.contains(|c: char| matches!(c, 'A'..='F'));
        let digits = |(at, escape): &(usize, Escape)| &self.written[at + escape.form.prefix().len()..at + escape.len];
        let of_others = self.escapes.iter().map(digits).find(|digits| has_small(digits) || has_capitals(digits));
        for (at, escape) in &self.escapes {
            for _ in self.written[from..*at].chars() {
                written.push(characters.next()?);
            }
            from = at + escape.len;
            let (before, character) = (&self.written[*at..from], characters.next()?);
            match escape.character == character {
                true => written.push_str(before),
                false => {
                    let own = digits(&(*at, *escape));
                    let own = Some(own).filter(|own| has_small(own) || has_capitals(own));
                    let is_small = own.or(of_others).map_or(escape.form.prefix().starts_with('\\'), has_small);
                    written.push_str(&as_escape(escape.form, character, is_small));
                }
            }
        }
        let rest: String = characters.collect();
        let is_as_long = rest.chars().count() == self.written[from..].chars().count();
        is_as_long.then(|| written + &rest)
    }
}

/// The escape at the beginning.
fn escape(text: &str) -> Option<Escape> {
    Form::ESCAPES.into_iter().find_map(|(form, prefix, digits)| {
        // A number, and so many of the same kind behind it as it takes.
        let number = |at: usize| {
            let digits = text.get(at..)?.strip_prefix(prefix)?.get(..digits)?;
            u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let len = prefix.len() + digits;
        let (character, count) = match form {
            Form::Percent => utf8(number(0)?, |nth| number(nth * len))?,
            _ => utf16(number(0)?, || number(len))?,
        };
        Some(Escape { character, form, len: len * count })
    })
}

/// A character of UTF-8, and its number of bytes.
fn utf8(first: u32, next: impl Fn(usize) -> Option<u32>) -> Option<(char, usize)> {
    let count = match first {
        0..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = vec![u8::try_from(first).ok()?];
    for number in 1..count {
        bytes.push(u8::try_from(next(number)?).ok()?);
    }
    Some((std::str::from_utf8(&bytes).ok()?.chars().next()?, count))
}

/// A character of UTF-16, and its number of units.
fn utf16(first: u32, next: impl Fn() -> Option<u32>) -> Option<(char, usize)> {
    if let Some(character) = char::from_u32(first) {
        return Some((character, 1));
    }
    let units = [u16::try_from(first).ok()?, u16::try_from(next()?).ok()?];
    let pair = char::decode_utf16(units).next()?.ok()?;
    Some((pair, 2))
}

/// A character in this form, its digits in small letters or capitals.
fn as_escape(form: Form, character: char, is_small: bool) -> String {
    let digits = |number: u32, width: usize| match is_small {
        true => format!("{number:0width$x}"),
        false => format!("{number:0width$X}"),
    };
    let units = |prefix: &str| -> String {
        let mut buffer = [0; 2];
        let units = character.encode_utf16(&mut buffer).iter();
        units.map(|unit| format!("{prefix}{}", digits(u32::from(*unit), 4))).collect()
    };
    match form {
        Form::Percent => {
            let mut buffer = [0; 4];
            character.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{}", digits(u32::from(byte), 2))).collect()
        }
        Form::PercentU => units("%u"),
        Form::Hex if u32::from(character) <= 0xff => format!("\\x{}", digits(u32::from(character), 2)),
        Form::Unicode | Form::Hex => units("\\u"),
    }
}

/// Puts another text in the place of what base64 in a text holds, where `redacted` makes one of it; `None`: nowhere.
pub(super) fn in_base64(text: &str, mut redacted: impl FnMut(&str) -> String) -> Option<String> {
    let is_of_it = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let bytes = text.as_bytes();
    let (mut output, mut at, mut is_changed) = (String::new(), 0, false);
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_of_it(byte)).count();
        if length < BASE64_LEN_MIN {
            // On to the next one, by whole characters.
            let step = length.max(text[at..].chars().next().map_or(1, char::len_utf8));
            output.push_str(&text[at..at + step]);
            at += step;
            continue;
        }
        let written = &text[at..at + length];
        let other = decoded(written).and_then(|(engine, held)| {
            let other = redacted(&held);
            (other != held && other.len() == held.len()).then(|| engine.encode(other))
        });
        is_changed |= other.is_some();
        output.push_str(other.as_deref().unwrap_or(written));
        at += length;
    }
    is_changed.then_some(output)
}

/// The text in a piece of base64 without its padding, and what writes it again.
fn decoded(written: &str) -> Option<(GeneralPurpose, String)> {
    let config =
        GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let alphabet = if written.contains(['-', '_']) { alphabet::URL_SAFE } else { alphabet::STANDARD };
    let engine = GeneralPurpose::new(&alphabet, config);
    let held = String::from_utf8(engine.decode(written).ok()?).ok()?;
    let is_text = !held.contains(|c: char| c.is_control() && !c.is_ascii_whitespace());
    is_text.then_some((engine, held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_and_written_again() {
        let table = [
            ("a%41%e5%ae%a2%E6%88%B7", "aA客户", "bB主顾", "b%42%e4%b8%bb%E9%A1%BE"),
            ("%u5BA2%u5ba2x", "客客x", "顾顾x", "%u987E%u987ex"),
            (
                "{\\\"n\\\":\\\"\\u5ba2\\u6237\\\"}",
                "{\\\"n\\\":\\\"客户\\\"}",
                "{\\\"n\\\":\\\"顾主\\\"}",
                "{\\\"n\\\":\\\"\\u987e\\u4e3b\\\"}",
            ),
            ("\\x41\\ud83d\\ude00", "A😀", "é😁", "\\xe9\\ud83d\\ude01"),
            ("%c4%fa%e5 100%", "%c4%fa%e5 100%", "", ""),
            ("\\ud83d \\u12 %u12 %", "\\ud83d \\u12 %u12 %", "", ""),
        ];
        for (written, meant, other, rewritten) in table {
            match Escaped::of(written) {
                Some(escaped) => {
                    assert_eq!(escaped.text(), meant);
                    assert_eq!(escaped.with(meant).as_deref(), Some(written));
                    assert_eq!(escaped.with(other).as_deref(), Some(rewritten));
                    assert_eq!(escaped.with("longer than it was, by far, and so not that"), None);
                }
                None => assert_eq!((written, other), (meant, "")),
            }
        }
        assert!(Escaped::of("no escapes").is_none());
    }

    #[test]
    fn what_base64_holds() {
        let redacted = |text: &str| text.replace("s3cret", "public");
        let table = [
            ("x=eyJrIjoiczNjcmV0In0=&y", Some("x=eyJrIjoicHVibGljIn0=&y")),
            ("客 c3RhbmRhcmQgczNjcmV0IDMz 户", Some("客 c3RhbmRhcmQgcHVibGljIDMz 户")),
            ("c2hvcnQ s3cret", None),
            ("notbase64becauseofitslength", None),
            ("AAAAAAAAAAAAAAAAAAAA", None),
        ];
        for (text, expected) in table {
            assert_eq!(in_base64(text, redacted).as_deref(), expected, "{text}");
        }
    }
}
