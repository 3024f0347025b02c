//! Hostile pages, and somebody whom none of them may reach.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What marks every window that script reaches.
pub const RUN: &str = "window.hacked=parent.hacked=top.hacked=1";
/// One pixel: the last picture of each page. Once it is asked for, whatever else the browser asks for is under way.
pub const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// Somebody to whom nothing may lead: how often somebody came.
pub fn outside() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, came) = (listener.local_addr().unwrap().to_string(), Arc::new(AtomicUsize::new(0)));
    let count = came.clone();
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            count.fetch_add(1, Ordering::AcqRel);
        }
    });
    (address, came)
}

/// The attacks on whoever shows a page: name and page.
pub fn attacks(outside: &str) -> Vec<(String, String)> {
    let text = include_str!("attacks.html").replace("OUTHOST", outside).replace("OUT", &format!("http://{outside}"));
    let text = text.replace("RUN", RUN);
    let parts = text.split("\n== ").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(name, page)| (name.to_owned(), page.to_owned())).collect()
}
