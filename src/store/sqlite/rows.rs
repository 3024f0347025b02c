//! Rows as they lie in the table, and who is first of a customer.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension as _, params};

use super::super::row::{Key, Row, Scope, State};
use crate::wechat::Content;

/// The columns that [`read`] reads, of `outbox o` and `account a`.
pub(super) const COLUMNS: &str = "o.seq, o.stimulus, o.plugin, o.effect, o.part, a.app_id, o.openid, o.kf_account, \
     o.content, o.cause, o.state, o.attempts, o.failures, o.created, o.next, o.reason, o.messages_done, o.doubtful, \
     o.only_messages, o.parked, o.messages";
/// How many those are.
pub(super) const COLUMN_COUNT: usize = 21;

/// A row of a query that begins with [`COLUMNS`].
pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let effect = row.get(3)?;
    let key = Key { stimulus: row.get(1)?, plugin: row.get(2)?, effect, part: row.get(4)? };
    let only: Option<String> = row.get(18)?;
    Ok(Row {
        seq: row.get(0)?,
        key,
        account: row.get(5)?,
        openid: row.get(6)?,
        kf_account: row.get(7)?,
        content: json::<Content>(&row.get::<_, String>(8)?, 8)?,
        cause: row.get(9)?,
        state: named(State::named, &row.get::<_, String>(10)?, 10)?,
        attempts: row.get(11)?,
        failures: row.get(12)?,
        created: row.get(13)?,
        next: row.get(14)?,
        reason: row.get(15)?,
        messages_done: row.get(16)?,
        doubtful: json(&row.get::<_, String>(17)?, 17)?,
        only: only.map(|only| json(&only, 18)).transpose()?,
        messages: row.get(20)?,
        parked: row.get::<_, Option<String>>(19)?.map(|scope| named(Scope::named, &scope, 19)).transpose()?,
    })
}

fn json<T: serde::de::DeserializeOwned>(text: &str, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

fn named<T>(find: fn(&str) -> Option<T>, name: &str, column: usize) -> rusqlite::Result<T> {
    find(name).ok_or_else(|| {
        let error = std::io::Error::other(format!("{name} is unknown here"));
        Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// A row's content as it is kept.
pub(super) fn content_text(row: &Row) -> String {
    serde_json::to_string(&row.content).unwrap_or_else(|error| panic!("a content is JSON: {error}"))
}

/// The row of this number.
pub(super) fn by_seq(tx: &Connection, seq: i64) -> rusqlite::Result<Option<Row>> {
    let sql = format!("SELECT {COLUMNS} FROM outbox o JOIN account a ON a.id = o.account WHERE o.seq = ?1");
    tx.prepare_cached(&sql)?.query_row([seq], read).optional()
}

/// Writes what changes in a row's life; `false`: it is done, and a person may have done it.
pub(super) fn write(tx: &Connection, row: &Row, opened: i64, now: i64) -> rusqlite::Result<bool> {
    let mut update = tx.prepare_cached(
        "UPDATE outbox SET state = ?2, attempts = ?3, failures = ?4, due = coalesce(?5, min(due, ?12)), next = ?5, reason = ?6,
             messages_done = ?7, doubtful = ?8, only_messages = ?9, parked = ?10, opened = ?11, changed = ?12
         WHERE seq = ?1",
    )?;
    let only = row.only.as_ref().map(|only| serde_json::json!(only).to_string());
    let written = update.execute(params![
        row.seq,
        row.state.name(),
        row.attempts,
        row.failures,
        row.next,
        row.reason,
        row.messages_done,
        serde_json::json!(row.doubtful).to_string(),
        only,
        row.parked.map(Scope::name),
        opened,
        now,
    ])?;
    Ok(written == 1)
}

/// The customer's first row that is to be sent is the head; the others wait for it.
pub(super) fn refresh_head(tx: &Connection, account: i64, openid: &str) -> rusqlite::Result<()> {
    let mut first = tx.prepare_cached(
        "SELECT seq FROM outbox WHERE account = ?1 AND openid = ?2 AND state IN ('pending', 'sending', 'parked')
         ORDER BY seq LIMIT 1",
    )?;
    let first: Option<i64> = first.query_row(params![account, openid], |row| row.get(0)).optional()?;
    let mut head = tx.prepare_cached("SELECT seq FROM outbox WHERE account = ?1 AND openid = ?2 AND head = 1")?;
    let head: Option<i64> = head.query_row(params![account, openid], |row| row.get(0)).optional()?;
    if first == head {
        return Ok(());
    }
    let mut set = tx.prepare_cached("UPDATE outbox SET head = ?2 WHERE seq = ?1")?;
    if let Some(head) = head {
        set.execute([head, 0])?;
    }
    if let Some(first) = first {
        set.execute([first, 1])?;
    }
    Ok(())
}
