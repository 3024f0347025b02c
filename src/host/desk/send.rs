//! A message that a person sends, through the same outbox as those of pages.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, Trouble, TroubleKind};
use crate::base::clock::{Clock, Stopwatch};
use crate::base::limits::SEND_PATIENCE;
use crate::event::Line;
use crate::outbox::Outbox;
use crate::store::{Change, Commit, Filter, Key, Listed, NewEvent, OPERATOR, Pushed, Row, State};
use crate::wechat::Content;

/// A message, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// What makes it the same message: sent twice, it goes out once.
    pub id: String,
    /// The account, by app id.
    pub account: String,
    /// Its server, as an origin.
    pub server: String,
    /// To whom.
    pub openid: String,
    /// In whose name.
    pub kf_account: Option<String>,
    /// What.
    pub content: Content,
}

/// Puts it into the outbox and waits for what becomes of it, up to [`SEND_PATIENCE`]: its row as it stands then.
pub(super) async fn send(outbox: &Outbox, clock: &Clock, letter: Letter) -> Result<Answer, Trouble> {
    let store = outbox.store();
    let mut changes = outbox.changes();
    let key = put(outbox, clock, &letter).await?;
    outbox.wake();
    let since = Stopwatch::start();
    loop {
        let mut listed = store.list(Filter::key(&key), 0, 1).get().await?;
        let Some(Listed { row, .. }) = listed.pop() else {
            return Err(Trouble::new(TroubleKind::NotFound, format!("the message {key} was just deleted")));
        };
        if row.state == State::Parked && matches!(row.content, Content::Typing { .. }) {
            // It is not wanted later.
            store.change(Filter::key(&key), Change::Drop, 0, clock.now_ms(), false).get().await?;
            continue;
        }
        let left = SEND_PATIENCE.checked_sub(since.elapsed()).filter(|left| *left > Duration::ZERO);
        let left = left.filter(|_| !outbox.is_stopping());
        let (State::Pending | State::Sending, Some(left)) = (row.state, left) else {
            let mut item = row.to_json();
            item["notes"] = notes(outbox, &key).await?.into();
            return Ok(Answer { items: vec![item], next: None });
        };
        // Its sender is ours.
        let _ = tokio::time::timeout(left, changes.changed()).await;
    }
}

/// What was sent otherwise than it came.
async fn notes(outbox: &Outbox, key: &str) -> Result<Vec<String>, Trouble> {
    let explained = outbox.store().explain(key).get().await?;
    let end = explained.and_then(|explained| explained.attempts.into_iter().next_back()?.1);
    let said = end.filter(|end| end.errcode == Some(0)).and_then(|end| end.reason).unwrap_or_default();
    Ok(said.split("; ").skip(1).map(str::to_owned).collect())
}

/// The row's key, with event and row on disk.
async fn put(outbox: &Outbox, clock: &Clock, letter: &Letter) -> Result<String, Trouble> {
    let (store, now) = (outbox.store(), clock.now_ms());
    let data = json!({"msgtype": letter.content.msgtype(), "body": letter.content.body()});
    let line = Line {
        time: Some(now),
        subject: Some(letter.openid.clone()),
        ..Line::new(&letter.id, OPERATOR, "operator.send", data)
    };
    let event = NewEvent {
        account: outbox.account(),
        log: None,
        source: OPERATOR.to_owned(),
        id: letter.id.clone(),
        digest: Vec::new(),
        line: line.to_json(),
        subject: Some(letter.openid.clone()),
        turns_to: None,
        plugins: Vec::new(),
        acted: None,
        now,
    };
    let accepted = store.accept(event).get().await?;
    let key = Key::new(accepted.name, OPERATOR, 0);
    if accepted.is_forgotten && store.list(Filter::key(&key.to_string()), 0, 1).get().await?.is_empty() {
        let text = format!("a message with the id {} was sent or given up, and is no longer kept", letter.id);
        return Err(Trouble::new(TroubleKind::Request, text).with_hint("give this one an id of its own"));
    }
    let mut row = Row::new(key.clone(), &letter.account, &letter.openid, letter.content.clone(), now);
    row.kf_account.clone_from(&letter.kf_account);
    let commit = Commit { account: Some(outbox.account()), now, rows: vec![row], ..Commit::default() };
    let committed = store.commit(commit).get().await?;
    match committed.rows.first() {
        Some((Pushed::Differs, _)) => {
            let text = format!("another message has the id {} already", letter.id);
            Err(Trouble::new(TroubleKind::Request, text).with_hint("give this one an id of its own"))
        }
        _ => Ok(key.to_string()),
    }
}

/// A word for a person of what became of it.
#[must_use]
pub fn fate(row: &Value) -> &'static str {
    match row["state"].as_str().and_then(State::named) {
        Some(State::Sent) => "sent",
        Some(State::Parked) => "parked",
        Some(State::Dead) => "given up",
        Some(State::Unknown) => "without an answer: the customer may have it",
        Some(State::Held) => "held for a person",
        Some(State::Pending | State::Sending) | None => "not sent yet",
    }
}
