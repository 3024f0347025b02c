//! The socket, its strangers, and the folder that several want.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;

use super::super::desk::{Desk, Request, Trouble, TroubleKind};
use super::super::watch::Notice;
use super::*;
use crate::base::limits::CONTROL_REQUEST_BYTES_MAX;
use crate::outbox::Outbox;
use crate::store::{Filter, OnUnknown, OpenOptions, SqliteStore, StateFolder, Store, StoreErrorKind};
use crate::wechat::{Client, ClientConfig, Secret};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A folder with a store in it that nobody has.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(store(folder.path()));
    folder
}

fn store(folder: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(StateFolder::take(folder).unwrap(), &OpenOptions::default()).unwrap())
}

/// A host that has a folder and listens.
fn host(folder: &Path, runtime: &Runtime) -> Control {
    let store = store(folder);
    let account = store.account("wx", "http://a").wait().unwrap();
    let client = ClientConfig::new("http://a".parse().unwrap(), "wx", Secret::new("s"));
    let desk = Desk::of_host(&Outbox::new(store, account), Client::new(client).unwrap());
    Control::open(folder, desk, runtime.handle()).unwrap()
}

fn socket(folder: &Path) -> UnixStream {
    UnixStream::connect(folder.join("control.sock")).unwrap()
}

/// What comes back for these bytes; nothing where the host hung up on them.
fn said(folder: &Path, bytes: &[u8]) -> String {
    let (mut stream, mut answer) = (socket(folder), String::new());
    // It may have read enough.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn ask(door: &mut Door) -> Result<bool, Trouble> {
    door.ask(&Request::Check { whole: false }, &mut |_| ()).map(|answer| answer.is_some())
}

#[test]
fn a_private_socket_of_a_host_and_none_behind_it() {
    let (runtime, folder) = (runtime(), folder());
    let mut door = Door::new(folder.path().to_owned(), OnUnknown::Hold, runtime.handle());
    assert_eq!((ask(&mut door), door.host_runs()), (Ok(true), false));
    // Left by a host that was killed.
    let path = folder.path().join("control.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!((ask(&mut door), door.host_runs()), (Ok(true), false));
    let control = host(folder.path(), &runtime);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!((ask(&mut door), door.host_runs()), (Ok(true), true));
    control.close();
    assert!(!path.exists());
    assert_eq!((ask(&mut door), door.host_runs()), (Ok(true), false), "the folder is free again");
    let mut nowhere = Door::new(folder.path().join("none"), OnUnknown::Hold, runtime.handle());
    assert_eq!(ask(&mut nowhere), Ok(false));
    assert!(!folder.path().join("none").exists(), "nothing is made");
}

#[test]
fn strangers_are_answered_and_the_host_goes_on() {
    let (runtime, folder) = (runtime(), folder());
    let control = host(folder.path(), &runtime);
    let path = folder.path();
    let check = Request::Check { whole: false }.to_line();
    let half = &check[..check.len() / 2];
    let huge = format!("{{\"v\":1,\"op\":\"{}\"}}\n", "x".repeat(CONTROL_REQUEST_BYTES_MAX));
    for (bytes, expected) in [
        ("garbage\n".as_bytes(), "no object of JSON"),
        (b"\0\xff\xfe\n", "no object of JSON"),
        (half.as_bytes(), "ends before its line does"),
        (b"", "ends before its line does"),
        (b"{\"v\":7,\"op\":\"outbox.check\"}\n", "version is 7; this host answers version 1"),
        (b"{\"v\":1,\"op\":\"outbox.burn\"}\n", "unknown variant"),
    ] {
        let answer = said(path, bytes);
        assert!(answer.starts_with("{\"error\":{\"kind\":\"") && answer.contains(expected), "{answer}");
        assert_eq!(answer.lines().count(), 1);
    }
    let answer = said(path, huge.as_bytes());
    assert!(answer.is_empty() || answer.contains("longer than"), "{answer}");
    // Some say nothing at all, and one goes away without having heard its answer.
    let silent: Vec<UnixStream> = (0..8).map(|_| socket(path)).collect();
    socket(path).write_all(check.as_bytes()).unwrap();
    let answer = said(path, format!("{check}{check}").as_bytes());
    assert!(
        answer.starts_with("{\"item\":{\"damage\":[]") && answer.ends_with("{\"end\":{\"next\":null}}\n"),
        "{answer}"
    );
    drop(silent);
    control.close();
}

#[test]
fn a_host_that_ends_answers_what_was_asked() {
    let (runtime, folder) = (runtime(), folder());
    let control = host(folder.path(), &runtime);
    let (mut stream, mut silent) = (socket(folder.path()), socket(folder.path()));
    stream.write_all(Request::Check { whole: false }.to_line().as_bytes()).unwrap();
    let mut first = [0];
    stream.read_exact(&mut first).unwrap();
    control.close();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("{\"end\":{\"next\":null}}\n"), "{rest}");
    assert_eq!(silent.read_to_string(&mut rest).unwrap_or(0), 0, "cut off");
}

#[test]
fn a_folder_that_another_has_is_waited_for() {
    let (runtime, folder) = (runtime(), folder());
    let taken = StateFolder::take(folder.path()).unwrap();
    let mut door = Door::new(folder.path().to_owned(), OnUnknown::Hold, runtime.handle());
    door.patience = Duration::ZERO;
    let trouble = ask(&mut door).unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Store);
    assert!(trouble.text.contains("another duoke (process ") && trouble.hint.is_some(), "{trouble}");
    door.patience = Duration::from_secs(60);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(&mut door));
        drop(taken);
        assert_eq!(asked.join().unwrap(), Ok(true));
    });
}

#[test]
fn a_host_waits_for_a_command_and_not_for_a_host() {
    let (runtime, folder) = (runtime(), folder());
    let taken = StateFolder::take(folder.path()).unwrap();
    std::thread::scope(|scope| {
        let host = scope.spawn(|| take(folder.path()).map(drop));
        drop(taken);
        assert_eq!(host.join().unwrap(), Ok(()));
    });
    let control = host(folder.path(), &runtime);
    assert_eq!(take(folder.path()).unwrap_err().kind, StoreErrorKind::InUse);
    control.close();
}

#[test]
fn a_host_that_says_nonsense_or_nothing() {
    let (runtime, folder) = (runtime(), folder());
    let taken = StateFolder::take(folder.path()).unwrap();
    let listener = UnixListener::bind(folder.path().join("control.sock")).unwrap();
    let mut door = Door::new(folder.path().to_owned(), OnUnknown::Hold, runtime.handle());
    door.patience = Duration::ZERO;
    let answers: [(&[u8], TroubleKind); 4] = [
        (b"HTTP/1.1 400 Bad Request\r\n", TroubleKind::Version),
        (b"{\"item\":1}\n", TroubleKind::Store),
        (b"", TroubleKind::Store),
        (b"{\"error\":{\"kind\":\"version\",\"text\":\"other\",\"hint\":null}}\n", TroubleKind::Version),
    ];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (answer, _) in answers {
                let (mut stream, mut request) = (listener.accept().unwrap().0, [0; 64]);
                let read = stream.read(&mut request).unwrap();
                assert!(request[..read].starts_with(b"{\"v\":1,\"op\":\"outbox.check\"}\n"));
                stream.write_all(answer).unwrap();
            }
        });
        for (answer, kind) in answers {
            let trouble = ask(&mut door).expect_err("no answer");
            assert_eq!(trouble.kind, kind, "{}: {trouble}", String::from_utf8_lossy(answer));
        }
    });
    drop(taken);
}

#[test]
fn what_a_killed_host_left_on_the_wire_is_told() {
    use crate::store::{Attempt, Commit, Key, Row};
    use crate::wechat::Content;
    let (runtime, folder) = (runtime(), folder());
    let left = store(folder.path());
    let account = left.account("wx", "http://a").wait().unwrap();
    let row = Row::new(Key::new("1", "p", 0), "wx", "oA", Content::Text { text: "hi".into() }, 1);
    left.commit(Commit { account: Some(account), rows: vec![row], ..Commit::default() }).wait().unwrap();
    let due = left.due(account, 9, Vec::new(), 1).wait().unwrap().rows;
    assert!(left.on_wire(due[0].row.seq, Attempt { started: 9, message: (1, 1) }).wait().unwrap());
    drop(left);
    let mut door = Door::new(folder.path().to_owned(), OnUnknown::Hold, runtime.handle());
    let mut notices: Vec<Notice> = Vec::new();
    let list = Request::List { filter: Filter::default(), after: 0, limit: None };
    let answer = door.ask(&list, &mut |notice| notices.push(notice)).unwrap().unwrap();
    assert_eq!(answer.items[0]["state"], "unknown");
    assert!(notices.len() == 1 && notices[0].text.contains("was on the wire when the host ended"), "{notices:?}");
}

#[test]
fn a_host_that_ends_waits_for_who_holds_on() {
    let (runtime, folder) = (runtime(), folder());
    let control = host(folder.path(), &runtime);
    let asked = ask_and_hold(folder.path(), &Request::Check { whole: false });
    let (_, held) = asked.unwrap().unwrap();
    let listens = Arc::new(AtomicBool::new(false));
    let closed = std::thread::spawn({
        let listens = listens.clone();
        move || {
            control.close();
            listens.load(Ordering::Acquire)
        }
    });
    let path = folder.path().join("control.sock");
    while path.exists() {
        std::thread::yield_now();
    }
    listens.store(true, Ordering::Release);
    drop(held);
    assert!(closed.join().unwrap());
}
