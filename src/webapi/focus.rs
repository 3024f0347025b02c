//! The focus ([HTML §6.6](https://html.spec.whatwg.org/multipage/interaction.html#focus),
//! [UI Events §5.2](https://w3c.github.io/uievents/#events-focusevent)).
//!
//! The page always has the system's focus. A focused element that is removed loses it without an event, as HTML says;
//! one that is disabled or hidden keeps it until something else is focused. Keys do not move the focus.

use boa_engine::{Context, JsResult, JsValue};

use super::event::{self, Event};
use super::reflect;
use super::target::fire;
use super::window::Window;
use super::wrap::{this_element, wrap, wrap_or_null};
use crate::dom::{NodeRef, css, form, indicated, node::same, shadow, tree};
use crate::engine::convert::{Native, int};

/// The element with the focus.
#[must_use]
pub fn focused(window: &Window) -> Option<NodeRef> {
    window.active.borrow().clone().filter(|node| node.is_focused())
}

/// What of the focus may be known in a document or a shadow tree (`activeElement`).
#[must_use]
pub fn active_in(root: &NodeRef, context: &Context) -> Option<NodeRef> {
    let focused = focused(&Window::of_node(root, context))?;
    let active = shadow::retarget(&focused, Some(root));
    Some(active).filter(|node| same(&tree::root_of(node), root))
}

/// The number in an element's `tabindex`, where there is one.
fn written_tab_index(element: &NodeRef) -> Option<i32> {
    element.as_element()?.with_attr("tabindex", |value| reflect::parse_integer(value?))
}

/// Whether an element is editable by itself.
#[must_use]
pub fn is_editing_host(element: &NodeRef) -> bool {
    let is_on = |value: Option<&str>| {
        value.is_some_and(|v| v.is_empty() || v.eq_ignore_ascii_case("true") || v == "plaintext-only")
    };
    element.as_element().is_some_and(|data| data.with_attr("contenteditable", is_on))
}

/// The first summary of a `details` works it.
fn is_summary(element: &NodeRef) -> bool {
    let first = |parent: NodeRef| tree::element_children(&parent).find(|child| child.is_html("summary"));
    element.is_html("summary")
        && element.parent().filter(|p| p.is_html("details")).and_then(first).is_some_and(|first| same(&first, element))
}

/// Whether an element can have the focus (HTML §6.6.2, "focusable area").
#[must_use]
pub fn is_focusable(element: &NodeRef) -> bool {
    let by_nature = match element.html_name() {
        "input" if form::input_type(element) == "hidden" => return false,
        "input" | "button" | "select" | "textarea" if form::is_disabled(element) => return false,
        "input" | "button" | "select" | "textarea" | "iframe" | "object" => true,
        "a" | "area" => form::has_flag(element, "href"),
        "audio" | "video" => form::has_flag(element, "controls"),
        "summary" => is_summary(element),
        _ => false,
    };
    (by_nature || written_tab_index(element).is_some() || is_editing_host(element)) && css::is_rendered(element)
}

/// Focuses an element, if that can be (`element.focus()`).
///
/// # Errors
/// None that the page made.
pub fn focus(element: &NodeRef, context: &mut Context) -> JsResult<()> {
    match focus_target(element, context) {
        Some(target) => set_focus(Some(&target), context),
        None => Ok(()),
    }
}

/// What `focus()` of an element focuses: itself, or of a host that delegates the focus the first in its shadow tree that can
/// have it (HTML §6.6.4, "get the focusable area"), unless one there has it.
fn focus_target(element: &NodeRef, context: &Context) -> Option<NodeRef> {
    let root = shadow::root_at(element).filter(|root| shadow::data(root).is_some_and(|data| data.init.delegates_focus));
    let Some(root) = root else { return Some(element.clone()).filter(is_focusable) };
    if let Some(within) = focused(&Window::of(context)).filter(|node| shadow::is_inclusive_ancestor(&root, node)) {
        return Some(within);
    }
    let can_be = |node: &NodeRef| node.as_element().is_some() && is_focusable(node) && !delegates(node);
    let asks = |node: &NodeRef| form::has_flag(node, "autofocus") && can_be(node);
    shadow::composed(&root).find(asks).or_else(|| shadow::composed(&root).find(can_be))
}

fn delegates(node: &NodeRef) -> bool {
    shadow::root_at(node).is_some_and(|root| shadow::data(&root).is_some_and(|data| data.init.delegates_focus))
}

/// Focuses what a mouse that was pressed on an element focuses: the nearest that can be, or nothing.
///
/// # Errors
/// None that the page made.
pub fn focus_by_mouse(element: &NodeRef, context: &mut Context) -> JsResult<()> {
    let mut above = std::iter::successors(Some(element.clone()), shadow::flat_parent);
    let nearest = above.find_map(|node| focus_target(&node, context));
    set_focus(nearest.as_ref(), context)
}

/// Focuses the first element that asks for it, unless another has the focus (HTML §6.6.7); the document is parsed.
///
/// # Errors
/// None that the page made.
pub fn autofocus(context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    if focused(&window).is_some() {
        return Ok(());
    }
    let asks = |node: &NodeRef| form::has_flag(node, "autofocus") && is_focusable(node);
    match tree::descendants(&window.document).find(asks) {
        Some(element) => set_focus(Some(&element), context),
        None => Ok(()),
    }
}

/// Moves the focus: what was typed is committed with `change`, then blur, focusout, focus, focusin (HTML, "focus update
/// steps"; the order is browsers'). A listener that moves it elsewhere has the last word.
fn set_focus(to: Option<&NodeRef>, context: &mut Context) -> JsResult<()> {
    let window = match to {
        Some(to) => Window::of_node(to, context),
        None => Window::of(context),
    };
    let from = focused(&window);
    let unchanged = match (&from, to) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    };
    if unchanged {
        return Ok(());
    }
    if let Some(from) = &from {
        commit(from, context)?;
        indicated::set_focused(from, false);
        window.active.borrow_mut().take();
        fire_focus(from, "blur", false, to, context)?;
        let to = to.filter(|_| focused(&window).is_none());
        fire_focus(from, "focusout", true, to, context)?;
    }
    let Some(to) = to.filter(|to| focused(&window).is_none() && is_focusable(to)) else { return Ok(()) };
    indicated::set_focused(to, true);
    *window.active.borrow_mut() = Some(to.clone());
    fire_focus(to, "focus", false, from.as_ref(), context)?;
    if to.is_focused() {
        fire_focus(to, "focusin", true, from.as_ref(), context)?;
    }
    Ok(())
}

/// Fires `change` where a person typed into a control and it was not told yet (HTML §4.10.5.5, "commit").
///
/// # Errors
/// None that the page made.
pub fn commit(element: &NodeRef, context: &mut Context) -> JsResult<()> {
    if form::take_typed(element) {
        let target = wrap(element, context);
        fire(&target, "change", true, false, context)?;
    }
    Ok(())
}

fn fire_focus(
    target: &NodeRef,
    kind: &str,
    bubbles: bool,
    related: Option<&NodeRef>,
    context: &mut Context,
) -> JsResult<()> {
    let related = wrap_or_null(related.cloned(), context);
    let view = context.global_object().into();
    let members = vec![("relatedTarget", related), ("view", view)];
    let event = Event::trusted("FocusEvent", kind, bubbles, false, members, context);
    event::with(&event, |data| data.set_composed(true))?;
    let target = wrap(target, context);
    event::dispatch(&event, &target, context).map(|_| ())
}

fn focus_native(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    focus(&this_element(this)?, context)?;
    Ok(JsValue::undefined())
}

fn blur_native(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if this_element(this)?.is_focused() {
        set_focus(None, context)?;
    }
    Ok(JsValue::undefined())
}

/// The methods of HTMLElement that move the focus.
pub const METHODS: [(&str, Native, usize); 2] = [("focus", focus_native, 0), ("blur", blur_native, 0)];

/// `tabIndex`
///
/// # Errors
/// A TypeError where `this` is no element.
pub fn tab_index(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let element = this_element(this)?;
    let by_nature = match element.html_name() {
        "a" | "area" | "button" | "frame" | "iframe" | "input" | "object" | "select" | "textarea" => true,
        "audio" | "video" => form::has_flag(&element, "controls"),
        _ => is_summary(&element),
    };
    Ok(written_tab_index(&element).unwrap_or(if by_nature { 0 } else { -1 }).into())
}

/// Sets `tabIndex`.
///
/// # Errors
/// A TypeError where `this` is no element; what `valueOf` throws.
pub fn set_tab_index(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = int(args, 0, context)?;
    super::element::set_attribute(&this_element(this)?, "tabindex", &value.to_string(), context)?;
    Ok(JsValue::undefined())
}
