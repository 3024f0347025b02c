//! A long Latin-1 text, kept in UTF-16 while a page matches it again and again.

use std::{cell::RefCell, rc::Rc};

use boa_engine::{Finalize, JsString, Trace, string::JsStrVariant};

/// Code units from which a second match of the same text is worth the copy.
const LONG: usize = 128;

/// The engine turns a Latin-1 text into UTF-16 for every single match, so that a global `replace` or a `split` of a
/// long one takes quadratic time. This does it once for the text matched last; the two are equal to any page.
#[derive(Clone, Default, Trace, Finalize)]
pub(super) struct Wide(#[unsafe_ignore_trace] Rc<RefCell<Option<(JsString, JsString)>>>);

impl Wide {
    /// `text`, in UTF-16 if it is long.
    pub(super) fn of(&self, text: JsString) -> JsString {
        let JsStrVariant::Latin1(units) = text.as_str().variant() else { return text };
        if units.len() < LONG {
            return text;
        }
        if let Some((last, wide)) = &*self.0.borrow()
            && let JsStrVariant::Latin1(last) = last.as_str().variant()
            && std::ptr::eq(last, units)
        {
            return wide.clone();
        }
        let wide: Vec<u16> = units.iter().copied().map(u16::from).collect();
        let wide = JsString::from(&wide[..]);
        *self.0.borrow_mut() = Some((text.clone(), wide.clone()));
        wide
    }
}
