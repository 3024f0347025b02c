//! Frames: a length and so many bytes of MessagePack. Both sides bound them.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::weight::is_bearable;
use crate::base::limits::{EXCHANGE_BYTES_MAX, FRAME_BYTES_MAX};

/// Why there is no frame.
#[derive(Debug, Error)]
pub enum FrameError {
    /// The other side is gone; between frames that is its ordinary end.
    #[error("the other side has closed the connection")]
    Closed,
    /// The connection broke, or the time for reading was up.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// More than a frame may have.
    #[error("a frame of {0} bytes, more than {FRAME_BYTES_MAX}")]
    TooLarge(usize),
    /// More than one side may say before it is the other's turn.
    #[error("more than {EXCHANGE_BYTES_MAX} bytes in one turn")]
    Flood,
    /// More values than a frame may have, or values that nest too deep.
    #[error("a frame of too many values")]
    TooHeavy,
    /// Bytes that are no frame of this protocol.
    #[error("a frame that cannot be read: {0}")]
    Malformed(#[from] rmp_serde::decode::Error),
}

/// The bytes of a frame.
///
/// # Errors
/// [`FrameError::TooLarge`].
///
/// # Panics
/// Where a type of the protocol cannot be written: a bug.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut bytes = vec![0; size_of::<u32>()];
    rmp_serde::encode::write_named(&mut bytes, message).expect("every type of the protocol can be written");
    let length = bytes.len() - size_of::<u32>();
    if length > FRAME_BYTES_MAX {
        return Err(FrameError::TooLarge(length));
    }
    let prefix = u32::try_from(length).map_err(|_| FrameError::TooLarge(length))?;
    bytes[..size_of::<u32>()].copy_from_slice(&prefix.to_le_bytes());
    Ok(bytes)
}

/// Writes a frame.
///
/// # Errors
/// [`FrameError`].
pub fn write<T: Serialize>(mut to: impl Write, message: &T) -> Result<(), FrameError> {
    to.write_all(&encode(message)?)?;
    Ok(())
}

/// Reads a frame.
///
/// # Errors
/// [`FrameError`]; after any of them the connection is of no use.
pub fn read<T: DeserializeOwned>(mut from: impl Read) -> Result<T, FrameError> {
    let mut prefix = [0; size_of::<u32>()];
    read_exactly(&mut from, &mut prefix)?;
    let length = usize::try_from(u32::from_le_bytes(prefix)).unwrap_or(usize::MAX);
    if length > FRAME_BYTES_MAX {
        return Err(FrameError::TooLarge(length));
    }
    let mut bytes = Vec::new();
    // Grows with what really comes, not with what was announced.
    let read = from.take(length as u64).read_to_end(&mut bytes)?;
    if read < length {
        return Err(FrameError::Closed);
    }
    if !is_bearable(&bytes) {
        return Err(FrameError::TooHeavy);
    }
    Ok(rmp_serde::from_slice(&bytes)?)
}

/// Descriptors that may come with a frame.
const DESCRIPTORS_MAX: usize = 2;

/// Writes a frame with descriptors for the other side.
///
/// # Errors
/// [`FrameError`].
pub fn write_with<T: Serialize>(
    mut to: &UnixStream,
    message: &T,
    descriptors: &[BorrowedFd<'_>; DESCRIPTORS_MAX],
) -> Result<(), FrameError> {
    let bytes = encode(message)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(descriptors));
    let sent = sendmsg(to, &[IoSlice::new(&bytes)], &mut control, SendFlags::empty()).map_err(io::Error::from)?;
    to.write_all(&bytes[sent..])?;
    Ok(())
}

/// A connection as a reader that keeps the descriptors that come with the bytes.
#[derive(Debug)]
pub struct WithDescriptors<'a> {
    stream: &'a UnixStream,
    /// What came, in order; at most two.
    pub descriptors: Vec<OwnedFd>,
}

impl<'a> WithDescriptors<'a> {
    /// Reads from this connection.
    #[must_use]
    pub fn new(stream: &'a UnixStream) -> Self {
        Self { stream, descriptors: Vec::new() }
    }
}

impl Read for WithDescriptors<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC;
        let received = recvmsg(self.stream, &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                // More than belong there are closed at once.
                let free = DESCRIPTORS_MAX.saturating_sub(self.descriptors.len());
                self.descriptors.extend(descriptors.take(free));
            }
        }
        Ok(received.bytes)
    }
}

fn read_exactly(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), FrameError> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => FrameError::Closed,
        _ => FrameError::Io(error),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::dom::mirror::{Change, Content, Element, Origin, Space, State, View};
    use crate::engine::event_loop::{Emission, Output};
    use crate::event::{Console, ConsoleLevel, Effect, Fault, NavigateKind, Outcome, Place, PutMsgCall, parse_put_msg};
    use crate::net::{Destination, Request};
    use crate::page::{LoadError, Looked, Turn};
    use crate::process::protocol::FromPage;

    /// One of each kind that a page may say, with something in it.
    fn honest() -> Vec<Vec<u8>> {
        let url = url::Url::parse("http://demo.plugin.invalid/").unwrap();
        let argument = r#"{"msg":{"head":{"random":1.5},"body":[{"type":0,"content":{"text":"您好"}}]}}"#;
        let put = PutMsgCall::valid(argument, parse_put_msg(argument).unwrap(), Outcome::Accepted, false);
        let text = String::from("x");
        let outputs = [
            Output::Effect(Effect::PutMsg(put)),
            Output::Effect(Effect::Navigate { url: text.clone(), kind: NavigateKind::Link }),
            Output::Fault(Fault::Limit { limit: text.clone(), value: 1, place: Place::default() }),
            Output::Console(Console { level: ConsoleLevel::Log, text: text.clone() }),
        ];
        let place = || Place { url: text.clone(), line: 1, ..Place::default() };
        let emission = |output| {
            let subject = Some("oA".into());
            Emission { time: 1, cause: None, subject, place: Some(place()), output }
        };
        let turn = Turn { emissions: outputs.map(emission).to_vec(), now: 1, ..Turn::default() };
        let request = Request { body: vec![1, 2], ..Request::get(url.clone(), Destination::Xhr, 1) };
        let said = [
            FromPage::Confined(vec![text.clone()]),
            FromPage::Opened(Err(LoadError::Unconfined(vec![text.clone()]))),
            FromPage::Opened(Ok(turn.clone())),
            FromPage::Tasks(turn.emissions.clone()),
            FromPage::Turned(turn),
            FromPage::Prepared(Ok(1)),
            FromPage::Forked(Ok(1)),
            FromPage::Reaped(Some(1), None),
            FromPage::Document(text.clone()),
            FromPage::Looked(Some(looked())),
            FromPage::Probed(Vec::new()),
            FromPage::Fetch(request.clone()),
            FromPage::Start(1, request),
            FromPage::Cookies(url.clone(), 1),
            FromPage::SetCookie(url, text, 1),
            FromPage::Rests,
            FromPage::Resumes,
        ];
        said.iter().map(|message| encode(message).unwrap()).collect()
    }

    fn looked() -> Looked {
        let attributes = vec![("class".to_owned(), "x".to_owned())];
        let state = State { value: Some("y".to_owned()), is_checked: Some(true), ..State::default() };
        let element = Element { space: Space::Svg, tag: "style".to_owned(), attributes, text: None, state };
        let content = Content::Element(Box::new(element));
        let base = "http://demo.plugin.invalid/".to_owned();
        Looked::View(View {
            document: Some(Origin { base, is_quirky: true }),
            changes: vec![Change::Insert { id: 1, parent: 0, before: Some(2), content }, Change::Remove { id: 1 }],
            focus: Some(1),
            is_cut: true,
        })
    }

    fn framed(content: &[u8]) -> Vec<u8> {
        [&u32::try_from(content.len()).unwrap().to_le_bytes(), content].concat()
    }

    #[test]
    fn what_is_written_is_read() {
        for bytes in honest() {
            let message: FromPage = read(&*bytes).unwrap();
            assert_eq!(encode(&message).unwrap(), bytes, "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<FromPage>(&*bytes);
            let _ = read::<FromPage>(&*framed(&bytes));
        }

        #[test]
        fn frames_that_were_tampered_with_are_read_or_refused(
            which in any::<Index>(), at in any::<Index>(), gone in 0_usize..4,
            new in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            let mut content = which.get(&honest())[4..].to_vec();
            let at = at.index(content.len());
            let end = content.len().min(at + gone);
            content.splice(at..end, new);
            let _ = read::<FromPage>(&*framed(&content));
        }

        #[test]
        fn a_frame_that_is_cut_is_the_end_of_the_connection(which in any::<Index>(), at in any::<Index>()) {
            let frames = honest();
            let frame = which.get(&frames);
            let cut = read::<FromPage>(&frame[..at.index(frame.len())]);
            prop_assert!(matches!(cut, Err(FrameError::Closed)));
        }
    }
}
