//! What a message's media are: ids as they are, files uploaded.

use std::path::{Path, PathBuf};

use super::way::Way;
use crate::cli::exit::Exit;
use crate::cli::plugins::fail;
use crate::host::Notice;
use crate::wechat::MediaType;

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

impl Way<'_> {
    /// The id of a media; a file is uploaded first.
    pub(super) fn id(&mut self, kind: MediaType, media: &Media) -> Result<String, Exit> {
        match media {
            Media::Id(id) => Ok(id.clone()),
            Media::File(path) => self.upload(kind, path),
            Media::Address(address) => {
                let text = format!("{address} is an address: a {} is a file or a media id", kind.name());
                Err(fail(self.output, Notice::error(text).with_hint(Some("download it first")), Exit::Usage))
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
}
