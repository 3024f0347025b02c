//! `f.caller` and `f.arguments`.

use boa_engine::{Context, JsResult, JsValue, NativeFunction};

use super::native;

/// Makes both properties read as null and ignore assignment, as browsers have it for a sloppy function that is not
/// running (ECMA-262 §10.2.4 lets them); the engine throws for every function. What runs is not told: null then too.
///
/// # Errors
/// Where `Function.prototype` refuses a property.
pub fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().function().prototype();
    for name in ["caller", "arguments"] {
        let getter = NativeFunction::from_fn_ptr(|_, _, _| Ok(JsValue::null()));
        let setter = NativeFunction::from_fn_ptr(|_, _, _| Ok(JsValue::undefined()));
        native::accessor(&prototype, name, getter, Some(setter), context)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::builtins::testing::{check, plain_context};

    #[test]
    fn caller_and_arguments_are_null() {
        let mut context = plain_context();
        install(&mut context).unwrap();
        check(&mut context, "function f() { return [f.caller, f.arguments].join() + arguments.length; } f(1, 2)", ",2");
        check(&mut context, "String(f.caller) + String((function () {}).arguments)", "nullnull");
        check(&mut context, "f.caller = 1; 'use strict'; String(f.caller)", "null");
        check(
            &mut context,
            "(function () { 'use strict'; arguments.callee; })()",
            "TypeError: 'caller', 'callee', and 'arguments' properties may not be accessed on strict mode functions or the arguments objects for calls to them",
        );
        check(&mut context, "for (var k in f) throw k; Object.keys(Function.prototype).length", "0");
    }
}
