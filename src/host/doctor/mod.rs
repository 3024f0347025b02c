//! `duoke doctor`: whether this machine can run plugin pages, and how well. Nothing beyond this machine is asked.
//!
//! - [`machine`]: what the system is, and what it lets this user have
//! - [`pages`]: page processes, really started: how they come to be, and what they could still do
//! - [`project`]: the configuration, its secrets and its plugins; `serving`: what `duoke serve` needs of it besides

pub mod machine;
pub mod pages;
pub mod project;
mod serving;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value, json};

use super::processes::Processes;
use crate::base::limits::page::PageLimits;
use crate::process::Served;
use pages::OpenMs;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Pages run, but not as well or as safely as they could.
    Warning,
    /// Pages do not run, or not as the configuration wants.
    Failed,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// This machine, and what this user may do on it.
    Machine,
    /// What the operator wrote.
    Configuration,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name, which scripts rely on.
    pub name: &'static str,
    /// How it came out.
    pub state: State,
    /// What was found.
    pub found: String,
    /// The next step, where it is not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What it is about.
    #[serde(skip)]
    pub about: About,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), hint: None, about: About::Machine }
    }

    fn not_ok(name: &'static str, state: State, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { state, hint: Some(hint.into()), ..Self::ok(name, found) }
    }

    fn of_configuration(self) -> Self {
        Self { about: About::Configuration, ..self }
    }
}

/// What the doctor found.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Everything that was looked at.
    pub checks: Vec<Check>,
    /// How many pages the doctor opened, by the way they came to be.
    pub served: Served,
    /// How long they took.
    pub open_ms: OpenMs,
    /// What pages are held to, where their `plugin.toml` says nothing else.
    pub limits: PageLimits,
}

impl Diagnosis {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.count(State::Failed) == 0
    }

    /// How many checks came out so.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }

    /// Whether something of this kind failed.
    #[must_use]
    pub fn has_failed(&self, about: About) -> bool {
        self.checks.iter().any(|check| check.state == State::Failed && check.about == about)
    }

    /// `{"ready", "checks": [{"name", "state", "found", "hint"?}], "served", "open_ms", "limits"}`
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { checks, served, open_ms, limits } = self;
        json!({"ready": self.is_ready(), "checks": checks, "served": served, "open_ms": open_ms, "limits": limits})
    }
}

/// Looks at everything. `files` are those of the configuration, the project's before the user's; `env` answers for
/// variables of the environment.
#[must_use]
pub fn doctor(files: &[PathBuf], env: &dyn Fn(&str) -> Option<String>) -> Diagnosis {
    let (config, configuration) = project::read(files, env);
    let wanted = config.plugins.len().max(1) as u64;
    // Before anything is started: that raises limits.
    let mut limits = PageLimits::default();
    config.limits.apply(&mut limits);
    let mut checks = machine::checks(wanted, &limits);
    let (pages, served, open_ms) = pages::checks(&Processes::of(&config));
    checks.extend(pages);
    checks.extend(configuration);
    Diagnosis { checks, served, open_ms, limits }
}
