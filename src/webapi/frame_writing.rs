//! What the page writes into a frame: `document.open`, `write` and `close` of its document, and the scripts in that, which
//! are the page's own words and run in the frame's realm.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::{Context, JsObject};

use super::frames::{self, document_of, with};
use super::window::{Window, report_error_of, report_parse_fault};
use super::wrap::peek_script;
use super::{frame_window, scripting};
use crate::dom::node::same;
use crate::dom::parse::DocumentParser;
use crate::dom::{NodeRef, text, tree};
use crate::engine::script::{Code, ScriptError, run_in};

/// A document that is being written.
struct Open {
    document: NodeRef,
    parser: Rc<DocumentParser>,
    /// The level that the script which runs writes to.
    level: Cell<usize>,
}

/// The documents of frames that were opened and not closed.
#[derive(Default)]
pub struct Written(RefCell<Vec<Rc<Open>>>);

impl Written {
    fn find(&self, document: &NodeRef) -> Option<Rc<Open>> {
        self.0.borrow().iter().find(|open| same(&open.document, document)).cloned()
    }

    fn take(&self, document: &NodeRef) -> Option<Rc<Open>> {
        let mut all = self.0.borrow_mut();
        let at = all.iter().position(|open| same(&open.document, document))?;
        Some(all.remove(at))
    }
}

/// Starts a frame's document over.
pub(super) fn open(frame: &JsObject, context: &Context) {
    let Some(document) = document_of(frame) else { return };
    let written = &Window::of(context).written;
    if written.find(&document).is_some() {
        return;
    }
    frames::restart(frame);
    for node in tree::inclusive_descendants(&document) {
        peek_script(&node, |script| script.listeners.clear());
    }
    tree::remove_children(&document);
    let parser = Rc::new(DocumentParser::new(&document, String::new()));
    written.0.borrow_mut().push(Rc::new(Open { document, parser, level: Cell::new(0) }));
}

/// Writes into a frame's document, which is opened if it is not; scripts in it run as they are read.
pub(super) fn write(frame: &JsObject, text: &str, context: &mut Context) {
    open(frame, context);
    let window = Window::of(context);
    let Some(open) = document_of(frame).and_then(|document| window.written.find(&document)) else { return };
    open.parser.write(text);
    while let Some(parsed) = open.parser.read(open.level.get()) {
        let level = open.parser.enter_script();
        let around = open.level.replace(level);
        run(frame, &parsed.element, context);
        open.level.set(around);
    }
}

/// Nothing more is written into a frame's document.
pub(super) fn close(frame: &JsObject, context: &Context) {
    let window = Window::of(context);
    let Some(open) = document_of(frame).and_then(|document| window.written.take(&document)) else { return };
    open.parser.end();
    let frame = frame.clone();
    window.event_loop.queue(Box::new(move |context| {
        frames::tell(&frame, context);
        Ok(())
    }));
}

/// Runs a script of a frame's document, if it is one to run.
pub(super) fn run(frame: &JsObject, script: &NodeRef, context: &mut Context) {
    if script.script_started() || !script.is_connected() || !scripting::kind_of(script).is_empty() {
        return;
    }
    script.set_script_started(true);
    if script.as_element().is_some_and(|element| element.has_attr("src")) {
        return scripting::warn("a script with an address in an <iframe> was not run; write its text instead", context);
    }
    let code = text::child_text(script);
    // Making the window makes the realm.
    let Ok(_) = frame_window::of(frame, context) else { return };
    let Some(realm) = with(frame, |frame| frame.realm.borrow().as_ref().map(|(realm, _)| realm.clone())).flatten()
    else {
        return;
    };
    let window = Window::of(context);
    let url = window.url.borrow().to_string();
    match run_in(realm, &Code { text: &code, url: "about:blank", line: 1, column: 1 }, context) {
        Ok(()) => {}
        Err(ScriptError::Parse(fault)) => report_parse_fault(&fault, context),
        Err(ScriptError::Thrown(error)) => report_error_of(&error, &url, context),
    }
    window.event_loop.clean_up(context);
}
