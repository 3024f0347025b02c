//! TreeWalker, NodeIterator and NodeFilter ([DOM §6](https://dom.spec.whatwg.org/#traversal)).

use std::cell::Cell;

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Gc, GcRefCell, Trace};

use super::exception::dom_exception;
use super::wrap::{node_arg, wrap, wrap_or_null};
use crate::dom::node::same;
use crate::dom::traversal::{Cursor, previous_in};
use crate::dom::{NodeRef, tree};
use crate::engine::convert::{Native, arg, type_error};
use crate::engine::interface::{Interface, define_method, install, prototype};

const ACCEPT: u32 = 1;
const REJECT: u32 = 2;
const SKIP: u32 = 3;

/// What a traversal shows.
#[derive(Trace, Finalize)]
struct Filter {
    #[unsafe_ignore_trace]
    what_to_show: u32,
    callback: Option<JsObject>,
    #[unsafe_ignore_trace]
    is_active: Cell<bool>,
}

impl Filter {
    /// Reads the second and third argument of `createTreeWalker` and `createNodeIterator`.
    fn from_args(args: &[JsValue], context: &mut Context) -> JsResult<Self> {
        let what_to_show = match args.get(1) {
            Some(value) if !value.is_undefined() => value.to_u32(context)?,
            _ => u32::MAX,
        };
        let callback = arg(args, 2);
        if !callback.is_null_or_undefined() && !callback.is_object() {
            return Err(type_error("parameter 3 is not of type 'NodeFilter'"));
        }
        Ok(Self { what_to_show, callback: callback.as_object(), is_active: Cell::new(false) })
    }
}

/// The native data of a TreeWalker.
#[derive(Trace, Finalize, JsData)]
struct Walker {
    root: NodeRef,
    filter: Filter,
    current: GcRefCell<NodeRef>,
}

/// The native data of a NodeIterator.
#[derive(Trace, Finalize, JsData)]
struct Iteration {
    cursor: Gc<Cursor>,
    filter: Filter,
}

/// Runs `f` on the filter of a walker or iterator.
fn with_filter<R>(this: &JsObject, f: impl FnOnce(&Filter) -> R) -> JsResult<R> {
    if let Some(walker) = this.downcast_ref::<Walker>() {
        return Ok(f(&walker.filter));
    }
    let iteration = this.downcast_ref::<Iteration>();
    iteration.map(|iteration| f(&iteration.filter)).ok_or_else(illegal)
}

fn illegal() -> boa_engine::JsError {
    type_error("Illegal invocation")
}

/// What the filter says of a node (DOM, "filter a node").
fn judge(this: &JsObject, node: &NodeRef, context: &mut Context) -> JsResult<u32> {
    let (is_active, is_shown, callback) = with_filter(this, |filter| {
        let is_shown = filter.what_to_show & (1 << (node.node_type() - 1)) != 0;
        (filter.is_active.get(), is_shown, filter.callback.clone())
    })?;
    if is_active {
        return Err(dom_exception("InvalidStateError", "The filter is running already.", context));
    }
    if !is_shown {
        return Ok(SKIP);
    }
    let Some(callback) = callback else { return Ok(ACCEPT) };
    let object = JsValue::from(wrap(node, context));
    with_filter(this, |filter| filter.is_active.set(true))?;
    let answer = ask(&callback, object, context);
    with_filter(this, |filter| filter.is_active.set(false))?;
    Ok(u32::from(answer?.to_uint16(context)?))
}

fn ask(callback: &JsObject, node: JsValue, context: &mut Context) -> JsResult<JsValue> {
    if callback.is_callable() {
        return callback.call(&JsValue::undefined(), &[node], context);
    }
    let accept = callback.get(JsString::from("acceptNode"), context)?;
    let accept = accept.as_callable().ok_or_else(|| type_error("NodeFilter.acceptNode is not a function"))?;
    accept.call(&callback.clone().into(), &[node], context)
}

fn this_walker(this: &JsValue) -> JsResult<(JsObject, NodeRef, NodeRef)> {
    let object = this.as_object().ok_or_else(illegal)?;
    let found = object.downcast_ref::<Walker>().map(|walker| (walker.root.clone(), walker.current.borrow().clone()));
    let (root, current) = found.ok_or_else(illegal)?;
    Ok((object, root, current))
}

/// Goes to a node, if there is one, and answers with it.
fn go(walker: &JsObject, to: Option<NodeRef>, context: &mut Context) -> JsResult<JsValue> {
    if let (Some(node), Some(data)) = (&to, walker.downcast_ref::<Walker>()) {
        *data.current.borrow_mut() = node.clone();
    }
    Ok(wrap_or_null(to, context))
}

fn parent_node(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (walker, root, mut node) = this_walker(this)?;
    while !same(&node, &root) {
        let Some(parent) = node.parent() else { break };
        if judge(&walker, &parent, context)? == ACCEPT {
            return go(&walker, Some(parent), context);
        }
        node = parent;
    }
    Ok(JsValue::null())
}

/// The child or sibling in one direction.
fn step(node: &NodeRef, is_forward: bool, is_down: bool) -> Option<NodeRef> {
    match (is_down, is_forward) {
        (true, true) => node.first_child(),
        (true, false) => node.last_child(),
        (false, true) => node.next_sibling(),
        (false, false) => node.previous_sibling(),
    }
}

/// "Traverse children".
fn child(this: &JsValue, is_first: bool, context: &mut Context) -> JsResult<JsValue> {
    let (walker, root, current) = this_walker(this)?;
    let mut at = step(&current, is_first, true);
    while let Some(node) = at {
        match judge(&walker, &node, context)? {
            ACCEPT => return go(&walker, Some(node), context),
            SKIP => {
                if let Some(inner) = step(&node, is_first, true) {
                    at = Some(inner);
                    continue;
                }
            }
            _ => {}
        }
        let mut up = node;
        at = loop {
            if let Some(sibling) = step(&up, is_first, false) {
                break Some(sibling);
            }
            match up.parent() {
                Some(parent) if !same(&parent, &root) && !same(&parent, &current) => up = parent,
                _ => return Ok(JsValue::null()),
            }
        };
    }
    Ok(JsValue::null())
}

/// "Traverse siblings".
fn sibling(this: &JsValue, is_next: bool, context: &mut Context) -> JsResult<JsValue> {
    let (walker, root, mut node) = this_walker(this)?;
    while !same(&node, &root) {
        let mut at = step(&node, is_next, false);
        while let Some(sibling) = at {
            node = sibling;
            let answer = judge(&walker, &node, context)?;
            if answer == ACCEPT {
                return go(&walker, Some(node), context);
            }
            let inner = step(&node, is_next, true).filter(|_| answer != REJECT);
            at = inner.or_else(|| step(&node, is_next, false));
        }
        match node.parent() {
            Some(parent) if !same(&parent, &root) => {
                if judge(&walker, &parent, context)? == ACCEPT {
                    break;
                }
                node = parent;
            }
            _ => break,
        }
    }
    Ok(JsValue::null())
}

fn previous_node(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (walker, root, mut node) = this_walker(this)?;
    while !same(&node, &root) {
        let mut at = node.previous_sibling();
        while let Some(sibling) = at {
            node = sibling;
            let mut answer = judge(&walker, &node, context)?;
            while answer != REJECT
                && let Some(last) = node.last_child()
            {
                node = last;
                answer = judge(&walker, &node, context)?;
            }
            if answer == ACCEPT {
                return go(&walker, Some(node), context);
            }
            at = node.previous_sibling();
        }
        let Some(parent) = node.parent().filter(|_| !same(&node, &root)) else { break };
        node = parent;
        if judge(&walker, &node, context)? == ACCEPT {
            return go(&walker, Some(node), context);
        }
    }
    Ok(JsValue::null())
}

fn next_node(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (walker, root, mut node) = this_walker(this)?;
    let mut answer = ACCEPT;
    loop {
        let inner = node.first_child().filter(|_| answer != REJECT);
        let Some(next) = inner.or_else(|| tree::next_skipping(&node, &root)) else { return Ok(JsValue::null()) };
        node = next;
        answer = judge(&walker, &node, context)?;
        if answer == ACCEPT {
            return go(&walker, Some(node), context);
        }
    }
}

fn current_node(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (_, _, current) = this_walker(this)?;
    Ok(wrap(&current, context).into())
}

fn set_current_node(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (walker, node) = (this_walker(this)?.0, node_arg(args, 0)?);
    go(&walker, Some(node), context).map(|_| JsValue::undefined())
}

fn what_to_show(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object().ok_or_else(illegal)?;
    with_filter(&object, |filter| filter.what_to_show.into())
}

fn filter(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object().ok_or_else(illegal)?;
    with_filter(&object, |filter| filter.callback.clone().map_or_else(JsValue::null, JsValue::from))
}

const WALKER: Interface = Interface {
    name: "TreeWalker",
    attributes: &[
        ("root", |this, _, context| Ok(wrap(&this_walker(this)?.1, context).into()), None),
        ("whatToShow", what_to_show, None),
        ("filter", filter, None),
        ("currentNode", current_node, Some(set_current_node)),
    ],
    methods: &[
        ("parentNode", parent_node, 0),
        ("firstChild", |this, _, context| child(this, true, context), 0),
        ("lastChild", |this, _, context| child(this, false, context), 0),
        ("previousSibling", |this, _, context| sibling(this, false, context), 0),
        ("nextSibling", |this, _, context| sibling(this, true, context), 0),
        ("previousNode", previous_node, 0),
        ("nextNode", next_node, 0),
    ],
    ..Interface::EMPTY
};

fn this_iteration(this: &JsValue) -> JsResult<(JsObject, Gc<Cursor>)> {
    let object = this.as_object().ok_or_else(illegal)?;
    let cursor = object.downcast_ref::<Iteration>().map(|data| data.cursor.clone());
    cursor.map(|cursor| (object.clone(), cursor)).ok_or_else(illegal)
}

/// "Traverse" of a NodeIterator.
fn iterate(this: &JsValue, is_next: bool, context: &mut Context) -> JsResult<JsValue> {
    let (iterator, cursor) = this_iteration(this)?;
    let (mut node, mut is_before) = (cursor.reference(), cursor.is_before());
    loop {
        if is_before == is_next {
            is_before = !is_before;
        } else {
            let found = if is_next { tree::next_in(&node, &cursor.root) } else { previous_in(&node, &cursor.root) };
            let Some(found) = found else { return Ok(JsValue::null()) };
            node = found;
        }
        if judge(&iterator, &node, context)? == ACCEPT {
            cursor.set(node.clone(), is_before);
            return Ok(wrap(&node, context).into());
        }
    }
}

const ITERATOR: Interface = Interface {
    name: "NodeIterator",
    attributes: &[
        ("root", |this, _, context| Ok(wrap(&this_iteration(this)?.1.root, context).into()), None),
        ("referenceNode", |this, _, context| Ok(wrap(&this_iteration(this)?.1.reference(), context).into()), None),
        ("pointerBeforeReferenceNode", |this, _, _| Ok(this_iteration(this)?.1.is_before().into()), None),
        ("whatToShow", what_to_show, None),
        ("filter", filter, None),
    ],
    methods: &[
        ("nextNode", |this, _, context| iterate(this, true, context), 0),
        ("previousNode", |this, _, context| iterate(this, false, context), 0),
        ("detach", |_, _, _| Ok(JsValue::undefined()), 0),
    ],
    ..Interface::EMPTY
};

const NODE_FILTER: Interface = Interface {
    name: "NodeFilter",
    constants: &[
        ("FILTER_ACCEPT", ACCEPT),
        ("FILTER_REJECT", REJECT),
        ("FILTER_SKIP", SKIP),
        ("SHOW_ALL", u32::MAX),
        ("SHOW_ELEMENT", 0x1),
        ("SHOW_ATTRIBUTE", 0x2),
        ("SHOW_TEXT", 0x4),
        ("SHOW_CDATA_SECTION", 0x8),
        ("SHOW_ENTITY_REFERENCE", 0x10),
        ("SHOW_ENTITY", 0x20),
        ("SHOW_PROCESSING_INSTRUCTION", 0x40),
        ("SHOW_COMMENT", 0x80),
        ("SHOW_DOCUMENT", 0x100),
        ("SHOW_DOCUMENT_TYPE", 0x200),
        ("SHOW_DOCUMENT_FRAGMENT", 0x400),
        ("SHOW_NOTATION", 0x800),
    ],
    ..Interface::EMPTY
};

fn create_tree_walker(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = node_arg(args, 0)?;
    let filter = Filter::from_args(args, context)?;
    let data = Walker { current: GcRefCell::new(root.clone()), root, filter };
    Ok(JsObject::from_proto_and_data(prototype("TreeWalker", context), data).into())
}

fn create_node_iterator(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = node_arg(args, 0)?;
    let filter = Filter::from_args(args, context)?;
    let data = Iteration { cursor: Cursor::new(&root), filter };
    Ok(JsObject::from_proto_and_data(prototype("NodeIterator", context), data).into())
}

const DOCUMENT_METHODS: [(&str, Native, usize); 2] =
    [("createTreeWalker", create_tree_walker, 1), ("createNodeIterator", create_node_iterator, 1)];

/// Installs them; Document is there already.
///
/// # Errors
/// What boa says; a bug.
pub fn install_traversal(context: &mut Context) -> JsResult<()> {
    for interface in [&WALKER, &ITERATOR, &NODE_FILTER] {
        install(interface, context)?;
    }
    let document = prototype("Document", context);
    for (name, native, length) in DOCUMENT_METHODS {
        define_method(&document, name, native, length, context);
    }
    Ok(())
}
