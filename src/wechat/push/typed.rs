//! Pushes as typed values (wechat-api.md §3, Fields).

use serde_json::Value;

use super::{
    fields::{Fields, NoPush},
    key::PushKey,
};
use crate::event::Line;
use crate::session::window::{Deed, Trigger};

/// The log type of a push.
const LOG_TYPE: &str = "stimulus.wechat.push";

/// One push.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// `ToUserName`: the account, by its original id (`gh_…`).
    pub to: String,
    /// `FromUserName`: the customer's openid.
    pub from: String,
    /// `CreateTime`, in seconds since the epoch.
    pub create_time: i64,
    /// `MsgType`
    pub msg_type: String,
    /// What happened.
    pub inbound: Inbound,
    /// Everything WeChat said.
    pub fields: Fields,
}

/// What a customer sent or did.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    /// `text`
    Text {
        /// `Content`
        content: String,
        /// `bizmsgmenuid`: the item of a menu message that was tapped.
        menu_id: Option<String>,
    },
    /// `image`
    Image {
        /// `PicUrl`
        pic_url: String,
        /// `MediaId`
        media_id: String,
    },
    /// `voice`
    Voice {
        /// `MediaId`
        media_id: String,
        /// `Format`: `amr`, `speex`.
        format: String,
        /// `Recognition`, where the account has speech recognition.
        recognition: Option<String>,
    },
    /// `video` and `shortvideo`
    Video {
        /// `MediaId`
        media_id: String,
        /// `ThumbMediaId`
        thumb_media_id: String,
        /// Whether it is a `shortvideo`.
        is_short: bool,
    },
    /// `location`: a place that the customer sent.
    Location {
        /// `Location_X`: the latitude in degrees.
        latitude: f64,
        /// `Location_Y`: the longitude in degrees.
        longitude: f64,
        /// `Scale` of the map.
        scale: f64,
        /// `Label`: the place's name.
        label: String,
    },
    /// `link`
    Link {
        /// `Title`
        title: String,
        /// `Description`
        description: String,
        /// `Url`
        url: String,
    },
    /// `event`
    Event(PushEvent),
    /// A type this release does not know, or one whose fields are not what the manual says: they are in the push.
    Unknown,
}

/// The kinds of `event`.
#[derive(Clone, Debug, PartialEq)]
pub enum PushEvent {
    /// `subscribe`
    Subscribe {
        /// `EventKey` of a QR code (`qrscene_…`).
        event_key: Option<String>,
        /// `Ticket` of the QR code.
        ticket: Option<String>,
    },
    /// `unsubscribe`
    Unsubscribe,
    /// `SCAN`: a subscriber scanned a QR code.
    Scan {
        /// `EventKey`: the code's scene.
        event_key: String,
        /// `Ticket` of the QR code.
        ticket: Option<String>,
    },
    /// `LOCATION`: where the customer is.
    Location {
        /// `Latitude` in degrees.
        latitude: f64,
        /// `Longitude` in degrees.
        longitude: f64,
        /// `Precision` in metres.
        precision: f64,
    },
    /// `CLICK` on the account's menu.
    Click {
        /// `EventKey`
        event_key: String,
    },
    /// `VIEW`: a link of the account's menu.
    View {
        /// `EventKey`: the link.
        url: String,
        /// `MenuId`
        menu_id: Option<String>,
    },
    /// `scancode_push` and `scancode_waitmsg`
    ScanCode {
        /// `EventKey`
        event_key: String,
        /// `ScanType`: `qrcode`, `barcode`.
        scan_type: String,
        /// `ScanResult`
        scan_result: String,
        /// Whether the customer is shown that a message comes (`scancode_waitmsg`).
        waits: bool,
    },
    /// `kf_create_session`
    KfCreateSession {
        /// `KfAccount`
        kf_account: String,
    },
    /// `kf_close_session`
    KfCloseSession {
        /// `KfAccount`
        kf_account: String,
    },
    /// `kf_switch_session`
    KfSwitchSession {
        /// `FromKfAccount`
        from: String,
        /// `ToKfAccount`
        to: String,
    },
}

impl Push {
    /// Reads the fields of a push.
    ///
    /// # Errors
    /// [`NoPush::Field`].
    pub fn new(fields: Fields) -> Result<Self, NoPush> {
        let common = |name: &'static str| fields.filled(name).map(str::to_owned).ok_or(NoPush::Field(name));
        let create_time = common("CreateTime")?.trim().parse().ok().filter(|time| *time >= 0);
        Ok(Self {
            to: common("ToUserName")?,
            from: common("FromUserName")?,
            create_time: create_time.ok_or(NoPush::Field("CreateTime"))?,
            msg_type: common("MsgType")?,
            inbound: inbound(&fields).unwrap_or(Inbound::Unknown),
            fields,
        })
    }

    /// What it says about what may be sent to the customer, if anything (wechat-api.md §1, Limits: window).
    #[must_use]
    pub fn deed(&self) -> Option<Deed> {
        match &self.inbound {
            Inbound::Text { menu_id: Some(_), .. } => Some(Deed::Opens(Trigger::Menu)),
            Inbound::Event(event) => match event {
                PushEvent::Subscribe { .. } => Some(Deed::Opens(Trigger::Subscribe)),
                PushEvent::Unsubscribe => Some(Deed::Leaves),
                PushEvent::Scan { .. } => Some(Deed::Opens(Trigger::Scan)),
                PushEvent::Click { .. } | PushEvent::ScanCode { .. } => Some(Deed::Opens(Trigger::Menu)),
                PushEvent::Location { .. } | PushEvent::View { .. } => None,
                // What the customer says to an agent is not pushed: WeChat knows better what he may be sent.
                PushEvent::KfCreateSession { .. }
                | PushEvent::KfCloseSession { .. }
                | PushEvent::KfSwitchSession { .. } => Some(Deed::Appears),
            },
            // Of a type that is not known, or with other fields: a message all the same.
            _ => self.is_message().then_some(Deed::Opens(Trigger::Message)),
        }
    }

    /// By what it is known again.
    #[must_use]
    pub fn key(&self) -> PushKey {
        PushKey::of(self)
    }

    /// Whether a customer sent it; events are only reported.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.msg_type != "event"
    }

    /// Its line of a session log.
    #[must_use]
    pub fn line(&self) -> Line {
        let data = Value::Object(self.fields.as_map().clone());
        Line {
            time: self.create_time.checked_mul(1_000),
            subject: Some(self.from.clone()),
            ..Line::new(self.key().as_str(), format!("wechat:{}", self.to), LOG_TYPE, data)
        }
    }
}

/// What the fields say; `None` where they do not say what the manual promises.
fn inbound(fields: &Fields) -> Option<Inbound> {
    let text = |name: &str| fields.text(name).map(str::to_owned);
    let number = |name: &str| number(fields.text(name)?);
    Some(match fields.text("MsgType")? {
        "text" => Inbound::Text { content: text("Content")?, menu_id: text("bizmsgmenuid") },
        "image" => Inbound::Image { pic_url: text("PicUrl")?, media_id: text("MediaId")? },
        "voice" => Inbound::Voice {
            media_id: text("MediaId")?,
            format: text("Format")?,
            recognition: fields.filled("Recognition").map(str::to_owned),
        },
        kind @ ("video" | "shortvideo") => Inbound::Video {
            media_id: text("MediaId")?,
            thumb_media_id: text("ThumbMediaId")?,
            is_short: kind == "shortvideo",
        },
        "location" => Inbound::Location {
            latitude: number("Location_X")?,
            longitude: number("Location_Y")?,
            scale: number("Scale")?,
            label: text("Label")?,
        },
        "link" => Inbound::Link { title: text("Title")?, description: text("Description")?, url: text("Url")? },
        "event" => Inbound::Event(event(fields)?),
        _ => return None,
    })
}

fn event(fields: &Fields) -> Option<PushEvent> {
    let text = |name: &str| fields.text(name).map(str::to_owned);
    let filled = |name: &str| fields.filled(name).map(str::to_owned);
    let number = |name: &str| number(fields.text(name)?);
    let scanned = |name: &str| fields.inner("ScanCodeInfo", name).map(str::to_owned);
    Some(match fields.text("Event")? {
        "subscribe" => PushEvent::Subscribe { event_key: filled("EventKey"), ticket: filled("Ticket") },
        "unsubscribe" => PushEvent::Unsubscribe,
        "SCAN" => PushEvent::Scan { event_key: text("EventKey")?, ticket: filled("Ticket") },
        "LOCATION" => PushEvent::Location {
            latitude: number("Latitude")?,
            longitude: number("Longitude")?,
            precision: number("Precision")?,
        },
        "CLICK" => PushEvent::Click { event_key: text("EventKey")? },
        "VIEW" => PushEvent::View { url: text("EventKey")?, menu_id: filled("MenuId") },
        name @ ("scancode_push" | "scancode_waitmsg") => PushEvent::ScanCode {
            event_key: text("EventKey")?,
            scan_type: scanned("ScanType")?,
            scan_result: scanned("ScanResult")?,
            waits: name == "scancode_waitmsg",
        },
        "kf_create_session" => PushEvent::KfCreateSession { kf_account: text("KfAccount")? },
        "kf_close_session" => PushEvent::KfCloseSession { kf_account: text("KfAccount")? },
        "kf_switch_session" => PushEvent::KfSwitchSession { from: text("FromKfAccount")?, to: text("ToKfAccount")? },
        _ => return None,
    })
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests;
