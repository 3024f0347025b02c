//! Pages in processes of their own: the same as in this one, and contained whatever they do.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

#[path = "process/echat.rs"]
mod echat;
mod page_bench;
mod process_bench;

use std::fmt::Write as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use duoke::base::limits::page::PageLimits;
use duoke::base::limits::{CLOCK_START_MS, SETTLE_MS_DEFAULT};
use duoke::event::LocalStorage;
use duoke::page::{Driver, LoadError, Page, PageOptions, PageThread, Turn};
use duoke::process::launch::{Ending, Launch};
use duoke::process::protocol::{FromPage, Opening, ToPage};
use duoke::process::{Launched, Launcher, PageProcess, frame};
use page_bench::{Whole as _, on_page_stack};
use process_bench::{BOUNDS, MAP, PATIENT, Site, USER_A, USER_B, input, lines};
#[cfg(target_os = "linux")]
use process_bench::{assert_nothing_is_left, held, launchers};

/// Opens the page and tells it the lines; what it gave out, a turn a line.
fn run(driver: &mut dyn Driver, told: &[&str]) -> Result<String, LoadError> {
    let mut turn = driver.open_whole()?;
    let mut said = lines(&turn).join(" | ");
    for (at, line) in told.iter().enumerate() {
        let again;
        (turn, again) = driver.turn_and_again(input(line, at as u64 + 1, turn.now));
        let again = if again.is_empty() { String::new() } else { format!("({} again) ", again.len()) };
        write!(said, "\n{again}{}", lines(&turn).join(" | ")).unwrap();
    }
    Ok(said)
}

#[track_caller]
fn check(site: &Site, told: &[&str], expected: &str) {
    for mut process in site.processes(BOUNDS) {
        assert_eq!(run(&mut process, told).unwrap(), expected);
    }
}

#[test]
fn a_page_process_does_what_a_page_does() {
    let site = Site::new(
        "<p id=p></p><script>
           document.cookie = 'a=1';
           function MCS_ClientNotify(s) {
             var data = JSON.parse(s), request = new XMLHttpRequest();
             request.open('GET', 'data.json');
             request.onload = function () {
               p.innerHTML = request.responseText;
               setTimeout(function () { put(data.event + p.textContent + document.cookie + Math.random()); }, 50);
             };
             request.send();
             console.log(new Date().getTime());
           }
         </script>",
    )
    .with("data.json", "[1]");
    let mut process = site.processes(PATIENT).remove(0);
    let found = run(&mut process, &[USER_A, MAP]).unwrap();
    let html = process.document_html();
    let options = site.options();
    let (expected, expected_html) = on_page_stack(move || {
        let mut page = Page::open(options, SETTLE_MS_DEFAULT).unwrap();
        let mut turn = page.take_turn();
        let mut said = lines(&turn).join(" | ");
        for (at, line) in [USER_A, MAP].iter().enumerate() {
            turn = page.turn(&input(line, at as u64 + 1, turn.now));
            write!(said, "\n{}", lines(&turn).join(" | ")).unwrap();
        }
        (said, page.document_html())
    });
    assert!(expected.contains("OnUserChange[1]a=1"), "{expected}");
    assert_eq!((found, html), (expected, expected_html));
}

/// Long enough to load a small page on a busy machine.
const SHORT: PageLimits = PageLimits { turn_soft_ms: 250, turn_hard_ms: 600, ..BOUNDS };

/// What comes of one turn after the user is known: of each finished task, and at the turn's end.
fn by_task(process: &mut dyn Driver, line: &str) -> (Vec<String>, String) {
    let mut turn = process.open_whole().unwrap();
    turn = process.turn_whole(input(USER_A, 1, turn.now));
    let mut tasks = Vec::new();
    turn = process.turn(input(line, 2, turn.now), &mut |emissions, repeated| {
        assert!(!repeated);
        tasks.push(lines(&Turn { emissions, ..Turn::default() }).join(" | "));
    });
    (tasks, lines(&turn).join(" | "))
}

#[track_caller]
fn check_by_task(wild: &str, tasks: &[&str], end: &str) {
    for mut process in handling(wild).further_processes(SHORT) {
        let found = by_task(&mut process, MAP);
        assert_eq!(found, (tasks.iter().map(|task| (*task).to_owned()).collect(), end.to_owned()), "{wild}");
    }
}

/// A page that does this when it is told a place.
fn handling(wild: &str) -> Site {
    Site::new(&format!(
        "<script>function later(work) {{ setTimeout(work, 20); }}
         function MCS_ClientNotify(s) {{ if (JSON.parse(s).event === 'OnMapMsgClick') {{ {wild} }} }}</script>"
    ))
    .with("a.txt", "a")
}

#[test]
fn what_finished_tasks_did_is_heard_before_the_next_one() {
    // The last task is the turn's end: one task costs no frame of its own.
    check_by_task("put(1); Promise.resolve().then(function () { put(2); });", &[], "oA: 1 | oA: 2");
    check_by_task("put(1); later(function () { put(2); });", &["oA: 1"], "oA: 2");
    // What only people read waits for an effect.
    check_by_task(
        "console.log('a'); later(function () { console.log('b'); put(1); later(function () { console.log('c'); }); });",
        &["oA: a | oA: b | oA: 1"],
        "oA: c",
    );
    // Whoever waits for others has come so far.
    let asks = "put(1); var x = new XMLHttpRequest(); x.open('GET', 'a.txt', false); x.send(); put(x.responseText);";
    check_by_task(asks, &["oA: 1"], "oA: a");
    let starts = "put(1); var x = new XMLHttpRequest(); x.open('GET', 'a.txt'); x.onload = function () { put(2); };
                  x.send(); put(3);";
    check_by_task(starts, &["oA: 1 | oA: 3"], "oA: 2");
    let navigates = "put(1); location.search = 'x';";
    check_by_task(navigates, &[r#"oA: 1 | oA: {"url":"http://demo.plugin.invalid/index.html?x","kind":"assign"}"#], "");
}

#[test]
fn a_page_on_a_thread_is_heard_task_by_task() {
    let site = handling("put(1); later(function () { put(2); });");
    let found = by_task(&mut PageThread::new(site.options()), MAP);
    assert_eq!(found, (vec!["oA: 1".to_owned()], "oA: 2".to_owned()));
}

#[test]
fn what_finished_tasks_did_outlives_the_page() {
    let late = "oA: fault.timeout the page computed longer than 600 ms";
    check_by_task("put(1); later(function () { put(2); while (true) {} });", &["oA: 1"], late);
    check_by_task(
        "put(1); setTimeout(function () { put(2); setTimeout(function () { for (;;); }, 500); }, 500);",
        &["oA: 1", "oA: 2"],
        late,
    );
    let waits = "put(1); var x = new XMLHttpRequest(); x.open('GET', 'a.txt', false); x.send(); put(2); for (;;);";
    check_by_task(waits, &["oA: 1"], late);
}

#[test]
fn a_page_that_died_goes_on_after_the_time_of_what_it_did() {
    let site = Site::new(
        "<script>function MCS_ClientNotify(s) {
           if (JSON.parse(s).event !== 'OnMapMsgClick') return;
           setTimeout(function () { put('late'); setTimeout(function () { for (;;); }); }, 900);
         }</script>",
    );
    for mut process in site.further_processes(SHORT) {
        let turn = process.open_whole().unwrap();
        let wild = process.turn_whole(input(MAP, 1, turn.now));
        let times: Vec<i64> = wild.emissions.iter().map(|emission| emission.time - turn.now).collect();
        assert_eq!((times.as_slice(), wild.now - turn.now), ([900, 900].as_slice(), 900), "{:?}", lines(&wild));
    }
}

#[test]
fn scripts_of_a_document_are_heard_one_after_the_other() {
    let site = Site::new("<script>put(1)</script><script>put(2); for (;;);</script>");
    let mut tasks = Vec::new();
    let mut process = site.processes(SHORT).remove(0);
    let error = process.open(SETTLE_MS_DEFAULT, &mut |emissions, _| {
        tasks.extend(lines(&Turn { emissions, ..Turn::default() }));
    });
    assert_eq!(
        (error.unwrap_err().to_string(), tasks),
        ("the page computed longer than 600 ms".to_owned(), vec!["nobody: 1".to_owned()])
    );
}

#[test]
fn what_a_fresh_page_repeats_is_told_apart_task_by_task() {
    let site = Site::new(
        "<script>function MCS_ClientNotify(s) {
           var event = JSON.parse(s).event;
           put(event + 1);
           setTimeout(function () { put(event + 2); }, 5);
           if (event === 'OnMapMsgClick') for (;;);
         }</script>",
    );
    for mut process in site.further_processes(SHORT) {
        let mut turn = process.open_whole().unwrap();
        for line in [USER_A, MAP] {
            turn = process.turn_whole(input(line, 1, turn.now));
        }
        let mut heard = Vec::new();
        turn = process.turn(input(USER_B, 2, turn.now), &mut |emissions, repeated| {
            heard.push((lines(&Turn { emissions, ..Turn::default() }).join(" | "), repeated));
        });
        // First of all that it is a fresh one.
        let expected =
            [("", true), ("oA: OnUserChange1", true), ("oA: OnUserChange2", true), ("oB: OnUserChange1", false)];
        assert_eq!(heard, expected.map(|(line, repeated)| (line.to_owned(), repeated)));
        assert_eq!(lines(&turn), ["oB: OnUserChange2"]);
    }
}

#[test]
fn an_endless_loop_ends_the_page_and_a_fresh_one_goes_on() {
    let site = Site::new(
        "<script>function MCS_ClientNotify(s) {
           var data = JSON.parse(s);
           put(data.event);
           if (data.event === 'OnMapMsgClick') while (true) {}
         }</script>",
    );
    check(
        &site,
        &[USER_A, MAP, USER_B, USER_A],
        "\noA: OnUserChange\noA: fault.timeout the page computed longer than 1500 ms\n\
         (1 again) oA: OnUserChange | oB: OnUserChange\noA: OnUserChange",
    );
}

#[test]
fn a_fresh_page_finds_what_the_dead_one_kept() {
    let site = Site::new(
        "<script>
         localStorage.loads = Number(localStorage.loads || 0) + 1;
         sessionStorage.mine = 1;
         function MCS_ClientNotify(s) {
           var kept = JSON.stringify(localStorage) + sessionStorage.length;
           if (JSON.parse(s).event !== 'OnMapMsgClick') return put(kept);
           localStorage.told = 'now'; localStorage.gone = 1; sessionStorage.told = 1;
           setTimeout(function () { delete localStorage.gone; setTimeout(wild); });
           function wild() { localStorage.lost = 1; for (;;); }
         }</script>",
    );
    let mut storage = LocalStorage::default();
    storage.set("http://demo.plugin.invalid", "given", "1");
    storage.set("http://other.test", "not", "seen");
    for launcher in launchers() {
        for _ in 0..2 {
            let options = PageOptions { limits: SHORT, storage: storage.clone(), ..site.options() };
            let mut process = PageProcess::new(options, launcher.clone());
            let said = run(&mut process, &[USER_A, MAP, USER_B]).unwrap();
            let said: Vec<&str> = said.lines().filter(|line| line.contains("given")).collect();
            let again = r#"oA: {"given":"1","loads":"2","told":"now"}1"#;
            let fresh = r#"oB: {"given":"1","loads":"2","told":"now"}1"#;
            assert_eq!(said[0], r#"oA: {"given":"1","loads":"1"}1"#);
            assert!(said[1].ends_with(&format!("{again} | {fresh}")), "{said:?}");
        }
    }
}

#[test]
fn a_page_that_asks_again_and_again_is_stopped_softly() {
    let site = Site::new(
        "<script>function MCS_ClientNotify(s) {
           var data = JSON.parse(s);
           if (data.event === 'OnMapMsgClick') {
             try { while (true) document.getElementById('x'); } catch (e) { put('caught'); } finally { put('finally'); }
           }
           put(data.event);
         }</script>",
    );
    check(
        &site,
        &[USER_A, MAP, USER_B],
        "\noA: OnUserChange\noA: fault.timeout the page computed longer than 500 ms\noB: OnUserChange",
    );
}

#[test]
fn memory_has_a_bound() {
    let site = Site::new(
        "<script>var kept = []; function MCS_ClientNotify(s) {
           if (JSON.parse(s).event === 'OnMapMsgClick') while (true) kept.push(new Array(1000).join('x' + kept.length));
           put('fine');
         }</script>",
    );
    for mut process in site.processes(PATIENT) {
        assert_eq!(
            run(&mut process, &[USER_A, MAP, USER_B]).unwrap(),
            "\noA: fine\noA: fault.limit the page ran over its bound of 67108864 memory_bytes\n\
             (1 again) oA: fine | oB: fine",
        );
    }
}

#[test]
fn a_page_that_breaks_its_process_is_reported() {
    let site = Site::new(
        "<script>function MCS_ClientNotify(s) {
           if (JSON.parse(s).event === 'OnMapMsgClick') eval(new Array(200000).join('('));
           put('fine');
         }</script>",
    );
    for mut process in site.processes(PATIENT) {
        let said = run(&mut process, &[USER_A, MAP, USER_B, MAP, USER_A]).unwrap();
        assert_eq!(said.matches("fault.").count(), 2, "{said}");
        assert!(said.ends_with("oA: fine"), "{said}");
    }
}

#[test]
fn a_page_that_does_not_load_says_why() {
    let site = Site::new("<script>while (true) {}</script>");
    let error = run(&mut site.processes(BOUNDS).remove(0), &[]).unwrap_err();
    assert_eq!(error.to_string(), "the page computed longer than 1500 ms");
}

#[test]
fn a_page_that_dies_again_and_again_is_parked() {
    let site = Site::new(
        "<script>function MCS_ClientNotify(s) { if (JSON.parse(s).event === 'OnMapMsgClick') while (true) {} }</script>",
    );
    let mut process = site.processes(PageLimits { turn_soft_ms: 200, turn_hard_ms: 400, ..BOUNDS }).pop().unwrap();
    let said = run(&mut process, &[MAP; 7]).unwrap();
    assert!(process.is_parked());
    assert_eq!(said.matches("fault.timeout").count(), 5, "{said}");
    assert_eq!(said.matches("parked").count(), 1, "{said}");
}

#[test]
fn requests_of_one_turn_are_counted() {
    let site = Site::new(
        "<script>function MCS_ClientNotify() { for (var got = 0, n = 0; n < 1001; n++) { var x = new XMLHttpRequest(); \
         x.open('GET', 'a.txt', false); try { x.send(); got++ } catch (e) {} } put(got) }</script>",
    )
    .with("a.txt", "a");
    let mut process = site.processes(PATIENT).remove(0);
    let said = run(&mut process, &[USER_A, USER_A]).unwrap();
    let turn = "\noA: fault.network http://demo.plugin.invalid/a.txt was not fetched: a page may make 1000 requests in \
                one turn; let the page wait for answers before it asks for more | oA: 1000";
    assert_eq!(said, turn.repeat(2));
}

#[test]
fn a_page_that_polls_may_do_so_all_the_time() {
    let site = Site::new(
        "<script>var got = 0; setInterval(function () { var x = new XMLHttpRequest(); x.open('GET', 'a.txt', false); \
         x.send(); got++ }, 1000); function MCS_ClientNotify() { put(got) }</script>",
    )
    .with("a.txt", "a");
    let mut process = site.processes(PATIENT).remove(0);
    process.open_whole().unwrap();
    assert_eq!(lines(&process.turn_whole(input(USER_A, 1, CLOCK_START_MS + 1_200_500))), ["oA: 1200"]);
}

#[test]
fn requests_started_at_once_are_all_answered_in_their_order() {
    let site = Site::new(
        "<script>function MCS_ClientNotify() { var got = ''; function ask(n) { var x = new XMLHttpRequest(); \
         x.open('GET', 'a.txt?' + n); x.onload = function () { got += n + ':' + x.responseText.length + ' '; \
         if (n === 39) put(got) }; x.send() } for (var n = 0; n < 40; n++) ask(n) }</script>",
    )
    .with("a.txt", &"a".repeat(300_000));
    let expected: String = (0..40).fold(String::new(), |said, n| said + &format!("{n}:300000 "));
    check(&site, &[USER_A], &format!("\noA: {expected}"));
}

/// Starts a process that says it is not confined, and opens its page all the same.
#[derive(Debug)]
struct Unconfined;

struct Nobody;

impl Launched for Nobody {
    fn end(&mut self) -> Ending {
        Ending { code: None, signal: None, said: String::new() }
    }
}

impl Launcher for Unconfined {
    fn launch(&self, _: &Opening, _: &PageOptions) -> std::io::Result<Launch> {
        let (host, page) = UnixStream::pair()?;
        std::thread::spawn(move || {
            let ToPage::Open(_, opening) = frame::read(&page).unwrap() else { panic!("the first frame opens") };
            frame::write(&page, &FromPage::Confined(vec!["landlock: absent".to_owned()])).unwrap();
            // A host that has gone needs no answer.
            let _ = frame::write(&page, &FromPage::Opened(Ok(Turn { now: opening.start, ..Turn::default() })));
        });
        Ok(Launch { process: Box::new(Nobody), stream: host, loaded: None, unconfined: Vec::new() })
    }
}

#[test]
fn where_confinement_is_required_a_page_without_it_is_not_used() {
    let site = Site::new("<p>");
    let lax = PageProcess::new(site.options(), Arc::new(Unconfined)).open_whole();
    assert!(lax.is_ok());
    let mut strict = PageProcess::new(site.options(), Arc::new(Unconfined)).requiring_confinement();
    match strict.open_whole() {
        Err(LoadError::Unconfined(missing)) => assert_eq!(missing, ["landlock: absent"]),
        other => panic!("{other:?}"),
    }
    assert!(strict.probe().is_empty());
    let mut confined = site.processes(PATIENT).remove(0).requiring_confinement();
    assert!(confined.open_whole().is_ok());
}

#[test]
fn nothing_leads_out_of_a_page_process() {
    let site = Site::new("<p>");
    let mut process = site.processes(PATIENT).remove(0);
    process.open_whole().unwrap();
    let tried = process.probe();
    assert!(tried.len() > 10);
    let open: Vec<_> = tried.iter().filter(|tried| tried.worked).collect();
    assert!(open.is_empty(), "{open:#?}");
    let refused = tried.iter().filter(|tried| tried.answer.contains("not permitted") || tried.answer.contains("EPERM"));
    assert!(refused.count() > 8, "by the filter, not by chance: {tried:#?}");
}

/// 50 deaths, or as many as `DUOKE_TEST_KILLS` says.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_of_pages_that_were_killed() {
    let kills = std::env::var("DUOKE_TEST_KILLS").ok().map_or(50, |kills| kills.parse().unwrap());
    let site = Site::new(
        "<script>function MCS_ClientNotify(s) { if (JSON.parse(s).event === 'OnMapMsgClick') while (true) {} put(1); }\
         </script>",
    );
    let bounds = PageLimits { turn_soft_ms: 50, turn_hard_ms: 100, ..BOUNDS };
    let before = held();
    for launcher in launchers() {
        let mut killed = 0;
        // On a busy machine one may be too slow to load.
        for _ in 0..10 * kills {
            // A page of its own each time: one that dies again and again is parked.
            let mut process = PageProcess::new(PageOptions { limits: bounds, ..site.options() }, launcher.clone());
            if let Ok(turn) = process.open_whole() {
                assert!(lines(&process.turn_whole(input(MAP, 1, turn.now)))[0].contains("fault.timeout"));
                killed += 1;
            }
            if 3 * killed >= kills {
                break;
            }
        }
        assert!(3 * killed >= kills, "{killed} of {kills}");
    }
    assert_nothing_is_left(before);
}
