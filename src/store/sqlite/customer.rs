//! Customers, who did something last first.

use rusqlite::{Connection, params};

use super::super::customer::Customer;

/// At most so many of an account.
pub(super) fn customers(tx: &Connection, account: i64, limit: usize) -> rusqlite::Result<Vec<Customer>> {
    let mut select = tx.prepare_cached(
        "SELECT l.openid, l.changed,
             (SELECT sign FROM sign s WHERE s.account = l.account AND s.openid = l.openid),
             (SELECT COUNT(*) FROM outbox o WHERE o.openid = l.openid AND o.account = l.account AND o.state = 'held')
         FROM ledger l WHERE l.account = ?1 ORDER BY l.changed DESC, l.openid LIMIT ?2",
    )?;
    let customers = select.query_map(params![account, limit], |row| {
        Ok(Customer { openid: row.get(0)?, at: row.get(1)?, sign: row.get(2)?, held: row.get(3)? })
    })?;
    customers.collect()
}
