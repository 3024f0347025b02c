//! Deleting everything about one customer.
//!
//! That his events were handled stays, without what they said: the same log played again, or a push repeated, must not
//! send him anything.

use ring::digest::{SHA256, digest};
use rusqlite::{Connection, params};
use serde_json::Value;

use super::super::query::Erased;
use super::events::json;
use super::keep;
use crate::base::hex::hex;
use crate::base::limits::OPENID_BYTES_MIN;

/// An id that may name a customer, as it stays after he was erased.
pub(super) fn erased_id(id: &str) -> String {
    format!("erased-{}", hex(digest(&SHA256, id.as_bytes()).as_ref()))
}

/// A short text stands in much that is about others: unless it is a customer's whole openid, nothing is his.
fn is_customer(tx: &Connection, openid: &str) -> rusqlite::Result<bool> {
    if openid.len() >= OPENID_BYTES_MIN {
        return Ok(true);
    }
    let known = "SELECT EXISTS (SELECT 1 FROM event WHERE subject = ?1)
             OR EXISTS (SELECT 1 FROM event WHERE turns_to = ?1)
             OR EXISTS (SELECT 1 FROM effect WHERE subject = ?1)
             OR EXISTS (SELECT 1 FROM outbox WHERE openid = ?1)
             OR EXISTS (SELECT 1 FROM ledger WHERE openid = ?1)
             OR EXISTS (SELECT 1 FROM sign WHERE openid = ?1)";
    tx.query_row(known, [openid], |row| row.get(0))
}

pub(super) fn erase(tx: &Connection, openid: &str, dry_run: bool) -> rusqlite::Result<Erased> {
    if !is_customer(tx, openid)? {
        return Ok(Erased::default());
    }
    let count = |sql: &str| tx.query_row(sql, [openid], |row| row.get::<_, usize>(0));
    let events = "subject = ?1 OR turns_to = ?1 OR instr(line, ?1) OR instr(id, ?1)";
    let effects = "subject = ?1 OR instr(data, ?1)";
    let mut erased = Erased {
        events: count(&format!("SELECT count(*) FROM event WHERE {events}"))?,
        effects: count(&format!("SELECT count(*) FROM effect WHERE {effects} OR instr(place, ?1)"))?,
        rows: count("SELECT count(*) FROM outbox WHERE openid = ?1")?,
        unsent: count(
            "SELECT count(*) FROM outbox WHERE openid = ?1 AND state IN ('pending', 'sending', 'parked', 'held')",
        )?,
        signs: count("SELECT count(*) FROM sign WHERE openid = ?1")?,
        windows: count("SELECT count(*) FROM ledger WHERE openid = ?1")?,
        ..Erased::default()
    };
    for (plugin, jar) in plugins(tx, openid)? {
        let mut jar = json(&jar);
        prune(&mut jar, openid);
        if !dry_run {
            keep::keep_cookies(tx, &plugin, &jar)?;
        }
        erased.plugins.push(plugin);
    }
    if dry_run {
        return Ok(erased);
    }
    tx.execute("DELETE FROM storage WHERE instr(key, ?1) OR instr(value, ?1)", [openid])?;
    tx.execute("DELETE FROM ledger WHERE openid = ?1", [openid])?;
    tx.execute("DELETE FROM sign WHERE openid = ?1", [openid])?;
    tx.execute("DELETE FROM outbox WHERE openid = ?1", [openid])?;
    tx.execute(&format!("DELETE FROM effect WHERE {effects}"), [openid])?;
    hide_in_what_stays(tx, openid)?;
    let mut select = tx.prepare(&format!("SELECT seq, id, name FROM event WHERE {events}"))?;
    let named = select
        .query_map([openid], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
    let named = named.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut update =
        tx.prepare("UPDATE event SET subject = NULL, turns_to = NULL, line = NULL, id = ?2, name = ?3 WHERE seq = ?1")?;
    for (seq, id, name) in named {
        let hide = |text: String| if text.contains(openid) { erased_id(&text) } else { text };
        update.execute(params![seq, hide(id), hide(name)])?;
    }
    // What he was to be told yet, nobody is told.
    tx.execute(
        "UPDATE turn SET state = 'done' WHERE state = 'open' AND event IN (SELECT seq FROM event WHERE line IS NULL)",
        [],
    )?;
    Ok(erased)
}

/// What is others' stays, without his name: the place of an effect of a page that was opened for him, the event that
/// a sign comes from.
fn hide_in_what_stays(tx: &Connection, openid: &str) -> rusqlite::Result<()> {
    tx.execute("UPDATE effect SET place = NULL WHERE instr(place, ?1)", [openid])?;
    let mut select = tx.prepare("SELECT seq, cause FROM sign WHERE instr(cause, ?1)")?;
    let named = select.query_map([openid], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let mut update = tx.prepare("UPDATE sign SET cause = ?2 WHERE seq = ?1")?;
    for (seq, cause) in named.collect::<rusqlite::Result<Vec<_>>>()? {
        update.execute(params![seq, erased_id(&cause)])?;
    }
    Ok(())
}

/// The plugins whose pages keep something that names him, with their cookies.
fn plugins(tx: &Connection, openid: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let mut select = tx.prepare(
        "SELECT plugin, coalesce((SELECT jar FROM cookies c WHERE c.plugin = p.plugin), 'null') FROM (
             SELECT plugin FROM storage WHERE instr(key, ?1) OR instr(value, ?1)
             UNION SELECT plugin FROM cookies WHERE instr(jar, ?1)) p",
    )?;
    select.query_map([openid], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Takes out the entries that name him: of lists those, of objects the members. Whether this value may stay.
fn prune(value: &mut Value, openid: &str) -> bool {
    match value {
        Value::String(text) => !text.contains(openid),
        // An entry of key and value: it goes as a whole.
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let names = |item: &Value| item.as_str().is_some_and(|text| text.contains(openid));
            !items.iter().any(names)
        }
        Value::Array(items) => {
            items.retain_mut(|item| prune(item, openid));
            true
        }
        // A record, such as a cookie.
        Value::Object(members) if members.contains_key("value") => {
            !members.values().any(|member| member.as_str().is_some_and(|text| text.contains(openid)))
        }
        Value::Object(members) => {
            members.retain(|name, member| !name.contains(openid) && prune(member, openid));
            true
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn entries_that_name_a_customer_go() {
        let mut cookies = json!([{"name": "u", "value": "xoAx"}, {"name": "s", "value": "1", "secure": true}]);
        prune(&mut cookies, "oA");
        assert_eq!(cookies, json!([{"name": "s", "value": "1", "secure": true}]));
        let mut nested = json!({"http://a": {"user": "oA", "n": "1"}, "list": [["last", "oA"], ["theme", "dark"]]});
        prune(&mut nested, "oA");
        assert_eq!(nested, json!({"http://a": {"n": "1"}, "list": [["theme", "dark"]]}));
    }
}
