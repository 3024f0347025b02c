//! What is due, goes on the wire, and is settled.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::delivery::{Attempt, AttemptEnd, Due, Interrupted, OnUnknown, Ready, Settled, Way, WayChange};
use super::super::event::AccountId;
use super::super::ledger::Acted;
use super::super::row::{Release, Row, Scope, State};
use super::{
    ledger,
    rows::{self, COLUMNS, refresh_head},
};
use crate::base::clock::TimestampMs;
use crate::base::limits::ATTEMPTS_KEPT_MAX;
use crate::session::window::Deed;
use crate::wechat::{Call, Content};

/// The way that only messages with files use.
const UPLOAD: Scope = Scope::Api(Call::Upload);

/// How the ways of an account stand at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ways {
    /// Nothing may be sent.
    closed: bool,
    /// Nothing may be sent before somebody or much time says so.
    shut: bool,
    /// Nothing that needs an upload may be sent.
    no_uploads: bool,
    /// But soon again, by themselves.
    uploads_soon: bool,
    /// The time of those that are closed has come: one row may try.
    probing: bool,
    /// When the first of them may be tried.
    next: Option<TimestampMs>,
}

fn ways(tx: &Connection, account: i64, now: TimestampMs) -> rusqlite::Result<Ways> {
    let mut select = tx.prepare_cached("SELECT scope, until, scheduled FROM way WHERE account = ?1")?;
    let rows = select.query_map([account], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, bool>(2)?))
    })?;
    let mut ways = Ways::default();
    for row in rows {
        let (scope, until, scheduled) = row?;
        let is_closed = until.is_none_or(|until| now < until);
        match (scope == UPLOAD.name(), is_closed) {
            (true, true) => (ways.no_uploads, ways.uploads_soon) = (true, scheduled),
            (true, false) => continue,
            (false, true) => {
                ways.closed = true;
                ways.shut |= !scheduled;
            }
            (false, false) => ways.probing = true,
        }
        ways.next = [ways.next, until.filter(|_| is_closed)].into_iter().flatten().min();
    }
    Ok(ways)
}

pub(super) fn due(
    tx: &Connection,
    account: AccountId,
    now: TimestampMs,
    busy: &[String],
    limit: usize,
) -> rusqlite::Result<Due> {
    let ways = ways(tx, account.0, now)?;
    let first = first_due(tx, account.0, ways)?;
    if ways.closed {
        return Ok(Due { next: ways.next, scheduled: first.is_some() && !ways.shut, ..Due::default() });
    }
    // Where it is not known whether WeChat answers again, one finds out for all.
    let limit = match ways.probing {
        true => usize::from(busy.is_empty()),
        false => limit,
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox o JOIN account a ON a.id = o.account
         WHERE o.account = ?1 AND o.head = 1 AND o.state = 'pending' AND o.due <= ?2
             AND (?3 OR NOT o.uploads)
         ORDER BY o.due, o.seq LIMIT ?4"
    );
    let mut select = tx.prepare_cached(&sql)?;
    let found = select.query_map(params![account.0, now, !ways.no_uploads, limit + busy.len()], rows::read)?;
    let mut rows = Vec::new();
    for row in found {
        let row = row?;
        if rows.len() < limit && !busy.contains(&row.openid) {
            rows.push(ready(tx, account.0, row)?);
        }
    }
    let next = [first, ways.next].into_iter().flatten().min();
    Ok(Due { rows, next, scheduled: first.is_some() || ways.uploads_soon && waits_to_upload(tx, account.0)? })
}

fn ready(tx: &Connection, account: i64, row: Row) -> rusqlite::Result<Ready> {
    let seen = ledger::seen(tx, account, &row.openid)?;
    Ok(Ready { row, seen })
}

/// What is due of one customer, whoever else waits.
pub(super) fn due_of(tx: &Connection, account: AccountId, openid: &str, now: TimestampMs) -> rusqlite::Result<Due> {
    let ways = ways(tx, account.0, now)?;
    if ways.closed {
        return Ok(Due { next: ways.next, ..Due::default() });
    }
    let sql = format!(
        "SELECT {COLUMNS}, o.due FROM outbox o JOIN account a ON a.id = o.account
         WHERE o.account = ?1 AND o.openid = ?2 AND o.head = 1 AND o.state = 'pending'"
    );
    let mut head = tx.prepare_cached(&sql)?;
    let head = head.query_row(params![account.0, openid], |row| {
        Ok((rows::read(row)?, row.get::<_, TimestampMs>(rows::COLUMN_COUNT)?))
    });
    match head.optional()? {
        Some((row, due)) if due <= now => Ok(Due { rows: vec![ready(tx, account.0, row)?], ..Due::default() }),
        head => Ok(Due { next: head.map(|(_, due)| due), ..Due::default() }),
    }
}

/// When the first row is due for which no way is closed but those of all.
fn first_due(tx: &Connection, account: i64, ways: Ways) -> rusqlite::Result<Option<TimestampMs>> {
    let mut first = tx.prepare_cached(
        "SELECT due FROM outbox WHERE account = ?1 AND head = 1 AND state = 'pending'
             AND (?2 OR NOT uploads) ORDER BY due LIMIT 1",
    )?;
    first.query_row(params![account, !ways.no_uploads], |row| row.get(0)).optional()
}

fn waits_to_upload(tx: &Connection, account: i64) -> rusqlite::Result<bool> {
    let mut any = tx.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE account = ?1 AND head = 1 AND state = 'pending' AND uploads)",
    )?;
    any.query_row([account], |row| row.get(0))
}

pub(super) fn on_wire(tx: &Connection, row: i64, attempt: &Attempt, opened: i64) -> rusqlite::Result<bool> {
    let mut update = tx.prepare_cached(
        "UPDATE outbox SET state = 'sending', attempts = attempts + 1, next = NULL, opened = ?2, changed = ?3,
             messages = ?4
         WHERE seq = ?1 AND state = 'pending' RETURNING attempts",
    )?;
    let attempts = update
        .query_row(params![row, opened, attempt.started, attempt.message.1], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(number) = attempts else { return Ok(false) };
    begin_attempt(tx, row, number, attempt)?;
    Ok(true)
}

fn begin_attempt(tx: &Connection, row: i64, number: i64, attempt: &Attempt) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT OR REPLACE INTO attempt (row, number, message, messages, started) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let (message, messages) = attempt.message;
    insert.execute(params![row, number, message, messages, attempt.started])?;
    let mut forget = tx.prepare_cached("DELETE FROM attempt WHERE row = ?1 AND number <= ?2")?;
    forget.execute(params![row, number - ATTEMPTS_KEPT_MAX])?;
    Ok(())
}

fn end_attempt(tx: &Connection, row: i64, number: u32, end: &AttemptEnd) -> rusqlite::Result<()> {
    let mut update = tx.prepare_cached(
        "UPDATE attempt SET finished = ?3, outcome = ?4, errcode = ?5, reason = ?6, hint = ?7, media_id = ?8
         WHERE row = ?1 AND number = ?2",
    )?;
    let AttemptEnd { finished, outcome, errcode, reason, hint, media_id } = end;
    update.execute(params![row, number, finished, outcome, errcode, reason, hint, media_id])?;
    Ok(())
}

pub(super) fn settle(tx: &Connection, settled: &Settled, opened: i64) -> rusqlite::Result<Option<Ready>> {
    let Settled { row, attempt, end, ways: change, window, acts } = settled;
    let Some(stored) = rows::by_seq(tx, row.seq)? else { return Ok(None) };
    let mut row = Row { attempts: stored.attempts, ..row.clone() };
    match stored.state {
        State::Sending => end_attempt(tx, row.seq, row.attempts, end)?,
        // It failed before it was on the wire.
        State::Pending => {
            row.attempts += 1;
            begin_attempt(tx, row.seq, row.attempts.into(), attempt)?;
            end_attempt(tx, row.seq, row.attempts, end)?;
            // What cannot even be tried was not.
            row.attempts -= u32::from(attempt.message == (0, 0));
        }
        // A person said otherwise meanwhile.
        _ => return Ok(None),
    }
    let account = account_of(tx, row.seq)?;
    let is_current = ledger::seen(tx, account, &row.openid)?.acts == *acts;
    ledger::change(tx, (account, &row.openid), *window, is_current, end.finished)?;
    if row.parked == Some(Scope::User) && !is_current {
        // What it is to wait for has come.
        (row.state, row.parked) = (State::Pending, None);
    }
    rows::write(tx, &row, opened, end.finished)?;
    change_ways(tx, account, &row, change, (attempt.started, end.finished))?;
    refresh_head(tx, account, &row.openid)?;
    next_of(tx, account, &row.openid, end.finished)
}

fn account_of(tx: &Connection, row: i64) -> rusqlite::Result<i64> {
    tx.prepare_cached("SELECT account FROM outbox WHERE seq = ?1")?.query_row([row], |row| row.get(0))
}

/// The customer's next row, where it may go at once.
fn next_of(tx: &Connection, account: i64, openid: &str, now: TimestampMs) -> rusqlite::Result<Option<Ready>> {
    let ways = ways(tx, account, now)?;
    if ways.closed || ways.probing {
        return Ok(None);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox o JOIN account a ON a.id = o.account
         WHERE o.account = ?1 AND o.openid = ?2 AND o.head = 1 AND o.state = 'pending' AND o.due <= ?3
             AND (?4 OR NOT o.uploads)"
    );
    let next = tx.prepare_cached(&sql)?.query_row(params![account, openid, now, !ways.no_uploads], rows::read);
    next.optional()?.map(|row| ready(tx, account, row)).transpose()
}

fn change_ways(
    tx: &Connection,
    account: i64,
    row: &Row,
    change: &WayChange,
    (started, now): (TimestampMs, TimestampMs),
) -> rusqlite::Result<()> {
    match change {
        WayChange::Keep => {}
        WayChange::Open => {
            // One that was under way when the way was closed says nothing.
            let mut open =
                tx.prepare_cached("DELETE FROM way WHERE account = ?1 AND (?2 OR scope <> ?3) AND closed < ?4")?;
            open.execute(params![account, row.content.needs_upload(), UPLOAD.name(), started])?;
        }
        WayChange::Close(Way { scope, until, reason, scheduled }) => {
            let mut close = tx.prepare_cached("INSERT OR REPLACE INTO way VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            close.execute(params![account, scope.name(), until, reason, now, scheduled])?;
        }
        WayChange::Postpone(until) => {
            let mut postpone =
                tx.prepare_cached("UPDATE way SET until = ?2 WHERE account = ?1 AND until <= ?3 AND scope <> ?4")?;
            postpone.execute(params![account, until, now, UPLOAD.name()])?;
        }
    }
    Ok(())
}

pub(super) fn interrupted(
    tx: &Connection,
    which: Interrupted,
    policy: OnUnknown,
    now: TimestampMs,
    opened: i64,
) -> rusqlite::Result<Vec<Row>> {
    let (account, before) = match which {
        Interrupted::Earlier(account) => (account, opened),
        Interrupted::Now(account) => (Some(account), i64::MAX),
    };
    let account = account.map(|account| account.0);
    let sql = format!(
        "SELECT {COLUMNS}, o.account FROM outbox o JOIN account a ON a.id = o.account
         WHERE o.state = 'sending' AND (?1 IS NULL OR o.account = ?1) AND o.opened < ?2 ORDER BY o.seq"
    );
    let mut select = tx.prepare(&sql)?;
    let found = select
        .query_map(params![account, before], |row| Ok((rows::read(row)?, row.get::<_, i64>(rows::COLUMN_COUNT)?)))?;
    let mut interrupted = Vec::new();
    for found in found {
        let (mut row, account) = found?;
        let reason = "the host ended while it was sent";
        let mut last =
            tx.prepare_cached("SELECT message, messages FROM attempt WHERE row = ?1 ORDER BY number DESC LIMIT 1")?;
        let (message, messages): (u32, u32) =
            last.query_row([row.seq], |row| Ok((row.get(0)?, row.get(1)?))).optional()?.unwrap_or((1, 1));
        let end = AttemptEnd {
            finished: now,
            outcome: "unknown".to_owned(),
            reason: Some(reason.into()),
            ..AttemptEnd::default()
        };
        end_attempt(tx, row.seq, row.attempts, &end)?;
        row.state = State::Pending;
        row.reason = Some(reason.to_owned());
        row.next = None;
        if matches!(row.content, Content::Typing { .. }) {
            // Later nobody wants it.
            row.state = State::Dead;
        } else if policy == OnUnknown::Hold {
            row.message_unanswered(message, messages);
        }
        rows::write(tx, &row, opened, now)?;
        refresh_head(tx, account, &row.openid)?;
        interrupted.push(row);
    }
    if let Interrupted::Earlier(_) = which {
        // Whatever closed a way without an end may have been mended: one row finds out.
        let open = "UPDATE way SET until = ?1 WHERE until IS NULL AND (?2 IS NULL OR account = ?2)";
        tx.execute(open, params![now, account])?;
    }
    Ok(interrupted)
}

pub(super) fn release(
    tx: &Connection,
    account: AccountId,
    which: &Release,
    now: TimestampMs,
    opened: i64,
) -> rusqlite::Result<usize> {
    match which {
        Release::User(openid) => {
            let acted = Acted { openid: openid.clone(), deed: Deed::Appears, at: now };
            ledger::acted(tx, account, &acted, now, opened)
        }
        Release::All => {
            tx.prepare_cached("DELETE FROM way WHERE account = ?1")?.execute([account.0])?;
            let mut parked =
                tx.prepare_cached("SELECT openid FROM outbox WHERE account = ?1 AND state = 'parked' GROUP BY openid")?;
            for openid in parked.query_map([account.0], |row| row.get::<_, String>(0))? {
                ledger::doubt(tx, account.0, &openid?, now)?;
            }
            release_rows(tx, account, which, now, opened)
        }
    }
}

pub(super) fn release_rows(
    tx: &Connection,
    account: AccountId,
    which: &Release,
    now: TimestampMs,
    opened: i64,
) -> rusqlite::Result<usize> {
    // They stay heads: parked rows held up those behind them as pending ones do.
    let set = "UPDATE outbox SET state = 'pending', parked = NULL, next = NULL, reason = NULL, failures = 0, due = ?2, \
               opened = ?3, changed = ?2 WHERE account = ?1";
    match which {
        Release::All => {
            let mut update = tx.prepare_cached(&format!("{set} AND state = 'parked'"))?;
            update.execute(params![account.0, now, opened])
        }
        Release::User(openid) => {
            let mut update = tx.prepare_cached(&format!("{set} AND +state = 'parked' AND openid = ?4"))?;
            update.execute(params![account.0, now, opened, openid])
        }
    }
}
