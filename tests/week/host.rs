//! A host of one account on a thread, its sandbox, and the clock of both.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use duoke::base::clock::{Clock, Hand};
use duoke::event::Line;
use duoke::host::desk::{Desk, Request};
use duoke::host::serve::{AccountSetup, Doors, Operations, Ready, RecordPolicy, Residence, Room, Setup, serve};
use duoke::host::{Closed, Names, Notice, Plugin, Processes, Rights, Target, Watch};
use duoke::net::{Bounds, Live};
use duoke::sandbox::SandboxConfig;
use duoke::store::{Filter, OnUnknown, OpenOptions, SqliteStore, StateFolder, Store};
use duoke::wechat::callback::{CallbackSettings, Mode};
use duoke::wechat::{ClientConfig, Profile, Secret};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::plan::START_MS;
use crate::wechat_bench::{Bench as Sandbox, PictureServer};
use crate::wire::Wire;

/// Longest that nothing comes to an end, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(60);
const TOML: &str = "name = \"p\"\npage = \"page.html\"\ndialects = [\"mcs\"]\nextra_events = true\n\
    user_change = \"conversation\"\n[limits]\nturn_soft_ms = 300000\nturn_hard_ms = 300000\n";
/// Answers as the customer wants: "1 late 3600000" after an hour.
const PAGE: &str = r#"<a id="picture" href="picture.png"></a><a id="missing" href="missing.png"></a><script>
var whose = 'nobody';
function put(body) { window.external.PutMsg(JSON.stringify({ msg: { head: { random: String(Math.random()) }, body: [body] } })); }
function say(text) { put({ type: 0, content: { text: text } }); }
function show(id) { put({ type: 1, content: { picUrl: document.getElementById(id).href } }); }
function MCS_ClientNotify(str) {
  var event = JSON.parse(str);
  if (event.event === 'OnUserChange') whose = event.useraccount;
  if (event.event !== 'OnReceiveMsg') return;
  var words = event.content.split(' '), to = whose + ' ' + words[0] + ' ', number = Number(words[2]);
  if (words[1] === 'picture') show('picture');
  else if (words[1] === 'broken') { show('missing'); say(to + 'instead'); }
  else if (words[1] === 'late') setTimeout(function () { say(to + 'late'); }, number);
  else for (var n = 0; n < number; n++) say(to + n);
}</script>"#;

pub struct Host {
    pub sandbox: Sandbox,
    pub wire: Wire,
    hand: Hand,
    folder: TempDir,
    serving: Option<Serving>,
    /// What hosts told that have ended.
    pub heard: Vec<Notice>,
}

/// A host while it serves.
struct Serving {
    operations: Arc<Operations>,
    desk: Desk,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Vec<Notice>>,
}

/// Keeps what it is told.
#[derive(Default)]
struct Heard(Vec<Notice>);

impl Watch for Heard {
    fn line(&mut self, _: &Line) -> Result<(), Closed> {
        Ok(())
    }

    fn say(&mut self, notice: Notice) {
        self.0.push(notice);
    }
}

impl Host {
    pub async fn start() -> Self {
        let (hand, folder) = (Hand::new(START_MS), folder());
        let config = SandboxConfig { profile: Profile::y2025(), clock: hand.clock(), ..SandboxConfig::default() };
        let sandbox = Sandbox::start_with(config).await;
        let wire = Wire::to(sandbox.running.address).await;
        let (serving, heard) = (None, Vec::new());
        let mut host = Self { sandbox, wire, hand, folder, serving, heard };
        host.plugin();
        host.begin().await;
        host
    }

    fn plugin(&self) {
        let folder = self.folder.path().join("p");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("plugin.toml"), TOML).unwrap();
        std::fs::write(folder.join("page.html"), PAGE).unwrap();
        std::fs::write(folder.join("picture.png"), PictureServer::PNG).unwrap();
    }

    /// A host begins to serve, with what the one before it left.
    pub async fn begin(&mut self) {
        let operations = Arc::new(Operations::new(false));
        let setup = setup(self, operations.clone());
        let state = StateFolder::take(&self.folder.path().join("state")).unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(state, &OpenOptions::default()).unwrap());
        let (stop, stopped) = oneshot::channel();
        let (begun, begins) = oneshot::channel();
        let runtime = Handle::current();
        let served = std::thread::spawn(move || run(setup, &store, &runtime, begun, stopped));
        let (ready, desk) = begins.await.unwrap();
        let (_, address, path) = &ready.callbacks[0];
        let callback = json!({"url": format!("http://{address}{path}"), "token": "t0ken", "mode": "plain"});
        assert_eq!(self.sandbox.post("/_sandbox/callback", &callback).await, json!({"registered": true}));
        self.serving = Some(Serving { operations, desk, stop, served });
    }

    /// It ends in order.
    pub async fn end(&mut self) {
        let Serving { stop, served, desk, .. } = self.serving.take().unwrap();
        drop(desk);
        stop.send(()).unwrap();
        self.heard.extend(tokio::task::spawn_blocking(|| served.join().unwrap()).await.unwrap());
    }

    fn serving(&self) -> &Serving {
        self.serving.as_ref().unwrap()
    }

    /// Time passes; what is due on the way is done before it goes on.
    pub async fn pass_until(&self, at: i64) {
        loop {
            let settled = timeout(PATIENCE, self.serving().operations.settled()).await;
            let settled = settled.unwrap_or_else(|_| panic!("it does not settle: {}", self.sandbox.running.stats()));
            let next = settled.unwrap();
            let now = self.hand.now_ms();
            assert!(next.is_none_or(|next| next > now), "what is due is done");
            if now >= at {
                return;
            }
            self.hand.set(next.map_or(at, |next| next.min(at)));
        }
    }

    /// Has his pages told what he would have written.
    pub async fn fire(&self, openid: &str, words: &str) {
        let data = json!({"useraccount": openid, "userid": openid, "channeltype": "1", "content": words});
        let line = json!({"id": "fired", "source": "week", "type": "stimulus.mcs.OnReceiveMsg", "subject": openid, "data": data});
        self.serving().desk.answer(Request::Trigger { line }).await.unwrap();
    }

    /// All messages that were ever to be sent.
    pub async fn rows(&self) -> Vec<Value> {
        let (mut rows, mut after) = (Vec::new(), Some(0));
        while let Some(behind) = after {
            let request = Request::List { filter: Filter::default(), after: behind, limit: None };
            let answer = self.serving().desk.answer(request).await.unwrap();
            rows.extend(answer.items);
            after = answer.next;
        }
        rows
    }

    pub async fn checked(&self) -> Value {
        self.serving().desk.answer(Request::Check { whole: true }).await.unwrap().items.remove(0)
    }
}

fn run(
    setup: Setup,
    store: &Arc<dyn Store>,
    runtime: &Handle,
    begun: oneshot::Sender<(Ready, Desk)>,
    stopped: oneshot::Receiver<()>,
) -> Vec<Notice> {
    let (_again, again) = mpsc::channel(1);
    let (mut begun, mut heard) = (Some(begun), Heard::default());
    let doors = Doors {
        begun: &mut |ready, desk| {
            drop(begun.take().map(|begun| begun.send((ready.clone(), desk))));
            Box::new(())
        },
        again,
        read: &mut || Err(Notice::error("nobody asks")),
    };
    let stop = async { drop(stopped.await) };
    serve(setup, store, runtime, doors, stop, &mut heard).unwrap();
    heard.0
}

fn setup(host: &Host, operations: Arc<Operations>) -> Setup {
    let ready = host.sandbox.running.ready();
    let base_url = format!("http://{}", host.wire.address).parse().unwrap();
    let mut client = ClientConfig::new(base_url, &ready.app_id, Secret::new(&ready.app_secret));
    client.profile = Profile::y2025();
    let callback = CallbackSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        path: "/wechat".to_owned(),
        token: Secret::new("t0ken"),
        mode: Mode::Plain,
        transfer: None,
        clock: Clock::system(),
    };
    let plugin = host.folder.path().join("p");
    let program = Some(PathBuf::from(env!("CARGO_BIN_EXE_duoke")));
    Setup {
        accounts: vec![AccountSetup {
            target: Target { client, kf_account: None, on_unknown: OnUnknown::Hold },
            callback: Some(callback),
            sink: None,
        }],
        listeners: Vec::new(),
        traces: None,
        workbench: None,
        residence: Residence {
            plugins: vec![Plugin::resolve(plugin.to_str().unwrap(), &mut Names::default()).unwrap()],
            rights: Rights::default(),
            live: Some(Live::new(Handle::current(), Bounds::default())),
            seats: Vec::new(),
            kf_account: None,
            seat_account: "kf1@duoke".to_owned(),
            processes: Processes { program, ..Processes::default() },
            // Longer than the latest answer takes, so that who is quiet for days is served by a fresh page.
            room: Room { open_max: 100, quiet_ms_max: 100 * 3_600_000 },
            record: RecordPolicy::default(),
        },
        log: None,
        threads: 4,
        clock: host.hand.clock(),
        operations,
    }
}

/// In memory where the system has such: it is not about disks.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}
