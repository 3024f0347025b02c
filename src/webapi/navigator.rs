//! `navigator` and `screen`: what a page can learn of the browser around it.
//!
//! Everything is fixed or configured (session-log.md, Time). The screen is that of the machines the original client ran
//! on: 1366 × 768 with a task bar of 40 lines.

use boa_engine::object::builtins::JsArray;
use boa_engine::property::Attribute;
use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::window::Window;
use crate::dom::media_query::{SCREEN_HEIGHT_PX, SCREEN_WIDTH_PX};
use crate::engine::convert::{array, string};
use crate::engine::interface::{Interface, define_value, install as install_interface, prototype};

/// Height of the screen without the task bar, in CSS pixels.
pub const SCREEN_AVAILABLE_HEIGHT_PX: i32 = 728;

fn user_agent(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(string(&Window::of(context).world.settings.user_agent))
}

/// The part after `Mozilla/`, as every browser has it.
fn app_version(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let window = Window::of(context);
    let agent = &window.world.settings.user_agent;
    Ok(string(agent.strip_prefix("Mozilla/").unwrap_or(agent)))
}

fn language(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(string(&Window::of(context).world.settings.language))
}

/// The language and, where it names a region, the language without it.
fn languages(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let window = Window::of(context);
    let language = &window.world.settings.language;
    let base = language.split_once('-').map(|(base, _)| string(base));
    let list: Vec<JsValue> = std::iter::once(string(language)).chain(base).collect();
    Ok(array(list, context))
}

/// `plugins` and `mimeTypes`: nothing in it, and the methods that find nothing.
fn empty_list(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let list = JsObject::from(JsArray::new(context)?);
    for name in ["item", "namedItem"] {
        let native = crate::engine::interface::function(name, |_, _, _| Ok(JsValue::null()), 1, context);
        define_value(&list, name, native, Attribute::WRITABLE | Attribute::CONFIGURABLE);
    }
    let refresh = crate::engine::interface::function("refresh", |_, _, _| Ok(JsValue::undefined()), 0, context);
    define_value(&list, "refresh", refresh, Attribute::WRITABLE | Attribute::CONFIGURABLE);
    Ok(list.into())
}

fn no(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(false.into())
}

fn yes(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(true.into())
}

/// The table of Navigator (HTML [§8.10](https://html.spec.whatwg.org/multipage/system-state.html#the-navigator-object)).
/// There is no `geolocation`.
const NAVIGATOR: Interface = Interface {
    name: "Navigator",
    attributes: &[
        ("userAgent", user_agent, None),
        ("appVersion", app_version, None),
        ("language", language, None),
        ("languages", languages, None),
        ("appCodeName", |_, _, _| Ok(string("Mozilla")), None),
        ("appName", |_, _, _| Ok(string("Netscape")), None),
        ("platform", |_, _, _| Ok(string("Win32")), None),
        ("product", |_, _, _| Ok(string("Gecko")), None),
        ("productSub", |_, _, _| Ok(string("20030107")), None),
        ("vendor", |_, _, _| Ok(string("Google Inc.")), None),
        ("vendorSub", |_, _, _| Ok(string("")), None),
        ("cookieEnabled", yes, None),
        ("onLine", yes, None),
        ("webdriver", no, None),
        ("maxTouchPoints", |_, _, _| Ok(0.into()), None),
        ("hardwareConcurrency", |_, _, _| Ok(1.into()), None),
        ("doNotTrack", |_, _, _| Ok(JsValue::null()), None),
        ("plugins", empty_list, None),
        ("mimeTypes", empty_list, None),
    ],
    methods: &[("javaEnabled", no, 0), ("sendBeacon", no, 1)],
    ..Interface::EMPTY
};

/// The table of Screen ([CSSOM View §4.3](https://drafts.csswg.org/cssom-view/#the-screen-interface)).
const SCREEN: Interface = Interface {
    name: "Screen",
    attributes: &[
        ("width", |_, _, _| Ok(SCREEN_WIDTH_PX.into()), None),
        ("height", |_, _, _| Ok(SCREEN_HEIGHT_PX.into()), None),
        ("availWidth", |_, _, _| Ok(SCREEN_WIDTH_PX.into()), None),
        ("availHeight", |_, _, _| Ok(SCREEN_AVAILABLE_HEIGHT_PX.into()), None),
        ("availLeft", |_, _, _| Ok(0.into()), None),
        ("availTop", |_, _, _| Ok(0.into()), None),
        ("colorDepth", |_, _, _| Ok(24.into()), None),
        ("pixelDepth", |_, _, _| Ok(24.into()), None),
    ],
    ..Interface::EMPTY
};

/// Installs `navigator` and `screen`.
///
/// # Errors
/// What boa says; a bug.
pub fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for (name, table) in [("navigator", &NAVIGATOR), ("screen", &SCREEN)] {
        install_interface(table, context)?;
        let prototype = prototype(table.name, context);
        let object = JsObject::from_proto_and_data(prototype, boa_engine::builtins::object::OrdinaryObject);
        define_value(&global, name, object, Attribute::all());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check_page;

    #[track_caller]
    fn check(expression: &str, expected: &str) {
        check_page("", &format!("out({expression})"), expected);
    }

    #[test]
    fn the_browser() {
        check("navigator.userAgent === 'Mozilla/' + navigator.appVersion", "true");
        check("/WebKit/.test(navigator.userAgent) + ' ' + /MSIE|Trident/.test(navigator.userAgent)", "true false");
        check("[navigator.language, navigator.languages, navigator.userLanguage]", "zh-CN,zh-CN,zh,");
        check("[navigator.appName, navigator.platform, navigator.cookieEnabled]", "Netscape,Win32,true");
        check("[navigator.plugins.length, navigator.plugins['Shockwave Flash'], navigator.mimeTypes.length]", "0,,0");
        check("[navigator.javaEnabled(), navigator.sendBeacon('/x'), 'geolocation' in navigator]", "false,false,false");
        check("String(navigator)", "[object Navigator]");
    }

    #[test]
    fn the_screen() {
        check("[screen.width, screen.height, screen.availHeight, screen.colorDepth]", "1366,768,728,24");
    }
}
