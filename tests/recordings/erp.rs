//! The after-sales server of the sample `tickets`, `http://erp.shop.example.com`, as a proxy that answers for it: it errs at
//! times, and takes its time where the page shows progress meanwhile.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};

use serde_json::{Value, json};

use super::origin::Origin;

type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// A POST of a ticket is answered after the page has asked so often how far it is.
const PROGRESS_ASKED: u32 = 2;
/// The number before the first ticket's.
const FIRST: u32 = 1_000;

#[derive(Default)]
struct Books {
    created: u32,
    progress: u32,
    /// How often each was asked.
    asked: BTreeMap<String, u32>,
}

/// Starts it, with no ticket that was ever made. `HTTP_PROXY` is its address.
pub fn start() -> Origin {
    let (books, moved) = (Mutex::new(Books::default()), Condvar::new());
    Origin::start(move |method, address, body| {
        let path = address.strip_prefix("http://erp.shop.example.com").expect("only this server is asked for");
        let (place, query) = path.split_once('?').unwrap_or((path, ""));
        let value = |wanted: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned()).next().unwrap_or_default()
        };
        let openid = value("openid");
        let customer = openid.trim_end_matches(|c: char| c.is_ascii_digit());
        let times = {
            let mut books = books.lock().expect("nobody panics");
            let times = books.asked.entry(format!("{method} {place} {openid}{}", value("id"))).or_default();
            *times += 1;
            *times
        };
        match (method, place) {
            ("GET", "/customer") => about(customer, &value("callback")),
            ("GET", "/tickets") => listed(customer, times, books.lock().expect("nobody panics").created),
            ("GET", "/progress") => {
                let mut books = books.lock().expect("nobody panics");
                books.progress += 1;
                moved.notify_all();
                answer(&json!({ "percent": 40 * books.progress }))
            }
            ("POST", "/tickets") if body.contains("WangFang") => answer(&json!({ "error": "客户没有可以退的订单" })),
            ("POST", "/tickets") => {
                let books = books.lock().expect("nobody panics");
                let is_early = |books: &mut Books| books.progress < PROGRESS_ASKED;
                let mut books = moved.wait_while(books, is_early).expect("nobody panics");
                (books.progress, books.created) = (0, books.created + 1);
                let id = format!("T{}", FIRST + books.created);
                let (status, mut headers, body) = answer(&json!({ "id": id }));
                headers.push(("Set-Cookie", format!("erp=s-{id}; Path=/")));
                (status, headers, body)
            }
            ("POST", "/ticket") => answer(&json!({ "state": "open", "result": "已备注" })),
            // The line breaks once.
            ("GET", "/ticket") if value("id") == "T1002" && times == 1 => (0, Vec::new(), Vec::new()),
            ("GET", "/ticket") if times < 3 => answer(&json!({ "state": "open" })),
            ("GET", "/ticket") => answer(&json!({ "state": "done", "result": "已换新，快递 SF1234567890" })),
            _ => (404, Vec::new(), Vec::new()),
        }
    })
}

fn answer(data: &Value) -> Answer {
    (200, vec![("Content-Type", "application/json; charset=utf-8".to_owned())], data.to_string().into_bytes())
}

/// Who a customer is, as JSONP; nobody knows the third.
fn about(customer: &str, callback: &str) -> Answer {
    let (name, level) = match customer {
        "oDemoLiHua" => ("李华", "金卡"),
        "oDemoWangFang" => ("王芳", "普通"),
        _ => return (404, Vec::new(), Vec::new()),
    };
    let script = format!("{callback}({})", json!({ "name": name, "level": level }));
    (200, vec![("Content-Type", "text/javascript; charset=utf-8".to_owned())], script.into_bytes())
}

/// A customer's tickets: of one all that were made, of the second after an error, of the third never.
fn listed(customer: &str, times: u32, created: u32) -> Answer {
    let made = |number: u32| {
        let kind = if number == 1 { "repair" } else { "refund" };
        json!({ "id": format!("T{}", FIRST + number), "kind": kind, "state": "open" })
    };
    match customer {
        "oDemoLiHua" => answer(&json!({ "tickets": (1..=created).map(made).collect::<Vec<_>>() })),
        "oDemoWangFang" if times == 1 => (502, Vec::new(), b"bad gateway".to_vec()),
        "oDemoWangFang" => answer(&json!({ "tickets": [
            { "id": "T0999", "kind": "repair", "state": "done" }, { "id": "T0998", "kind": "refund", "state": "open" },
        ] })),
        _ => (503, Vec::new(), b"busy".to_vec()),
    }
}
