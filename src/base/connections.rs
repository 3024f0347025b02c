//! Connections from strangers: so many, and none that only holds its place.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};

use super::clock::Stopwatch;

/// Connections that wait to be taken, as tokio has it.
const BACKLOG: u32 = 1024;
/// Longest that an address is waited for.
const FREED_WITHIN: Duration = Duration::from_secs(1);

/// Takes an address; port 0 takes a free one. So that a host which takes over can have it before the one that it takes
/// over from has stopped, it may be shared (`SO_REUSEPORT`, socket(7)) with those of this user who listen `beside` others
/// on purpose; who does not finds it in use. To be called inside of a runtime.
///
/// # Errors
/// The system's.
pub fn bind(address: SocketAddr, beside: bool) -> io::Result<TcpSocket> {
    if !beside {
        try_alone(address)?;
    }
    let socket = socket(address)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    Ok(socket)
}

/// Whether nobody has the address; it is not listened on for that, since a process that is being started has a listener for a
/// moment, as it has those of a host that was killed meanwhile.
fn try_alone(address: SocketAddr) -> io::Result<()> {
    let since = Stopwatch::start();
    loop {
        let tried = socket(address).and_then(|socket| socket.bind(address));
        match tried {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && since.elapsed() < FREED_WITHIN => {
                std::thread::sleep(FREED_WITHIN / 50);
            }
            tried => return tried,
        }
    }
}

/// Listens there: who calls from now on waits until somebody takes the connection.
///
/// # Errors
/// The system's.
pub fn listen(socket: TcpSocket) -> io::Result<TcpListener> {
    socket.listen(BACKLOG)
}

/// A TCP listener that takes no more than so many connections at once; further ones wait.
#[derive(Debug)]
pub struct Connections {
    listener: TcpListener,
    places: Arc<Semaphore>,
    time: Duration,
}

impl Connections {
    /// At most `max` at once; one on which nothing was answered for `time` ends: no request, one that comes byte by byte,
    /// an answer that nobody reads.
    #[must_use]
    pub fn new(listener: TcpListener, max: usize, time: Duration) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(max)), time }
    }
}

impl Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // The semaphore is never closed.
        let place = self.places.clone().acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // What is told as it happens does not wait until the last of it was acknowledged; where it does, it is only later.
        let _ = stream.set_nodelay(true);
        let ends = Box::pin(sleep(self.time));
        (Connection { stream, _place: place, time: self.time, ends }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Listener::local_addr(&self.listener)
    }
}

/// A connection that ends when its time is up, which begins anew with everything that is answered on it.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    _place: Option<OwnedSemaphorePermit>,
    time: Duration,
    ends: Pin<Box<Sleep>>,
}

impl Connection {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.ends.as_mut().poll(cx).is_ready()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_over(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        if written.is_ready() {
            let time = self.time;
            self.ends.as_mut().set(sleep(time));
        }
        // Whoever has written may wait for the next request without another look: the new end must wake him. So must the
        // old one whoever waits to write more.
        if self.is_over(cx) && written.is_pending() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_shared_on_purpose_only() {
        let first = bind("127.0.0.1:0".parse().unwrap(), false).and_then(listen).unwrap();
        let address = first.local_addr().unwrap();
        assert_eq!(bind(address, false).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let second = bind(address, true).and_then(listen).unwrap();
        drop(first);
        let (connected, accepted) = tokio::join!(TcpStream::connect(address), second.accept());
        assert!(connected.is_ok() && accepted.is_ok());
    }
}
