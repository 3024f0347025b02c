//! `structuredClone` ([HTML §2.7](https://html.spec.whatwg.org/multipage/structured-data.html)): copies that share
//! nothing with what they are of. `postMessage` and `history.pushState` make theirs here.
//!
//! There is one global scope, so a copy is made at once and needs no serialised form. Members are read object by object,
//! outermost first, not depth first: only getters can tell, and no nesting is too deep. Objects of the host that no
//! specification lets copy (nodes, the window, promises) are refused, as are functions and proxies; so are
//! `SharedArrayBuffer` and `arguments` (which browsers copy as a plain object).

use std::collections::VecDeque;

use boa_engine::object::builtins::{
    JsArrayBuffer, JsDataView, JsDate, JsMap, JsRegExp, JsSet, JsTypedArray, js_typed_array_from_kind,
};
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{Context, JsBigInt, JsObject, JsResult, JsString, JsValue};
use rustc_hash::FxHashMap;

use super::blob::{self, as_blob};
use super::body::array_buffer;
use super::exception::{self, dom_exception};
use super::iterable::sequence;
use super::message_port;
use crate::engine::convert::{arg, member, require, type_error, value_text};
use crate::engine::interface::define_method;

/// A copy, and the ports that went over with it.
pub struct Cloned {
    /// The copy.
    pub value: JsValue,
    /// The ports of the transfer list, as the receiver has them.
    pub ports: Vec<JsObject>,
}

/// What was copied already, and what still has members to copy.
#[derive(Default)]
struct Copies {
    made: FxHashMap<JsObject, JsObject>,
    unfilled: VecDeque<(JsObject, JsObject)>,
}

/// A copy of a value that nothing is moved with.
///
/// # Errors
/// A DataCloneError where something in it cannot be copied; what getters throw.
pub fn structured_clone(value: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    if !value.is_object() && !value.is_symbol() {
        return Ok(value.clone());
    }
    Copies::default().run(value, context)
}

/// A copy with what `transfer` lists moved into it, not copied: array buffers and message ports.
///
/// # Errors
/// A DataCloneError where something cannot be copied or moved; what getters throw.
pub fn clone_with_transfer(value: &JsValue, transfer: &[JsValue], context: &mut Context) -> JsResult<Cloned> {
    let mut copies = Copies::default();
    let (mut buffers, mut ports) = (Vec::new(), Vec::new());
    for item in transfer {
        let Some(object) = item.as_object() else {
            return Err(type_error("A value of the transfer list is not of type 'Object'"));
        };
        if copies.made.contains_key(&object) {
            return Err(refused("The transfer list contains an object twice.", context));
        }
        if let Ok(buffer) = JsArrayBuffer::from_object(object.clone()) {
            let moved = match buffer.data() {
                Some(bytes) => array_buffer(&bytes, context)?,
                None => return Err(refused("An ArrayBuffer is detached and could not be cloned.", context)),
            };
            copies.made.extend(moved.as_object().map(|moved| (object, moved)));
            buffers.push(buffer);
        } else if message_port::is_transferable(&object) {
            let port = message_port::make(context);
            copies.made.insert(object.clone(), port.clone());
            ports.push((object, port));
        } else {
            return Err(refused("Value of the transfer list could not be transferred.", context));
        }
    }
    let value = copies.run(value, context)?;
    for buffer in buffers {
        buffer.detach(&JsValue::undefined())?;
    }
    for (from, to) in &ports {
        message_port::transfer(from, to);
    }
    Ok(Cloned { value, ports: ports.into_iter().map(|(_, to)| to).collect() })
}

/// The objects that an argument `transfer`, or the member of that name of an options object, lists.
///
/// # Errors
/// A TypeError where it is no sequence; what the page's code throws.
pub fn transfer_list(value: &JsValue, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let Some(object) = value.as_object() else { return Ok(Vec::new()) };
    if let Some(items) = sequence(&object, context)? {
        return Ok(items);
    }
    match member(value, "transfer", context)?.as_object() {
        Some(list) => {
            sequence(&list, context)?.ok_or_else(|| type_error("The provided value cannot be converted to a sequence."))
        }
        None => Ok(Vec::new()),
    }
}

fn refused(message: &str, context: &mut Context) -> boa_engine::JsError {
    dom_exception("DataCloneError", message, context)
}

/// That a value cannot be copied: functions are named by their text, objects by their class.
fn not_clonable(value: &JsValue, context: &mut Context) -> boa_engine::JsError {
    let shown = match value.as_object().filter(|object| !object.is_callable()) {
        None if value.is_symbol() => value.display().to_string(),
        None => value_text(value, context).unwrap_or_default(),
        Some(object) => {
            let name = object.get(JsString::from("constructor"), context).and_then(|c| member(&c, "name", context));
            let name = name.ok().and_then(|name| name.as_string()).unwrap_or_else(|| JsString::from("Object"));
            format!("#<{}>", name.to_std_string_lossy())
        }
    };
    refused(&format!("{shown} could not be cloned."), context)
}

impl Copies {
    fn run(&mut self, value: &JsValue, context: &mut Context) -> JsResult<JsValue> {
        let copy = self.copy(value, context)?;
        while let Some((from, to)) = self.unfilled.pop_front() {
            self.fill(&from, &to, context)?;
        }
        Ok(copy)
    }

    /// The copy of a value, its members not copied yet.
    fn copy(&mut self, value: &JsValue, context: &mut Context) -> JsResult<JsValue> {
        let Some(object) = value.as_object() else {
            return if value.is_symbol() { Err(not_clonable(value, context)) } else { Ok(value.clone()) };
        };
        if let Some(made) = self.made.get(&object) {
            return Ok(made.clone().into());
        }
        let Some(copy) = self.shell(&object, context)? else { return Err(not_clonable(value, context)) };
        self.made.insert(object, copy.clone());
        Ok(copy.into())
    }

    /// A new object of the same kind; none where there is no such copy.
    fn shell(&mut self, object: &JsObject, context: &mut Context) -> JsResult<Option<JsObject>> {
        let made = if object.is_callable() {
            return Ok(None);
        } else if object.is_array() {
            let length = object.get(JsString::from("length"), context)?;
            let array = context.intrinsics().constructors().array().constructor();
            array.construct(&[length], None, context)?
        } else if object.is_ordinary() {
            JsObject::with_object_proto(context.intrinsics())
        } else if JsMap::from_object(object.clone()).is_ok() {
            JsMap::new(context).into()
        } else if JsSet::from_object(object.clone()).is_ok() {
            JsSet::new(context).into()
        } else if object.is::<boa_engine::builtins::error::Error>() {
            return self.error(object, context).map(Some);
        } else {
            return self.leaf(object, context);
        };
        self.unfilled.push_back((object.clone(), made.clone()));
        Ok(Some(made))
    }

    /// A copy of an object whose own properties do not go over.
    fn leaf(&mut self, object: &JsObject, context: &mut Context) -> JsResult<Option<JsObject>> {
        if let Ok(date) = JsDate::from_object(object.clone()) {
            let time = date.get_time(context)?;
            let constructor = context.intrinsics().constructors().date().constructor();
            return constructor.construct(&[time], None, context).map(Some);
        }
        if let Ok(regexp) = JsRegExp::from_object(object.clone()) {
            let (source, flags) = (regexp.source(context)?, regexp.flags(context)?);
            return JsRegExp::new(JsString::from(source), JsString::from(flags), context).map(|made| Some(made.into()));
        }
        if let Some(primitive) = boxed(object) {
            return primitive.to_object(context).map(Some);
        }
        if let Ok(buffer) = JsArrayBuffer::from_object(object.clone()) {
            let copy = buffer.data().map(|bytes| array_buffer(&bytes, context)).transpose()?;
            return match copy {
                Some(copy) => Ok(copy.as_object()),
                None => Err(refused("An ArrayBuffer is detached and could not be cloned.", context)),
            };
        }
        if let Some(view) = self.view(object, context)? {
            return Ok(Some(view));
        }
        if let Some(blob) = as_blob(&object.clone().into()) {
            return Ok(Some(blob::make(blob, context)));
        }
        Ok(exception::copy(object, context))
    }

    /// A view on a copy of the same buffer. A typed array keeps its place in the buffer.
    fn view(&mut self, object: &JsObject, context: &mut Context) -> JsResult<Option<JsObject>> {
        if let Ok(view) = JsTypedArray::from_object(object.clone()) {
            let (buffer, offset, length) = (view.buffer(context)?, view.byte_offset(context)?, view.length(context)?);
            let (Some(kind), Some(buffer)) = (view.kind(), self.copy(&buffer, context)?.as_object()) else {
                return Ok(None);
            };
            let whole = js_typed_array_from_kind(kind, JsArrayBuffer::from_object(buffer.clone())?, context);
            if offset == 0
                && let Ok(whole) = &whole
                && let Some(whole) = whole.as_object()
                && JsTypedArray::from_object(whole.clone())?.length(context)? == length
            {
                return Ok(Some(whole));
            }
            // A buffer of one element's size stands for a constructor that takes a place in a buffer.
            let sample = js_typed_array_from_kind(kind, JsArrayBuffer::new(0, context)?, context)?;
            let constructor = member(&sample, "constructor", context)?.as_constructor();
            let args = [buffer.into(), offset.into(), length.into()];
            return constructor.map(|constructor| constructor.construct(&args, None, context)).transpose();
        }
        let Ok(view) = JsDataView::from_object(object.clone()) else { return Ok(None) };
        let (buffer, offset, length) = (view.buffer(context)?, view.byte_offset(context)?, view.byte_length(context)?);
        let Some(buffer) = self.copy(&buffer, context)?.as_object() else { return Ok(None) };
        let buffer = JsArrayBuffer::from_object(buffer)?;
        JsDataView::from_js_array_buffer(buffer, Some(offset), Some(length), context).map(|view| Some(view.into()))
    }

    /// An error with its name, message, stack and cause.
    fn error(&mut self, object: &JsObject, context: &mut Context) -> JsResult<JsObject> {
        let name = object.get(JsString::from("name"), context)?;
        let name = if name.is_undefined() { "Error".to_owned() } else { value_text(&name, context)? };
        let constructors = context.intrinsics().constructors();
        let constructor = match name.as_str() {
            "EvalError" => constructors.eval_error(),
            "RangeError" => constructors.range_error(),
            "ReferenceError" => constructors.reference_error(),
            "SyntaxError" => constructors.syntax_error(),
            "TypeError" => constructors.type_error(),
            "URIError" => constructors.uri_error(),
            _ => constructors.error(),
        };
        let copy = constructor.constructor().construct(&[], None, context)?;
        let own = |key: &str| object.borrow().properties().get(&PropertyKey::from(JsString::from(key)));
        let message = own("message").and_then(|property| property.value().cloned());
        let (cause, stack) = (own("cause"), object.get(JsString::from("stack"), context)?);
        let hidden = |value: JsValue| {
            PropertyDescriptor::builder().value(value).writable(true).enumerable(false).configurable(true)
        };
        if let Some(message) = message {
            let message = message.to_string(context)?;
            copy.define_property_or_throw(JsString::from("message"), hidden(message.into()), context)?;
        }
        if stack.is_string() {
            copy.define_property_or_throw(JsString::from("stack"), hidden(stack), context)?;
        }
        self.made.insert(object.clone(), copy.clone());
        if let Some(cause) = cause.and_then(|property| property.value().cloned()) {
            let cause = self.copy(&cause, context)?;
            copy.define_property_or_throw(JsString::from("cause"), hidden(cause), context)?;
        }
        Ok(copy)
    }

    /// Copies the members of an object into its copy.
    fn fill(&mut self, from: &JsObject, to: &JsObject, context: &mut Context) -> JsResult<()> {
        if let Ok(map) = JsMap::from_object(from.clone()) {
            let mut entries = Vec::new();
            map.for_each_native(|key, value| {
                entries.push((key, value));
                Ok(())
            })?;
            let copy = JsMap::from_object(to.clone())?;
            for (key, value) in entries {
                let (key, value) = (self.copy(&key, context)?, self.copy(&value, context)?);
                copy.set(key, value, context)?;
            }
            return Ok(());
        }
        if let (Ok(set), Ok(copy)) = (JsSet::from_object(from.clone()), JsSet::from_object(to.clone())) {
            let mut items = Vec::new();
            set.for_each_native(|item| {
                items.push(item);
                Ok(())
            })?;
            for item in items {
                let item = self.copy(&item, context)?;
                copy.add(item, context)?;
            }
            return Ok(());
        }
        for key in from.own_property_keys(context)? {
            if matches!(key, PropertyKey::Symbol(_)) {
                continue;
            }
            let property = from.borrow().properties().get(&key);
            // An array keeps its elements elsewhere; they are enumerable all the same.
            let is_enumerable = property.is_none_or(|property| property.enumerable().unwrap_or(true));
            if is_enumerable && from.has_own_property(key.clone(), context)? {
                let value = from.get(key.clone(), context)?;
                let value = self.copy(&value, context)?;
                to.create_data_property_or_throw(key, value, context)?;
            }
        }
        Ok(())
    }
}

/// The primitive of a Boolean, Number, String or BigInt object.
fn boxed(object: &JsObject) -> Option<JsValue> {
    if let Some(value) = object.downcast_ref::<bool>() {
        return Some((*value).into());
    }
    if let Some(value) = object.downcast_ref::<f64>() {
        return Some((*value).into());
    }
    if let Some(value) = object.downcast_ref::<JsString>() {
        return Some(value.clone().into());
    }
    object.downcast_ref::<JsBigInt>().map(|value| value.clone().into())
}

fn global_clone(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let transfer = member(&arg(args, 1), "transfer", context)?;
    let transfer = transfer_list(&transfer, context)?;
    clone_with_transfer(&arg(args, 0), &transfer, context).map(|cloned| cloned.value)
}

/// Installs `structuredClone`.
///
/// # Errors
/// None.
pub fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    define_method(&global, "structuredClone", global_clone, 1, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn plain_data() {
        check(
            "JSON.stringify(structuredClone({a: [1, , 'x', null], b: {c: true}}))",
            r#"{"a":[1,null,"x",null],"b":{"c":true}}"#,
        );
        check(
            "var a = [1, , 3]; a.x = 5; var b = structuredClone(a); [b.length, 1 in b, b.x, b !== a].join()",
            "3,false,5,true",
        );
        check(
            "var o = {}; o.self = o; o.list = [o]; var c = structuredClone(o); [c.self === c, c.list[0] === c, c === o].join()",
            "true,true,false",
        );
        check(
            "function A() { this.x = 1 } A.prototype.y = 2; var c = structuredClone(new A()); [c.x, c.y, c.constructor === Object].join()",
            "1,,true",
        );
        check(
            "var o = Object.defineProperty({a: 1, get g() { return 2 }}, 'h', {value: 3}); JSON.stringify(structuredClone(o))",
            r#"{"a":1,"g":2}"#,
        );
        check(
            "[structuredClone(1n), structuredClone(undefined), structuredClone('x'), Object.is(structuredClone(-0), -0)].join()",
            "1,,x,true",
        );
        check("var o = {}, i; for (i = 0; i < 20000; i++) o = {o: o}; typeof structuredClone(o)", "object");
    }

    #[test]
    fn builtin_objects() {
        check(
            "var m = new Map([[{k: 1}, new Set([1, 'a'])]]); m.set(m, m); var c = structuredClone(m); \
            var k = Array.from(c.keys()); [c instanceof Map, c.size, k[0].k, c.get(k[0]).has('a'), c.get(c) === c].join()",
            "true,2,1,true,true",
        );
        check(
            "var d = structuredClone(new Date(5)), r = structuredClone(/a(b)/gi); [d instanceof Date, +d, r.source, r.flags, r.lastIndex].join()",
            "true,5,a(b),gi,0",
        );
        check(
            "[structuredClone(new Number(3)) + 1, typeof structuredClone(new String('x')), structuredClone(new Boolean(false)) == false].join()",
            "4,object,true",
        );
        check(
            "var e = new RangeError('no', {cause: [1]}); e.own = 1; var c = structuredClone(e); \
            [c instanceof RangeError, c.message, c.name, c.own, c.cause[0], c.stack === e.stack].join()",
            "true,no,RangeError,,1,true",
        );
        check(
            "var c = structuredClone(new DOMException('m', 'AbortError')); [c instanceof DOMException, c.name, c.message].join()",
            "true,AbortError,m",
        );
    }

    #[test]
    fn bytes() {
        check(
            "var u = new Uint8Array([1, 2, 3, 4]); var c = structuredClone({u: u, v: u.subarray(1, 3), b: u.buffer, d: new DataView(u.buffer, 2)}); \
            u[0] = 9; [c.u[0], c.u.buffer === c.b, c.v.buffer === c.b, Array.from(c.v), c.v.byteOffset, c.d.getUint8(0), c.d.byteLength].join()",
            "1,true,true,2,3,1,3,2",
        );
        check(
            "var b = new ArrayBuffer(3), c = structuredClone({b: b}, {transfer: [b]}); [b.byteLength, c.b.byteLength].join()",
            "0,3",
        );
        check("structuredClone(new Float64Array([.5, 2]).subarray(1))[0]", "2");
    }

    #[test]
    fn what_cannot_be_copied() {
        check(
            "[function f() {}, document, Symbol('s'), {a: {b: out}}, new Promise(out), new Proxy({}, {}), new WeakMap(), window].map(function (v) { \
            try { structuredClone(v) } catch (e) { return e.name + e.code } }).join()",
            &["DataCloneError25"; 8].join(","),
        );
        check(
            "try { structuredClone({f: function f() {}}) } catch (e) { log(e.message) }",
            "function f() {} could not be cloned.",
        );
        check("try { structuredClone(document) } catch (e) { log(e.message) }", "#<HTMLDocument> could not be cloned.");
        check("structuredClone()", "TypeError: 1 argument(s) required, but only 0 present");
        check(
            "var b = new ArrayBuffer(1); try { structuredClone(1, {transfer: [b, b]}) } catch (e) { log(e.name) }",
            "DataCloneError",
        );
    }
}
