//! `duoke new`

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;

use super::exit::Exit;
use super::output::{Output, one_line};
use super::plugins::fail;
use crate::host::{Notice, Watch as _};

mod template;

use template::Template;

/// Longest name or title, in characters: it stands in a heading and in file names.
const NAME_CHARS_MAX: usize = 60;

const EXAMPLES: &str = "\
Examples:
  duoke new my-plugin
  duoke new plugins/faq --dialect both --title 常见问题

The folder gets plugin.toml, the page, a log of events, a recording of what the page did with them,
and a README.md. Printed are the files that were written.";

/// `--dialect`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Dialect {
    /// The 2014 client, 多客服: window.external
    #[default]
    Mcs,
    /// 一洽: echatSDK
    Echat,
    /// One page for both
    Both,
}

/// Make the folder of a new plugin: a page to start from, and a recorded session that tests it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder to make; its own name becomes the plugin's.
    #[arg(value_name = "NAME")]
    name: PathBuf,
    /// The client whose API the page uses.
    #[arg(long, value_enum, value_name = "DIALECT", default_value_t)]
    dialect: Dialect,
    /// What the page is headed by, by default the name.
    #[arg(long, value_name = "TITLE")]
    title: Option<String>,
}

pub(super) fn new(arguments: &Arguments, output: &mut Output) -> Exit {
    let folder = &arguments.name;
    let names = name_of(folder).and_then(|name| Ok((title_of(arguments.title.as_deref(), &name)?, name)));
    let (title, name) = match names {
        Ok(names) => names,
        Err(notice) => return fail(output, notice, Exit::Usage),
    };
    match is_free(folder) {
        Ok(true) => {}
        Ok(false) => {
            let text = format!("{}: there is something in it already", folder.display());
            let hint = "give the plugin another name; `duoke new` changes no file that is there";
            return fail(output, Notice::error(text).with_hint(Some(hint)), Exit::Usage);
        }
        Err(error) => return fail(output, cannot(folder, &error), Exit::Environment),
    }
    let template = match arguments.dialect {
        Dialect::Mcs => &template::MCS,
        Dialect::Echat => &template::ECHAT,
        Dialect::Both => &template::BOTH,
    };
    match write(template, folder, &name, &title) {
        Ok(written) => {
            // Nobody reading it is fine.
            let _ = output.data(&written.iter().map(|path| format!("{}\n", path.display())).collect::<String>());
            let shown = quoted(folder);
            let text =
                format!("{name} is ready; next: `duoke dev {shown}` to work on it, `duoke test {shown}` to test it");
            output.say(Notice::note(text));
            Exit::Fine
        }
        Err((path, error)) => fail(output, cannot(&path, &error), Exit::Environment),
    }
}

/// The folder's own name, which becomes the plugin's.
fn name_of(folder: &Path) -> Result<String, Notice> {
    let wrong = |reason: String| {
        let hint = "a plugin is called like its folder: letters and digits of any script, and `-`, `_`, `.` or blanks between them";
        Err(Notice::error(reason).with_hint(Some(hint)))
    };
    let Some(Component::Normal(name)) = folder.components().next_back() else {
        return wrong(format!("{}: this is no name of a new folder", folder.display()));
    };
    let Some(name) = name.to_str() else {
        return wrong(format!("{}: the name is not UTF-8", folder.display()));
    };
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let ends = [name.chars().next(), name.chars().next_back()];
    if !name.chars().all(is_plain) || !ends.iter().flatten().all(|c| c.is_alphanumeric()) {
        return wrong(format!("{}: this cannot be a plugin's name", one_line(name)));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return wrong(format!(
            "a plugin's name has at most {NAME_CHARS_MAX} characters, this one {}",
            name.chars().count()
        ));
    }
    Ok(name.to_owned())
}

/// What stands over the page.
fn title_of(title: Option<&str>, name: &str) -> Result<String, Notice> {
    let Some(title) = title else { return Ok(name.to_owned()) };
    let title = title.trim();
    let fits = (1..=NAME_CHARS_MAX).contains(&title.chars().count()) && !title.contains(char::is_control);
    let text = || format!("--title: this is not one line of 1 to {NAME_CHARS_MAX} characters");
    fits.then(|| title.to_owned()).ok_or_else(|| Notice::error(text()))
}

/// Whether the folder is to be made, or empty.
fn is_free(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().transpose()?.is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(error),
    }
}

/// The paths of what was written; or the one that could not be, and why.
fn write(template: &Template, folder: &Path, name: &str, title: &str) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut written = Vec::new();
    for (path, text) in template.files(name, title) {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        // A file that somebody else made meanwhile is his.
        let made = fs::create_dir_all(parent).and_then(|()| fs::File::create_new(&path));
        let wrote = made.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
        wrote.map_err(|error| (path.clone(), error))?;
        written.push(path);
    }
    Ok(written)
}

fn cannot(path: &Path, error: &io::Error) -> Notice {
    let text = format!("{}: the plugin cannot be written: {error}", path.display());
    Notice::error(text).with_hint(Some("name a folder that can be made"))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
