//! The JSON data format.

use serde_json::{Map, Value};

use super::fields::{Count, Fields, NoPush};

/// Reads a body of the JSON data format.
///
/// # Errors
/// [`NoPush`].
pub fn parse_json(body: &[u8]) -> Result<Fields, NoPush> {
    let text = std::str::from_utf8(body).map_err(|_| NoPush::Encoding)?;
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return Err(NoPush::Json) };
    object(members, 1, &mut Count::default()).map(Fields)
}

fn object(members: Map<String, Value>, depth: usize, count: &mut Count) -> Result<Map<String, Value>, NoPush> {
    members.into_iter().map(|(name, member)| Ok((name, value(member, depth, count)?))).collect()
}

/// A value as XML would have given it.
fn value(member: Value, depth: usize, count: &mut Count) -> Result<Value, NoPush> {
    count.field(depth)?;
    Ok(match member {
        Value::Object(members) => Value::Object(object(members, depth + 1, count)?),
        Value::Array(members) => {
            Value::Array(members.into_iter().map(|member| value(member, depth + 1, count)).collect::<Result<_, _>>()?)
        }
        Value::Null => Value::from(""),
        Value::Bool(truth) => Value::from(truth.to_string()),
        Value::Number(number) => Value::from(number.to_string()),
        Value::String(text) => Value::String(text),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::limits::{PUSH_DEPTH_MAX, PUSH_FIELDS_MAX};

    #[test]
    fn numerals_are_their_digits() {
        let body =
            r#"{"CreateTime":1348831860,"MsgId":18446744073709551615,"X":{"Y":1.50,"Z":null},"L":[1,"2"],"B":true}"#;
        let fields = parse_json(body.as_bytes()).expect("a push");
        let expected = json!({
            "CreateTime": "1348831860", "MsgId": "18446744073709551615", "X": {"Y": "1.5", "Z": ""}, "L": ["1", "2"],
            "B": "true"
        });
        assert_eq!(Value::Object(fields.as_map().clone()), expected);
    }

    #[test]
    fn bounds_and_what_is_no_object() {
        let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(parse_json(nested(PUSH_DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(parse_json(nested(PUSH_DEPTH_MAX + 1).as_bytes()), Err(NoPush::TooDeep));
        let wide = |count: usize| format!("{{\"a\":[{}]}}", vec!["1"; count].join(","));
        assert!(parse_json(wide(PUSH_FIELDS_MAX - 1).as_bytes()).is_ok());
        assert_eq!(parse_json(wide(PUSH_FIELDS_MAX).as_bytes()), Err(NoPush::TooMany));
        for wrong in ["", "[]", "1", "{", "{} {}", &nested(100_000)] {
            assert_eq!(parse_json(wrong.as_bytes()), Err(NoPush::Json));
        }
        assert_eq!(parse_json(b"{\"a\":\"\xff\"}"), Err(NoPush::Encoding));
    }
}
