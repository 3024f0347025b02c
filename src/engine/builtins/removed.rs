//! Globals a page does not get.
//!
//! - `WeakRef` and `FinalizationRegistry` show when garbage is collected, which no replay repeats.
//! - `SharedArrayBuffer` and `Atomics`: a browser hides the first from pages like these (cross-origin isolation),
//!   without it the second has nothing to work on, and its waits run on the real clock.
//! - `TypedArray` is the engine's own extra; in ECMA-262 §23.2 it has no global name.

use boa_engine::{Context, JsResult, js_string};

const REMOVED: [&str; 5] = ["WeakRef", "FinalizationRegistry", "SharedArrayBuffer", "Atomics", "TypedArray"];

/// Deletes the globals above.
///
/// # Errors
/// Where the global object refuses.
pub fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for name in REMOVED {
        global.delete_property_or_throw(js_string!(name), context)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::builtins::testing::{check, plain_context};

    #[test]
    fn they_are_gone_and_the_rest_works() {
        let mut context = plain_context();
        install(&mut context).unwrap();
        for name in REMOVED {
            check(&mut context, &format!("typeof {name} + ('{name}' in this)"), "undefinedfalse");
        }
        check(&mut context, "new Uint8Array([1, 2]).join() + typeof WeakMap", "1,2function");
    }
}
