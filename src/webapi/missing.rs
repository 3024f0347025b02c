//! Says which API a script failed for want of: one console warning for each API of a document, with what to do instead.
//!
//! The rule: a script is told when it fails. A ReferenceError names what is missing; of a TypeError the code at its place
//! tells, where it uses a name that the [catalogue](super::catalogue) calls missing or planned. Asking is no failure: `window.Worker`
//! is undefined, `typeof Worker` and `'Worker' in window` answer as in a browser without it, and code that catches
//! the error has dealt with it. Nothing is defined or watched for this, so pages that do not fail pay nothing.

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::Context;
use rustc_hash::FxHashSet;

use super::catalogue::scan::{Manner, Sighting, scan};
use super::catalogue::{Api, Path, Status, named};
use super::console;
use crate::base::limits::{MISSING_BEFORE_BYTES_MAX, MISSING_SCANNED_BYTES_MAX};
use crate::engine::fault::{Described, Sources};
use crate::engine::lexer::{Lines, tokens};
use crate::event::ConsoleLevel;

/// What a document was warned of.
#[derive(Default)]
struct Warned(RefCell<FxHashSet<&'static str>>);

/// Looks at an error that nobody caught, and warns where it comes of something missing.
pub fn warn(error: &Described, context: &mut Context) {
    let Some(api) = missing(error, context) else { return };
    if context.get_data::<Rc<Warned>>().is_none() {
        context.insert_data(Rc::<Warned>::default());
    }
    let is_first = context.get_data::<Rc<Warned>>().is_some_and(|warned| warned.0.borrow_mut().insert(api.name));
    if is_first {
        let place = error.place.as_ref().map(|(url, line, column)| {
            let place = Sources::of(context).place(url, *line, *column, String::new());
            format!(" ({}:{line}:{column})", place.file.as_ref().unwrap_or(url))
        });
        let place = place.unwrap_or_default();
        let text = format!("{}{}{place}", beginning(api), api.note);
        console::write(ConsoleLevel::Warn, &text, context);
    }
}

/// How the warning of an API begins.
#[must_use]
pub fn beginning(api: &Api) -> String {
    let word = if api.status == Status::Planned { "not yet" } else { "missing" };
    format!("{} is {word} here: ", api.name)
}

/// What an error says is missing.
fn missing(error: &Described, context: &Context) -> Option<&'static Api> {
    if let Some(rest) = error.message.strip_prefix("ReferenceError: ") {
        let name = rest.strip_suffix(" is not defined")?;
        let is_global = |api: &&&Api| !api.status.is_there() && matches!(api.path(), Path::Global(_));
        return named(name).iter().find(is_global).copied();
    }
    let failed = FAILURES.iter().find(|(words, _)| error.message.contains(words)).map(|(_, failed)| failed)?;
    let (url, line, column) = error.place.as_ref()?;
    let text = Sources::of(context).text(url)?;
    near(&text, Lines::of(&text).offset(*line, *column)?, failed)
}

/// What stands behind the name of what is undefined, by the words of the TypeError.
const FAILURES: [(&str, &[char]); 3] = [
    ("not a constructor", &['(', ';', ',', ')', '}']),
    ("not a callable function", &['(']),
    ("cannot convert 'null' or 'undefined' to object", &['.', '[']),
];

/// What is missing of what the code at a place uses, the nearest to it. The place is near the name, or where the function
/// around it begins: the engine does not tell more.
fn near(text: &str, place: usize, failed: &[char]) -> Option<&'static Api> {
    let from = place.saturating_sub(MISSING_SCANNED_BYTES_MAX);
    let start = text.as_bytes()[from..place].iter().rposition(|byte| *byte == b'\n').map_or(from, |at| from + at + 1);
    let start = floor(text, start);
    let code = &text[start..floor(text, (place + MISSING_SCANNED_BYTES_MAX).min(text.len()))];
    let place = place - start;
    let end = function_end(code, place);
    let fits = |sighting: &Sighting| {
        // The dialect warns of the client's own members when they are read.
        let is_client = matches!(sighting.api.path(), Path::Member("external", _));
        let is_use = !sighting.api.status.is_there() && sighting.manner == Manner::Use && !is_client;
        let is_there = sighting.at < end && sighting.at + MISSING_BEFORE_BYTES_MAX >= place;
        let behind = code[sighting.at..].trim_start_matches(|c: char| c.is_alphanumeric() || "_$\"'".contains(c));
        is_use && is_there && behind.trim_start_matches(']').trim_start().starts_with(failed)
    };
    let found = scan(code).into_iter().filter(fits);
    found.min_by_key(|sighting| sighting.at.abs_diff(place)).map(|sighting| sighting.api)
}

/// Where the function ends in which a place is, or which begins there.
fn function_end(code: &str, place: usize) -> usize {
    let mut depth = 0_i32;
    for token in tokens(code).skip_while(|token| token.at < place) {
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => continue,
        }
        if depth < 0 || depth == 0 && code[place..].starts_with('{') {
            return token.at;
        }
    }
    code.len()
}

/// The character boundary at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::page;

    /// The warnings a script leads to.
    #[track_caller]
    fn check(script: &str, expected: &[&str]) {
        let shown = page("<p id=p>").show(script);
        let warned: Vec<&str> = shown.lines().filter(|line| line.starts_with("console.warn")).collect();
        assert_eq!(warned.len(), expected.len(), "{script}: {shown}");
        for (line, expected) in warned.iter().zip(expected) {
            assert!(line.contains(expected), "{script}: {line}");
        }
    }

    #[test]
    fn a_script_that_fails_is_told_what_it_lacked() {
        check("new Worker('/a')", &["Worker is missing here: run the code in the page itself"]);
        check("var s = new window.SharedWorker('/x')", &["SharedWorker is missing here"]);
        check("navigator.geolocation.getCurrentPosition(out)", &["navigator.geolocation is missing here"]);
        check("$('p').attachEvent('onclick', out)", &["Element#attachEvent is missing here: use addEventListener"]);
        check(
            "function f(a) {\n  return navigator.mediaDevices.x }\nvar n = 1;\n f();",
            &["navigator.mediaDevices is missing"],
        );
        check("setTimeout(function () { showModalDialog('x') }, 5)", &["showModalDialog is missing here"]);
        check("Promise.resolve().then(function () { new Worker('x') })", &["Worker is missing here"]);
        check("out(1);\n  var a = $('p').currentStyle.width", &["(http://demo.test/test.js:2:"]);
    }

    #[test]
    fn once_for_each() {
        let twice = "setTimeout(function () { new Worker('a') }); setTimeout(function () { new Worker('b') }); \
                     setTimeout(function () { new SharedWorker('b') })";
        check(twice, &["Worker", "SharedWorker"]);
    }

    #[test]
    fn asking_is_no_failure() {
        check("if (window.Worker) new Worker('x'); out(typeof Worker, 'Worker' in window, window.Worker)", &[]);
        check("try { new ActiveXObject('Microsoft.XMLHTTP') } catch (e) {}", &[]);
        check("undefined.x", &[]);
        check("function f() { undefined.x; if (!window.Worker) return; new Worker(1) }\nf()", &[]);
        check("notOfTheCatalogue()", &[]);
    }
}
