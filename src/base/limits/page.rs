//! The bounds of a page: `[limits]` in `duoke.toml` and `plugin.toml`, every one a whole number. SECURITY.md has them as
//! a table.

use serde::{Deserialize, Serialize};

/// What is known of one bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit {
    /// Its key in `[limits]`.
    pub name: &'static str,
    /// Its value where nobody gives one.
    pub default: u64,
    /// The smallest value: no page works with less.
    pub least: u64,
    /// The largest value: more is a slip of the pen.
    pub most: u64,
    /// What it bounds, with its unit.
    pub meaning: &'static str,
    /// What becomes of a page that runs into it.
    pub outcome: &'static str,
}

macro_rules! page_limits {
    ($($name:ident = $default:expr, $least:literal..=$most:expr, $meaning:literal, $outcome:expr;)*) => {
        /// The bounds that a page is held to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct PageLimits {
            $(#[doc = $meaning] pub $name: u64,)*
        }

        /// Every bound, in the order of the table.
        pub const PAGE_LIMITS: &[PageLimit] = &[$(PageLimit {
            name: stringify!($name),
            default: $default,
            least: $least,
            most: $most,
            meaning: $meaning,
            outcome: $outcome,
        },)*];

        impl PageLimits {
            /// What holds where nobody says otherwise.
            pub const DEFAULT: Self = Self { $($name: $default,)* };

            fn value_mut(&mut self, name: &str) -> Option<&mut u64> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }
        }
    };
}

/// A recording may have bounds so many times as large as they are by default where the operator says nothing of them: it may
/// be anybody's, and he who made it may have had more of a machine.
pub const RECORDED_TIMES_MAX: u64 = 4;

const HOUR_MS: u64 = 3_600_000;
const MIB: u64 = 1024 * 1024;

const STOPPED: &str = "the turn is stopped: `fault.limit`";
const DROPPED: &str = "the rest of the turn's are dropped: `fault.limit`";
const FAILED: &str = "the request fails: `fault.network`";
const ENDED: &str = "the page is ended: `fault.limit`; a fresh one goes on";

page_limits! {
    turn_soft_ms = 1_000, 1..=HOUR_MS, "Computing time of one turn, in ms", "the turn is stopped: `fault.timeout`";
    turn_hard_ms = 5_000, 1..=HOUR_MS, "Computing time of one turn, in ms, for a page that cannot be stopped",
        "the page is ended: `fault.timeout`; a fresh one goes on";
    memory_bytes = 256 * MIB, 16_777_216..=64 * 1024 * MIB, "Memory that a page has allocated, in bytes", ENDED;
    dom_nodes = 500_000, 1_000..=100_000_000, "Nodes of the page's documents, attributes not counted", STOPPED;
    timers = 10_000, 10..=10_000_000, "Timers that wait", STOPPED;
    tasks = 100_000, 10..=10_000_000, "Tasks that are ready to run", STOPPED;
    microtasks_per_task = 1_000_000, 1_000..=1_000_000_000, "Promise reactions that run after one task", STOPPED;
    messages_per_turn = 1_000, 1..=1_000_000, "Calls of `PutMsg`, or of senders of `echatSDK`, in one turn", STOPPED;
    message_bytes = MIB, 1_024..=8 * MIB, "Arguments of one call of `PutMsg`, `Notice` or `echatSDK`, in bytes",
        "the call fails: `fault.limit`";
    effects_per_turn = 10_000, 1..=1_000_000, "Effects of one turn, messages among them", STOPPED;
    turn_bytes = 16 * MIB, 65_536..=64 * MIB, "What one turn gives out, in bytes, roughly", STOPPED;
    console_lines_per_turn = 10_000, 0..=1_000_000, "Console lines of one turn", DROPPED;
    faults_per_turn = 1_000, 1..=1_000_000, "Faults of one turn", DROPPED;
    navigations_per_turn = 20, 1..=10_000, "Navigations that one stimulus leads to",
        "they are not followed: `fault.limit`";
    requests_per_turn = 1_000, 1..=1_000_000, "Requests that are made in one turn; 10 more for each second of page time before it", FAILED;
    requests_waiting = 5_000, 10..=100_000, "Requests that have no answer yet", STOPPED;
    // Each may hold an answer of 16 MiB in the host's memory: together what a page may. Browsers have 6 for a server.
    requests_in_flight = 16, 1..=1_000, "Requests that are under way at once", "further ones wait";
    request_ms = 30_000, 1..=HOUR_MS, "Time that a request may take, in ms", FAILED;
    answer_bytes = 16 * MIB, 1_024..=64 * MIB, "Answer of a request, in bytes", FAILED;
    deaths = 5, 1..=1_000_000, "Times that a page may be ended within `deaths_window_ms`",
        "it is parked: told nothing more";
    deaths_window_ms = 60_000, 1..=24 * HOUR_MS, "Time in which such ends count, in ms", "";
    restart_pause_ms = 100, 0..=HOUR_MS,
        "Pause before a page that was ended twice within that time is started again, in ms; doubled each further time", "";
}

/// A bound of a recording that does not hold here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifted {
    /// Its key in `[limits]`.
    pub name: &'static str,
    /// What the recording has.
    pub recorded: u64,
    /// What holds in its place.
    pub held: u64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl PageLimits {
    /// Sets one.
    ///
    /// # Errors
    /// Why it cannot be: no such name, or a value out of its range.
    pub fn set(&mut self, name: &str, value: u64) -> Result<(), String> {
        let known = PAGE_LIMITS.iter().find(|limit| limit.name == name);
        let (Some(limit), Some(place)) = (known, self.value_mut(name)) else {
            return Err(format!("there is no limit `{name}`"));
        };
        if !(limit.least..=limit.most).contains(&value) {
            return Err(format!("`{name}` is {} to {}, not {value}", limit.least, limit.most));
        }
        *place = value;
        Ok(())
    }

    /// Holds a recording's bounds to their range, and to [`RECORDED_TIMES_MAX`] times the default or what an operator wants
    /// them to be, whichever is more. Those that do not hold.
    pub fn hold(&mut self, wanted: impl Fn(&str) -> Option<u64>) -> Vec<Lifted> {
        let hold = |limit: &PageLimit| {
            let most = limit.default.saturating_mul(RECORDED_TIMES_MAX).min(limit.most);
            let most = wanted(limit.name).map_or(most, |wanted| wanted.max(most));
            let place = self.value_mut(limit.name)?;
            let recorded = *place;
            *place = recorded.clamp(limit.least, most);
            (recorded != *place).then_some(Lifted { name: limit.name, recorded, held: *place })
        };
        PAGE_LIMITS.iter().filter_map(hold).collect()
    }
}

/// The table of SECURITY.md.
#[must_use]
pub fn table() -> String {
    let mut table = "| `[limits]` | default | bounds | past it |\n|---|---:|---|---|\n".to_owned();
    for PageLimit { name, default, meaning, outcome, .. } in PAGE_LIMITS {
        table.push_str(&format!("| `{name}` | {} | {meaning} | {outcome} |\n", grouped(*default)));
    }
    table
}

/// `16777216` as `16 777 216`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_in_its_range() {
        let mut limits = PageLimits::default();
        for limit in PAGE_LIMITS {
            limits.set(limit.name, limit.default).unwrap();
        }
        assert_eq!(limits, PageLimits::default());
    }

    #[test]
    fn what_cannot_be_says_why() {
        let mut limits = PageLimits::default();
        assert_eq!(limits.set("nodes", 1), Err("there is no limit `nodes`".to_owned()));
        assert_eq!(limits.set("deaths", 0), Err("`deaths` is 1 to 1000000, not 0".to_owned()));
        limits.set("deaths", 7).unwrap();
        assert_eq!(limits.deaths, 7);
    }

    #[test]
    fn a_recording_lifts_none_beyond_what_is_allowed() {
        let mut limits = PageLimits { timers: u64::MAX, dom_nodes: 2_000_000, tasks: 9_000_000, ..PageLimits::DEFAULT };
        limits.memory_bytes = 0;
        let lifted = limits.hold(|name| match name {
            "tasks" => Some(8_000_000),
            // What is less than a recording may have anyway says nothing of it.
            "timers" => Some(10),
            _ => None,
        });
        let found: Vec<_> = lifted.iter().map(|it| (it.name, it.recorded, it.held)).collect();
        let expected = [("memory_bytes", 0, 16_777_216), ("timers", u64::MAX, 40_000), ("tasks", 9_000_000, 8_000_000)];
        assert_eq!(found, expected);
        assert_eq!((limits.timers, limits.dom_nodes, limits.tasks), (40_000, 2_000_000, 8_000_000));
        assert_eq!(limits.hold(|name| Some(8_000_000).filter(|_| name == "tasks")), []);
    }

    #[test]
    fn the_table_of_the_manual_is_this_one() {
        let manual = include_str!("../../../SECURITY.md");
        assert!(manual.contains(&table()), "SECURITY.md lacks this table:\n{}", table());
    }
}
