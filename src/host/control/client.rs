//! A command's side of the socket.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::super::desk::{Answer, Reading, Request, Trouble, TroubleKind};
use crate::base::limits::{CONTROL_ANSWER_BYTES_MAX, CONTROL_ANSWER_TIME, CONTROL_REQUEST_TIME};
use crate::store::ControlPath;

/// Asks the host that has a state folder; `None`: none listens.
///
/// # Errors
/// [`Trouble`], of the host or on the way to it.
pub fn ask(folder: &Path, request: &Request) -> Result<Option<Answer>, Trouble> {
    Ok(ask_and_hold(folder, request)?.map(|(answer, _)| answer))
}

/// The connection to a host that has answered. While it is there, a host that ends waits, for a moment.
#[derive(Debug)]
pub struct Held {
    _stream: UnixStream,
}

/// The same; what was asked for is under way, and the host there, until the connection is dropped.
///
/// # Errors
/// [`Trouble`], of the host or on the way to it.
pub fn ask_and_hold(folder: &Path, request: &Request) -> Result<Option<(Answer, Held)>, Trouble> {
    let on_the_way = |error: std::io::Error| {
        Trouble::new(TroubleKind::Store, format!("the host of {} does not answer: {error}", folder.display()))
            .with_hint("look at what the host says; where it hangs, stop it and try again")
    };
    let connected = ControlPath::of(folder).and_then(|path| UnixStream::connect(path.path()));
    let mut stream = match connected {
        Ok(stream) => stream,
        Err(error) if is_nobody(error.kind()) => return Ok(None),
        Err(error) => return Err(on_the_way(error)),
    };
    let sent = stream
        .set_read_timeout(Some(CONTROL_ANSWER_TIME))
        .and_then(|()| stream.set_write_timeout(Some(CONTROL_REQUEST_TIME)))
        .and_then(|()| stream.write_all(request.to_line().as_bytes()));
    match sent {
        Ok(()) => {}
        Err(error) if is_nobody(error.kind()) => return Ok(None),
        Err(error) => return Err(on_the_way(error)),
    }
    let bound = u64::try_from(CONTROL_ANSWER_BYTES_MAX).unwrap_or(u64::MAX);
    let (mut stream, mut reading, mut line) = (BufReader::new(stream.take(bound)), Reading::default(), Vec::new());
    let mut is_first = true;
    loop {
        line.clear();
        match stream.read_until(b'\n', &mut line) {
            Ok(0) if is_first => return Ok(None),
            Ok(0) => return Err(on_the_way(ErrorKind::UnexpectedEof.into())),
            Ok(_) => {}
            Err(error) if is_first && is_nobody(error.kind()) => return Ok(None),
            Err(error) => return Err(on_the_way(error)),
        }
        is_first = false;
        if let Some(answer) = reading.line(&line)? {
            return Ok(Some((answer, Held { _stream: stream.into_inner().into_inner() })));
        }
    }
}

/// Whether a host listens.
#[must_use]
pub fn is_heard(folder: &Path) -> bool {
    ControlPath::of(folder).and_then(|path| UnixStream::connect(path.path())).is_ok()
}

/// Nobody listens, or nobody does any more.
fn is_nobody(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotADirectory, NotFound};
    matches!(kind, NotFound | NotADirectory | ConnectionRefused | ConnectionReset | BrokenPipe)
}
