//! A host that was built without the feature `otel` has nobody to export by.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::operations::Operations;
use super::traces::Waiting;
use crate::host::watch::Notice;

/// Where spans go: there is none.
#[derive(Debug)]
pub struct Exporter(Infallible);

impl Exporter {
    /// There is none.
    ///
    /// # Errors
    /// Always.
    pub fn new(_endpoint: &str) -> Result<Self, String> {
        Err("this duoke was built without traces (`cargo build --features otel`)".to_owned())
    }
}

pub(super) async fn export(exporter: Exporter, _waiting: Waiting, _operations: Arc<Operations>, _hear: Sender<Notice>) {
    match exporter.0 {}
}
