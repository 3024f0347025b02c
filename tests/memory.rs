//! Memory: what a page lets go of is collected, whatever refers to what. Counted are the bytes that a page's thread has
//! allocated and not freed, after a full collection, so the figures are exact and the same on every run.

mod page_bench;

use duoke::base::limits::RANDOMS_REMEMBERED;
use duoke::base::memory::{CountingAllocator, live_bytes};
use duoke::page::Page;
use page_bench::{event, messages, on_page_stack, open_library_page, open_page, printed, tell};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What may stay after hundreds of rounds that leave nothing behind: tables that grow by doubling, caches with a bound.
const SLACK_BYTES: isize = 256 * 1024;

/// Bytes in use once everything that can be collected is.
fn settled() -> isize {
    // What a collection finalizes can free more, so one more follows.
    boa_gc::force_collect();
    boa_gc::force_collect();
    live_bytes()
}

/// Tells the page to do its round, `rounds` times.
fn run_rounds(page: &mut Page, rounds: usize) {
    for _ in 0..rounds {
        let (lines, faults) = printed(&tell(page, r#"{"event":"Round"}"#));
        assert!(lines.is_empty() && faults.is_empty(), "{lines:?} {faults:?}");
    }
}

/// Bytes that `rounds` further rounds of a page of `tests/memory` leave behind, after a tenth as many to warm up.
fn growth(name: &str, rounds: usize) -> isize {
    let path = format!("memory/{name}.html");
    on_page_stack(move || {
        let mut page = open_page(&path);
        run_rounds(&mut page, rounds.div_ceil(10));
        let before = settled();
        run_rounds(&mut page, rounds);
        settled() - before
    })
}

#[track_caller]
fn check_flat(name: &str, rounds: usize) {
    let grown = growth(name, rounds);
    assert!(grown < SLACK_BYTES, "{name}: {rounds} rounds left {grown} bytes behind");
}

/// 100,000 nodes with two listeners each that close over them.
#[test]
fn a_list_that_renders_anew_is_collected() {
    check_flat("listeners", 100);
}

#[test]
fn collections_and_other_parts_of_nodes_are_collected() {
    check_flat("collections", 30);
}

#[test]
fn observers_ranges_and_iterators_are_collected() {
    check_flat("observers", 60);
}

#[test]
fn what_timers_promises_and_requests_hold_is_collected() {
    check_flat("timers", 300);
}

#[test]
fn inserted_scripts_are_forgotten() {
    check_flat("scripts", 100);
}

#[test]
fn names_that_never_come_again_are_forgotten() {
    check_flat("names", 100);
}

#[test]
fn json_leaves_nothing_behind() {
    check_flat("json", 100);
}

#[test]
fn detached_trees_live_as_long_as_one_of_their_nodes() {
    check_flat("detached", 10);
}

/// The engine keeps every name and every string that has stood in code until the document goes, so code made from data
/// grows it: measured are 266 bytes for a text with one new string of 25 characters. A page that parses JSON does not.
#[test]
fn code_made_from_text_grows_within_bounds() {
    let (rounds, texts_per_round) = (100, 100);
    let grown = growth("code", rounds);
    let each = grown / isize::try_from(rounds * texts_per_round).unwrap();
    assert!(each < 400, "{each} bytes for each text");
}

/// The jQuery page renders 50 rows anew for every event, with delegated handlers, `.data()` and code made from the
/// event's text. What grows is the list of `random`s that have been used, which has a bound of its own: measured are 87
/// bytes an event, 0.7 MB from event 2,000 to event 10,000. `DUOKE_TEST_EVENTS` says how many events there are; 10,000
/// take about a minute in an unoptimised build.
#[test]
fn the_jquery_page_runs_in_flat_memory() {
    const RANDOM_BYTES_MAX: usize = 128;
    let events: usize = std::env::var("DUOKE_TEST_EVENTS").map_or(1_000, |count| count.parse().unwrap());
    let grown = on_page_stack(move || {
        let mut page = open_library_page("libraries/pages/jquery/index.html");
        let mut run = |events: std::ops::Range<usize>| {
            for at in events {
                assert_eq!(messages(&tell(&mut page, &event(at))).len(), 1);
            }
            settled()
        };
        let before = run(0..events / 5);
        run(events / 5..events) - before
    });
    let randoms = isize::try_from(RANDOM_BYTES_MAX * events.min(RANDOMS_REMEMBERED)).unwrap();
    assert!(grown < SLACK_BYTES + randoms, "{events} events left {grown} bytes behind");
}

/// A document that is left takes its engine, its nodes and what they hold with it.
#[test]
fn documents_that_are_left_are_collected() {
    let grown = on_page_stack(|| {
        let mut page = open_library_page("memory/detached.html");
        let mut reload = |times: usize| {
            for _ in 0..times {
                run_rounds(&mut page, 1);
                let (lines, faults) = printed(&tell(&mut page, r#"{"type":"stimulus.page.reload"}"#));
                assert!(lines.is_empty() && faults.is_empty(), "{lines:?} {faults:?}");
            }
            settled()
        };
        let before = reload(3);
        reload(10) - before
    });
    assert!(grown < SLACK_BYTES, "10 reloads left {grown} bytes behind");
}

/// So does a page that is closed.
#[test]
fn pages_that_are_closed_are_collected() {
    let grown = on_page_stack(|| {
        let open_and_close = |times: usize| {
            for _ in 0..times {
                let mut page = open_library_page("memory/detached.html");
                run_rounds(&mut page, 1);
            }
            settled()
        };
        let before = open_and_close(3);
        open_and_close(10) - before
    });
    assert!(grown < SLACK_BYTES, "10 pages left {grown} bytes behind");
}
