//! HTMLMediaElement, audio and video (HTML §4.8.11). Nothing is fetched or played: there is no one to hear it. What is
//! asked to play does as if it had, so that a page's sound for a new message never fails.

use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsResult, JsValue};

use super::document::named_constructor;
use super::node::constructed;
use super::reflect::{self, Kind, Reflected, Words};
use super::window::Window;
use super::wrap::this_element;
use crate::dom::{Node, attributes};
use crate::engine::convert::{Native, optional_text, string};
use crate::engine::interface::{Interface, install, prototype};

/// Resolved at once (HTML, `play()`); a browser would wait until there is something to hear.
fn play(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    this_element(this)?;
    JsPromise::resolve(JsValue::undefined(), context).map(JsValue::from)
}

const NOTHING: Native = |_, _, _| Ok(JsValue::undefined());

/// `currentTime`, `volume`, `muted` and the rates have no effect, so they keep what they are at first.
const MEDIA: Interface = Interface {
    name: "HTMLMediaElement",
    parent: Some("HTMLElement"),
    attributes: &[
        ("paused", |_, _, _| Ok(true.into()), None),
        ("ended", |_, _, _| Ok(false.into()), None),
        ("seeking", |_, _, _| Ok(false.into()), None),
        ("error", |_, _, _| Ok(JsValue::null()), None),
        ("duration", |_, _, _| Ok(f64::NAN.into()), None),
        ("readyState", |_, _, _| Ok(0.into()), None),
        ("networkState", |_, _, _| Ok(0.into()), None),
        ("currentSrc", |_, _, _| Ok(string("")), None),
        ("currentTime", |_, _, _| Ok(0.into()), Some(NOTHING)),
        ("volume", |_, _, _| Ok(1.into()), Some(NOTHING)),
        ("playbackRate", |_, _, _| Ok(1.into()), Some(NOTHING)),
        ("muted", |_, _, _| Ok(false.into()), Some(NOTHING)),
    ],
    methods: &[
        ("play", play, 0),
        ("pause", NOTHING, 0),
        ("load", NOTHING, 0),
        ("canPlayType", |_, _, _| Ok(string("")), 1),
    ],
    constants: &[
        ("NETWORK_EMPTY", 0),
        ("NETWORK_IDLE", 1),
        ("NETWORK_LOADING", 2),
        ("NETWORK_NO_SOURCE", 3),
        ("HAVE_NOTHING", 0),
        ("HAVE_METADATA", 1),
        ("HAVE_CURRENT_DATA", 2),
        ("HAVE_FUTURE_DATA", 3),
        ("HAVE_ENOUGH_DATA", 4),
    ],
    ..Interface::EMPTY
};

const PRELOAD: Words = Words { known: &["none", "metadata", "auto"], missing: "metadata", invalid: "metadata" };

const REFLECTED: [Reflected; 7] = [
    Reflected::url("src"),
    Reflected::flag("autoplay"),
    Reflected::flag("loop"),
    Reflected::flag("controls"),
    Reflected::of("defaultMuted", "muted", Kind::Flag),
    Reflected::of("preload", "preload", Kind::Words(PRELOAD)),
    Reflected::of("crossOrigin", "crossorigin", Kind::CrossOrigin),
];

const VIDEO: [Reflected; 4] = [
    Reflected::url("poster"),
    Reflected::of("width", "width", Kind::Unsigned(0)),
    Reflected::of("height", "height", Kind::Unsigned(0)),
    Reflected::of("playsInline", "playsinline", Kind::Flag),
];

/// `new Audio(url)`.
fn make_audio(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let audio = Node::html_element(&Window::of(context).document, "audio");
    attributes::set(&audio, "preload", "auto");
    if let Some(url) = optional_text(args, 0, context)? {
        attributes::set(&audio, "src", &url);
    }
    constructed(&audio, "HTMLAudioElement", new_target, context).map(JsValue::from)
}

/// Installs them, and the `Audio` constructor.
///
/// # Errors
/// What boa says; a bug.
pub fn install_media(context: &mut Context) -> JsResult<()> {
    install(&MEDIA, context)?;
    let target = prototype("HTMLMediaElement", context);
    reflect::install(&target, &REFLECTED, context);
    for name in ["HTMLAudioElement", "HTMLVideoElement"] {
        install(&Interface { name, parent: Some("HTMLMediaElement"), ..Interface::EMPTY }, context)?;
    }
    let video = prototype("HTMLVideoElement", context);
    reflect::install(&video, &VIDEO, context);
    named_constructor("Audio", "HTMLAudioElement", make_audio, context)
}
