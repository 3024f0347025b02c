//! A PAGE argument and the plugin it means (cli.md, `duoke run` and "plugin.toml").

use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

use super::rights::Rights;
use super::run::SEED_DEFAULT;
use crate::base::clock::TimestampMs;
use crate::base::limits::CLOCK_START_MS;
use crate::base::limits::page::PageLimits;
use crate::config::plugin::PLUGIN_FILE;
use crate::config::{ConfigError, Dialect, Dialogs, LimitSettings, PluginConfig, UserChange};
use crate::dialect::mcs_ticket;
use crate::event::LocalStorage;
use crate::net::{
    Answer, Bounds, Destination, EmbeddedFiles, Folder, Guard, Live, NetError, Network, PluginNetwork, Replacements,
    Request, ScriptCookies,
};
use crate::page::{Pace, PageOptions, Source};
use crate::session::PluginPolicy;
use crate::webapi::world::Settings;

mod echat;
mod files;
mod names;
mod own;

pub use crate::net::GivenOut;
use echat::Echat;
pub use names::Names;
use names::{address_name, folder_name, stem};

/// What a folder without `plugin.toml` is opened by, first found.
const INDEX_FILES: [&str; 2] = ["index.html", "index.htm"];

/// A plugin that can be opened.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// The PAGE argument; empty for one that is compiled in.
    pub argument: String,
    /// Its name, distinct among those that run together.
    pub name: String,
    /// The name it would have, where another plugin has it already.
    pub wanted_name: Option<String>,
    /// What makes it the same plugin in another run: the name in its plugin.toml, else where its page is.
    pub identity: String,
    /// What its page is opened from; the document's address has the ticket.
    pub source: Source,
    /// What its lines name as their source: its folder's address, or the page's own without anything secret.
    pub base: Url,
    /// `send` and `late`.
    pub policy: PluginPolicy,
    /// When a customer's messages turn his own pages to him.
    pub user_change: UserChange,
    /// Whether pages of 多客服 are told what he wrote.
    pub extra_events: bool,
    /// Whether it has an `[echat]` and does not speak to EChat.
    pub has_idle_echat: bool,
    /// How dialogs are answered.
    pub dialogs: Dialogs,
    /// What else must not stand in recordings, regular expressions.
    pub redact: Vec<String>,
    /// The bounds its pages are held to.
    pub limits: PageLimits,
    folder: Option<Folder>,
    guard: Guard,
    replacements: Replacements,
    ticket: Option<String>,
    dialects: Vec<Dialect>,
    echat: Option<Echat>,
}

/// A PAGE argument that means no plugin.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// Neither file nor folder nor address.
    #[error("{page}: there is no such file or folder")]
    NotFound {
        /// The argument.
        page: String,
        /// What lies beside it under nearly the same name.
        similar: Option<String>,
    },
    /// A folder with nothing in it.
    #[error("{}: the folder is empty", folder.display())]
    EmptyFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder that is no plugin.
    #[error("{}: the folder has neither {PLUGIN_FILE} nor index.html", folder.display())]
    NoPlugin {
        /// The folder.
        folder: PathBuf,
    },
    /// A `plugin.toml` that cannot be used: bad configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address or folder that cannot be used.
    #[error(transparent)]
    Net(#[from] NetError),
}

impl PluginError {
    /// The next step.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { similar: Some(name), .. } => Some(format!("there is `{name}`")),
            Self::NotFound { .. } => Some(
                "a page is an HTML file, a folder with plugin.toml, a .js file, or an http:// or https:// address"
                    .to_owned(),
            ),
            Self::EmptyFolder { .. } | Self::NoPlugin { .. } => {
                Some("a plugin's folder holds plugin.toml with `page = \"FILE\"`; or give the page's file".to_owned())
            }
            Self::Config(error) => error.hint().map(str::to_owned),
            Self::Net(error) => error.hint(),
        }
    }

    /// The lines of configuration it is about.
    #[must_use]
    pub fn frame(&self) -> Option<&str> {
        if let Self::Config(error) = self { error.frame() } else { None }
    }
}

impl Plugin {
    /// The plugin that a PAGE argument means: an address, a folder, an HTML file or a script, with or without a query.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn resolve(page: &str, names: &mut Names) -> Result<Self, PluginError> {
        Self::of_page(page, names).map(|plugin| Self { argument: page.to_owned(), ..plugin })
    }

    fn of_page(page: &str, names: &mut Names) -> Result<Self, PluginError> {
        if is_address(page) {
            return Self::of_address(&PluginConfig::of_page(page), None, names);
        }
        let (path, query) = split_existing(page).ok_or_else(|| not_found(page))?;
        if path.is_dir() {
            return Self::of_folder(path, query, names);
        }
        let folder = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        if file == PLUGIN_FILE {
            return Self::of_folder(folder, query, names);
        }
        let name = stem(&file);
        let files = Files::Disk(folder);
        Self::of_files(&PluginConfig::of_page(file.clone()), &name, &files, (&file, query), names)
    }

    /// A plugin that is compiled in; `toml` is its `plugin.toml`.
    ///
    /// # Errors
    /// A `plugin.toml` that cannot be used.
    pub fn bundled(toml: &str, files: EmbeddedFiles, names: &mut Names) -> Result<Self, PluginError> {
        let config = PluginConfig::parse(toml, PLUGIN_FILE)?;
        let (path, query) = split_query(&config.page);
        Self::of_files(&config, "plugin", &Files::Embedded(files), (path, query), names)
    }

    fn of_folder(folder: &Path, query: &str, names: &mut Names) -> Result<Self, PluginError> {
        let name = folder_name(folder);
        let toml = folder.join(PLUGIN_FILE);
        if !toml.exists() {
            let Some(index) = INDEX_FILES.iter().find(|index| folder.join(index).is_file()) else {
                let is_empty = folder.read_dir().is_ok_and(|mut entries| entries.next().is_none());
                let folder = folder.to_owned();
                return Err(if is_empty {
                    PluginError::EmptyFolder { folder }
                } else {
                    PluginError::NoPlugin { folder }
                });
            };
            return Self::of_files(&PluginConfig::of_page(*index), &name, &Files::Disk(folder), (index, query), names);
        }
        let config = PluginConfig::read(&toml)?;
        if is_address(&config.page) {
            return Self::of_address(&config, Some((folder, &name)), names);
        }
        let literal = folder.join(&config.page).is_file();
        let (path, own_query) = if literal { (config.page.as_str(), "") } else { split_query(&config.page) };
        let query = if query.is_empty() { own_query } else { query };
        Self::of_files(&config, &name, &Files::Disk(folder), (path, query), names)
    }

    fn of_address(
        config: &PluginConfig,
        folder: Option<(&Path, &str)>,
        names: &mut Names,
    ) -> Result<Self, PluginError> {
        let bad = |reason: String| NetError::BadUrl { url: config.page.clone(), reason };
        let mut url = Url::parse(&config.page).map_err(|error| bad(error.to_string()))?;
        let wanted = match (&config.name, folder) {
            (Some(name), _) => name.clone(),
            (None, Some((_, name))) => name.to_owned(),
            (None, None) => address_name(&url),
        };
        let name = names.take(&wanted);
        let folder = folder.map(|(path, _)| Folder::open(&name, path)).transpose()?;
        let mut plugin = Self::new(name, &wanted, url.clone(), folder, config)?;
        plugin.guard.allow_url(&url);
        plugin.base = without_secrets(&url);
        if config.name.is_none() {
            plugin.identity = format!("page {}", plugin.base);
        }
        plugin.source = if is_script(url.path()) {
            let mut document = url.join("/").map_err(|error| bad(error.to_string()))?;
            document.set_query(url.query());
            plugin.add_ticket(&mut document);
            Source::Script(document, url)
        } else {
            plugin.add_ticket(&mut url);
            Source::Document(url)
        };
        Ok(plugin)
    }

    /// The page is a file, `page` its literal path in the folder and the query or fragment behind it.
    fn of_files(
        config: &PluginConfig,
        fallback_name: &str,
        files: &Files<'_>,
        (path, query): (&str, &str),
        names: &mut Names,
    ) -> Result<Self, PluginError> {
        let wanted = config.name.as_deref().unwrap_or(fallback_name);
        let name = names.take(wanted);
        let folder = match files {
            Files::Disk(root) => Folder::open(&name, root)?,
            Files::Embedded(files) => Folder::embedded(&name, files),
        };
        let file = folder.url_of(&format!("./{}", encode(path)))?;
        let base = folder.base_url().clone();
        let with_query = |url: &Url| {
            let reason = |error: url::ParseError| NetError::BadUrl { url: path.to_owned(), reason: error.to_string() };
            if query.is_empty() { Ok(url.clone()) } else { url.join(query).map_err(reason) }
        };
        let mut document = with_query(if is_script(path) { &base } else { &file })?;
        let mut plugin = Self::new(name, wanted, base, Some(folder), config)?;
        if let (None, Files::Disk(root)) = (&config.name, files) {
            let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
            plugin.identity = format!("page {}", root.join(path).display());
        }
        plugin.add_ticket(&mut document);
        let text = plugin.own_file(&file).unwrap_or_default();
        plugin.echat.iter_mut().for_each(|echat| echat.look_into(&text));
        plugin.source = if is_script(path) { Source::Script(document, file) } else { Source::Document(document) };
        Ok(plugin)
    }

    fn new(
        name: String,
        wanted: &str,
        base: Url,
        folder: Option<Folder>,
        config: &PluginConfig,
    ) -> Result<Self, NetError> {
        let (mut guard, mut replacements) = (Guard::new(), Replacements::new());
        for origin in &config.allow {
            guard.allow(origin)?;
        }
        let root = folder.as_ref().and_then(Folder::root).unwrap_or(Path::new("")).to_owned();
        for replacement in &config.replace {
            replacements.add(&replacement.url, root.join(&replacement.file))?;
        }
        let mut limits = PageLimits::default();
        config.limits.apply(&mut limits);
        Ok(Self {
            argument: String::new(),
            wanted_name: (name != wanted).then(|| wanted.to_owned()),
            identity: format!("name {name}"),
            ticket: config.dialects.contains(&Dialect::Mcs).then(|| mcs_ticket::ticket_of(&name)),
            dialects: config.dialects.clone(),
            echat: Echat::of(config, &base)?,
            source: Source::Document(base.clone()),
            name,
            base,
            policy: config.policy,
            user_change: config.user_change,
            extra_events: config.extra_events,
            has_idle_echat: config.echat.is_some() && !config.dialects.contains(&Dialect::Echat),
            dialogs: config.dialogs.clone(),
            redact: config.redact.clone(),
            limits,
            folder,
            guard,
            replacements,
        })
    }

    /// Holds its pages to the operator's bounds, which go before its own.
    pub fn hold_to(&mut self, limits: &LimitSettings) {
        limits.apply(&mut self.limits);
    }

    /// Looks for its page, where that lies in the plugin's own folder; nobody else is asked.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn look_for_page(&self) -> Result<(), NetError> {
        let (Source::Document(page) | Source::Script(_, page)) = &self.source;
        match self.folder.as_ref().filter(|folder| folder.owns(page)) {
            Some(folder) => {
                let bytes_max = Bounds::of(&self.limits).document_bytes_max;
                folder.answer(&Request::get(page.clone(), Destination::Document, 0), bytes_max).map(drop)
            }
            None => Ok(()),
        }
    }

    /// A file of the plugin's own folder, as its pages get it; `None` where the address is not in it, or is gone.
    #[must_use]
    pub fn own_file(&self, url: &Url) -> Option<Vec<u8>> {
        let folder = self.folder.as_ref().filter(|folder| folder.owns(url))?;
        let bytes_max = Bounds::of(&self.limits).document_bytes_max;
        let answer = folder.answer(&Request::get(url.clone(), Destination::Script, 0), bytes_max);
        answer.ok().map(|answer| answer.body)
    }

    fn add_ticket(&self, url: &mut Url) {
        if let Some(ticket) = &self.ticket {
            mcs_ticket::add_ticket(url, ticket);
        }
    }

    /// Whether its pages are told what this dialect has to say.
    #[must_use]
    pub fn speaks(&self, dialect: Dialect) -> bool {
        self.dialects.contains(&dialect)
    }

    /// Whether its pages are told whose turn it is in this dialect.
    #[must_use]
    pub fn hears(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Mcs => self.speaks(dialect),
            Dialect::Echat => self.is_opened_for_echat(),
        }
    }

    /// Whether its page is one of EChat: its address has the business data, and it is told of pushes.
    #[must_use]
    pub fn is_opened_for_echat(&self) -> bool {
        self.echat.as_ref().is_some_and(Echat::is_opened_for)
    }

    /// How long a signature in its page's address holds, in ms; none: the address gets none.
    #[must_use]
    pub fn signature_ttl_ms(&self) -> Option<i64> {
        let echat = self.echat.as_ref().filter(|echat| echat.is_opened_for())?;
        Some(echat.signature_ttl_ms())
    }

    /// What its page is opened from at a page time, with a seed, for a customer: the address of an EChat page has its
    /// business data and a fresh signature.
    #[must_use]
    pub fn source_at(&self, at: TimestampMs, seed: u64, openid: Option<&str>) -> Source {
        let mut source = self.source.clone();
        if let Some(echat) = &self.echat {
            let (Source::Document(document) | Source::Script(document, _)) = &mut source;
            echat.open(document, at, seed, openid);
        }
        source
    }

    /// What its page is opened with, at the ordinary start and with the ordinary seed.
    #[must_use]
    pub fn page_options(&self, network: Arc<dyn Network>, cookies: Arc<dyn ScriptCookies>) -> PageOptions {
        let Dialogs { confirm, prompt } = self.dialogs.clone();
        let (Source::Document(document) | Source::Script(document, _)) = &self.source;
        PageOptions {
            source: self.source_at(CLOCK_START_MS, SEED_DEFAULT, None),
            network,
            cookies,
            settings: Settings {
                confirm,
                prompt,
                mcs: self.speaks(Dialect::Mcs),
                echat: self.echat.as_ref().map(|echat| echat.settings(document)),
                ..Settings::default()
            },
            storage: LocalStorage::default(),
            start: CLOCK_START_MS,
            seed: SEED_DEFAULT,
            resume: None,
            pace: Pace::Virtual,
            limits: self.limits,
        }
    }

    /// The network its page gets: its folder, its replacements, the ticket service for this account, and where there
    /// is a live network the origins it may talk to.
    ///
    /// # Errors
    /// Rights that are none; [`Rights::new`] has refused those.
    pub fn network(&self, rights: &Rights, live: Option<&Live>, account: &str) -> Result<PluginNetwork, NetError> {
        let (mut guard, mut given) = (self.guard.clone(), Replacements::new());
        rights.add_to(&mut guard, &mut given, self.folder.as_ref().and_then(Folder::root))?;
        let bounds = Bounds::of(&self.limits);
        let mut network = PluginNetwork::new(guard).with_bounds(bounds);
        network = network.with_replacements(self.replacements.clone()).with_given(given);
        if let Some(folder) = &self.folder {
            network = network.with_folder(folder.clone());
        }
        if let Some(ticket) = self.ticket.clone() {
            let account = account.to_owned();
            let answer: Answer = Arc::new(move |request| mcs_ticket::answer(request, &ticket, &account));
            network = network.with_answer(answer);
        }
        if let Some(echat) = &self.echat {
            network = network.with_answer(echat.sdk_script());
        }
        Ok(match live {
            Some(live) => network.with_live(live.clone().with_bounds(bounds).of_plugin(&self.identity)),
            None => network,
        })
    }
}

/// Where a plugin's files lie.
enum Files<'a> {
    Disk(&'a Path),
    Embedded(EmbeddedFiles),
}

/// Whether a PAGE argument is an address.
#[must_use]
pub fn is_address(page: &str) -> bool {
    let is_scheme = |scheme: &str| page.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    is_scheme("http://") || is_scheme("https://")
}

fn is_script(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("js"))
}

/// An existing path and the query or fragment behind it; a file of the whole name comes first.
fn split_existing(page: &str) -> Option<(&Path, &str)> {
    if Path::new(page).exists() {
        return Some((Path::new(page), ""));
    }
    let (path, query) = split_query(page);
    (!path.is_empty() && Path::new(path).exists()).then_some((Path::new(path), query))
}

fn split_query(page: &str) -> (&str, &str) {
    page.split_at(page.find(['?', '#']).unwrap_or(page.len()))
}

fn not_found(page: &str) -> PluginError {
    let (path, _) = split_query(page);
    PluginError::NotFound { page: page.to_owned(), similar: similar(Path::new(path)) }
}

/// A file beside a missing one whose name is nearly the same: the folder's own answer says so.
fn similar(path: &Path) -> Option<String> {
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let folder = Folder::open("missing", parent).ok()?;
    let url = folder.url_of(&format!("./{}", encode(&path.file_name()?.to_string_lossy()))).ok()?;
    match folder.answer(&Request::get(url, Destination::Document, 0), 0) {
        Err(NetError::FileNotFound { similar, .. }) => similar,
        _ => None,
    }
}

/// A file's path as a relative address: what means something in an address is written as `%`.
fn encode(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

/// An address without user, password, query and fragment.
fn without_secrets(url: &Url) -> Url {
    let mut url = url.clone();
    // Refused only by addresses that can have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests;
