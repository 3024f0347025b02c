//! What a frame's `sandbox` attribute takes away ([HTML §7.1.5](https://html.spec.whatwg.org/#sandboxing)).
//!
//! *Choice*: nobody uses a page by hand, so `allow-top-navigation-by-user-activation` allows as much as
//! `allow-top-navigation`. Pointer lock, presentation, downloads, orientation and custom protocols are nowhere here, so their
//! words say nothing.

use boa_engine::{Context, JsObject};

use super::frame_places::Place;
use super::frames::{frame_of, with};
use super::scripting::warn;
use super::window::Window;
use crate::dom::node::same;
use crate::dom::{NodeRef, shadow};

/// A set of what is taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sandbox(u8);

impl Sandbox {
    /// To send windows elsewhere that are neither its own nor inside of it.
    pub const NAVIGATION: Self = Self(1);
    /// The origin of its document, which has one that no other has.
    pub const ORIGIN: Self = Self(2);
    /// Scripts.
    pub const SCRIPTS: Self = Self(4);
    /// To submit forms.
    pub const FORMS: Self = Self(8);
    /// To open windows.
    pub const POPUPS: Self = Self(16);
    /// To send the page elsewhere.
    pub const TOP: Self = Self(32);
    /// Dialogs.
    pub const MODALS: Self = Self(64);

    /// What stays taken away by an attribute of this value.
    fn of_attribute(value: &str) -> Self {
        let allowed = value.split_ascii_whitespace().fold(0, |allowed, token| {
            allowed
                | match token.to_ascii_lowercase().as_str() {
                    "allow-same-origin" => Self::ORIGIN.0,
                    "allow-scripts" => Self::SCRIPTS.0,
                    "allow-forms" => Self::FORMS.0,
                    "allow-popups" => Self::POPUPS.0,
                    "allow-top-navigation" | "allow-top-navigation-by-user-activation" => Self::TOP.0,
                    "allow-modals" => Self::MODALS.0,
                    _ => 0,
                }
        });
        Self(0x7f & !allowed)
    }

    /// What the element of a frame, and those that it is in, take away.
    pub(super) fn of_frame(frame: &JsObject, context: &Context) -> Self {
        let Some(element) = with(frame, |frame| frame.element.clone()) else { return Self::default() };
        let attribute = element.as_element().and_then(|element| element.attr("sandbox"));
        let own = attribute.map(|value| Self::of_attribute(&value)).unwrap_or_default();
        Self(own.0 | Window::of_node(&element, context).sandbox().0)
    }

    /// Whether something is taken away.
    #[must_use]
    pub fn takes(self, what: Self) -> bool {
        self.0 & what.0 != 0
    }
}

/// Whether a window may do something; where not, its console says why.
pub(super) fn allows(window: &Window, what: Sandbox, context: &Context) -> bool {
    let is_taken = window.sandbox().takes(what);
    let said = match what {
        Sandbox::FORMS => ("form was not submitted", "allow-forms"),
        Sandbox::POPUPS => ("window was not opened", "allow-popups"),
        Sandbox::MODALS => ("dialog was not shown", "allow-modals"),
        _ => ("window was not sent elsewhere", "allow-top-navigation"),
    };
    if is_taken {
        let (done, word) = said;
        warn(&format!("a {done}: the <iframe> that asks is in a sandbox without {word}"), context);
    }
    !is_taken
}

/// Whether a window may send a place elsewhere ("allowed by sandboxing to navigate"); where not, its console says why.
pub(super) fn may_navigate(from: &Window, place: &Place, context: &Context) -> bool {
    if !from.sandbox().takes(Sandbox::NAVIGATION) {
        return true;
    }
    match place {
        Place::Nowhere => true,
        Place::New => allows(from, Sandbox::POPUPS, context),
        Place::Page => allows(from, Sandbox::TOP, context),
        Place::Frame(frame) => is_inside(frame, &from.document, context) || allows(from, Sandbox::NAVIGATION, context),
    }
}

/// Whether a frame has this document, or is in it.
fn is_inside(frame: &JsObject, document: &NodeRef, context: &Context) -> bool {
    let Some((own, element)) = with(frame, |frame| (frame.document.borrow().clone(), frame.element.clone())) else {
        return false;
    };
    let mut above = Some((own, element));
    while let Some((own, element)) = above {
        if same(&own, document) {
            return true;
        }
        let root = shadow::root_of(&element);
        let frame = frame_of(&root, context);
        above = frame.and_then(|frame| with(&frame, |frame| (root.clone(), frame.element.clone())));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_attributes_take_away() {
        let all = Sandbox::of_attribute("");
        let kinds =
            [Sandbox::NAVIGATION, Sandbox::ORIGIN, Sandbox::SCRIPTS, Sandbox::FORMS, Sandbox::POPUPS, Sandbox::TOP];
        assert!(kinds.into_iter().chain([Sandbox::MODALS]).all(|kind| all.takes(kind)));
        let some = Sandbox::of_attribute(" Allow-Scripts\tallow-forms allow-none");
        assert!(!some.takes(Sandbox::SCRIPTS) && !some.takes(Sandbox::FORMS));
        assert!(some.takes(Sandbox::NAVIGATION) && some.takes(Sandbox::ORIGIN) && some.takes(Sandbox::TOP));
        assert!(!Sandbox::of_attribute("allow-top-navigation-by-user-activation").takes(Sandbox::TOP));
    }
}
