//! `[limits]`: bounds of pages that a configuration sets (`base::limits::page`).

use super::duoke::{Origin, Setting};
use super::error::ConfigError;
use super::table::{Section, Wrong};
use crate::base::limits::page::{PAGE_LIMITS, PageLimit, PageLimits};

/// Bounds that somebody set, those that nobody set left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitSettings(Vec<(&'static str, Setting<u64>)>);

impl LimitSettings {
    /// Reads `[limits]` where it is there: unknown names, values that are no whole numbers or out of their range are wrong.
    pub(super) fn of(root: &Section<'_>, file: &str, wrong: &mut Wrong) -> Self {
        let mut settings = Self::default();
        let Some(section) = wrong.of(root.section("limits")).flatten() else { return settings };
        wrong.unknown(&section, &PAGE_LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>());
        for limit in PAGE_LIMITS {
            let Some(number) = wrong.of(section.whole(limit.name)).flatten() else { continue };
            let origin = Origin::File { file: file.to_owned(), line: section.line_of(&number) };
            let added = settings.add(limit.name, Setting { value: number.value, origin });
            wrong.of(added.map_err(|reason| section.invalid(&number, reason)));
        }
        settings
    }

    /// Reads the variables of the environment: `DUOKE_LIMITS_TURN_HARD_MS` and so on.
    ///
    /// # Errors
    /// A value that is no whole number or out of its range.
    pub(super) fn of_environment(env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        for limit in PAGE_LIMITS {
            let variable = format!("DUOKE_LIMITS_{}", limit.name.to_uppercase());
            let Some(text) = env(&variable).filter(|text| !text.is_empty()) else { continue };
            let number = text.parse().map_err(|_| format!("`{}` is a whole number, not {text}", limit.name));
            number
                .and_then(|value| {
                    settings.add(limit.name, Setting { value, origin: Origin::Variable(variable.clone()) })
                })
                .map_err(|reason| ConfigError::Setting { origin: variable, reason })?;
        }
        Ok(settings)
    }

    fn add(&mut self, name: &'static str, setting: Setting<u64>) -> Result<(), String> {
        PageLimits::default().set(name, setting.value)?;
        self.0.push((name, setting));
        Ok(())
    }

    /// Those that somebody set, and their values.
    pub fn set(&self) -> impl Iterator<Item = (&'static PageLimit, u64)> {
        let known = |name: &str| PAGE_LIMITS.iter().find(|limit| limit.name == name);
        self.0.iter().filter_map(move |(name, setting)| Some((known(name)?, setting.value)))
    }

    /// One of them, where somebody set it.
    pub(super) fn get(&self, name: &str) -> Option<&Setting<u64>> {
        self.0.iter().find(|(set, _)| *set == name).map(|(_, setting)| setting)
    }

    /// What somebody set of a name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, setting)| setting.value)
    }

    /// Lets these hold where the others say nothing.
    pub(super) fn or(&mut self, others: &Self) {
        let known = self.0.len();
        for (name, setting) in &others.0 {
            if !self.0[..known].iter().any(|(set, _)| set == name) {
                self.0.push((name, setting.clone()));
            }
        }
    }

    /// Puts them in force.
    pub fn apply(&self, limits: &mut PageLimits) {
        for (name, setting) in &self.0 {
            // They were checked when they were set.
            let _ = limits.set(name, setting.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::error::Source;
    use crate::config::table::parse;

    fn read(text: &str) -> Result<LimitSettings, String> {
        let source = Source { file: "duoke.toml", text };
        let table = parse(source).map_err(|error| error.to_string())?;
        let mut wrong = Wrong::default();
        let settings = LimitSettings::of(&Section::root(source, &table), "duoke.toml", &mut wrong);
        wrong.errors.first().map_or(Ok(settings), |error| Err(error.to_string()))
    }

    #[test]
    fn the_nearest_says_what_holds() {
        let env = |name: &str| (name == "DUOKE_LIMITS_TIMERS").then(|| "20".to_owned());
        let mut settings = LimitSettings::of_environment(&env).unwrap();
        settings.or(&read("[limits]\ntimers = 30\ntasks = 40").unwrap());
        let mut limits = PageLimits::default();
        settings.apply(&mut limits);
        assert_eq!(limits, PageLimits { timers: 20, tasks: 40, ..PageLimits::default() });
    }

    #[test]
    fn what_cannot_be_says_where_and_why() {
        for (text, expected) in [
            ("[limits]\ntimer = 30", "duoke.toml:2:1: unknown key `limits.timer`"),
            ("[limits]\ntimers = 3", "duoke.toml:2:10: `timers` is 10 to 10000000, not 3"),
            ("[limits]\ntimers = \"30\"", "duoke.toml:2:10: `limits.timers` is a whole number from 0, not string"),
            ("[limits]\ntimers = -1", "duoke.toml:2:10: `limits.timers` is a whole number from 0"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        let env = |name: &str| (name == "DUOKE_LIMITS_DEATHS").then(|| "many".to_owned());
        let error = LimitSettings::of_environment(&env).unwrap_err().to_string();
        assert_eq!(error, "DUOKE_LIMITS_DEATHS: `deaths` is a whole number, not many");
    }
}
