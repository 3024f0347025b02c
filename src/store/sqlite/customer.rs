//! Customers: those with messages that wait for somebody, then those who did something last.

use rusqlite::{Connection, params};

use super::super::customer::Customer;

/// At most so many of an account.
pub(super) fn customers(tx: &Connection, account: i64, limit: usize) -> rusqlite::Result<Vec<Customer>> {
    let mut select = tx.prepare_cached(
        "WITH waiting AS (
             SELECT openid, COUNT(*) AS held, MAX(created) AS last FROM outbox
             WHERE account = ?1 AND state = 'held' GROUP BY openid
         ), customer AS (
             SELECT w.openid, COALESCE(l.changed, w.last) AS changed, w.held AS held
             FROM waiting w LEFT JOIN ledger l ON l.account = ?1 AND l.openid = w.openid
             UNION ALL
             SELECT * FROM (
                 SELECT openid, changed, 0 FROM ledger l WHERE account = ?1
                 AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.openid = l.openid)
                 ORDER BY changed DESC, openid LIMIT ?2
             )
         )
         SELECT openid, changed,
             (SELECT sign FROM sign s WHERE s.account = ?1 AND s.openid = customer.openid), held
         FROM customer ORDER BY held > 0 DESC, changed DESC, openid LIMIT ?2",
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
