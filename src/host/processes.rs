//! How the processes of pages come to be, and what those of a recording may have, as the operator wants it: for every command
//! that opens pages.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{DuokeConfig, LimitSettings};
use crate::page::{Driver, PageOptions};
#[cfg(target_os = "linux")]
use crate::process::Templates;
use crate::process::{Launcher, Level, PageProcess, Spawner};

/// How page processes come to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processes {
    /// The fastest way that may be used; other systems than Linux have the slowest only.
    pub best: Level,
    /// Whether a page runs only where the system confines it wholly.
    pub confinement_required: bool,
    /// The program that is started, where it is not this one.
    pub program: Option<PathBuf>,
    /// Bounds that the operator set: pages of recordings may have as much.
    pub limits: LimitSettings,
}

impl Default for Processes {
    fn default() -> Self {
        Self { best: Level::Loaded, confinement_required: false, program: None, limits: LimitSettings::default() }
    }
}

impl Processes {
    /// As `[process]` of `duoke.toml` says.
    #[must_use]
    pub fn of(config: &DuokeConfig) -> Self {
        Self {
            best: if config.launch.value == "spawn" { Level::Spawned } else { Level::Loaded },
            confinement_required: config.confinement.value == "require",
            program: None,
            limits: config.limits.clone(),
        }
    }

    /// A page in a process of its own, which will be replaced by as fast a way as may be.
    #[must_use]
    pub fn page(&self, options: PageOptions) -> Box<dyn Driver + Send> {
        Box::new(self.process(options, self.launcher()))
    }

    /// What starts the pages of one plugin.
    pub(super) fn launcher(&self) -> Arc<dyn Launcher> {
        let spawner = self.program.clone().map_or_else(Spawner::of_this_program, Spawner::new);
        #[cfg(target_os = "linux")]
        if self.best != Level::Spawned {
            return Arc::new(Templates::new(spawner).up_to(self.best));
        }
        Arc::new(spawner)
    }

    pub(super) fn process(&self, options: PageOptions, launcher: Arc<dyn Launcher>) -> PageProcess {
        let page = PageProcess::new(options, launcher);
        if self.confinement_required { page.requiring_confinement() } else { page }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::resolve;

    #[test]
    fn as_the_configuration_says() {
        let of = |name: &'static str, value: &'static str| {
            let env = move |asked: &str| (asked == name).then(|| value.to_owned());
            Processes::of(&resolve(&|_| None, &env, &[]).expect("holds"))
        };
        assert_eq!(of("DUOKE_LAUNCH", "fork"), Processes::default());
        assert_eq!(of("DUOKE_LAUNCH", "spawn"), Processes { best: Level::Spawned, ..Processes::default() });
        let required = Processes { confinement_required: true, ..Processes::default() };
        assert_eq!(of("DUOKE_CONFINEMENT", "require"), required);
        let launcher = |processes: Processes| format!("{:?}", processes.launcher());
        assert!(launcher(of("DUOKE_LAUNCH", "spawn")).starts_with("Spawner"));
        let forks = launcher(Processes::default()).starts_with("Templates");
        assert_eq!(forks, cfg!(target_os = "linux"));
    }
}
