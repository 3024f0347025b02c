//! `duoke coverage`: which host and web APIs a page touches, by scan and by run, and what becomes of each here.
//!
//! - [`recorder`]: the page's network, which keeps what was loaded
//! - [`markup`]: what of a document is code, and which of its elements matter; the scan of scripts is the catalogue's
//! - [`gather`]: the page's files, scanned
//! - [`trial`]: the page run and told a made-up user; nothing is sent
//! - [`report`]: both together, as data; [`text`] for a person

pub mod gather;
pub mod markup;
pub mod recorder;
pub mod report;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trial;

use std::sync::Arc;

pub use report::Report;

use super::run::Hosted;
use recorder::Recorder;

/// Looks at a page: runs it where `with_run`, then scans what it loaded.
#[must_use]
pub fn coverage(page: &str, hosted: Hosted, with_run: bool) -> Report {
    let Hosted { plugin, network } = hosted;
    let recorder = Arc::new(Recorder::new(network));
    let source = plugin.source.clone();
    let trial = with_run.then(|| trial::run(plugin, &recorder));
    let gathered = gather::gather(&source, &recorder);
    report::report(page, &source, gathered, trial, &recorder)
}
