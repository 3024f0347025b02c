//! The world as several tasks share it, and the pushes that leave it: a user's one after another, users beside each
//! other. While a push is under way nobody holds the world.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use serde_json::{Map, Value, json};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, oneshot, watch},
};

use super::{callback::Callback, config::SandboxConfig, passive, world::World};
use crate::base::limits::{SANDBOX_PHONES_MAX, SANDBOX_PUSHES_UNDER_WAY_MAX, SANDBOX_PUSHES_WAITING_MAX};
use crate::base::sync::lock;

/// How often WeChat tries (wechat-api.md §3).
const ATTEMPTS: u32 = 3;
/// What a user sees of a callback that does not answer.
const NOTICE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// What became of a push.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) delivered: bool,
    pub(super) attempts: u32,
}

impl Delivery {
    /// The answer of `POST users/{openid}/send` (cli.md).
    pub(super) fn to_json(self) -> Value {
        json!({"delivered": self.delivered, "attempts": self.attempts})
    }
}

/// A push that is to be sent.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) openid: String,
    pub(super) fields: Map<String, Value>,
    /// Whether it is a message, which can be handed over to customer service.
    pub(super) is_message: bool,
    /// Whether the user waits for something, and is told where nothing comes.
    pub(super) is_awaited: bool,
    pub(super) callback: Arc<Callback>,
    pub(super) answer: Option<oneshot::Sender<Delivery>>,
}

#[derive(Debug)]
struct Inner {
    world: Mutex<World>,
    lanes: Mutex<Lanes>,
    places: Semaphore,
    phones: Arc<Semaphore>,
    runtime: Handle,
    /// The number of the last entry, and how far the clock is ahead, in ms.
    seen: watch::Sender<(u64, i64)>,
    stopped: watch::Receiver<()>,
}

/// What waits, by user; a user with an entry has a task that sends.
#[derive(Debug, Default)]
struct Lanes {
    by_user: HashMap<String, VecDeque<Job>>,
    waiting: usize,
}

/// The handle of it all. Cloning it shares it.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Inner>);

impl Shared {
    /// To be called inside of the runtime that sends. When the other end of `stopped` is gone, everything ends.
    pub(super) fn new(config: SandboxConfig, stopped: watch::Receiver<()>) -> Self {
        Self(Arc::new(Inner {
            world: Mutex::new(World::new(config)),
            lanes: Mutex::default(),
            places: Semaphore::new(SANDBOX_PUSHES_UNDER_WAY_MAX),
            phones: Arc::new(Semaphore::new(SANDBOX_PHONES_MAX)),
            runtime: Handle::current(),
            seen: watch::Sender::new((0, 0)),
            stopped,
        }))
    }

    /// Does something to the world, and sends what comes of it.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        let mut world = lock(&self.0.world);
        let result = act(&mut world);
        // Still with the world: a user's pushes leave in the order in which things happened.
        for job in world.outgoing() {
            if !self.post(job) {
                world.count_push(Delivery::default());
            }
        }
        let now = (world.seq(), world.ahead());
        drop(world);
        self.0.seen.send_if_modified(|seen| std::mem::replace(seen, now) != now);
        result
    }

    /// Tells when something is new for a phone.
    pub(super) fn seen(&self) -> watch::Receiver<(u64, i64)> {
        self.0.seen.subscribe()
    }

    /// Ends when the sandbox does.
    pub(super) async fn stopped(&self) {
        // It only ever ends: nothing is sent on it.
        while self.0.stopped.clone().changed().await.is_ok() {}
    }

    /// The places of phone pages.
    pub(super) fn phones(&self) -> Arc<Semaphore> {
        self.0.phones.clone()
    }

    /// Whether it will be sent. What is too much is not: whoever waits for it sees the other end gone.
    fn post(&self, job: Job) -> bool {
        let mut lanes = lock(&self.0.lanes);
        if lanes.waiting >= SANDBOX_PUSHES_WAITING_MAX {
            return false;
        }
        lanes.waiting += 1;
        if let Some(lane) = lanes.by_user.get_mut(&job.openid) {
            lane.push_back(job);
            return true;
        }
        let openid = job.openid.clone();
        lanes.by_user.insert(openid.clone(), VecDeque::from([job]));
        self.0.runtime.spawn(self.clone().lane(openid));
        true
    }

    async fn lane(self, openid: String) {
        while let Some(job) = self.next(&openid) {
            tokio::select! {
                biased;
                () = self.stopped() => return self.leave(&openid),
                () = self.deliver(job) => {}
            }
        }
    }

    /// Nothing more is sent to this user: whoever waits for it sees the other end gone.
    fn leave(&self, openid: &str) {
        let mut lanes = lock(&self.0.lanes);
        let left = lanes.by_user.remove(openid).unwrap_or_default();
        lanes.waiting -= left.len();
    }

    fn next(&self, openid: &str) -> Option<Job> {
        let mut lanes = lock(&self.0.lanes);
        let job = lanes.by_user.get_mut(openid).and_then(VecDeque::pop_front);
        match job {
            Some(_) => lanes.waiting -= 1,
            None => drop(lanes.by_user.remove(openid)),
        }
        job
    }

    async fn deliver(&self, mut job: Job) {
        let place = self.0.places.acquire().await;
        let answer = job.answer.take();
        let delivery = self.attempts(&job).await;
        drop(place);
        self.with(|world| {
            world.count_push(delivery);
            if !delivery.delivered && job.is_awaited && !world.has_left(&job.openid) {
                world.show(&job.openid, "notice", json!({ "content": NOTICE }));
            }
        });
        if let Some(answer) = answer {
            // Whoever waited may be gone.
            let _ = answer.send(delivery);
        }
    }

    async fn attempts(&self, job: &Job) -> Delivery {
        let Job { openid, callback, is_message, .. } = job;
        let Ok(sealed) = callback.seal(&job.fields) else { return Delivery::default() };
        let wechat_id = job.fields.get("ToUserName").and_then(Value::as_str).unwrap_or_default();
        for attempts in 1..=ATTEMPTS {
            let Ok(body) = callback.attempt(openid, &sealed).await else { continue };
            let Some(reply) = passive::read(callback, openid, wechat_id, &body) else { continue };
            if self.with(|world| passive::follow(world, openid, *is_message, reply)) {
                return Delivery { delivered: true, attempts };
            }
        }
        Delivery { delivered: false, attempts: ATTEMPTS }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, time::Duration};

    use tokio::time::timeout;

    use super::*;
    use crate::{base::clock::Clock, wechat::install_tls};

    /// A world whose pushes go where nobody answers, and what ends it.
    fn unanswered() -> (Shared, watch::Sender<()>, TcpListener) {
        install_tls();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let registration = serde_json::from_value(json!({"url": url, "token": "t", "mode": "plain"})).unwrap();
        let callback = Callback::new(registration, "wx", Clock::system(), Duration::from_secs(600)).unwrap();
        let (stop, stopped) = watch::channel(());
        let shared = Shared::new(SandboxConfig::default(), stopped);
        shared.with(|world| world.callback = Some(Arc::new(callback)));
        (shared, stop, listener)
    }

    fn says(shared: &Shared) -> oneshot::Receiver<Delivery> {
        let push = json!({"MsgType": "text", "Content": "hi"});
        shared.with(|world| world.act("oA", push.as_object().unwrap())).unwrap().unwrap()
    }

    #[tokio::test]
    async fn what_waits_ends_with_the_sandbox() {
        let (shared, stop, _listener) = unanswered();
        let waiting = [says(&shared), says(&shared), says(&shared)];
        drop(stop);
        for one in waiting {
            let ended = timeout(Duration::from_secs(60), one).await.expect("it ends");
            assert!(ended.is_err(), "nobody answered");
        }
        let lanes = lock(&shared.0.lanes);
        assert_eq!((lanes.by_user.len(), lanes.waiting), (0, 0));
    }

    #[tokio::test]
    async fn what_is_too_much_has_failed() {
        let (shared, _stop, _listener) = unanswered();
        for _ in 0..SANDBOX_PUSHES_WAITING_MAX {
            says(&shared);
        }
        assert!(says(&shared).await.is_err());
        let pushes = shared.with(|world| world.stats()["pushes"].clone());
        assert_eq!(pushes, json!({"delivered": 0, "failed": 1, "attempts": 0}));
    }
}
