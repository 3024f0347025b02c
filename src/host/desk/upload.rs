//! A file that a person sends, uploaded by whoever has the token and knows which files WeChat has.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::answer::{Answer, Trouble, TroubleKind};
use crate::base::limits::PICTURE_BYTES_MAX;
use crate::wechat::{Client, MediaType, UploadError};

/// Uploads a file of this machine, or knows it from before: `{"media_id", "notes": […]}`.
pub(in super::super) async fn upload(client: &Client, kind: &str, path: PathBuf) -> Result<Answer, Trouble> {
    let Some(kind) = MediaType::from_name(kind) else {
        return Err(Trouble::new(TroubleKind::Request, format!("there is no media type {kind}")));
    };
    let shown = path.display().to_string();
    let bytes_max = match kind {
        // Made smaller where that is needed.
        MediaType::Image | MediaType::Thumb => PICTURE_BYTES_MAX,
        MediaType::Voice | MediaType::Video => client.config().profile.media_bytes_max(kind),
    };
    let read = tokio::task::spawn_blocking(move || read(&path, bytes_max)).await;
    let bytes = read.unwrap_or_else(|error| Err(error.to_string())).map_err(|reason| {
        let hint = "a media is an address, a file that is there, or a media id";
        Trouble::new(TroubleKind::Request, format!("{shown} cannot be sent: {reason}")).with_hint(hint)
    })?;
    match client.media(kind, bytes).await {
        Ok(uploaded) => {
            let item = json!({"media_id": uploaded.media_id, "notes": uploaded.notes});
            Ok(Answer { items: vec![item], next: None })
        }
        Err(error) => {
            let is_wechat = matches!(error, UploadError::Wechat(_));
            let kind = if is_wechat { TroubleKind::Wechat } else { TroubleKind::Request };
            Err(Trouble::new(kind, format!("{shown}: {error}")).with_hint(error.hint()))
        }
    }
}

/// A file of up to so many bytes; the error is in words.
fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    match bytes.len() > bytes_max {
        true => Err(format!("it is larger than {bytes_max} bytes")),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_file_is_not_cut() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (bytes, is_read) in [(9, true), (10, true), (11, false), (1 << 30, false)] {
            file.as_file().set_len(bytes).unwrap();
            let read = read(file.path(), 10).map(|read| read.len() as u64).ok();
            assert_eq!(read, is_read.then_some(bytes));
        }
    }
}
