//! Tables of Web IDL interfaces, and the constructors and prototypes made from them.

use boa_engine::error::RuntimeLimitError;
use boa_engine::object::FunctionObjectBuilder;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::realm::Realm;
use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue, NativeFunction};
use boa_gc::{Finalize, Gc, GcRefCell, Trace};
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::rc::Rc;

use super::convert::Native;
use super::fault::Sources;
use super::script;
use crate::base::{interrupt, whereabouts};
use crate::dom::NodeRef;
use crate::dom::custom::{self, Reactions};

/// One interface: a constructor and its prototype.
pub struct Interface {
    /// Its name.
    pub name: &'static str,
    /// The interface it inherits from.
    pub parent: Option<&'static str>,
    /// What `new` does, and how many arguments it wants; none: "Illegal constructor".
    pub constructor: Option<(Native, usize)>,
    /// Attributes: name, getter, setter.
    pub attributes: &'static [(&'static str, Native, Option<Native>)],
    /// Operations: name, function, arguments wanted.
    pub methods: &'static [(&'static str, Native, usize)],
    /// Static operations.
    pub statics: &'static [(&'static str, Native, usize)],
    /// Constants, on the constructor and the prototype.
    pub constants: &'static [(&'static str, u32)],
}

impl Interface {
    /// Nothing; the rest of a table.
    pub const EMPTY: Interface = Interface {
        name: "",
        parent: None,
        constructor: None,
        attributes: &[],
        methods: &[],
        statics: &[],
        constants: &[],
    };
}

/// The prototypes of a realm by interface name.
#[derive(Clone, Default, Trace, Finalize, JsData)]
pub struct Prototypes(Gc<Registry>);

#[derive(Default, Trace, Finalize)]
struct Registry {
    by_name: GcRefCell<FxHashMap<&'static str, JsObject>>,
    /// Whether the realm is a frame's.
    #[unsafe_ignore_trace]
    is_framed: Cell<bool>,
}

impl Prototypes {
    /// The registry of the realm that the context is in.
    #[must_use]
    pub fn of(context: &Context) -> Self {
        Self::of_realm(context.realm())
    }

    /// The registry of a realm.
    #[must_use]
    pub fn of_realm(realm: &Realm) -> Self {
        if let Some(found) = realm.host_defined().get::<Self>() {
            return found.clone();
        }
        let made = Self::default();
        realm.host_defined_mut().insert(made.clone());
        made
    }

    /// The prototype of an interface that was installed.
    ///
    /// # Panics
    /// Where it was not: a bug.
    #[must_use]
    pub fn get(&self, name: &str) -> JsObject {
        self.0.by_name.borrow().get(name).expect("the interface is installed").clone()
    }

    /// The prototype of an interface, if it was installed.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<JsObject> {
        self.0.by_name.borrow().get(name).cloned()
    }

    /// Whether the realm is a frame's.
    #[must_use]
    pub fn is_framed(&self) -> bool {
        self.0.is_framed.get()
    }

    /// The realm is a frame's.
    pub fn set_framed(&self) {
        self.0.is_framed.set(true);
    }

    /// Registers an interface's prototype.
    pub fn set(&self, name: &'static str, prototype: JsObject) {
        self.0.by_name.borrow_mut().insert(name, prototype);
    }
}

/// The prototype of an installed interface.
#[must_use]
pub fn prototype(name: &str, context: &mut Context) -> JsObject {
    Prototypes::of(context).get(name)
}

/// Fails where the turn is cut short, with an error that passes through every `catch` and `finally`.
#[inline]
fn check() -> JsResult<()> {
    if interrupt::is_raised() { Err(RuntimeLimitError::LoopIteration.into()) } else { Ok(()) }
}

/// Notes where the page is.
#[cold]
fn look(context: &Context) {
    if let Some((url, line, column)) = script::here(context) {
        let file = context.get_data::<Rc<Sources>>().and_then(|sources| sources.file(&url));
        whereabouts::record(&url, line, column, file.as_deref());
    }
}

/// How reactions of custom elements are run: the Web APIs' business.
pub struct ReactionRunner(pub fn(&[NodeRef], &mut Context));

/// What `new` does with the interface of an HTML element, by its name and `new.target`.
pub struct HtmlConstructor(pub fn(&'static str, &JsValue, &mut Context) -> JsResult<JsValue>);

/// Does what may lead to reactions of custom elements, and runs them (HTML, `[CEReactions]`; natives that cannot lead to any
/// have none).
///
/// # Errors
/// What `work` says.
#[inline]
pub fn reacting<R>(context: &mut Context, work: impl FnOnce(&mut Context) -> JsResult<R>) -> JsResult<R> {
    if !custom::is_used() {
        return work(context);
    }
    let Some(reactions) = context.get_data::<Rc<Reactions>>().cloned() else { return work(context) };
    let start = reactions.enter();
    let result = work(context);
    let elements = reactions.leave(start);
    if !elements.is_empty()
        && let Some(run) = context.get_data::<ReactionRunner>().map(|runner| runner.0)
    {
        run(&elements, context);
    }
    result
}

/// A native function that fails once the turn is cut short.
#[must_use]
pub fn interruptible(native: Native) -> NativeFunction {
    NativeFunction::from_copy_closure(move |this, args, context| {
        check()?;
        if whereabouts::is_wanted() {
            look(context);
        }
        let value = reacting(context, |context| native(this, args, context))?;
        // What it did may have run into a bound.
        check()?;
        Ok(value)
    })
}

/// A native function object.
#[must_use]
pub fn function(name: &str, native: Native, length: usize, context: &mut Context) -> JsObject {
    FunctionObjectBuilder::new(context.realm(), interruptible(native))
        .name(JsString::from(name))
        .length(length)
        .build()
        .into()
}

/// Defines an accessor property.
pub fn define_accessor(target: &JsObject, name: &str, getter: Native, setter: Option<Native>, context: &mut Context) {
    let get = function(&format!("get {name}"), getter, 0, context);
    let mut descriptor = PropertyDescriptor::builder().get(get).enumerable(true).configurable(true);
    if let Some(setter) = setter {
        descriptor = descriptor.set(function(&format!("set {name}"), setter, 1, context));
    }
    target.insert_property(JsString::from(name), descriptor);
}

/// Defines a method property.
pub fn define_method(target: &JsObject, name: &str, native: Native, length: usize, context: &mut Context) {
    let value = function(name, native, length, context);
    define_value(target, name, value, Attribute::all());
}

/// Defines a data property.
pub fn define_value(target: &JsObject, name: &str, value: impl Into<JsValue>, attribute: Attribute) {
    let descriptor = PropertyDescriptor::builder()
        .value(value)
        .writable(attribute.writable())
        .enumerable(attribute.enumerable())
        .configurable(attribute.configurable());
    target.insert_property(JsString::from(name), descriptor);
}

/// Sets the class name that `Object.prototype.toString` shows (Web IDL §3.7.3).
pub fn define_tag(prototype: &JsObject, name: &str) {
    let value = JsString::from(name);
    let descriptor = PropertyDescriptor::builder().value(value).writable(false).enumerable(false).configurable(true);
    prototype.insert_property(JsSymbol::to_string_tag(), descriptor);
}

/// Makes an interface's prototype and constructor and puts the constructor on the global object.
///
/// # Errors
/// What boa says; a bug.
pub fn install(interface: &Interface, context: &mut Context) -> JsResult<()> {
    let prototypes = Prototypes::of(context);
    let parent = match interface.parent {
        Some(parent) => prototypes.get(parent),
        None => context.intrinsics().constructors().object().prototype(),
    };
    let prototype = JsObject::from_proto_and_data(parent, boa_engine::builtins::object::OrdinaryObject);
    for (name, getter, setter) in interface.attributes {
        define_accessor(&prototype, name, *getter, *setter, context);
    }
    for (name, native, length) in interface.methods {
        define_method(&prototype, name, *native, *length, context);
    }
    define_tag(&prototype, interface.name);
    let (native, length) = interface.constructor.unwrap_or((illegal_constructor, 0));
    let is_of_html =
        matches!(interface.parent, Some("HTMLElement" | "HTMLMediaElement")) || interface.name == "HTMLElement";
    let native = if is_of_html { element_constructor(interface.name) } else { interruptible(native) };
    let constructor: JsObject = FunctionObjectBuilder::new(context.realm(), native)
        .name(JsString::from(interface.name))
        .length(length)
        .constructor(true)
        .build()
        .into();
    if let Some(parent) = interface.parent
        && let Some(parent) = context.global_object().get(JsString::from(parent), context)?.as_object()
    {
        constructor.set_prototype(Some(parent));
    }
    for (name, native, length) in interface.statics {
        define_method(&constructor, name, *native, *length, context);
    }
    for (name, value) in interface.constants {
        define_value(&constructor, name, *value, Attribute::ENUMERABLE);
        define_value(&prototype, name, *value, Attribute::ENUMERABLE);
    }
    define_value(&constructor, "prototype", prototype.clone(), Attribute::empty());
    let hidden = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    define_value(&prototype, "constructor", constructor.clone(), hidden);
    define_value(&context.global_object(), interface.name, constructor, hidden);
    prototypes.set(interface.name, prototype);
    Ok(())
}

/// The constructor of an HTML element: only classes that are defined as custom elements may call it.
fn element_constructor(interface: &'static str) -> NativeFunction {
    NativeFunction::from_copy_closure(move |new_target, _, context| {
        check()?;
        match context.get_data::<HtmlConstructor>().map(|constructor| constructor.0) {
            Some(construct) => construct(interface, new_target, context),
            None => illegal_constructor(new_target, &[], context),
        }
    })
}

fn illegal_constructor(_this: &JsValue, _args: &[JsValue], _context: &mut Context) -> JsResult<JsValue> {
    Err(JsNativeError::typ().with_message("Illegal constructor").into())
}

/// The prototype a `new` expression asks for: that of `new.target`, else the interface's own.
///
/// # Errors
/// A TypeError where the constructor was called without `new`.
pub fn new_target_prototype(new_target: &JsValue, interface: &str, context: &mut Context) -> JsResult<JsObject> {
    let Some(target) = new_target.as_object() else {
        let message = format!("Class constructor {interface} cannot be invoked without 'new'");
        return Err(JsNativeError::typ().with_message(message).into());
    };
    Ok(target.get(JsString::from("prototype"), context)?.as_object().unwrap_or_else(|| prototype(interface, context)))
}
