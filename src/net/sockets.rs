//! The sockets of one page ([WebSockets](https://websockets.spec.whatwg.org/)), by the page's numbers: to whom they may be
//! connected, how many there are, and who has them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::live::Socket;
use super::{NetError, Request, Response};
use crate::base::limits::SOCKETS_MAX;

/// Ports that pages may not talk to ([bad port](https://fetch.spec.whatwg.org/#bad-port)).
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// The request that connects a socket, as HTTP has it
/// ([obtain a WebSocket connection](https://websockets.spec.whatwg.org/#concept-websocket-establish)).
///
/// # Errors
/// [`NetError::BadUrl`] for an address that is none of a socket, [`NetError::BadPort`].
pub(super) fn as_http(request: &Request) -> Result<Request, NetError> {
    let mut url = request.url.clone();
    let scheme = match url.scheme() {
        "ws" => Some("http"),
        "wss" => Some("https"),
        _ => None,
    };
    if scheme.is_none_or(|scheme| url.set_scheme(scheme).is_err()) {
        let reason = "sockets are connected to ws and wss addresses".to_owned();
        return Err(NetError::BadUrl { url: request.url.to_string(), reason });
    }
    if let Some(port) = url.port().filter(|port| BAD_PORTS.contains(port)) {
        return Err(NetError::BadPort { url: request.url.to_string(), port });
    }
    Ok(Request { url, ..request.clone() })
}

/// What is answered about a socket where there is no frame to give: with 200 that something is done, or that it is gone.
pub(super) fn told(url: &Url, status: u16) -> Response {
    Response { headers: Vec::new(), live: true, ..Response::made(url.clone(), status, "", Vec::new()) }
}

/// Those of a page.
#[derive(Debug, Default)]
pub(super) struct Sockets(Mutex<HashMap<u64, Arc<Socket>>>);

impl Sockets {
    fn all(&self) -> MutexGuard<'_, HashMap<u64, Arc<Socket>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more; whichever had its number is left.
    ///
    /// # Errors
    /// [`NetError::TooManySockets`]
    pub(super) fn open(&self, number: u64, url: &Url) -> Result<Arc<Socket>, NetError> {
        self.close(number);
        let mut all = self.all();
        if all.len() >= SOCKETS_MAX {
            return Err(NetError::TooManySockets { url: url.to_string(), sockets_max: SOCKETS_MAX });
        }
        Ok(all.entry(number).or_default().clone())
    }

    /// The one of this number.
    pub(super) fn get(&self, number: u64) -> Option<Arc<Socket>> {
        self.all().get(&number).cloned()
    }

    /// The page wants no more of it.
    pub(super) fn close(&self, number: u64) {
        if let Some(socket) = self.all().remove(&number) {
            socket.leave();
        }
    }

    /// The page is gone.
    pub(super) fn clear(&self) {
        self.all().drain().for_each(|(_, socket)| socket.leave());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Ask, Destination};

    #[test]
    fn addresses_of_sockets() {
        let table = [
            ("ws://a.test/x", "http://a.test/x"),
            ("wss://a.test:8443/x?y", "https://a.test:8443/x?y"),
            ("wss://a.test:443/", "https://a.test/"),
            ("http://a.test/", "http://a.test/ cannot be fetched: sockets are connected to ws and wss addresses"),
            (
                "ws://a.test:6667/",
                "ws://a.test:6667/ was refused: port 6667 is one of those that pages may not talk to",
            ),
        ];
        for (address, expected) in table {
            let request = Request::get(Url::parse(address).unwrap(), Destination::Socket(1, Ask::Open), 0);
            let found = as_http(&request).map_or_else(|error| error.to_string(), |it| it.url.to_string());
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn so_many_and_no_more() {
        let (sockets, url) = (Sockets::default(), Url::parse("ws://a.test/").unwrap());
        for number in 0..SOCKETS_MAX as u64 {
            sockets.open(number, &url).unwrap();
        }
        assert!(sockets.open(0, &url).is_ok(), "in the place of another");
        assert!(matches!(sockets.open(99, &url), Err(NetError::TooManySockets { .. })));
        sockets.close(1);
        assert!(sockets.open(99, &url).is_ok() && sockets.get(1).is_none());
        sockets.clear();
        assert!(sockets.get(99).is_none());
    }
}
