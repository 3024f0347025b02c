//! What the operator gives every page by flags, besides what its `plugin.toml` names.

use std::path::Path;

use crate::net::{Guard, NetError, Replacements};

/// `--allow` and `--replace`, checked.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    allow: Vec<String>,
    replace: Vec<String>,
}

/// A flag that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{flag} {value}: {reason}")]
pub struct RightsError {
    flag: &'static str,
    value: String,
    reason: String,
}

impl Rights {
    /// Checks origins and `URL=FILE` pairs.
    ///
    /// # Errors
    /// What is no origin, no address, or no file.
    pub fn new(allow: Vec<String>, replace: Vec<String>) -> Result<Self, RightsError> {
        let rights = Self { allow, replace };
        let (mut guard, mut replacements) = (Guard::new(), Replacements::new());
        for entry in &rights.allow {
            guard.allow(entry).map_err(|error| wrong("--allow", entry, &error))?;
        }
        for pair in &rights.replace {
            replacements.add_flag(pair).map_err(|error| wrong("--replace", pair, &error))?;
            let file = pair.rsplit_once('=').map_or("", |(_, file)| file);
            if !Path::new(file).is_file() {
                let reason = format!("there is no file {file}");
                return Err(RightsError { flag: "--replace", value: pair.clone(), reason });
            }
        }
        Ok(rights)
    }

    /// Adds them to a plugin's own; a flag beats the file.
    pub(super) fn add_to(
        &self,
        guard: &mut Guard,
        replacements: &mut Replacements,
        folder: Option<&Path>,
    ) -> Result<(), NetError> {
        for entry in &self.allow {
            guard.allow(entry)?;
        }
        for pair in &self.replace {
            let Some((address, file)) = pair.rsplit_once('=') else { continue };
            // Inside the plugin's folder a file is named from there, as everything of the plugin is.
            let real = Path::new(file).canonicalize().ok();
            let inside = real.filter(|real| folder.is_some_and(|folder| real.starts_with(folder)));
            replacements.add(address, inside.unwrap_or_else(|| file.into()))?;
        }
        Ok(())
    }
}

fn wrong(flag: &'static str, value: &str, error: &NetError) -> RightsError {
    let reason = match error {
        NetError::BadUrl { reason, .. } => reason.clone(),
        other => other.to_string(),
    };
    RightsError { flag, value: value.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(allow: &[&str], replace: &[&str], expected: &str) {
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let error = Rights::new(own(allow), own(replace)).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn a_flag_that_cannot_be_says_why() {
        check(&["crm.example.com"], &[], "--allow crm.example.com: an origin has a scheme");
        check(&[], &["http://cdn.test/a.js"], "is not of the form URL=FILE");
        check(&[], &["http://cdn.test/a.js=none.js"], "there is no file none.js");
    }
}
