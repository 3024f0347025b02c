//! Opening: the settings of the connection, the schema's version, migrations with a backup before each.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::super::error::{StoreError, StoreErrorKind};
use super::super::folder::StateFolder;
use super::OpenOptions;
use crate::base::clock::{format_rfc3339, system_now_ms};
use crate::base::limits::{
    STORE_BYTES_MAX, STORE_CACHE_KIB, STORE_LOG_PAGES, STORE_LOOKED_AT_BYTES_MAX, STORE_STATEMENTS_MAX,
};

/// What makes a store of each schema version from the one before; the first from nothing. Released ones never change:
/// tests/store keeps a store of each.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("1.sql"), include_str!("2.sql"), include_str!("3.sql")];
/// `duok`, in the file's header (SQLite's `application_id`).
const APPLICATION_ID: i64 = 0x6475_6f6b;
/// Its size is not a setting that could be another.
const PAGE_BYTES: u64 = 4096;

/// A connection that is ready.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Which opening of the store this is, from 1.
    pub(super) number: i64,
}

pub(super) fn open(path: &Path, options: &OpenOptions, folder: &StateFolder) -> Result<Opened, StoreError> {
    let told = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str()),
        None => Connection::open_with_flags(path, flags),
    };
    let connection = connection.map_err(told)?;
    settings(&connection).map_err(told)?;
    let version = version(&connection, path)?;
    if version > 0 && !was_closed(&connection).map_err(told)? {
        look(&connection, path)?;
    }
    migrate(&connection, path, version, MIGRATIONS, &mut |version| backup(&connection, folder, version))?;
    begin(connection).map_err(told)
}

pub(super) fn in_memory() -> Result<Opened, StoreError> {
    let path = Path::new("memory");
    let told = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let connection = Connection::open_in_memory().map_err(told)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(told)?;
    migrate(&connection, path, 0, MIGRATIONS, &mut |_| Ok(()))?;
    begin(connection).map_err(told)
}

/// One connection has the file, so that the log's index is in memory; a commit is a sync of the log (SQLite, "Write-Ahead
/// Logging"); what is deleted is overwritten.
fn settings(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    wal(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // Rows that are written again and again until then are moved to their place once.
    connection.pragma_update(None, "wal_autocheckpoint", STORE_LOG_PAGES)?;
    // In KiB, where it is negative.
    connection.pragma_update(None, "cache_size", -STORE_CACHE_KIB)?;
    connection.query_row(&format!("PRAGMA max_page_count = {}", STORE_BYTES_MAX / PAGE_BYTES), [], |_| Ok(()))
}

/// The answer is read to its end: there an error comes that the first row does not show, and without the log a commit
/// would not be what is promised.
fn wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut pragma = connection.prepare("PRAGMA journal_mode = WAL")?;
    let modes = pragma.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    if modes == ["wal"] {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
    Err(rusqlite::Error::SqliteFailure(code, Some(format!("the journal mode is {modes:?}, not wal"))))
}

/// The schema's version; 0: an empty file.
fn version(connection: &Connection, path: &Path) -> Result<usize, StoreError> {
    let told = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (version, id) = (pragma("user_version").map_err(told)?, pragma("application_id").map_err(told)?);
    let is_empty = pragma("schema_version").map_err(told)? == 0;
    if is_empty {
        return Ok(0);
    }
    if id != APPLICATION_ID {
        let what = "it is a database, but not one of duoke";
        return Err(StoreError::new(StoreErrorKind::Folder, path, what));
    }
    let known = MIGRATIONS.len();
    match usize::try_from(version) {
        Ok(version) if (1..=known).contains(&version) => Ok(version),
        _ => {
            let what = format!("a newer duoke wrote it (schema {version}); this release reads up to schema {known}");
            Err(StoreError::new(StoreErrorKind::Newer, path, what))
        }
    }
}

fn was_closed(connection: &Connection) -> rusqlite::Result<bool> {
    let clean = connection.query_row("SELECT value FROM meta WHERE name = 'clean'", [], |row| row.get::<_, i64>(0));
    Ok(clean.optional()? == Some(1))
}

/// After a crash the pages are looked at before anything is believed; those of a large store only when it is asked for
/// (`duoke outbox check`).
fn look(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let told = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let pages: u64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).map_err(told)?;
    if pages * PAGE_BYTES > STORE_LOOKED_AT_BYTES_MAX {
        return Ok(());
    }
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match found.map_err(told)? {
        whole if whole == "ok" => Ok(()),
        damage => Err(StoreError::new(StoreErrorKind::Corrupt, path, format!("it is damaged: {damage}"))),
    }
}

/// Each migration with its version in one transaction; `backup` is told the version before it, where there was one.
pub(super) fn migrate(
    connection: &Connection,
    path: &Path,
    version: usize,
    migrations: &[&str],
    backup: &mut dyn FnMut(usize) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for (before, migration) in migrations.iter().enumerate().skip(version) {
        // A store that is just made has nothing to keep.
        if version > 0 {
            backup(before)?;
        }
        let script = format!(
            "BEGIN; {migration}; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}; COMMIT;",
            before + 1
        );
        connection.execute_batch(&script).map_err(|error| {
            let _ = connection.execute_batch("ROLLBACK");
            StoreError::sqlite(path, &error)
        })?;
    }
    Ok(())
}

/// A whole copy, on disk before anything changes.
pub(super) fn backup(connection: &Connection, folder: &StateFolder, version: usize) -> Result<(), StoreError> {
    let now = format_rfc3339(system_now_ms()).replace(':', "");
    let path = folder.make_backups()?.join(format!("schema-{version}-{now}.sqlite"));
    let name = path.to_string_lossy().into_owned();
    connection.execute("VACUUM INTO ?1", [name]).map_err(|error| StoreError::sqlite(&path, &error))?;
    let synced =
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).and_then(|()| File::open(&path)?.sync_all());
    synced.map_err(|error| StoreError::folder(&path, "write the backup", &error))
}

fn begin(connection: Connection) -> rusqlite::Result<Opened> {
    connection.set_prepared_statement_cache_capacity(STORE_STATEMENTS_MAX);
    // Plans do not go by what is bound: statements that are asked for something else would be prepared anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "BEGIN;
         INSERT INTO meta VALUES ('opens', 1) ON CONFLICT DO UPDATE SET value = value + 1;
         INSERT INTO meta VALUES ('clean', 0) ON CONFLICT DO UPDATE SET value = 0;
         COMMIT;",
    )?;
    let number = connection.query_row("SELECT value FROM meta WHERE name = 'opens'", [], |row| row.get(0))?;
    Ok(Opened { connection, number })
}

/// Says that the store was closed in order.
pub(super) fn close(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE meta SET value = 1 WHERE name = 'clean'", [])?;
    Ok(())
}
