//! Effects become rows of the outbox, rows become messages.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::pictures::PluginPictures;
use super::watch::Notice;
use crate::base::clock::system_now_ms;
use crate::engine::event_loop::Emission;
use crate::event::{self, Effect, PutMsgCall};
use crate::net::PluginNetwork;
use crate::outbox::{Delivery, Dispatch, Key, Outbox, Outcome, Pushed, Release, Row, Summary};
use crate::session::cause_rule::{Decision, PluginPolicy, Subject, Telling, decide};
use crate::wechat::{Article, Client, ClientConfig, Content, Courier, PictureError, WechatError};

/// Where messages go.
#[derive(Clone, Debug)]
pub struct Target {
    /// The account and its server.
    pub client: ClientConfig,
    /// In whose name, where the operator named somebody.
    pub kf_account: Option<String>,
}

/// Delivery that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// WeChat's client.
    #[error(transparent)]
    Wechat(#[from] WechatError),
    /// The pictures' client.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

/// Whose effect it is.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// The plugin's name.
    pub name: &'a str,
    /// Its policy.
    pub policy: PluginPolicy,
    /// Its page's network.
    pub network: &'a Arc<PluginNetwork>,
}

/// What became of an effect: new rows, and what a person should know.
#[derive(Debug, Default)]
pub struct Taken {
    /// The rows.
    pub rows: Vec<Row>,
    /// What to tell.
    pub notices: Vec<Notice>,
}

/// The outbox of a run and its way to WeChat.
pub struct Forwarder {
    outbox: Outbox,
    dispatch: Dispatch,
    deliveries: UnboundedReceiver<Delivery>,
    pictures: Arc<PluginPictures>,
    runtime: Handle,
    target: Target,
    /// Effects so far, by plugin and stimulus: the last part of a row's key.
    effects: HashMap<(String, String), u32>,
    /// Rows in the order they came in, for what is told of their deliveries.
    order: HashMap<Key, usize>,
    has_parked: bool,
}

impl Forwarder {
    /// Sets up the way; nobody is called yet.
    ///
    /// # Errors
    /// [`ForwardError`].
    pub fn new(target: Target, runtime: Handle) -> Result<Self, ForwardError> {
        let pictures = Arc::new(PluginPictures::new()?);
        let courier = Courier::new(Client::new(target.client.clone())?, pictures.clone());
        let (sender, deliveries) = unbounded_channel();
        // The receiver lives as long as the dispatch does.
        let observe = Arc::new(move |delivery| drop(sender.send(delivery)));
        Ok(Self {
            outbox: Outbox::new(),
            dispatch: Dispatch::new(Arc::new(courier), observe),
            deliveries,
            pictures,
            runtime,
            target,
            effects: HashMap::new(),
            order: HashMap::new(),
            has_parked: false,
        })
    }

    /// A stimulus is told to a plugin. Told again, its effects get the same keys: they make no second rows.
    pub fn begin(&mut self, plugin: &str, stimulus: &str) {
        self.effects.remove(&(plugin.to_owned(), stimulus.to_owned()));
    }

    /// Decides what becomes of an effect and takes its messages in.
    pub fn take(&mut self, sender: Sender<'_>, emission: &Emission, effect: &Effect) -> Taken {
        let stimulus = emission.cause.as_ref().map_or("", |cause| &*cause.stimulus).to_owned();
        let count = self.effects.entry((sender.name.to_owned(), stimulus.clone())).or_default();
        let key = Key::new(stimulus, sender.name, *count);
        *count += 1;
        let Effect::PutMsg(call) = effect else { return Taken::default() };
        let subject = Subject { user: emission.subject.clone(), late: call.late };
        let user = subject.user.as_deref().unwrap_or_default();
        let refused = |reason: &str| Taken {
            notices: vec![Notice::warning(format!("{}: a message was not accepted: {reason}", sender.name))],
            ..Taken::default()
        };
        let held = |reason: &str, hint: &str| {
            Notice::warning(format!("{}: a message to {user} waits for a person: {reason}", sender.name))
                .with_hint(Some(hint))
        };
        match decide(effect, &subject, sender.policy, Telling::First) {
            Decision::Send => self.push(sender, &key, user, call, None),
            Decision::HoldLate => {
                let reason = "the page had been told another customer";
                let notice = held(reason, "plugin.toml can let such messages go: `late = \"send\"`");
                self.push(sender, &key, user, call, Some((reason, notice)))
            }
            Decision::HoldForReview => {
                let reason = "the plugin is in review mode";
                let notice = held(reason, "`send = \"auto\"` in plugin.toml lets it send by itself");
                self.push(sender, &key, user, call, Some((reason, notice)))
            }
            Decision::Refuse { reason } => refused(reason),
            Decision::NotAMessage if call.outcome == event::Outcome::Invalid => {
                refused(call.reason.as_deref().unwrap_or("its argument is invalid"))
            }
            Decision::RecordOnly | Decision::NotAMessage => Taken::default(),
        }
    }

    fn push(
        &mut self,
        sender: Sender<'_>,
        key: &Key,
        user: &str,
        call: &PutMsgCall,
        hold: Option<(&str, Notice)>,
    ) -> Taken {
        let mut taken = Taken::default();
        let (reason, notice) = hold.unzip();
        taken.notices.extend(notice);
        for (part, message) in (0_u32..).zip(&call.messages) {
            let content = content(message);
            if let Content::Image { pic_url } = &content {
                self.pictures.sent_by(pic_url, sender.network);
            }
            let key = key.clone().part(part);
            let mut row = Row::new(key.clone(), &self.target.client.app_id, user, content, system_now_ms());
            if let Some(account) = &self.target.kf_account {
                row = row.as_agent(account);
            }
            if let Some(reason) = reason {
                row = row.held(reason);
            }
            let text = match self.outbox.push(row.clone()) {
                Pushed::New => {
                    let count = self.order.len();
                    self.order.insert(key, count);
                    taken.rows.push(row);
                    continue;
                }
                Pushed::Known => format!("{}: the message {key} is there already and is not sent again", sender.name),
                Pushed::Differs => {
                    format!("{}: there is another message {key} already; this one is not sent", sender.name)
                }
            };
            let hint = "two lines of the log have the same id; ids are unique in a log";
            taken.notices.push(Notice::warning(text).with_hint(Some(hint)));
        }
        taken
    }

    /// Delivers what is pending, blocking; every try in the order of the rows. `tell` hears of trouble at once.
    pub fn deliver(&mut self, tell: &mut dyn FnMut(Notice)) -> Vec<Delivery> {
        if self.has_parked {
            self.outbox.release(&Release::Due(system_now_ms()));
        }
        let mut done = Vec::new();
        let mut note = |delivery: Delivery| {
            if let Some(notice) = trouble(&delivery) {
                tell(notice);
            }
            done.push(delivery);
        };
        let (outbox, dispatch, deliveries) = (&self.outbox, &self.dispatch, &mut self.deliveries);
        self.runtime.block_on(async {
            let mut delivering = pin!(outbox.deliver(dispatch));
            loop {
                tokio::select! {
                    biased;
                    Some(delivery) = deliveries.recv() => note(delivery),
                    _ = &mut delivering => break,
                }
            }
        });
        while let Ok(delivery) = self.deliveries.try_recv() {
            note(delivery);
        }
        self.has_parked |= done.iter().any(|delivery| delivery.outcome == Outcome::Parked);
        done.sort_by_key(|delivery| self.order.get(&delivery.key).copied());
        done
    }

    /// The rows by state.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.outbox.summary()
    }

    /// The summary in words.
    #[must_use]
    pub fn summary_notice(&self) -> Notice {
        let summary = self.summary();
        let states = [
            (summary.sent, "sent"),
            (summary.unknown, "without an answer"),
            (summary.parked, "parked"),
            (summary.dead, "given up"),
            (summary.held, "held for a person"),
            (summary.pending + summary.sending, "not sent"),
        ];
        let total: usize = states.iter().map(|(count, _)| count).sum();
        let parts: Vec<String> =
            states.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
        let server = self.target.client.base_url.origin().ascii_serialization();
        match total {
            0 => Notice::note(format!("no messages for {server}")),
            1 => Notice::note(format!("1 message for {server}: {}", parts.join(", "))),
            _ => Notice::note(format!("{total} messages for {server}: {}", parts.join(", "))),
        }
    }
}

/// What a plugin said, as WeChat's client takes it.
fn content(message: &event::Message) -> Content {
    match message {
        event::Message::Text { text } => Content::Text { text: text.clone() },
        event::Message::Image { pic_url } => Content::Image { pic_url: pic_url.clone() },
        event::Message::News { articles } => Content::News {
            articles: articles
                .iter()
                .map(|article| Article {
                    title: article.title.clone(),
                    description: article.digest.clone(),
                    url: article.url.clone(),
                    picurl: article.cover.clone(),
                })
                .collect(),
        },
    }
}

/// What a person should know of a try. Rows that only wait behind a parked one are in the summary.
fn trouble(delivery: &Delivery) -> Option<Notice> {
    let what = match delivery.outcome {
        Outcome::Sent => return None,
        Outcome::Parked if delivery.message == (0, 0) => return None,
        Outcome::Refused => "was not sent yet",
        Outcome::Parked => "is parked",
        Outcome::Dead => "is given up",
        Outcome::Unknown => "may not have arrived",
    };
    let reason = delivery.reason.as_deref().unwrap_or("no reason is known");
    let text = format!("{}: the message {} to {} {what}: {reason}", delivery.key.plugin, delivery.key, delivery.openid);
    let notice = match delivery.outcome {
        Outcome::Refused => Notice::warning(format!("{text}; it is tried again")),
        _ => Notice::error(text),
    };
    Some(notice.with_hint(delivery.hint.as_deref()))
}
