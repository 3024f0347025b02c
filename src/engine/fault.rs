//! What went wrong: message, place in the page's own file, stack, code frame.

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::{Context, JsError, JsObject, JsString, JsValue};
use indexmap::IndexMap;

use super::convert::to_utf8;
use crate::base::limits::{FRAME_COLUMNS_MAX, FRAME_LINES_BEFORE, SOURCES_MAX, STACK_FRAMES_MAX};
use crate::event::Place;

/// A file's text, and the real file.
type SourceFile = (Rc<str>, Option<String>);
/// Address, line, column.
type ScriptStart = (String, u32, u32);

/// The texts of a page's files by address, for code frames, and the real files behind them. The first half of what
/// [`SOURCES_MAX`] allows stays, for those are the page's own; of what comes later, answers of JSONP mostly, the oldest
/// goes.
#[derive(Default)]
pub struct Sources {
    files: RefCell<IndexMap<String, SourceFile>>,
    /// Where the script begins that runs, or that threw last.
    script: RefCell<Option<ScriptStart>>,
}

impl Sources {
    /// The sources of this context.
    ///
    /// # Panics
    /// Where the page did not give the context any: a bug.
    #[must_use]
    pub fn of(context: &Context) -> Rc<Self> {
        context.get_data::<Rc<Self>>().expect("a page's context has its sources").clone()
    }

    /// Remembers a file's text.
    pub fn add(&self, url: &str, text: &str, file: Option<String>) {
        let mut files = self.files.borrow_mut();
        files.insert(url.to_owned(), (Rc::from(text), file));
        if files.len() > SOURCES_MAX {
            files.shift_remove_index(SOURCES_MAX / 2);
        }
    }

    /// The text at an address.
    #[must_use]
    pub fn text(&self, url: &str) -> Option<Rc<str>> {
        self.files.borrow().get(url).map(|(text, _)| text.clone())
    }

    /// The real file at an address.
    #[must_use]
    pub fn file(&self, url: &str) -> Option<String> {
        self.files.borrow().get(url).and_then(|(_, file)| file.clone())
    }

    /// A script begins; what was noted of the one around it.
    pub fn begin_script(&self, url: &str, line: u32, column: u32) -> Option<ScriptStart> {
        self.script.replace(Some((url.to_owned(), line, column)))
    }

    /// A script has run to its end: the one around it goes on.
    pub fn end_script(&self, around: Option<ScriptStart>) {
        *self.script.borrow_mut() = around;
    }

    /// A place with its real file and its code frame.
    #[must_use]
    pub fn place(&self, url: &str, line: u32, column: u32, stack: String) -> Place {
        let found = self.files.borrow().get(url).cloned();
        let (text, file) = found.map_or((None, None), |(text, file)| (Some(text), file));
        let frame = text.map(|text| code_frame(&text, line, column)).unwrap_or_default();
        Place { url: url.to_owned(), file, line, column, stack, frame }
    }

    /// Where `snippet` stands in the text at `url`, from 1; the place of an inline handler.
    #[must_use]
    pub fn find(&self, url: &str, snippet: &str) -> Option<(u32, u32)> {
        place_in(&self.text(url)?, snippet)
    }
}

/// Where `snippet` stands in a text: line and column, from 1.
pub(super) fn place_in(text: &str, snippet: &str) -> Option<(u32, u32)> {
    let at = text.find(snippet)?;
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.encode_utf16().count()) + 1;
    Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
}

/// The lines around a place, with a marker under the column.
#[must_use]
pub fn code_frame(text: &str, line: u32, column: u32) -> String {
    let Some(at) = usize::try_from(line).ok().and_then(|line| line.checked_sub(1)) else { return String::new() };
    let column = usize::try_from(column).unwrap_or(1).max(1) - 1;
    let from = at.saturating_sub(FRAME_LINES_BEFORE);
    let mut frame = String::new();
    for (number, source) in text.lines().enumerate().skip(from).take(at + 1 - from) {
        let skip = if number == at { column.saturating_sub(FRAME_COLUMNS_MAX / 2) } else { 0 };
        let shown: String = source.chars().skip(skip).take(FRAME_COLUMNS_MAX).collect();
        frame.push_str(&format!("{:>5} | {}\n", number + 1, shown.replace('\t', " ")));
        if number == at {
            frame.push_str(&format!("      | {}^", " ".repeat(column - skip)));
        }
    }
    if frame.ends_with('^') { frame } else { String::new() }
}

/// An error, taken apart.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Described {
    /// `TypeError: x is not a function`, or what was thrown as text.
    pub message: String,
    /// The stack, innermost first, a call a line: `at name (url:line:column)`.
    pub stack: String,
    /// The innermost place in a page's file: address, line, column.
    pub place: Option<(String, u32, u32)>,
    /// Whether the engine's own bounds were overrun; no page can catch that.
    pub is_limit: bool,
    /// Whether it is a parse error of the script itself.
    pub is_parse: bool,
}

/// Takes an error apart.
pub fn describe(error: &JsError, context: &mut Context) -> Described {
    let text = error.to_string();
    let mut frames = frames_of(&text);
    let message = match (error.as_opaque(), error.as_native()) {
        (Some(value), _) => thrown(value, context),
        // Its own text would end in the place where it was raised.
        (None, Some(native)) => format!("{}: {}", native.kind(), native.message()),
        (None, None) => text.split("\n    at ").next().unwrap_or(&text).to_owned(),
    };
    if let Some(object) = error.as_opaque().and_then(JsValue::as_object)
        && let Some(stack) = stack_of(&object, context)
    {
        let own = frames_of(&stack);
        if !own.is_empty() {
            frames = own;
        }
    }
    if let (Some(innermost), Some(sources)) = (frames.first_mut(), context.get_data::<Rc<Sources>>()) {
        improve(innermost, &message, sources);
    }
    let place = innermost(&frames);
    frames.truncate(STACK_FRAMES_MAX);
    Described { message, stack: frames.join("\n"), place, is_limit: error.as_engine().is_some(), is_parse: false }
}

/// The innermost place in a page's file that an error knows: address, line, column.
#[must_use]
pub fn innermost_place(error: &JsError) -> Option<(String, u32, u32)> {
    innermost(&frames_of(&error.to_string()))
}

fn innermost(frames: &[String]) -> Option<(String, u32, u32)> {
    let places: Vec<_> = frames.iter().filter_map(|frame| place_of(frame)).collect();
    places.iter().find(|(_, line, _)| *line > 0).or(places.first()).cloned()
}

/// What was thrown, as text: an error as `name: message`.
fn thrown(value: &JsValue, context: &mut Context) -> String {
    let Some(object) = value.as_object() else {
        let shown = value.as_string().map_or_else(|| value.display().to_string(), |text| to_utf8(&text));
        return format!("Uncaught {shown}");
    };
    let mut member = |name: &str| {
        let value = object.get(JsString::from(name), context).unwrap_or_default();
        value.as_string().map(|text| to_utf8(&text))
    };
    match (member("name"), member("message")) {
        (Some(name), Some(message)) if !message.is_empty() => format!("{name}: {message}"),
        (Some(name), Some(_)) => name,
        (_, Some(message)) => message,
        _ => value.to_string(context).map_or_else(|_| "Uncaught [object]".to_owned(), |t| to_utf8(&t)),
    }
}

fn stack_of(object: &JsObject, context: &mut Context) -> Option<String> {
    let stack = object.get(JsString::from("stack"), context).ok()?;
    stack.as_string().map(|text| to_utf8(&text))
}

/// The calls of a stack text, those of native functions left out.
fn frames_of(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| line.starts_with("at ") && !line.contains("(native"))
        .map(|line| line.replace("at <main> (", "at ("))
        .collect()
}

/// The engine places a name that is not defined where something before it ran, and at the top of a script nowhere: the
/// name is looked for from there on.
fn improve(frame: &mut String, message: &str, sources: &Sources) {
    let Some((head, inside)) = frame.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) else { return };
    let mut parts = inside.rsplitn(3, ':');
    let (Some(column), Some(line), Some(url)) = (parts.next(), parts.next(), parts.next()) else { return };
    let script = || sources.script.borrow().clone().filter(|(running, ..)| running == url);
    let known = line.parse().ok().zip(column.parse().ok());
    let known = known.or_else(|| script().map(|(_, line, column)| (line, column)));
    let name = message.strip_prefix("ReferenceError: ").and_then(|rest| rest.strip_suffix(" is not defined"));
    // Of a module nothing is known but its file.
    let find = |name| super::name_search::find(&sources.text(url)?, name, known.unwrap_or((1, 1)));
    let Some((line, column)) = name.and_then(find).or(known) else { return };
    *frame = format!("{head}({url}:{line}:{column})");
}

/// `at name (url:line:column)`; line and column are 0 where the engine writes `?`.
fn place_of(frame: &str) -> Option<(String, u32, u32)> {
    // A name may hold brackets, and so may an address.
    frame.match_indices(" (").find_map(|(at, before)| place_inside(frame[at + before.len()..].strip_suffix(')')?))
}

fn place_inside(inside: &str) -> Option<(String, u32, u32)> {
    let (rest, column) = inside.rsplit_once(':')?;
    let (url, line) = rest.rsplit_once(':')?;
    let is_opaque = url.starts_with("about:") || url.starts_with("data:");
    (is_opaque || url.contains("://") && !url.contains(' ')).then_some(())?;
    Some((url.to_owned(), line.parse().unwrap_or(0), column.parse().unwrap_or(0)))
}

/// The place a parse error names: `… at line 3, col 7`.
#[must_use]
pub fn parse_place(message: &str) -> Option<(u32, u32)> {
    let at = message.rfind(" at line ")?;
    let rest = &message[at + " at line ".len()..];
    let (line, column) = rest.split_once(", col ")?;
    let digits: String = column.chars().take_while(char::is_ascii_digit).collect();
    Some((line.trim().parse().ok()?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_marks_the_column() {
        let frame = code_frame("one\ntwo\nthree\nfour", 3, 3);
        assert_eq!(frame, "    1 | one\n    2 | two\n    3 | three\n      |   ^");
        assert_eq!(code_frame("one", 9, 1), "");
    }

    #[test]
    fn places_are_read_from_frames_and_messages() {
        assert_eq!(place_of("at f (http://a/b.js:12:5)"), Some(("http://a/b.js".to_owned(), 12, 5)));
        assert_eq!(place_of("at f(a (b (http://a/b(c).js:12:5)"), Some(("http://a/b(c).js".to_owned(), 12, 5)));
        assert_eq!(place_of("at (data:,f (1):2:3)"), Some(("data:,f (1)".to_owned(), 2, 3)));
        assert_eq!(place_of("at f (eval:1:1)"), None);
        assert_eq!(parse_place("SyntaxError: unexpected token '}' at line 3, col 7"), Some((3, 7)));
    }
}
