//! From event to rows.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

use super::super::event::{
    Accepted, AccountId, Before, Commit, Committed, EffectRecord, EventId, NewEvent, Progress, RESERVED, TurnEnd,
    TurnState, Unfinished,
};
use super::super::row::{Pushed, Row};
use super::{erase, keep, ledger, rows, sign};
use crate::base::clock::TimestampMs;
use crate::base::limits::{
    EFFECT_KEPT_BYTES_MAX, EVENT_NAME_CHARS_MAX, UNFINISHED_OF_ONE_READ_MAX, UNFINISHED_READ_MAX,
};
use crate::event::stimulus::TURNING_TYPES;

pub(super) fn account(tx: &Connection, app_id: &str, server: &str) -> rusqlite::Result<AccountId> {
    tx.prepare_cached("INSERT OR IGNORE INTO account (app_id, server) VALUES (?1, ?2)")?.execute([app_id, server])?;
    let mut select = tx.prepare_cached("SELECT id FROM account WHERE app_id = ?1 AND server = ?2")?;
    select.query_row([app_id, server], |row| row.get(0).map(AccountId))
}

pub(super) fn plugin(tx: &Connection, name: &str, identity: &str) -> rusqlite::Result<String> {
    let mut select = tx.prepare_cached("SELECT name FROM plugin WHERE identity = ?1")?;
    if let Some(known) = select.query_row([identity], |row| row.get(0)).optional()? {
        return Ok(known);
    }
    let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO plugin (name, identity) VALUES (?1, ?2)")?;
    let (mut free, mut number) = (name.to_owned(), 1);
    while RESERVED.contains(&&*free) || insert.execute([&free, identity])? == 0 {
        number += 1;
        free = format!("{name}~{number}");
    }
    Ok(free)
}

pub(super) fn begin_log(tx: &Connection, account: AccountId, identity: &str) -> rusqlite::Result<bool> {
    let mut select = tx.prepare_cached("SELECT NOT ended FROM log WHERE account = ?1 AND identity = ?2")?;
    let cut_off = select.query_row(params![account.0, identity], |row| row.get(0)).optional()?;
    let mut begin = tx.prepare_cached("INSERT OR REPLACE INTO log VALUES (?1, ?2, 0)")?;
    begin.execute(params![account.0, identity])?;
    Ok(cut_off.unwrap_or(false))
}

pub(super) fn end_log(tx: &Connection, account: AccountId, identity: &str) -> rusqlite::Result<()> {
    let mut end = tx.prepare_cached("UPDATE log SET ended = 1 WHERE account = ?1 AND identity = ?2")?;
    end.execute(params![account.0, identity])?;
    Ok(())
}

pub(super) fn accept(tx: &Connection, event: &NewEvent, opened: i64) -> rusqlite::Result<Accepted> {
    let mut select = tx.prepare_cached(
        "SELECT seq, name, line IS NULL FROM event WHERE account = ?1 AND source = ?2 AND id IN (?3, ?4) AND digest = ?5",
    )?;
    let erased = erase::erased_id(&event.id);
    let known = params![event.account.0, event.source, event.id, erased, event.digest];
    let known =
        select.query_row(known, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?)));
    let known = known.optional()?;
    let is_new = known.is_none();
    let (seq, name, is_forgotten) = match known {
        Some(known) => known,
        None => insert(tx, event)?,
    };
    if let Some(acted) = event.acted.as_ref().filter(|_| is_new) {
        ledger::acted(tx, event.account, acted, event.now, opened)?;
    }
    let mut turn = tx.prepare_cached("INSERT OR IGNORE INTO turn (event, plugin, state) VALUES (?1, ?2, 'open')")?;
    for plugin in &event.plugins {
        turn.execute(params![seq, plugin])?;
    }
    let mut select = tx.prepare_cached("SELECT state FROM turn WHERE event = ?1 AND plugin = ?2")?;
    let progress = event.plugins.iter().map(|plugin| {
        let state = select.query_row(params![seq, plugin], |row| row.get::<_, String>(0))?;
        Ok(Progress { plugin: plugin.clone(), state: turn_state(&state) })
    });
    Ok(Accepted {
        event: EventId(seq),
        name,
        is_new,
        is_forgotten,
        progress: progress.collect::<rusqlite::Result<_>>()?,
    })
}

fn turn_state(name: &str) -> TurnState {
    [TurnState::Done, TurnState::Busy].into_iter().find(|state| state.name() == name).unwrap_or(TurnState::Open)
}

fn insert(tx: &Connection, event: &NewEvent) -> rusqlite::Result<(i64, String, bool)> {
    let name = free_name(tx, &event.id)?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO event (account, name, log, source, id, digest, subject, turns_to, line, accepted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let NewEvent { account, log, source, id, digest, subject, turns_to, line, now, .. } = event;
    insert.execute(params![account.0, name, log, source, id, digest, subject, turns_to, line, now])?;
    Ok((tx.last_insert_rowid(), name, false))
}

/// The id, or `id~2` and so on where another event has that name: logs of different days all have a line 1.
fn free_name(tx: &Connection, id: &str) -> rusqlite::Result<String> {
    let id: String = id.chars().take(EVENT_NAME_CHARS_MAX).collect();
    let mut taken = tx.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM event WHERE name = ?1) OR EXISTS (SELECT 1 FROM outbox WHERE stimulus = ?1)",
    )?;
    let mut is_taken = |name: &str| taken.query_row([name], |row| row.get::<_, bool>(0));
    if !is_taken(&id)? {
        return Ok(id);
    }
    let mut count = tx.prepare_cached("SELECT count(*) FROM event WHERE id = ?1")?;
    let mut number = count.query_row([&id], |row| row.get::<_, u64>(0))?.max(1);
    loop {
        number += 1;
        let name = format!("{id}~{number}");
        if !is_taken(&name)? {
            return Ok(name);
        }
    }
}

pub(super) fn commit(tx: &Connection, commit: &Commit, opened: i64) -> rusqlite::Result<Committed> {
    for effect in &commit.effects {
        let is_new = insert_effect(tx, effect)?;
        if let Some(account) = commit.account {
            match is_new {
                true => sign::put(tx, account.0, effect, commit.now)?,
                false => sign::put_once(tx, account.0, effect, commit.now)?,
            }
        }
    }
    for sign in &commit.signs {
        if let Some(account) = commit.account {
            sign::put_once(tx, account.0, sign, commit.now)?;
        }
    }
    let pushed = commit.rows.iter().map(|row| push(tx, commit, row, opened)).collect::<rusqlite::Result<_>>()?;
    for TurnEnd { event, plugin, state } in &commit.ended {
        let mut turn = tx.prepare_cached(
            "INSERT INTO turn (event, plugin, state, ended) SELECT ?1, ?2, ?3, ?4
             WHERE EXISTS (SELECT 1 FROM event WHERE seq = ?1)
             ON CONFLICT DO UPDATE SET state = excluded.state, ended = excluded.ended",
        )?;
        turn.execute(params![event.0, plugin, state.name(), commit.now])?;
    }
    for event in &commit.forgotten {
        let mut forget =
            tx.prepare_cached("UPDATE event SET line = NULL, subject = NULL, turns_to = NULL WHERE seq = ?1")?;
        forget.execute([event.0])?;
    }
    for (plugin, origin, change) in &commit.storage {
        keep::change_storage(tx, plugin, origin, change)?;
    }
    for (plugin, cookies) in &commit.cookies {
        keep::keep_cookies(tx, plugin, cookies)?;
    }
    Ok(Committed { rows: pushed })
}

/// One that is there stays: the event is handled again. Of an event that is too old to be known nothing is kept.
/// Whether it is new.
fn insert_effect(tx: &Connection, effect: &EffectRecord) -> rusqlite::Result<bool> {
    let mut insert = tx.prepare_cached(
        "INSERT OR IGNORE INTO effect (event, plugin, number, time, type, subject, data, place)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM event WHERE seq = ?1)",
    )?;
    let EffectRecord { event, plugin, number, time, type_, subject, data, place } = effect;
    let mut data = data.to_string();
    if data.len() > EFFECT_KEPT_BYTES_MAX {
        data = serde_json::json!({ "bytes": data.len() }).to_string();
    }
    let place = place.as_ref().map(|place| serde_json::json!(place).to_string());
    Ok(insert.execute(params![event.0, plugin, number, time, type_, subject, data, place])? > 0)
}

fn push(tx: &Connection, commit: &Commit, row: &Row, opened: i64) -> rusqlite::Result<(Pushed, i64)> {
    let account = commit.account.map_or(0, |account| account.0);
    let content = rows::content_text(row);
    let mut select = tx.prepare_cached(
        "SELECT seq, openid, content, kf_account FROM outbox WHERE stimulus = ?1 AND plugin = ?2 AND effect = ?3 AND part = ?4",
    )?;
    let key = &row.key;
    let first = select.query_row(params![key.stimulus, key.plugin, key.effect, key.part], |first| {
        let same = first.get::<_, String>(1)? == row.openid
            && first.get::<_, String>(2)? == content
            && first.get::<_, Option<String>>(3)? == row.kf_account;
        Ok((if same { Pushed::Known } else { Pushed::Differs }, first.get(0)?))
    });
    if let Some(first) = first.optional()? {
        return Ok(first);
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO outbox (account, stimulus, plugin, effect, part, key, openid, kf_account, cause, msgtype, content,
             state, created, due, reason, changed, opened, uploads)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?13, ?15, ?16)",
    )?;
    insert.execute(params![
        account,
        key.stimulus,
        key.plugin,
        key.effect,
        key.part,
        key.to_string(),
        row.openid,
        row.kf_account,
        row.cause,
        row.content.msgtype(),
        content,
        row.state.name(),
        row.created,
        row.reason,
        opened,
        row.content.needs_upload(),
    ])?;
    let seq = tx.last_insert_rowid();
    rows::refresh_head(tx, account, &row.openid)?;
    Ok((Pushed::New, seq))
}

pub(super) fn unfinished(
    tx: &Connection,
    account: AccountId,
    plugins: &[String],
    openid: Option<&str>,
    after: EventId,
) -> rusqlite::Result<Vec<Unfinished>> {
    let mut found: Vec<Unfinished> = Vec::new();
    // Of one customer by what he did, of all by what is open: either may be much.
    let (from, whose, most) = match openid {
        Some(_) => ("event e CROSS JOIN turn t ON t.event = e.seq", "e.subject = ?5", UNFINISHED_OF_ONE_READ_MAX),
        None => ("turn t JOIN event e ON e.seq = t.event", "?5 IS NULL", UNFINISHED_READ_MAX),
    };
    let mut select = tx.prepare_cached(&format!(
        "SELECT e.seq, e.name, e.line FROM {from}
         WHERE t.state = 'open' AND t.plugin = ?1 AND e.account = ?2 AND e.seq > ?3 AND e.log IS NULL AND e.line IS NOT NULL
             AND {whose}
         ORDER BY e.seq LIMIT ?4"
    ))?;
    for plugin in plugins {
        let open = select.query_map(params![plugin, account.0, after.0, most, openid], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        for open in open {
            let (seq, name, line) = open?;
            let at = match found.iter().position(|event| event.event.0 == seq) {
                Some(at) => at,
                None => {
                    found.push(Unfinished { event: EventId(seq), name, line, plugins: Vec::new() });
                    found.len() - 1
                }
            };
            found[at].plugins.push(plugin.clone());
        }
    }
    found.sort_by_key(|event| event.event);
    // Of those behind, other plugins' turns may not have been read.
    found.truncate(most);
    Ok(found)
}

pub(super) fn turned_last(tx: &Connection, account: AccountId, plugin: &str) -> rusqlite::Result<Vec<Before>> {
    let mut select = tx.prepare_cached(
        "SELECT e.turns_to FROM event e JOIN turn t ON t.event = e.seq AND t.plugin = ?1 AND t.state <> 'open'
         WHERE e.account = ?2 AND e.log IS NULL AND e.turns_to IS NOT NULL AND e.line IS NOT NULL
         ORDER BY e.seq DESC LIMIT 1",
    )?;
    let served = select.query_row(params![plugin, account.0], |row| row.get::<_, String>(0)).optional()?;
    let Some(served) = served else { return Ok(Vec::new()) };
    let mut select = tx.prepare_cached(
        "SELECT e.seq, e.name, e.line,
             (SELECT coalesce(max(number) + 1, 0) FROM effect WHERE event = e.seq AND plugin = ?1)
         FROM event e JOIN turn t ON t.event = e.seq AND t.plugin = ?1 AND t.state <> 'open'
         WHERE e.account = ?2 AND e.log IS NULL AND e.subject = ?3 AND e.turns_to = ?3 AND e.line IS NOT NULL
             AND e.line ->> 'type' = ?4
         ORDER BY e.seq DESC LIMIT 1",
    )?;
    let mut turned = Vec::new();
    for type_ in TURNING_TYPES {
        let before = select.query_row(params![plugin, account.0, served, type_], |row| {
            Ok(Before { event: EventId(row.get(0)?), name: row.get(1)?, line: row.get(2)?, effects: row.get(3)? })
        });
        turned.extend(before.optional()?);
    }
    turned.sort_by_key(|before| before.event);
    Ok(turned)
}

pub(super) fn last_push(
    tx: &Connection,
    account: AccountId,
    openid: &str,
    events: &[&str],
) -> rusqlite::Result<Option<String>> {
    let mut select = tx.prepare_cached(
        "SELECT line FROM event WHERE subject = ?1 AND account = ?2
             AND json_extract(line, '$.data.Event') IN (SELECT value FROM json_each(?3)) ORDER BY seq DESC LIMIT 1",
    )?;
    select.query_row(params![openid, account.0, serde_json::json!(events).to_string()], |row| row.get(0)).optional()
}

pub(super) fn was_turned(
    tx: &Connection,
    account: AccountId,
    [plugin, openid, type_]: [&str; 3],
) -> rusqlite::Result<bool> {
    let mut select = tx.prepare_cached(
        "SELECT EXISTS (
             SELECT 1 FROM event e JOIN turn t ON t.event = e.seq AND t.plugin = ?1 AND t.state <> 'open'
             WHERE e.account = ?2 AND e.log IS NULL AND e.subject = ?3 AND e.turns_to = ?3
                 AND json_extract(e.line, '$.type') = ?4)",
    )?;
    select.query_row(params![plugin, account.0, openid, type_], |row| row.get(0))
}

/// Events after which a page was still busy when its host ended: what it was yet to do is lost, and told once.
pub(super) fn lost(
    tx: &Connection,
    account: AccountId,
    plugins: &[String],
    now: TimestampMs,
) -> rusqlite::Result<Vec<(String, String)>> {
    let mut lost = Vec::new();
    let mut update = tx.prepare_cached(
        "UPDATE turn SET state = 'done', ended = ?3 WHERE state = 'busy' AND plugin = ?1
             AND EXISTS (SELECT 1 FROM event WHERE seq = turn.event AND account = ?2)
         RETURNING (SELECT name FROM event WHERE seq = event)",
    )?;
    for plugin in plugins {
        for name in update.query_map(params![plugin, account.0, now], |row| row.get::<_, String>(0))? {
            lost.push((name?, plugin.clone()));
        }
    }
    Ok(lost)
}

/// JSON from a column.
pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
