//! HTMLSelectElement and HTMLOptionElement (HTML §4.10.7, §4.10.10).

use boa_engine::{Context, JsResult, JsValue};
use boa_gc::Gc;

use super::collection::{Kind, Shelf, live, shared};
use super::element::set_reflected;
use super::mutation;
use super::node::{constructed, node_link};
use super::reflect::{self, Kind as Reflect, Reflected};
use super::window::Window;
use super::wrap::{as_node, part, this_element, wrap_or_null};
use crate::dom::{Node, NodeRef, attributes, form, options, text, tree};
use crate::engine::convert::{self, arg, optional_text, string};
use crate::engine::interface::{Interface, install, prototype};

fn listed(select: &NodeRef) -> Gc<Shelf> {
    Shelf::of(select, Kind::Options)
}

/// The index of the first selected option, or -1.
#[must_use]
pub fn selected_index(select: &NodeRef) -> i32 {
    let first = options::first_selected(select);
    let at = first.and_then(|first| listed(select).listing.position(&first));
    at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1)
}

/// `select.options[at] = option`, where null removes.
///
/// # Errors
/// A DOMException where the option may not go there.
pub fn set_option(select: &NodeRef, at: usize, value: &JsValue, context: &mut Context) -> JsResult<()> {
    let old = listed(select).listing.item(at);
    let Some(option) = as_node(value) else {
        if let Some(old) = old {
            tree::remove(&old);
        }
        return Ok(());
    };
    match old {
        Some(old) => {
            let parent = old.parent().unwrap_or_else(|| select.clone());
            mutation::replace(&parent, &option, &old, context)
        }
        None => {
            set_length(select, at);
            mutation::insert(select, &option, None, context)
        }
    }
}

/// `select.options.length = n`: drops options, or adds empty ones.
pub fn set_length(select: &NodeRef, length: usize) {
    let shelf = listed(select);
    let count = shelf.listing.len();
    if length == count || length > count.max(crate::base::limits::OPTIONS_MAX) {
        return;
    }
    if length < count {
        for option in shelf.listing.items().iter().skip(length).rev() {
            tree::remove(option);
        }
    }
    let Some(document) = select.owner_document() else { return };
    for _ in count..length {
        tree::append(select, &Node::html_element(&document, "option"));
    }
}

/// `select.add(option, before)`.
///
/// # Errors
/// A DOMException where the option may not go there.
pub fn add(select: &NodeRef, args: &[JsValue], context: &mut Context) -> JsResult<()> {
    let option = super::wrap::node_arg(args, 0)?;
    let before = arg(args, 1);
    let before = match as_node(&before) {
        Some(node) => Some(node),
        None if before.is_null_or_undefined() => None,
        None => usize::try_from(before.to_i32(context)?).ok().and_then(|at| listed(select).listing.item(at)),
    };
    let parent = before.as_ref().and_then(|node| node.parent()).unwrap_or_else(|| select.clone());
    mutation::insert(&parent, &option, before.as_ref(), context)
}

fn options(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "options", context, |select, context| shared(select, Kind::Options, context))
}

fn selected_options(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "selectedOptions", context, |select, context| {
        live(select, Kind::SelectedOptions, context)
    })
}

fn set_selected_index(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    options::set_selected_index(&this_element(this)?, convert::int(args, 0, context)?);
    Ok(JsValue::undefined())
}

fn remove(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let select = this_element(this)?;
    match args.first() {
        None => tree::remove(&select),
        Some(at) => {
            let at = at.to_i32(context)?;
            if let Some(option) = usize::try_from(at).ok().and_then(|at| listed(&select).listing.item(at)) {
                tree::remove(&option);
            }
        }
    }
    Ok(JsValue::undefined())
}

fn item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let at = convert::index(args, 0, context)?;
    let select = this_element(this)?;
    let option = listed(&select).listing.item(at);
    Ok(wrap_or_null(option, context))
}

fn named_item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = convert::text(args, 0, context)?;
    let option = listed(&this_element(this)?).listing.named(&name, 1).pop();
    Ok(wrap_or_null(option, context))
}

fn kind(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let many = form::has_flag(&*this_element(this)?, "multiple");
    Ok(string(if many { "select-multiple" } else { "select-one" }))
}

/// `value` of any control: getter.
///
/// # Errors
/// A TypeError where `this` is no element.
pub fn get_value(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&form::value(&*this_element(this)?)))
}

/// `value` of any control: setter.
///
/// # Errors
/// What `toString` throws.
pub fn set_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = convert::text_null_empty(args, 0, context)?;
    let element = this_element(this)?;
    if element.is_html("input") && form::input_type(&element) == "file" && !value.is_empty() {
        let message = "Only a person can choose a file; a script can only take it away.";
        return Err(super::exception::dom_exception("InvalidStateError", message, context));
    }
    form::set_value(&element, &value);
    Ok(JsValue::undefined())
}

const SELECT: Interface = Interface {
    name: "HTMLSelectElement",
    parent: Some("HTMLElement"),
    attributes: &[
        ("options", options, None),
        ("selectedOptions", selected_options, None),
        ("selectedIndex", |this, _, _| Ok(selected_index(&this_element(this)?).into()), Some(set_selected_index)),
        ("value", get_value, Some(set_value)),
        (
            "length",
            |this, _, _| Ok(listed(&this_element(this)?).listing.len().into()),
            Some(|this, args, context| {
                set_length(&this_element(this)?, convert::index(args, 0, context)?);
                Ok(JsValue::undefined())
            }),
        ),
        ("type", kind, None),
        ("form", node_link!(form::owner), None),
    ],
    methods: &[
        ("add", |this, args, context| add(&this_element(this)?, args, context).map(|()| JsValue::undefined()), 1),
        ("remove", remove, 0),
        ("item", item, 1),
        ("namedItem", named_item, 1),
    ],
    ..Interface::EMPTY
};

fn option_index(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let option = this_element(this)?;
    let at = options::select_of(&option).and_then(|select| listed(&select).listing.position(&option));
    Ok(at.unwrap_or(0).into())
}

fn set_option_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = convert::text(args, 0, context)?;
    text::set_text_content(&this_element(this)?, &value);
    Ok(JsValue::undefined())
}

fn option_label(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let option = this_element(this)?;
    let label = option.as_element().and_then(|e| e.attr("label")).filter(|label| !label.is_empty());
    Ok(string(&label.unwrap_or_else(|| options::option_text(&option))))
}

const OPTION: Interface = Interface {
    name: "HTMLOptionElement",
    parent: Some("HTMLElement"),
    attributes: &[
        ("value", get_value, Some(set_value)),
        ("text", |this, _, _| Ok(string(&options::option_text(&*this_element(this)?))), Some(set_option_text)),
        ("label", option_label, Some(|this, args, c| set_reflected(this, "label", args, c))),
        (
            "selected",
            |this, _, _| Ok(options::selected(&*this_element(this)?).into()),
            Some(|this, args, _| {
                options::set_selected(&this_element(this)?, arg(args, 0).to_boolean());
                Ok(JsValue::undefined())
            }),
        ),
        ("index", option_index, None),
        ("form", node_link!(|o: &NodeRef| options::select_of(o).and_then(|s| form::owner(&s))), None),
    ],
    ..Interface::EMPTY
};

/// `new Option(text, value, defaultSelected, selected)`.
fn make_option(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let option = Node::html_element(&Window::of(context).document, "option");
    let label = optional_text(args, 0, context)?.unwrap_or_default();
    if !label.is_empty() {
        text::set_text_content(&option, &label);
    }
    if let Some(value) = optional_text(args, 1, context)? {
        attributes::set(&option, "value", &value);
    }
    if arg(args, 2).to_boolean() {
        attributes::set(&option, "selected", "");
    }
    options::set_initially_selected(&option, arg(args, 3).to_boolean());
    constructed(&option, "HTMLOptionElement", new_target, context).map(JsValue::from)
}

/// Installs both, and the `Option` constructor.
///
/// # Errors
/// What boa says; a bug.
pub fn install_select(context: &mut Context) -> JsResult<()> {
    install(&SELECT, context)?;
    let target = prototype("HTMLSelectElement", context);
    super::validity::install_members(&target, context);
    crate::engine::interface::define_accessor(&target, "labels", super::controls::labels, None, context);
    super::collection::make_iterator(&target, context)?;
    let select = [
        Reflected::text("name"),
        Reflected::flag("disabled"),
        Reflected::flag("multiple"),
        Reflected::flag("required"),
        Reflected::of("size", "size", Reflect::Unsigned(0)),
        Reflected::text("autocomplete"),
    ];
    reflect::install(&target, &select, context);
    super::named_access::install_select_indices(context)?;
    install(&OPTION, context)?;
    let target = prototype("HTMLOptionElement", context);
    let option = [Reflected::flag("disabled"), Reflected::of("defaultSelected", "selected", Reflect::Flag)];
    reflect::install(&target, &option, context);
    super::document::named_constructor("Option", "HTMLOptionElement", make_option, context)
}
