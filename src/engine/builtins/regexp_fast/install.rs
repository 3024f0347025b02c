//! Puts the methods in their place.

use std::rc::Rc;

use boa_engine::{
    Context, Finalize, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue, NativeFunction, Trace,
    gc::{Gc, GcRefCell},
    js_string,
    property::PropertyKey,
};

use super::{
    exec, lists,
    plain::{Plain, Reads},
    program::Program,
    replace,
};
use crate::engine::builtins::{native, regexp_statics::Statics};

/// The methods as they were before.
#[derive(Trace, Finalize)]
pub(super) struct Before {
    pub(super) exec: JsObject,
    pub(super) test: JsObject,
    pub(super) replace: JsObject,
    pub(super) matches: JsObject,
    pub(super) split: JsObject,
}

/// What the methods share; the collector traces it through them.
#[derive(Clone, Trace, Finalize)]
pub(super) struct Fast {
    pub(super) before: Gc<Before>,
    pub(super) statics: Statics,
    /// Known once `exec` is in place.
    plain: Gc<GcRefCell<Option<Gc<Plain>>>>,
}

impl Fast {
    /// The program of an expression that can be matched without the page noticing.
    pub(super) fn program(
        &self,
        regexp: &JsObject,
        reads: Reads,
        context: &mut Context,
    ) -> JsResult<Option<Rc<Program>>> {
        let plain = self.plain.borrow();
        let Some(plain) = &*plain else { return Ok(None) };
        plain.program(regexp, reads, &self.statics, context)
    }
}

type Method = fn(&JsValue, &[JsValue], &Fast, &mut Context) -> JsResult<JsValue>;

/// Replaces `exec`, `test` and the methods behind `replace`, `match` and `split`; `statics` hears of their matches.
///
/// # Errors
/// Where `RegExp.prototype` refuses a property.
pub fn install(context: &mut Context, statics: Statics) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let mut before = |key: PropertyKey| {
        let method = prototype.get(key, context)?.as_callable();
        let missing = || JsNativeError::typ().with_message("a method of RegExp.prototype is not a function");
        method.ok_or_else(|| boa_engine::JsError::from(missing()))
    };
    let before = Before {
        exec: before(js_string!("exec").into())?,
        test: before(js_string!("test").into())?,
        replace: before(JsSymbol::replace().into())?,
        matches: before(JsSymbol::r#match().into())?,
        split: before(JsSymbol::split().into())?,
    };
    let fast = Fast { before: Gc::new(before), statics, plain: Gc::new(GcRefCell::new(None)) };
    let methods: [(PropertyKey, JsString, usize, Method); 5] = [
        (js_string!("exec").into(), js_string!("exec"), 1, exec::exec),
        (js_string!("test").into(), js_string!("test"), 1, exec::test),
        (JsSymbol::replace().into(), js_string!("[Symbol.replace]"), 2, replace::replace),
        (JsSymbol::r#match().into(), js_string!("[Symbol.match]"), 1, lists::matches),
        (JsSymbol::split().into(), js_string!("[Symbol.split]"), 2, lists::split),
    ];
    for (key, name, length, method) in methods {
        let body = NativeFunction::from_copy_closure_with_captures(
            move |this, arguments, fast: &Fast, context| method(this, arguments, fast, context),
            fast.clone(),
        );
        let function = native::function(name, length, body, context);
        native::hidden_value(&prototype, key, function, context)?;
    }
    let plain = Plain::new(context)?;
    *fast.plain.borrow_mut() = plain;
    Ok(())
}
