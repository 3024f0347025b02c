//! `location` (HTML [§7.2.4](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-location-interface)) and
//! what a navigation is: a fragment stays in the document, `javascript:` runs code, anything else leaves and is an effect,
//! unless it is a frame that goes elsewhere.

use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue};
use url::{Url, quirks};

use super::event::{self, Event};
use super::exception::dom_exception;
use super::frame_places::place_of;
use super::timers::run_code;
use super::window::{Navigation, Window};
use super::{frame_loading, history, sandbox};
use crate::dom::indicated;
use crate::engine::convert::{Native, arg, string, value_text};
use crate::engine::event_loop::Output;
use crate::engine::interface::{Interface, Prototypes, function, install as install_interface, prototype};
use crate::event::{Effect, NavigateKind};

/// Navigates (HTML §7.4.2.2, "navigate"): also what links and forms do.
///
/// # Errors
/// None that the page made.
pub fn navigate(navigation: Navigation, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    if window.is_gone() {
        return Ok(());
    }
    if navigation.url.scheme() == "javascript" {
        return run_javascript_url(&navigation.url, context);
    }
    if is_fragment(&window.url.borrow(), &navigation) {
        let replace = navigation.kind == NavigateKind::Replace;
        return go_to_fragment(&window, &navigation.url, replace, context);
    }
    if let Some(framed) = &window.framed {
        frame_loading::navigate(&framed.frame, navigation, context);
        return Ok(());
    }
    let effect = Effect::Navigate { url: navigation.url.to_string(), kind: navigation.kind };
    window.event_loop.emit(Output::Effect(effect));
    window.navigate(navigation);
    Ok(())
}

/// Whether a navigation only changes the fragment.
fn is_fragment(from: &Url, to: &Navigation) -> bool {
    to.kind != NavigateKind::Reload
        && to.body.is_none()
        && to.url.fragment().is_some()
        && without_fragment(from) == without_fragment(&to.url)
}

/// An address up to its fragment.
#[must_use]
pub fn without_fragment(url: &Url) -> &str {
    url.as_str().split('#').next().unwrap_or_default()
}

/// HTML §7.4.2.3.3, "navigate to a fragment".
fn go_to_fragment(window: &Window, url: &Url, replace: bool, context: &mut Context) -> JsResult<()> {
    let old = window.url.borrow().clone();
    let replace = replace || old == *url;
    history::record(window, url.clone(), JsValue::null(), replace);
    tell_moved(JsValue::null(), old, url.clone(), context)?;
    indicated::set_fragment(&window.document, url.fragment());
    Ok(())
}

/// Fires `popstate` at once and, where the fragment is another one, `hashchange` as a task (HTML §7.4.6.2, "update
/// document for history step application").
pub(super) fn tell_moved(state: JsValue, old: Url, new: Url, context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    let moved = Event::trusted("PopStateEvent", "popstate", false, false, vec![("state", state)], context);
    event::dispatch(&moved, &global, context)?;
    if old.fragment() != new.fragment() {
        let work = move |context: &mut Context| tell_hash_changed(&old, &new, context);
        Window::of(context).event_loop.queue(Box::new(work));
    }
    Ok(())
}

fn tell_hash_changed(old: &Url, new: &Url, context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    let members = vec![("oldURL", string(old.as_str())), ("newURL", string(new.as_str()))];
    let changed = Event::trusted("HashChangeEvent", "hashchange", false, false, members, context);
    event::dispatch(&changed, &global, context)?;
    Ok(())
}

/// Runs a `javascript:` URL as a task (HTML §7.4.2.3.2); a result that is text does not replace the document.
///
/// # Errors
/// None.
pub fn run_javascript_url(url: &Url, context: &mut Context) -> JsResult<()> {
    let window = Window::of(context);
    if window.is_silent() {
        return Ok(());
    }
    let code = code_of(url);
    window.event_loop.queue(Box::new(move |context| run_code(&code, context)));
    Ok(())
}

/// The code in a `javascript:` URL.
pub(super) fn code_of(url: &Url) -> String {
    let encoded = url.as_str().split_once(':').map_or("", |(_, code)| code);
    String::from_utf8_lossy(&crate::net::percent_decode(encoded)).into_owned()
}

/// Parses an address as the document of the script means it that runs, be the location another window's.
///
/// # Errors
/// A SyntaxError where it is none.
fn parse(text: &str, context: &mut Context) -> JsResult<Url> {
    let parsed = Window::of_running(context).resolve(text.trim());
    parsed.ok_or_else(|| dom_exception("SyntaxError", &format!("'{text}' is not a valid URL."), context))
}

/// Goes elsewhere, as the doing of the script that runs.
fn go(args: &[JsValue], kind: NavigateKind, context: &mut Context) -> JsResult<JsValue> {
    let text = value_text(&arg(args, 0), context)?;
    let url = parse(&text, context)?;
    let place = place_of(&Window::of(context));
    if !sandbox::may_navigate(&Window::of_running(context), &place, context) {
        return Err(dom_exception("SecurityError", "The <iframe> is in a sandbox.", context));
    }
    navigate(Navigation { url, kind, body: None }, context)?;
    Ok(JsValue::undefined())
}

fn assign(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    go(args, NavigateKind::Assign, context)
}

fn replace(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    go(args, NavigateKind::Replace, context)
}

fn reload(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let url = Window::of(context).url.borrow().clone();
    navigate(Navigation { url, kind: NavigateKind::Reload, body: None }, context)?;
    Ok(JsValue::undefined())
}

fn read(context: &Context, part: fn(&Url) -> &str) -> JsResult<JsValue> {
    Ok(string(part(&Window::of(context).url.borrow())))
}

fn href(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    read(context, quirks::href)
}

fn origin(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(string(&Window::of(context).origin()))
}

/// Navigates to the address with one part changed; a part that is malformed changes nothing.
fn change(args: &[JsValue], context: &mut Context, set: fn(&mut Url, &str) -> Result<(), ()>) -> JsResult<JsValue> {
    let text = value_text(&arg(args, 0), context)?;
    let mut url = Window::of(context).url.borrow().clone();
    if set(&mut url, &text).is_ok() {
        url.set_fragment(url.fragment().map(str::to_owned).as_deref());
        let kind = NavigateKind::Assign;
        navigate(Navigation { url, kind, body: None }, context)?;
    }
    Ok(JsValue::undefined())
}

/// The setter of `hash`: the same fragment again is no navigation, and an empty one leaves `#`.
fn set_hash(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = value_text(&arg(args, 0), context)?;
    let mut url = Window::of(context).url.borrow().clone();
    let old = url.fragment().unwrap_or_default().to_owned();
    url.set_fragment(Some(text.strip_prefix('#').unwrap_or(&text)));
    if url.fragment() != Some(old.as_str()) {
        navigate(Navigation { url, kind: NavigateKind::Assign, body: None }, context)?;
    }
    Ok(JsValue::undefined())
}

fn set_pathname(url: &mut Url, text: &str) -> Result<(), ()> {
    quirks::set_pathname(url, text);
    Ok(())
}

fn set_search(url: &mut Url, text: &str) -> Result<(), ()> {
    quirks::set_search(url, text);
    Ok(())
}

const LOCATION: Interface = Interface {
    name: "Location",
    attributes: &[
        ("href", href, Some(assign)),
        ("origin", origin, None),
        ("protocol", |_, _, c| read(c, quirks::protocol), Some(|_, args, c| change(args, c, quirks::set_protocol))),
        ("host", |_, _, c| read(c, quirks::host), Some(|_, args, c| change(args, c, quirks::set_host))),
        ("hostname", |_, _, c| read(c, quirks::hostname), Some(|_, args, c| change(args, c, quirks::set_hostname))),
        ("port", |_, _, c| read(c, quirks::port), Some(|_, args, c| change(args, c, quirks::set_port))),
        ("pathname", |_, _, c| read(c, quirks::pathname), Some(|_, args, c| change(args, c, set_pathname))),
        ("search", |_, _, c| read(c, quirks::search), Some(|_, args, c| change(args, c, set_search))),
        ("hash", |_, _, c| read(c, quirks::hash), Some(set_hash)),
    ],
    methods: &[("assign", assign, 1), ("replace", replace, 1), ("reload", reload, 0), ("toString", href, 0)],
    ..Interface::EMPTY
};

/// The name under which the one location object is kept.
const OBJECT: &str = "location";

/// The location object, which `window` and `document` share.
pub fn location_object(context: &mut Context) -> JsObject {
    let prototypes = Prototypes::of(context);
    prototypes.find(OBJECT).unwrap_or_else(|| {
        let prototype = prototype("Location", context);
        let object = JsObject::from_proto_and_data(prototype, boa_engine::builtins::object::OrdinaryObject);
        prototypes.set(OBJECT, object.clone());
        object
    })
}

/// The getter of `window.location` and `document.location`.
///
/// # Errors
/// None; the signature is that of a native.
pub fn get(_this: &JsValue, _args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(location_object(context).into())
}

/// The setter of both: an assignment navigates.
///
/// # Errors
/// A SyntaxError where the address is none.
pub fn set(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    assign(this, args, context)
}

/// Installs Location and `window.location`, which no script can take away.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&LOCATION, context)?;
    let accessor = |name: &str, native: Native, length, context: &mut Context| function(name, native, length, context);
    let descriptor = PropertyDescriptor::builder()
        .get(accessor("get location", get, 0, context))
        .set(accessor("set location", set, 1, context))
        .enumerable(true)
        .configurable(false);
    context.global_object().insert_property(JsString::from("location"), descriptor);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::event::NavigateKind;
    use crate::webapi::testing::{check_page, page};

    #[track_caller]
    fn check(script: &str, expected: &str) {
        check_page("<p>", script, expected);
    }

    /// A script that navigates once.
    #[track_caller]
    fn goes(script: &str, url: &str, kind: &str) {
        check(script, &format!("effect.navigate {{\"url\":\"{url}\",\"kind\":\"{kind}\"}}"));
    }

    #[test]
    fn parts() {
        check(
            "var l = location; out([l.href, l.protocol, l.host, l.hostname, l.port, l.pathname, l.search, l.hash, l.origin])",
            "http://demo.test/dir/page.html?q=1,http:,demo.test,demo.test,,/dir/page.html,?q=1,,http://demo.test",
        );
        check(
            "out(location + ' ' + (location == location.href) + ' ' + (window.location === location))",
            "http://demo.test/dir/page.html?q=1 true true",
        );
    }

    #[test]
    fn navigations_are_effects() {
        goes("location.href = 'b.html'", "http://demo.test/dir/b.html", "assign");
        goes("location = '/c'", "http://demo.test/c", "assign");
        goes("window.location = '?x'", "http://demo.test/dir/page.html?x", "assign");
        goes("location.assign('//o.test')", "http://o.test/", "assign");
        goes("location.replace('b')", "http://demo.test/dir/b", "replace");
        goes("location.reload(true)", "http://demo.test/dir/page.html?q=1", "reload");
        goes("location.search = 'a=1&b=您'", "http://demo.test/dir/page.html?a=1&b=%E6%82%A8", "assign");
        goes("location.pathname = 'x/y'", "http://demo.test/x/y?q=1", "assign");
        goes("location.host = 'h:81'", "http://h:81/dir/page.html?q=1", "assign");
        goes("location.port = 8080", "http://demo.test:8080/dir/page.html?q=1", "assign");
        goes("location.protocol = 'https'", "https://demo.test/dir/page.html?q=1", "assign");
        goes("location.href = location.href", "http://demo.test/dir/page.html?q=1", "assign");
        goes("location.reload()", "http://demo.test/dir/page.html?q=1", "reload");
        check("try { location.href = 'http://[' } catch (e) { out(e.name) }", "SyntaxError");
        let mut page = page("");
        page.run("location = 'a'; location.replace('b')");
        let wanted = page.navigation().unwrap();
        assert_eq!((wanted.url.as_str(), wanted.kind), ("http://demo.test/dir/b", NavigateKind::Replace));
    }

    #[test]
    fn fragments_stay_in_the_document() {
        let listen = "addEventListener('popstate', function (e) { out('p' + e.state) });\
                      addEventListener('hashchange', function (e) { out(e.oldURL.slice(-5) + ' ' + e.newURL.slice(-5)) });";
        check(
            &format!("{listen} location.hash = 'top'; out(location.hash); location.hash = '#top'"),
            "pnull|#top|l?q=1 1#top",
        );
        check(
            &format!(
                "{listen} location.href = '#a'; location.replace('#a'); location.hash = ''; out(location.href.slice(-5))"
            ),
            "pnull|pnull|pnull|?q=1#|l?q=1 q=1#a|q=1#a ?q=1#",
        );
        check(&format!("{listen} location.hash = ''; out(location.href.slice(-4))"), "?q=1");
    }

    #[test]
    fn javascript_urls_run() {
        check("location.href = 'javascript:out(\"您%20好\")'; out(1)", "1|您 好");
        check("location = 'javascript:void(0)'", "");
    }
}
