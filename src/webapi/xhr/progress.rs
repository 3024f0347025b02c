//! The events of a request. One that nobody listens to is not made.

use boa_engine::{Context, JsObject, JsResult, JsString};

use super::object::XhrObject;
use crate::webapi::event::{Event, dispatch};
use crate::webapi::target::with_listeners;

/// How far a transfer has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Bytes so far.
    pub loaded: usize,
    /// 0 where it is not known.
    pub total: usize,
}

fn is_listened(target: &JsObject, kind: &str) -> bool {
    with_listeners(target, |listeners| listeners.has_type(&JsString::from(kind))).unwrap_or(false)
}

/// Fires `readystatechange`.
pub(super) fn ready_state_change(xhr: &JsObject, context: &mut Context) -> JsResult<()> {
    if is_listened(xhr, "readystatechange") {
        dispatch(&Event::plain("readystatechange", false, false, context), xhr, context)?;
    }
    Ok(())
}

/// [Fires a progress event](https://xhr.spec.whatwg.org/#concept-event-fire-progress).
///
/// # Errors
/// None that the page made.
pub fn fire(target: &JsObject, kind: &str, progress: Progress, context: &mut Context) -> JsResult<()> {
    if is_listened(target, kind) {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let members = vec![
            ("lengthComputable", (progress.total > 0).into()),
            ("loaded", number(progress.loaded).into()),
            ("total", number(progress.total).into()),
        ];
        let event = Event::trusted("ProgressEvent", kind, false, false, members, context);
        dispatch(&event, target, context)?;
    }
    Ok(())
}

/// Fires a progress event at the upload object, if the page has looked at it.
pub(super) fn fire_upload(xhr: &JsObject, kind: &str, progress: Progress, context: &mut Context) -> JsResult<()> {
    let upload = xhr.downcast_ref::<XhrObject>().and_then(|data| data.upload.borrow().clone());
    match upload {
        Some(upload) => fire(&upload, kind, progress, context),
        None => Ok(()),
    }
}
