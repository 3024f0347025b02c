//! The mirror in a browser: a page's document as a person sees it, in a frame in which nothing of the page can run, and out
//! of which nothing of it can reach.
//!
//! - [`Guard`] makes of each [`View`](crate::dom::mirror::View) what a browser is given; `names` lists the elements and
//!   attributes that stay, `css` and `address` see to addresses
//! - [`Resource`] is a picture, a font or a style sheet that the page's network answered, checked for what it is
//! - [`document`] is the document of the frame, [`POLICY`] its content security policy; `ui/mirror.js` fills it
//!
//! Three things keep a page in, each by itself: the frame is `sandbox="allow-same-origin"`, so that it has no scripts and
//! goes nowhere; its policy lets it ask for nothing but this origin's pictures, styles and fonts; and the guard lets
//! through no element, attribute or address that it does not know.
//!
//! # What a browser is given
//!
//! One JSON object for each view, in order; none may be left out. Where one was, the viewer is forgotten
//! (`Look::Forget`) and given the whole again.
//!
//! ```json
//! {"whole": true, "quirks": false, "cut": false, "focus": 5, "changes": [
//!   {"do": "insert", "id": 1, "in": 0, "tag": "html"},
//!   {"do": "insert", "id": 2, "in": 1, "tag": "body", "attributes": {"class": "wide", "style": "margin:0"}},
//!   {"do": "insert", "id": 3, "in": 2, "text": "Hello"},
//!   {"do": "insert", "id": 4, "in": 2, "before": 3, "space": "svg", "tag": "svg"},
//!   {"do": "insert", "id": 5, "in": 2, "tag": "input", "attributes": {"name": "q"}, "value": "typed"},
//!   {"do": "insert", "id": 6, "in": 1, "before": 2, "tag": "style", "text": "p { color: red }"}]}
//! {"focus": null, "cut": false, "changes": [
//!   {"do": "attributes", "id": 2, "attributes": {"class": "narrow"}},
//!   {"do": "state", "id": 5, "value": "other"},
//!   {"do": "text", "id": 3, "text": "Bye"},
//!   {"do": "move", "id": 4, "in": 2},
//!   {"do": "remove", "id": 5}]}
//! ```
//!
//! `whole`: what was shown before is gone, and `quirks` says which document the frame must have. `cut`: there is more in the
//! page than is shown. `focus`: the element with the focus, or null. `in`: the parent, 0 for the document; `before`: the
//! sibling that it stands before, else it comes last. `attributes` are all that an element has. `value`, `checked`,
//! `indeterminate` and `selected` are a control's state.
//!
//! What a person does in the frame is `{"node": 5, "kind": "click" | "input" | "change" | "submit" | "key", "value": …}`:
//! the members of a `ui.` stimulus, but for the selector, for which the page is asked (`Look::Selector`).

mod address;
mod css;
mod guard;
mod names;
mod resource;
#[cfg(test)]
mod tests;

pub use guard::Guard;
pub use resource::{NotShown, Resource};

/// The content security policy of the frame's [`document`].
pub const POLICY: &str = "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin";

/// The document of the frame, empty, in quirks mode where the page's is.
#[must_use]
pub fn document(is_quirky: bool) -> &'static str {
    match is_quirky {
        true => "<html><head><meta charset=utf-8><title>mirror</title></head><body></body></html>",
        false => "<!DOCTYPE html><html><head><meta charset=utf-8><title>mirror</title></head><body></body></html>",
    }
}
