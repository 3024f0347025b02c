//! A collector: what it is sent, read as the protocol's definition has it (opentelemetry-proto, `trace/v1/trace.proto`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Longest that nothing comes here, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// A span as it was sent.
#[derive(Clone, Debug)]
pub struct Span {
    pub service: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub name: String,
    pub began: u64,
    pub ended: u64,
    pub said: HashMap<String, String>,
}

/// Takes what comes.
pub struct Collector {
    pub address: String,
    received: Arc<(Mutex<Received>, Notify)>,
}

#[derive(Default)]
struct Received {
    bytes: Vec<u8>,
    /// Those that nobody has taken.
    spans: Vec<Span>,
}

impl Collector {
    pub async fn start() -> Self {
        let received: Arc<(Mutex<Received>, Notify)> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let taken = received.clone();
        let take = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
            assert_eq!(
                (uri.path(), headers["content-type"].as_bytes()),
                ("/v1/traces", &b"application/x-protobuf"[..])
            );
            let mut received = taken.0.lock().unwrap();
            received.bytes.extend_from_slice(&body);
            received.spans.extend(spans(&body));
            taken.1.notify_one();
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(take)).await });
        Self { address, received }
    }

    /// All that came.
    pub fn received(&self) -> Vec<u8> {
        self.received.0.lock().unwrap().bytes.clone()
    }

    /// The spans since the last time, once they are so.
    pub async fn until(&self, are_so: impl Fn(&[Span]) -> bool) -> Vec<Span> {
        loop {
            {
                let mut received = self.received.0.lock().unwrap();
                if are_so(&received.spans) {
                    return std::mem::take(&mut received.spans);
                }
            }
            let came = timeout(PATIENCE, self.received.1.notified()).await;
            assert!(came.is_ok(), "nothing comes: {:?}", self.received.0.lock().unwrap().spans);
        }
    }
}

/// A member of a message: a number, or bytes.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The members of a message, by their numbers (protobuf.dev, "Encoding").
fn members(mut bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => Value::Number(varint(&mut bytes)),
            1 => {
                let (number, rest) = bytes.split_at(8);
                bytes = rest;
                Value::Number(u64::from_le_bytes(number.try_into().unwrap()))
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                Value::Bytes(value)
            }
            5 => {
                let (number, rest) = bytes.split_at(4);
                bytes = rest;
                Value::Number(u32::from_le_bytes(number.try_into().unwrap()).into())
            }
            wire => panic!("wire type {wire}"),
        };
        found.push((key >> 3, value));
    }
    found
}

/// The messages, texts and bytes that a member has.
fn all(bytes: &[u8], number: u64) -> Vec<&[u8]> {
    let is_it = |(found, value)| match value {
        Value::Bytes(bytes) if found == number => Some(bytes),
        _ => None,
    };
    members(bytes).into_iter().filter_map(is_it).collect()
}

fn one(bytes: &[u8], number: u64) -> &[u8] {
    all(bytes, number).first().copied().unwrap_or_default()
}

fn number(bytes: &[u8], number: u64) -> Option<u64> {
    let is_it = |(found, value)| match value {
        Value::Number(value) if found == number => Some(value),
        _ => None,
    };
    members(bytes).into_iter().find_map(is_it)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `KeyValue`s: texts, and numbers as text.
fn attributes(bytes: &[u8], member: u64) -> HashMap<String, String> {
    let attribute = |attribute: &&[u8]| {
        let value = one(attribute, 2);
        let value = number(value, 3).map_or_else(|| text(one(value, 1)), |number| number.to_string());
        (text(one(attribute, 1)), value)
    };
    all(bytes, member).iter().map(attribute).collect()
}

/// The spans of an `ExportTraceServiceRequest`.
fn spans(bytes: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    for of_resource in all(bytes, 1) {
        let service = attributes(one(of_resource, 1), 1)["service.name"].clone();
        for span in all(of_resource, 2).into_iter().flat_map(|of_scope| all(of_scope, 2)) {
            spans.push(Span {
                service: service.clone(),
                trace: hex(one(span, 1)),
                id: hex(one(span, 2)),
                parent: hex(one(span, 4)),
                name: text(one(span, 5)),
                began: number(span, 7).unwrap(),
                ended: number(span, 8).unwrap(),
                said: attributes(span, 9),
            });
        }
    }
    spans
}
