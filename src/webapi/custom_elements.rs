//! `customElements` ([HTML §4.13.4](https://html.spec.whatwg.org/multipage/custom-elements.html#customelementregistry)): what is
//! defined. What definitions do to elements is in `custom_reactions`.
//!
//! Missing: `attachInternals` (form-associated custom elements, states), registries of one's own, and those of the windows of
//! frames.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::object::builtins::JsPromise;
use boa_engine::property::Attribute;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue};

use super::custom_reactions;
use super::exception::{dom_exception, object as exception_object};
use super::iterable::sequence;
use super::window::Window;
use super::wrap::{interface_of, node_arg};
use crate::dom::custom::{self, Definition, Reactions, Registry, is_valid_name};
use crate::dom::{Node, NodeRef, shadow};
use crate::engine::convert::{arg, member, require, string, text, type_error, value_text};
use crate::engine::interface::{Interface, define_value, install, prototype};
use crate::engine::jobs::Microtasks;

/// A definition with what script gave for it.
pub(super) struct Defined {
    pub(super) definition: Rc<Definition>,
    pub(super) constructor: JsObject,
    pub(super) connected: Option<JsObject>,
    pub(super) disconnected: Option<JsObject>,
    pub(super) adopted: Option<JsObject>,
    pub(super) attribute_changed: Option<JsObject>,
    /// Elements whose constructor runs, or none for one that `super()` has given out ("construction stack").
    pub(super) stack: RefCell<Vec<Option<NodeRef>>>,
}

/// What this context's window defines.
pub(super) struct Definitions {
    registry: Rc<Registry>,
    list: RefCell<Vec<Rc<Defined>>>,
    /// Whether `define` runs.
    is_running: Cell<bool>,
    /// Promises of `whenDefined`, by name.
    awaited: RefCell<Vec<(String, JsObject, ResolvingFunctions)>>,
}

impl Definitions {
    /// Those of a context, if anything was defined.
    pub(super) fn peek(context: &Context) -> Option<Rc<Self>> {
        context.get_data::<Rc<Self>>().cloned()
    }

    fn of(context: &mut Context) -> Rc<Self> {
        if let Some(found) = Self::peek(context) {
            return found;
        }
        let microtasks = context.downcast_job_executor::<Microtasks>().as_ref().map(Rc::downgrade).unwrap_or_default();
        let is_queued: Rc<Cell<bool>> = Rc::default();
        let notify = move || {
            if let Some(microtasks) = microtasks.upgrade()
                && !is_queued.replace(true)
            {
                let queued = Queued(is_queued.clone());
                microtasks.queue(Box::new(move |context: &mut Context| {
                    drop(queued);
                    custom_reactions::run_left(context);
                    Ok(())
                }));
            }
        };
        let registry = Rc::new(Registry::new(Box::new(notify)));
        let made = Rc::new(Self {
            registry: registry.clone(),
            list: RefCell::default(),
            is_running: Cell::new(false),
            awaited: RefCell::default(),
        });
        context.insert_data(made.clone());
        context.insert_data(registry.reactions.clone());
        if let Some(data) = Window::of(context).document.as_document() {
            data.registry.replace(Some(registry));
        }
        made
    }

    pub(super) fn reactions(&self) -> &Rc<Reactions> {
        &self.registry.reactions
    }

    pub(super) fn of_definition(&self, definition: &Definition) -> Option<Rc<Defined>> {
        self.list.borrow().get(definition.index).cloned()
    }

    /// The definition of a constructor.
    pub(super) fn of_constructor(&self, constructor: &JsObject) -> Option<Rc<Defined>> {
        self.list.borrow().iter().find(|one| JsObject::equals(&one.constructor, constructor)).cloned()
    }
}

/// A microtask that runs what is left is queued, until this goes.
struct Queued(Rc<Cell<bool>>);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

fn name_error(name: &str, context: &mut Context) -> boa_engine::JsError {
    let message =
        format!("'{name}' is not a valid custom element name: it begins with a small letter and has a hyphen.");
    dom_exception("SyntaxError", &message, context)
}

/// The local name of the elements of a definition: its name, or what it extends.
fn local_name(name: &str, extends: Option<String>, context: &mut Context) -> JsResult<String> {
    let Some(extends) = extends else { return Ok(name.to_owned()) };
    let document = Window::of(context).document.clone();
    let is_unknown = interface_of(&Node::html_element(&document, &extends)) == "HTMLUnknownElement";
    if is_valid_name(&extends) || is_unknown {
        let message = format!("'{extends}' cannot be extended: it is no element of HTML.");
        return Err(dom_exception("NotSupportedError", &message, context));
    }
    Ok(extends)
}

/// What `define` reads of a class.
#[derive(Default)]
struct Read {
    callbacks: [Option<JsObject>; 4],
    observed: Vec<Box<str>>,
    disables_shadow: bool,
}

fn callback(prototype: &JsObject, name: &str, context: &mut Context) -> JsResult<Option<JsObject>> {
    let value = prototype.get(JsString::from(name), context)?;
    if value.is_undefined() {
        return Ok(None);
    }
    value.as_callable().map(Some).ok_or_else(|| type_error(&format!("{name} is not a function")))
}

fn texts(value: &JsValue, what: &str, context: &mut Context) -> JsResult<Vec<Box<str>>> {
    if value.is_undefined() {
        return Ok(Vec::new());
    }
    let no_list = || type_error(&format!("{what} is not a sequence"));
    let list = value.as_object().ok_or_else(no_list)?;
    let items = sequence(&list, context)?.ok_or_else(no_list)?;
    items.iter().map(|item| Ok(value_text(item, context)?.into())).collect()
}

fn read(constructor: &JsObject, context: &mut Context) -> JsResult<Read> {
    let Some(prototype) = constructor.get(JsString::from("prototype"), context)?.as_object() else {
        return Err(type_error("The constructor's prototype is not an object"));
    };
    let mut found = Read::default();
    let names = ["connectedCallback", "disconnectedCallback", "adoptedCallback"];
    for (at, name) in names.into_iter().enumerate() {
        found.callbacks[at] = callback(&prototype, name, context)?;
    }
    found.callbacks[3] = callback(&prototype, "attributeChangedCallback", context)?;
    if found.callbacks[3].is_some() {
        let observed = constructor.get(JsString::from("observedAttributes"), context)?;
        found.observed = texts(&observed, "observedAttributes", context)?;
    }
    let disabled = constructor.get(JsString::from("disabledFeatures"), context)?;
    found.disables_shadow = texts(&disabled, "disabledFeatures", context)?.iter().any(|feature| &**feature == "shadow");
    let is_of_forms = constructor.get(JsString::from("formAssociated"), context)?.to_boolean();
    let of_forms = ["formAssociatedCallback", "formResetCallback", "formDisabledCallback", "formStateRestoreCallback"];
    for name in of_forms.into_iter().filter(|_| is_of_forms) {
        callback(&prototype, name, context)?;
    }
    Ok(found)
}

fn define(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let name = text(args, 0, context)?;
    let Some(constructor) = arg(args, 1).as_object().filter(JsObject::is_constructor) else {
        return Err(type_error("parameter 2 is not a constructor"));
    };
    let extends = member(&arg(args, 2), "extends", context)?;
    let extends = if extends.is_undefined() { None } else { Some(value_text(&extends, context)?) };
    if !is_valid_name(&name) {
        return Err(name_error(&name, context));
    }
    let definitions = Definitions::of(context);
    if definitions.registry.named(&name).is_some() || definitions.of_constructor(&constructor).is_some() {
        let message = format!("'{name}' or its constructor is defined already.");
        return Err(dom_exception("NotSupportedError", &message, context));
    }
    let is_extension = extends.is_some();
    let local = local_name(&name, extends, context)?;
    if definitions.is_running.replace(true) {
        return Err(dom_exception("NotSupportedError", "An element is being defined.", context));
    }
    let found = read(&constructor, context);
    definitions.is_running.set(false);
    let Read { callbacks, observed, disables_shadow } = found?;
    let [connected, disconnected, adopted, attribute_changed] = callbacks;
    let definition = Rc::new(Definition {
        name: name.as_str().into(),
        local: local.as_str().into(),
        index: definitions.list.borrow().len(),
        observed,
        hears_connected: connected.is_some(),
        hears_disconnected: disconnected.is_some(),
        hears_adopted: adopted.is_some(),
        disables_shadow,
        reactions: definitions.reactions().clone(),
    });
    let stack = RefCell::default();
    let own = definition.clone();
    let value = JsValue::from(constructor.clone());
    let defined = Defined { definition, constructor, connected, disconnected, adopted, attribute_changed, stack };
    definitions.list.borrow_mut().push(Rc::new(defined));
    let start = definitions.reactions().enter();
    definitions.registry.add(own);
    upgrade_all(&local, is_extension.then_some(&*name), context);
    let elements = definitions.reactions().leave(start);
    custom_reactions::run(&elements, context);
    settle(&definitions, &name, &value, context)?;
    Ok(JsValue::undefined())
}

/// Queues the upgrades of what there is of a name in the document.
fn upgrade_all(local: &str, is: Option<&str>, context: &Context) {
    let document = Window::of(context).document.clone();
    for node in shadow::composed(&document) {
        if node.html_name() == local && (is.is_none() || custom::is_value(&node).as_deref() == is) {
            custom::try_upgrade(&node);
        }
    }
}

/// Resolves the promise of a name.
fn settle(definitions: &Definitions, name: &str, value: &JsValue, context: &mut Context) -> JsResult<()> {
    let at = definitions.awaited.borrow().iter().position(|(awaited, ..)| awaited == name);
    let Some(at) = at else { return Ok(()) };
    let (_, _, functions) = definitions.awaited.borrow_mut().remove(at);
    functions.resolve.call(&JsValue::undefined(), std::slice::from_ref(value), context)?;
    Ok(())
}

fn get(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    let found = Definitions::peek(context).and_then(|all| all.of_definition(&*all.registry.named(&name)?));
    Ok(found.map(|defined| defined.constructor.clone().into()).unwrap_or_default())
}

fn get_name(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let Some(constructor) = arg(args, 0).as_object().filter(JsObject::is_constructor) else {
        return Err(type_error("parameter 1 is not a constructor"));
    };
    let found = Definitions::peek(context).and_then(|all| all.of_constructor(&constructor));
    Ok(found.map_or_else(JsValue::null, |defined| string(&defined.definition.name)))
}

fn when_defined(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let name = text(args, 0, context)?;
    if !is_valid_name(&name) {
        let error = exception_object("SyntaxError", &format!("'{name}' is not a valid custom element name."), context);
        return Ok(JsPromise::reject(boa_engine::JsError::from_opaque(error.into()), context)?.into());
    }
    let definitions = Definitions::of(context);
    let defined = definitions.registry.named(&name).and_then(|definition| definitions.of_definition(&definition));
    if let Some(defined) = defined {
        return Ok(JsPromise::resolve(defined.constructor.clone(), context)?.into());
    }
    if let Some((_, promise, _)) = definitions.awaited.borrow().iter().find(|(awaited, ..)| *awaited == name) {
        return Ok(promise.clone().into());
    }
    let (promise, functions) = JsPromise::new_pending(context);
    let promise = JsObject::from(promise);
    definitions.awaited.borrow_mut().push((name, promise.clone(), functions));
    Ok(promise.into())
}

fn upgrade(_: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let root = node_arg(args, 0)?;
    for node in shadow::composed(&root).filter(|node| node.as_element().is_some()) {
        custom::try_upgrade(&node);
    }
    Ok(JsValue::undefined())
}

const REGISTRY: Interface = Interface {
    name: "CustomElementRegistry",
    methods: &[
        ("define", define, 2),
        ("get", get, 1),
        ("getName", get_name, 1),
        ("whenDefined", when_defined, 1),
        ("upgrade", upgrade, 1),
    ],
    ..Interface::EMPTY
};

/// Installs `customElements`.
///
/// # Errors
/// What boa says; a bug.
pub fn install_custom_elements(context: &mut Context) -> JsResult<()> {
    install(&REGISTRY, context)?;
    custom_reactions::install(context);
    let target = prototype("CustomElementRegistry", context);
    let registry = JsObject::from_proto_and_data(target, boa_engine::builtins::object::OrdinaryObject);
    define_value(&context.global_object(), "customElements", registry, Attribute::ENUMERABLE | Attribute::CONFIGURABLE);
    Ok(())
}
