//! `history` (HTML [§7.2.5](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-history-interface)), as far
//! as it stays within one document: entries of documents before and after are not in it.

use std::cell::Cell;

use boa_engine::property::Attribute;
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use url::Url;

use super::exception::dom_exception;
use super::location::{navigate, tell_moved, without_fragment};
use super::structured_clone::structured_clone;
use super::window::{HistoryEntry, Navigation, Window};
use crate::base::limits::HISTORY_ENTRIES_MAX;
use crate::dom::indicated;
use crate::engine::convert::{arg, int, require, string, value_text};
use crate::engine::interface::{Interface, define_value, install as install_interface, prototype};
use crate::event::NavigateKind;

/// The native data of `history`.
#[derive(Trace, Finalize, JsData, Default)]
struct HistoryObject {
    /// `scrollRestoration` is `manual`.
    #[unsafe_ignore_trace]
    manual: Cell<bool>,
}

/// The document's first entry is made when somebody asks.
fn with_entries<R>(window: &Window, f: impl FnOnce(&mut Vec<HistoryEntry>, &mut usize) -> R) -> R {
    let mut history = window.history.borrow_mut();
    let (entries, at) = &mut *history;
    if entries.is_empty() {
        entries.push(HistoryEntry { url: window.url.borrow().clone(), state: JsValue::null() });
        *at = 0;
    }
    f(entries, at)
}

/// Makes an address the document's own, as a new entry after the current one or in its place.
pub(super) fn record(window: &Window, url: Url, state: JsValue, replace: bool) {
    with_entries(window, |entries, at| {
        let entry = HistoryEntry { url: url.clone(), state };
        if replace {
            entries[*at] = entry;
            return;
        }
        entries.truncate(*at + 1);
        entries.push(entry);
        if entries.len() > HISTORY_ENTRIES_MAX {
            entries.remove(0);
        }
        *at = entries.len() - 1;
    });
    *window.url.borrow_mut() = url;
}

fn length(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(with_entries(&Window::of(context), |entries, _| entries.len()).into())
}

fn state(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(with_entries(&Window::of(context), |entries, at| entries[*at].state.clone()))
}

fn put_state(args: &[JsValue], replace: bool, context: &mut Context) -> JsResult<JsValue> {
    require(args, 2)?;
    let state = structured_clone(&arg(args, 0), context)?;
    let window = Window::of(context);
    let address = arg(args, 2);
    let url = if address.is_null_or_undefined() {
        window.url.borrow().clone()
    } else {
        let text = value_text(&address, context)?;
        match window.resolve(&text).filter(|url| may_be_ours(&window.url.borrow(), url)) {
            Some(url) => url,
            None => {
                let message = format!("A history state object with URL '{text}' cannot be created in this document.");
                return Err(dom_exception("SecurityError", &message, context));
            }
        }
    };
    record(&window, url, state, replace);
    Ok(JsValue::undefined())
}

/// Whether a document may call itself by another address (HTML §7.4.5, "can have its URL rewritten").
fn may_be_ours(own: &Url, other: &Url) -> bool {
    let same_place = own.scheme() == other.scheme() && own.authority() == other.authority();
    match own.scheme() {
        "http" | "https" => same_place,
        "file" => same_place && own.path() == other.path(),
        _ => without_fragment(own) == without_fragment(other),
    }
}

/// Goes to another entry, as a task; nothing happens where there is none.
fn traverse(delta: i32, context: &mut Context) -> JsResult<JsValue> {
    let window = Window::of(context);
    if delta == 0 {
        let url = window.url.borrow().clone();
        navigate(Navigation { url, kind: NavigateKind::Reload, body: None }, context)?;
        return Ok(JsValue::undefined());
    }
    let work = move |context: &mut Context| {
        let window = Window::of(context);
        let there = with_entries(&window, |entries, at| {
            let target = usize::try_from(i64::try_from(*at).ok()? + i64::from(delta)).ok()?;
            let entry = entries.get(target)?.clone();
            *at = target;
            Some(entry)
        });
        let Some(entry) = there else { return Ok(()) };
        let old = window.url.replace(entry.url.clone());
        tell_moved(entry.state, old.clone(), entry.url.clone(), context)?;
        if old.fragment() != entry.url.fragment() {
            indicated::set_fragment(&window.document, entry.url.fragment());
        }
        Ok(())
    };
    window.event_loop.queue(Box::new(work));
    Ok(JsValue::undefined())
}

fn scroll_restoration(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let object = this.as_object();
    let manual = object.and_then(|object| object.downcast_ref::<HistoryObject>().map(|data| data.manual.get()));
    Ok(string(if manual == Some(true) { "manual" } else { "auto" }))
}

fn set_scroll_restoration(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = value_text(&arg(args, 0), context)?;
    if let Some(object) = this.as_object()
        && let Some(data) = object.downcast_ref::<HistoryObject>()
        && matches!(text.as_str(), "auto" | "manual")
    {
        data.manual.set(text == "manual");
    }
    Ok(JsValue::undefined())
}

const HISTORY: Interface = Interface {
    name: "History",
    attributes: &[
        ("length", length, None),
        ("state", state, None),
        ("scrollRestoration", scroll_restoration, Some(set_scroll_restoration)),
    ],
    methods: &[
        ("pushState", |_, args, context| put_state(args, false, context), 2),
        ("replaceState", |_, args, context| put_state(args, true, context), 2),
        ("back", |_, _, context| traverse(-1, context), 0),
        ("forward", |_, _, context| traverse(1, context), 0),
        ("go", |_, args, context| int(args, 0, context).and_then(|delta| traverse(delta, context)), 0),
    ],
    ..Interface::EMPTY
};

/// Installs History and `window.history`.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&HISTORY, context)?;
    let object = JsObject::from_proto_and_data(prototype("History", context), HistoryObject::default());
    define_value(&context.global_object(), "history", object, Attribute::CONFIGURABLE | Attribute::ENUMERABLE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check_page;

    #[track_caller]
    fn check(script: &str, expected: &str) {
        let script = format!(
            "onpop = function (e) {{ out('pop ' + JSON.stringify(e.state) + location.pathname + location.hash) }};
             addEventListener('popstate', onpop); addEventListener('hashchange', function () {{ out('hash') }}); {script}"
        );
        check_page("", &script, expected);
    }

    #[test]
    fn states() {
        check("out([history.length, history.state, history.scrollRestoration])", "1,,auto");
        check(
            "var s = {a: [1]}; history.pushState(s, '', 'b?x'); s.a = 2;\
               out(history.length + JSON.stringify(history.state) + location.href)",
            "2{\"a\":[1]}http://demo.test/dir/b?x",
        );
        check(
            "history.replaceState(1, ''); out([history.length, history.state, history.state === history.state])",
            "1,1,true",
        );
        check(
            "var o = {}; history.pushState(o, ''); out(history.state === history.state && history.state !== o)",
            "true",
        );
        check(
            "history.scrollRestoration = 'manual'; history.scrollRestoration = 'x'; out(history.scrollRestoration)",
            "manual",
        );
    }

    #[test]
    fn going_back_and_forth() {
        check(
            "history.pushState(1, '', 'b'); history.pushState(2, '', '#c'); history.go(-2); out('now')",
            "now|pop null/dir/page.html|hash",
        );
        check(
            "history.pushState(1, '', '#b'); history.back(); history.forward()",
            "pop null/dir/page.html|pop 1/dir/page.html#b|hash|hash",
        );
        check("history.back(); history.forward(); history.go(5)", "");
        check(
            "location.hash = 'a'; history.back(); location.hash = 'b'; out(history.length)",
            "pop null/dir/page.html#a|pop null/dir/page.html#b|3|hash|pop null/dir/page.html#a|hash|hash",
        );
        check("history.go()", "effect.navigate {\"url\":\"http://demo.test/dir/page.html?q=1\",\"kind\":\"reload\"}");
    }

    #[test]
    fn what_may_not_be() {
        check("try { history.pushState(1, '', 'http://other.test/') } catch (e) { out(e.name) }", "SecurityError");
        check("try { history.pushState(out, '') } catch (e) { out(e.name) }", "DataCloneError");
        check("var o = {}; o.o = o; history.pushState(o, ''); out(history.state.o === history.state)", "true");
        check("for (var i = 0; i < 60; i++) history.pushState(i, ''); out([history.length, history.state])", "50,59");
    }
}
