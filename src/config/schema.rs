//! JSON Schemas ([2020-12](https://json-schema.org/draft/2020-12)) of `duoke.toml` and `plugin.toml`, made of the tables
//! that the files are read by: for editors and other people's validators.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::keys::{ACCOUNT_MEMBERS, KEYS, Key, Member, PLUGIN_MEMBERS, REDACT, SEAT_MEMBERS, TABLES};
use super::plugin::members::{Kind, MEMBERS, PluginMember};
use crate::base::limits::page::PAGE_LIMITS;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
const PATTERNS: &str = "Regular expressions for what else must not stand in recordings.";

/// That of `duoke.toml`.
#[must_use]
pub fn of_duoke() -> Value {
    let table = |(name, about): (&'static str, &str)| {
        let schema = match name {
            "limits" => limits(),
            "plugin" => list(&PLUGIN_MEMBERS),
            "account" => list(&ACCOUNT_MEMBERS),
            "seat" => list(&SEAT_MEMBERS),
            _ => settings(name),
        };
        (name.to_owned(), described(schema, about))
    };
    whole("duoke.toml", "The configuration of duoke.", TABLES.into_iter().map(table).collect(), &[])
}

/// That of `plugin.toml`.
#[must_use]
pub fn of_plugin() -> Value {
    whole("plugin.toml", "A plugin of duoke, in its folder.", plugin_members(&MEMBERS), &["page"])
}

fn whole(title: &str, about: &str, properties: Map<String, Value>, required: &[&str]) -> Value {
    let mut schema = json!({"$schema": DIALECT, "title": title, "description": about});
    if let (Some(schema), Value::Object(own)) = (schema.as_object_mut(), object(properties, required)) {
        schema.extend(own);
    }
    schema
}

/// A table with these members and no others.
fn object(properties: Map<String, Value>, required: &[&str]) -> Value {
    let properties = Value::Object(properties);
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn described(mut schema: Value, about: &str) -> Value {
    schema["description"] = about.into();
    schema
}

/// The settings of a table, and the tables within it.
fn settings(table: &str) -> Value {
    let keys = KEYS.iter().filter(|key| key.table == table);
    let mut properties: Map<String, Value> = keys.map(|key| (key.name.to_owned(), setting(key))).collect();
    match table {
        "wechat" => {
            let callback = described(settings("wechat.callback"), "WeChat's pushes.");
            properties.insert("callback".to_owned(), callback);
        }
        "record" => {
            let texts = json!({"type": "array", "items": {"type": "string"}});
            properties.insert(REDACT.to_owned(), described(texts, PATTERNS));
        }
        _ => {}
    }
    object(properties, &[])
}

fn setting(key: &Key) -> Value {
    let source = if key.secret { "A secret. " } else { "" };
    let mut schema = described(key.form.schema(), &format!("{} {source}{} goes before it.", key.about, key.env));
    if let Some(default) = key.default {
        let number = key.is_number().then(|| default.parse::<u64>().ok()).flatten();
        schema["default"] = number.map_or_else(|| default.into(), Value::from);
    }
    schema
}

fn list(members: &[Member]) -> Value {
    let property = |member: &Member| (member.name.to_owned(), described(member.form.schema(), member.about));
    let required: Vec<&str> = members.iter().filter(|member| member.required).map(|member| member.name).collect();
    json!({"type": "array", "items": object(members.iter().map(property).collect(), &required)})
}

fn limits() -> Value {
    let limit = |limit: &crate::base::limits::page::PageLimit| {
        let about = match limit.outcome {
            "" => format!("{}.", limit.meaning),
            outcome => format!("{}. Past it, {outcome}.", limit.meaning),
        };
        let (least, most) = (limit.least, limit.most);
        let schema = json!({"type": "integer", "minimum": least, "maximum": most, "default": limit.default});
        (limit.name.to_owned(), described(schema, &about))
    };
    object(PAGE_LIMITS.iter().map(limit).collect(), &[])
}

fn plugin_members(members: &[PluginMember]) -> Map<String, Value> {
    let property = |member: &PluginMember| (member.name.to_owned(), described(kind(member.kind), member.about));
    members.iter().map(property).collect()
}

fn kind(kind: Kind) -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    match kind {
        Kind::Text => Form::Text.schema(),
        Kind::AnyText => json!({"type": "string"}),
        // Not outside of the folder, and of no scheme but these.
        Kind::Page => json!({"type": "string", "anyOf": [
            {"pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
            {"pattern": r"\S", "not": {"pattern": r"^[/\\]|^[^?#]*://|^([^?#]*[/\\])?\.\.([/\\?#]|$)"}},
        ]}),
        Kind::Word(words) => json!({"enum": words, "default": words[0]}),
        Kind::Words(words) => json!({"type": "array", "items": {"enum": words}, "default": words}),
        Kind::Texts => texts,
        Kind::Origins => {
            json!({"type": "array", "items": {"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+/?$"}})
        }
        Kind::Truth(default) => json!({"type": "boolean", "default": default}),
        Kind::Positive(default) => json!({"type": "integer", "minimum": 1, "maximum": u32::MAX, "default": default}),
        Kind::Table(members) => object(plugin_members(members), &[]),
        Kind::Replacements => json!({
            "type": "object",
            "propertyNames": {"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
            "additionalProperties": {"type": "string"},
        }),
        Kind::Values => json!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}),
        Kind::Limits => limits(),
    }
}
