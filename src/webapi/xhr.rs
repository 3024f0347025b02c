//! XMLHttpRequest (XHR standard).

use boa_engine::JsData;
use boa_gc::{Finalize, Trace};

use super::target::Listeners;

/// The native data of a request.
#[derive(Trace, Finalize, JsData, Default)]
pub struct XhrObject {
    /// Its listeners.
    pub listeners: Listeners,
}
