//! What a customer would have seen of a session, from its lines alone.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::event::effect::ECHAT_EFFECT_PREFIX;
use crate::event::{self, EchatCall, EchatMessage, Line, Message, Stimulus, StimulusKind, parse_echat, parse_put_msg};
use crate::host::conversation::{Entry, render, shown};

/// What the two sides are called, as in `duoke demo`.
const CUSTOMER: &str = "客户";
const AGENT: &str = "客服";
/// Entries that are shown before the first one that differs, and from it on.
const ENTRIES_BEFORE: usize = 4;
const ENTRIES_FROM: usize = 6;
/// `msgType` of a text (plugin-apis.md §2).
const ECHAT_TEXT: u64 = 1;

/// A customer's conversation as it was recorded and as it is now, around the first entry that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeforeAfter {
    /// The customer's openid.
    pub customer: String,
    /// As it was recorded.
    pub before: String,
    /// As it is now.
    pub after: String,
}

/// The conversation that a difference is about, before and after; `None` where the customer sees none.
#[must_use]
pub fn before_after(customer: &str, stimuli: &[&Line], expected: &[&Line], actual: &[&Line]) -> Option<BeforeAfter> {
    let (before, after) = (conversation(customer, stimuli, expected), conversation(customer, stimuli, actual));
    if before == after {
        return None;
    }
    let same = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
    let part = |entries: &[Entry]| -> String {
        let from = same.saturating_sub(ENTRIES_BEFORE).min(entries.len());
        let to = (same + ENTRIES_FROM).min(entries.len());
        let mut shown = entries[from..to].to_vec();
        let more = |label: &str| Entry { label: label.to_owned(), text: String::new() };
        if from > 0 {
            shown.insert(0, more("…"));
        }
        if to < entries.len() {
            shown.push(more("…"));
        }
        // A line for what has no text.
        shown.iter_mut().filter(|entry| entry.text.is_empty()).for_each(|entry| entry.text = " ".to_owned());
        let lines = render(customer, &shown);
        lines.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    };
    Some(BeforeAfter { customer: customer.to_owned(), before: part(&before), after: part(&after) })
}

/// What a customer said and got, in order: `effects` are those of all plugins.
#[must_use]
pub fn conversation(customer: &str, stimuli: &[&Line], effects: &[&Line]) -> Vec<Entry> {
    let mut said = Said::default();
    let places: HashMap<&str, usize> = stimuli.iter().enumerate().map(|(at, line)| (line.id.as_str(), at)).collect();
    let mut stimuli = stimuli.iter().enumerate().peekable();
    let mut entries = Vec::new();
    for effect in effects {
        // Several things happen in one millisecond: what led to an effect was before it in any case.
        let cause = effect.cause.as_deref().and_then(|cause| places.get(cause));
        let is_before = |(at, stimulus): &(usize, &&Line)| match (cause, &effect.cause) {
            (None, None) => stimulus.time <= effect.time,
            _ => cause.is_some_and(|cause| at <= cause) || (stimulus.time.is_some() && stimulus.time < effect.time),
        };
        while let Some((_, stimulus)) = stimuli.next_if(is_before) {
            entries.extend(said.entry(stimulus, customer));
        }
        if effect.subject.as_deref() == Some(customer) {
            let texts = messages(effect).into_iter();
            entries.extend(texts.map(|text| Entry { label: AGENT.to_owned(), text }));
        }
    }
    for (_, stimulus) in stimuli {
        entries.extend(said.entry(stimulus, customer));
    }
    entries
}

/// The customers of a session, in the order in which they come up.
#[must_use]
pub fn customers(stimuli: &[&Line], effects: &[&Line]) -> Vec<String> {
    let mut customers: Vec<String> = Vec::new();
    let mut add = |user: Option<&str>| {
        if let Some(user) = user.filter(|user| !customers.iter().any(|known| known == *user)) {
            customers.push(user.to_owned());
        }
    };
    for stimulus in stimuli {
        let stimulus = Stimulus::from_line(stimulus);
        add(stimulus.user());
        if let StimulusKind::WechatPush(push) = &stimulus.kind {
            add(push.get("FromUserName").and_then(Value::as_str));
        }
    }
    effects.iter().for_each(|effect| add(effect.subject.as_deref()));
    customers
}

/// What was said so far.
#[derive(Default)]
struct Said {
    /// Whom the page was told last.
    user: Option<String>,
    /// Ids of pushes.
    pushes: BTreeSet<String>,
}

impl Said {
    /// What the customer said by this stimulus.
    fn entry(&mut self, line: &Line, customer: &str) -> Option<Entry> {
        let stimulus = Stimulus::from_line(line);
        if let Some(user) = stimulus.turns_to() {
            self.user = Some(user.to_owned());
        }
        if matches!(stimulus.kind, StimulusKind::WechatPush(_)) {
            self.pushes.insert(line.id.clone());
        }
        // What was made of a push says what the push said.
        let is_repeated = line.cause.as_ref().is_some_and(|cause| self.pushes.contains(cause));
        let text = said(&stimulus.kind).filter(|_| !is_repeated)?;
        let sender = match &stimulus.kind {
            StimulusKind::WechatPush(push) => push.get("FromUserName").and_then(Value::as_str),
            _ => stimulus.user(),
        };
        let is_his = sender.or(self.user.as_deref()) == Some(customer);
        is_his.then(|| Entry { label: CUSTOMER.to_owned(), text })
    }
}

fn said(kind: &StimulusKind) -> Option<String> {
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    match kind {
        StimulusKind::WechatPush(push) => match push.get("MsgType").and_then(Value::as_str)? {
            "text" => text(push, "Content"),
            "location" => Some(format!("[location] {}", text(push, "Label").unwrap_or_default())),
            "event" => None,
            other => Some(format!("[{other}]")),
        },
        StimulusKind::Echat { event, data } if event == "onReceiveMsg" => match data.get("msgType")?.as_u64()? {
            ECHAT_TEXT => text(data, "content"),
            other => Some(format!("[message of type {other}]")),
        },
        StimulusKind::Mcs { event, fields } if event == "OnMapMsgClick" => {
            Some(format!("[location] {}", fields.get("location").and_then(Value::as_str).unwrap_or_default()))
        }
        _ => None,
    }
}

/// The messages of an effect, as its customer sees them; none where nothing goes out to him.
#[must_use]
pub fn messages(effect: &Line) -> Vec<String> {
    let data = &effect.data;
    if data.get("outcome").and_then(Value::as_str) != Some(event::Outcome::Accepted.as_str()) {
        return Vec::new();
    }
    if data.get("late") == Some(&Value::Bool(true)) {
        return Vec::new();
    }
    if effect.type_ == "effect.mcs.PutMsg" {
        let argument = json!({ "msg": data.get("msg") }).to_string();
        return parse_put_msg(&argument).map(|put| put.messages.iter().map(of_mcs).collect()).unwrap_or_default();
    }
    let Some(call) = effect.type_.strip_prefix(ECHAT_EFFECT_PREFIX) else { return Vec::new() };
    let arguments = data.get("arguments").and_then(Value::as_array).cloned().unwrap_or_default();
    let (outcome, call) = (event::Outcome::Accepted, call.to_owned());
    let call = EchatCall { call, arguments, outcome, reason: None, result: None, late: false };
    if !call.is_for_visitor() {
        return Vec::new();
    }
    parse_echat(&call.call, &call.arguments).ok().flatten().iter().map(of_echat).collect()
}

fn of_mcs(message: &Message) -> String {
    match message {
        Message::Text { text } => text.clone(),
        Message::Image { pic_url } => format!("[image] {pic_url}"),
        Message::News { articles } => {
            let articles = articles.iter();
            let articles: Vec<Value> = articles
                .map(|article| json!({"title": article.title, "description": article.digest, "url": article.url}))
                .collect();
            shown(&json!({"msgtype": "news", "news": {"articles": articles}}))
        }
    }
}

fn of_echat(message: &EchatMessage) -> String {
    match message {
        EchatMessage::Text { content } => content.clone(),
        EchatMessage::Image { source_img } => format!("[image] {source_img}"),
        EchatMessage::Video { file_url, .. } => format!("[video] {file_url}"),
        EchatMessage::Voice { file_url, .. } => format!("[voice] {file_url}"),
        EchatMessage::File { file_url, file_name, .. } => format!("[file] {file_name}\n{file_url}"),
        EchatMessage::Event(event) => {
            let article = json!({"title": event.title, "description": event.content, "url": event.url});
            shown(&json!({"msgtype": "news", "news": {"articles": [article]}}))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::parse_line;

    fn lines(text: &str) -> Vec<Line> {
        text.lines().map(|line| parse_line(line.trim(), 1, "log").unwrap().unwrap()).collect()
    }

    fn stimuli() -> Vec<Line> {
        lines(
            r#"{"type":"stimulus.wechat.push","id":"1","time":"2026-01-01T00:00:00Z","data":{"MsgType":"text","FromUserName":"oA","Content":"在吗？"}}
            {"type":"stimulus.mcs.OnUserChange","id":"1/user","cause":"1","time":"2026-01-01T00:00:00Z","data":{"useraccount":"oA"}}
            {"type":"stimulus.echat.onReceiveMsg","id":"1/message","cause":"1","time":"2026-01-01T00:00:00Z","subject":"oA","data":{"msgType":1,"content":"在吗？"}}
            {"type":"stimulus.mcs.OnMapMsgClick","id":"2","time":"2026-01-01T00:01:00Z","data":{"location":"人民广场"}}
            {"type":"stimulus.mcs.OnUserChange","id":"3","time":"2026-01-01T00:02:00Z","data":{"useraccount":"oB"}}
            {"type":"stimulus.echat.onReceiveMsg","id":"4","time":"2026-01-01T00:03:00Z","subject":"oA","data":{"msgType":2}}"#,
        )
    }

    fn put(user: &str, minute: u8, content: &Value, more: &Value) -> Line {
        let kind = if content.get("text").is_some() { 0 } else { 7 };
        let mut data = json!({"msg": {"head": {"random": "1"}, "body": [{"type": kind, "content": content}]}});
        data["outcome"] = json!("accepted");
        for (member, value) in more.as_object().unwrap() {
            data[member] = value.clone();
        }
        let time = crate::base::clock::parse_rfc3339(&format!("2026-01-01T00:0{minute}:00Z"));
        Line { subject: Some(user.to_owned()), time, ..Line::new("e1", "log", "effect.mcs.PutMsg", data) }
    }

    fn refs(lines: &[Line]) -> Vec<&Line> {
        lines.iter().collect()
    }

    #[test]
    fn what_he_said_and_got() {
        let echat = json!({"arguments": [{"title": "T", "url": "http://u/"}], "outcome": "accepted"});
        let effects = [
            put("oA", 0, &json!({"text": "您好"}), &json!({})),
            put("oA", 1, &json!({"picUrl": "http://p/"}), &json!({})),
            put("oB", 2, &json!({"text": "不是给您的"}), &json!({})),
            put("oA", 2, &json!({"text": "晚了"}), &json!({"late": true})),
            put("oA", 2, &json!({"text": "又一次"}), &json!({"outcome": "duplicate"})),
            Line {
                type_: "effect.echat.pushVisitorEvent".to_owned(),
                data: echat,
                ..put("oA", 2, &json!({}), &json!({}))
            },
        ];
        let entries = conversation("oA", &refs(&stimuli()), &refs(&effects));
        let shown: Vec<_> = entries.iter().map(|entry| (entry.label.as_str(), entry.text.as_str())).collect();
        let expected = [
            (CUSTOMER, "在吗？"),
            (AGENT, "您好"),
            (CUSTOMER, "[location] 人民广场"),
            (AGENT, "[image] http://p/"),
            (AGENT, "[news] T\nhttp://u/"),
            (CUSTOMER, "[message of type 2]"),
        ];
        assert_eq!(shown, expected);
        assert_eq!(customers(&refs(&stimuli()), &refs(&effects)), ["oA", "oB"]);
    }

    #[test]
    fn what_happens_in_one_millisecond_is_in_the_order_of_its_causes() {
        let said = r#"{"type":"stimulus.echat.onReceiveMsg","id":"ID","time":"2026-01-01T00:00:00Z","subject":"oA","data":{"msgType":1,"content":"问ID"}}"#;
        let stimuli = lines(&["1", "2", "3"].map(|id| said.replace("ID", id)).join("\n"));
        let answer = |id: &str| Line {
            cause: Some(id.to_owned()),
            ..put("oA", 0, &json!({"text": format!("答{id}")}), &json!({}))
        };
        let entries = conversation("oA", &refs(&stimuli), &refs(&[answer("1"), answer("1"), answer("2")]));
        let texts: Vec<_> = entries.iter().map(|entry| entry.text.as_str()).collect();
        assert_eq!(texts, ["问1", "答1", "答1", "问2", "答2", "问3"]);
    }

    #[test]
    fn before_and_after_around_what_differs() {
        let many = |last: &str| -> Vec<Line> {
            let texts = (0..20).map(|number| if number == 10 { last.to_owned() } else { number.to_string() });
            texts.map(|text| put("oA", 3, &json!({"text": text}), &json!({}))).collect()
        };
        let (before, after) = (many("ten"), many("zehn"));
        let both = before_after("oA", &[], &refs(&before), &refs(&after)).unwrap();
        let row = |text: &str| format!("  {AGENT}  {text}\n");
        let expected: String = ["6", "7", "8", "9", "ten", "11", "12", "13", "14", "15"].map(row).concat();
        assert_eq!(both.before, format!("oA\n  …\n{expected}  …\n"));
        assert_eq!(both.after, both.before.replace("ten", "zehn"));
        assert_eq!(before_after("oA", &[], &refs(&before), &refs(&before)), None);
        let shorter = before_after("oA", &[], &refs(&before), &[]).unwrap();
        assert_eq!(shorter.after, "oA\n");
        assert!(shorter.before.starts_with(&format!("oA\n{}", row("0"))), "{}", shorter.before);
    }
}
