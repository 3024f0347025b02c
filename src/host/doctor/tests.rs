//! What was found, and what is said of it.

use std::time::Duration;

use super::State::{Failed, Ok, Warning};
use super::machine::{Memory, memory, of_meminfo, open_files, stack};
use super::pages::{Confined, Seen, confinement, start};
use super::*;
use crate::base::limits::page::PageLimits;
use crate::process::Level;
use crate::process::probe::Tried;

const MIB: u64 = 1024 * 1024;
const UNLIMITED: u64 = u64::MAX;

#[track_caller]
fn check(check: &Check, state: State, found: &str) {
    assert_eq!((check.state, check.found.as_str()), (state, found));
    assert_eq!(check.hint.is_some(), state != Ok);
}

#[test]
fn limits_and_memory() {
    const PAGE: u64 = 256 * 1024 * 1024;
    check(&stack((8 * MIB, UNLIMITED)), Ok, "8 MiB, may be raised to unlimited; a page needs 256 MiB");
    check(&stack((8 * MIB, 255 * MIB)), Warning, "8 MiB, may be raised to 255 MiB; a page needs 256 MiB");
    check(&open_files((1024, 4096), 3), Ok, "1024, may be raised to 4096: about 409 pages fit");
    check(&open_files((1024, UNLIMITED), 3), Ok, "1024, may be raised to unlimited: any number of pages fit");
    check(&open_files((20, 20), 3), Warning, "20, may be raised to 20: about 2 pages fit");
    check(&open_files((9, 9), 1), Failed, "9, may be raised to 9: about 0 pages fit");
    let of = |available, total| Some(Memory { total: total * MIB, available: available * MIB });
    check(&memory(of(1024, 4096), 4, PAGE), Ok, "1024 MiB of 4096 MiB available; a page may use up to 256 MiB");
    check(&memory(of(1023, 4096), 4, PAGE), Warning, "1023 MiB of 4096 MiB available; a page may use up to 256 MiB");
    check(&memory(of(200, 255), 1, PAGE), Failed, "200 MiB of 255 MiB available; a page may use up to 256 MiB");
    check(&memory(None, 1, PAGE), Ok, "this system does not say how much there is");
    let text = "MemTotal:        2048 kB\nMemFree:  1 kB\nMemAvailable:   1024 kB\n";
    assert_eq!(of_meminfo(text), Some(Memory { total: 2 * MIB, available: MIB }));
    assert_eq!(of_meminfo("MemTotal: 2048 kB\n"), None);
}

fn confined(worked: &[bool], missing: &[&str]) -> Confined {
    let tried =
        |(at, worked): (usize, &bool)| Tried { what: format!("leave by {at}"), worked: *worked, answer: String::new() };
    Confined {
        tried: worked.iter().enumerate().map(tried).collect(),
        missing: missing.iter().map(|&missing| missing.to_owned()).collect(),
    }
}

#[test]
fn what_a_page_could_still_do() {
    let landlock = ["landlock: this kernel does not enforce it"];
    let table = [
        (confined(&[false, false], &[]), Ok, Ok, "all of 2 ways out are refused"),
        (
            confined(&[false, false], &landlock),
            Warning,
            Failed,
            "all of 2 ways out are refused; missing is landlock: this kernel does not enforce it",
        ),
        (confined(&[true, false, true], &[]), Warning, Failed, "2 of 3 ways out are open: leave by 0, leave by 2"),
        (confined(&[], &[]), Warning, Failed, "the page process did not answer"),
    ];
    for (confined, wanted, required, found) in table {
        check(&confinement("x", &confined, false), wanted, found);
        check(&confinement("x", &confined, true), required, found);
    }
}

#[test]
fn how_pages_came_to_be() {
    let seen = |took: &[u64]| Seen { took: took.iter().map(|ms| Duration::from_millis(*ms)).collect(), confined: None };
    let forked = [seen(&[40, 10, 20]), seen(&[9, 1, 2]), seen(&[1])];
    let found = "3 spawned in 20 ms, 3 forked compiled in 2 ms, 1 forked loaded in 1 ms";
    check(&start(&forked, None, Level::Loaded), Ok, found);
    let spawned = [seen(&[40, 10, 20]), seen(&[]), seen(&[])];
    check(&start(&spawned, None, Level::Loaded), Warning, "3 spawned in 20 ms");
    check(&start(&spawned, None, Level::Spawned), Ok, "3 spawned in 20 ms");
    check(&start(&spawned, Some("no process"), Level::Spawned), Failed, "a bundled page does not open: no process");
}

#[test]
fn what_failed_decides() {
    let of = |checks: Vec<Check>| Diagnosis {
        checks,
        served: Served::default(),
        open_ms: OpenMs::default(),
        limits: PageLimits::default(),
    };
    let failed = || Check::not_ok("x", Failed, "found", "hint");
    let warned = of(vec![Check::ok("a", "fine"), Check::not_ok("b", Warning, "so so", "do this")]);
    assert!(warned.is_ready() && !warned.has_failed(About::Machine));
    let expected = json!({
        "ready": true,
        "checks": [
            {"name": "a", "state": "ok", "found": "fine"},
            {"name": "b", "state": "warning", "found": "so so", "hint": "do this"},
        ],
        "served": {"spawned": 0, "compiled": 0, "loaded": 0},
        "open_ms": {"spawned": null, "compiled": null, "loaded": null},
        "limits": PageLimits::default(),
    });
    assert_eq!(warned.json(), expected);
    let configuration = of(vec![failed().of_configuration()]);
    assert!(!configuration.is_ready() && configuration.has_failed(About::Configuration));
    assert!(!configuration.has_failed(About::Machine) && of(vec![failed()]).has_failed(About::Machine));
}
