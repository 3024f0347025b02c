//! `matchMedia` and MediaQueryList ([CSSOM View §4.2](https://drafts.csswg.org/cssom-view/#the-mediaquerylist-interface)).
//! The tab never changes, so no `change` is fired; a page may fire its own.

use std::rc::Rc;

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use super::handlers;
use super::target::{Listener, Listeners};
use crate::dom::media_query::MediaList;
use crate::engine::convert::{arg, require, string, text, type_error};
use crate::engine::interface::{Interface, define_method, install as install_interface, prototype};

/// The native data of a MediaQueryList.
#[derive(Trace, Finalize, JsData)]
pub struct MediaQueryListObject {
    /// Its listeners.
    pub listeners: Listeners,
    media: String,
    matches: bool,
}

fn with<R>(this: &JsValue, f: impl FnOnce(&MediaQueryListObject) -> R) -> JsResult<R> {
    let object = this.as_object();
    let data = object.as_ref().and_then(|object| object.downcast_ref::<MediaQueryListObject>());
    data.map(|data| f(&data)).ok_or_else(|| type_error("Illegal invocation"))
}

fn match_media(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let list = MediaList::parse(&text(args, 0, context)?);
    let data = MediaQueryListObject { listeners: Listeners::default(), media: list.text(), matches: list.matches() };
    Ok(JsObject::from_proto_and_data(prototype("MediaQueryList", context), data).into())
}

/// `addListener`, as pages of before `addEventListener` have it.
fn add_listener(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let listener = arg(args, 0).as_object().map(|callback| Listener {
        kind: JsString::from("change"),
        callback: Some(callback),
        capture: false,
        once: false,
        passive: false,
        signal: None,
        removed: Rc::default(),
    });
    with(this, |data| listener.map(|listener| data.listeners.add(listener)))?;
    Ok(JsValue::undefined())
}

fn remove_listener(this: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let callback = arg(args, 0).as_object();
    with(this, |data| data.listeners.remove(&JsString::from("change"), callback.as_ref(), false))?;
    Ok(JsValue::undefined())
}

const MEDIA_QUERY_LIST: Interface = Interface {
    name: "MediaQueryList",
    parent: Some("EventTarget"),
    attributes: &[
        ("media", |this, _, _| with(this, |data| string(&data.media)), None),
        ("matches", |this, _, _| with(this, |data| data.matches.into()), None),
    ],
    methods: &[("addListener", add_listener, 1), ("removeListener", remove_listener, 1)],
    ..Interface::EMPTY
};

/// Installs `matchMedia`.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&MEDIA_QUERY_LIST, context)?;
    handlers::install(&prototype("MediaQueryList", context), &["change"], context);
    let global = context.global_object();
    define_method(&global, "matchMedia", match_media, 1, context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check;

    #[test]
    fn lists() {
        check(
            "var m = matchMedia(' (MAX-width:500px) '); [m.matches, m.media, matchMedia('(min-width: 500px)').matches, \
             m instanceof MediaQueryList, m instanceof EventTarget, m.onchange].join()",
            "true,(max-width: 500px),false,true,true,",
        );
        check("matchMedia()", "TypeError: 1 argument(s) required, but only 0 present");
    }

    #[test]
    fn listeners() {
        check(
            "var m = matchMedia('print'), f = function (e) { log(e.type, e.matches, e.media, this === m) }; \
             m.addListener(f); m.addListener(f); m.addListener(null); m.onchange = f; \
             m.dispatchEvent(new MediaQueryListEvent('change', {matches: true, media: m.media})); m.removeListener(f); m.onchange = null; \
             m.dispatchEvent(new Event('change'))",
            "change true print true\nchange true print true",
        );
    }
}
