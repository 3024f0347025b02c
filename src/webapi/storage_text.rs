//! Keys and values of storage as Rust text. A page may keep any UTF-16 units (Web IDL's DOMString), also halves of
//! surrogate pairs (some pages pack bytes that way); what is stored, recorded and kept between runs is UTF-8.
//!
//! The half `u` is written as U+10F800 + (`u` − U+D800), a private-use character; a character that is itself one of
//! these is written as its two halves. So every text has one spelling, and all but these are as they are.

use boa_engine::JsString;
use boa_engine::string::JsStrVariant;

use crate::engine::convert::to_utf8;

const HALVES: std::ops::RangeInclusive<u32> = 0xD800..=0xDFFF;
/// The character that stands for U+D800.
const FIRST: u32 = 0x10_F800;

/// A text of the page as it is stored.
pub(super) fn to_stored(text: &JsString) -> String {
    let JsStrVariant::Utf16(units) = text.as_str().variant() else { return to_utf8(text) };
    let mut stored = String::with_capacity(units.len() * 3);
    for character in char::decode_utf16(units.iter().copied()) {
        match character {
            Ok(character) if (character as u32) < FIRST => stored.push(character),
            Ok(character) => {
                stored.extend(character.encode_utf16(&mut [0; 2]).iter().filter_map(|half| stand_in(*half)));
            }
            Err(half) => stored.extend(stand_in(half.unpaired_surrogate())),
        }
    }
    stored
}

fn stand_in(half: u16) -> Option<char> {
    char::from_u32(FIRST + u32::from(half) - HALVES.start())
}

/// What is stored, as the page has it.
pub(super) fn from_stored(stored: &str) -> JsString {
    // The first byte of a character from U+100000.
    if !stored.as_bytes().contains(&0xF4) {
        return JsString::from(stored);
    }
    let mut units = Vec::with_capacity(stored.len());
    for character in stored.chars() {
        match (character as u32).checked_sub(FIRST).and_then(|at| u16::try_from(at + HALVES.start()).ok()) {
            Some(half) => units.push(half),
            None => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
        }
    }
    JsString::from(units.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back() {
        let halves = [0xD7FF, 0xD800, 0xDABC, 0xDBFE, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0x61, 0x60A8];
        for first in halves {
            for second in halves {
                for third in halves {
                    let text = JsString::from([first, second, third].as_slice());
                    assert_eq!(from_stored(&to_stored(&text)), text, "{first:x} {second:x} {third:x}");
                }
            }
        }
    }

    #[test]
    fn text_without_halves_is_stored_as_it_is() {
        for text in ["", "a", "é", "您好", "😀", "\u{10F7FF}"] {
            assert_eq!(to_stored(&JsString::from(text)), text);
        }
    }

    #[test]
    fn halves_have_stand_ins() {
        assert_eq!(to_stored(&JsString::from([0x61, 0xDC00].as_slice())), "a\u{10FC00}");
        assert_eq!(to_stored(&JsString::from("\u{10FFFF}")), "\u{10FBFF}\u{10FFFF}");
    }
}
