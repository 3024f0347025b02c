//! `<script type=module>` and `<script type=importmap>`
//! ([HTML §4.12.1](https://html.spec.whatwg.org/multipage/scripting.html#the-script-element)): when they run, and what is told
//! of them.

use boa_engine::{Context, JsError, JsResult};
use url::Url;

use super::modules::{load, load_now};
use super::scripting::{Ready, fail, warn};
use super::target::fire;
use super::window::{Window, report_error_of, report_parse_fault};
use super::wrap::wrap;
use crate::dom::parse::Position;
use crate::dom::{NodeRef, form};
use crate::engine::convert::type_error;
use crate::engine::event_loop::Output;
use crate::engine::modules::{Entry, Failure, Key, Modules, placed};
use crate::engine::script::Code;
use crate::event::Fault;
use crate::net::ImportMap;

/// Where a module script's code is.
pub(super) enum Source {
    /// In the element.
    Inline(String),
    /// At an address; none: it is not valid.
    Address(Option<Url>),
}

/// A module script that runs when the document is parsed.
pub(super) struct Deferred {
    script: NodeRef,
    source: Source,
    position: Position,
}

/// A module script that the parser has just closed.
///
/// # Errors
/// None that the page made.
pub(super) fn prepare_parsed(
    script: &NodeRef,
    source: Source,
    at: Option<Position>,
    context: &mut Context,
) -> JsResult<()> {
    let position = at.unwrap_or(START);
    if matches!(source, Source::Address(None)) {
        return fail_address(script, context);
    }
    if form::has_flag(script, "async") {
        return run_later(script, source, position, false, context);
    }
    // It is read when its turn comes: what scripts before it declare is known by then.
    let deferred = Deferred { script: script.clone(), source, position };
    Window::of(context).scripts.defer_module(deferred);
    Ok(())
}

/// A module script that script inserted.
///
/// # Errors
/// None that the page made.
pub(super) fn prepare_inserted(script: &NodeRef, source: Source, context: &mut Context) -> JsResult<()> {
    if matches!(source, Source::Address(None)) {
        return fail_address(script, context);
    }
    let in_turn = script.script_in_order() && !form::has_flag(script, "async");
    run_later(script, source, START, in_turn, context)
}

fn fail_address(script: &NodeRef, context: &mut Context) -> JsResult<()> {
    fail(script, "", "the address is empty or not valid", context)
}

const START: Position = Position { line: 1, column: 1 };

/// Loads a module script that nothing waits for but the load event; it runs when all is there, or in its turn.
fn run_later(
    script: &NodeRef,
    source: Source,
    position: Position,
    in_turn: bool,
    context: &mut Context,
) -> JsResult<()> {
    let is_external = matches!(source, Source::Address(_));
    let Some(root) = root(script, source, position, context)? else { return Ok(()) };
    let window = Window::of(context);
    window.scripts.delay(1);
    if in_turn {
        window.scripts.take_turn(script);
    }
    let script = script.clone();
    let on_loaded = Box::new(move |loaded: Result<usize, Failure>, context: &mut Context| {
        let window = Window::of(context);
        window.scripts.delay(-1);
        let own = script.clone();
        let run: Ready = Box::new(move |context| execute(&own, loaded, is_external, context));
        let result = if in_turn { window.scripts.run_in_turn(&script, run, context) } else { run(context) };
        if let Err(error) = result {
            window.event_loop.report(&error, context);
        }
    });
    // Not while the script runs that inserted it.
    let begin = Box::new(move |context: &mut Context| {
        load(root, on_loaded, context);
        Ok(())
    });
    window.event_loop.queue(begin);
    Ok(())
}

/// Runs a deferred module script, after it was fetched with all that it imports.
///
/// # Errors
/// None that the page made.
pub(super) fn run_deferred(deferred: Deferred, context: &mut Context) -> JsResult<()> {
    let Deferred { script, source, position } = deferred;
    let is_external = matches!(source, Source::Address(_));
    let Some(root) = root(&script, source, position, context)? else { return Ok(()) };
    let loaded = load_now(&root, context);
    execute(&script, loaded, is_external, context)
}

/// The key of a module script's code, which is read where it stands in the element; none: there is no such address.
fn root(script: &NodeRef, source: Source, position: Position, context: &mut Context) -> JsResult<Option<Key>> {
    let text = match source {
        Source::Address(Some(url)) => return Ok(Some(Key::Script(url.into()))),
        Source::Address(None) => return Ok(None),
        Source::Inline(text) => text,
    };
    let window = Window::of(context);
    let url = window.url.borrow().to_string();
    let number = match window.scripts.modules.add_inline(&text) {
        Ok(number) => number,
        Err(problem) => {
            fail(script, &url, &problem, context)?;
            return Ok(None);
        }
    };
    let modules = Modules::of(context);
    let code = Code { text: &text, url: &url, line: position.line, column: position.column };
    let entry = match modules.add_script(&code, context) {
        Ok(node) => Entry::Ready(node),
        Err(failure) => Entry::Failed(failure),
    };
    modules.set(Key::Inline(number), entry);
    Ok(Some(Key::Inline(number)))
}

/// Runs a module script, or says that it cannot be had (HTML, "execute the script element").
fn execute(script: &NodeRef, loaded: Result<usize, Failure>, is_external: bool, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let document_url = window.url.borrow().to_string();
    super::named_access::publish(context);
    if context.stack_trace().next().is_none() {
        // Nothing runs around it: the scripts before it are over.
        window.event_loop.pass_on();
    }
    match loaded {
        Err(Failure::Load(_)) => {
            let target = wrap(script, context);
            return fire(&target, "error", false, false, context).map(|_| ());
        }
        Err(Failure::Parse(fault, _)) => report_parse_fault(&fault, context),
        Err(Failure::Thrown(reason)) => report_error_of(&JsError::from_opaque(reason), &document_url, context),
        Ok(node) => {
            let around = window.scripts.begin_module();
            let on_run = Box::new(move |result: JsResult<()>, context: &mut Context| {
                if let Err(error) = result {
                    report_error_of(&error, &document_url, context);
                }
            });
            Modules::of(context).evaluate(node, on_run, context);
            window.scripts.end_module(around);
        }
    }
    window.event_loop.clean_up(context);
    if is_external {
        let target = wrap(script, context);
        fire(&target, "load", false, false, context)?;
    }
    Ok(())
}

/// An import map, with its text; none: it has an address instead, which none may have.
pub(super) fn add_import_map(text: Option<&str>, at: Option<Position>, script: &NodeRef, context: &mut Context) {
    let window = Window::of(context);
    let url = window.url.borrow().to_string();
    let Some(text) = text else {
        let message = "an import map must stand in its element, it cannot have an address".to_owned();
        window.event_loop.emit(Output::Fault(Fault::Load { url, message, file: None }));
        let script = script.clone();
        let tell = Box::new(move |context: &mut Context| {
            let target = wrap(&script, context);
            fire(&target, "error", false, false, context).map(|_| ())
        });
        return window.event_loop.queue(tell);
    };
    match ImportMap::parse(text, &window.base_url()) {
        Ok((map, warnings)) => {
            warnings.iter().for_each(|warning| warn(warning, context));
            window.scripts.modules.add_map(map);
        }
        Err(problem) => {
            let Position { line, column } = at.unwrap_or(START);
            let error = placed(type_error(&problem), (&url, line, column), context);
            report_error_of(&JsError::from_opaque(error), &url, context);
        }
    }
}
