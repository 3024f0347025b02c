//! What starts the pages of many replays: those whose loads depend on the same are forked from one template.

use std::sync::{Arc, Mutex, PoisonError};

use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::base::limits::page::PageLimits;
use crate::config::LimitSettings;
use crate::host::plugin::Plugin;
use crate::host::processes::Processes;
use crate::page::{Driver, PageOptions, Source};
use crate::process::Launcher;
use crate::record::Recording;

/// Groups of pages that are kept at most: each has two processes.
const GROUPS_MAX: usize = 8;

/// What all that a load depends on is told by: the plugin, whose files a template asks for again by itself; the header; and
/// what the recording answers before the first stimulus.
type Group = Vec<u8>;

/// Starts pages of replays, several at a time. The groups used last keep their templates.
pub struct Launchers {
    processes: Processes,
    groups: Mutex<Vec<(Group, Arc<dyn Launcher>)>>,
}

impl Launchers {
    /// Nothing runs yet.
    #[must_use]
    pub fn new(processes: Processes) -> Self {
        Self { processes, groups: Mutex::default() }
    }

    /// Bounds that the operator set.
    #[must_use]
    pub fn limits(&self) -> &LimitSettings {
        &self.processes.limits
    }

    /// The page of a recording.
    #[must_use]
    pub fn page(&self, options: PageOptions, recording: &Recording, plugin: &Plugin) -> Box<dyn Driver + Send> {
        let launcher = self.launcher(group(&options.limits, recording, plugin));
        Box::new(self.processes.process(options, launcher))
    }

    fn launcher(&self, group: Group) -> Arc<dyn Launcher> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let known = groups.iter().position(|(other, _)| *other == group);
        let launcher = match known {
            Some(at) => groups.remove(at).1,
            None => self.processes.launcher(),
        };
        if groups.len() >= GROUPS_MAX {
            groups.remove(0);
        }
        groups.push((group, launcher.clone()));
        launcher
    }
}

fn group(limits: &PageLimits, recording: &Recording, plugin: &Plugin) -> Group {
    let first = recording.stimuli.iter().filter_map(|line| line.seq).min().unwrap_or(u64::MAX);
    let answers: Vec<_> =
        recording.world.iter().filter(|line| line.seq.is_none_or(|seq| seq < first)).map(|line| &line.data).collect();
    let header = &recording.header;
    // A page that was forked was loaded at another time and with another seed than it went on with.
    let load = (header.load_time.unwrap_or(header.start), header.load_seed.unwrap_or(header.seed));
    // Of the customer only what is in the page's address: most pages learn nothing of him before they are told.
    let (Source::Document(address) | Source::Script(address, _)) =
        plugin.source_at(load.0, load.1, header.user.as_deref());
    let opened = json!([address.as_str(), header.seat, header.settings, limits, header.storage, header.cookies]);
    let depends = json!([plugin.identity, plugin.name, load, opened, answers]);
    digest(&SHA256, depends.to_string().as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Line;
    use crate::host::Names;
    use crate::host::samples::SAMPLES;
    use crate::record::session::Header;

    #[test]
    fn what_a_load_depends_on() {
        let plugin = |sample: usize| {
            Plugin::bundled(SAMPLES[sample].toml, SAMPLES[sample].files, &mut Names::default()).expect("a sample")
        };
        let line = |seq: u64, text: &str| Line {
            seq: Some(seq),
            ..Line::new(seq.to_string(), "s", "world.http", json!({ "text": text }))
        };
        let group = |recording: &Recording, plugin: &Plugin| group(&plugin.limits, recording, plugin);
        let recording = |header: Header, world: Vec<Line>| {
            let stimuli = vec![Line { seq: Some(5), ..Line::new("5", "s", "stimulus.page.reload", json!(null)) }];
            Recording { header, stimuli, world, ..Recording::default() }
        };
        let base = group(&recording(Header::default(), vec![line(2, "a")]), &plugin(0));
        let forked = |at: i64| Header {
            load_time: Some(Header::default().start),
            load_seed: Some(1),
            start: at,
            ..Header::default()
        };
        let same = [
            recording(Header::default(), vec![line(3, "a"), line(6, "later")]),
            recording(forked(7), vec![line(2, "a")]),
            recording(Header { seed: 9, ..forked(8) }, vec![line(2, "a")]),
        ];
        for recording in same {
            assert_eq!(group(&recording, &plugin(0)), base, "{recording:?}");
        }
        let other = [
            recording(Header { seed: 9, ..Header::default() }, vec![line(2, "a")]),
            recording(Header { start: 9, ..Header::default() }, vec![line(2, "a")]),
            recording(Header::default(), vec![line(2, "b")]),
            recording(Header::default(), Vec::new()),
        ];
        for recording in other {
            assert_ne!(group(&recording, &plugin(0)), base, "{recording:?}");
        }
        assert_ne!(group(&recording(Header::default(), vec![line(2, "a")]), &plugin(1)), base);
        let of = |user: &str, plugin: &Plugin| {
            group(&recording(Header { user: Some(user.to_owned()), ..Header::default() }, Vec::new()), plugin)
        };
        assert_eq!(of("oA", &plugin(0)), of("oB", &plugin(0)), "it is not told before the first stimulus");
        let toml = "page = \"page/index.html\"\n[echat]\ntoken = \"t\"\nquery = { user = \"{openid}\" }\n";
        let echat = Plugin::bundled(toml, SAMPLES[3].files, &mut Names::default()).expect("a plugin");
        assert_ne!(of("oA", &echat), of("oB", &echat), "it is in the page's address");
    }

    #[test]
    fn the_groups_used_last_are_kept() {
        let launchers = Launchers::new(Processes::default());
        let of = |group: u8| launchers.launcher(vec![group]);
        let (first, second) = (of(1), of(2));
        assert!(Arc::ptr_eq(&of(1), &first) && !Arc::ptr_eq(&first, &second));
        (10..10 + GROUPS_MAX as u8 - 1).for_each(|group| drop(of(group)));
        assert!(Arc::ptr_eq(&of(1), &first), "used after the second one");
        assert!(!Arc::ptr_eq(&of(2), &second));
    }
}
