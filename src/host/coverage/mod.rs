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
use trial::Make;

use super::run::Hosted;
use recorder::Recorder;

/// Looks at a page: runs what `make` makes of it, where that is given, then scans what it loaded.
#[must_use]
pub fn coverage(page: &str, hosted: Hosted, make: Option<&Make>) -> Report {
    let Hosted { plugin, network } = hosted;
    let recorder = Arc::new(Recorder::new(network));
    let source = plugin.source.clone();
    let trial = make.map(|make| trial::run(plugin, &recorder, make));
    let gathered = gather::gather(&source, &recorder);
    report::report(page, &source, gathered, trial, &recorder)
}
