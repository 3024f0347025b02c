//! Stores of every released schema open with this release, and hold what they held.

use std::fs;
use std::path::Path;

use duoke::store::{Filter, OpenOptions, SignFilter, SqliteStore, State, StateFolder, Store as _};
use rusqlite::Connection;

use super::disk;

/// A store of the first schema as SQL (`.dump`), then what each later one has besides; every table has a row.
const RELEASED: [&str; 3] =
    [include_str!("schemas/1.sql"), include_str!("schemas/2.sql"), include_str!("schemas/3.sql")];

fn make(path: &Path, version: usize) {
    fs::create_dir(path).unwrap();
    let connection = Connection::open(path.join("duoke.sqlite")).unwrap();
    // The tables come in the order of their names.
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    RELEASED[..version].iter().for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "application_id", 0x6475_6f6b).unwrap();
    connection.pragma_update(None, "user_version", version).unwrap();
}

#[test]
fn stores_of_every_released_schema_open() {
    for version in 1..=RELEASED.len() {
        let folder = disk::folder();
        let path = folder.path().join("state");
        make(&path, version);
        let store = SqliteStore::open(StateFolder::take(&path).unwrap(), &OpenOptions::default()).unwrap();
        let listed = store.list(Filter::default(), 0, 100).wait().unwrap();
        let states: Vec<State> = listed.iter().map(|listed| listed.row.state).collect();
        assert_eq!(states, [State::Sent, State::Unknown, State::Parked, State::Held, State::Dead], "schema {version}");
        let explained = store.explain("1/page/0").wait().unwrap().unwrap();
        assert!(explained.event.is_some() && explained.effect.is_some() && explained.attempts.len() == 1);
        let account = store.account("wx", "http://a").wait().unwrap();
        let kept = store.kept(account).wait().unwrap();
        assert!(kept.token.is_some() && kept.media.len() == 1, "schema {version}");
        let state = store.plugin_state("page").wait().unwrap();
        assert!(state.storage.len() == 1 && state.cookies.is_array(), "schema {version}");
        let signs = store.signs(SignFilter::default(), 0, 10).wait().unwrap();
        assert_eq!(signs.len(), usize::from(version >= 2), "schema {version}");
        assert!(store.check(i64::MAX / 2).wait().unwrap().damage.is_empty());
        store.close();
        let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
        let connection = Connection::open(path.join("duoke.sqlite")).unwrap();
        let count: i64 = connection.query_row(tables, [], |row| row.get(0)).unwrap();
        assert_eq!(count, 16, "a table without a row in the fixtures: add one");
    }
}
