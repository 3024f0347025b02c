//! Real libraries as published, on our DOM: the pages that hosts are compared with, and pages that check a library's
//! calls themselves. The libraries are pinned in `tests/libraries` and installed by `scripts/test`.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

mod page_bench;

use page_bench::{event, messages, on_page_stack, open, tell};
use ring::digest::{Context, SHA256};

/// The page must answer the first `events` lines of the log with messages whose SHA-256, one a line, is `expected`:
/// what browsers and other hosts give.
#[track_caller]
fn check_messages(name: &'static str, events: usize, expected: &str) {
    let found = on_page_stack(move || {
        let mut page = open(&format!("libraries/pages/{name}/index.html"), Vec::new());
        assert_eq!(messages(&page.take_turn()), [] as [String; 0]);
        let mut digest = Context::new(&SHA256);
        for at in 0..events {
            for message in messages(&tell(&mut page, &event(at))) {
                digest.update(message.as_bytes());
                digest.update(b"\n");
            }
        }
        digest.finish()
    });
    let found = found.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(found, expected);
}

#[test]
fn the_vanilla_page_answers_as_in_browsers() {
    check_messages("vanilla", 1_000, "55bf51f14b895aff33458d034d323b0b3efc299cda00defae450b8321271939e");
}

#[test]
fn the_jquery_page_answers_as_in_browsers() {
    check_messages("jquery", 1_000, "39ea09f74472306fd6ad2c5872bc4b126e921b1d25341d72142c88c890ce3047");
}

/// jQuery, Bootstrap, Handlebars and lodash together.
#[test]
fn the_heavy_page_answers_as_in_browsers() {
    check_messages("heavy", 200, "6f3c2a4d8d76147444131854f1aaef6392c11071244186eb6ec19825cf8d9178");
}
