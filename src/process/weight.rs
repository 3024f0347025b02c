//! What a frame becomes in memory, before it is read: a byte of MessagePack may be a value that takes thirty, and values
//! nest.

use rmp::Marker;

/// Values, keys among them, that a frame may have: an honest turn with every bound reached has a quarter of it.
const VALUES_MAX: u64 = 2_000_000;
/// Levels that they may nest: what pages say to each other in JSON is not deeper.
const DEPTH_MAX: usize = 256;

/// Whether a frame can be read without harm. Bytes that are no MessagePack are for the reader to refuse.
pub(super) fn is_bearable(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    // How many values each open list still has. Those of a list count as soon as it announces them.
    let mut open: Vec<u64> = Vec::new();
    let mut values = 0_u64;
    while let Some((marker, payload)) = rest.split_first() {
        let Some((children, skipped)) = contents(Marker::from_u8(*marker), payload) else { return true };
        values = values.saturating_add(children);
        if values > VALUES_MAX {
            return false;
        }
        let Some(next) = payload.get(skipped..) else { return true };
        rest = next;
        if children > 0 {
            open.push(children);
            if open.len() > DEPTH_MAX {
                return false;
            }
            continue;
        }
        while let Some(left) = open.last_mut() {
            *left -= 1;
            if *left > 0 {
                break;
            }
            open.pop();
        }
    }
    true
}

/// How many values a value contains, and how many bytes of it are none.
fn contents(marker: Marker, payload: &[u8]) -> Option<(u64, usize)> {
    let number = |bytes: usize| {
        let digits = payload.get(..bytes)?;
        Some(digits.iter().fold(0_u64, |number, digit| number << 8 | u64::from(*digit)))
    };
    let text =
        |bytes: usize, more: usize| Some((0, usize::try_from(number(bytes)?).ok()?.saturating_add(bytes + more)));
    match marker {
        Marker::FixPos(_) | Marker::FixNeg(_) | Marker::Null | Marker::True | Marker::False | Marker::Reserved => {
            Some((0, 0))
        }
        Marker::U8 | Marker::I8 => Some((0, 1)),
        Marker::U16 | Marker::I16 | Marker::FixExt1 => Some((0, 2)),
        Marker::FixExt2 => Some((0, 3)),
        Marker::U32 | Marker::I32 | Marker::F32 => Some((0, 4)),
        Marker::FixExt4 => Some((0, 5)),
        Marker::U64 | Marker::I64 | Marker::F64 => Some((0, 8)),
        Marker::FixExt8 => Some((0, 9)),
        Marker::FixExt16 => Some((0, 17)),
        Marker::FixStr(bytes) => Some((0, usize::from(bytes))),
        Marker::Str8 | Marker::Bin8 => text(1, 0),
        Marker::Str16 | Marker::Bin16 => text(2, 0),
        Marker::Str32 | Marker::Bin32 => text(4, 0),
        Marker::Ext8 => text(1, 1),
        Marker::Ext16 => text(2, 1),
        Marker::Ext32 => text(4, 1),
        Marker::FixArray(values) => Some((u64::from(values), 0)),
        Marker::Array16 => Some((number(2)?, 2)),
        Marker::Array32 => Some((number(4)?, 4)),
        Marker::FixMap(pairs) => Some((2 * u64::from(pairs), 0)),
        Marker::Map16 => Some((2 * number(2)?, 2)),
        Marker::Map32 => Some((2 * number(4)?, 4)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::Null, |inner, _| json!([inner]))
    }

    #[test]
    fn many_small_values_and_deep_ones_are_too_much() {
        let bytes = |value: &Value| rmp_serde::to_vec(value).unwrap();
        let some = vec![Value::Null; 1_000_000];
        assert!(is_bearable(&bytes(&json!({"a": some, "b": [1.5, -7, "text", {"c": "d"}]}))));
        assert!(!is_bearable(&bytes(&json!([some.clone(), some]))));
        assert!(is_bearable(&bytes(&nested(DEPTH_MAX))));
        assert!(!is_bearable(&bytes(&nested(DEPTH_MAX + 1))));
        // Announced, and not there.
        assert!(!is_bearable(&[0xdd, 0xff, 0xff, 0xff, 0xff]));
    }

    #[test]
    fn what_stands_behind_a_text_is_counted() {
        let mut bytes = vec![0x92];
        bytes.extend(rmp_serde::to_vec(&"x".repeat(70_000)).unwrap());
        bytes.extend([0xdd, 0xff, 0xff, 0xff, 0xff]);
        assert!(!is_bearable(&bytes));
    }

    proptest! {
        #[test]
        fn any_bytes_are_weighed(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let _ = is_bearable(&bytes);
        }
    }
}
