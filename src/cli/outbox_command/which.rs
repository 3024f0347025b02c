//! Which messages.

use std::collections::BTreeSet;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::Value;

use crate::base::clock::{TimestampMs, parse_rfc3339, system_now_ms};
use crate::base::limits::REQUEST_KEYS_MAX;
use crate::cli::duration;
use crate::cli::exit::Exit;
use crate::cli::state::Asker;
use crate::host::{Notice, Watch as _};
use crate::store::{Filter, State};

/// Keys and filters; a message must meet all of them.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Which {
    /// Those with these keys.
    #[arg(value_name = "KEY")]
    pub(super) keys: Vec<String>,
    /// Those in this state; may be given several times.
    #[arg(long = "state", value_name = "STATE", value_delimiter = ',',
          value_parser = PossibleValuesParser::new(State::ALL.map(State::name)).try_map(|name| named(&name)))]
    pub(super) states: Vec<State>,
    /// Those to this customer.
    #[arg(long)]
    openid: Option<String>,
    /// Those of this account, by its app id.
    #[arg(long, value_name = "APP_ID")]
    account: Option<String>,
    /// Those of this plugin.
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Those that came before: an age such as 2d, 3h or 30m, or a time such as 2026-07-01T08:00:00+08:00.
    #[arg(long, value_name = "WHEN", value_parser = before)]
    before: Option<TimestampMs>,
}

fn named(name: &str) -> Result<State, String> {
    State::named(name).ok_or_else(|| format!("{name} is no state"))
}

fn before(text: &str) -> Result<TimestampMs, String> {
    before_at(text, system_now_ms())
}

fn before_at(text: &str, now: TimestampMs) -> Result<TimestampMs, String> {
    let age = || duration::parse(text).map(|age| now - age);
    let wrong = |_| "an age such as 2d, 3h, 30m, or a time such as 2026-07-01T08:00:00+08:00".to_owned();
    parse_rfc3339(text).map_or_else(age, Ok).map_err(wrong)
}

impl Which {
    /// As filters, with as many keys each as go at once.
    pub(super) fn filters(&self) -> Vec<Filter> {
        let Self { keys, states, openid, account, plugin, before } = self.clone();
        let filter = Filter { keys: Vec::new(), states, openid, account, plugin, before };
        // Each once.
        let keys: Vec<String> = BTreeSet::from_iter(keys).into_iter().collect();
        match keys.is_empty() {
            true => vec![filter],
            false => {
                keys.chunks(REQUEST_KEYS_MAX).map(|keys| Filter { keys: keys.to_vec(), ..filter.clone() }).collect()
            }
        }
    }

    /// Whether nothing is said of them.
    pub(super) fn is_empty(&self) -> bool {
        self.filters().iter().all(Filter::is_empty)
    }
}

/// The keys that a command named and has not come to yet.
pub(super) struct Missing(BTreeSet<String>);

impl Missing {
    pub(super) fn new(which: &Which) -> Self {
        Self(which.keys.iter().cloned().collect())
    }

    /// These came.
    pub(super) fn found(&mut self, items: &[Value]) {
        if !self.0.is_empty() {
            self.0.retain(|key| !items.iter().any(|item| item["key"] == *key));
        }
    }

    /// Says which did not; the exit where there are any.
    pub(super) fn said(&self, asker: &mut Asker<'_>) -> Option<Exit> {
        for key in &self.0 {
            let hint = "`duoke explain` takes the beginning of one, `duoke outbox list` shows them";
            asker.output.say(Notice::error(format!("no message with the key {key} matches")).with_hint(Some(hint)));
        }
        (!self.0.is_empty()).then_some(Exit::NothingMatched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_times() {
        let now = 1_782_864_000_000;
        assert_eq!(before_at("2026-07-01T08:00:00+08:00", 0), Ok(now));
        assert_eq!(before_at("1d", now), Ok(now - 86_400_000));
        assert!(before_at("yesterday", now).is_err());
    }

    #[test]
    fn keys_go_in_portions() {
        let keys = (0..REQUEST_KEYS_MAX + 1).map(|number| format!("{number:04}")).chain(["0000".to_owned()]).collect();
        let which = Which { keys, states: vec![State::Dead], ..Which::default() };
        let filters = which.filters();
        assert_eq!(filters.iter().map(|filter| filter.keys.len()).collect::<Vec<_>>(), [REQUEST_KEYS_MAX, 1]);
        assert_eq!(filters[1].states, [State::Dead]);
        assert!(Which::default().is_empty() && !which.is_empty());
    }
}
