//! The store as its callers see it, in memory and on disk.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use super::super::row::{Key, Pushed, State};
use super::super::{EffectRecord, NewEvent, PlacedAt, StoreErrorKind, TurnEnd, TurnState};
use super::*;
use crate::base::limits::{EVENT_KEPT_MS, EVENT_KNOWN_MS, MESSAGE_KEPT_MS, PARKED_LIFE_MS, WINDOW_KNOWN_MS};
use crate::event::StorageChange;
use crate::event::stimulus::TURNING_TYPES;
use crate::session::window::{Deed, Standing, Trigger, Window};
use crate::store::{Acted, AttemptEnd, Scope, Way, WayChange, WindowChange};
use crate::wechat::{Content, Profile};

fn memory() -> (SqliteStore, AccountId) {
    let store = SqliteStore::in_memory().unwrap();
    let account = store.account("wx", "http://a").wait().unwrap();
    (store, account)
}

fn disk(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(StateFolder::take(path)?, &OpenOptions::default())
}

fn event(account: AccountId, id: &str, content: &str) -> NewEvent {
    NewEvent {
        account,
        log: None,
        source: "log".to_owned(),
        id: id.to_owned(),
        digest: content.bytes().map(|byte| !byte).collect(),
        line: json!({"id": id, "type": "stimulus.mcs.OnUserChange", "content": content}).to_string(),
        subject: Some(content.to_owned()),
        turns_to: Some(content.to_owned()),
        plugins: vec!["p".to_owned(), "q".to_owned()],
        acted: None,
        now: 1,
    }
}

fn text(name: &str, effect: u32, openid: &str, text: &str) -> Row {
    Row::new(Key::new(name, "p", effect), "wx", openid, Content::Text { text: text.to_owned() }, 1)
}

fn rows(account: AccountId, rows: Vec<Row>) -> Commit {
    Commit { account: Some(account), now: 1, rows, ..Commit::default() }
}

/// Sends what is due, and says how.
fn send(store: &SqliteStore, account: AccountId, now: i64, state: State) -> Vec<String> {
    let due = store.due(account, now, Vec::new(), 100).wait().unwrap();
    let mut sent = Vec::new();
    for Ready { mut row, seen } in due.rows {
        sent.push(row.key.to_string());
        let attempt = Attempt { started: now, message: (1, 1) };
        assert!(store.on_wire(row.seq, attempt.clone()).wait().unwrap());
        (row.state, row.messages_done) = (state, 1);
        row.parked = (state == State::Parked).then_some(Scope::User);
        let end = AttemptEnd { finished: now, outcome: "x".to_owned(), errcode: Some(0), ..AttemptEnd::default() };
        let settled = Settled { row, attempt, end, ways: WayChange::Keep, window: WindowChange::Keep, acts: seen.acts };
        store.settle(settled).wait().unwrap();
    }
    sent
}

#[test]
fn an_event_is_the_same_by_source_id_and_content() {
    let (store, account) = memory();
    let first = store.accept(event(account, "7", "oA")).wait().unwrap();
    assert!(first.is_new && first.name == "7");
    let again = store.accept(event(account, "7", "oA")).wait().unwrap();
    assert!(!again.is_new && again.event == first.event);
    let other = store.accept(event(account, "7", "oB")).wait().unwrap();
    assert!(other.is_new && other.name == "7~2");
    let elsewhere = store.account("wx", "http://b").wait().unwrap();
    assert_eq!(store.accept(event(elsewhere, "7", "oA")).wait().unwrap().name, "7~3");
}

#[test]
fn what_a_task_did_is_there_with_its_progress() {
    let (store, account) = memory();
    let accepted = store.accept(event(account, "7", "oA")).wait().unwrap();
    let effect = EffectRecord {
        event: accepted.event,
        plugin: "p".to_owned(),
        number: 0,
        time: 5,
        type_: "effect.mcs.PutMsg".to_owned(),
        subject: Some("oA".to_owned()),
        data: json!({"msg": 1}),
        place: Some(PlacedAt { url: "http://p/".to_owned(), line: 3, column: 9, file: Some("p.js".to_owned()) }),
    };
    let ended = TurnEnd { event: accepted.event, plugin: "p".to_owned(), state: TurnState::Done };
    let commit = Commit {
        effects: vec![effect.clone()],
        ended: vec![ended],
        ..rows(account, vec![text("7", 0, "oA", "hi"), text("7", 1, "oA", "there")])
    };
    let committed = store.commit(commit).wait().unwrap();
    assert_eq!(committed.rows.iter().map(|row| row.0).collect::<Vec<_>>(), [Pushed::New; 2]);
    let again = rows(account, vec![text("7", 0, "oA", "hi"), text("7", 1, "oA", "other"), text("7", 2, "oB", "x")]);
    let committed = store.commit(again).wait().unwrap();
    assert_eq!(
        committed.rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        [Pushed::Known, Pushed::Differs, Pushed::New]
    );
    let plugins = vec!["p".to_owned(), "q".to_owned()];
    let unfinished = store.unfinished(account, plugins, None, EventId(0)).wait().unwrap();
    assert_eq!((unfinished.len(), &unfinished[0].plugins), (1, &vec!["q".to_owned()]));
    send(&store, account, 2, State::Sent);
    let explained = store.explain("7/p/0").wait().unwrap().unwrap();
    assert_eq!(explained.effect, Some(effect));
    assert_eq!(explained.event, Some(json!({"id": "7", "type": "stimulus.mcs.OnUserChange", "content": "oA"})));
    assert_eq!((explained.turn.as_deref(), explained.attempts.len()), (Some("done"), 1));
    assert_eq!(explained.attempts[0].1.as_ref().unwrap().errcode, Some(0));
    assert_eq!(store.explain("7/p/9").wait().unwrap(), None);
}

#[test]
fn a_busy_page_is_told_of_once_when_its_host_ended() {
    let (store, account) = memory();
    let accepted = store.accept(event(account, "7", "oA")).wait().unwrap();
    let ended = TurnEnd { event: accepted.event, plugin: "p".to_owned(), state: TurnState::Busy };
    store.commit(Commit { ended: vec![ended], ..rows(account, Vec::new()) }).wait().unwrap();
    let lost = || store.lost(account, vec!["p".to_owned()], 2).wait().unwrap();
    assert_eq!(lost(), [("7".to_owned(), "p".to_owned())]);
    assert_eq!(lost(), []);
}

#[test]
fn unfinished_events_and_who_was_served_last() {
    let (store, account) = memory();
    let first = store.accept(event(account, "1", "oA")).wait().unwrap();
    let ended = TurnEnd { event: first.event, plugin: "p".to_owned(), state: TurnState::Done };
    store.commit(Commit { ended: vec![ended], ..rows(account, Vec::new()) }).wait().unwrap();
    for (id, openid) in [("2", "oB"), ("3", "oC")] {
        store.accept(event(account, id, openid)).wait().unwrap();
    }
    let in_a_file = NewEvent { log: Some("/log".to_owned()), ..event(account, "4", "oD") };
    store.accept(in_a_file).wait().unwrap();
    let unfinished = store.unfinished(account, vec!["p".to_owned()], None, EventId(0)).wait().unwrap();
    let ids: Vec<_> = unfinished.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(ids, ["2", "3"], "a file is played again");
    let served = store.turned_last(account, "p").wait().unwrap();
    assert!(served.len() == 1 && served[0].line.contains("oA") && served[0].effects == 0);
    assert_eq!(store.turned_last(account, "q").wait().unwrap(), []);
    let names = |openid, after| {
        let unfinished = store.unfinished(account, vec!["p".to_owned()], openid, after).wait().unwrap();
        unfinished.into_iter().map(|event| event.name).collect::<Vec<_>>()
    };
    assert_eq!(names(None, unfinished[0].event), ["3"]);
    assert_eq!((names(Some("oB"), EventId(0)), names(Some("oA"), EventId(0))), (vec!["2".to_owned()], Vec::new()));
    assert_eq!(names(Some("oC"), unfinished[1].event), [""; 0]);
}

#[test]
fn who_was_served_last_is_told_of_in_each_dialect() {
    let (store, account) = memory();
    let tell = |id: &str, openid: &str, type_: &str| {
        let line = json!({"id": id, "type": type_}).to_string();
        let accepted = store.accept(NewEvent { line, ..event(account, id, openid) }).wait().unwrap();
        let ended = TurnEnd { event: accepted.event, plugin: "p".to_owned(), state: TurnState::Done };
        store.commit(Commit { ended: vec![ended], ..rows(account, Vec::new()) }).wait().unwrap();
        let served = store.turned_last(account, "p").wait().unwrap();
        served.into_iter().map(|before| before.name).collect::<Vec<_>>()
    };
    let [user, select] = TURNING_TYPES;
    assert_eq!(tell("1", "oA", user), ["1"]);
    assert_eq!(tell("2", "oA", select), ["1", "2"]);
    assert_eq!(tell("3", "oA", user), ["2", "3"], "he wrote again");
    assert_eq!(tell("4", "oB", user), ["4"]);
    assert_eq!(tell("5", "oB", select), ["4", "5"]);
}

#[test]
fn plugins_of_one_name_have_names_of_their_own() {
    let (store, _) = memory();
    let name = |identity: &str| store.plugin("index", identity).wait().unwrap();
    assert_eq!((name("page /a"), name("page /b"), name("page /a")), ("index".into(), "index~2".into(), "index".into()));
    // The host takes events out under these names, and sends what persons write.
    for reserved in ["serve", "listen", "duoke"] {
        assert_eq!(store.plugin(reserved, reserved).wait().unwrap(), format!("{reserved}~2"));
        assert_eq!(store.plugin(reserved, &format!("another {reserved}")).wait().unwrap(), format!("{reserved}~3"));
        assert_eq!(store.plugin(reserved, reserved).wait().unwrap(), format!("{reserved}~2"));
    }
}

#[test]
fn closed_in_order_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = disk(folder.path()).unwrap();
    let account = store.account("wx", "http://a").wait().unwrap();
    store.commit(rows(account, vec![text("7", 0, "oA", "hi")])).wait().unwrap();
    assert_eq!(store.statistics().commits, 2);
    assert_eq!(disk(folder.path()).unwrap_err().kind, StoreErrorKind::InUse);
    store.close();
    assert_eq!(store.summary(account).wait().unwrap_err().kind, StoreErrorKind::Closed);
    assert!(!folder.path().join("duoke.sqlite-wal").exists(), "closing moves it to its place");
    drop(store);
    let store = disk(folder.path()).unwrap();
    assert_eq!(store.summary(account).wait().unwrap().pending, 1);
}

#[test]
fn stores_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(disk(folder.path()).unwrap());
    let file = folder.path().join("duoke.sqlite");
    let change = |sql: &str| Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    change("PRAGMA user_version = 99");
    let newer = disk(folder.path()).unwrap_err();
    assert_eq!(newer.kind, StoreErrorKind::Newer);
    let known = schema::MIGRATIONS.len();
    let expected = format!("a newer duoke wrote it (schema 99); this release reads up to schema {known}");
    assert!(newer.to_string().ends_with(&expected), "{newer}");
    change("PRAGMA user_version = 1; PRAGMA application_id = 7");
    assert!(disk(folder.path()).unwrap_err().to_string().ends_with("it is a database, but not one of duoke"));
    fs::write(&file, "no database at all, but a text that is longer than a header ".repeat(20)).unwrap();
    assert_eq!(disk(folder.path()).unwrap_err().kind, StoreErrorKind::Corrupt);
}

#[test]
fn migrations_keep_a_copy_of_what_was() {
    let folder = tempfile::tempdir().unwrap();
    let (path, file) = (folder.path().join("state"), folder.path().join("state/duoke.sqlite"));
    drop(disk(&path).unwrap());
    let taken = StateFolder::take(&path).unwrap();
    let connection = Connection::open(&file).unwrap();
    let now = schema::MIGRATIONS.len();
    let next = [schema::MIGRATIONS, &["CREATE TABLE more (x)", "CREATE TABLE broken ("]].concat();
    let mut backups = Vec::new();
    let error = schema::migrate(&connection, &file, now, &next, &mut |version| {
        backups.push(version);
        schema::backup(&connection, &taken, version)
    });
    assert!(error.is_err(), "the second is no SQL");
    assert_eq!(backups, [now, now + 1]);
    let version: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, now + 1, "the first is done, the second is not");
    let kept = taken.backups();
    assert_eq!(kept.len(), 2);
    let first = Connection::open(&kept[0]).unwrap();
    let count = |sql: &str| first.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(usize::try_from(count("PRAGMA user_version")), Ok(now));
    assert_eq!(count("SELECT count(*) FROM sqlite_schema WHERE name = 'more'"), 0);
}

#[test]
fn storage_keeps_the_order_of_its_items() {
    let (store, account) = memory();
    let set = |key: &str, value: &str| StorageChange::Set { key: key.to_owned(), value: value.to_owned() };
    let keep = |changes: Vec<StorageChange>| {
        let storage = changes.into_iter().map(|change| ("p".to_owned(), "http://a".to_owned(), change)).collect();
        store.commit(Commit { storage, ..rows(account, Vec::new()) }).wait().unwrap();
        let state = store.plugin_state("p").wait().unwrap();
        state.storage.into_iter().map(|(_, key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(keep(vec![set("b", "1"), set("a", "2"), set("c", "3"), set("b", "4")]), ["b=4", "a=2", "c=3"]);
    assert_eq!(keep(vec![StorageChange::Remove { key: "a".to_owned() }, set("a", "5")]), ["b=4", "c=3", "a=5"]);
    assert_eq!(keep(vec![StorageChange::Clear, set("z", "1")]), ["z=1"]);
}

#[test]
fn an_erased_customer_is_nowhere_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = disk(folder.path()).unwrap();
    let account = store.account("wx", "http://a").wait().unwrap();
    let (gone, other) = ("oVerySecretCustomer", "oOther");
    for (plugin, openid) in [("q", other), ("p", gone)] {
        let accepted = store.accept(event(account, &format!("push-{openid}"), openid)).wait().unwrap();
        let mut commit = rows(account, vec![text(&accepted.name, 0, openid, "hi")]);
        let set = |key: &str| StorageChange::Set { key: key.to_owned(), value: "1".to_owned() };
        let item = |key: &str| (plugin.to_owned(), "http://a".to_owned(), set(key));
        commit.storage = vec![item(gone), item("theme")];
        commit.cookies = vec![(plugin.to_owned(), json!([{"name": "u", "value": gone}]))];
        // A page that was opened for the first one, and what it did for the other because of him.
        let url = format!("http://a/?u={gone}");
        let place = Some(PlacedAt { url, line: 1, column: 1, file: None });
        commit.effects = vec![EffectRecord { event: accepted.event, place, ..sign(0, other, 1) }];
        store.commit(commit).wait().unwrap();
    }
    let would = store.erase(gone, true).wait().unwrap();
    assert_eq!((would.events, would.rows, would.unsent, would.plugins.len()), (1, 1, 1, 2));
    assert_eq!((would.effects, would.signs, would.windows), (2, 0, 0));
    assert_eq!(store.erase(gone, false).wait().unwrap(), would);
    let kept = store.plugin_state("q").wait().unwrap();
    assert_eq!((kept.storage.len(), kept.storage[0].1.as_str(), kept.cookies), (1, "theme", json!([])));
    assert_eq!(store.list(Filter::default(), 0, 10).wait().unwrap().len(), 1);
    let again = store.accept(event(account, &format!("push-{gone}"), gone)).wait().unwrap();
    assert!(!again.is_new, "that it was handled is still known");
    assert!(store.check(1).wait().unwrap().damage.is_empty());
    assert_eq!(signs(&store, other), [1], "it is the other's");
    store.close();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let found = bytes.windows(gone.len()).any(|window| window == gone.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

/// An effect that puts a sign.
fn sign(number: u32, openid: &str, sign: u8) -> EffectRecord {
    EffectRecord {
        event: EventId(0),
        plugin: "p".to_owned(),
        number,
        time: 1,
        type_: "effect.echat.setVisitorChatSign".to_owned(),
        subject: Some(openid.to_owned()),
        data: json!({"arguments": [{"chatSign": sign}], "outcome": "accepted"}),
        place: None,
    }
}

fn signs(store: &SqliteStore, openid: &str) -> Vec<u8> {
    let filter = SignFilter { openid: Some(openid.to_owned()), sign: None };
    store.signs(filter, 0, 9).wait().unwrap().iter().map(|sign| sign.sign).collect()
}

#[test]
fn a_sign_counts_whatever_the_event_had_led_to_before() {
    let (store, account) = memory();
    let events = ["1", "2"].map(|id| store.accept(event(account, id, "oA")).wait().unwrap().event);
    let put = |at: usize, effect: EffectRecord| {
        let effects = vec![EffectRecord { event: events[at], ..effect }];
        store.commit(Commit { effects, ..rows(account, Vec::new()) }).wait().unwrap();
        signs(&store, "oA")
    };
    let other = EffectRecord { type_: "effect.title".to_owned(), ..sign(0, "oA", 0) };
    assert_eq!(put(0, other), [0_u8; 0]);
    assert_eq!(put(0, sign(0, "oA", 1)), [1], "the page is another one now");
    assert_eq!(put(1, sign(0, "oA", 0)), [0]);
    assert_eq!(put(0, sign(0, "oA", 1)), [0], "the later event's sign counts");
    assert_eq!(put(1, sign(0, "oA", 1)), [1], "the same event's");
    assert_eq!(put(1, sign(0, "oA", 0)), [1], "which is done already");
}

#[test]
fn what_is_old_goes() {
    let (store, account) = memory();
    let accepted = store.accept(event(account, "7", "oA")).wait().unwrap();
    let done = |plugin: &str| TurnEnd { event: accepted.event, plugin: plugin.to_owned(), state: TurnState::Done };
    let commit = Commit { ended: vec![done("p"), done("q")], ..rows(account, vec![text("7", 0, "oA", "hi")]) };
    store.commit(commit).wait().unwrap();
    store.commit(rows(account, vec![text("8", 0, "oB", "parked"), text("8", 1, "oB", "behind")])).wait().unwrap();
    assert_eq!(send(&store, account, 2, State::Sent), ["7/p/0", "8/p/0"]);
    assert_eq!(send(&store, account, 2, State::Parked), ["8/p/1"]);
    assert_eq!(store.check(0).wait().unwrap().oldest_waiting, None, "nothing goes by itself");
    let parked = PARKED_LIFE_MS + 2;
    assert_eq!(store.tidy(parked).wait().unwrap(), Tidied::default(), "not yet");
    assert_eq!(store.tidy(parked + 1).wait().unwrap().given_up, 1);
    let states = || {
        store.list(Filter::default(), 0, 9).wait().unwrap().iter().map(|listed| listed.row.state).collect::<Vec<_>>()
    };
    assert_eq!(states(), [State::Sent, State::Sent, State::Dead]);
    assert_eq!(store.tidy(MESSAGE_KEPT_MS + 3).wait().unwrap(), Tidied { events: 1, rows: 2, ..Tidied::default() });
    assert_eq!(states(), [State::Dead]);
    let again = store.accept(event(account, "7", "oA")).wait().unwrap();
    assert!(!again.is_new && again.is_forgotten, "that it was handled is known, not what came of it");
    assert_eq!(store.tidy(EVENT_KEPT_MS + 3).wait().unwrap(), Tidied::default());
    store.tidy(EVENT_KNOWN_MS + 2).wait().unwrap();
    assert!(store.accept(event(account, "7", "oA")).wait().unwrap().is_new);
}

#[test]
fn what_one_account_has_on_the_wire_is_no_other_s_to_settle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let closed = |store: &SqliteStore| {
        let closed = store.check(9).wait().unwrap().closed;
        closed.into_iter().map(|(app_id, _, until, _)| (app_id, until)).collect::<Vec<_>>()
    };
    let on_wire = |store: &SqliteStore, (account, name): (AccountId, &str)| {
        store.commit(rows(account, vec![text(name, 0, name, "m")])).wait().unwrap();
        let Ready { row, seen } = store.due(account, 4, Vec::new(), 9).wait().unwrap().rows.remove(0);
        let attempt = Attempt { started: 4, message: (1, 1) };
        assert!(store.on_wire(row.seq, attempt.clone()).wait().unwrap());
        Settled {
            row,
            attempt,
            end: AttemptEnd { finished: 2, outcome: "refused".to_owned(), ..AttemptEnd::default() },
            ways: WayChange::Keep,
            window: WindowChange::default(),
            acts: seen.acts,
        }
    };
    let accounts = |store: &SqliteStore| ["wx1", "wx2"].map(|app_id| store.account(app_id, "http://a").wait().unwrap());
    let names = |rows: Vec<Row>| rows.into_iter().map(|row| row.key.to_string()).collect::<Vec<_>>();
    let interrupted = |store: &SqliteStore, which| names(store.interrupted(which, OnUnknown::Hold, 3).wait().unwrap());

    let store = disk(&path).unwrap();
    for (account, name) in accounts(&store).into_iter().zip(["a", "b"]) {
        // A way that is closed until somebody mends it.
        let mut settled = on_wire(&store, (account, &format!("{name}0")));
        (settled.row.state, settled.row.parked) = (State::Parked, Some(Scope::Account));
        let way = Way { scope: Scope::Account, until: None, reason: "closed".to_owned(), scheduled: false };
        settled.ways = WayChange::Close(way);
        store.settle(settled).wait().unwrap();
    }
    drop(store);
    let store = disk(&path).unwrap();
    let [one, other] = accounts(&store);
    assert!(interrupted(&store, Interrupted::Earlier(Some(one))).is_empty());
    assert_eq!(closed(&store), [("wx1".to_owned(), Some(3)), ("wx2".to_owned(), None)], "a start is its account's");
    on_wire(&store, (one, "c"));
    assert!(interrupted(&store, Interrupted::Earlier(Some(other))).is_empty(), "the first account sends already");
    assert!(interrupted(&store, Interrupted::Earlier(None)).is_empty(), "and this host has not ended");
    assert!(interrupted(&store, Interrupted::Now(other)).is_empty());
    drop(store);

    let store = disk(&path).unwrap();
    assert!(interrupted(&store, Interrupted::Earlier(Some(other))).is_empty());
    assert_eq!(interrupted(&store, Interrupted::Earlier(Some(one))).len(), 1);
}

#[test]
fn a_person_s_word() {
    let (store, account) = memory();
    let held = text("7", 0, "oA", "held").held("review");
    store.commit(rows(account, vec![held, text("7", 1, "oB", "unknown")])).wait().unwrap();
    let due = store.due(account, 1, Vec::new(), 9).wait().unwrap();
    store.on_wire(due.rows[0].row.seq, Attempt { started: 1, message: (1, 1) }).wait().unwrap();
    assert_eq!(
        store.interrupted(Interrupted::Now(account), OnUnknown::Hold, 2).wait().unwrap()[0].state,
        State::Unknown
    );
    let change = |filter: &Filter, change, dry_run| store.change(filter.clone(), change, 0, 3, dry_run).wait().unwrap();
    let all = Filter::default();
    let would = change(&all, Change::Retry, true);
    assert_eq!(would.iter().map(|changed| changed.state).collect::<Vec<_>>(), [Some(State::Pending); 2]);
    assert_eq!(would[1].note.as_deref(), Some("the customer may have it already"));
    assert_eq!(store.due(account, 4, Vec::new(), 9).wait().unwrap().rows.len(), 0, "nothing has changed");
    change(&Filter { states: vec![State::Unknown], ..all.clone() }, Change::Retry, false);
    change(&Filter::key("7/p/0"), Change::Drop, false);
    assert_eq!(send(&store, account, 4, State::Sent), ["7/p/1"]);
    let after = change(&all, Change::Drop, false);
    assert!(after.iter().all(|changed| changed.state.is_none() && changed.note.is_some()), "{after:?}");
}

#[test]
fn what_users_did_is_kept_and_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let store = disk(&path).unwrap();
    let account = store.account("wx", "http://a").wait().unwrap();
    let deed = Deed::Opens(Trigger::Message);
    let acted = |id: &str, at| NewEvent {
        acted: Some(Acted { openid: "oA".to_owned(), deed, at }),
        now: at,
        ..event(account, id, "oA")
    };
    store.commit(rows(account, vec![text("x", 0, "oA", "a"), text("x", 1, "oA", "b")])).wait().unwrap();
    store.accept(acted("1", 10)).wait().unwrap();
    let allowances = Profile::y2025().allowances();
    let ready = store.due(account, 11, Vec::new(), 9).wait().unwrap().rows.remove(0);
    assert_eq!(ready.seen.acts, 1);
    store.on_wire(ready.row.seq, Attempt { started: 11, message: (1, 1) }).wait().unwrap();
    let settled = Settled {
        row: Row { state: State::Sent, ..ready.row },
        attempt: Attempt { started: 11, message: (1, 1) },
        end: AttemptEnd { finished: 11, ..AttemptEnd::default() },
        ways: WayChange::Keep,
        window: WindowChange::Sent(allowances),
        acts: ready.seen.acts,
    };
    let next = store.settle(settled).wait().unwrap().unwrap();
    let left = |window: &Window, now| match window.standing(&allowances, now) {
        Standing::Open { left, .. } => left,
        other => panic!("{other:?}"),
    };
    assert_eq!(left(&next.seen.window, 11), Some(4), "the next row is read with what is known then");
    // The same push again.
    store.accept(acted("1", 10)).wait().unwrap();
    drop(store);
    let store = disk(&path).unwrap();
    let known = store.window("oA").wait().unwrap();
    assert_eq!((known.len(), known[0].waiting, left(&known[0].window, 12)), (1, 1, Some(4)));
    assert!(store.window("oB").wait().unwrap().is_empty());
    store.tidy(10 + WINDOW_KNOWN_MS).wait().unwrap();
    assert_ne!(store.window("oA").wait().unwrap()[0].window, Window::default());
    store.tidy(13 + WINDOW_KNOWN_MS).wait().unwrap();
    assert_eq!(store.window("oA").wait().unwrap()[0].window, Window::default(), "only its message is known");
    store.accept(acted("2", 20)).wait().unwrap();
    store.erase("oA", false).wait().unwrap();
    assert!(store.window("oA").wait().unwrap().is_empty());
}
