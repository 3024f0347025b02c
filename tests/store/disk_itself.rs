//! The disk proved with plain SQLite: what SQLite promises of a database in WAL mode holds on it, and stops holding
//! where SQLite is told not to sync.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, ffi};
use tempfile::TempDir;

use crate::disk::{Disk, Failure, Unsynced, cut_end, flip_byte, folder};

/// Transactions of a run; enough for several checkpoints.
const TRANSACTIONS: i64 = 9;
/// Rows that each transaction adds: it is whole with all of them.
const PARTS: i64 = 3;
const PAGE_BYTES: u64 = 4096;
const FILE: &str = "test.db";
const LOG: &str = "test.db-wal";

/// How SQLite is to sync.
const FULL: &str = "FULL";
const NORMAL: &str = "NORMAL";
const OFF: &str = "OFF";

fn open(disk: &Disk, path: &Path, synchronous: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags_and_vfs(path, OpenFlags::default(), disk.vfs())?;
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    // To the end: the change is committed after the answer, and `query_row` and `execute_batch` stop there and lose an
    // error. A database left in the old mode has commits that hang on the deletion of a journal, which nothing syncs.
    let mut statement = connection.prepare("PRAGMA journal_mode = WAL")?;
    let modes: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    assert_eq!(modes, ["wal"]);
    drop(statement);
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 8;
         CREATE TABLE IF NOT EXISTS parts (number INTEGER, part INTEGER, body BLOB, PRIMARY KEY (number, part));"
    ))?;
    Ok(connection)
}

/// Of many lengths: within a page, over several.
fn body(number: i64, part: i64) -> Vec<u8> {
    let length = [40, 900, 6000][usize::try_from((number + part) % 3).unwrap()];
    vec![u8::try_from(number * PARTS + part).unwrap(); length]
}

fn add(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    for part in 0..PARTS {
        let row = (number, part, body(number, part));
        transaction.execute("INSERT INTO parts VALUES (?1, ?2, ?3)", row)?;
    }
    // Pages that were there change as well.
    transaction.execute("UPDATE parts SET body = body WHERE number = ?1 / 2", [number])?;
    Ok(())
}

fn commit(connection: &mut Connection, number: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    add(&transaction, number)?;
    transaction.commit()
}

/// Opens the database, where that fails once more, and commits the transactions; those whose commit returned.
fn run(disk: &Disk, path: &Path, synchronous: &str) -> Vec<i64> {
    let opened = open(disk, path, synchronous).or_else(|_| open(disk, path, synchronous));
    let Ok(mut connection) = opened else { return Vec::new() };
    (0..TRANSACTIONS).filter(|number| commit(&mut connection, *number).is_ok()).collect()
}

/// The transactions in a database; what is wrong with it, where it is not whole or they are not.
fn found(disk: &Disk, path: &Path) -> Result<Vec<i64>, String> {
    let read = || {
        let connection = open(disk, path, FULL)?;
        let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let mut statement = connection.prepare("SELECT number, part, body FROM parts ORDER BY number, part")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rusqlite::Result::Ok((check, rows.collect::<Result<Vec<(i64, i64, Vec<u8>)>, _>>()?))
    };
    let (check, rows) = read().map_err(|error: rusqlite::Error| error.to_string())?;
    if check != "ok" {
        return Err(check);
    }
    let of_one = rows.chunks(usize::try_from(PARTS).unwrap());
    of_one
        .map(|parts| {
            let number = parts[0].0;
            let whole: Vec<_> = (0..PARTS).map(|part| (number, part, body(number, part))).collect();
            if parts == whole { Ok(number) } else { Err(format!("transaction {number} is in pieces")) }
        })
        .collect()
}

/// What a folder holds after a power cut.
fn found_after(disk: &Disk, from: &TempDir, unsynced: Unsynced) -> Result<Vec<i64>, String> {
    let to = folder();
    disk.power_cut(from.path(), to.path(), unsynced).unwrap();
    found(&Disk::new(), &to.path().join(FILE))
}

/// How many operations a run is that nothing disturbs.
fn operations(synchronous: &str) -> usize {
    let (disk, folder) = (Disk::new(), folder());
    assert_eq!(run(&disk, &folder.path().join(FILE), synchronous).len(), usize::try_from(TRANSACTIONS).unwrap());
    disk.operations()
}

/// What is found after the power went.
#[derive(Debug, PartialEq)]
enum Found {
    /// Every transaction that was committed, and perhaps the one whose commit did not return.
    All,
    /// Whole ones in their order, but not the last of the committed.
    Fewer,
    /// Something else, or a database that is not whole.
    Broken,
}

fn judge(committed: &[i64], found: &Result<Vec<i64>, String>) -> Found {
    let Ok(found) = found else { return Found::Broken };
    let is_in_order = found.iter().copied().eq(0..found.len() as i64);
    match found.len().checked_sub(committed.len()) {
        Some(0 | 1) if is_in_order => Found::All,
        None if is_in_order => Found::Fewer,
        _ => Found::Broken,
    }
}

/// The power goes at each operation of a run in turn; calls back with what was found, and a message.
fn power_goes_at_each(
    synchronous: &str,
    cuts: &[Unsynced],
    disk: impl Fn() -> Disk,
    mut then: impl FnMut(Found, &str),
) {
    for operation in 0..operations(synchronous) {
        let (disk, from) = (disk(), folder());
        disk.fail_at(operation, Failure::Dies);
        let committed = run(&disk, &from.path().join(FILE), synchronous);
        assert!(disk.is_dead() && disk.operations() == operation + 1, "{}", disk.told(operation));
        for cut in cuts {
            // Another seed at each operation.
            let cut =
                if let Unsynced::Torn(seed) = cut { Unsynced::Torn(seed + 1000 * operation as u64) } else { *cut };
            let found = found_after(&disk, &from, cut);
            let message = format!("{cut:?}, {}: {committed:?}, then {found:?}", disk.told(operation));
            then(judge(&committed, &found), &message);
        }
    }
}

const TORN: [Unsynced; 3] = [Unsynced::Torn(1), Unsynced::Torn(2), Unsynced::Torn(3)];

#[test]
fn what_was_committed_survives_the_power_going_at_any_operation() {
    let cuts = [&[Unsynced::Lost, Unsynced::Kept], &TORN[..]].concat();
    power_goes_at_each(FULL, &cuts, Disk::new, |found, message| assert_eq!(found, Found::All, "{message}"));
}

#[test]
fn with_fewer_syncs_transactions_are_lost_but_never_broken() {
    // <https://sqlite.org/pragma.html#pragma_synchronous>: in WAL mode NORMAL is consistent, but not durable.
    let mut lost = 0;
    power_goes_at_each(NORMAL, &[&[Unsynced::Lost], &TORN[..]].concat(), Disk::new, |found, message| {
        assert_ne!(found, Found::Broken, "{message}");
        lost += usize::from(found == Found::Fewer);
    });
    assert!(lost > 0);
}

/// How often transactions were lost, and how often the database was broken.
fn losses(synchronous: &str, cuts: &[Unsynced], disk: impl Fn() -> Disk) -> (usize, usize) {
    let (mut lost, mut broken) = (0, 0);
    power_goes_at_each(synchronous, cuts, disk, |found, _| {
        lost += usize::from(found == Found::Fewer);
        broken += usize::from(found == Found::Broken);
    });
    (lost, broken)
}

#[test]
fn without_syncs_the_power_takes_transactions_and_breaks_databases() {
    let (lost, broken) = losses(OFF, &TORN, Disk::new);
    assert!(lost > 0 && broken > 0, "{lost} lost, {broken} broken");
    assert_eq!(losses(OFF, &[Unsynced::Kept], Disk::new), (0, 0), "the end of the process takes nothing");
}

#[test]
fn a_disk_that_lies_about_syncs_loses_as_much() {
    let liar = || {
        let disk = Disk::new();
        disk.fail_from(0, Failure::SyncLies);
        disk
    };
    let (lost, broken) = losses(FULL, &TORN, liar);
    assert!(lost > 0 && broken > 0, "{lost} lost, {broken} broken");
}

#[test]
fn the_power_may_go_again_while_a_database_recovers() {
    let mut recoveries = 0;
    for operation in (0..operations(FULL)).step_by(9) {
        let (disk, first) = (Disk::new(), folder());
        disk.fail_at(operation, Failure::Dies);
        let committed = run(&disk, &first.path().join(FILE), FULL);
        // Each operation of the recovery, until there are no more.
        for again in 0.. {
            let (disk_after, second) = (Disk::new(), folder());
            disk.power_cut(first.path(), second.path(), Unsynced::Torn(operation as u64)).unwrap();
            disk_after.fail_at(again, Failure::Dies);
            // It fails where the power goes.
            _ = found(&disk_after, &second.path().join(FILE));
            let found = found_after(&disk_after, &second, Unsynced::Torn(again as u64));
            let message = format!("{}; {}: {found:?}", disk.told(operation), disk_after.told(again));
            assert_eq!(judge(&committed, &found), Found::All, "{message}");
            if !disk_after.is_dead() {
                break;
            }
            recoveries += 1;
        }
    }
    assert!(recoveries > 20, "{recoveries}");
}

#[test]
fn a_failure_at_any_operation_takes_nothing_that_was_committed() {
    use Failure::{Full, Io, ReadOnly, ShortWrite, SyncFails};
    let (count, mut failed) = (operations(FULL), 0);
    for failure in [Full, Io, ReadOnly, ShortWrite, SyncFails] {
        for operation in 0..count {
            let (disk, from) = (Disk::new(), folder());
            disk.fail_at(operation, failure);
            let committed = run(&disk, &from.path().join(FILE), FULL);
            failed += usize::from((committed.len() as i64) < TRANSACTIONS);
            for cut in [Unsynced::Lost, Unsynced::Torn(operation as u64)] {
                let found = found_after(&disk, &from, cut);
                let is_there = |number| found.as_ref().is_ok_and(|found| found.contains(number));
                let message = format!("{failure:?}, {cut:?}, {}: {committed:?}", disk.told(operation));
                assert!(committed.iter().all(is_there), "{message}, then {found:?}");
            }
        }
    }
    assert!(failed > 100, "{failed}");
}

/// SQLite's code for an error, with what it adds to it.
#[track_caller]
fn code<T: std::fmt::Debug>(result: rusqlite::Result<T>) -> (ErrorCode, i32) {
    let error = result.unwrap_err();
    let inner = error.sqlite_error().unwrap_or_else(|| panic!("{error}"));
    (inner.code, inner.extended_code)
}

/// A database with a first transaction, on a disk without faults.
fn with_one() -> (Disk, TempDir, Connection) {
    let (disk, folder) = (Disk::new(), folder());
    let mut connection = open(&disk, &folder.path().join(FILE), FULL).unwrap();
    commit(&mut connection, 0).unwrap();
    (disk, folder, connection)
}

#[test]
fn a_failure_has_the_code_of_sqlite_and_ends_with_its_cause() {
    use ErrorCode::{DiskFull, SystemIoFailure};
    for (failure, expected) in [
        (Failure::Full, (DiskFull, ffi::SQLITE_FULL)),
        (Failure::ShortWrite, (DiskFull, ffi::SQLITE_FULL)),
        (Failure::Io, (SystemIoFailure, ffi::SQLITE_IOERR_WRITE)),
        (Failure::ReadOnly, (SystemIoFailure, ffi::SQLITE_IOERR_WRITE)),
        (Failure::SyncFails, (SystemIoFailure, ffi::SQLITE_IOERR_FSYNC)),
    ] {
        let (disk, folder, mut connection) = with_one();
        disk.fail_from(disk.operations(), failure);
        for number in [7, 8] {
            assert_eq!(code(commit(&mut connection, number)), expected, "{failure:?}, lasting");
        }
        disk.heal();
        commit(&mut connection, 1).unwrap();
        disk.fail_at(disk.operations(), failure);
        assert_eq!(code(commit(&mut connection, 9)), expected, "{failure:?}, once");
        commit(&mut connection, 2).unwrap();
        assert_eq!(found_after(&disk, &folder, Unsynced::Lost), Ok(vec![0, 1, 2]), "{failure:?}");
        drop(connection);
        assert_eq!(found(&disk, &folder.path().join(FILE)), Ok(vec![0, 1, 2]), "{failure:?}, opened again");
    }
}

/// The same codes as on a real file system that was mounted again with `ro`.
#[test]
fn what_is_opened_on_a_read_only_disk_is_for_reading() {
    let (disk, folder, connection) = with_one();
    drop(connection);
    let plain = folder.path().join("plain.db");
    let connect = |path| Connection::open_with_flags_and_vfs(path, OpenFlags::default(), disk.vfs()).unwrap();
    connect(&plain).execute_batch("CREATE TABLE parts (number)").unwrap();
    disk.fail_from(0, Failure::ReadOnly);
    // What is open for reading cannot be locked for writing.
    let opened = open(&disk, &folder.path().join(FILE), FULL);
    assert_eq!(code(opened), (ErrorCode::SystemIoFailure, ffi::SQLITE_IOERR_LOCK));
    let connection = connect(&plain);
    assert_eq!(connection.query_row("SELECT count(*) FROM parts", [], |row| row.get(0)), Ok(0));
    assert_eq!(code(connection.execute("DELETE FROM parts", [])), (ErrorCode::ReadOnly, ffi::SQLITE_READONLY));
}

#[test]
fn nothing_opens_on_a_disk_that_cannot_create_files() {
    for failure in [Failure::Full, Failure::ReadOnly, Failure::Io] {
        let (disk, folder) = (Disk::new(), folder());
        disk.fail_from(0, failure);
        let opened = open(&disk, &folder.path().join(FILE), FULL);
        assert_eq!(code(opened), (ErrorCode::CannotOpen, ffi::SQLITE_CANTOPEN), "{failure:?}");
    }
}

#[test]
fn a_sector_that_cannot_be_read_is_told() {
    let (disk, folder, connection) = with_one();
    drop(connection);
    let connection = open(&disk, &folder.path().join(FILE), FULL).unwrap();
    let count = || connection.query_row("SELECT count(body) FROM parts", [], |row| row.get::<_, i64>(0));
    disk.fail_at(0, Failure::ReadFails);
    assert_eq!(code(count()), (ErrorCode::DatabaseCorrupt, ffi::SQLITE_CORRUPT));
    assert_eq!(count(), Ok(PARTS));
}

#[test]
fn the_dead_stay_dead_and_change_no_more() {
    let (disk, folder, mut connection) = with_one();
    disk.die();
    let operations = disk.operations();
    assert_eq!(code(commit(&mut connection, 1)).0, ErrorCode::SystemIoFailure);
    disk.heal();
    assert_eq!(code(commit(&mut connection, 1)).0, ErrorCode::SystemIoFailure);
    drop(connection);
    let opened = open(&disk, &folder.path().join(FILE), FULL);
    assert_eq!(code(opened).0, ErrorCode::CannotOpen);
    assert_eq!(disk.operations(), operations);
    assert_eq!(found_after(&disk, &folder, Unsynced::Kept), Ok(vec![0]));
}

#[test]
fn a_connection_may_outlive_its_disk() {
    let (disk, folder, mut connection) = with_one();
    let name = disk.vfs().to_owned();
    drop(disk);
    commit(&mut connection, 1).unwrap();
    drop(connection);
    assert_eq!(found(&Disk::new(), &folder.path().join(FILE)), Ok(vec![0, 1]));
    let again = Connection::open_with_flags_and_vfs(folder.path().join(FILE), OpenFlags::default(), name.as_str());
    assert!(again.is_err());
}

/// Every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().display().to_string(), fs::read(path).unwrap())).collect()
}

#[test]
fn a_power_cut_can_be_had_again_and_takes_strange_files_along() {
    let (disk, from, mut connection) = with_one();
    fs::write(from.path().join("strange"), "kept").unwrap();
    let log = |files: &BTreeMap<String, Vec<u8>>| files[LOG].len();
    let last = disk.operations() + 3;
    disk.fail_at(last, Failure::Dies);
    commit(&mut connection, 1).unwrap_err();
    assert_eq!(disk.told(last), format!("operation {last}, Write of {LOG}"));
    let cut = |unsynced| {
        let to = folder();
        disk.power_cut(from.path(), to.path(), unsynced).unwrap();
        files(to.path())
    };
    let torn = |seed| cut(Unsynced::Torn(seed));
    assert!((0..20).all(|seed| torn(seed) == torn(seed)));
    assert!((0..20).any(|seed| torn(seed) != torn(0)));
    assert_eq!(torn(0).into_keys().collect::<Vec<_>>(), ["strange", FILE, LOG]);
    // The write in which the power went may be there as well: a page, after its header of 24 bytes.
    let (seen, lost, kept) = (files(from.path()), cut(Unsynced::Lost), cut(Unsynced::Kept));
    assert_eq!(log(&kept), log(&seen) + usize::try_from(PAGE_BYTES).unwrap());
    assert_eq!(log(&lost), log(&seen) - usize::try_from(PAGE_BYTES).unwrap() - 2 * 24);
}

#[test]
fn a_short_write_leaves_its_first_half() {
    let (disk, folder, mut connection) = with_one();
    let before = files(folder.path());
    disk.fail_at(disk.operations(), Failure::ShortWrite);
    commit(&mut connection, 1).unwrap_err();
    let after = files(folder.path());
    assert_eq!(after[LOG].len(), before[LOG].len() + 24 / 2);
    assert!(after[LOG].starts_with(&before[LOG]));
}

#[test]
fn damage_is_seen() {
    let (disk, from, mut connection) = with_one();
    commit(&mut connection, 1).unwrap();
    disk.die();
    let to = folder();
    disk.power_cut(from.path(), to.path(), Unsynced::Kept).unwrap();
    let (database, log) = (to.path().join(FILE), to.path().join(LOG));
    // The log has a checksum for each page: it ends before the first that is wrong.
    let length = usize::try_from(fs::metadata(&log).unwrap().len()).unwrap();
    flip_byte(&log, length - 1).unwrap();
    assert_eq!(found(&Disk::new(), &database), Ok(vec![0]));
    // The database has none; a page that is missing, and lengths that cannot be, are seen.
    assert!(!log.exists());
    cut_end(&database, PAGE_BYTES).unwrap();
    assert!(found(&Disk::new(), &database).is_err());
    flip_byte(&database, 0).unwrap();
    assert!(found(&Disk::new(), &database).unwrap_err().contains("not a database"));
    assert!(flip_byte(&database, 1 << 30).is_err() && cut_end(&database, 1 << 30).is_err());
}
