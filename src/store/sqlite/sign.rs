//! The signs of conversations.

use rusqlite::{Connection, params};

use super::super::event::EffectRecord;
use super::super::sign::{Sign, SignFilter};
use crate::base::clock::TimestampMs;
use crate::event::echat::chat_sign;

/// Where an effect puts a sign on a conversation, it is that of the conversation from now on.
pub(super) fn put(tx: &Connection, account: i64, effect: &EffectRecord, now: TimestampMs) -> rusqlite::Result<()> {
    let (Some(openid), Some(sign)) = (&effect.subject, chat_sign(&effect.type_, &effect.data)) else { return Ok(()) };
    let mut put = tx.prepare_cached(
        "INSERT INTO sign (account, openid, sign, plugin, cause, changed)
         SELECT ?1, ?2, ?3, ?4, name, ?6 FROM event WHERE seq = ?5
         ON CONFLICT DO UPDATE SET sign = excluded.sign, plugin = excluded.plugin, cause = excluded.cause,
             changed = excluded.changed",
    )?;
    put.execute(params![account, openid, sign, effect.plugin, effect.event.0, now])?;
    Ok(())
}

/// The same of an effect whose number was there already. What the event led to before is not done again; where that was
/// something else, the sign is news, unless a later event has led to another one.
pub(super) fn put_once(tx: &Connection, account: i64, effect: &EffectRecord, now: TimestampMs) -> rusqlite::Result<()> {
    let (Some(openid), Some(sign)) = (&effect.subject, chat_sign(&effect.type_, &effect.data)) else { return Ok(()) };
    let mut is_done = tx.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM effect WHERE event = ?1 AND plugin = ?2 AND type = ?3 AND data = ?4 AND subject = ?5)
             OR EXISTS (SELECT 1 FROM sign s JOIN event e ON e.name = s.cause
                 WHERE s.account = ?6 AND s.openid = ?5 AND (e.seq > ?1 OR e.seq = ?1 AND s.sign = ?7))",
    )?;
    let EffectRecord { event, plugin, type_, data, .. } = effect;
    let params = params![event.0, plugin, type_, data.to_string(), openid, account, sign];
    let is_done: bool = is_done.query_row(params, |row| row.get(0))?;
    if is_done { Ok(()) } else { put(tx, account, effect, now) }
}

/// Those that match behind the one of this number, in the order in which conversations got their first one.
pub(super) fn signs(tx: &Connection, filter: &SignFilter, after: i64, limit: usize) -> rusqlite::Result<Vec<Sign>> {
    let mut select = tx.prepare_cached(
        "SELECT s.seq, a.app_id, a.server, s.openid, s.sign, s.plugin, s.cause, s.changed
         FROM sign s JOIN account a ON a.id = s.account
         WHERE s.seq > ?1 AND (?2 IS NULL OR s.openid = ?2) AND (?3 IS NULL OR s.sign = ?3) ORDER BY s.seq LIMIT ?4",
    )?;
    let signs = select.query_map(params![after, filter.openid, filter.sign, limit], |row| {
        Ok(Sign {
            seq: row.get(0)?,
            app_id: row.get(1)?,
            server: row.get(2)?,
            openid: row.get(3)?,
            sign: row.get(4)?,
            plugin: row.get(5)?,
            cause: row.get(6)?,
            at: row.get(7)?,
        })
    })?;
    signs.collect()
}
