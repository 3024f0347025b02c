//! Reading a page that is XML, whose scripts run.

use std::cell::{Cell, RefCell};

use super::reader::{Purpose, State, Stop, known_prefixes};
use super::{XmlError, normalized, put_error};
use crate::dom::NodeRef;
use crate::dom::parse::{Met, ParsedScript, Position};
use crate::dom::text::utf16_len;

/// Reads one document, and stops where a script ends.
pub struct PageReader {
    text: String,
    document: NodeRef,
    state: RefCell<State>,
    is_over: Cell<bool>,
    error: RefCell<Option<XmlError>>,
}

impl PageReader {
    /// One that fills `document` from `source`.
    #[must_use]
    pub fn new(document: &NodeRef, source: &str) -> Self {
        Self {
            text: normalized(source),
            document: document.clone(),
            state: RefCell::new(State::new(document, known_prefixes(), Purpose::Page)),
            is_over: Cell::new(false),
            error: RefCell::default(),
        }
    }

    /// Reads on to the next thing that the page has to wait for; `None` at the end. Where the text is no XML the document
    /// holds what is wrong instead of what was read.
    pub fn read_on(&self) -> Option<Met> {
        if self.is_over.get() {
            return None;
        }
        let mut state = self.state.borrow_mut();
        match state.read(&self.text) {
            Ok(Stop::Script(element, content)) => {
                let position = Some(self.position(content));
                return Some(Met::Script(ParsedScript { element, position }));
            }
            Ok(Stop::Elements(elements)) => return Some(Met::Elements(elements)),
            Ok(Stop::Cut) => return None,
            Ok(Stop::End) => {}
            Err(message) => {
                let error = XmlError::at(state.at, &self.text, message);
                put_error(&error, &self.document);
                *self.error.borrow_mut() = Some(error);
            }
        }
        self.is_over.set(true);
        None
    }

    /// What is wrong with the text, once.
    pub fn take_error(&self) -> Option<XmlError> {
        self.error.borrow_mut().take()
    }

    /// The line and column of a byte.
    fn position(&self, at: usize) -> Position {
        let before = &self.text[..at];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Position { line: number(before.matches('\n').count() + 1), column: number(utf16_len(&before[start..]) + 1) }
    }
}
