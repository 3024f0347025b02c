//! How rows stand, and what a person does with them.
//!
//! A row that waits behind a parked one, or whose account's way is closed, is `pending` in the table, so that thousands
//! of them need no write when that changes; to people and scripts it is `parked`.

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, params, params_from_iter};

use super::super::event::AccountId;
use super::super::query::{Change, Changed, Edited, Filter, Listed, Summary};
use super::super::row::{Row, Scope, State};
use super::ledger;
use super::rows::{self, COLUMN_COUNT, COLUMNS};
use crate::base::clock::TimestampMs;
use crate::base::limits::OUTBOX_PAGE_ROWS;
use crate::wechat::Content;

/// Beside a row (`o`): its customer's first row (`h`), and the closed way (`w`) that that one needs.
const STANDING: &str = "a.server, o.head, h.key, h.state, w.scope, w.until, w.reason
     FROM outbox o JOIN account a ON a.id = o.account
     LEFT JOIN outbox h ON h.account = o.account AND h.openid = o.openid AND h.head = 1 AND o.state = 'pending'
     LEFT JOIN way w ON w.account = h.account AND h.state = 'pending' AND w.scope = (
         SELECT scope FROM way WHERE account = h.account AND NOT scheduled
             AND (scope <> '/cgi-bin/media/upload' OR h.uploads) ORDER BY scope LIMIT 1)";

/// A row as it stands.
fn read(row: &SqlRow<'_>) -> rusqlite::Result<Listed> {
    let at = |offset: usize| COLUMN_COUNT + offset;
    let mut listed = Listed { row: rows::read(row)?, server: row.get(at(0))? };
    let is_head: bool = row.get(at(1))?;
    let (head, head_state): (Option<String>, Option<String>) = (row.get(at(2))?, row.get(at(3))?);
    let way: Option<String> = row.get(at(4))?;
    let stands = &mut listed.row;
    if let Some(scope) = way {
        stands.state = State::Parked;
        stands.parked = Scope::named(&scope);
        stands.next = row.get(at(5))?;
        if is_head {
            stands.reason = row.get(at(6))?;
        }
    } else if head_state.as_deref() == Some(State::Parked.name()) {
        stands.state = State::Parked;
        stands.parked = Some(Scope::User);
    }
    if stands.state == State::Parked && !is_head {
        stands.reason = head.map(|head| format!("waits behind {head}"));
    }
    Ok(listed)
}

/// The condition of a filter, and its values. States are looked at afterwards as well: `pending` may stand as `parked`.
fn condition(filter: &Filter, after: i64) -> (String, Vec<rusqlite::types::Value>) {
    let (mut sql, mut values) = ("o.seq > ?".to_owned(), vec![after.into()]);
    let mut one_of = |column: &str, any: Vec<String>| {
        if !any.is_empty() {
            sql.push_str(&format!(" AND {column} IN ({})", vec!["?"; any.len()].join(", ")));
            values.extend(any.into_iter().map(Into::into));
        }
    };
    one_of("o.key", filter.keys.clone());
    let mut states: Vec<String> = filter.states.iter().map(|state| state.name().to_owned()).collect();
    if filter.states.contains(&State::Parked) {
        states.push(State::Pending.name().to_owned());
    }
    one_of("o.state", states);
    one_of("o.openid", filter.openid.iter().cloned().collect());
    one_of("a.app_id", filter.account.iter().cloned().collect());
    one_of("o.plugin", filter.plugin.iter().cloned().collect());
    if let Some(before) = filter.before {
        sql.push_str(" AND o.created < ?");
        values.push(before.into());
    }
    (sql, values)
}

pub(super) fn list(tx: &Connection, filter: &Filter, after: i64, limit: usize) -> rusqlite::Result<Vec<Listed>> {
    let (condition, values) = condition(filter, after);
    let sql = format!("SELECT {COLUMNS}, {STANDING} WHERE {condition} ORDER BY o.seq");
    let mut select = tx.prepare(&sql)?;
    let mut found = Vec::new();
    for listed in select.query_map(params_from_iter(values), read)? {
        let listed = listed?;
        if filter.states.is_empty() || filter.states.contains(&listed.row.state) {
            found.push(listed);
        }
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

/// Rows of this opening by state, and of earlier ones those that are to be sent.
pub(super) fn summary(tx: &Connection, account: AccountId, opened: i64) -> rusqlite::Result<Summary> {
    let mut summary = Summary::default();
    let mut counts = tx.prepare_cached(
        // The first part reads nothing but its index, however many rows this open has settled.
        "SELECT state, sum(count) FROM (
             SELECT state, count(*) AS count FROM outbox WHERE opened = ?2 AND account = ?1 GROUP BY state
             UNION ALL
             SELECT state, count(*) FROM outbox
             WHERE account = ?1 AND opened <> ?2 AND state IN ('pending', 'sending', 'parked') GROUP BY state)
         GROUP BY state",
    )?;
    let counts =
        counts.query_map(params![account.0, opened], |row| Ok((row.get::<_, String>(0)?, row.get::<_, usize>(1)?)))?;
    for count in counts {
        let (state, count) = count?;
        if let Some(state) = State::named(&state) {
            *summary.of(state) = count;
        }
    }
    let parked = waiting(tx, Some(account))?;
    summary.pending -= parked;
    summary.parked += parked;
    Ok(summary)
}

/// Rows that are `pending` in the table and stand as `parked`.
pub(super) fn waiting(tx: &Connection, account: Option<AccountId>) -> rusqlite::Result<usize> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT {STANDING}
         WHERE o.state = 'pending' AND (?1 IS NULL OR o.account = ?1) AND (w.scope IS NOT NULL OR h.state = 'parked'))"
    );
    tx.prepare_cached(&sql)?.query_row(params![account.map(|account| account.0)], |row| row.get(0))
}

/// When the first of the rows came that go by themselves.
pub(super) fn oldest(tx: &Connection) -> rusqlite::Result<Option<TimestampMs>> {
    let sql = format!(
        "SELECT min(created) FROM (SELECT o.created AS created, {STANDING}
         WHERE o.state IN ('pending', 'sending') AND w.scope IS NULL AND h.state IS NOT 'parked')"
    );
    tx.query_row(&sql, [], |row| row.get(0))
}

/// The rows that match, each with what becomes of it; `opened`: it is done.
pub(super) fn change(
    tx: &Connection,
    filter: &Filter,
    change: Change,
    after: i64,
    now: TimestampMs,
    opened: Option<i64>,
) -> rusqlite::Result<Vec<Changed>> {
    let mut changed = Vec::new();
    for Listed { row, .. } in list(tx, filter, after, OUTBOX_PAGE_ROWS)? {
        let mut after = row.clone();
        let note = match change {
            Change::Retry => retry(&mut after),
            Change::Drop => drop_row(&mut after),
        };
        let is_changed = note.is_ok();
        if let (true, Some(opened)) = (is_changed, opened) {
            rows::write(tx, &after, opened, now)?;
            let account: i64 = tx
                .prepare_cached("SELECT account FROM outbox WHERE seq = ?1")?
                .query_row([row.seq], |row| row.get(0))?;
            rows::refresh_head(tx, account, &row.openid)?;
            if change == Change::Retry {
                ledger::doubt(tx, account, &row.openid, now)?;
            }
            if change == Change::Retry && row.parked.is_some_and(|scope| scope != Scope::User) {
                // One row tries the way at once.
                tx.prepare_cached("UPDATE way SET until = ?2 WHERE account = ?1")?.execute(params![account, now])?;
            }
        }
        let state = is_changed.then_some(after.state);
        changed.push(Changed { row, state, note: note.unwrap_or_else(|reason| Some(reason.to_owned())) });
    }
    Ok(changed)
}

/// What the reason of a row begins with that a person dropped.
pub(super) const DROPPED: &str = "dropped by a person";

/// What a person should know, or why not.
type Said = Result<Option<String>, &'static str>;

fn retry(row: &mut Row) -> Said {
    let note = match row.state {
        State::Pending => return Err("it is to be sent already"),
        State::Sending => return Err("it is being sent"),
        State::Sent => return Err("WeChat has it: sent again the customer would get it twice"),
        State::Unknown => {
            row.only_the_doubtful();
            Some("the customer may have it already".to_owned())
        }
        State::Parked if row.reason.as_deref().is_some_and(|reason| reason.starts_with("waits behind ")) => {
            return Err("it waits behind another message: send that one, or drop it");
        }
        State::Parked | State::Held | State::Dead => None,
    };
    (row.state, row.parked, row.next, row.reason, row.failures) = (State::Pending, None, None, None, 0);
    Ok(note)
}

fn drop_row(row: &mut Row) -> Said {
    let note = match row.state {
        State::Sending => return Err("it is being sent"),
        State::Sent => return Err("WeChat has it"),
        State::Dead if row.reason.as_deref().is_some_and(|reason| reason.starts_with(DROPPED)) => {
            return Err("it is dropped already");
        }
        // A person knows of it now.
        State::Dead => Some("it had been given up".to_owned()),
        State::Unknown => {
            row.only_the_doubtful();
            Some("the customer may have it all the same".to_owned())
        }
        State::Pending | State::Parked | State::Held => None,
    };
    let before = row.reason.take().map(|reason| format!(" ({reason})")).unwrap_or_default();
    (row.state, row.parked, row.next) = (State::Dead, None, None);
    row.reason = Some(format!("{DROPPED}{before}"));
    Ok(note)
}

/// Only what waits for a person can be worded by him, and only texts have words.
pub(super) fn edit(
    tx: &Connection,
    key: &str,
    text: &str,
    now: TimestampMs,
    opened: i64,
) -> rusqlite::Result<Option<Edited>> {
    let Some(listed) = by_key(tx, key)? else { return Ok(None) };
    let refusal = match (listed.row.state, &listed.row.content) {
        (State::Held, Content::Text { .. }) => None,
        (State::Held, _) => Some("it is no text"),
        _ => Some("it does not wait for a person"),
    };
    if refusal.is_some() {
        return Ok(Some(Edited { listed, refusal }));
    }
    let content = Content::Text { text: text.to_owned() };
    let content = rows::content_text(&Row { content, ..listed.row.clone() });
    tx.prepare_cached("UPDATE outbox SET content = ?2, changed = ?3, opened = ?4 WHERE seq = ?1")?.execute(params![
        listed.row.seq,
        content,
        now,
        opened
    ])?;
    Ok(by_key(tx, key)?.map(|listed| Edited { listed, refusal: None }))
}

/// The row with this key, as it stands.
pub(super) fn by_key(tx: &Connection, key: &str) -> rusqlite::Result<Option<Listed>> {
    let sql = format!("SELECT {COLUMNS}, {STANDING} WHERE o.key = ?1 ORDER BY o.seq LIMIT 1");
    tx.prepare_cached(&sql)?.query_row([key], read).optional()
}

/// By the index: however many there are, `limit` are read.
pub(super) fn keys(tx: &Connection, beginning: &str, limit: usize) -> rusqlite::Result<Vec<String>> {
    let end = format!("{beginning}{}", char::MAX);
    let mut select =
        tx.prepare_cached("SELECT DISTINCT key FROM outbox WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?3")?;
    select.query_map(params![beginning, end, limit], |row| row.get(0))?.collect()
}
