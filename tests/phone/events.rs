//! The sandbox's stream of what is on the phones, as a page reads it.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::wechat_bench::Bench;

/// Longest that anything takes here, on a machine with much else to do: what takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What comes soon, or the test fails.
pub async fn soon<T>(awaited: impl Future<Output = T>) -> T {
    timeout(PATIENCE, awaited).await.expect("it comes within a minute")
}

/// An open stream of events.
pub struct Events {
    stream: TcpStream,
    pub text: String,
}

impl Events {
    /// With more lines of its head, where they are given.
    pub async fn open(bench: &Bench, more: &str) -> Self {
        let mut stream = TcpStream::connect(bench.running.address).await.unwrap();
        let head = format!("GET /_sandbox/events HTTP/1.1\r\nHost: localhost\r\n{more}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Self { stream, text: String::new() }
    }

    /// Reads until there are as many entries; their data.
    pub async fn entries(&mut self, count: usize) -> Vec<Value> {
        loop {
            let whole = self.text.rsplit_once("\n\n").map_or("", |(whole, _)| whole);
            let data = whole.split("\n\n").filter(|event| event.contains("id: "));
            let data = data.map(|event| serde_json::from_str(event.split_once("\ndata: ").unwrap().1).unwrap());
            let entries: Vec<Value> = data.collect();
            if entries.len() >= count {
                return entries;
            }
            assert_ne!(self.more().await, 0, "{}", self.text);
        }
    }

    /// Reads on; how many bytes.
    pub async fn more(&mut self) -> usize {
        let mut bytes = vec![0; 65_536];
        let count = soon(self.stream.read(&mut bytes)).await.unwrap();
        self.text += std::str::from_utf8(&bytes[..count]).unwrap();
        count
    }
}
