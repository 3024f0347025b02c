//! Scripts: whether, when and in which order they run (HTML §4.12.1, §13.2.6.4.8, `document.write`).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use boa_engine::{Context, JsResult};
use url::Url;

use super::module_scripts::{self, Source};
use super::modules::DocumentModules;
use super::target::fire;
use super::window::{Window, report_error_of, report_parse_fault};
use super::wrap::wrap;
use super::{custom_reactions, fetching, frames, linked_sheets, loading};
use crate::dom::node::same;
use crate::dom::parse::{Met, ParsedScript, Position};
use crate::dom::{NodeRef, form, text};
use crate::engine::event_loop::Output;
use crate::engine::fault::Sources;
use crate::engine::script::{Code, ScriptError, run};
use crate::event::{Console, ConsoleLevel, Fault};
use crate::net::{Destination, NetError, Request, Response, SCRIPT_TYPES, decode_script};

/// The scripts of a document that wait, and what may write.
#[derive(Default)]
pub struct Scripts {
    /// `document.currentScript`
    pub current: RefCell<Option<NodeRef>>,
    /// `defer` scripts and module scripts, in document order.
    deferred: RefCell<VecDeque<Deferred>>,
    /// A script with an address that `document.write` wrote: it runs when the writing script has ended.
    blocking: RefCell<Option<NodeRef>>,
    /// Inserted scripts with `async = false`, in order of insertion, and what runs them once that can be.
    in_order: RefCell<VecDeque<(NodeRef, Option<Ready>)>>,
    /// Scripts that the load event waits for.
    delaying: Cell<usize>,
    /// The level that the running script writes to; none: it may not write.
    write_level: Cell<Option<usize>>,
    /// Whether a module script runs.
    in_module: Cell<bool>,
    /// How many custom elements the parser waits for.
    constructing: Cell<usize>,
    /// The document's modules.
    pub(super) modules: DocumentModules,
}

enum Deferred {
    Classic(NodeRef),
    Module(module_scripts::Deferred),
}

/// Runs a script that is there.
pub(super) type Ready = Box<dyn FnOnce(&mut Context) -> JsResult<()>>;

/// What ran when a module script began.
pub(super) struct Around(Option<NodeRef>, Option<usize>, bool);

impl Scripts {
    /// The load event has to wait for one thing more, or less.
    pub fn delay(&self, by: isize) {
        self.delaying.set(self.delaying.get().saturating_add_signed(by));
    }

    /// The parser waits for one custom element more, or less.
    pub(super) fn construct(&self, by: isize) {
        self.constructing.set(self.constructing.get().saturating_add_signed(by));
    }

    /// Whether it waits for one: nothing may be written meanwhile.
    pub(super) fn is_constructing(&self) -> bool {
        self.constructing.get() > 0
    }

    /// Whether the load event has to wait.
    #[must_use]
    pub fn delay_load(&self) -> bool {
        self.delaying.get() > 0
    }

    /// A module script begins: it is no `currentScript`, and may not write.
    pub(super) fn begin_module(&self) -> Around {
        Around(self.current.take(), self.write_level.take(), self.in_module.replace(true))
    }

    pub(super) fn end_module(&self, around: Around) {
        *self.current.borrow_mut() = around.0;
        self.write_level.set(around.1);
        self.in_module.set(around.2);
    }

    /// Whether a script runs that the parser does not wait for.
    fn is_script_running(&self) -> bool {
        self.current.borrow().is_some() || self.in_module.get()
    }

    pub(super) fn defer_module(&self, deferred: module_scripts::Deferred) {
        self.deferred.borrow_mut().push_back(Deferred::Module(deferred));
    }

    /// A script runs behind those that have a turn already.
    pub(super) fn take_turn(&self, script: &NodeRef) {
        self.in_order.borrow_mut().push_back((script.clone(), None));
    }

    /// Runs a script that is there, unless one before it is not; and those behind it that were only waiting for it.
    pub(super) fn run_in_turn(&self, script: &NodeRef, run: Ready, context: &mut Context) -> JsResult<()> {
        if let Some(entry) = self.in_order.borrow_mut().iter_mut().find(|(other, _)| same(other, script)) {
            entry.1 = Some(run);
        }
        loop {
            let is_ready = self.in_order.borrow().front().is_some_and(|(_, run)| run.is_some());
            if !is_ready {
                return Ok(());
            }
            let next = self.in_order.borrow_mut().pop_front();
            if let Some((_, Some(run))) = next {
                run(context)?;
            }
        }
    }
}

/// What a script element says that it holds, in lower case; empty for a classic script.
pub(super) fn kind_of(script: &NodeRef) -> String {
    let Some(element) = script.as_element() else { return String::new() };
    let kind = match (element.attr("type"), element.attr("language")) {
        (Some(kind), _) if kind.is_empty() => return String::new(),
        (Some(kind), _) => kind.trim().to_ascii_lowercase(),
        (None, Some(language)) if !language.is_empty() => format!("text/{}", language.to_ascii_lowercase()),
        _ => return String::new(),
    };
    if is_javascript_type(&kind) { String::new() } else { kind }
}

/// Whether a content type without parameters, in lower case, is one of JavaScript
/// ([JavaScript MIME type](https://mimesniff.spec.whatwg.org/#javascript-mime-type)).
pub(super) fn is_javascript_type(essence: &str) -> bool {
    SCRIPT_TYPES.contains(&essence)
}

pub(super) fn warn(text: &str, context: &Context) {
    let console = Console { level: ConsoleLevel::Warn, text: text.to_owned() };
    Window::of(context).event_loop.emit(Output::Console(console));
}

/// IE's `<script for=… event=…>`: only the window's load counts.
fn is_for_other_event(script: &NodeRef) -> bool {
    let Some(element) = script.as_element() else { return false };
    match (element.attr("for"), element.attr("event")) {
        (Some(target), Some(event)) => {
            !(target.trim().eq_ignore_ascii_case("window")
                && event.trim().trim_end_matches("()").eq_ignore_ascii_case("onload"))
        }
        _ => false,
    }
}

/// What a script element asks for.
pub(super) enum Wanted {
    Nothing,
    Module(Source),
    /// An import map; none: it has an address instead of a text.
    ImportMap(Option<String>),
    Inline(String),
    Address(Option<Url>),
}

/// Looks at a script element and marks it as started (HTML "prepare the script element", to the fetch).
pub(super) fn wanted(script: &NodeRef, window: &Window) -> Wanted {
    let Some(element) = script.as_element() else { return Wanted::Nothing };
    let source = element.attr("src");
    let inline = text::child_text(script);
    if window.is_silent() || window.is_gone() {
        return Wanted::Nothing;
    }
    let is_elsewhere = !script.owner_document().is_some_and(|own| same(&own, &window.document));
    if is_elsewhere || script.script_started() || !script.is_connected() || source.is_none() && inline.is_empty() {
        return Wanted::Nothing;
    }
    let kind = kind_of(script);
    let is_for_others = is_for_other_event(script);
    match kind.as_str() {
        "" if is_for_others => return Wanted::Nothing,
        "" | "module" | "importmap" => script.set_script_started(true),
        _ => return Wanted::Nothing,
    }
    // Whoever runs modules does not run what is for those that do not.
    if kind.is_empty() && element.attr("nomodule").is_some() {
        return Wanted::Nothing;
    }
    let is_inline = source.is_none();
    let address =
        source.filter(|address| !address.trim().is_empty()).and_then(|address| window.resolve(address.trim()));
    match (kind.as_str(), is_inline) {
        ("importmap", is_inline) => Wanted::ImportMap(is_inline.then_some(inline)),
        ("module", true) => Wanted::Module(Source::Inline(inline)),
        ("module", false) => Wanted::Module(Source::Address(address)),
        (_, true) => Wanted::Inline(inline),
        (_, false) => Wanted::Address(address),
    }
}

/// A script element that script inserted: inline code runs at once, an address is fetched.
///
/// # Errors
/// None that the page made.
pub fn prepare_inserted(script: &NodeRef, context: &mut Context) -> JsResult<()> {
    match wanted(script, &Window::of(context)) {
        Wanted::Nothing => Ok(()),
        Wanted::Module(source) => module_scripts::prepare_inserted(script, source, context),
        Wanted::ImportMap(text) => {
            module_scripts::add_import_map(text.as_deref(), None, script, context);
            Ok(())
        }
        Wanted::Inline(text) => {
            let url = Window::of(context).url.borrow().to_string();
            execute(script, &text, &url, (1, 1), None, context);
            Ok(())
        }
        Wanted::Address(None) => fail(script, "", "the address is empty or not valid", context),
        Wanted::Address(Some(url)) => {
            fetch_later(script, url, script.script_in_order(), context);
            Ok(())
        }
    }
}

/// Fetches a script that nothing waits for; it runs when its answer comes, or in its turn.
fn fetch_later(script: &NodeRef, url: Url, in_turn: bool, context: &mut Context) {
    let window = Window::of(context);
    let request = request(script, &url, &window);
    window.scripts.delay(1);
    if in_turn {
        window.scripts.take_turn(script);
    }
    let script = script.clone();
    let on_answer = Box::new(move |answer, context: &mut Context| {
        let window = Window::of(context);
        window.scripts.delay(-1);
        let own = script.clone();
        let run: Ready = Box::new(move |context| run_fetched(&own, &url, answer, None, context));
        if in_turn { window.scripts.run_in_turn(&script, run, context) } else { run(context) }
    });
    window.world.start(request, on_answer, &window.event_loop);
}

pub(super) fn request(script: &NodeRef, url: &Url, window: &Window) -> Request {
    fetching::request(url, Destination::Script, Some(script), window)
}

/// The answer, if it may run as the script of this element.
pub(super) fn checked(script: &NodeRef, answer: Result<Response, NetError>) -> Result<Response, NetError> {
    let integrity = script.as_element().and_then(|element| element.attr("integrity"));
    answer?.as_script(integrity.as_deref())
}

/// A script element that the parser has just closed: it runs, waits, or is fetched now and then runs.
///
/// # Errors
/// None that the page made.
pub fn prepare_parsed(parsed: &ParsedScript, context: &mut Context) -> JsResult<()> {
    let script = &parsed.element;
    let window = Window::of(context);
    let level = window.parser.borrow().as_ref().map(|parser| parser.enter_script());
    match wanted(script, &window) {
        Wanted::Nothing => Ok(()),
        Wanted::Module(source) => module_scripts::prepare_parsed(script, source, parsed.position, context),
        Wanted::ImportMap(text) => {
            module_scripts::add_import_map(text.as_deref(), parsed.position, script, context);
            Ok(())
        }
        Wanted::Inline(text) => {
            let url = window.url.borrow().to_string();
            let Position { line, column } = parsed.position.unwrap_or(Position { line: 1, column: 1 });
            execute(script, &text, &url, (line, column), level, context);
            Ok(())
        }
        Wanted::Address(None) => fail(script, "", "the address is empty or not valid", context),
        Wanted::Address(Some(url)) if form::has_flag(script, "async") => {
            fetch_later(script, url, false, context);
            Ok(())
        }
        Wanted::Address(Some(_)) if form::has_flag(script, "defer") => {
            window.scripts.deferred.borrow_mut().push_back(Deferred::Classic(script.clone()));
            Ok(())
        }
        Wanted::Address(Some(_)) if window.scripts.write_level.get().is_some() => {
            *window.scripts.blocking.borrow_mut() = Some(script.clone());
            Ok(())
        }
        Wanted::Address(Some(url)) => fetch_now(script, &url, level, context),
    }
}

fn fetch_now(script: &NodeRef, url: &Url, level: Option<usize>, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let answer = window.world.fetch(request(script, url, &window), &window.event_loop);
    run_fetched(script, url, answer, level, context)
}

/// Reads on to the end of the document, running its scripts on the way.
///
/// # Errors
/// None that the page made.
pub fn parse(context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let Some(parser) = window.parser.borrow().clone() else { return Ok(()) };
    while let Some(met) = parser.read_on(0) {
        let parsed = match met {
            Met::Script(parsed) => parsed,
            Met::Elements(elements) => {
                custom_reactions::construct_met(elements, context);
                continue;
            }
        };
        linked_sheets::load_parsed(context);
        frames::load_parsed(context);
        // Microtasks run before a script does that the parser met (HTML §13.2.6.4.8).
        window.event_loop.clean_up(context);
        prepare_parsed(&parsed, context)?;
        run_blocking(context)?;
        if window.navigation.borrow().is_some() || window.is_gone() {
            return Ok(());
        }
    }
    loading::tell_malformed(&parser, window.url.borrow().as_str(), context);
    Ok(())
}

/// Runs the script that `document.write` put in the parser's way, and what it writes in turn.
fn run_blocking(context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    loop {
        let Some(script) = window.scripts.blocking.borrow_mut().take() else { return Ok(()) };
        let address = script.as_element().and_then(|e| e.attr("src")).unwrap_or_default();
        let level = window.parser.borrow().as_ref().map(|parser| parser.enter_script());
        match window.resolve(address.trim()) {
            Some(url) => fetch_now(&script, &url, level, context)?,
            None => fail(&script, &address, "the address is not valid", context)?,
        }
    }
}

/// Runs the `defer` and module scripts, after parsing and before DOMContentLoaded.
///
/// # Errors
/// None that the page made.
pub fn run_deferred(context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    loop {
        let script = match window.scripts.deferred.borrow_mut().pop_front() {
            None => return Ok(()),
            Some(Deferred::Module(module)) => {
                module_scripts::run_deferred(module, context)?;
                continue;
            }
            Some(Deferred::Classic(script)) => script,
        };
        let address = script.as_element().and_then(|e| e.attr("src")).unwrap_or_default();
        match window.resolve(address.trim()) {
            Some(url) => fetch_now(&script, &url, None, context)?,
            None => fail(&script, &address, "the address is not valid", context)?,
        }
    }
}

fn run_fetched(
    script: &NodeRef,
    url: &Url,
    answer: Result<Response, NetError>,
    level: Option<usize>,
    context: &mut Context,
) -> JsResult<()> {
    let response = match checked(script, answer) {
        Ok(response) => response,
        Err(error) => {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            return fail(script, url.as_str(), &format!("{error}{hint}"), context);
        }
    };
    let window = Window::of(context);
    let charset = script.as_element().and_then(|e| e.attr("charset"));
    let encoding = encoding_of(window.encoding);
    let text = decode_script(&response.body, response.header("content-type"), charset.as_deref(), encoding);
    let file = response.file.as_ref().map(|path| path.to_string_lossy().into_owned());
    Sources::of(context).add(url.as_str(), &text, file);
    execute(script, &text, url.as_str(), (1, 1), level, context);
    let target = wrap(script, context);
    fire(&target, "load", false, false, context)?;
    Ok(())
}

pub(super) fn encoding_of(name: &str) -> &'static encoding_rs::Encoding {
    encoding_rs::Encoding::for_label(name.as_bytes()).unwrap_or(encoding_rs::UTF_8)
}

/// A script could not be had: a fault, and its `error` event.
pub(super) fn fail(script: &NodeRef, url: &str, message: &str, context: &mut Context) -> JsResult<()> {
    let fault = Fault::Load { url: url.to_owned(), message: message.to_owned(), file: None };
    Window::of(context).event_loop.emit(Output::Fault(fault));
    let target = wrap(script, context);
    fire(&target, "error", false, false, context)?;
    Ok(())
}

/// Runs a script's text. What it throws is reported; the next script runs all the same.
fn execute(
    script: &NodeRef,
    text: &str,
    url: &str,
    (line, column): (u32, u32),
    level: Option<usize>,
    context: &mut Context,
) {
    super::named_access::publish(context);
    let window = Window::of(context);
    if context.stack_trace().next().is_none() {
        // Nothing runs around it: the scripts before it are over.
        window.event_loop.pass_on();
    }
    let scripts = &window.scripts;
    let before = scripts.current.borrow_mut().replace(script.clone());
    let may_write = scripts.write_level.replace(level);
    match run(&Code { text, url, line, column }, context) {
        Ok(_) => {}
        Err(ScriptError::Parse(fault)) => report_parse_fault(&fault, context),
        Err(ScriptError::Thrown(error)) => report_error_of(&error, url, context),
    }
    scripts.write_level.set(may_write);
    *scripts.current.borrow_mut() = before;
    window.event_loop.clean_up(context);
}

/// `document.write` (HTML §8.4.3).
///
/// # Errors
/// None that the page made.
pub fn write(text: &str, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    let parser = window.parser.borrow().clone();
    let Some(parser) = parser else {
        if window.scripts.is_script_running() {
            warn("document.write from a script that was inserted or deferred is ignored", context);
            return Ok(());
        }
        super::document::open(context);
        return write(text, context);
    };
    let Some(level) = window.scripts.write_level.get() else {
        if window.scripts.is_script_running() {
            warn("document.write from an async script is ignored", context);
            return Ok(());
        }
        parser.write(text);
        return parse(context);
    };
    parser.write(text);
    while window.scripts.blocking.borrow().is_none() {
        match parser.read_on(level) {
            None => break,
            Some(Met::Script(parsed)) => prepare_parsed(&parsed, context)?,
            Some(Met::Elements(elements)) => custom_reactions::construct_met(elements, context),
        }
    }
    super::named_access::publish(context);
    Ok(())
}
