//! Images: `new Image()` and HTMLImageElement ([HTML §4.8.3](https://html.spec.whatwg.org/multipage/embedded-content.html#the-img-element)).
//!
//! *Choice*: pictures are never fetched, since nobody looks at them; but pages wait for them (preloaders, counting
//! pixels). So where a script sets `src`, the picture is taken to have come: `load` is fired in a task of its own, under
//! the cause of the task that set it, and the picture has one pixel. An address that is empty or none gets `error`.
//! Pictures of markup are complete from the start and fire nothing, and neither do copies.

use std::cell::Cell;

use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};

use super::document::{named_constructor, resolve};
use super::exception;
use super::node::constructed;
use super::reflect::{self, Kind, Reflected};
use super::target::fire;
use super::window::Window;
use super::wrap::{part, peek_part, this_element, wrap};
use crate::dom::{Node, NodeRef, attributes, boxes};
use crate::engine::convert::{int, member, string};
use crate::engine::event_loop::EventLoop;
use crate::engine::interface::{Interface, define_accessor, define_method, install as install_interface, prototype};

/// Where an image's loading stands, once a script has set its address.
#[derive(Trace, Finalize, JsData, Default)]
struct Loading {
    /// Counted up with each address: what was begun for an earlier one is void.
    #[unsafe_ignore_trace]
    run: Cell<u64>,
    #[unsafe_ignore_trace]
    is_pending: Cell<bool>,
    #[unsafe_ignore_trace]
    has_failed: Cell<bool>,
}

/// Runs `f` on an image's loading; none where no script has set its address.
fn peek<R>(image: &NodeRef, f: impl FnOnce(&Loading) -> R) -> Option<R> {
    let object = peek_part(image, "loading")?;
    object.downcast_ref::<Loading>().map(|loading| f(&loading))
}

/// A script has set the address of an image.
///
/// # Errors
/// None.
pub(super) fn source_set(image: &NodeRef, context: &mut Context) -> JsResult<()> {
    part(image, "loading", context, |_, _| Ok(JsObject::from_proto_and_data(None, Loading::default())))?;
    let run = peek(image, |loading| {
        loading.run.set(loading.run.get() + 1);
        loading.is_pending.set(true);
        loading.has_failed.set(false);
        loading.run.get()
    });
    let image = image.clone();
    EventLoop::of(context).queue(Box::new(move |context| {
        if peek(&image, |loading| loading.run.get()) != run {
            return Ok(());
        }
        let has_failed = address(&image, context).is_none();
        peek(&image, |loading| {
            loading.is_pending.set(false);
            loading.has_failed.set(has_failed);
        });
        let object = wrap(&image, context);
        fire(&object, if has_failed { "error" } else { "load" }, false, false, context).map(drop)
    }));
    Ok(())
}

fn source(image: &NodeRef) -> Option<String> {
    image.as_element().and_then(|element| element.attr("src"))
}

/// The address of an image, resolved; none where it is empty or not valid.
fn address(image: &NodeRef, context: &Context) -> Option<String> {
    let source = source(image).filter(|source| !source.trim().is_empty())?;
    resolve(image, source.trim(), context).map(String::from)
}

fn complete(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let image = this_element(this)?;
    let is_pending = peek(&image, |loading| loading.is_pending.get()).unwrap_or(false);
    Ok((!is_pending || source(&image).is_none_or(|source| source.is_empty())).into())
}

/// One pixel, once the picture has come.
fn natural_size(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let image = this_element(this)?;
    Ok(i32::from(has_come(&image)).into())
}

fn has_come(image: &NodeRef) -> bool {
    let has_come = peek(image, |loading| !loading.is_pending.get() && !loading.has_failed.get());
    has_come.unwrap_or(false) && source(image).is_some()
}

/// `width` and `height`: the attribute, else of a rendered image its box, else the picture's own.
fn size(this: &JsValue, name: &str, of_box: fn(boxes::Size) -> f64) -> JsResult<JsValue> {
    let image = this_element(this)?;
    let written = image.as_element().and_then(|element| element.attr(name));
    if let Some(written) = written.and_then(|written| reflect::parse_integer(&written)).filter(|size| *size >= 0) {
        return Ok(written.into());
    }
    let shown = if image.is_connected() { of_box(boxes::size(&image)).round() } else { 0.0 };
    Ok(if shown > 0.0 { shown.into() } else { i32::from(has_come(&image)).into() })
}

fn set_size(this: &JsValue, name: &str, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (image, value) = (this_element(this)?, int(args, 0, context)?.max(0));
    super::element::set_attribute(&image, name, &value.to_string(), context)?;
    Ok(JsValue::undefined())
}

fn current_source(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let image = this_element(this)?;
    Ok(string(&address(&image, context).unwrap_or_default()))
}

/// A promise that is kept once the picture has come.
fn decode(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let image = this_element(this)?;
    let (promise, functions) = JsPromise::new_pending(context);
    EventLoop::of(context).queue(Box::new(move |context| {
        let none = JsValue::undefined();
        if address(&image, context).is_some() {
            return functions.resolve.call(&none, &[], context).map(drop);
        }
        let reason = exception::object("EncodingError", "The source image cannot be decoded.", context);
        functions.reject.call(&none, &[reason.into()], context).map(drop)
    }));
    Ok(promise.into())
}

fn make_image(new_target: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let image = Node::html_element(&Window::of(context).document, "img");
    for (at, name) in ["width", "height"].into_iter().enumerate() {
        if args.get(at).is_some_and(|value| !value.is_undefined()) {
            attributes::set(&image, name, &int(args, at, context)?.to_string());
        }
    }
    constructed(&image, "HTMLImageElement", new_target, context).map(JsValue::from)
}

const IMAGE: Interface = Interface {
    name: "HTMLImageElement",
    parent: Some("HTMLElement"),
    attributes: &[
        ("complete", complete, None),
        ("naturalWidth", natural_size, None),
        ("naturalHeight", natural_size, None),
        ("currentSrc", current_source, None),
        (
            "width",
            |this, _, _| size(this, "width", |size| size.width),
            Some(|this, args, context| set_size(this, "width", args, context)),
        ),
        (
            "height",
            |this, _, _| size(this, "height", |size| size.height),
            Some(|this, args, context| set_size(this, "height", args, context)),
        ),
    ],
    ..Interface::EMPTY
};

/// Installs HTMLImageElement and `Image`.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&IMAGE, context)?;
    let target = prototype("HTMLImageElement", context);
    let reflected = [
        Reflected::url("src"),
        Reflected::text("alt"),
        Reflected::text("name"),
        Reflected::of("useMap", "usemap", Kind::Text),
        Reflected::of("isMap", "ismap", Kind::Flag),
        Reflected::of("hspace", "hspace", Kind::Unsigned(0)),
        Reflected::of("vspace", "vspace", Kind::Unsigned(0)),
        Reflected::text("align"),
        Reflected::of("border", "border", Kind::Legacy),
        Reflected::text("srcset"),
        Reflected::text("sizes"),
        Reflected::of("referrerPolicy", "referrerpolicy", Kind::Text),
        Reflected::words("decoding", &["sync", "async", "auto"], "auto"),
        Reflected::words("loading", &["lazy", "eager"], "eager"),
        Reflected::of("crossOrigin", "crossorigin", Kind::CrossOrigin),
    ];
    reflect::install(&target, &reflected, context);
    let left = |this: &JsValue, _: &[JsValue], context: &mut Context| member(this, "offsetLeft", context);
    define_accessor(&target, "x", left, None, context);
    let top = |this: &JsValue, _: &[JsValue], context: &mut Context| member(this, "offsetTop", context);
    define_accessor(&target, "y", top, None, context);
    define_method(&target, "decode", decode, 0, context);
    named_constructor("Image", "HTMLImageElement", make_image, context)
}

#[cfg(test)]
mod tests {
    use crate::event::Cause;
    use crate::webapi::testing::{check, check_caused};

    #[test]
    fn a_picture_comes_in_a_task() {
        check(
            "var i = new Image(); i.onload = function (e) { log(e.type, e.isTrusted, i.complete, i.naturalWidth, i.width, i.height, e.bubbles) };
             log(i.complete, i.naturalWidth); i.src = 'x.png?t=1'; log(i.complete, i.src, i.width)",
            "true 0\nfalse http://a.test/dir/x.png?t=1 0\nload true true 1 1 1 false",
        );
        check(
            "var i = document.createElement('img'); i.addEventListener('load', function () { log('load', i.currentSrc) }); i.setAttribute('src', '/a'); i.src = '/b'",
            "load http://a.test/b",
        );
        check(
            "var i = new Image(3, 4); i.onload = function () { log(i.width, i.naturalHeight, i.outerHTML) }; i.src = 'data:image/gif;base64,R0'",
            "3 1 <img width=\"3\" height=\"4\" src=\"data:image/gif;base64,R0\">",
        );
        check(
            "var i = new Image(); i.onerror = function () { log('error', i.naturalWidth, i.complete) }; i.onload = log; i.src = ''",
            "error 0 true",
        );
        check("var i = parse('<img src=x>'); i.onload = log; log(i.complete)", "true");
    }

    #[test]
    fn promises_of_pictures() {
        check(
            "var i = new Image(); i.onload = function () { log('load') }; i.src = 'x'; i.decode().then(function () { log('decoded') }); new Image().decode().catch(function (e) { log(e.name) })",
            "load\ndecoded\nEncodingError",
        );
    }

    #[test]
    fn the_load_has_the_cause_of_the_setting() {
        check_caused(
            Cause::new("s7", None),
            "var i = new Image(); i.onload = function () { log(cause()) }; i.src = 'x'",
            "s7",
        );
    }
}
