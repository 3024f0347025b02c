//! NodeList, HTMLCollection and the like (DOM §4.2.10): static lists, and live ones that follow the tree.

use std::cell::Cell;

use boa_engine::object::builtins::JsFunction;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsSymbol, JsValue, js_string};
use boa_gc::{Finalize, GcRefCell, Trace};

use super::wrap::{wrap, wrap_or_null};
use crate::dom::attributes::qualified;
use crate::dom::document::mutation_count;
use crate::dom::{LocalName, Namespace, NodeRef, form, ns, options, tree};
use crate::engine::convert::{self, arg, this_object, to_utf8};
use crate::engine::exotic::{self, Exotic, Key};
use crate::engine::interface::{Interface, define_value, prototype};

/// What a live collection lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// All child nodes.
    ChildNodes,
    /// Element children.
    Children,
    /// Descendants with a local name; HTML names fold to lower case; `*` is all.
    TagName(Box<str>),
    /// Descendants with a local name in a namespace; `*` is any.
    TagNameNs(Namespace, Box<str>),
    /// Descendants with all these classes.
    ClassName(Vec<Box<str>>),
    /// Elements with this `name`.
    Name(Box<str>),
    /// Descendants that are one of these HTML elements.
    Html(&'static [&'static str]),
    /// `a` and `area` with `href`.
    Links,
    /// `a` with `name`.
    Anchors,
    /// A form's controls.
    Controls,
    /// A select's options.
    Options,
    /// A select's selected options.
    SelectedOptions,
    /// What `window[name]` finds (HTML §7.2.2.3): elements with this id, and some with this name.
    WindowNamed(Box<str>),
    /// A table's rows, in the order head, body, foot.
    Rows,
    /// A form's controls of one name or id (HTML §2.6.3.2, RadioNodeList).
    Radios(Box<str>),
    /// The rows of a table section, or a row's cells.
    Own(&'static [&'static str]),
}

/// The native data of a live collection.
#[derive(Trace, Finalize, JsData)]
pub struct Collection {
    root: NodeRef,
    #[unsafe_ignore_trace]
    kind: Kind,
    #[unsafe_ignore_trace]
    version: Cell<u64>,
    items: GcRefCell<Vec<NodeRef>>,
}

impl Collection {
    fn refresh(&self) {
        let version = mutation_count();
        if self.version.replace(version) != version {
            *self.items.borrow_mut() = list(&self.root, &self.kind);
        }
    }

    fn len(&self) -> usize {
        self.refresh();
        self.items.borrow().len()
    }

    fn item(&self, at: usize) -> Option<NodeRef> {
        self.refresh();
        self.items.borrow().get(at).cloned()
    }

    /// The form that this lists the controls of, with the name that is looked for.
    fn named_form(&self, name: &str) -> Option<(NodeRef, String)> {
        (self.kind == Kind::Controls).then(|| (self.root.clone(), name.to_owned()))
    }

    fn named(&self, name: &str) -> Option<NodeRef> {
        if name.is_empty() || matches!(self.kind, Kind::ChildNodes | Kind::Name(_) | Kind::Radios(_)) {
            return None;
        }
        self.refresh();
        let items = self.items.borrow();
        let by = |attribute: &str| {
            items.iter().find(|n| n.as_element().is_some_and(|e| e.with_attr(attribute, |v| v == Some(name)))).cloned()
        };
        by("id").or_else(|| by("name"))
    }
}

/// What a collection of this kind lists now.
#[must_use]
pub fn list(root: &NodeRef, kind: &Kind) -> Vec<NodeRef> {
    let descend = |test: &dyn Fn(&NodeRef) -> bool| {
        tree::descendants(root).filter(|n| n.as_element().is_some() && test(n)).collect::<Vec<_>>()
    };
    match kind {
        Kind::ChildNodes => tree::children(root).collect(),
        Kind::Children => tree::element_children(root).collect(),
        Kind::TagName(name) => by_tag_name(root, name),
        Kind::TagNameNs(ns, local) => descend(&|n| {
            n.as_element()
                .is_some_and(|e| (&**local == "*" || *e.name.local == **local) && (&**ns == "*" || e.name.ns == *ns))
        }),
        Kind::ClassName(classes) => {
            let quirks = tree::document_of(root).is_some_and(|document| document.is_quirky());
            let has_all = |n: &NodeRef| n.as_element().is_some_and(|e| classes.iter().all(|c| e.has_class(c, quirks)));
            descend(&|n| !classes.is_empty() && has_all(n))
        }
        Kind::Name(name) => descend(&|n| {
            n.as_element().is_some_and(|e| e.name.ns == ns!(html) && e.with_attr("name", |v| v == Some(name)))
        }),
        Kind::Html(names) => descend(&|n| names.contains(&n.html_name())),
        Kind::Links => descend(&|n| matches!(n.html_name(), "a" | "area") && form::has_flag(n, "href")),
        Kind::Anchors => descend(&|n| n.is_html("a") && form::has_flag(n, "name")),
        Kind::Controls => form::elements(root),
        Kind::Options => options::options(root),
        Kind::SelectedOptions => options::selected_options(root),
        Kind::WindowNamed(name) => descend(&|n| {
            let by_name = matches!(n.html_name(), "embed" | "form" | "img" | "object" | "iframe");
            n.as_element().is_some_and(|e| {
                e.with_attr("id", |v| v == Some(name)) || by_name && e.with_attr("name", |v| v == Some(name))
            })
        }),
        Kind::Rows => rows(root),
        Kind::Radios(name) => form::elements_named(root, name),
        Kind::Own(names) => tree::element_children(root).filter(|n| names.contains(&n.html_name())).collect(),
    }
}

fn by_tag_name(root: &NodeRef, name: &str) -> Vec<NodeRef> {
    if name == "*" {
        return tree::descendants(root).filter(|n| n.as_element().is_some()).collect();
    }
    let document = tree::document_of(root);
    let is_html = document.is_none_or(|document| document.as_document().is_none_or(|data| data.is_html));
    let (exact, lower) = (LocalName::from(name), LocalName::from(name.to_ascii_lowercase()));
    tree::descendants(root)
        .filter(|n| {
            n.as_element().is_some_and(|e| {
                let wanted = if e.name.ns == ns!(html) && is_html { &lower } else { &exact };
                match &e.name.prefix {
                    None => e.name.local == *wanted,
                    Some(_) => qualified(&e.name) == **wanted,
                }
            })
        })
        .collect()
}

fn rows(table: &NodeRef) -> Vec<NodeRef> {
    let own = |node: &NodeRef| tree::element_children(node).filter(|n| n.is_html("tr")).collect::<Vec<_>>();
    let sections = |name: &str| {
        tree::element_children(table).filter(|n| n.is_html(name)).flat_map(|n| own(&n)).collect::<Vec<_>>()
    };
    let bodies = tree::element_children(table).flat_map(|n| match n.html_name() {
        "tr" => vec![n],
        "tbody" => own(&n),
        _ => Vec::new(),
    });
    sections("thead").into_iter().chain(bodies).chain(sections("tfoot")).collect()
}

static LIVE: Exotic = Exotic {
    name: "live collection",
    get: live_get,
    set: live_set,
    delete: Exotic::READ_ONLY_DELETE,
    keys: live_keys,
    enumerable: true,
    builtins_first: true,
};

fn live_get(target: &JsObject, key: &Key, context: &mut Context) -> JsResult<Option<JsValue>> {
    let found = target.downcast_ref::<Collection>().map(|collection| match key {
        Key::Index(at) => (collection.item(*at as usize), None),
        Key::Name(name) => {
            let name = to_utf8(name);
            (collection.named(&name), collection.named_form(&name))
        }
    });
    match found {
        Some((Some(_), Some((form, name)))) => form_named(&form, &name, context),
        Some((node, _)) => Ok(node.map(|node| wrap(&node, context).into())),
        None => Ok(None),
    }
}

/// The control of a form with this name or id, or the list of them where there are several.
///
/// # Errors
/// What boa says; a bug.
pub fn form_named(form: &NodeRef, name: &str, context: &mut Context) -> JsResult<Option<JsValue>> {
    match form::elements_named(form, name).as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(wrap(one, context).into())),
        _ => live(form, Kind::Radios(name.into()), context).map(|list| Some(list.into())),
    }
}

/// `select.options[n] = option` is the one assignment with a meaning; other indices are ignored.
fn live_set(target: &JsObject, key: &Key, value: &JsValue, context: &mut Context) -> JsResult<bool> {
    let select = target.downcast_ref::<Collection>().and_then(|c| (c.kind == Kind::Options).then(|| c.root.clone()));
    match (select, key) {
        (Some(select), Key::Index(at)) => {
            super::select::set_option(&select, *at as usize, value, context).map(|()| true)
        }
        (Some(select), Key::Name(name)) if *name == js_string!("length") => {
            super::select::set_length(&select, value.to_u32(context)? as usize);
            Ok(true)
        }
        (Some(select), Key::Name(name)) if *name == js_string!("selectedIndex") => {
            options::set_selected_index(&select, value.to_i32(context)?);
            Ok(true)
        }
        _ => Ok(matches!(key, Key::Index(_))),
    }
}

fn live_keys(target: &JsObject, _: &mut Context) -> Vec<JsString> {
    let Some(collection) = target.downcast_ref::<Collection>() else { return Vec::new() };
    let indices = 0..collection.len();
    indices.map(|at| JsString::from(at.to_string())).collect()
}

/// Makes a live collection.
///
/// # Errors
/// What boa says; a bug.
pub fn live(root: &NodeRef, kind: Kind, context: &mut Context) -> JsResult<JsObject> {
    let interface = match kind {
        Kind::ChildNodes | Kind::Name(_) => "NodeList",
        Kind::Controls => "HTMLFormControlsCollection",
        Kind::Radios(_) => "RadioNodeList",
        Kind::Options => "HTMLOptionsCollection",
        _ => "HTMLCollection",
    };
    let data = Collection { root: root.clone(), kind, version: Cell::new(0), items: GcRefCell::default() };
    let target = JsObject::from_proto_and_data(prototype(interface, context), data);
    exotic::wrap(target, &LIVE, context)
}

/// The native data of a static list.
#[derive(Trace, Finalize, JsData)]
struct StaticList(#[unsafe_ignore_trace] usize);

/// Makes a static NodeList.
pub fn static_list(nodes: &[NodeRef], context: &mut Context) -> JsObject {
    let prototype = prototype("NodeList", context);
    let list = JsObject::new(context.root_shape(), prototype, StaticList(nodes.len())).upcast();
    for (at, node) in nodes.iter().enumerate() {
        let value = wrap(node, context);
        let descriptor = PropertyDescriptor::builder().value(value).writable(true).enumerable(true).configurable(true);
        list.insert_property(u32::try_from(at).unwrap_or(u32::MAX), descriptor);
    }
    list
}

fn length(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this_object(this, context);
    if let Some(list) = object.downcast_ref::<StaticList>() {
        return Ok(list.0.into());
    }
    let target = exotic::unwrap(&object, context)?;
    Ok(target.downcast_ref::<Collection>().map_or(0, |collection| collection.len()).into())
}

fn item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let at = convert::index(args, 0, context)?;
    let value = this_object(this, context).get(u32::try_from(at).unwrap_or(u32::MAX), context)?;
    Ok(if value.is_undefined() { JsValue::null() } else { value })
}

fn named_item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = convert::text(args, 0, context)?;
    let object = this_object(this, context);
    let target = exotic::unwrap(&object, context)?;
    let found =
        target.downcast_ref::<Collection>().map(|collection| (collection.named(&name), collection.named_form(&name)));
    match found {
        Some((Some(_), Some((form, name)))) => {
            form_named(&form, &name, context).map(|found| found.unwrap_or_else(JsValue::null))
        }
        found => Ok(wrap_or_null(found.and_then(|(node, _)| node), context)),
    }
}

fn radios(this: &JsValue, context: &mut Context) -> JsResult<Vec<NodeRef>> {
    let target = exotic::unwrap(&this_object(this, context), context)?;
    let list = target.downcast_ref::<Collection>().map(|collection| {
        collection.refresh();
        collection.items.borrow().clone()
    });
    let is_radio = |n: &NodeRef| n.is_html("input") && form::input_type(n) == "radio";
    Ok(list.unwrap_or_default().into_iter().filter(is_radio).collect())
}

/// `RadioNodeList.value`: that of the checked button.
fn radio_value(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let checked = radios(this, context)?.into_iter().find(|n| form::checked(n));
    Ok(convert::string(&checked.map(|n| form::value(&n)).unwrap_or_default()))
}

fn set_radio_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = convert::text(args, 0, context)?;
    if let Some(button) = radios(this, context)?.into_iter().find(|n| form::value(n) == value) {
        form::set_checked(&button, true);
    }
    Ok(JsValue::undefined())
}

fn add_option(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this_object(this, context);
    let target = exotic::unwrap(&object, context)?;
    let select = target.downcast_ref::<Collection>().map(|collection| collection.root.clone());
    match select {
        Some(select) => super::select::add(&select, args, context).map(|()| JsValue::undefined()),
        None => Err(convert::type_error("Illegal invocation")),
    }
}

fn remove_option(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let at = convert::int(args, 0, context)?;
    let option = this_object(this, context).get(u32::try_from(at).unwrap_or(u32::MAX), context)?;
    if let Some(option) = super::wrap::as_node(&option) {
        tree::remove(&option);
    }
    Ok(JsValue::undefined())
}

fn selected_index(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this_object(this, context);
    let target = exotic::unwrap(&object, context)?;
    let select = target.downcast_ref::<Collection>().map(|collection| collection.root.clone());
    Ok(select.map_or(-1, |select| super::select::selected_index(&select)).into())
}

const NODE_LIST: Interface = Interface {
    name: "NodeList",
    attributes: &[("length", length, None)],
    methods: &[("item", item, 1)],
    ..Interface::EMPTY
};

const HTML_COLLECTION: Interface = Interface {
    name: "HTMLCollection",
    attributes: &[("length", length, None)],
    methods: &[("item", item, 1), ("namedItem", named_item, 1)],
    ..Interface::EMPTY
};

/// Installs the list interfaces.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    crate::engine::interface::install(&NODE_LIST, context)?;
    crate::engine::interface::install(&HTML_COLLECTION, context)?;
    let controls = Interface { name: "HTMLFormControlsCollection", parent: Some("HTMLCollection"), ..Interface::EMPTY };
    crate::engine::interface::install(&controls, context)?;
    let options = Interface {
        name: "HTMLOptionsCollection",
        parent: Some("HTMLCollection"),
        attributes: &[("selectedIndex", selected_index, None)],
        methods: &[("add", add_option, 1), ("remove", remove_option, 1)],
        ..Interface::EMPTY
    };
    crate::engine::interface::install(&options, context)?;
    let radios = Interface {
        name: "RadioNodeList",
        parent: Some("NodeList"),
        attributes: &[("value", radio_value, Some(set_radio_value))],
        ..Interface::EMPTY
    };
    crate::engine::interface::install(&radios, context)?;
    let target = prototype("NodeList", context);
    make_iterable(&target, context)?;
    let target = prototype("HTMLCollection", context);
    make_iterator(&target, context)
}

/// Gives an array-like prototype the iteration of arrays: these are Array's own functions, as Web IDL wants.
///
/// # Errors
/// What boa says; a bug.
pub fn make_iterable(target: &JsObject, context: &mut Context) -> JsResult<()> {
    let array = context.intrinsics().constructors().array().prototype();
    for name in ["forEach", "entries", "keys", "values"] {
        let function = array.get(JsString::from(name), context)?;
        define_value(target, name, function, Attribute::all());
    }
    make_iterator(target, context)
}

/// Makes an array-like prototype work with `for … of`, without the methods (Web IDL §3.7.9.1).
///
/// # Errors
/// What boa says; a bug.
pub fn make_iterator(target: &JsObject, context: &mut Context) -> JsResult<()> {
    let array = context.intrinsics().constructors().array().prototype();
    let iterator = array.get(JsSymbol::iterator(), context)?;
    let descriptor = PropertyDescriptor::builder().value(iterator).writable(true).enumerable(false).configurable(true);
    target.insert_property(JsSymbol::iterator(), descriptor);
    Ok(())
}

/// A function argument.
///
/// # Errors
/// A TypeError where it is none.
pub fn function_arg(args: &[JsValue], at: usize) -> JsResult<JsFunction> {
    arg(args, at)
        .as_object()
        .and_then(JsFunction::from_object)
        .ok_or_else(|| convert::type_error("parameter is not a function"))
}
