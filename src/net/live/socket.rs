//! Sockets ([RFC 6455](https://datatracker.ietf.org/doc/html/rfc6455)): connected as every request goes out, by the same
//! client, through the same guard; what comes over them is handed on message by message.
//!
//! A socket is a task of its own, from its connection to its end. It reads ahead so little that pings are answered between
//! two turns of a page, and stops reading where the page does; it writes while it reads, so that neither side waits for
//! the other for ever. No extension is offered.

use std::sync::{Arc, OnceLock};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use url::Url;

use super::handshake::{check, new_key};
use super::metered::{Meter, Metered};
use super::{Arrived, Live, Rights, broken, response};
use crate::base::limits::{SOCKET_CLOSE_TIMEOUT, SOCKET_METER_PERIOD, SOCKET_QUEUE_BYTES_MAX, SOCKET_READ_BYTES};
use crate::net::network::answer;
use crate::net::sockets::{as_http, told};
use crate::net::{NetError, Reply, Request, Response, SocketFrame};

type Connection = WebSocketStream<Metered<reqwest::Upgraded>>;

/// What came of a connection: the frame that closed it, or what broke it.
type Outcome = Result<SocketFrame, NetError>;

/// A socket of a page, until the page leaves it.
#[derive(Debug)]
pub(in crate::net) struct Socket {
    /// The connection, once there is one.
    line: OnceLock<Line>,
    /// Whether the page has left.
    left: watch::Sender<bool>,
}

/// The page's end of a connection.
#[derive(Debug)]
struct Line {
    sending: mpsc::UnboundedSender<Sending>,
    messages: Mutex<mpsc::Receiver<Queued>>,
    outcome: Arc<OnceLock<Outcome>>,
}

/// A frame of the page's, and whom to tell that it is out.
#[derive(Debug)]
struct Sending {
    id: u64,
    frame: SocketFrame,
    reply: Reply,
}

/// A message that the page has not taken, in the room that it has.
#[derive(Debug)]
struct Queued {
    frame: SocketFrame,
    _room: OwnedSemaphorePermit,
}

impl Default for Socket {
    fn default() -> Self {
        Self { line: OnceLock::new(), left: watch::Sender::new(false) }
    }
}

impl Socket {
    /// The page wants no more of it: the server is told, and whoever waits for it is answered.
    pub(in crate::net) fn leave(&self) {
        self.left.send_replace(true);
    }

    async fn is_left(&self) {
        // Our own sender is there as long as we are.
        drop(self.left.subscribe().wait_for(|is_left| *is_left).await);
    }

    /// The next message, or what came of the connection.
    async fn next(&self, url: &Url) -> Result<Response, NetError> {
        let Some(line) = self.line.get() else { return Ok(told(url, 410)) };
        match line.messages.lock().await.recv().await {
            Some(queued) => Ok(queued.frame.answer(url)),
            None => ended(&line.outcome, url),
        }
    }

    /// Sends a frame; whom to tell that it is out is told once, whatever becomes of it.
    pub(in crate::net) fn send(&self, id: u64, request: &Request, reply: Reply) {
        let url = &request.url;
        let Some(frame) = SocketFrame::of(&request.headers, &request.body) else {
            let reason = "the page sends what is no frame".to_owned();
            return answer(&reply, id, Err(NetError::Protocol { url: url.to_string(), reason }));
        };
        let Some(line) = self.line.get() else { return answer(&reply, id, Ok(told(url, 410))) };
        if let Err(unsent) = line.sending.send(Sending { id, frame, reply }) {
            unsent.0.give_up(url, &line.outcome);
        }
    }
}

impl Sending {
    /// The connection is gone.
    fn give_up(self, url: &Url, outcome: &OnceLock<Outcome>) {
        let result = match self.frame {
            SocketFrame::Close(..) => ended(outcome, url),
            SocketFrame::Text(_) | SocketFrame::Binary(_) => Ok(told(url, 410)),
        };
        answer(&self.reply, self.id, result);
    }
}

/// What came of a connection, once that is known.
fn ended(outcome: &OnceLock<Outcome>, url: &Url) -> Result<Response, NetError> {
    match outcome.get() {
        Some(Ok(frame)) => Ok(frame.clone().answer(url)),
        Some(Err(error)) => Err(error.clone()),
        None => Ok(told(url, 410)),
    }
}

impl Live {
    /// Connects a socket; the reply is the head of the server's answer. It may be left meanwhile.
    pub(in crate::net) fn connect(
        &self,
        id: u64,
        request: Request,
        rights: Rights,
        socket: Arc<Socket>,
        reply: Reply,
    ) -> AbortHandle {
        let live = self.clone();
        let task = self.handle.spawn(async move {
            let (url, timeout) = (request.url.clone(), live.bounds.timeout);
            let timed_out = || {
                let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
                Err(NetError::TimedOut { url: url.to_string(), timeout_ms })
            };
            let result = tokio::select! {
                shaken = tokio::time::timeout(timeout, live.shake_hands(&request, &rights)) => {
                    shaken.unwrap_or_else(|_| timed_out()).map_err(|error| error.about(&url))
                }
                () = socket.is_left() => return answer(&reply, id, Ok(told(&url, 410))),
            };
            answer(
                &reply,
                id,
                result.map(|(head, upgraded)| {
                    live.run(&socket, upgraded, &url);
                    head
                }),
            );
        });
        task.abort_handle()
    }

    /// Waits for the next message of a socket, or for what becomes of it.
    pub(in crate::net) fn next_message(&self, id: u64, url: Url, socket: Arc<Socket>, reply: Reply) -> AbortHandle {
        let task = self.handle.spawn(async move {
            let result = tokio::select! {
                next = socket.next(&url) => next,
                () = socket.is_left() => Ok(told(&url, 410)),
            };
            answer(&reply, id, result);
        });
        task.abort_handle()
    }

    /// The opening handshake ([RFC 6455 §4](https://datatracker.ietf.org/doc/html/rfc6455#section-4)).
    async fn shake_hands(&self, request: &Request, rights: &Rights) -> Result<(Response, reqwest::Upgraded), NetError> {
        let mut asked = as_http(request)?;
        let key = new_key();
        asked.headers.push(("Sec-WebSocket-Version".to_owned(), "13".to_owned()));
        asked.headers.push(("Sec-WebSocket-Key".to_owned(), key.clone()));
        let (asked, arrived) = self.lead(asked, rights, true).await?;
        let Arrived::Open(opened) = arrived else {
            return Err(NetError::Protocol { url: asked.url.into(), reason: "it opened no socket".to_owned() });
        };
        let mut head = Response { url: request.url.clone(), ..response(&asked, &opened, Vec::new()) };
        check(&head, request, &key)?;
        // It says nothing to the page, and is another one each time.
        head.headers.retain(|(name, _)| name != "sec-websocket-accept");
        let upgraded = opened.upgrade().await.map_err(|error| broken(&asked.url, &error))?;
        Ok((head, upgraded))
    }

    /// Runs a socket from here on.
    fn run(&self, socket: &Socket, upgraded: reqwest::Upgraded, url: &Url) {
        let (sending, to_send) = mpsc::unbounded_channel();
        // An empty message takes room as well.
        let (handing_on, messages) = mpsc::channel(SOCKET_QUEUE_BYTES_MAX);
        let outcome = Arc::new(OnceLock::new());
        let line = Line { sending, messages: Mutex::new(messages), outcome: outcome.clone() };
        let is_new = socket.line.set(line).is_ok();
        debug_assert!(is_new, "a socket is connected once");
        let bytes_max = self.bounds.answer_bytes_max;
        let running = Running { url: url.clone(), bytes_max, timeout: self.bounds.timeout, outcome };
        let left = socket.left.subscribe();
        self.handle.spawn(running.run(upgraded, to_send, handing_on, left));
    }
}

/// A connection, from the handshake to its end.
struct Running {
    url: Url,
    bytes_max: usize,
    /// Longest that a server may take no more of what is sent.
    timeout: std::time::Duration,
    outcome: Arc<OnceLock<Outcome>>,
}

impl Running {
    async fn run(
        self,
        upgraded: reqwest::Upgraded,
        mut to_send: mpsc::UnboundedReceiver<Sending>,
        messages: mpsc::Sender<Queued>,
        mut left: watch::Receiver<bool>,
    ) {
        let meter = Arc::new(Meter::new(self.bytes_max));
        let config = WebSocketConfig::default()
            .read_buffer_size(SOCKET_READ_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(self.bytes_max))
            .max_frame_size(Some(self.bytes_max));
        let metered = Metered::new(upgraded, meter.clone());
        let connection = Connection::from_raw_socket(metered, Role::Client, Some(config)).await;
        let (mut sink, mut stream) = connection.split();
        let mut closing = None;
        let end = tokio::select! {
            biased;
            end = self.read(&mut stream, &messages, &meter) => end,
            end = self.write(&mut sink, &mut to_send, &mut closing) => end,
            // The sender goes with the page.
            _ = left.wait_for(|is_left| *is_left) => End::Left,
        };
        let said = end.farewell();
        let outcome = end.outcome(&self);
        // Whoever finds no further message looks at this.
        let is_first = self.outcome.set(outcome).is_ok();
        debug_assert!(is_first, "a connection ends once");
        drop(messages);
        to_send.close();
        while let Some(unsent) = to_send.recv().await {
            unsent.give_up(&self.url, &self.outcome);
        }
        if let Some(closing) = closing {
            Sending::give_up(closing, &self.url, &self.outcome);
        }
        // The last frames go out, and the server closes the connection; it is not waited for long.
        let farewell = async {
            if let Some(code) = said {
                let frame = CloseFrame { code, reason: "".into() };
                drop(sink.send(Message::Close(Some(frame))).await);
            }
            while stream.next().await.is_some_and(|read| read.is_ok()) {}
        };
        drop(tokio::time::timeout(SOCKET_CLOSE_TIMEOUT, farewell).await);
    }

    /// Hands messages on, until the connection ends.
    async fn read(&self, stream: &mut SplitStream<Connection>, messages: &mpsc::Sender<Queued>, meter: &Meter) -> End {
        let room = Arc::new(Semaphore::new(SOCKET_QUEUE_BYTES_MAX));
        let mut period = tokio::time::interval(SOCKET_METER_PERIOD);
        loop {
            let read = tokio::select! {
                read = stream.next() => read,
                _ = period.tick() => {
                    meter.reset();
                    continue;
                }
            };
            let frame = match read {
                Some(Ok(Message::Text(text))) => SocketFrame::Text(text.as_str().to_owned()),
                Some(Ok(Message::Binary(bytes))) => SocketFrame::Binary(bytes.into()),
                Some(Ok(Message::Close(frame))) => return End::Closed(frame),
                // Pings are answered where they are read.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Err(error)) => return End::Broken(error),
                None => return End::Broken(Error::ConnectionClosed),
            };
            meter.reset();
            let bytes = frame.payload_bytes().clamp(1, SOCKET_QUEUE_BYTES_MAX);
            let room = room.clone().acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX)).await;
            // Nobody closes the one, and the other's receiver goes with the page.
            let Ok(room) = room else { continue };
            drop(messages.send(Queued { frame, _room: room }).await);
        }
    }

    /// Sends the page's frames one after another; ends where the server does not take them, or does not end after the
    /// closing frame.
    async fn write(
        &self,
        sink: &mut SplitSink<Connection, Message>,
        to_send: &mut mpsc::UnboundedReceiver<Sending>,
        closing: &mut Option<Sending>,
    ) -> End {
        while let Some(next) = to_send.recv().await {
            let (message, is_close) = match &next.frame {
                SocketFrame::Text(text) => (Message::text(text.as_str()), false),
                SocketFrame::Binary(bytes) => (Message::binary(bytes.clone()), false),
                SocketFrame::Close(code, reason) => (Message::Close(close_frame(*code, reason)), true),
            };
            let sent = tokio::time::timeout(self.timeout, sink.send(message)).await;
            match sent {
                Ok(Ok(())) if !is_close => answer(&next.reply, next.id, Ok(told(&self.url, 200))),
                Ok(sent) => {
                    let end = sent.map_or_else(End::Broken, |()| End::Unclosed);
                    if is_close {
                        *closing = Some(next);
                    } else {
                        next.give_up(&self.url, &self.outcome);
                    }
                    // What the server said before it went says more than that it does not listen.
                    tokio::time::sleep(SOCKET_CLOSE_TIMEOUT).await;
                    return end;
                }
                Err(_) => {
                    *closing = Some(next);
                    return End::Stuck;
                }
            }
        }
        End::Left
    }

    fn protocol(&self, reason: String) -> NetError {
        NetError::Protocol { url: self.url.to_string(), reason }
    }
}

/// How a connection comes to its end.
enum End {
    /// The server has sent a closing frame.
    Closed(Option<CloseFrame>),
    /// It is gone, or says what does not belong there.
    Broken(Error),
    /// It does not answer the closing frame.
    Unclosed,
    /// It does not take what is sent.
    Stuck,
    /// The page has gone.
    Left,
}

impl End {
    /// How the server is told, where it is ([RFC 6455 §7.4.1](https://datatracker.ietf.org/doc/html/rfc6455#section-7.4.1)).
    fn farewell(&self) -> Option<CloseCode> {
        match self {
            Self::Left => Some(CloseCode::Away),
            Self::Broken(Error::Capacity(_)) => Some(CloseCode::Size),
            Self::Broken(Error::Utf8(_)) => Some(CloseCode::Invalid),
            Self::Broken(Error::Protocol(_)) => Some(CloseCode::Protocol),
            Self::Closed(_) | Self::Broken(_) | Self::Unclosed | Self::Stuck => None,
        }
    }

    /// What the page is told.
    fn outcome(self, running: &Running) -> Outcome {
        let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let timed_out = |time| NetError::TimedOut { url: running.url.to_string(), timeout_ms: ms(time) };
        match self {
            Self::Closed(None) => Ok(SocketFrame::Close(None, String::new())),
            Self::Closed(Some(frame)) if !frame.code.is_allowed() => {
                Err(running
                    .protocol(format!("it closed with the code {}, which nobody may send", u16::from(frame.code))))
            }
            Self::Closed(Some(frame)) => Ok(SocketFrame::Close(Some(frame.code.into()), frame.reason.to_string())),
            Self::Unclosed => Err(timed_out(SOCKET_CLOSE_TIMEOUT)),
            Self::Stuck => Err(timed_out(running.timeout)),
            Self::Left => Err(running.protocol("the page has left".to_owned())),
            Self::Broken(Error::Capacity(_)) => {
                Err(NetError::TooLarge { url: running.url.to_string(), bytes_max: running.bytes_max })
            }
            Self::Broken(Error::ConnectionClosed | Error::AlreadyClosed) => {
                Err(running.protocol("the connection ended without a closing frame".to_owned()))
            }
            Self::Broken(Error::Io(error)) => Err(running.protocol(error.to_string())),
            Self::Broken(error) => Err(running.protocol(error.to_string())),
        }
    }
}

fn close_frame(code: Option<u16>, reason: &str) -> Option<CloseFrame> {
    code.map(|code| CloseFrame { code: code.into(), reason: reason.into() })
}
