//! Sockets against servers on the loopback interface: right ones, those that vanish, and hostile ones.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use duoke::base::limits::SOCKETS_MAX;
use duoke::net::{
    Ask, Bounds, Client, Destination, Guard, Live, NetError, Network, PluginNetwork, Redirects, ReferrerPolicy,
    Replied, Request, Response, SocketFrame,
};
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::handshake::server::{Request as Asked, Response as Said};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept_hdr};
use url::Url;

/// A page's network, and the server that it may talk to.
struct Page {
    _runtime: Runtime,
    address: SocketAddr,
    network: PluginNetwork,
    bounds: Bounds,
}

impl Page {
    /// A server that answers each connection so.
    fn new(answer: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> Self {
        Self::with_bounds(Bounds::default(), answer)
    }

    fn with_bounds(bounds: Bounds, answer: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                std::thread::spawn(move || answer(stream));
            }
        });
        let (runtime, mut guard) = (Runtime::new().unwrap(), Guard::new());
        guard.allow(&format!("http://{address}")).unwrap();
        let live = Live::new(runtime.handle().clone(), bounds);
        Self { network: PluginNetwork::new(guard).with_live(live), _runtime: runtime, address, bounds }
    }

    fn url(&self) -> Url {
        Url::parse(&format!("ws://{}/chat", self.address)).unwrap()
    }

    fn request(&self, number: u64, ask: Ask) -> Request {
        let request = Request::get(self.url(), Destination::Socket(number, ask), 0);
        Request { redirects: Redirects::Error, ..request }
    }

    fn ask(&self, request: Request) -> mpsc::Receiver<Replied> {
        let (reply, answers) = mpsc::channel();
        self.network.start(7, request, reply);
        answers
    }

    fn open(&self) -> Result<Response, NetError> {
        self.ask(self.request(1, Ask::Open)).recv().unwrap().result
    }

    /// The open socket's next message, or what became of it.
    fn next(&self) -> Result<SocketFrame, NetError> {
        frame(&self.ask(self.request(1, Ask::Next)))
    }

    fn send(&self, frame: SocketFrame) -> mpsc::Receiver<Replied> {
        let (headers, body) = frame.parts();
        self.ask(Request { headers, body, ..self.request(1, Ask::Send) })
    }

    /// Sends, and waits until that is out.
    fn sent(&self, frame: SocketFrame) -> u16 {
        self.send(frame).recv().unwrap().result.unwrap().status
    }

    fn text(&self, text: &str) -> u16 {
        self.sent(SocketFrame::Text(text.to_owned()))
    }
}

/// One where there is none counts as the closing without a code.
fn frame(answers: &mpsc::Receiver<Replied>) -> Result<SocketFrame, NetError> {
    let piece = answers.recv().unwrap().result?;
    Ok(SocketFrame::of(&piece.headers, &piece.body).unwrap_or(SocketFrame::Close(Some(0), piece.status.to_string())))
}

/// What a server does with a connection.
type Server = fn(TcpStream);

fn closed(code: u16, reason: &str) -> Result<SocketFrame, NetError> {
    Ok(SocketFrame::Close(Some(code), reason.to_owned()))
}

/// A server that opens sockets, with the cookies and the subprotocol that it was asked for, and then does this.
#[expect(clippy::result_large_err, reason = "tungstenite's own signature")]
fn serve(stream: TcpStream, then: impl FnOnce(WebSocket<TcpStream>)) {
    let answer = |asked: &Asked, mut said: Said| {
        let offered = asked.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
        if let Some(first) = offered.and_then(|offered| offered.split(", ").next()) {
            said.headers_mut().insert("sec-websocket-protocol", first.parse().unwrap());
        }
        let header = |name| asked.headers().get(name).map_or("", |value| value.to_str().unwrap());
        let names = ["cookie", "origin", "referer", "accept", "cache-control", "sec-websocket-version"];
        let seen = names.map(header).join("|");
        said.headers_mut().insert("x-seen", seen.parse().unwrap());
        said.headers_mut().insert("set-cookie", "sid=1; Path=/".parse().unwrap());
        Ok(said)
    };
    then(accept_hdr(stream, answer).unwrap());
}

/// A server that says again what it is told, and what `close CODE` and the like want.
fn echo(stream: TcpStream) {
    serve(stream, |mut socket| {
        while let Ok(message) = socket.read() {
            match &message {
                Message::Text(text) if text.starts_with("close ") => {
                    let code: u16 = text.split(' ').nth(1).unwrap().parse().unwrap();
                    let reason = text.split(' ').nth(2).unwrap_or_default().to_owned();
                    socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).unwrap();
                }
                Message::Text(text) if text.as_str() == "plainly" => socket.close(None).unwrap(),
                Message::Text(text) if text.as_str() == "vanish" => return,
                Message::Text(text) if text.as_str() == "ping" => {
                    socket.send(Message::Ping(b"p".to_vec().into())).unwrap();
                    // Answered without the page.
                    let pong = socket.read().unwrap();
                    socket.send(Message::text(format!("{pong:?}"))).unwrap();
                }
                Message::Text(_) | Message::Binary(_) => socket.send(message).unwrap(),
                Message::Close(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    });
}

/// What a connection asks, to the end of its head.
fn asked(stream: &mut TcpStream) -> String {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        asked.push(byte[0]);
    }
    String::from_utf8(asked).unwrap()
}

/// Answers a handshake by hand, and goes on with these bytes.
fn by_hand(mut stream: TcpStream, bytes: &[u8]) -> TcpStream {
    let asked = asked(&mut stream);
    let key = asked
        .lines()
        .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key")));
    let accept = derive_accept_key(key.unwrap().1.as_bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A page that has enough goes away.
    let _ = stream.write_all(bytes);
    stream
}

/// Stays until the other side goes, and says how much it said.
fn hold(mut stream: TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    said
}

#[test]
fn messages_go_both_ways() {
    let page = Page::new(echo);
    let head = page.open().unwrap();
    assert_eq!((head.status, head.url.as_str(), head.header("sec-websocket-accept")), (101, page.url().as_str(), None));
    assert_eq!(page.text("您好"), 200);
    assert_eq!(page.next(), Ok(SocketFrame::Text("您好".to_owned())));
    assert_eq!(page.sent(SocketFrame::Binary(vec![0, 255, 7])), 200);
    assert_eq!(page.next(), Ok(SocketFrame::Binary(vec![0, 255, 7])));
    for empty in [SocketFrame::Text(String::new()), SocketFrame::Binary(Vec::new())] {
        assert_eq!(page.sent(empty.clone()), 200);
        assert_eq!(page.next(), Ok(empty));
    }
    // Whoever waits is answered when something comes.
    let next = page.ask(page.request(1, Ask::Next));
    assert!(next.try_recv().is_err());
    let large = "x".repeat(3 * 1024 * 1024);
    assert_eq!(page.text(&large), 200);
    assert_eq!(frame(&next), Ok(SocketFrame::Text(large)));
    assert_eq!(page.text("ping"), 200);
    assert_eq!(page.next(), Ok(SocketFrame::Text("Pong(b\"p\")".to_owned())));
}

#[test]
fn both_sides_close() {
    let table = [("close 4001 why", closed(4001, "why")), ("close 1000", closed(1000, ""))];
    for (said, expected) in table {
        let page = Page::new(echo);
        page.open().unwrap();
        page.text(said);
        assert_eq!(page.next(), expected);
        // It stays so.
        assert_eq!(page.next(), expected);
        assert_eq!(page.text("more"), 410);
        assert_eq!(frame(&page.send(SocketFrame::Close(Some(1000), String::new()))), expected);
    }
    let page = Page::new(echo);
    page.open().unwrap();
    page.text("plainly");
    assert_eq!(page.next(), Ok(SocketFrame::Close(None, String::new())));
    for own in [SocketFrame::Close(Some(3001), "done".to_owned()), SocketFrame::Close(None, String::new())] {
        let page = Page::new(echo);
        page.open().unwrap();
        let next = page.ask(page.request(1, Ask::Next));
        assert_eq!(frame(&page.send(own.clone())), Ok(own.clone()));
        assert_eq!(frame(&next), Ok(own));
    }
}

#[test]
fn a_server_that_vanishes() {
    let page = Page::new(echo);
    page.open().unwrap();
    page.text("vanish");
    let error = page.next().unwrap_err();
    assert!(matches!(&error, NetError::Protocol { url, .. } if url.starts_with("ws://")), "{error}");
    assert_eq!(error.hint(), None);
    assert_eq!(page.text("more"), 410);
}

#[test]
fn what_the_handshake_says() {
    let page = Page::new(echo);
    let client = Client {
        url: Url::parse("http://shop.test/page?q").unwrap(),
        referrer_policy: ReferrerPolicy::default(),
        is_opaque: false,
    };
    let mut request = Request { client: Some(client), ..page.request(1, Ask::Open) };
    request.headers.push(("Sec-WebSocket-Protocol".to_owned(), "v2, v1".to_owned()));
    request.headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    let head = page.ask(request).recv().unwrap().result.unwrap();
    assert_eq!(head.header("sec-websocket-protocol"), Some("v2"));
    assert_eq!(head.header("x-seen"), Some("|http://shop.test||*/*|no-cache|13"));
    // A page that is nowhere, and its cookies.
    for cookies in ["", "sid=1"] {
        let head = page.ask(page.request(2, Ask::Open)).recv().unwrap().result.unwrap();
        assert_eq!(head.header("x-seen"), Some(format!("{cookies}|||*/*||13").as_str()));
    }
}

#[test]
fn what_the_guard_refuses() {
    let page = Page::new(echo);
    let port = page.address.port();
    let table = [
        ("ws://other.test/x", "ws://other.test/x was refused: this page may not talk to http://other.test"),
        (
            "wss://127.0.0.1:PORT/",
            "wss://127.0.0.1:PORT/ was refused: this page may not talk to https://127.0.0.1:PORT",
        ),
        ("ws://localhost:PORT/", "ws://localhost:PORT/ was refused: this page may not talk to http://localhost:PORT"),
        ("ws://127.0.0.1:25/", "ws://127.0.0.1:25/ was refused: port 25 is one of those that pages may not talk to"),
        (
            "http://127.0.0.1:PORT/",
            "http://127.0.0.1:PORT/ cannot be fetched: sockets are connected to ws and wss addresses",
        ),
    ];
    for (address, expected) in table {
        let [address, expected] = [address, expected].map(|text| text.replace("PORT", &port.to_string()));
        let request = Request { url: Url::parse(&address).unwrap(), ..page.request(1, Ask::Open) };
        let refused = page.ask(request).recv().unwrap().result.unwrap_err();
        assert_eq!(refused.to_string(), expected);
        if let NetError::NotAllowed { origin, .. } = &refused {
            let hint = refused.hint().unwrap();
            assert!(
                hint.starts_with(&format!("allow it with `--allow {origin}`")) && !hint.contains("--replace"),
                "{hint}"
            );
        }
    }
    // Nothing is asked over a socket that is none.
    let fetched = page.network.fetch(page.request(1, Ask::Open)).unwrap_err();
    assert!(matches!(fetched, NetError::BadUrl { .. }), "{fetched}");
    assert_eq!((page.text("x"), page.next()), (410, closed(0, "410")));
}

#[test]
fn a_page_has_so_many_sockets() {
    let page = Page::new(echo);
    for number in 0..SOCKETS_MAX as u64 {
        page.ask(page.request(number, Ask::Open)).recv().unwrap().result.unwrap();
    }
    let one_more = || page.ask(page.request(99, Ask::Open)).recv().unwrap().result.map(|head| head.status);
    assert!(
        one_more()
            .unwrap_err()
            .to_string()
            .ends_with("/chat was not connected: a page may have 16 sockets open at once")
    );
    let next = page.ask(page.request(1, Ask::Next));
    page.ask(page.request(1, Ask::Close)).recv().unwrap().result.unwrap();
    assert_eq!(frame(&next), closed(0, "410"), "whoever waits is answered");
    assert_eq!(one_more(), Ok(101));
}

#[test]
fn a_server_is_told_that_the_page_has_left() {
    let leave: [fn(&Page); 2] = [|page| drop(page.ask(page.request(1, Ask::Close))), |page| page.network.abandon()];
    for leave in leave {
        static TOLD: std::sync::Mutex<Option<mpsc::Sender<String>>> = std::sync::Mutex::new(None);
        let (telling, told) = mpsc::channel();
        *TOLD.lock().unwrap() = Some(telling);
        let page = Page::new(|stream| {
            serve(stream, |mut socket| {
                let read = socket.read();
                TOLD.lock().unwrap().as_ref().unwrap().send(format!("{read:?}")).unwrap();
            });
        });
        page.open().unwrap();
        leave(&page);
        let told = told.recv().unwrap();
        assert!(told.contains("Close") && told.contains("Away"), "{told}");
    }
}

#[test]
fn handshakes_that_open_nothing() {
    fn said(mut stream: TcpStream, text: &str) {
        asked(&mut stream);
        stream.write_all(text.as_bytes()).unwrap();
        // Closed while something is unread, a connection is reset, and what was said may be lost.
        stream.shutdown(Shutdown::Write).unwrap();
        hold(stream);
    }
    let bounds = Bounds { timeout: Duration::from_millis(300), ..Bounds::default() };
    let table: [(Server, &str); 7] = [
        (|stream| said(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!"), "404 Not Found"),
        (|stream| said(stream, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno!"), "200 OK"),
        (|stream| said(stream, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"), "redirected"),
        (
            |stream| {
                said(
                    stream,
                    "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
                );
            },
            "Sec-WebSocket-Accept",
        ),
        (|stream| said(stream, "\x00\x01\x02 garbage, and more of it\r\n\r\n"), "answered badly"),
        (|stream| said(stream, ""), "answered badly"),
        (|stream| drop(hold(stream)), "did not answer within 300 ms"),
    ];
    for (answer, expected) in table {
        let page = Page::with_bounds(bounds, answer);
        let error = page.open().unwrap_err();
        assert!(error.to_string().contains(expected), "{error} is not {expected}");
        assert!(error.url().starts_with("ws://"), "{error}");
    }
}

#[test]
fn frames_of_the_hostile() {
    let bounds = Bounds { answer_bytes_max: 100_000, ..Bounds::default() };
    let table: [(Server, &str); 8] = [
        // 2^62 bytes are announced.
        (
            |stream| drop(hold(by_hand(stream, &[0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2]))),
            "is larger than 100000 bytes",
        ),
        // A message without end, in fragments.
        (
            |stream| {
                let mut stream = by_hand(stream, &[0x02, 1, 1]);
                while stream.write_all(&[[0x00, 100].as_slice(), &[7; 100]].concat()).is_ok() {}
            },
            "is larger than 100000 bytes",
        ),
        // Fragments of nothing, and pings, without end.
        (
            |stream| {
                let mut stream = by_hand(stream, &[0x02, 0]);
                while stream.write_all(&[0x00, 0].repeat(1000)).is_ok() {}
            },
            "too much came without a whole message",
        ),
        (
            |stream| {
                let mut stream = by_hand(stream, &[]);
                while stream.write_all(&[0x89, 1, 1].repeat(1000)).is_ok() {}
            },
            "too much came without a whole message",
        ),
        (|stream| drop(hold(by_hand(stream, &[0x81, 2, 0xff, 0xfe]))), "answered badly"),
        (|stream| drop(hold(by_hand(stream, &[0xf1, 1, b'x']))), "answered badly"),
        // Masked, as only a client's are.
        (|stream| drop(hold(by_hand(stream, &[0x81, 0x81, 1, 2, 3, 4, 5]))), "answered badly"),
        // A ping of 126 bytes.
        (|stream| drop(hold(by_hand(stream, &[&[0x89, 126, 0, 126][..], &[0; 126]].concat()))), "answered badly"),
    ];
    for (at, (answer, expected)) in table.into_iter().enumerate() {
        let page = Page::with_bounds(bounds, answer);
        page.open().unwrap();
        let error = page.next().unwrap_err();
        assert!(error.to_string().contains(expected), "{at}: {error} is not {expected}");
    }
}

#[test]
fn who_does_not_take_messages_is_not_read() {
    static TOLD: std::sync::Mutex<Option<mpsc::Sender<usize>>> = std::sync::Mutex::new(None);
    let (telling, told) = mpsc::channel();
    *TOLD.lock().unwrap() = Some(telling);
    let page = Page::new(|stream| {
        let mut stream = by_hand(stream, &[]);
        stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        let message = [[0x82, 126, 0xff, 0xff].as_slice(), &[7; 0xffff]].concat();
        let said = std::iter::repeat_with(|| stream.write_all(&message)).take_while(Result::is_ok).count();
        TOLD.lock().unwrap().as_ref().unwrap().send(said).unwrap();
        std::thread::park();
    });
    page.open().unwrap();
    // What the systems buffer, and few more.
    let said = told.recv().unwrap();
    assert!(said < 400, "{said} messages");
    assert_eq!(page.next(), Ok(SocketFrame::Binary(vec![7; 0xffff])));
}

#[test]
fn a_server_that_does_not_listen() {
    // It reads nothing, and answers nothing.
    let page = Page::with_bounds(Bounds { timeout: Duration::from_millis(500), ..Bounds::default() }, |stream| {
        let stream = by_hand(stream, &[]);
        std::thread::park();
        drop(stream);
    });
    page.open().unwrap();
    let closing = frame(&page.send(SocketFrame::Close(Some(1000), String::new()))).unwrap_err();
    assert!(closing.to_string().ends_with("/chat did not answer within 3000 ms"), "{closing}");
    let page = Page::with_bounds(page.bounds, |stream| {
        let stream = by_hand(stream, &[]);
        std::thread::park();
        drop(stream);
    });
    page.open().unwrap();
    // More than the systems buffer.
    let status = page.sent(SocketFrame::Binary(vec![0; 48 * 1024 * 1024]));
    assert_eq!(status, 410);
    let error = page.next().unwrap_err();
    assert!(error.to_string().ends_with("/chat did not answer within 500 ms"), "{error}");
}
