//! Pages at their bounds: what is reported, with the place in the page, and that they go on.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

mod page_bench;
mod process_bench;

use std::path::PathBuf;
use std::sync::Arc;

use duoke::base::limits::page::PageLimits;
use duoke::engine::event_loop::Output;
use duoke::page::{PageOptions, Turn};
use duoke::process::{PageProcess, Spawner};
use page_bench::Whole as _;
use process_bench::{MAP, PATIENT, Site, USER_A, USER_B, input, launchers, lines};

/// A page whose code `wild` stands on line 2 of its document.
fn site(wild: &str) -> Site {
    Site::new(&format!(
        "<body><script>\nfunction wild() {{ {wild} }}\nfunction MCS_ClientNotify(s) {{ var event = JSON.parse(s).event; if (event \
         === 'OnMapMsgClick') wild(); put(event); }}</script>"
    ))
}

/// The faults of a turn as `limit value line`, and everything else as it is shown.
fn shown(turn: &Turn) -> Vec<String> {
    let faults = turn.emissions.iter().filter_map(|emission| match &emission.output {
        Output::Fault(fault) => {
            let data = fault.data();
            let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
            Some(format!("{} {}{} at {}", fault.type_name(), text("limit"), data["deadline_ms"], data["line"]))
        }
        _ => None,
    });
    let others = lines(turn).into_iter().filter(|line| !line.contains(": fault."));
    faults.chain(others).collect()
}

/// Tells a page of this code the map event, and then the next one.
fn at_its_bound(limits: PageLimits, wild: &str) -> (Vec<String>, Vec<String>) {
    let spawner = Arc::new(Spawner::new(PathBuf::from(env!("CARGO_BIN_EXE_duoke"))));
    let site = site(wild);
    let mut page = PageProcess::new(PageOptions { limits, ..site.options() }, spawner);
    let mut turn = page.open_whole().unwrap();
    turn = page.turn_whole(input(USER_A, 1, turn.now));
    assert_eq!(lines(&turn), ["oA: OnUserChange"]);
    let wild = page.turn_whole(input(MAP, 2, turn.now));
    let next = page.turn_whole(input(USER_B, 3, wild.now));
    (shown(&wild), lines(&next))
}

#[track_caller]
fn check(limits: PageLimits, wild: &str, expected: &[&str], next: &[&str]) {
    assert_eq!(at_its_bound(limits, wild), (own(expected), own(next)), "{wild}");
}

fn own(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

const NEXT: &[&str] = &["oB: OnUserChange"];
/// A fresh page was told the current user again.
const FRESH: &[&str] = &["oA: OnUserChange", "oB: OnUserChange"];

#[test]
fn a_turn_says_only_so_much() {
    let limits = PageLimits { messages_per_turn: 2, ..PATIENT };
    let wild = "for (var i = 0; i < 9; i++) try { put(i); } catch (e) { put('caught'); } finally { put('finally'); }";
    check(limits, wild, &["fault.limit messages_per_turnnull at 1", "oA: 0", "oA: finally"], NEXT);
    let limits = PageLimits { effects_per_turn: 3, ..PATIENT };
    let wild = "for (var i = 0; i < 9; i++) external.Notice(i);";
    let notice =
        |n: u8| format!("oA: {{\"argument\":\"{n}\",\"returned\":\"{{\\\"retCode\\\":0,\\\"errMsg\\\":\\\"\\\"}}\"}}");
    let expected = [&*notice(0), &notice(1), &notice(2)];
    check(limits, wild, &[&["fault.limit effects_per_turnnull at 2"], &expected[..]].concat(), NEXT);
    let limits = PageLimits { turn_bytes: 65_536, ..PATIENT };
    let wild = "for (var i = 0; i < 9; i++) put(new Array(16000).join('x'));";
    let (said, next) = at_its_bound(limits, wild);
    assert_eq!((&*said[0], said.len(), &*next[0]), ("fault.limit turn_bytesnull at 1", 3, NEXT[0]));
}

#[test]
fn what_only_people_read_is_left_out() {
    let limits = PageLimits { console_lines_per_turn: 2, ..PATIENT };
    let wild = "for (var i = 0; i < 9; i++) console.log(i);";
    let expected = ["fault.limit console_lines_per_turnnull at 0", "oA: 0", "oA: 1", "oA: OnMapMsgClick"];
    check(limits, wild, &expected, NEXT);
    let limits = PageLimits { faults_per_turn: 1, ..PATIENT };
    let wild = "for (var i = 0; i < 9; i++) setTimeout('nobody' + i);";
    let expected = ["fault.uncaught null at 1", "fault.limit faults_per_turnnull at 0", "oA: OnMapMsgClick"];
    check(limits, wild, &expected, NEXT);
    let limits = PageLimits { message_bytes: 1_024, ..PATIENT };
    let wild = "put(new Array(2000).join('x'));";
    check(limits, wild, &["fault.limit message_bytesnull at 1", "oA: OnMapMsgClick"], NEXT);
}

#[test]
fn a_page_remembers_only_so_much() {
    let limits = PageLimits { timers: 10, ..PATIENT };
    let wild = "for (var i = 0; i < 20; i++) setTimeout(function () {}, 1e9);";
    check(limits, wild, &["fault.limit timersnull at 2"], NEXT);
    let limits = PageLimits { tasks: 10, ..PATIENT };
    let wild = "for (var i = 0; i < 20; i++) postMessage(i, '*');";
    check(limits, wild, &["fault.limit tasksnull at 2"], FRESH);
}

#[test]
fn documents_have_only_so_many_nodes() {
    let limits = PageLimits { dom_nodes: 1_000, ..PATIENT };
    let wild = "for (var i = 0; i < 3000; i++) document.body.appendChild(document.createElement('p'));";
    check(limits, wild, &["fault.limit dom_nodesnull at 2"], NEXT);
    let wild = "document.body.innerHTML = new Array(300000).join('<p>');";
    check(limits, wild, &["fault.limit dom_nodesnull at 2"], NEXT);
}

#[test]
fn only_so_many_requests_wait() {
    let limits = PageLimits { requests_waiting: 10, ..PATIENT };
    let wild = "for (var i = 0; i < 20; i++) fetch('x' + i);";
    let (said, next) = at_its_bound(limits, wild);
    assert_eq!((said, &*next[0]), (own(&["fault.limit requests_waitingnull at 2"]), NEXT[0]));
    assert!(next[1].contains("too many requests have no answer yet"), "{next:?}");
}

#[test]
fn nodes_that_nobody_holds_do_not_count() {
    let limits = PageLimits { dom_nodes: 2_000, ..PATIENT };
    let wild = "for (var i = 0; i < 20000; i++) document.createElement('p');";
    check(limits, wild, &["oA: OnMapMsgClick"], NEXT);
}

#[test]
fn work_that_is_left_means_a_fresh_page() {
    let limits = PageLimits { microtasks_per_task: 1_000, ..PATIENT };
    let wild = "(function next() { Promise.resolve().then(next); })();";
    check(limits, wild, &["fault.limit microtasks_per_tasknull at 0", "oA: OnMapMsgClick"], FRESH);
    let limits = PageLimits { timers: 100, ..PATIENT };
    let wild = "(function breed() { setTimeout(breed); setTimeout(breed); })();";
    check(limits, wild, &["fault.limit timersnull at 2", "oA: OnMapMsgClick"], FRESH);
}

#[test]
fn a_stimulus_that_earlier_work_kept_from_being_told_is_told_to_a_fresh_page() {
    let limits = PageLimits { messages_per_turn: 3, ..PATIENT };
    let site = site("setInterval(function () { put('tick'); }, 2000);");
    for launcher in launchers() {
        let mut page = PageProcess::new(PageOptions { limits, ..site.options() }, launcher);
        let mut turn = page.open_whole().unwrap();
        turn = page.turn_whole(input(USER_A, 1, turn.now));
        turn = page.turn_whole(input(MAP, 2, turn.now));
        assert_eq!(lines(&turn), ["oA: OnMapMsgClick"]);
        let (turn, again) = page.turn_and_again(input(USER_B, 3, turn.now + 60_000));
        let expected = [
            "fault.limit messages_per_turnnull at 1",
            "oA: tick",
            "oA: tick",
            "oA: tick",
            "oA: OnUserChange",
            "oB: OnUserChange",
        ];
        assert_eq!(shown(&turn), expected);
        assert_eq!(again, 4..5);
    }
}

#[test]
fn whoever_dies_says_where() {
    // A page says where it is a sixteenth of the soft deadline before its end: on a busy machine that must be in time.
    let late = PageLimits { turn_soft_ms: 800, turn_hard_ms: 1_200, ..PATIENT };
    let deaths = [
        (late, "document.title; for (;;);", "fault.timeout 1200 at 2"),
        (
            PATIENT,
            "document.title; for (var kept = [];;) kept.push(new Array(1000).join(kept.length));",
            "fault.limit memory_bytesnull at 2",
        ),
        (PATIENT, "document.title; eval(new Array(500000).join('!') + 1);", "fault.killed null at 2"),
    ];
    for launcher in launchers() {
        for (limits, wild, expected) in &deaths {
            let site = site(wild);
            let mut page = PageProcess::new(PageOptions { limits: *limits, ..site.options() }, launcher.clone());
            let turn = page.open_whole().unwrap();
            let turn = page.turn_whole(input(MAP, 1, turn.now));
            assert_eq!(shown(&turn), [*expected], "{wild}");
            let Output::Fault(fault) = &turn.emissions[0].output else { panic!("it is one") };
            assert_eq!(fault.place().unwrap().file.as_deref(), Some("index.html"), "{wild}");
        }
    }
}
