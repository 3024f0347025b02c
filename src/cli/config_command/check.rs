//! `duoke config check`

use std::io;
use std::path::{Path, PathBuf};

use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::recording::redactor;
use crate::cli::{plugins, settings};
use crate::config::plugin::PLUGIN_FILE;
use crate::config::{ConfigError, Layer, PluginConfig, resolve};
use crate::host::{Names, Notice, Plugin, PluginError, Watch as _};

const EXAMPLES: &str = "\
Examples:
  duoke config check
  duoke config check /etc/duoke/duoke.toml
  duoke config check plugins/faq/plugin.toml

Without FILE: duoke.toml here, the user's own, and the environment. Everything that is wrong is said at
once, also of the plugins that the file names. The exit is 3 where something is wrong.";

/// Say all that is wrong with the configuration.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A duoke.toml, or a plugin.toml.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) fn check(arguments: &Arguments, output: &mut Output) -> Exit {
    let mut checked = Checked::default();
    match &arguments.file {
        Some(file) if file.file_name().is_some_and(|name| name == PLUGIN_FILE) => {
            checked.plugin(&file.display().to_string(), &mut Names::default());
        }
        Some(file) => drop(checked.file(file, true)),
        None => checked.all(),
    }
    checked.notices.into_iter().for_each(|notice| output.say(notice));
    // Nobody reading it is fine.
    let _ = output.data(&checked.report.concat());
    if checked.wrong == 0 { Exit::Fine } else { Exit::Configuration }
}

/// What was found.
#[derive(Default)]
struct Checked {
    notices: Vec<Notice>,
    /// A line for each file.
    report: Vec<String>,
    wrong: usize,
}

impl Checked {
    /// What a command would read here.
    fn all(&mut self) {
        let layers: Vec<Layer> = settings::files().iter().filter_map(|file| self.file(file, false)).collect();
        if self.report.is_empty() {
            self.report.push("there is no duoke.toml here: the defaults hold\n".to_owned());
        }
        if self.wrong > 0 {
            return;
        }
        let resolved = resolve(&|_| None, &settings::environment, &layers);
        let whole = resolved.and_then(|config| config.of_accounts(&settings::environment).map(|_| config));
        match whole {
            Err(error) => self.is_wrong(settings::notice(&error)),
            // The key plays no part in what patterns are right.
            Ok(config) => {
                if let Err((notice, _)) = redactor(&[], Vec::new(), &config) {
                    self.is_wrong(notice);
                }
            }
        }
    }

    /// A `duoke.toml` and the plugins that it names; none where it is not there, or wrong.
    fn file(&mut self, file: &Path, required: bool) -> Option<Layer> {
        let name = file.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !required => return None,
            Err(error) => {
                self.errors(&name, vec![ConfigError::Read { file: name.clone(), error }]);
                return None;
            }
        };
        let (layer, errors) = Layer::examine(&text, &name);
        let is_right = errors.is_empty();
        self.errors(&name, errors);
        let mut names = Names::default();
        for page in layer.plugins().iter().flat_map(|entry| [Some(entry.page()), entry.shadow_page()]).flatten() {
            self.plugin(&page, &mut names);
        }
        is_right.then_some(layer)
    }

    /// A plugin: its `plugin.toml`, where it has one, and whether its page is there.
    fn plugin(&mut self, page: &str, names: &mut Names) {
        let toml = toml_of(page);
        if let Some(errors) = toml.as_ref().and_then(|file| examined(file)) {
            return self.errors(&toml.unwrap_or_default().display().to_string(), errors);
        }
        let plugin = Plugin::resolve(page, names);
        let found = plugin.and_then(|plugin| plugin.look_for_page().map(|()| plugin).map_err(PluginError::from));
        match found {
            Ok(plugin) => {
                self.notices.extend(plugin.idle());
                self.report.push(format!("{page}: right\n"));
            }
            Err(error) => {
                self.is_wrong(plugins::notice(&error));
                self.report.push(format!("{page}: 1 error\n"));
            }
        }
    }

    /// What is wrong with a file, from its beginning to its end.
    fn errors(&mut self, file: &str, mut errors: Vec<ConfigError>) {
        errors.sort_by_key(ConfigError::place);
        self.report.push(match errors.len() {
            0 => format!("{file}: right\n"),
            1 => format!("{file}: 1 error\n"),
            count => format!("{file}: {count} errors\n"),
        });
        errors.iter().for_each(|error| self.is_wrong(settings::notice(error)));
    }

    fn is_wrong(&mut self, notice: Notice) {
        self.wrong += 1;
        self.notices.push(notice);
    }
}

/// The `plugin.toml` of a plugin that is a folder, or is named by it.
fn toml_of(page: &str) -> Option<PathBuf> {
    let path = Path::new(page);
    let file = if path.ends_with(PLUGIN_FILE) { path.to_owned() } else { path.join(PLUGIN_FILE) };
    file.is_file().then_some(file)
}

/// What is wrong with a `plugin.toml`; none where nothing is, or where it cannot be read, which is said with the plugin.
fn examined(file: &Path) -> Option<Vec<ConfigError>> {
    let text = std::fs::read_to_string(file).ok()?;
    PluginConfig::examine(&text, &file.display().to_string()).err()
}
