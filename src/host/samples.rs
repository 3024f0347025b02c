//! The sample plugins as `duoke demo` plays them, compiled in so that an installed program needs no files.

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

/// All of them, in the order in which the demo opens them.
pub const SAMPLES: [Sample; 4] = [
    sample!("greeter": "plugin.js"),
    sample!("quick-reply": "page/index.html", "page/images/shop.png"),
    sample!("order-lookup": "page/index.html", "page/order.js", "page/order.css", "page/data/orders.json"),
    sample!("map": "page/index.html"),
];

/// The session that the demo plays.
pub const DEMO_LOG: &str = include_str!("../../sample-plugins/demo.jsonl");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Files below a folder, but for what a page never asks for.
    fn files(root: &Path, folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let relative = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            match relative.as_str() {
                "plugin.toml" | "README.md" | "sessions" => {}
                _ if path.is_dir() => found.extend(files(root, &path)),
                _ => drop(found.insert(relative)),
            }
        }
        found
    }

    #[test]
    fn every_file_of_every_sample_is_compiled_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-plugins");
        let mut folders = 0;
        for folder in fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            let name = folder.file_name().unwrap().to_str().unwrap();
            let sample = SAMPLES.iter().find(|sample| sample.folder == name).expect(name);
            let bundled: BTreeSet<String> = sample.files.iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(bundled, files(&folder, &folder), "{name}");
            folders += 1;
        }
        assert_eq!(folders, SAMPLES.len());
    }
}
