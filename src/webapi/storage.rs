//! `localStorage` and `sessionStorage` (HTML [§12.2](https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface)).
//!
//! The items are the world's, by the document's origin; an object here knows only which of the two areas it is. Every
//! change is an effect, and a `storage` event for the other documents of the origin in the page: those in frames, and the
//! page's own where one of those did it.

use std::cell::Cell;

use boa_engine::property::Attribute;
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Gc, Trace};

use super::event::{Event, dispatch};
use super::exception::dom_exception;
use super::frames;
use super::storage_text::{from_stored, to_stored};
use super::window::Window;
use super::world::StorageMap;
use crate::base::limits::STORAGE_BYTES_MAX;
use crate::engine::convert::{arg, index, require, string, this_object, type_error};
use crate::engine::event_loop::Output;
use crate::engine::exotic::{self, Exotic, Key};
use crate::engine::interface::{Interface, define_accessor, define_value, install as install_interface, prototype};
use crate::event::{Effect, StorageArea, StorageChange};

/// The native data of a storage object.
#[derive(Trace, Finalize, JsData)]
struct StorageObject {
    #[unsafe_ignore_trace]
    area: StorageArea,
    /// Bytes of all keys and values, once they were counted.
    #[unsafe_ignore_trace]
    bytes: Cell<Option<usize>>,
}

/// The area an object stands for, and its items.
fn area(target: &JsObject, context: &Context) -> JsResult<(StorageArea, StorageMap)> {
    let area = target.downcast_ref::<StorageObject>().map(|data| data.area);
    let area = area.ok_or_else(|| type_error("Illegal invocation"))?;
    let window = Window::of(context);
    if window.event_loop.has_realms()
        && let Some(data) = target.downcast_ref::<StorageObject>()
    {
        // Others may have changed the items as well.
        data.bytes.set(None);
    }
    let by_origin = match area {
        StorageArea::Local => &window.world.local,
        StorageArea::Session => &window.world.session,
    };
    let map = by_origin.borrow_mut().entry(window.origin()).or_default().clone();
    Ok((area, map))
}

/// What was changed, with the value that was there.
fn emit(area: StorageArea, change: StorageChange, old: Option<String>, context: &Context) {
    let window = Window::of(context);
    let origin = window.origin();
    if window.event_loop.has_realms() {
        let (key, new) = match &change {
            StorageChange::Set { key, value } => (Some(key.clone()), Some(value.clone())),
            StorageChange::Remove { key } => (Some(key.clone()), None),
            StorageChange::Clear => (None, None),
        };
        tell_others(&window, area, [key, old, new], context);
    }
    window.event_loop.emit(Output::Effect(Effect::Storage { origin, area, change }));
}

/// Fires `storage` at the other windows of the origin, a task each
/// ([broadcast](https://html.spec.whatwg.org/#concept-storage-broadcast)).
fn tell_others(window: &Gc<Window>, area: StorageArea, [key, old, new]: [Option<String>; 3], context: &Context) {
    let (origin, url) = (window.origin(), window.url.borrow().to_string());
    for other in frames::windows(context) {
        if Gc::ptr_eq(&other, window) || other.is_opaque() || other.origin() != origin {
            continue;
        }
        let values = [key.clone(), old.clone(), new.clone()];
        let url = url.clone();
        other.event_loop.queue(Box::new(move |context| {
            let global = context.global_object();
            let object = global.get(JsString::from(name_of_area(area)), context)?;
            let [key, old, new] = values.map(|value| string_or_null(value.as_ref()));
            let members = vec![
                ("key", key),
                ("oldValue", old),
                ("newValue", new),
                ("url", string(&url)),
                ("storageArea", object),
            ];
            let event = Event::trusted("StorageEvent", "storage", false, false, members, context);
            dispatch(&event, &global, context).map(drop)
        }));
    }
}

fn name_of_area(area: StorageArea) -> &'static str {
    match area {
        StorageArea::Local => "localStorage",
        StorageArea::Session => "sessionStorage",
    }
}

/// The bytes an area holds, counted once and then kept up.
fn bytes(target: &JsObject, map: &StorageMap) -> usize {
    let known = target.downcast_ref::<StorageObject>().and_then(|data| data.bytes.get());
    known.unwrap_or_else(|| map.borrow().iter().map(|(key, value)| key.len() + value.len()).sum())
}

fn note_bytes(target: &JsObject, bytes: usize) {
    if let Some(data) = target.downcast_ref::<StorageObject>() {
        data.bytes.set(Some(bytes));
    }
}

fn set_item(target: &JsObject, key: String, value: String, context: &mut Context) -> JsResult<()> {
    let (area, map) = area(target, context)?;
    let old = map.borrow().get(&key).cloned();
    if old.as_deref() == Some(value.as_str()) {
        return Ok(());
    }
    let freed = old.as_ref().map_or(0, |old| key.len() + old.len());
    let wanted = bytes(target, &map).saturating_sub(freed) + key.len() + value.len();
    if wanted > STORAGE_BYTES_MAX {
        let message = format!("Setting the value of '{key}' exceeded the quota.");
        return Err(dom_exception("QuotaExceededError", &message, context));
    }
    note_bytes(target, wanted);
    map.borrow_mut().insert(key.clone(), value.clone());
    emit(area, StorageChange::Set { key, value }, old, context);
    Ok(())
}

fn remove_item(target: &JsObject, key: String, context: &mut Context) -> JsResult<bool> {
    let (area, map) = area(target, context)?;
    let held = bytes(target, &map);
    let Some(old) = map.borrow_mut().shift_remove(&key) else { return Ok(false) };
    note_bytes(target, held.saturating_sub(key.len() + old.len()));
    emit(area, StorageChange::Remove { key }, Some(old), context);
    Ok(true)
}

/// An argument as it is stored.
fn text(args: &[JsValue], at: usize, context: &mut Context) -> JsResult<String> {
    Ok(to_stored(&arg(args, at).to_string(context)?))
}

fn string_or_null(stored: Option<&String>) -> JsValue {
    stored.map_or_else(JsValue::null, |stored| from_stored(stored).into())
}

/// The object behind the Proxy that a method was called on.
fn target_of(this: &JsValue, context: &mut Context) -> JsResult<JsObject> {
    let object = this_object(this, context);
    exotic::unwrap(&object, context)
}

fn length(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = target_of(this, context)?;
    let (_, map) = area(&target, context)?;
    let length = map.borrow().len();
    Ok(length.into())
}

fn key(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let target = target_of(this, context)?;
    let at = index(args, 0, context)?;
    let (_, map) = area(&target, context)?;
    let key = string_or_null(map.borrow().get_index(at).map(|(key, _)| key));
    Ok(key)
}

fn get_item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let target = target_of(this, context)?;
    let key = text(args, 0, context)?;
    let (_, map) = area(&target, context)?;
    let value = string_or_null(map.borrow().get(&key));
    Ok(value)
}

fn set_item_native(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let target = target_of(this, context)?;
    let (key, value) = (text(args, 0, context)?, text(args, 1, context)?);
    set_item(&target, key, value, context)?;
    Ok(JsValue::undefined())
}

fn remove_item_native(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let target = target_of(this, context)?;
    let key = text(args, 0, context)?;
    remove_item(&target, key, context)?;
    Ok(JsValue::undefined())
}

fn clear(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = target_of(this, context)?;
    let (area, map) = area(&target, context)?;
    let was_empty = std::mem::take(&mut *map.borrow_mut()).is_empty();
    note_bytes(&target, 0);
    if !was_empty {
        emit(area, StorageChange::Clear, None, context);
    }
    Ok(JsValue::undefined())
}

const STORAGE: Interface = Interface {
    name: "Storage",
    attributes: &[("length", length, None)],
    methods: &[
        ("key", key, 1),
        ("getItem", get_item, 1),
        ("setItem", set_item_native, 2),
        ("removeItem", remove_item_native, 1),
        ("clear", clear, 0),
    ],
    ..Interface::EMPTY
};

fn name_of(key: &Key) -> String {
    match key {
        Key::Index(index) => index.to_string(),
        Key::Name(name) => to_stored(name),
    }
}

/// Items as properties: `localStorage.name`.
static ITEMS: Exotic = Exotic {
    name: "Storage items",
    get: |target, key, context| {
        let (_, map) = area(target, context)?;
        let value = map.borrow().get(&name_of(key)).map(|value| from_stored(value).into());
        Ok(value)
    },
    set: Some(|target, key, value, context| {
        let value = to_stored(&value.to_string(context)?);
        set_item(target, name_of(key), value, context).map(|()| true)
    }),
    delete: Some(|target, key, context| remove_item(target, name_of(key), context)),
    keys: |target, context| {
        let found = area(target, context);
        found.map(|(_, map)| map.borrow().keys().map(|key| from_stored(key)).collect()).unwrap_or_default()
    },
    is_indexed: false,
    enumerable: true,
    builtins_first: true,
};

/// A document that shares its origin with no other has no storage.
fn denied(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Err(dom_exception("SecurityError", "The document is sandboxed and lacks the 'allow-same-origin' flag.", context))
}

/// Installs Storage, `localStorage` and `sessionStorage`.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&STORAGE, context)?;
    for (name, area) in [("localStorage", StorageArea::Local), ("sessionStorage", StorageArea::Session)] {
        if Window::of(context).is_opaque() {
            define_accessor(&context.global_object(), name, denied, None, context);
            continue;
        }
        let data = StorageObject { area, bytes: Cell::new(None) };
        let target = JsObject::from_proto_and_data(prototype("Storage", context), data);
        let object = exotic::wrap(target, &ITEMS, context)?;
        define_value(&context.global_object(), name, object, Attribute::CONFIGURABLE | Attribute::ENUMERABLE);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::{check_page, page};

    #[track_caller]
    fn check(script: &str, expected: &str) {
        check_page("", script, expected);
    }

    /// What a script puts out; effects left aside.
    #[track_caller]
    fn says(script: &str, expected: &str) {
        let mut page = page("");
        assert_eq!(page.show(script).lines().next().unwrap_or_default(), expected, "{script}");
    }

    #[test]
    fn methods() {
        says(
            "var s = localStorage; s.setItem('a', 1); s.setItem(2, null); out([s.getItem('a'), s.getItem(2), s.getItem('b')])",
            "1,null,",
        );
        says(
            "var s = localStorage; s.setItem('b', 1); s.setItem('a', 2); out([s.length, s.key(0), s.key(1), s.key(2)])",
            "2,b,a,",
        );
        says(
            "var s = sessionStorage; s.a = 1; s.removeItem('a'); s.removeItem('x'); out(s.length + String(s))",
            "0[object Storage]",
        );
        says("localStorage.setItem('a', 1); out(sessionStorage.getItem('a'))", "null");
        says("try { localStorage.setItem('a') } catch (e) { out(e.name) }", "TypeError");
        says("localStorage.setItem('a', '您'); localStorage.clear(); out(localStorage.length)", "0");
    }

    #[test]
    fn items_are_properties() {
        says(
            "var s = localStorage; s.a = {}; s['b c'] = 2; s[3] = 3; out([s.a, s['b c'], s.getItem('3'), s.none])",
            "[object Object],2,3,",
        );
        says(
            "var s = localStorage; s.b = 1; s.a = 2; var k = []; for (var n in s) s.hasOwnProperty(n) && k.push(n); out(k)",
            "b,a",
        );
        says(
            "var s = localStorage; s.a = 1; delete s.a; delete s.b; out(['a' in s, Object.keys(s).length])",
            "false,0",
        );
        says(
            "var s = localStorage; s.setItem('getItem', 'x'); out([typeof s.getItem, s.getItem('getItem')])",
            "function,x",
        );
        says("var s = localStorage; s.length = 7; out([s.length, s.getItem('length')])", "1,7");
    }

    #[test]
    fn changes_are_effects() {
        let of = |rest: &str| format!("effect.storage {{\"origin\":\"http://demo.test\",\"area\":\"local\",{rest}}}");
        check(
            "localStorage.a = 1; localStorage.a = '1'; delete localStorage.a; localStorage.removeItem('a');\
             localStorage.clear(); localStorage.b = 2; localStorage.clear()",
            &[
                of(r#""action":"set","key":"a","value":"1""#),
                of(r#""action":"remove","key":"a""#),
                of(r#""action":"set","key":"b","value":"2""#),
                of(r#""action":"clear""#),
            ]
            .join("\n"),
        );
    }

    #[test]
    fn there_is_a_quota() {
        let script = "var big = new Array(1024 * 1024 + 1).join('xxxxx');\
                      localStorage.a = big.slice(1); localStorage.a = 'x' + big.slice(2);\
                      try { localStorage.b = 1 } catch (e) { out([e.name, e.code, localStorage.length]) }";
        says(script, "QuotaExceededError,22,1");
    }
}
