//! Writing a bundle: recordings, and of their plugins what the pages ask for in a replay. Nothing else of the folders
//! enters: no secrets, no state, nobody's drafts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{BundleError, PLUGINS, SESSIONS, failed};
use crate::base::limits::{BUNDLE_BYTES_MAX, BUNDLE_FILES_MAX};
use crate::host::plugin::GivenOut;
use crate::host::{Names, Plugin, Processes, is_address, plugin_of, replay_all};
use crate::record::session::{START, Session};
use crate::regress::case::Case;
use crate::regress::update;

/// As recordings are compressed.
const ZSTD_LEVEL: i32 = 3;
/// The file that a plugin is configured in.
const PLUGIN_FILE: &str = "plugin.toml";
/// The configuration of a host, which may hold secrets.
const HOST_FILE: &str = "duoke.toml";

/// What goes into a bundle.
#[derive(Debug, Default)]
pub struct Packing {
    /// By name in the bundle.
    files: BTreeMap<String, Vec<u8>>,
    /// By folder: what it is called in the bundle.
    plugins: BTreeMap<PathBuf, String>,
    /// Of whose folders what is left out is named: those with a `plugin.toml`.
    configured: BTreeSet<PathBuf>,
    secrets: BTreeSet<String>,
    withheld: Vec<String>,
    recordings: Vec<PathBuf>,
}

/// A bundle that was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// What its recordings are called there, in the order in which they were added.
    pub recordings: Vec<PathBuf>,
    /// How many files it has.
    pub files: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// What was left out of the folders of its plugins, folders whole.
    pub left_out: Vec<String>,
    /// What the pages ask for and was left out all the same, with the reason.
    pub withheld: Vec<String>,
}

impl Packing {
    /// Nothing so far. No file with one of these secrets in it is taken.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        Self { secrets: secrets.into_iter().filter(|secret| !secret.is_empty()).collect(), ..Self::default() }
    }

    /// Adds a recording, and what its pages ask for.
    ///
    /// # Errors
    /// [`BundleError`]
    pub fn add(&mut self, case: &Case, processes: &Processes) -> Result<(), BundleError> {
        let unpackable = |reason: String| BundleError::Unpackable { what: case.name.clone(), reason };
        let session = Session::of_lines(case.lines.iter().map(|(_, line)| line.clone()));
        let mut names = Names::default();
        let plugins = session.recordings.iter().map(|recording| plugin_of(recording, &case.path, &mut names));
        let plugins: Result<Vec<Plugin>, _> = plugins.collect();
        let mut plugins = plugins.map_err(|error| unpackable(error.to_string()))?;
        let given_out: Vec<Option<GivenOut>> = plugins.iter_mut().map(Plugin::note_files).collect();
        let pages: Vec<_> = session.recordings.iter().zip(&plugins).collect();
        // What comes of it is compared by whoever tries the bundle.
        drop(replay_all(&pages, processes));
        let mut named = BTreeMap::new();
        for (plugin, given_out) in plugins.iter().zip(given_out) {
            let page = self.plugin(plugin, given_out)?;
            named.insert(plugin.name.clone(), page);
        }
        let names = session.recordings.iter().zip(&plugins);
        let named: BTreeMap<String, String> = names
            .filter_map(|(it, plugin)| Some((it.header.plugin.clone(), named.get(&plugin.name)?.clone())))
            .collect();
        self.recording(case, &named)
    }

    /// Adds a plugin; its page as seen from the recordings.
    fn plugin(&mut self, plugin: &Plugin, given_out: Option<GivenOut>) -> Result<String, BundleError> {
        let (path, query) = plugin.argument.split_at(plugin.argument.find(['?', '#']).unwrap_or(plugin.argument.len()));
        let Some(root) = plugin.root().filter(|_| !is_address(path)).map(Path::to_owned) else {
            return Ok(plugin.argument.clone());
        };
        let folder = self.folder(&root, &plugin.name);
        let config = plugin.shareable_config();
        let config = config.map_err(|reason| BundleError::Unpackable { what: plugin.name.clone(), reason })?;
        if let Some((text, token)) = config {
            self.secrets.extend(token);
            self.configured.insert(root.clone());
            self.put(&format!("{PLUGINS}/{folder}/{PLUGIN_FILE}"), text.into_bytes())?;
        }
        let (inside, outside) = plugin.replacement_files();
        self.withheld
            .extend(outside.iter().map(|file| format!("{}: lies outside of the plugin's folder", file.display())));
        for file in given_out.map(|given_out| given_out.files()).unwrap_or_default().into_iter().chain(inside) {
            self.file(&root, &folder, &file)?;
        }
        let file = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        let is_page = Path::new(path).is_file() && file != PLUGIN_FILE;
        let file = if is_page { format!("/{file}") } else { String::new() };
        Ok(format!("../{PLUGINS}/{folder}{file}{query}"))
    }

    /// What a plugin's folder is called in the bundle: as the plugin, which without a name in its plugin.toml is called as
    /// its folder.
    fn folder(&mut self, root: &Path, name: &str) -> String {
        if let Some(known) = self.plugins.get(root) {
            return known.clone();
        }
        let plain: String =
            name.chars().map(|it| if it.is_control() || "/\\:".contains(it) { '_' } else { it }).collect();
        let plain = if plain.starts_with('.') || plain.is_empty() { format!("_{plain}") } else { plain };
        let numbered = (2_u32..).map(|number| format!("{plain}-{number}"));
        let mut names = std::iter::once(plain.clone()).chain(numbered);
        let folder = names.find(|name| !self.plugins.values().any(|other| other == name)).unwrap_or(plain);
        self.plugins.insert(root.to_owned(), folder.clone());
        folder
    }

    fn file(&mut self, root: &Path, folder: &str, file: &Path) -> Result<(), BundleError> {
        let shown = super::super::select::shown(file);
        let is_hidden = shown.split('/').any(|part| part.starts_with('.'));
        if is_hidden || shown == PLUGIN_FILE || shown.rsplit('/').next() == Some(HOST_FILE) {
            self.withheld.push(format!("{shown}: never enters a bundle"));
            return Ok(());
        }
        let path = root.join(file);
        let content = fs::read(&path).map_err(failed(&path))?;
        if self.secrets.iter().any(|secret| holds(&content, secret.as_bytes())) {
            self.withheld.push(format!("{shown}: a secret stands in it"));
            return Ok(());
        }
        self.put(&format!("{PLUGINS}/{folder}/{shown}"), content)
    }

    /// Adds a recording's text, in which only the names of the pages are others.
    fn recording(&mut self, case: &Case, pages: &BTreeMap<String, String>) -> Result<(), BundleError> {
        let (text, _) = update::read(&case.path).map_err(failed(&case.path))?;
        let text: Vec<u8> = update::physical(&text).into_iter().flat_map(|line| renamed(line, pages)).collect();
        let name = case.path.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.strip_suffix(".zst").unwrap_or(&name);
        let stem = stem.strip_suffix(".jsonl").unwrap_or(stem).trim_start_matches('.');
        let numbered = (2_u32..).map(|number| format!("{stem}-{number}"));
        let names = std::iter::once(stem.to_owned()).chain(numbered).map(|stem| format!("{SESSIONS}/{stem}.jsonl"));
        let name = names.into_iter().find(|name| !self.files.contains_key(name)).unwrap_or_default();
        self.recordings.push(PathBuf::from(&name));
        self.put(&name, text)
    }

    fn put(&mut self, name: &str, content: Vec<u8>) -> Result<(), BundleError> {
        let unpackable = |reason: &str| BundleError::Unpackable { what: name.to_owned(), reason: reason.to_owned() };
        if name.chars().any(char::is_control) || name.contains(['\\', ':']) {
            return Err(unpackable("its name has characters that not every system takes"));
        }
        if tar::Header::new_ustar().set_path(name).is_err() {
            return Err(unpackable("its name is too long"));
        }
        self.files.insert(name.to_owned(), content);
        let bytes: u64 = self.files.values().map(|content| content.len() as u64).sum();
        if self.files.len() > BUNDLE_FILES_MAX || bytes > BUNDLE_BYTES_MAX {
            let reason = format!("a bundle has at most {BUNDLE_FILES_MAX} files and {BUNDLE_BYTES_MAX} bytes");
            return Err(unpackable(&reason));
        }
        Ok(())
    }

    /// Writes the bundle, in the place of what is there: at once, or not at all. The same content makes the same bytes.
    ///
    /// # Errors
    /// [`BundleError`]
    pub fn write(self, to: &Path) -> Result<Packed, BundleError> {
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let beside = to.with_file_name(format!(".{name}.{}.new", std::process::id()));
        let written = archive(&self.files, &beside).and_then(|()| fs::rename(&beside, to));
        if written.is_err() {
            // What is left of it is of no use.
            let _ = fs::remove_file(&beside);
        }
        written.map_err(failed(to))?;
        let bytes = self.files.values().map(|content| content.len() as u64).sum();
        let left_out = self.left_out();
        Ok(Packed { recordings: self.recordings, files: self.files.len(), bytes, left_out, withheld: self.withheld })
    }

    /// What of the plugins' folders is not in it; a folder of which nothing is in it stands for all that is below.
    fn left_out(&self) -> Vec<String> {
        let mut left_out = Vec::new();
        for root in &self.configured {
            let Some(folder) = self.plugins.get(root) else { continue };
            let mut open = vec![root.clone()];
            while let Some(at) = open.pop() {
                for entry in fs::read_dir(&at).into_iter().flatten().flatten() {
                    let path = entry.path();
                    let shown = super::super::select::shown(path.strip_prefix(root).unwrap_or(&path));
                    let inside = format!("{PLUGINS}/{folder}/{shown}");
                    let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                    match is_folder {
                        true if self.files.keys().any(|file| file.starts_with(&format!("{inside}/"))) => {
                            open.push(path);
                        }
                        true => left_out.push(format!("{folder}/{shown}/")),
                        false if !self.files.contains_key(&inside) => left_out.push(format!("{folder}/{shown}")),
                        false => {}
                    }
                }
            }
        }
        left_out.sort();
        left_out
    }
}

fn archive(files: &BTreeMap<String, Vec<u8>>, to: &Path) -> io::Result<()> {
    let encoder = zstd::stream::write::Encoder::new(File::create(to)?, ZSTD_LEVEL)?;
    let mut archive = tar::Builder::new(encoder);
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_path(name)?;
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        archive.append(&header, content.as_slice())?;
    }
    archive.into_inner()?.finish()?.flush()
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

/// A line, with another name for its page where it begins the recording of one.
fn renamed(line: &[u8], pages: &BTreeMap<String, String>) -> Vec<u8> {
    let is_start = holds(line, START.as_bytes());
    let read = || serde_json::from_slice::<Value>(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)).ok();
    let Some(mut value) = is_start.then(read).flatten().filter(|value| value["type"] == START) else {
        return line.to_vec();
    };
    let plugin = value.pointer("/data/plugin").and_then(Value::as_str).filter(|name| !name.is_empty());
    let plugin = plugin.or(value.get("plugin").and_then(Value::as_str)).unwrap_or_default().to_owned();
    if let (Some(page), Some(data)) = (pages.get(&plugin), value.get_mut("data").and_then(Value::as_object_mut)) {
        data.insert("page".to_owned(), page.clone().into());
    }
    format!("{value}\n").into_bytes()
}
