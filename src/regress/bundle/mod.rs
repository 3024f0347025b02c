//! Bundles: recordings and their plugins in one file, so that they replay on another machine.
//!
//! A bundle is a tar archive (POSIX.1-1988 `ustar`), compressed by Zstandard, of files only:
//!
//! - `sessions/NAME.jsonl`: recordings. Their `session.start` names the page as seen from there
//! - `plugins/NAME/…`: of each plugin what its pages asked for, and its `plugin.toml` without secrets
//!
//! `pack` writes one, `unpack` reads one, which may be anybody's.

mod pack;
mod unpack;

use std::io;
use std::path::{Path, PathBuf};

use super::case::Case;
use super::compare::{Comparison, Strictness, compare};
use super::play::Replays;
use super::run::{Played, Player as _};
use crate::host::Processes;

pub use self::pack::{Packed, Packing};
pub use self::unpack::{Unpacked, is_bundle, remove_unpacked, unpack};

/// The folder of the recordings.
const SESSIONS: &str = "sessions";
/// The folder of the plugins.
const PLUGINS: &str = "plugins";

/// A bundle that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The system does not let us.
    #[error("{}: {error}", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// It is none of ours, or none that is safe.
    #[error("{}: is no bundle that could be unpacked: {reason}", file.display())]
    NotABundle {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What is to be packed cannot be.
    #[error("{what}: cannot be packed: {reason}")]
    Unpackable {
        /// The file or plugin.
        what: String,
        /// Why not.
        reason: String,
    },
}

/// Which of the recordings that a bundle was made of do something else where they are unpacked.
///
/// # Errors
/// The bundle cannot be unpacked.
pub fn differing(
    bundle: &Path,
    packed: &Packed,
    cases: &[Case],
    processes: &Processes,
) -> Result<Vec<String>, BundleError> {
    let unpacked = Unpacked::open(bundle, "")?;
    let replays = Replays::new(processes.clone());
    let is_other = |(case, recording): (&Case, &PathBuf)| {
        let there = unpacked.recordings.iter().find(|file| file.path.ends_with(recording));
        let same = there.is_some_and(|file| did_the_same(&replays.play(case), &replays.play(&Case::of(file))));
        (!same).then(|| case.name.clone())
    };
    Ok(cases.iter().zip(&packed.recordings).filter_map(is_other).collect())
}

fn did_the_same(ones: &[Played], others: &[Played]) -> bool {
    let is_same = |(one, other): (&Played, &Played)| {
        one.trouble.is_some() == other.trouble.is_some()
            && compare(&one.lines, &other.lines, Strictness::Meaning) == Comparison::Same
    };
    ones.len() == others.len() && ones.iter().zip(others).all(is_same)
}

fn failed(file: &Path) -> impl FnOnce(io::Error) -> BundleError + use<> {
    let file = file.to_owned();
    move |error| BundleError::Io { file, error }
}

#[cfg(test)]
mod tests;
