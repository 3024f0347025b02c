//! Frames: a length and so many bytes of MessagePack. Both sides bound them.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::base::limits::FRAME_BYTES_MAX;

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

fn read_exactly(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), FrameError> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => FrameError::Closed,
        _ => FrameError::Io(error),
    })
}
