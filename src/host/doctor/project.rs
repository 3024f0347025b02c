//! The configuration: its files, its secrets, its plugins.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use nix::unistd::{getegid, geteuid};

use super::{Check, State, serving};
use crate::base::limits::page::PAGE_LIMITS;
use crate::config::plugin::PLUGIN_FILE;
use crate::config::{DuokeConfig, Layer, PluginConfig, PluginEntry, Setting, resolve};
use crate::host::plugin::{Names, Plugin, PluginError};

/// Reads the configuration. Of files that are wrong nothing holds, so that everything else can be looked at.
#[must_use]
pub fn read(files: &[PathBuf], env: &dyn Fn(&str) -> Option<String>) -> (DuokeConfig, Vec<Check>) {
    let (mut layers, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        match Layer::read(file) {
            Ok(layer) => layers.push((file, layer)),
            Err(error) => errors.push(error),
        }
    }
    let secret_files =
        layers.iter().filter(|(_, layer)| layer.has_secret()).map(|(file, _)| file.to_path_buf()).collect();
    let layers: Vec<Layer> = layers.into_iter().map(|(_, layer)| layer).collect();
    let none = |_: &str| None;
    let config = resolve(&none, env, &layers).or_else(|error| {
        errors.push(error);
        resolve(&none, &none, &layers)
    });
    let config = config.expect("what files say was checked when they were read");
    let configuration = match errors.first() {
        None => Check::ok("configuration", files_found(files)),
        Some(first) => {
            let found = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let hint = first.hint().unwrap_or("correct it; `duoke` does not run with it");
            Check::not_ok("configuration", State::Failed, found, hint)
        }
    };
    let (plugins, found) = plugins(&config.plugins);
    let checks = [configuration, limits(&config), account(&config), secrets(secret_files, &config.plugins), plugins];
    let mut checks = checks.map(Check::of_configuration).to_vec();
    checks.extend(serving::checks(&config, &found, env));
    (config, checks)
}

fn files_found(files: &[PathBuf]) -> String {
    let shown = |file: &PathBuf| {
        let absent = if file.exists() { "" } else { " (not there)" };
        format!("{}{absent}", file.display())
    };
    files.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// The bounds that are set; SECURITY.md has all.
fn limits(config: &DuokeConfig) -> Check {
    let set =
        config.limits.set().map(|(limit, value)| format!("{} {value} (by default {})", limit.name, limit.default));
    let set = set.collect::<Vec<_>>().join(", ");
    let found = if set.is_empty() { format!("all {} as they are by default", PAGE_LIMITS.len()) } else { set };
    Check::ok("limits", found)
}

/// Whether what WeChat asks for is there; never what it is.
fn account(config: &DuokeConfig) -> Check {
    const NAME: &str = "account";
    fn said<T>(name: &str, setting: Option<&Setting<T>>) -> String {
        match setting {
            Some(setting) => format!("{name} set ({})", setting.origin),
            None => format!("{name} not set"),
        }
    }
    let (wechat, callback) = (&config.wechat, &config.wechat.callback);
    let found = [
        said("app id", wechat.app_id.as_ref()),
        said("app secret", wechat.app_secret.as_ref()),
        said("callback token", callback.token.as_ref()),
        said("encoding AES key", callback.encoding_aes_key.as_ref()),
    ];
    let found = found.join(", ");
    if wechat.app_id.is_some() == wechat.app_secret.is_some() {
        return Check::ok(NAME, found);
    }
    Check::not_ok(NAME, State::Warning, found, "`--forward` needs both DUOKE_APP_ID and DUOKE_APP_SECRET")
}

/// Whether others can read a file. What somebody else gave this user's own group to read (root:duoke 0640) is how a
/// service gets what it may not change, and is fine: the group is the service's alone.
fn is_open(data: &Metadata) -> bool {
    let is_ours = data.gid() == getegid().as_raw() && data.uid() != geteuid().as_raw();
    data.mode() & if is_ours { 0o004 } else { 0o044 } != 0
}

/// Whether files with secrets can be read by others: the configuration's, and each plugin's.
fn secrets(mut files: Vec<PathBuf>, plugins: &[PluginEntry]) -> Check {
    const NAME: &str = "secret_files";
    let toml = plugins.iter().map(|entry| {
        let page = PathBuf::from(entry.page());
        if page.ends_with(PLUGIN_FILE) { page } else { page.join(PLUGIN_FILE) }
    });
    let has_secret = |config: PluginConfig| config.echat.is_some_and(|echat| echat.token.is_some());
    files.extend(toml.filter(|file| PluginConfig::read(file).is_ok_and(has_secret)));
    let is_open = |file: &&PathBuf| file.metadata().is_ok_and(|data| is_open(&data));
    let shown = |files: Vec<&PathBuf>| files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
    let open = shown(files.iter().filter(is_open).collect());
    if !open.is_empty() {
        let found = format!("others can read the secrets in {}", open.join(", "));
        return Check::not_ok(NAME, State::Warning, found, format!("chmod go-r {}", open.join(" ")));
    }
    let found = match shown(files.iter().collect()).join(", ") {
        none if none.is_empty() => "no secrets in files".to_owned(),
        files => format!("nobody else can read {files}"),
    };
    Check::ok(NAME, found)
}

/// Whether each `[[plugin]]` is one; those that are.
fn plugins(entries: &[PluginEntry]) -> (Check, Vec<Plugin>) {
    const NAME: &str = "plugins";
    let (mut names, mut found, mut problems) = (Names::default(), Vec::new(), Vec::new());
    for entry in entries {
        let plugin = Plugin::resolve(&entry.page(), &mut names);
        let plugin = plugin.and_then(|plugin| plugin.look_for_page().map(|()| plugin).map_err(PluginError::from));
        match plugin {
            Ok(plugin) => found.push(plugin),
            Err(error) => problems.push((format!("{}: {error}", entry.origin), error.hint())),
        }
    }
    let names: Vec<&str> = found.iter().map(|plugin| plugin.name.as_str()).collect();
    let check = if let Some((_, hint)) = problems.first() {
        let hint = hint.clone().unwrap_or_else(|| "correct the path".to_owned());
        let problems: Vec<String> = problems.into_iter().map(|(problem, _)| problem).collect();
        Check::not_ok(NAME, State::Failed, problems.join("; "), hint)
    } else if let Some(idle) = found.iter().find_map(Plugin::idle) {
        Check::not_ok(NAME, State::Warning, idle.text, idle.hint.unwrap_or_default())
    } else {
        Check::ok(NAME, if names.is_empty() { "none is named in duoke.toml".to_owned() } else { names.join(", ") })
    };
    (check, found)
}
