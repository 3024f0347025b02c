//! Element (DOM §4.9).

use boa_engine::{Context, JsResult};

use super::handlers;
use crate::dom::{NodeRef, attributes};

/// Sets an attribute as script does: handlers follow.
///
/// # Errors
/// None yet.
pub fn set_attribute(element: &NodeRef, name: &str, value: &str, context: &mut Context) -> JsResult<()> {
    attributes::set(element, name, value);
    if name.starts_with("on") {
        handlers::attribute_changed(element, name, context);
    }
    Ok(())
}
