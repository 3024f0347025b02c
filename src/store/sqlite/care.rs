//! Looking for damage, and deleting what is old.

use rusqlite::{Connection, params};

use super::super::query::{Checked, Summary, Tidied};
use super::super::row::State;
use super::Retention;
use super::standing::{self, DROPPED};
use crate::base::clock::TimestampMs;
use crate::base::limits::{
    MESSAGE_KEPT_MS, PARKED_LIFE_MS, SIGN_KEPT_MS, TIDY_ROWS_LOOKED_AT, TIDY_ROWS_MAX, WINDOW_KNOWN_MS,
};

/// With the time all of the store is looked at; else what is quickly found by indexes, however large it is.
pub(super) fn check(tx: &Connection, whole: Option<TimestampMs>) -> rusqlite::Result<Checked> {
    let count = |sql: &str| tx.query_row(sql, [], |row| row.get::<_, usize>(0));
    let mut rows = Summary::default();
    let mut counts = tx.prepare("SELECT state, count(*) FROM outbox GROUP BY state")?;
    for counted in counts.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, usize>(1)?)))? {
        let (state, count) = counted?;
        if let Some(state) = State::named(&state) {
            *rows.of(state) = count;
        }
    }
    let waiting = standing::waiting(tx, None)?;
    rows.pending -= waiting;
    rows.parked += waiting;
    let mut ways = tx.prepare("SELECT app_id, scope, until, reason FROM way JOIN account ON id = account")?;
    let closed = ways.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let pages: u64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let page_bytes: u64 = tx.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    Ok(Checked {
        damage: [order(tx)?, whole.map_or(Ok(Vec::new()), |now| damage(tx, now))?].concat(),
        is_looked_at: whole.is_some(),
        rows,
        dropped: count(&format!("SELECT count(*) FROM outbox WHERE state = 'dead' AND reason LIKE '{DROPPED}%'"))?,
        oldest_waiting: standing::oldest(tx)?,
        closed: closed.collect::<rusqlite::Result<_>>()?,
        events_open: count("SELECT count(DISTINCT event) FROM turn WHERE state = 'open'")?,
        bytes: pages * page_bytes,
    })
}

/// What must hold of messages that wait.
fn order(tx: &Connection) -> rusqlite::Result<Vec<String>> {
    broken(
        tx,
        &[
            (
                "customers whose first message is not first in line",
                "SELECT count(*) FROM (
                 SELECT account, openid, min(seq) AS first, max(CASE WHEN head THEN seq END) AS head FROM outbox
                 WHERE state IN ('pending', 'sending', 'parked') GROUP BY account, openid) WHERE head IS NOT first",
            ),
            (
                "messages first in line that are done",
                "SELECT count(*) FROM outbox WHERE head = 1 AND state NOT IN ('pending', 'sending', 'parked')",
            ),
        ],
    )
}

/// Of what must hold what does not: what there is instead, with the number of it as SQL.
fn broken(tx: &Connection, rules: &[(&str, &str)]) -> rusqlite::Result<Vec<String>> {
    let mut damage = Vec::new();
    for (what, sql) in rules {
        let count: u64 = tx.query_row(sql, [], |row| row.get(0))?;
        if count > 0 {
            damage.push(format!("{count} {what}"));
        }
    }
    Ok(damage)
}

/// What SQLite finds, and what must hold beside.
fn damage(tx: &Connection, now: TimestampMs) -> rusqlite::Result<Vec<String>> {
    let mut integrity = tx.prepare("PRAGMA integrity_check(20)")?;
    let found = integrity.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut damage: Vec<String> = found.into_iter().filter(|found| found != "ok").collect();
    damage.extend(broken(
        tx,
        &[
            (
                "messages that were sent without a try",
                "SELECT count(*) FROM outbox WHERE state = 'sent' AND attempts = 0",
            ),
            ("rows that belong to nothing", "SELECT count(*) FROM pragma_foreign_key_check"),
        ],
    )?);
    let ahead: u64 =
        tx.query_row("SELECT count(*) FROM outbox WHERE created > ?1", [now + DAY_MS], |row| row.get(0))?;
    if ahead > 0 {
        damage.push(format!("{ahead} messages came from the future: is the system's clock right?"));
    }
    Ok(damage)
}

/// How far a clock may have been set back before it is worth a word.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn tidy(tx: &Connection, now: TimestampMs, keep: &Retention, opened: i64) -> rusqlite::Result<Tidied> {
    let mut is_more = false;
    let mut step = |count: usize| {
        is_more |= count >= TIDY_ROWS_MAX;
        count
    };
    let given_up = step(tx.execute(
        "UPDATE outbox SET state = 'dead', parked = NULL, next = NULL, changed = ?1, opened = ?3,
             reason = 'waited too long: ' || coalesce(reason, '')
         WHERE seq IN (SELECT seq FROM outbox WHERE state = 'parked' AND changed < ?2 LIMIT ?4)",
        params![now, now - PARKED_LIFE_MS, opened, TIDY_ROWS_MAX],
    )?);
    if given_up > 0 {
        heads(tx)?;
    }
    let events = step(forget(tx, keep.event_kept_ms.map_or(i64::MIN, |ms| now - ms))?);
    let mut rows = 0;
    for state in ["sent", "dead"] {
        // Of the oldest: so that it takes as long whether or not there is anything to delete.
        let delete = "DELETE FROM outbox WHERE seq IN (
             SELECT seq FROM (SELECT seq, changed, stimulus FROM outbox WHERE state = ?1 ORDER BY seq LIMIT ?3) o
             WHERE changed < ?2
                 AND NOT EXISTS (SELECT 1 FROM event WHERE name = o.stimulus AND line IS NOT NULL) LIMIT ?4)";
        let deleted = tx.execute(delete, params![state, now - MESSAGE_KEPT_MS, TIDY_ROWS_LOOKED_AT, TIDY_ROWS_MAX])?;
        rows += step(deleted);
    }
    let forgotten = step(tx.execute(
        "DELETE FROM event WHERE seq IN (
             SELECT seq FROM event e WHERE accepted < ?1 AND line IS NULL
                 AND NOT EXISTS (SELECT 1 FROM outbox WHERE stimulus = e.name) LIMIT ?2)",
        params![now - keep.event_known_ms, TIDY_ROWS_MAX],
    )?);
    step(tx.execute(
        "DELETE FROM ledger WHERE (account, openid) IN (
             SELECT account, openid FROM ledger WHERE changed < ?1 LIMIT ?2)",
        params![now - WINDOW_KNOWN_MS, TIDY_ROWS_MAX],
    )?);
    step(tx.execute(
        "DELETE FROM sign WHERE seq IN (SELECT seq FROM sign WHERE changed < ?1 LIMIT ?2)",
        params![now - SIGN_KEPT_MS, TIDY_ROWS_MAX],
    )?);
    tx.execute("DELETE FROM token WHERE expires < ?1", [now])?;
    tx.execute("DELETE FROM media WHERE expires < ?1", [now])?;
    Ok(Tidied { is_more, events, rows, given_up, forgotten })
}

/// Of events that came before, only that they came is known from now on; how many. What an event says goes before its
/// messages: told again, they could not be told from new.
fn forget(tx: &Connection, before: TimestampMs) -> rusqlite::Result<usize> {
    let mut old = tx.prepare_cached(
        "SELECT seq FROM event AS e INDEXED BY event_kept WHERE accepted < ?1 AND line IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM outbox WHERE stimulus = e.name AND state NOT IN ('sent', 'dead')) LIMIT ?2",
    )?;
    let old = old.query_map(params![before, TIDY_ROWS_MAX], |row| row.get::<_, i64>(0))?;
    let old = old.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut forget =
        tx.prepare_cached("UPDATE event SET line = NULL, subject = NULL, turns_to = NULL WHERE seq = ?1")?;
    let mut effects = tx.prepare_cached("DELETE FROM effect WHERE event = ?1")?;
    for seq in &old {
        forget.execute([seq])?;
        effects.execute([seq])?;
    }
    Ok(old.len())
}

/// Gives their places to those behind rows that were given up.
fn heads(tx: &Connection) -> rusqlite::Result<()> {
    let mut gone = tx.prepare("SELECT account, openid FROM outbox WHERE head = 1 AND state = 'dead'")?;
    let gone = gone.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for lane in gone.collect::<rusqlite::Result<Vec<_>>>()? {
        super::rows::refresh_head(tx, lane.0, &lane.1)?;
    }
    Ok(())
}
