//! Tokens, media ids, plugin state.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

use super::super::event::AccountId;
use super::super::keep::{Kept, KeptMedia, KeptToken, PluginState};
use super::events::json;
use crate::event::StorageChange;

pub(super) fn kept(tx: &Connection, account: AccountId) -> rusqlite::Result<Kept> {
    let mut token = tx.prepare_cached("SELECT token, expires FROM token WHERE account = ?1")?;
    let token = token.query_row([account.0], |row| Ok(KeptToken { token: row.get(0)?, expires: row.get(1)? }));
    let mut media = tx.prepare_cached("SELECT fingerprint, media_id, expires FROM media WHERE account = ?1")?;
    let media = media.query_map([account.0], |row| {
        Ok(KeptMedia { fingerprint: row.get(0)?, media_id: row.get(1)?, expires: row.get(2)? })
    })?;
    Ok(Kept { token: token.optional()?, media: media.collect::<rusqlite::Result<_>>()? })
}

pub(super) fn keep_token(tx: &Connection, account: AccountId, token: Option<&KeptToken>) -> rusqlite::Result<()> {
    match token {
        Some(KeptToken { token, expires }) => tx
            .prepare_cached("INSERT OR REPLACE INTO token (account, token, expires) VALUES (?1, ?2, ?3)")?
            .execute(params![account.0, token, expires])?,
        None => tx.prepare_cached("DELETE FROM token WHERE account = ?1")?.execute([account.0])?,
    };
    Ok(())
}

pub(super) fn keep_media(tx: &Connection, account: AccountId, media: &KeptMedia) -> rusqlite::Result<()> {
    let KeptMedia { fingerprint, media_id, expires } = media;
    if *expires == 0 {
        let mut delete = tx.prepare_cached("DELETE FROM media WHERE account = ?1 AND fingerprint = ?2")?;
        delete.execute(params![account.0, fingerprint])?;
    } else {
        let mut insert = tx.prepare_cached("INSERT OR REPLACE INTO media VALUES (?1, ?2, ?3, ?4)")?;
        insert.execute(params![account.0, fingerprint, media_id, expires])?;
    }
    Ok(())
}

pub(super) fn change_storage(
    tx: &Connection,
    plugin: &str,
    origin: &str,
    change: &StorageChange,
) -> rusqlite::Result<()> {
    match change {
        StorageChange::Set { key, value } => {
            // An item that is there keeps its place.
            let mut set = tx.prepare_cached(
                "INSERT INTO storage VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = excluded.value",
            )?;
            set.execute([plugin, origin, key, value])?;
        }
        StorageChange::Remove { key } => {
            let mut remove = tx.prepare_cached("DELETE FROM storage WHERE plugin = ?1 AND origin = ?2 AND key = ?3")?;
            remove.execute([plugin, origin, key])?;
        }
        StorageChange::Clear => {
            tx.prepare_cached("DELETE FROM storage WHERE plugin = ?1 AND origin = ?2")?.execute([plugin, origin])?;
        }
    }
    Ok(())
}

pub(super) fn keep_cookies(tx: &Connection, plugin: &str, jar: &Value) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO cookies VALUES (?1, ?2)")?.execute([plugin, &jar.to_string()])?;
    Ok(())
}

pub(super) fn plugin_state(tx: &Connection, plugin: &str) -> rusqlite::Result<PluginState> {
    let mut items = tx.prepare_cached("SELECT origin, key, value FROM storage WHERE plugin = ?1 ORDER BY rowid")?;
    let items = items.query_map([plugin], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut jar = tx.prepare_cached("SELECT jar FROM cookies WHERE plugin = ?1")?;
    let jar: Option<String> = jar.query_row([plugin], |row| row.get(0)).optional()?;
    let cookies = jar.map(|jar| json(&jar)).unwrap_or_default();
    Ok(PluginState { storage: items.collect::<rusqlite::Result<_>>()?, cookies })
}
