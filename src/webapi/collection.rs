//! NodeList, HTMLCollection and the like (DOM §4.2.10): static lists, and live ones that follow the tree.

use std::ops::Deref;

use boa_engine::object::builtins::JsFunction;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsSymbol, JsValue, js_string};
use boa_gc::{Finalize, Gc, GcRefCell, Trace, WeakGc};

use super::wrap::{NodeScript, peek_script, with_script, wrap, wrap_or_null};
pub use crate::dom::listing::Kind;
use crate::dom::listing::Listing;
use crate::dom::{NodeRef, form, options, tree};
use crate::engine::convert::{self, arg, this_object, to_utf8};
use crate::engine::exotic::{self, Exotic, Key};
use crate::engine::interface::{Interface, define_value, prototype};

/// So many collections of a node are given out again, where a page asks for them by a name.
const SHARED_MAX: usize = 16;

/// A live list, and the page's object of it, made at first use.
#[derive(Trace, Finalize)]
pub struct Shelf {
    /// The list.
    pub listing: Listing,
    object: GcRefCell<Option<JsObject>>,
}

impl Shelf {
    fn new(root: &NodeRef, kind: Kind) -> Gc<Self> {
        Gc::new(Self { listing: Listing::new(root, kind), object: GcRefCell::default() })
    }

    /// The list under `root` of this kind, the same one as long as anybody has it.
    pub fn of(root: &NodeRef, kind: Kind) -> Gc<Self> {
        let find = |script: &NodeScript| {
            script.shared.borrow().iter().filter_map(WeakGc::upgrade).find(|shelf| *shelf.listing.kind() == kind)
        };
        if let Some(Some(found)) = peek_script(root, find) {
            return found;
        }
        let made = Self::new(root, kind);
        let weak = WeakGc::new(&made);
        with_script(root, |script| {
            let mut shared = script.shared.borrow_mut();
            if shared.len() >= SHARED_MAX {
                shared.retain(WeakGc::is_upgradable);
                shared.truncate(SHARED_MAX - 1);
            }
            shared.push(weak);
        });
        made
    }
}

/// The native data of a live collection's object.
#[derive(Trace, Finalize, JsData)]
struct Collection(Gc<Shelf>);

impl Collection {
    /// The form that this lists the controls of.
    fn form(&self) -> Option<NodeRef> {
        (*self.kind() == Kind::Controls).then(|| self.root().clone())
    }

    fn first_named(&self, name: &str) -> Option<NodeRef> {
        if self.is_named() { self.named(name, 1).pop() } else { None }
    }

    /// Whether it is an HTMLCollection: a NodeList has indices alone.
    fn is_named(&self) -> bool {
        !matches!(self.kind(), Kind::ChildNodes | Kind::Name(_) | Kind::Radios(_))
    }
}

impl Deref for Collection {
    type Target = Listing;

    fn deref(&self) -> &Listing {
        &self.0.listing
    }
}

static LIVE: Exotic = Exotic {
    name: "live collection",
    get: live_get,
    set: None,
    delete: None,
    keys: live_keys,
    is_indexed: true,
    enumerable: false,
    builtins_first: true,
};

/// The same of `select.options`, which can be set.
static OPTIONS: Exotic = Exotic { name: "live options", set: Some(set_option), ..LIVE };

fn live_get(target: &JsObject, key: &Key, context: &mut Context) -> JsResult<Option<JsValue>> {
    let found = target.downcast_ref::<Collection>().map(|collection| match key {
        Key::Index(at) => (collection.item(*at as usize), None),
        Key::Name(name) => {
            let name = to_utf8(name);
            (collection.first_named(&name), collection.form().map(|form| (form, name)))
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
    match Shelf::of(form, Kind::Controls).listing.named(name, 2).as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(wrap(one, context).into())),
        _ => shared(form, Kind::Radios(name.into()), context).map(|list| Some(list.into())),
    }
}

/// `select.options[n] = option`, and the two properties of its interface that go with it.
fn set_option(target: &JsObject, key: &Key, value: &JsValue, context: &mut Context) -> JsResult<bool> {
    let select =
        target.downcast_ref::<Collection>().and_then(|c| (*c.kind() == Kind::Options).then(|| c.root().clone()));
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
        _ => Ok(false),
    }
}

fn live_keys(target: &JsObject, _: &mut Context) -> Vec<JsString> {
    let Some(collection) = target.downcast_ref::<Collection>() else { return Vec::new() };
    let indices = (0..collection.len()).map(|at| JsString::from(at.to_string()));
    let names = if collection.is_named() { collection.names() } else { Vec::new() };
    indices.chain(names.iter().map(|name| JsString::from(&**name))).collect()
}

/// Makes a live collection, for who keeps it.
///
/// # Errors
/// What boa says; a bug.
pub fn live(root: &NodeRef, kind: Kind, context: &mut Context) -> JsResult<JsObject> {
    object_of(&Shelf::new(root, kind), context)
}

/// The live collection of a kind, the same one as long as anybody has it.
///
/// # Errors
/// What boa says; a bug.
pub fn shared(root: &NodeRef, kind: Kind, context: &mut Context) -> JsResult<JsObject> {
    object_of(&Shelf::of(root, kind), context)
}

fn object_of(shelf: &Gc<Shelf>, context: &mut Context) -> JsResult<JsObject> {
    if let Some(object) = &*shelf.object.borrow() {
        return Ok(object.clone());
    }
    let interface = match shelf.listing.kind() {
        Kind::ChildNodes | Kind::Name(_) => "NodeList",
        Kind::Controls => "HTMLFormControlsCollection",
        Kind::Radios(_) => "RadioNodeList",
        Kind::Options => "HTMLOptionsCollection",
        _ => "HTMLCollection",
    };
    let target = JsObject::from_proto_and_data(prototype(interface, context), Collection(shelf.clone()));
    let kind = if *shelf.listing.kind() == Kind::Options { &OPTIONS } else { &LIVE };
    let object = exotic::wrap(target, kind, context)?;
    *shelf.object.borrow_mut() = Some(object.clone());
    Ok(object)
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
    let length = target.downcast_ref::<Collection>().map(|collection| collection.len());
    length.map(JsValue::from).ok_or_else(|| convert::type_error("Illegal invocation"))
}

fn item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let at = convert::index(args, 0, context)?;
    // The greatest is no index, but a name.
    let Some(at) = u32::try_from(at).ok().filter(|at| *at != u32::MAX) else { return Ok(JsValue::null()) };
    let value = this_object(this, context).get(at, context)?;
    Ok(if value.is_undefined() { JsValue::null() } else { value })
}

fn named_item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = convert::text(args, 0, context)?;
    let object = this_object(this, context);
    let target = exotic::unwrap(&object, context)?;
    let found =
        target.downcast_ref::<Collection>().map(|collection| (collection.first_named(&name), collection.form()));
    match found {
        Some((Some(_), Some(form))) => {
            form_named(&form, &name, context).map(|found| found.unwrap_or_else(JsValue::null))
        }
        found => Ok(wrap_or_null(found.and_then(|(node, _)| node), context)),
    }
}

fn radios(this: &JsValue, context: &mut Context) -> JsResult<Vec<NodeRef>> {
    let target = exotic::unwrap(&this_object(this, context), context)?;
    let list = target.downcast_ref::<Collection>().map(|collection| collection.items());
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
    let select = target.downcast_ref::<Collection>().map(|collection| collection.root().clone());
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
    let select = target.downcast_ref::<Collection>().map(|collection| collection.root().clone());
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
