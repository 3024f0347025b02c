//! Running a page's scripts at their place in their file.

use std::borrow::Cow;
use std::path::Path;

use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, Script, Source};

use super::compiled::{self, Compiled};
use super::fault::{Described, Sources, describe, innermost_place, parse_place};
use super::unterminated::unterminated_string;
use crate::base::limits::{CODE_NESTING_MAX, PLACE_CHARS_MAX};
use crate::event::{Fault, Place};

/// A script's text and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// The text.
    pub text: &'a str,
    /// The address of its file.
    pub url: &'a str,
    /// Line of its first character in that file, from 1.
    pub line: u32,
    /// Column of its first character, from 1.
    pub column: u32,
}

impl<'a> Code<'a> {
    /// The text with lines and blanks before it, so that the engine counts as the file does.
    pub(super) fn padded(&self) -> Cow<'a, str> {
        let lines = self.line.saturating_sub(1) as usize;
        let blanks = self.column.saturating_sub(1) as usize;
        if lines + blanks == 0 {
            return Cow::Borrowed(self.text);
        }
        let mut padded = String::with_capacity(lines + blanks + self.text.len());
        padded.extend(std::iter::repeat_n('\n', lines));
        padded.extend(std::iter::repeat_n(' ', blanks));
        padded.push_str(self.text);
        Cow::Owned(padded)
    }
}

/// Why a script did not run to its end.
pub enum ScriptError {
    /// It does not parse; nothing of it ran.
    Parse(Box<Fault>),
    /// It threw; what it had hoisted stays callable.
    Thrown(JsError),
}

/// Where the code stands that runs: address, line, column. Cheap, and where a call is the last thing that a function
/// does it is where the function begins: boa's frames point behind the call.
#[must_use]
pub fn here(context: &Context) -> Option<(String, u32, u32)> {
    context.stack_trace().find_map(|frame| {
        let place = frame.position();
        let at = place.position?;
        Some((place.path.to_string(), at.line_number(), at.column_number()))
    })
}

/// Where the page calls from, as it is kept with what the call did: without stack and code frame, and of addresses and
/// files no more than [`PLACE_CHARS_MAX`]. An error that is never thrown knows it, and code that a script made up is
/// where it was called from. No code of the page runs.
pub fn calling_place(context: &mut Context) -> Option<Place> {
    let constructor = context.intrinsics().constructors().error().constructor();
    let error = constructor.construct(&[], None, context).ok()?;
    let (url, line, column) = innermost_place(&JsError::from_opaque(error.into()))?;
    let file = Sources::of(context).file(&url).map(shortened);
    Some(Place { url: shortened(url), file, line, column, ..Place::default() })
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(PLACE_CHARS_MAX) {
        text.truncate(end);
    }
    text
}

/// Runs a classic script in the global scope of the context's realm, and says what it comes to.
///
/// # Errors
/// [`ScriptError`].
pub fn run(code: &Code<'_>, context: &mut Context) -> Result<JsValue, ScriptError> {
    let script = match Compiled::find(code, context) {
        Some(script) => script,
        None => parse(code, context).map_err(ScriptError::Parse)?,
    };
    let sources = Sources::of(context);
    let around = sources.begin_script(code.url, code.line, code.column);
    // A script that throws stays noted: its error is yet to be described.
    let value = script.evaluate(context).map_err(ScriptError::Thrown)?;
    sources.end_script(around);
    Ok(value)
}

fn parse(code: &Code<'_>, context: &mut Context) -> Result<Script, Box<Fault>> {
    if nesting(code.text.chars().map(u32::from)) > CODE_NESTING_MAX {
        let message = format!("SyntaxError: code nests more than {CODE_NESTING_MAX} brackets deep");
        let place = Sources::of(context).place(code.url, code.line, code.column, String::new());
        return Err(Box::new(Fault::Parse { message, place }));
    }
    compiled::parse(code.url, &code.padded(), context).map_err(|error| Box::new(parse_fault(&error, code, context)))
}

pub(super) fn parse_fault(error: &JsError, code: &Code<'_>, context: &mut Context) -> Fault {
    let described = describe(error, context);
    let end = || {
        let lines = u32::try_from(code.text.matches('\n').count()).unwrap_or(0);
        let last = code.text.rsplit('\n').next().unwrap_or("").encode_utf16().count();
        let column = u32::try_from(last).unwrap_or(0) + if lines == 0 { code.column } else { 1 };
        (code.line + lines, column)
    };
    let open_string = || {
        let (line, column) = unterminated_string(code.text)?;
        Some((code.line + line - 1, if line == 1 { code.column + column - 1 } else { column }))
    };
    let (line, column) = parse_place(&described.message)
        .or_else(|| described.message.contains("unterminated string").then(open_string).flatten())
        .unwrap_or_else(end);
    let place = Sources::of(context).place(code.url, line, column, described.stack);
    Fault::Parse { message: described.message, place }
}

/// The place of an error, with its code frame; `fallback` where the error names none.
pub fn place(described: &Described, fallback: &str, context: &Context) -> Place {
    let sources = Sources::of(context);
    match &described.place {
        Some((url, line, column)) => sources.place(url, *line, *column, described.stack.clone()),
        None => sources.place(fallback, 0, 0, described.stack.clone()),
    }
}

/// Compiles the body of an inline handler (HTML §8.1.8.1) with `scope` objects around it, innermost last.
///
/// # Errors
/// The parse error.
pub fn compile_handler(
    name: &str,
    parameters: &str,
    body: &str,
    url: &str,
    position: (u32, u32),
    scope: &[JsObject],
    context: &mut Context,
) -> JsResult<JsObject> {
    // The body alone must parse, so that it cannot close the function around it.
    let check = context.intrinsics().constructors().function().constructor();
    check.construct(&[JsString::from(parameters).into(), JsString::from(body).into()], None, context)?;
    let names: Vec<String> = (0..scope.len()).map(|at| format!("s{at}")).collect();
    let mut head = format!("(function({}){{", names.join(","));
    for name in &names {
        head.push_str(&format!("with({name})"));
    }
    head.push_str(&format!("{{return function {name}({parameters})"));
    // On the line before, where there is one, since it is longer than what stands before many a handler; its last brace
    // before the body and a blank, since there the engine says the function is.
    let (line, column) = (position.0 as usize, (position.1 as usize).saturating_sub(3));
    let text = match line.checked_sub(2) {
        Some(lines) => format!("{}{head}\n{}{{ {body}\n}}}}}})", "\n".repeat(lines), " ".repeat(column)),
        None => format!("{}{head}{{ {body}\n}}}}}})", " ".repeat(column.saturating_sub(head.len()))),
    };
    let source = Source::from_bytes(text.as_bytes()).with_path(Path::new(url));
    let outer = Script::parse(source, None, context)?.evaluate(context)?;
    let arguments: Vec<JsValue> = scope.iter().cloned().map(JsValue::from).collect();
    let made = match outer.as_callable() {
        Some(outer) => outer.call(&JsValue::undefined(), &arguments, context)?,
        None => JsValue::undefined(),
    };
    made.as_object().ok_or_else(|| JsNativeError::syntax().with_message("not a function body").into())
}

/// The deepest nesting of brackets in code, roughly: text in strings and comments counts too.
pub fn nesting(characters: impl Iterator<Item = u32>) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for character in characters {
        match char::from_u32(character) {
            Some('(' | '[' | '{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            Some(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A function object as boa's callable type.
#[must_use]
pub fn callable(value: &JsValue) -> Option<JsFunction> {
    value.as_object().and_then(JsFunction::from_object)
}
