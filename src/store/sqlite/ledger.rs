//! The facts about users.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::event::AccountId;
use super::super::ledger::{Acted, Known, Seen, WindowChange};
use super::super::row::Release;
use super::delivery;
use crate::base::clock::TimestampMs;
use crate::session::window::{Deed, Window};

/// What is known of a user.
pub(super) fn seen(tx: &Connection, account: i64, openid: &str) -> rusqlite::Result<Seen> {
    let mut select = tx.prepare_cached("SELECT facts, acts FROM ledger WHERE account = ?1 AND openid = ?2")?;
    let seen = select.query_row(params![account, openid], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
    Ok(seen.optional()?.map(|(facts, acts)| Seen { window: read(&facts), acts }).unwrap_or_default())
}

/// Facts that cannot be read, which a later release may have written, are none: WeChat is asked.
fn read(facts: &str) -> Window {
    serde_json::from_str(facts).unwrap_or_default()
}

fn write(tx: &Connection, account: i64, openid: &str, seen: &Seen, now: TimestampMs) -> rusqlite::Result<()> {
    let facts = serde_json::to_string(&seen.window).unwrap_or_else(|error| panic!("facts are JSON: {error}"));
    let mut replace = tx.prepare_cached("INSERT OR REPLACE INTO ledger VALUES (?1, ?2, ?3, ?4, ?5)")?;
    replace.execute(params![account, openid, facts, seen.acts, now])?;
    Ok(())
}

/// A user did something: what waits for that may go.
pub(super) fn acted(
    tx: &Connection,
    account: AccountId,
    acted: &Acted,
    now: TimestampMs,
    opened: i64,
) -> rusqlite::Result<usize> {
    let Acted { openid, deed, at } = acted;
    let mut seen = seen(tx, account.0, openid)?;
    seen.window.acts(*deed, *at, now);
    seen.acts += 1;
    write(tx, account.0, openid, &seen, now)?;
    match deed {
        Deed::Leaves => Ok(0),
        Deed::Opens(_) | Deed::Appears => {
            delivery::release_rows(tx, account, &Release::User(openid.clone()), now, opened)
        }
    }
}

/// Takes in what a try says. `is_current`: the user has done nothing since the row was read.
pub(super) fn change(
    tx: &Connection,
    (account, openid): (i64, &str),
    change: WindowChange,
    is_current: bool,
    now: TimestampMs,
) -> rusqlite::Result<()> {
    if change == WindowChange::Keep {
        return Ok(());
    }
    let mut seen = seen(tx, account, openid)?;
    let before = seen.clone();
    match change {
        // Of a user of whom nothing is known nothing is counted.
        WindowChange::Sent(_) if seen == Seen::default() => {}
        WindowChange::Sent(allowances) if is_current => seen.window.sent(&allowances, now),
        WindowChange::Sent(_) => seen.window.wrote(now),
        WindowChange::Refused(errcode) if is_current => seen.window.refused(errcode, now),
        WindowChange::Types(is_typing) => seen.window.types(is_typing, now),
        WindowChange::Refused(_) | WindowChange::Keep => {}
    }
    if seen == before { Ok(()) } else { write(tx, account, openid, &seen, now) }
}

/// A person wants messages to a user sent all the same.
pub(super) fn doubt(tx: &Connection, account: i64, openid: &str, now: TimestampMs) -> rusqlite::Result<()> {
    let mut seen = seen(tx, account, openid)?;
    if seen == Seen::default() {
        return Ok(());
    }
    seen.window.doubt();
    write(tx, account, openid, &seen, now)
}

/// What is known of a user, account by account.
pub(super) fn known(tx: &Connection, openid: &str) -> rusqlite::Result<Vec<Known>> {
    let mut select = tx.prepare_cached(
        "SELECT a.app_id, a.server, l.facts,
             (SELECT count(*) FROM outbox o WHERE o.account = a.id AND o.openid = ?1
                  AND o.state IN ('pending', 'sending', 'parked'))
         FROM account a LEFT JOIN ledger l ON l.account = a.id AND l.openid = ?1
         WHERE l.openid IS NOT NULL OR EXISTS (SELECT 1 FROM outbox o WHERE o.account = a.id AND o.openid = ?1)
             OR EXISTS (SELECT 1 FROM sign s WHERE s.account = a.id AND s.openid = ?1)
         ORDER BY a.id",
    )?;
    let known = select.query_map([openid], |row| {
        let window = row.get::<_, Option<String>>(2)?.map(|facts| read(&facts)).unwrap_or_default();
        Ok(Known { app_id: row.get(0)?, server: row.get(1)?, window, waiting: row.get(3)? })
    })?;
    known.collect()
}
