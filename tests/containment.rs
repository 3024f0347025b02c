//! What pages do when they go wild, and that it stays theirs.
//!
//! A case is the body of a function in `containment/*.js`, under a line `//! name: what may be reported`: fault types,
//! `nothing` where the engine refuses it with an exception or it ends by itself, `parked` where it is told again until
//! the page is parked. Each runs in a page beside an innocent one: what the page said before it went wild came out, the
//! innocent page answers right after, the wild one its next event (or, where what it left behind ends it once more, the
//! one after), and nothing is left in the end.
//!
//! The cases of a file take turns with the ways in which a page comes to be: the first is spawned, the second forked
//! with its scripts compiled, the third forked loaded, and so on. `DUOKE_TEST_LEVELS=all` runs every case in every way,
//! `DUOKE_TEST_CASE` those whose name contains it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

#[path = "containment/frames.rs"]
mod frames;
#[path = "containment/orphans.rs"]
mod orphans;
mod page_bench;
mod process_bench;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duoke::base::limits::page::PageLimits;
use duoke::engine::event_loop::Output;
use duoke::event::Fault;
use duoke::page::{Driver as _, PageOptions, Turn};
use duoke::process::{Launcher, PageProcess};
use page_bench::Whole as _;
use process_bench::{
    BOUNDS, MAP, PATIENT, Site, USER_A, USER_B, assert_nothing_is_left, held, input, launchers, lines,
};

/// Short, for there are many cases; long enough for the navigations that one turn may have, by an unoptimised program on a busy machine.
const SHORT: PageLimits = PageLimits { turn_soft_ms: 750, turn_hard_ms: 1_500, ..BOUNDS };

/// One at a time in one process, so that what is held can be counted.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One case of a file.
struct Case<'a> {
    name: &'a str,
    /// What may be reported.
    allowed: BTreeSet<&'a str>,
    code: &'a str,
}

impl<'a> Case<'a> {
    fn read(text: &'a str) -> Self {
        let (head, code) = text.split_once('\n').unwrap();
        let (name, allowed) = head.split_once(": ").unwrap();
        Self { name, allowed: allowed.split(", ").collect(), code }
    }
}

fn cases(file: &str) -> impl Iterator<Item = Case<'_>> {
    file.split("//! ").skip(1).map(Case::read)
}

/// The page of a case; counts what it hears.
fn site(code: &str) -> Site {
    Site::new(&format!(
        "<body><script>
         var heard = 0;
         function wild() {{\n{code}\n}}
         function MCS_ClientNotify(s) {{
           var event = JSON.parse(s).event;
           if (event === 'OnMapMsgClick') wild();
           put(++heard + ' ' + event);
         }}
         if (sessionStorage.again) new Function(sessionStorage.again)();
         </script>"
    ))
}

fn tell(page: &mut PageProcess, line: &str, last: &Turn) -> Turn {
    page.turn_whole(input(line, 1, last.now))
}

/// An innocent page, and what it has answered.
struct Innocent {
    page: PageProcess,
    last: Turn,
    told: usize,
}

impl Innocent {
    fn open(site: &Site, launcher: Arc<dyn Launcher>) -> Self {
        let mut page = PageProcess::new(PageOptions { limits: PATIENT, ..site.options() }, launcher);
        let last = page.open_whole().unwrap();
        Self { page, last, told: 0 }
    }

    /// It is the same page as ever, and answers.
    fn check(&mut self) {
        self.told += 1;
        let (user, line) = [("oA", USER_A), ("oB", USER_B)][self.told % 2];
        self.last = tell(&mut self.page, line, &self.last);
        assert_eq!(lines(&self.last), [format!("{user}: {} OnUserChange", self.told)]);
    }
}

/// The types of the faults in a turn.
fn faults(turn: &Turn) -> BTreeSet<&'static str> {
    let fault = |emission: &duoke::engine::event_loop::Emission| match &emission.output {
        Output::Fault(fault) => Some(Fault::type_name(fault)),
        _ => None,
    };
    turn.emissions.iter().filter_map(fault).collect()
}

/// Whether the page answered the second user.
fn is_answered(turn: &Turn) -> bool {
    lines(turn).iter().any(|line| line.starts_with("oB: ") && line.ends_with(" OnUserChange"))
}

/// What a turn gave out, for a message: floods are long.
fn shown(turn: &Turn) -> String {
    let said: Vec<String> = lines(turn).iter().map(|line| line.chars().take(200).collect()).collect();
    let (faults, rest): (Vec<_>, Vec<_>) = said.iter().partition(|line| line.contains(": fault."));
    format!("{} lines: {:#?} … {:#?}", said.len(), &faults[..faults.len().min(5)], &rest[..rest.len().min(5)])
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// One case in one way; what is wrong.
fn check(case: &Case<'_>, launcher: &Arc<dyn Launcher>, innocent: &mut Innocent) -> Result<(), String> {
    let site = site(case.code);
    let open = || {
        let mut page = PageProcess::new(PageOptions { limits: SHORT, ..site.options() }, launcher.clone());
        page.open_whole().map(|turn| (page, turn)).map_err(|error| format!("does not load: {error}"))
    };
    // From the second page on they are forked, where they are.
    drop(open()?);
    let (mut page, mut turn) = open()?;
    turn = tell(&mut page, USER_A, &turn);
    ensure(lines(&turn) == ["oA: 1 OnUserChange"], || format!("before it went wild: {}", shown(&turn)))?;
    turn = tell(&mut page, MAP, &turn);
    innocent.check();
    let reported = faults(&turn);
    let is_allowed = reported.iter().all(|fault| case.allowed.contains(fault));
    ensure(is_allowed && (!reported.is_empty() || case.allowed.contains("nothing")), || {
        format!("reported {reported:?}: {}", shown(&turn))
    })?;
    if case.allowed.contains("parked") {
        for _ in 1..SHORT.deaths {
            ensure(!page.is_parked(), || "parked too early".to_owned())?;
            turn = tell(&mut page, MAP, &turn);
            innocent.check();
        }
        ensure(page.is_parked() && lines(&turn).last().is_some_and(|line| line.contains("it is parked")), || {
            format!("parked: {}", shown(&turn))
        })?;
        turn = tell(&mut page, USER_B, &turn);
        ensure(turn.emissions.is_empty(), || format!("once it is parked: {}", shown(&turn)))?;
    } else {
        turn = tell(&mut page, USER_B, &turn);
        if !is_answered(&turn) && faults(&turn).iter().all(|fault| case.allowed.contains(fault)) {
            // What it left behind ended it once more.
            turn = tell(&mut page, USER_B, &turn);
        }
        ensure(is_answered(&turn), || format!("the next event: {}", shown(&turn)))?;
    }
    drop(page);
    ensure(std::fs::read_dir(site.path()).unwrap().count() == 1, || "files beside the page".to_owned())
}

/// The cases of a file, each in one of the ways.
fn check_all(file: &str) {
    let _alone = alone();
    let in_every_way = std::env::var("DUOKE_TEST_LEVELS").is_ok_and(|levels| levels == "all");
    let wanted = std::env::var("DUOKE_TEST_CASE").unwrap_or_default();
    let before = held();
    let innocent_site = site("");
    let mut innocents: Vec<_> =
        launchers().into_iter().map(|launcher| Innocent::open(&innocent_site, launcher)).collect();
    let mut problems = Vec::new();
    for (number, case) in cases(file).enumerate().filter(|(_, case)| case.name.contains(&wanted)) {
        for (way, launcher) in ["spawned", "compiled", "loaded"].into_iter().zip(launchers()).enumerate() {
            if in_every_way || number % innocents.len() == way {
                let (name, launcher) = launcher;
                if let Err(problem) = check(&case, &launcher, &mut innocents[way]) {
                    problems.push(format!("{} ({name}): {problem}", case.name));
                }
            }
        }
    }
    drop(innocents);
    assert!(problems.is_empty(), "{} of the cases\n{}", problems.len(), problems.join("\n\n"));
    assert_nothing_is_left(before);
}

macro_rules! files {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check_all(include_str!(concat!("containment/", stringify!($name), ".js")));
        })*
    };
}

files!(code documents floods loops memory modules recursion tasks values);
