//! What definitions do to elements ([HTML §4.13.5](https://html.spec.whatwg.org/multipage/custom-elements.html#upgrades)): elements
//! are constructed and upgraded, and reactions are run when the native that led to them ends.

use std::rc::Rc;

use boa_engine::{Context, JsError, JsObject, JsResult, JsString, JsValue};

use super::custom_elements::{Defined, Definitions};
use super::exception::dom_exception;
use super::window::Window;
use super::wrap::{as_node, interface_of, wrap};
use crate::base::interrupt;
use crate::dom::custom::{self, Definition, Reaction, State};
use crate::dom::node::same;
use crate::dom::parse::MetElement;
use crate::dom::{Attribute, Node, NodeRef, QualName, attributes, ns, tree};
use crate::engine::convert::{string, string_or_null, type_error};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{HtmlConstructor, ReactionRunner, prototype, reacting};

/// Runs the reactions of elements, each element's in order.
pub(super) fn run(elements: &[NodeRef], context: &mut Context) {
    for element in elements {
        while let Some(reaction) = custom::next_reaction(element) {
            if interrupt::is_raised() {
                return;
            }
            react(element, &reaction, context);
        }
    }
}

/// Runs those that no native led to.
pub(super) fn run_left(context: &mut Context) {
    let Some(definitions) = Definitions::peek(context) else { return };
    run(&definitions.reactions().take_left(), context);
}

fn react(element: &NodeRef, reaction: &Reaction, context: &mut Context) {
    if let Reaction::Upgrade(definition) = reaction {
        if let Err(error) = upgrade(element, definition, context) {
            EventLoop::of(context).report(&error, context);
        }
        return;
    }
    let Some(definitions) = Definitions::peek(context) else { return };
    let Some(defined) = custom::definition_of(element).and_then(|own| definitions.of_definition(&own)) else { return };
    let (callback, args) = match reaction {
        Reaction::Connected => (&defined.connected, Vec::new()),
        Reaction::Disconnected => (&defined.disconnected, Vec::new()),
        Reaction::Adopted(from, to) => (&defined.adopted, vec![wrap(from, context).into(), wrap(to, context).into()]),
        Reaction::Attribute(change) => {
            let namespace = if change.namespace == ns!() { JsValue::null() } else { string(&change.namespace) };
            let [old, new] = [&change.old, &change.new].map(|value| string_or_null(value.clone()));
            (&defined.attribute_changed, vec![string(&change.name), old, new, namespace])
        }
        Reaction::Upgrade(_) => return,
    };
    if let Some(callback) = callback {
        let this = wrap(element, context).into();
        let event_loop = EventLoop::of(context);
        event_loop.call(callback, &this, &args, context);
        event_loop.clean_up(context);
    }
}

/// Makes an element what a definition says ("upgrade an element").
fn upgrade(element: &NodeRef, definition: &Rc<Definition>, context: &mut Context) -> JsResult<()> {
    let Some(defined) = Definitions::peek(context).and_then(|all| all.of_definition(definition)) else { return Ok(()) };
    if !custom::begin_upgrade(element, definition) {
        return Ok(());
    }
    match construct_as(element, &defined, context) {
        Ok(()) => {
            custom::become_custom(element);
            Ok(())
        }
        Err(error) => {
            custom::set_state(element, State::Failed, None);
            Err(error)
        }
    }
}

/// Runs the constructor over an element that is there: `super()` gives it out.
fn construct_as(element: &NodeRef, defined: &Defined, context: &mut Context) -> JsResult<()> {
    if defined.definition.disables_shadow && crate::dom::shadow::root_at(element).is_some() {
        let message = "The definition disables shadow roots, and the element has one.";
        return Err(dom_exception("NotSupportedError", message, context));
    }
    custom::mark(element, State::Precustomized);
    defined.stack.borrow_mut().push(Some(element.clone()));
    let depth = defined.stack.borrow().len();
    let made = defined.constructor.construct(&[], None, context);
    EventLoop::of(context).clean_up(context);
    defined.stack.borrow_mut().truncate(depth - 1);
    if as_node(&made?.into()).is_some_and(|node| same(&node, element)) {
        return Ok(());
    }
    Err(type_error("The constructor of a custom element returned another object"))
}

/// A new element of a definition (DOM, "create an element", the synchronous way). What the constructor throws is reported,
/// and the element is an HTMLUnknownElement.
fn create_custom(document: &NodeRef, name: &QualName, definition: &Rc<Definition>, context: &mut Context) -> NodeRef {
    let made = match Definitions::peek(context).and_then(|all| all.of_definition(definition)) {
        Some(defined) => defined.constructor.construct(&[], None, context),
        None => Err(type_error("The definition is gone")),
    };
    EventLoop::of(context).clean_up(context);
    let checked = made.and_then(|object| check_made(&object, document, &name.local, context));
    match checked {
        Ok(node) => node,
        Err(error) => {
            EventLoop::of(context).report(&error, context);
            unknown(&Node::element(document, name.clone(), Vec::new()), context)
        }
    }
}

/// An element whose constructor failed.
fn unknown(element: &NodeRef, context: &mut Context) -> NodeRef {
    custom::set_state(element, State::Failed, None);
    let unknown = prototype("HTMLUnknownElement", context);
    wrap(element, context).set_prototype(Some(unknown));
    element.clone()
}

/// What a constructor returned must be a new and empty element.
fn check_made(object: &JsObject, document: &NodeRef, local: &str, context: &mut Context) -> JsResult<NodeRef> {
    let node = as_node(&object.clone().into()).filter(|node| !node.html_name().is_empty());
    let node = node.ok_or_else(|| type_error("The constructor of a custom element returned no HTMLElement"))?;
    let has_attributes = node.as_element().is_some_and(|e| e.with_attributes(|list| !list.is_empty()));
    let is_of = node.owner_document().is_some_and(|own| same(&own, document));
    let trouble = match () {
        () if has_attributes => "gave it attributes",
        () if node.first_child().is_some() => "gave it children",
        () if node.parent().is_some() => "put it somewhere",
        () if !is_of => "made it in another document",
        () if node.html_name() != local => "made one of another name",
        () => return Ok(node),
    };
    Err(dom_exception("NotSupportedError", &format!("The constructor of a custom element {trouble}."), context))
}

/// A new HTML element ("create an element", synchronously): what there is a definition for is constructed. A prefix in the
/// name of such a one is lost.
pub(super) fn create(document: &NodeRef, name: QualName, is: Option<&str>, context: &mut Context) -> NodeRef {
    let found = if name.ns == ns!(html) { custom::lookup(document, &name.local, is) } else { None };
    match found {
        Some(definition) if definition.name == definition.local => create_custom(document, &name, &definition, context),
        found => {
            let element = Node::element(document, name, Vec::new());
            if let Some(is) = is {
                custom::set_is(&element, is);
            }
            if let Some(definition) = found
                && let Err(error) = upgrade(&element, &definition, context)
            {
                EventLoop::of(context).report(&error, context);
            }
            element
        }
    }
}

/// Constructs what the parser met: out of the tree and without attributes, as HTML says, then in its place.
pub(super) fn construct_met(met: Vec<MetElement>, context: &mut Context) {
    EventLoop::of(context).clean_up(context);
    for MetElement { element, attributes: given, definition } in met {
        if custom::is_inert(&element) {
            custom::mark(&element, State::Undefined);
            set_all(&element, &given);
            continue;
        }
        let place = element.parent().map(|parent| (parent, element.next_sibling()));
        tree::lift(&element);
        custom::mark(&element, State::Undefined);
        let window = Window::of(context);
        // Nothing can be written meanwhile (HTML, "throw-on-dynamic-markup-insertion counter").
        window.scripts.construct(1);
        with_reactions(context, |context| {
            if let Err(error) = construct_parsed(&element, &definition, context) {
                EventLoop::of(context).report(&error, context);
                // What extends an element stays that element.
                if definition.name == definition.local {
                    unknown(&element, context);
                }
            }
            set_all(&element, &given);
        });
        window.scripts.construct(-1);
        with_reactions(context, |_| {
            if let Some((parent, next)) = place.filter(|_| element.parent().is_none()) {
                tree::put_back(&parent, &element, next.as_ref());
            }
        });
    }
    run_left(context);
}

fn construct_parsed(element: &NodeRef, definition: &Rc<Definition>, context: &mut Context) -> JsResult<()> {
    upgrade(element, definition, context)?;
    if definition.name != definition.local {
        return Ok(());
    }
    let object = wrap(element, context);
    let document = Window::of(context).document.clone();
    check_made(&object, &document, &definition.local, context).map(|_| ())
}

/// Runs the reactions that something leads to.
fn with_reactions(context: &mut Context, work: impl FnOnce(&mut Context)) {
    // What reactions throw is reported.
    let _ = reacting(context, |context| {
        work(context);
        Ok(())
    });
}

fn set_all(element: &NodeRef, given: &[Attribute]) {
    for attribute in given {
        attributes::set_named(element, attribute.name.clone(), attribute.value.clone());
    }
}

/// What `new` does with the interface of an HTML element ([HTML §3.2.3](https://html.spec.whatwg.org/#html-element-constructors)).
fn html_constructor(interface: &'static str, new_target: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let illegal = || -> JsError { type_error("Illegal constructor") };
    let target = new_target.as_object().ok_or_else(illegal)?;
    let defined = Definitions::peek(context).and_then(|all| all.of_constructor(&target)).ok_or_else(illegal)?;
    let own = prototype(interface, context).get(JsString::from("constructor"), context)?;
    if own.as_object().is_some_and(|own| JsObject::equals(&own, &target)) {
        return Err(illegal());
    }
    let definition = &defined.definition;
    let document = Window::of(context).document.clone();
    let is_autonomous = definition.name == definition.local;
    let expected =
        if is_autonomous { "HTMLElement" } else { interface_of(&Node::html_element(&document, &definition.local)) };
    if expected != interface {
        return Err(illegal());
    }
    let found = target.get(JsString::from("prototype"), context)?.as_object();
    let chain = found.unwrap_or_else(|| prototype(interface, context));
    let given = defined.stack.borrow().last().cloned();
    let element = match given {
        Some(Some(element)) => {
            if let Some(last) = defined.stack.borrow_mut().last_mut() {
                *last = None;
            }
            element
        }
        Some(None) => return Err(type_error("super() was called twice")),
        None => {
            let element = Node::html_element(&document, &definition.local);
            if !is_autonomous {
                custom::set_is(&element, &definition.name);
            }
            custom::set_state(&element, State::Custom, Some(definition.clone()));
            element
        }
    };
    let object = wrap(&element, context);
    object.set_prototype(Some(chain));
    Ok(object.into())
}

/// Has natives run the reactions that they lead to, and interfaces of HTML elements construct.
pub(super) fn install(context: &mut Context) {
    context.insert_data(ReactionRunner(run));
    context.insert_data(HtmlConstructor(html_constructor));
}
