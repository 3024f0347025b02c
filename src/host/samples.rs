//! The sample plugins as `duoke demo` plays them, compiled in so that an installed program needs no files. They are those
//! of the 2014 client's API alone: its session is one of that client, and pages of 一洽 would have nothing to say in it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::config::plugin::PLUGIN_FILE;
use crate::net::EmbeddedFiles;

/// A bundled plugin.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its folder under `sample-plugins/`.
    pub folder: &'static str,
    /// Its `plugin.toml`.
    pub toml: &'static str,
    /// The files of its page.
    pub files: EmbeddedFiles,
}

/// A file of a sample, by its path in the sample's folder.
macro_rules! file {
    ($folder:literal, $path:literal) => {
        ($path, include_bytes!(concat!("../../sample-plugins/", $folder, "/", $path)))
    };
}

macro_rules! sample {
    ($folder:literal: $($path:literal),+) => {
        Sample {
            folder: $folder,
            toml: include_str!(concat!("../../sample-plugins/", $folder, "/plugin.toml")),
            files: &[$(file!($folder, $path)),+],
        }
    };
}

/// Those of the demo, in the order in which it opens them.
pub const SAMPLES: [Sample; 4] = [
    sample!("greeter": "plugin.js"),
    sample!("quick-reply": "page/index.html", "page/images/shop.png"),
    sample!("order-lookup": "page/index.html", "page/order.js", "page/order.css", "page/data/orders.json"),
    sample!("map": "page/index.html"),
];

/// Writes the samples into a folder; their folders, in order.
///
/// # Errors
/// They cannot be written.
pub fn unpack(to: &Path) -> io::Result<Vec<PathBuf>> {
    let write = |path: PathBuf, bytes: &[u8]| {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)
    };
    let sample = |sample: &Sample| {
        let folder = to.join(sample.folder);
        write(folder.join(PLUGIN_FILE), sample.toml.as_bytes())?;
        sample.files.iter().try_for_each(|(path, bytes)| write(folder.join(path), bytes))?;
        Ok(folder)
    };
    SAMPLES.iter().map(sample).collect()
}

/// The session that the demo plays.
pub const DEMO_LOG: &str = include_str!("../../sample-plugins/demo.jsonl");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{Dialect, PluginConfig};

    /// Files below a folder, but for what a page never asks for.
    fn files(root: &Path, folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let relative = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            match relative.as_str() {
                "plugin.toml" | "README.md" | "events" | "sessions" => {}
                _ if path.is_dir() => found.extend(files(root, &path)),
                _ => drop(found.insert(relative)),
            }
        }
        found
    }

    #[test]
    fn every_file_of_every_sample_of_the_2014_client_is_compiled_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-plugins");
        let mut of_the_demo = BTreeSet::new();
        for folder in fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            let config = PluginConfig::read(&folder.join(PLUGIN_FILE)).unwrap();
            // One that talks to a server would have nobody there.
            if config.dialects != [Dialect::Mcs] || !config.allow.is_empty() {
                continue;
            }
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            let sample = SAMPLES.iter().find(|sample| sample.folder == name).expect(&name);
            let bundled: BTreeSet<String> = sample.files.iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(bundled, files(&folder, &folder), "{name}");
            of_the_demo.insert(name);
        }
        assert_eq!(of_the_demo, SAMPLES.iter().map(|sample| sample.folder.to_owned()).collect());
    }
}
