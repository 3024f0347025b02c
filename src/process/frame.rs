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
