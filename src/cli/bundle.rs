//! Bundles of recordings, as commands take them.

use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use crate::host::Notice;
use crate::regress::bundle::{self, BundleError, Unpacked};

/// Whether a file is a bundle.
pub(super) fn is_one(path: &Path) -> bool {
    bundle::is_bundle(path)
}

/// Unpacks one into a private folder that goes with what is returned.
pub(super) fn open(path: &Path, output: &mut Output) -> Result<Unpacked, Exit> {
    Unpacked::open(path, &path.display().to_string()).map_err(|error| failed(&error, output))
}

/// Unpacks one into a new folder; its recordings, relative to that.
pub(super) fn unpack(path: &Path, to: &Path, output: &mut Output) -> Result<Vec<PathBuf>, Exit> {
    bundle::unpack(path, to).map_err(|error| failed(&error, output))
}

/// Says why, and ends so.
pub(super) fn failed(error: &BundleError, output: &mut Output) -> Exit {
    let (exit, hint) = match error {
        BundleError::Io { .. } => (Exit::Environment, None),
        BundleError::NotABundle { .. } => {
            (Exit::Log, Some("bundles are made by `duoke sessions export`; do not unpack this one by other means"))
        }
        BundleError::Unpackable { .. } => (Exit::Configuration, None),
    };
    fail(output, Notice::error(error.to_string()).with_hint(hint), exit)
}
