//! A message from cause to receipt.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::delivery::{Attempt, AttemptEnd};
use super::super::event::{EffectRecord, EventId};
use super::super::query::Explained;
use super::super::row::Key;
use super::events::json;
use super::standing;

pub(super) fn explain(tx: &Connection, key: &str) -> rusqlite::Result<Option<Explained>> {
    let Some(listed) = standing::by_key(tx, key)? else { return Ok(None) };
    let mut event = tx.prepare_cached("SELECT seq, line, accepted FROM event WHERE name = ?1")?;
    let event = event.query_row([&listed.row.key.stimulus], |row| {
        Ok((EventId(row.get(0)?), row.get::<_, Option<String>>(1)?, row.get::<_, i64>(2)?))
    });
    let event = event.optional()?;
    let id = event.as_ref().map(|(id, ..)| *id);
    let (line, accepted) = event.map(|(_, line, accepted)| (line, accepted)).unzip();
    let mut turn = tx.prepare_cached("SELECT state FROM turn WHERE event = ?1 AND plugin = ?2")?;
    let turn = turn.query_row(params![id.map(|id| id.0), listed.row.key.plugin], |row| row.get(0)).optional()?;
    Ok(Some(Explained {
        effect: id.map(|id| effect(tx, id, &listed.row.key)).transpose()?.flatten(),
        attempts: attempts(tx, listed.row.seq)?,
        event: line.flatten().map(|line| json(&line)),
        accepted,
        turn,
        listed,
    }))
}

fn effect(tx: &Connection, event: EventId, key: &Key) -> rusqlite::Result<Option<EffectRecord>> {
    let mut select = tx.prepare_cached(
        "SELECT time, type, subject, data, place FROM effect WHERE event = ?1 AND plugin = ?2 AND number = ?3",
    )?;
    let found = select.query_row(params![event.0, key.plugin, key.effect], |row| {
        let place: Option<String> = row.get(4)?;
        Ok(EffectRecord {
            event,
            plugin: key.plugin.clone(),
            number: key.effect,
            time: row.get(0)?,
            type_: row.get(1)?,
            subject: row.get(2)?,
            data: json(&row.get::<_, String>(3)?),
            place: place.and_then(|place| serde_json::from_str(&place).ok()),
        })
    });
    found.optional()
}

fn attempts(tx: &Connection, row: i64) -> rusqlite::Result<Vec<(Attempt, Option<AttemptEnd>)>> {
    let mut select = tx.prepare_cached(
        "SELECT message, messages, started, finished, outcome, errcode, reason, hint, media_id FROM attempt
         WHERE row = ?1 ORDER BY number",
    )?;
    let found = select.query_map([row], |row| {
        let attempt = Attempt { started: row.get(2)?, message: (row.get(0)?, row.get(1)?) };
        let outcome: Option<String> = row.get(4)?;
        let end = match outcome {
            None => None,
            Some(outcome) => Some(AttemptEnd {
                finished: row.get(3)?,
                outcome,
                errcode: row.get(5)?,
                reason: row.get(6)?,
                hint: row.get(7)?,
                media_id: row.get(8)?,
            }),
        };
        Ok((attempt, end))
    })?;
    found.collect()
}
