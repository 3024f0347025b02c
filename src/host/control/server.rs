//! The host's side of the socket.

use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_buf, sink};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::super::desk::{Desk, Request, Trouble, TroubleKind, to_lines};
use crate::base::limits::{
    CONTROL_ANSWER_TIME, CONTROL_CLIENTS_MAX, CONTROL_REQUEST_BYTES_MAX, CONTROL_REQUEST_TIME, CONTROL_STOP_TIME,
};
use crate::store::ControlPath;

/// The folder is private already; the socket says so too.
const SOCKET_MODE: u32 = 0o600;
/// Pause after a connection could not be taken: descriptors may be short.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A control socket that is served. To be closed before its store can be.
#[derive(Debug)]
pub struct Control {
    path: ControlPath,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    runtime: Handle,
}

impl Control {
    /// Serves a desk in a state folder that this process has: a socket that is there was left by a host that was killed.
    ///
    /// # Errors
    /// The file system has no sockets, or not there.
    pub fn open(folder: &Path, desk: Desk, runtime: &Handle) -> io::Result<Self> {
        let path = ControlPath::of(folder)?;
        match std::fs::remove_file(path.path()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let inside = runtime.enter();
        let listener = UnixListener::bind(path.path())?;
        drop(inside);
        std::fs::set_permissions(path.path(), std::fs::Permissions::from_mode(SOCKET_MODE))?;
        let (stop, stopped) = watch::channel(false);
        let serving = runtime.spawn(serve(listener, Arc::new(desk), stopped));
        Ok(Self { path, stop, serving, runtime: runtime.clone() })
    }

    /// Answers what was asked, and nothing more. To be called from outside of the runtime.
    pub fn close(self) {
        // Those who come now find nobody, and wait until the folder is free.
        let _ = std::fs::remove_file(self.path.path());
        self.stop.send_replace(true);
        // A panic there was told.
        let _ = self.runtime.block_on(self.serving);
    }
}

async fn serve(listener: UnixListener, desk: Arc<Desk>, mut stopped: watch::Receiver<bool>) {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = clients.join_next() => {}
            accepted = listener.accept(), if clients.len() < CONTROL_CLIENTS_MAX => match accepted {
                Ok((stream, _)) => {
                    clients.spawn(attend(stream, desk.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
    drop(listener);
    let answered = async { while clients.join_next().await.is_some() {} };
    // Who still waits then is cut off.
    let _ = timeout(CONTROL_STOP_TIME, answered).await;
    clients.shutdown().await;
}

/// One connection: one request, one answer.
async fn attend(stream: UnixStream, desk: Arc<Desk>) {
    let mut stream = BufReader::new(stream);
    let line = match timeout(CONTROL_REQUEST_TIME, read_line(&mut stream)).await {
        Ok(line) => line,
        Err(_) => Err(refused(format!("no whole request came in {} s", CONTROL_REQUEST_TIME.as_secs()))),
    };
    let answered = match line.and_then(|line| Request::read(&line)) {
        Ok(request) => desk.answer(request).await,
        Err(trouble) => Err(trouble),
    };
    let text = to_lines(&answered);
    let told = async {
        stream.get_mut().write_all(text.as_bytes()).await?;
        stream.get_mut().shutdown().await
    };
    // Who no longer listens has gone.
    let _ = timeout(CONTROL_ANSWER_TIME, told).await;
    // Whoever takes over holds on until it listens where this host does: so long the host does not go.
    let _ = timeout(CONTROL_STOP_TIME, copy_buf(&mut stream, &mut sink())).await;
}

async fn read_line(stream: &mut BufReader<UnixStream>) -> Result<Vec<u8>, Trouble> {
    let mut line = Vec::new();
    let bound = u64::try_from(CONTROL_REQUEST_BYTES_MAX).unwrap_or(u64::MAX);
    let read = stream.take(bound).read_until(b'\n', &mut line).await;
    read.map_err(|error| refused(format!("it cannot be read: {error}")))?;
    match line.last() {
        Some(b'\n') => Ok(line),
        _ if line.len() >= CONTROL_REQUEST_BYTES_MAX => {
            Err(refused(format!("it is longer than {CONTROL_REQUEST_BYTES_MAX} bytes")))
        }
        _ => Err(refused("it ends before its line does")),
    }
}

fn refused(why: impl AsRef<str>) -> Trouble {
    Trouble::new(TroubleKind::Request, format!("the request is not understood: {}", why.as_ref()))
}
