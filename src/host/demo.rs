//! `duoke demo`: the sandbox, the sample plugins and their session, and what the customers saw of it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use super::conversation::{Entry, render, shown};
use super::feed::Tally;
use super::forward::{ForwardError, Forwarder, Target};
use super::ledger::Source;
use super::plugin::{Names, Plugin, PluginError};
use super::processes::Processes;
use super::rights::Rights;
use super::run::{Hosted, Lasting, Log, Outcome, RunOptions, run};
use super::samples::{DEMO_LOG, SAMPLES};
use super::watch::{Closed, Notice, Severity, Watch};
use crate::event::Line;
use crate::net::NetError;
use crate::record::Reader;
use crate::sandbox::{Running, SandboxConfig};
use crate::store::{OnUnknown, SqliteStore, StoreError};
use crate::wechat::{ClientConfig, Secret};

/// The account of the seat in which the samples are open.
const ACCOUNT: &str = "kf0001@duoke";
/// What the agent's side is called in the conversation.
const AGENT: &str = "客服";
/// One of the customers of the session.
pub const LI_HUA: &str = "oDemoLiHua0000000000000000001";
/// The other one.
pub const WANG_FANG: &str = "oDemoWangFang00000000000000002";
/// The customers and their names, in the order they are shown.
const CUSTOMERS: [(&str, &str); 2] = [(LI_HUA, "李华"), (WANG_FANG, "王芳")];
/// Why the agent turns to a customer: what that one says, and before which line of the session.
const SAID: [(usize, &str, Said); 5] = [
    (1, LI_HUA, Said::Text("在吗？我的订单到哪了？")),
    (4, WANG_FANG, Said::Text("你们在上海有店吗？我在这里：")),
    (4, WANG_FANG, Said::Location("上海市黄浦区人民广场")),
    (7, LI_HUA, Said::Text("还有一个订单呢？最近有没有活动？")),
    (11, WANG_FANG, Said::Text("照片里的那款有现货吗？")),
];

/// What a customer sends.
#[derive(Clone, Copy)]
enum Said {
    Text(&'static str),
    Location(&'static str),
}

impl Said {
    /// In WeChat's own field names.
    fn push(self) -> Map<String, Value> {
        let value = match self {
            Self::Text(text) => json!({"MsgType": "text", "Content": text}),
            Self::Location(label) => {
                json!({"MsgType": "location", "Location_X": 31.2304, "Location_Y": 121.4737, "Scale": 15, "Label": label})
            }
        };
        value.as_object().cloned().unwrap_or_default()
    }

    fn shown(self) -> String {
        match self {
            Self::Text(text) => text.to_owned(),
            Self::Location(label) => format!("[location] {label}"),
        }
    }
}

/// A demo that cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A bundled plugin is broken: a bug.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A bundled plugin has no network: a bug.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Delivery cannot be set up.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// There is no room for the state.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct DemoOutcome {
    /// Each customer's conversation, as text.
    pub conversation: String,
    /// How the run ended.
    pub outcome: Outcome,
    /// Faults of the bundled pages.
    pub faults: usize,
}

/// Plays the bundled session against this sandbox, which is fresh. To be called from outside of `runtime`.
///
/// # Errors
/// [`DemoError`]: it could not begin.
pub fn demo(
    running: &Arc<Running>,
    runtime: &Handle,
    processes: Processes,
    watch: &mut dyn Watch,
) -> Result<DemoOutcome, DemoError> {
    let mut names = Names::default();
    let mut pages = Vec::new();
    for sample in SAMPLES {
        let plugin = Plugin::bundled(sample.toml, sample.files, &mut names)?;
        let network = Arc::new(plugin.network(&Rights::default(), None, ACCOUNT)?);
        pages.push(Hosted { plugin, network });
    }
    let target = Target { client: client(running), kf_account: None, on_unknown: OnUnknown::Hold };
    let forward = Forwarder::new(target, Arc::new(SqliteStore::in_memory()?), runtime.clone())?;
    let talk = Rc::new(RefCell::new(Talk::default()));
    let source = Source { name: "demo.jsonl".to_owned(), identity: Some("demo.jsonl".to_owned()) };
    let log = Log { lines: lines(running.clone(), talk.clone()), source, tally: Tally::default() };
    let mut faults = Faults { watch, count: 0 };
    let options = RunOptions { processes, ..RunOptions::default() };
    let outcome = run(pages, Some(log), Lasting { forward: Some(forward), ..Lasting::default() }, options, &mut faults);
    let conversation = talk.borrow().conversation(running);
    Ok(DemoOutcome { conversation, outcome, faults: faults.count })
}

fn client(running: &Running) -> ClientConfig {
    let ready = running.ready();
    let base = format!("http://{}", running.address);
    let base = base.parse().unwrap_or_else(|error| panic!("a socket's address is a host and a port, {base}: {error}"));
    let profile = SandboxConfig::default().profile;
    ClientConfig { profile, ..ClientConfig::new(base, &ready.app_id, Secret::new(&ready.app_secret)) }
}

/// The session's lines. Before a line is read the customers say what leads to it, everything earlier is delivered then.
fn lines(
    running: Arc<Running>,
    talk: Rc<RefCell<Talk>>,
) -> Box<dyn Iterator<Item = Result<Line, crate::record::ReadError>>> {
    let mut reader = Reader::new(DEMO_LOG.as_bytes(), "demo.jsonl");
    let mut number = 0;
    Box::new(std::iter::from_fn(move || {
        number += 1;
        for (_, openid, said) in SAID.iter().filter(|(before, ..)| *before == number) {
            talk.borrow_mut().say(&running, openid, *said);
        }
        reader.next()
    }))
}

/// What the customers said, and how many messages they had by then.
#[derive(Default)]
struct Talk(Vec<(&'static str, usize, Said)>);

impl Talk {
    fn say(&mut self, running: &Running, openid: &'static str, said: Said) {
        let had = running.messages(Some(openid)).len();
        let sent = running.user_sends(openid, &said.push());
        debug_assert_eq!(sent, Ok(()), "the sandbox knows what customers send");
        self.0.push((openid, had, said));
    }

    fn conversation(&self, running: &Running) -> String {
        let of =
            |(openid, name): &(&str, &str)| render(&format!("{name} ({openid})"), &self.entries(running, openid, name));
        CUSTOMERS.iter().map(of).collect::<Vec<_>>().join("\n")
    }

    fn entries(&self, running: &Running, openid: &str, name: &str) -> Vec<Entry> {
        let mut said = self.0.iter().filter(|(who, ..)| *who == openid).peekable();
        let own = |said: &Said| Entry { label: name.to_owned(), text: said.shown() };
        let mut entries = Vec::new();
        for (had, received) in running.messages(Some(openid)).iter().enumerate() {
            while let Some((.., text)) = said.next_if(|(_, before, _)| *before <= had) {
                entries.push(own(text));
            }
            entries.push(Entry { label: AGENT.to_owned(), text: shown(&received.body) });
        }
        entries.extend(said.map(|(.., text)| own(text)));
        entries
    }
}

/// Passes on what is not as it should be; of the lines, faults.
struct Faults<'a> {
    watch: &'a mut dyn Watch,
    count: usize,
}

impl Watch for Faults<'_> {
    fn line(&mut self, line: &Line) -> Result<(), Closed> {
        if line.type_.starts_with("fault.") {
            self.count += 1;
            let plugin = line.plugin.as_deref().unwrap_or_default();
            self.watch.say(Notice::error(format!("{plugin}: {} {}", line.type_, line.data)));
        }
        Ok(())
    }

    fn say(&mut self, notice: Notice) {
        if notice.severity != Severity::Note {
            self.watch.say(notice);
        }
    }
}
