//! The files of a plugin, for whoever takes it elsewhere.

use std::path::{Path, PathBuf};

use super::Plugin;
use crate::config::plugin::PLUGIN_FILE;
use crate::config::{EchatConfig, PluginConfig};
use crate::net::{Folder, GivenOut};

impl Plugin {
    /// Its folder on disk; `None`: it has none.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        self.folder.as_ref().and_then(Folder::root)
    }

    /// From now on it is noted which files its pages are given.
    pub fn note_files(&mut self) -> Option<GivenOut> {
        self.folder.as_mut().map(Folder::note_files)
    }

    /// The files that answer addresses in the place of others: those inside of its folder, relative to it, and the others.
    #[must_use]
    pub fn replacement_files(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for file in self.replacements.files() {
            let real = file.canonicalize().ok();
            match self.root().and_then(|root| real?.strip_prefix(root).map(Path::to_owned).ok()) {
                Some(file) => inside.push(file),
                None => outside.push(file.to_owned()),
            }
        }
        (inside, outside)
    }

    /// Its `plugin.toml` without the token in it, and that token; `None`: it was opened without a `plugin.toml`.
    ///
    /// # Errors
    /// Why the token cannot be taken out, or the file not be read, in words.
    pub fn shareable_config(&self) -> Result<Option<(String, Option<String>)>, String> {
        let argument = Path::new(self.argument.split(['?', '#']).next().unwrap_or_default());
        let is_of_config = argument.is_dir() || argument.file_name().is_some_and(|name| name == PLUGIN_FILE);
        let Some(file) = self.root().map(|root| root.join(PLUGIN_FILE)).filter(|file| is_of_config && file.is_file())
        else {
            return Ok(None);
        };
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        without_token(&text).map(Some).map_err(|reason| format!("{}: {reason}", file.display()))
    }
}

fn without_token(text: &str) -> Result<(String, Option<String>), String> {
    let parse = |text: &str| PluginConfig::parse(text, PLUGIN_FILE).map_err(|error| error.to_string());
    let config = parse(text)?;
    let echat = config.echat.clone().unwrap_or_default();
    let Some(token) = echat.token.as_ref().map(|token| token.expose().to_owned()) else {
        return Ok((text.to_owned(), None));
    };
    let is_of_token = |line: &&str| {
        let key = line.split('=').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        key == "token" && line.contains(&token)
    };
    let shared: String = text.split_inclusive('\n').filter(|line| !is_of_token(line)).collect();
    let wanted = PluginConfig { echat: Some(EchatConfig { token: None, ..echat }), ..config };
    if parse(&shared).ok() != Some(wanted) || shared.contains(&token) {
        return Err("its token cannot be taken out: give `token` under [echat] a line of its own".to_owned());
    }
    Ok((shared, Some(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_go_along() {
        let plain = "page = \"a.html\"\n";
        assert_eq!(without_token(plain), Ok((plain.to_owned(), None)));
        let with = "page = \"a.html\" # token\n[echat]\ntoken = 'se=cret'\n[echat.query]\na = \"b\"\n";
        let (shared, token) = without_token(with).expect("it can be taken out");
        assert_eq!((shared.contains("cret"), token.as_deref()), (false, Some("se=cret")));
        assert!(shared.contains("[echat.query]\na = \"b\""));
        for text in [
            "page = \"a.html\"\nechat = { token = \"secret\" }\n",
            "page = \"a.html\"\n[echat]\ntoken = \"secret\" # secret\n[echat.query]\na = \"secret\"\n",
            "page = \"a.html\"\n[echat]\ntoken = \"\"\"\nsecret\"\"\"\n",
        ] {
            assert!(without_token(text).is_err(), "{text}");
        }
    }
}
