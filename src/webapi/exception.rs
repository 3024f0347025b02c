//! DOMException (Web IDL §4.3).

use boa_engine::{Context, JsData, JsError, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use crate::dom::tree::InsertError;
use crate::engine::convert::{optional_text, string};
use crate::engine::interface::{Interface, install, new_target_prototype, prototype};

#[derive(Trace, Finalize, JsData)]
struct DomException {
    #[unsafe_ignore_trace]
    name: String,
    #[unsafe_ignore_trace]
    message: String,
}

/// Names with the codes that scripts of the time compare (Web IDL §4.3.2).
const CODES: [(&str, u32, &str); 25] = [
    ("IndexSizeError", 1, "INDEX_SIZE_ERR"),
    ("HierarchyRequestError", 3, "HIERARCHY_REQUEST_ERR"),
    ("WrongDocumentError", 4, "WRONG_DOCUMENT_ERR"),
    ("InvalidCharacterError", 5, "INVALID_CHARACTER_ERR"),
    ("NoModificationAllowedError", 7, "NO_MODIFICATION_ALLOWED_ERR"),
    ("NotFoundError", 8, "NOT_FOUND_ERR"),
    ("NotSupportedError", 9, "NOT_SUPPORTED_ERR"),
    ("InUseAttributeError", 10, "INUSE_ATTRIBUTE_ERR"),
    ("InvalidStateError", 11, "INVALID_STATE_ERR"),
    ("SyntaxError", 12, "SYNTAX_ERR"),
    ("InvalidModificationError", 13, "INVALID_MODIFICATION_ERR"),
    ("NamespaceError", 14, "NAMESPACE_ERR"),
    ("InvalidAccessError", 15, "INVALID_ACCESS_ERR"),
    ("TypeMismatchError", 17, "TYPE_MISMATCH_ERR"),
    ("SecurityError", 18, "SECURITY_ERR"),
    ("NetworkError", 19, "NETWORK_ERR"),
    ("AbortError", 20, "ABORT_ERR"),
    ("URLMismatchError", 21, "URL_MISMATCH_ERR"),
    ("QuotaExceededError", 22, "QUOTA_EXCEEDED_ERR"),
    ("TimeoutError", 23, "TIMEOUT_ERR"),
    ("InvalidNodeTypeError", 24, "INVALID_NODE_TYPE_ERR"),
    ("DataCloneError", 25, "DATA_CLONE_ERR"),
    ("EncodingError", 0, ""),
    ("NotReadableError", 0, ""),
    ("NotAllowedError", 0, ""),
];

/// An exception to throw.
#[must_use]
pub fn dom_exception(name: &str, message: &str, context: &mut Context) -> JsError {
    JsError::from_opaque(object(name, message, context).into())
}

/// An exception object.
#[must_use]
pub fn object(name: &str, message: &str, context: &mut Context) -> JsObject {
    let prototype = prototype("DOMException", context);
    make(prototype, name, message)
}

fn make(prototype: JsObject, name: &str, message: &str) -> JsObject {
    JsObject::from_proto_and_data(prototype, DomException { name: name.to_owned(), message: message.to_owned() })
}

/// A copy of an exception object; none of any other object.
#[must_use]
pub fn copy(exception: &JsObject, context: &mut Context) -> Option<JsObject> {
    let (name, message) =
        exception.downcast_ref::<DomException>().map(|data| (data.name.clone(), data.message.clone()))?;
    Some(object(&name, &message, context))
}

/// The exception of an insertion that may not be.
#[must_use]
pub fn insert_exception(error: InsertError, context: &mut Context) -> JsError {
    match error {
        InsertError::Hierarchy => {
            dom_exception("HierarchyRequestError", "The operation would yield an incorrect node tree.", context)
        }
        InsertError::NotFound => {
            dom_exception("NotFoundError", "The node before which to insert is not a child of this node.", context)
        }
    }
}

fn with(this: &JsValue, f: impl FnOnce(&DomException) -> JsValue) -> JsValue {
    match this.as_object() {
        Some(object) => object.downcast_ref::<DomException>().map(|data| f(&data)).unwrap_or_default(),
        None => JsValue::undefined(),
    }
}

fn construct(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let message = optional_text(args, 0, context)?.unwrap_or_default();
    let name = optional_text(args, 1, context)?.unwrap_or_else(|| "Error".to_owned());
    let prototype = new_target_prototype(new_target, "DOMException", context)?;
    Ok(make(prototype, &name, &message).into())
}

/// Installs DOMException; its prototype inherits from Error's.
///
/// # Errors
/// What boa says; a bug.
pub fn install_exception(context: &mut Context) -> JsResult<()> {
    const TABLE: Interface = Interface {
        name: "DOMException",
        constructor: Some((construct, 0)),
        attributes: &[
            ("name", |this, _, _| Ok(with(this, |e| string(&e.name))), None),
            ("message", |this, _, _| Ok(with(this, |e| string(&e.message))), None),
            (
                "code",
                |this, _, _| Ok(with(this, |e| CODES.iter().find(|c| c.0 == e.name).map_or(0, |c| c.1).into())),
                None,
            ),
        ],
        ..Interface::EMPTY
    };
    install(&TABLE, context)?;
    let prototype = prototype("DOMException", context);
    prototype.set_prototype(Some(context.intrinsics().constructors().error().prototype()));
    let constructor = context.global_object().get(JsString::from("DOMException"), context)?;
    for (_, code, name) in CODES.iter().filter(|c| c.1 > 0) {
        for target in [constructor.as_object(), Some(prototype.clone())].into_iter().flatten() {
            crate::engine::interface::define_value(&target, name, *code, boa_engine::property::Attribute::ENUMERABLE);
        }
    }
    Ok(())
}
