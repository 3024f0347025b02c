//! The replaced `exec` and `compile`, and the accessors on `RegExp`.

use std::{cell::Cell, rc::Rc};

use boa_engine::{
    Context, Finalize, JsArgs, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction, Trace,
    gc::{Gc, GcRefCell},
    js_string,
    object::builtins::JsRegExp,
};
use regress::Match;

use super::{
    last::{GROUPS, Groups, Last},
    wide::Wide,
};
use crate::engine::builtins::native;

/// What the page's regular expressions matched last; the collector traces it through the functions that share it.
#[derive(Clone, Trace, Finalize)]
pub struct Statics {
    last: Gc<GcRefCell<Last>>,
    /// What a page assigned to `RegExp.input` since the last match.
    input: Gc<GcRefCell<Option<JsString>>>,
    compile: JsObject,
    wide: Wide,
    /// Calls of `compile`.
    #[unsafe_ignore_trace]
    compilations: Rc<Cell<u32>>,
}

/// A member of [`Groups`] by the names a page knows it by.
type Member = (&'static [&'static str], fn(&Groups) -> &JsString);

const MEMBERS: [Member; 4] = [
    (&["lastMatch", "$&"], |groups| &groups.matched),
    (&["lastParen", "$+"], |groups| &groups.paren),
    (&["leftContext", "$`"], |groups| &groups.left),
    (&["rightContext", "$'"], |groups| &groups.right),
];

/// Replaces `RegExp.prototype.exec` and `compile` and defines the accessors.
///
/// # Errors
/// Where `RegExp` refuses a property.
pub fn install(context: &mut Context) -> JsResult<Statics> {
    let constructor = context.intrinsics().constructors().regexp().constructor();
    let prototype = context.intrinsics().constructors().regexp().prototype();
    // boa leaves an enumerable `lastIndex` here, which `for (k in /x/)` would find; instances have their own.
    prototype.delete_property_or_throw(js_string!("lastIndex"), context)?;
    let compile = prototype.get(js_string!("compile"), context)?.as_callable();
    let shared = Statics {
        last: Gc::new(GcRefCell::new(Last::Nothing)),
        input: Gc::new(GcRefCell::new(None)),
        compile: compile.ok_or_else(|| JsNativeError::typ().with_message("compile is not a function"))?,
        wide: Wide::default(),
        compilations: Rc::default(),
    };
    let exec = NativeFunction::from_copy_closure_with_captures(exec, shared.clone());
    native::method(&prototype, "exec", 1, exec, context)?;
    let compile = NativeFunction::from_copy_closure_with_captures(compile_and_keep, shared.clone());
    native::method(&prototype, "compile", 2, compile, context)?;

    for index in 0..GROUPS {
        let getter = NativeFunction::from_copy_closure_with_captures(
            move |_, _, shared: &Statics, context| {
                shared.known(context, |groups| groups.numbered[index].clone()).map(JsValue::from)
            },
            shared.clone(),
        );
        native::accessor(&constructor, &format!("${}", index + 1), getter, Some(ignored()), context)?;
    }
    for (names, member) in MEMBERS {
        for name in names {
            let getter = NativeFunction::from_copy_closure_with_captures(
                move |_, _, shared: &Statics, context| {
                    shared.known(context, |groups| member(groups).clone()).map(JsValue::from)
                },
                shared.clone(),
            );
            native::accessor(&constructor, name, getter, Some(ignored()), context)?;
        }
    }
    for name in ["input", "$_"] {
        let getter = NativeFunction::from_copy_closure_with_captures(input, shared.clone());
        let setter = NativeFunction::from_copy_closure_with_captures(set_input, shared.clone());
        native::accessor(&constructor, name, getter, Some(setter), context)?;
    }
    Ok(shared)
}

/// Assigning to these is allowed, strict code or not, and does nothing.
fn ignored() -> NativeFunction {
    NativeFunction::from_fn_ptr(|_, _, _| Ok(JsValue::undefined()))
}

/// `RegExp.prototype.exec` (ECMA-262 §22.2.6.2), which remembers a success.
fn exec(this: &JsValue, arguments: &[JsValue], shared: &Statics, context: &mut Context) -> JsResult<JsValue> {
    let regexp = this.as_object().and_then(|object| JsRegExp::from_object(object).ok()).ok_or_else(|| {
        JsNativeError::typ().with_message("RegExp.prototype.exec called on a value that is not a RegExp")
    })?;
    let input = arguments.get_or_undefined(0).to_string(context)?;
    let input = shared.wide.of(input);
    let Some(result) = regexp.exec(input.clone(), context)? else { return Ok(JsValue::null()) };
    let result = JsObject::from(result);
    *shared.last.borrow_mut() = Last::Matched { regexp, input, result: result.clone() };
    shared.forget_assigned();
    Ok(result.into())
}

/// `RegExp.prototype.compile` (ECMA-262 §B.2.4.1): the expression changes, its last match does not.
fn compile_and_keep(
    this: &JsValue,
    arguments: &[JsValue],
    shared: &Statics,
    context: &mut Context,
) -> JsResult<JsValue> {
    shared.known(context, |_| ())?;
    shared.compilations.set(shared.compilations.get().wrapping_add(1));
    shared.compile.call(this, arguments, context)
}

fn input(_: &JsValue, _: &[JsValue], shared: &Statics, _: &mut Context) -> JsResult<JsValue> {
    if let Some(assigned) = &*shared.input.borrow() {
        return Ok(assigned.clone().into());
    }
    Ok(match &*shared.last.borrow() {
        Last::Nothing => js_string!().into(),
        Last::Matched { input, .. } | Last::Found { input, .. } => input.clone().into(),
        Last::Known(groups) => groups.input.clone().into(),
    })
}

fn set_input(_: &JsValue, arguments: &[JsValue], shared: &Statics, context: &mut Context) -> JsResult<JsValue> {
    let assigned = arguments.get_or_undefined(0).to_string(context)?;
    *shared.input.borrow_mut() = Some(assigned);
    Ok(JsValue::undefined())
}

impl Statics {
    /// Remembers a match that no `exec` of the engine made.
    pub(in crate::engine::builtins) fn record(&self, input: JsString, found: Match) {
        *self.last.borrow_mut() = Last::Found { input, found };
        self.forget_assigned();
    }

    /// `text`, in UTF-16 if that saves matching it from being slow.
    pub(in crate::engine::builtins) fn wide(&self, text: JsString) -> JsString {
        self.wide.of(text)
    }

    /// A number that changes when an expression may have become another.
    pub(in crate::engine::builtins) fn compilations(&self) -> u32 {
        self.compilations.get()
    }

    fn forget_assigned(&self) {
        if self.input.borrow().is_some() {
            *self.input.borrow_mut() = None;
        }
    }

    /// Reads the groups of the last match, which are worked out if they were not.
    fn known<T>(&self, context: &mut Context, read: impl FnOnce(&Groups) -> T) -> JsResult<T> {
        let matched = match &*self.last.borrow() {
            Last::Nothing => return Ok(read(&Groups::default())),
            Last::Known(groups) => return Ok(read(groups)),
            Last::Found { input, found } => return Ok(read(&Groups::cut(input, found))),
            Last::Matched { regexp, input, result } => (regexp.clone(), input.clone(), result.clone()),
        };
        let (regexp, input, result) = matched;
        let groups = Groups::again(&regexp, &input, &result, context)?;
        let value = read(&groups);
        *self.last.borrow_mut() = Last::Known(groups);
        Ok(value)
    }
}
