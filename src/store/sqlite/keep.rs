//! Tokens, media ids, plugin state.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::event::AccountId;
use super::super::keep::{Kept, KeptMedia, KeptToken, PluginState};
use super::events::json;

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

pub(super) fn plugin_state(tx: &Connection, plugin: &str) -> rusqlite::Result<PluginState> {
    let mut select = tx.prepare_cached("SELECT storage, cookies FROM plugin_state WHERE plugin = ?1")?;
    let state = select.query_row([plugin], |row| {
        let (storage, cookies): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(PluginState { storage: json(&storage), cookies: json(&cookies) })
    });
    Ok(state.optional()?.unwrap_or_default())
}
