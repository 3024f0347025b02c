//! Fields as WeChat writes them.

use serde_json::{Map, Value};

/// A body of the XML data format: texts as CDATA, numerals as they are, as WeChat's own.
#[must_use]
pub fn write_xml(fields: &Map<String, Value>) -> String {
    format!("<xml>{}</xml>", elements(fields))
}

fn elements(fields: &Map<String, Value>) -> String {
    fields.iter().map(|(name, value)| element(name, value)).collect()
}

fn element(name: &str, value: &Value) -> String {
    match value {
        Value::Object(fields) => format!("<{name}>{}</{name}>", elements(fields)),
        // A field that comes several times.
        Value::Array(values) => values.iter().map(|value| element(name, value)).collect(),
        // What would end the section goes into two.
        Value::String(text) => format!("<{name}><![CDATA[{}]]></{name}>", text.replace("]]>", "]]]]><![CDATA[>")),
        Value::Null => format!("<{name}></{name}>"),
        other => format!("<{name}>{other}</{name}>"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse_xml;
    use super::*;

    #[test]
    fn what_is_written_reads_the_same() {
        let fields =
            json!({"A": "a]]>b <i>&amp;", "N": 18_446_744_073_709_551_615_u64, "L": {"i": ["1", "2"]}, "E": null});
        let xml = write_xml(fields.as_object().expect("an object"));
        assert!(xml.contains("<N>18446744073709551615</N>"), "{xml}");
        let read = Value::Object(parse_xml(xml.as_bytes()).expect("XML").as_map().clone());
        let expected = json!({"A": "a]]>b <i>&amp;", "N": "18446744073709551615", "L": {"i": ["1", "2"]}, "E": ""});
        assert_eq!(read, expected);
    }
}
