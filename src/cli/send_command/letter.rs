//! What a message's media are: ids as they are, files uploaded.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::runtime::Handle;

use crate::base::limits::PICTURE_BYTES_MAX;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::plugins::fail;
use crate::host::{Notice, Watch as _};
use crate::wechat::{Client, ClientConfig, MediaType, UploadError};

/// How a media is named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// An http or https address.
    Address(String),
    /// A file, which is uploaded.
    File(PathBuf),
    /// WeChat's own id.
    Id(String),
}

/// What begins as an address is one; what is there, or has a dot or a slash in it, is a file; else it is an id.
pub(super) fn media(text: &str) -> Result<Media, String> {
    let is_address = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    match text {
        "" => Err("it is empty".to_owned()),
        _ if is_address => Ok(Media::Address(text.to_owned())),
        _ if text.contains(['.', '/']) || Path::new(text).exists() => Ok(Media::File(PathBuf::from(text))),
        _ => Ok(Media::Id(text.to_owned())),
    }
}

/// What makes a message another one than all before.
pub(super) fn new_id() -> String {
    let mut random = [0; 8];
    // Without randomness the second such message is refused, not lost.
    let _ = SystemRandom::new().fill(&mut random);
    random.iter().fold("send-".to_owned(), |mut id, byte| {
        // Writing to a string does not fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// Who uploads, and who hears of it.
pub(super) struct Sender<'a> {
    pub(super) client: &'a ClientConfig,
    pub(super) runtime: &'a Handle,
    pub(super) output: &'a mut Output,
}

impl Sender<'_> {
    /// The id of a media; a file is uploaded first.
    pub(super) fn id(&mut self, kind: MediaType, media: &Media) -> Result<String, Exit> {
        match media {
            Media::Id(id) => Ok(id.clone()),
            Media::File(path) => self.upload(kind, path),
            Media::Address(address) => {
                let notice =
                    Notice::error(format!("{address} is an address: a {} is a file or a media id", kind.name()));
                Err(fail(self.output, notice.with_hint(Some("download it first")), Exit::Usage))
            }
        }
    }

    /// The same where there may be none.
    pub(super) fn optional(&mut self, kind: MediaType, media: Option<&Media>) -> Result<String, Exit> {
        media.map_or(Ok(String::new()), |media| self.id(kind, media))
    }

    /// The address of a media that is named by one, where there is any.
    pub(super) fn address(&mut self, media: Option<&Media>) -> Result<String, Exit> {
        match media {
            None => Ok(String::new()),
            Some(Media::Address(address)) => Ok(address.clone()),
            Some(_) => {
                let notice = Notice::error("the small picture of a video by address is named by an address as well");
                Err(fail(self.output, notice, Exit::Usage))
            }
        }
    }

    fn upload(&mut self, kind: MediaType, path: &Path) -> Result<String, Exit> {
        let bytes_max = match kind {
            // Made smaller where that is needed.
            MediaType::Image | MediaType::Thumb => PICTURE_BYTES_MAX,
            MediaType::Voice | MediaType::Video => self.client.profile.media_bytes_max(kind),
        };
        let bytes = read(path, bytes_max).map_err(|error| {
            let hint = "a media is an address, a file that is there, or a media id";
            let notice = Notice::error(format!("{} cannot be read: {error}", path.display()));
            fail(self.output, notice.with_hint(Some(hint)), Exit::Usage)
        })?;
        let Some(bytes) = bytes else {
            let reason = format!("it has more than {bytes_max} bytes, the most of a {}", kind.name());
            let notice = Notice::error(format!("{}: {reason}", path.display()));
            return Err(fail(self.output, notice.with_hint(Some("make the file smaller")), Exit::Usage));
        };
        let client = Client::new(self.client.clone()).map_err(|error| {
            fail(self.output, Notice::error(error.to_string()).with_hint(Some(error.hint())), Exit::Configuration)
        })?;
        match self.runtime.block_on(client.media(kind, bytes)) {
            Ok(uploaded) => {
                for note in uploaded.notes {
                    self.output.say(Notice::warning(format!("{}: {note}", path.display())));
                }
                Ok(uploaded.media_id)
            }
            Err(error) => {
                let exit = if matches!(error, UploadError::Wechat(_)) { Exit::Messages } else { Exit::Usage };
                let notice = Notice::error(format!("{}: {error}", path.display()));
                Err(fail(self.output, notice.with_hint(Some(error.hint())), exit))
            }
        }
    }
}

/// A file; `None` where it has more bytes.
fn read(path: &Path, bytes_max: usize) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= bytes_max).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_media_are_named() {
        assert_eq!(media("https://a/b.png"), Ok(Media::Address("https://a/b.png".to_owned())));
        assert_eq!(media("b.png"), Ok(Media::File("b.png".into())));
        assert_eq!(media("src"), Ok(Media::File("src".into())), "it is there");
        assert_eq!(media("MEDIA_id-1"), Ok(Media::Id("MEDIA_id-1".to_owned())));
        assert!(media("").is_err());
    }

    #[test]
    fn a_larger_file_is_not_cut() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (bytes, is_read) in [(9, true), (10, true), (11, false), (1 << 30, false)] {
            file.as_file().set_len(bytes).unwrap();
            let read = read(file.path(), 10).unwrap().map(|read| read.len() as u64);
            assert_eq!(read, is_read.then_some(bytes));
        }
    }

    #[test]
    fn no_id_comes_twice() {
        let (one, other) = (new_id(), new_id());
        assert!(one.starts_with("send-") && one != other, "{one} {other}");
    }
}
