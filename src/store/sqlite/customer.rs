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

#[cfg(test)]
mod tests {
    use super::super::super::{Acted, NewEvent, Store as _};
    use super::super::SqliteStore;
    use crate::session::window::{Deed, Trigger};

    #[test]
    fn customers_who_did_something_last_come_first() {
        let store = SqliteStore::in_memory().unwrap();
        let account = store.account("wx", "http://a").wait().unwrap();
        for (id, openid, at) in [("1", "oA", 10), ("2", "oB", 20), ("3", "oC", 30), ("4", "oA", 40)] {
            let acted = Acted { openid: openid.to_owned(), deed: Deed::Opens(Trigger::Message), at };
            let event = NewEvent {
                account,
                log: None,
                source: "log".to_owned(),
                id: id.to_owned(),
                digest: id.as_bytes().to_vec(),
                line: "{}".to_owned(),
                subject: Some(openid.to_owned()),
                turns_to: None,
                plugins: Vec::new(),
                acted: Some(acted),
                now: at,
            };
            store.accept(event).wait().unwrap();
        }
        let found = store.customers(account, 2).wait().unwrap();
        let names: Vec<_> =
            found.iter().map(|customer| (customer.openid.as_str(), customer.held, customer.sign)).collect();
        assert_eq!(names, [("oA", 0, None), ("oC", 0, None)]);
    }
}
