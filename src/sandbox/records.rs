//! `msgrecord/getmsglist`: what was said, by pages (wechat-api.md §1, records).

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal},
    api::Incoming,
    world::World,
};
use crate::base::{
    clock::TimestampMs,
    limits::{RECORDS_PAGE_MAX, RECORDS_SPAN_S_MAX, SANDBOX_RECORDS_MAX},
};

/// An account spoke to a user.
pub(super) const TO_USER: u32 = 2002;
/// A user spoke.
pub(super) const FROM_USER: u32 = 2003;

/// One message.
#[derive(Debug)]
struct Record {
    msgid: u64,
    openid: String,
    opercode: u32,
    text: String,
    time: TimestampMs,
    worker: String,
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub(super) struct Records {
    kept: VecDeque<Record>,
    count: u64,
}

impl Records {
    pub(super) fn add(&mut self, openid: &str, opercode: u32, text: String, time: TimestampMs, worker: &str) {
        self.count += 1;
        if self.kept.len() == SANDBOX_RECORDS_MAX {
            self.kept.pop_front();
        }
        let (openid, worker) = (openid.to_owned(), worker.to_owned());
        self.kept.push_back(Record { msgid: self.count, openid, opercode, text, time, worker });
    }
}

/// `POST msgrecord/getmsglist`: 65416 a parameter, 65417 more than 24 hours. `msgid` of the answer is where the next page
/// begins.
pub(super) fn records(world: &mut World, incoming: &Incoming) -> Result<Answer, Refusal> {
    let body = incoming.object()?;
    let number = |name: &str| body.get(name).and_then(Value::as_i64).ok_or(Refusal(65416));
    let (start, end) = (number("starttime")?, number("endtime")?);
    let first = u64::try_from(number("msgid")?).ok().filter(|msgid| *msgid >= 1).ok_or(Refusal(65416))?;
    let page = usize::try_from(number("number")?).ok().filter(|page| (1..=RECORDS_PAGE_MAX).contains(page));
    let page = page.ok_or(Refusal(65416))?;
    if end < start {
        return Err(Refusal(65416));
    }
    if end.saturating_sub(start) > RECORDS_SPAN_S_MAX {
        return Err(Refusal(65417));
    }
    let within = |record: &&Record| record.msgid >= first && (start..=end).contains(&(record.time / 1000));
    let found: Vec<&Record> = world.records.kept.iter().filter(within).take(page).collect();
    let next = found.last().map_or(first, |record| record.msgid + 1);
    let list: Vec<Value> = found.iter().map(|record| shown(record)).collect();
    Ok(Answer::Json(json!({"recordlist": list, "number": list.len(), "msgid": next})))
}

fn shown(record: &Record) -> Value {
    json!({
        "openid": record.openid,
        "opercode": record.opercode,
        "text": record.text,
        "time": record.time / 1000,
        "worker": record.worker,
    })
}
