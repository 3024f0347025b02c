//! A store with damage: what was cut off at its end is gone as if it had not been written, what is broken is told.

use std::fs;
use std::path::Path;

use duoke::store::{
    Commit, Filter, Key, OpenOptions, Row, SqliteStore, StateFolder, Store as _, StoreError, StoreErrorKind,
};
use duoke::wechat::Content;

use super::disk::{self, Disk, Unsynced, cut_end, flip_byte};

const ROWS: u32 = 200;

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(StateFolder::take(path)?, &OpenOptions::default())
}

fn fill(store: &SqliteStore) {
    let account = store.account("wx", "http://a").wait().unwrap();
    for number in 0..ROWS {
        let content = Content::Text { text: "您好".repeat(100) };
        let rows = vec![Row::new(Key::new("s", "p", number), "wx", "oA", content, 1)];
        store.commit(Commit { account: Some(account), rows, ..Commit::default() }).wait().unwrap();
    }
}

fn count(store: &SqliteStore) -> usize {
    store.list(Filter::default(), 0, 10_000).wait().unwrap().len()
}

/// A store whose process was killed: its last commits are in the log.
fn killed(path: &Path) {
    let (folder, disk) = (disk::folder(), Disk::new());
    let from = folder.path().join("state");
    let options = OpenOptions { vfs: Some(disk.vfs().to_owned()), ..OpenOptions::default() };
    let store = SqliteStore::open(StateFolder::take(&from).unwrap(), &options).unwrap();
    fill(&store);
    disk.power_cut(&from, path, Unsynced::Kept).unwrap();
}

#[test]
fn a_log_cut_off_or_broken_at_its_end_loses_no_more_than_its_end() {
    for damage in 0..40_usize {
        let folder = disk::folder();
        let path = folder.path().join("state");
        killed(&path);
        let log = path.join("duoke.sqlite-wal");
        let bytes = usize::try_from(fs::metadata(&log).unwrap().len()).unwrap();
        // Within the last two pages of the log, which are the last commit's.
        if damage % 2 == 0 {
            cut_end(&log, 1 + damage as u64 * 97).unwrap();
        } else {
            flip_byte(&log, bytes - 1 - damage * 97).unwrap();
        }
        let store = open(&path).unwrap();
        let left = count(&store);
        assert!(left >= ROWS as usize - 1, "damage {damage}: {left} of {ROWS} rows are left");
        assert!(store.check(i64::MAX / 2).wait().unwrap().damage.is_empty());
        fill(&store);
    }
}

#[test]
fn a_broken_page_is_told() {
    let folder = disk::folder();
    let path = folder.path().join("state");
    let store = open(&path).unwrap();
    fill(&store);
    store.close();
    drop(store);
    let file = path.join("duoke.sqlite");
    let bytes = fs::metadata(&file).unwrap().len();
    let whole = fs::read(&file).unwrap();
    let mut told = 0;
    for page in 1..bytes / 4096 {
        fs::write(&file, &whole).unwrap();
        // The head of the page: its kind, and how many cells it has.
        (0..8).for_each(|byte| flip_byte(&file, usize::try_from(page * 4096).unwrap() + byte).unwrap());
        let is_told = match open(&path) {
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Corrupt, "{error}");
                assert!(error.hint().contains("backup"), "{}", error.hint());
                true
            }
            Ok(store) => match store.check(i64::MAX / 2).wait() {
                Ok(checked) => !checked.damage.is_empty(),
                Err(error) => error.kind == StoreErrorKind::Corrupt,
            },
        };
        told += u64::from(is_told);
    }
    assert_eq!(told, bytes / 4096 - 1, "of so many pages");
}

#[test]
fn a_file_cut_off_in_its_last_page_is_told() {
    let folder = disk::folder();
    let path = folder.path().join("state");
    let store = open(&path).unwrap();
    fill(&store);
    store.close();
    drop(store);
    cut_end(&path.join("duoke.sqlite"), 1_000).unwrap();
    let told = match open(&path) {
        Err(error) => error.kind == StoreErrorKind::Corrupt,
        Ok(store) => store.check(i64::MAX / 2).wait().map_or(true, |checked| !checked.damage.is_empty()),
    };
    assert!(told);
}
