//! The pictures that messages show: the plugin's own first, then the public internet's.

use std::sync::Arc;

use url::Url;

use crate::net::{Credentials, Destination, NetError, Network, PluginNetwork, Request, Response, is_plugin_host};
use crate::wechat::{BoxFuture, LivePictures, Picture, PictureError, PictureSource};

/// Answers for a folder's missing file.
const NOT_FOUND: u16 = 404;

/// Pictures by way of the network of the plugin that sends them: its folder, its replacements, its allowed origins.
/// Others come from public addresses only.
pub struct PluginPictures {
    whose: Whose,
    live: Arc<LivePictures>,
}

/// Whose messages show the pictures.
pub enum Whose {
    /// A plugin's that is open.
    Plugin(Arc<PluginNetwork>),
    /// A plugin's that is not: what only it may show waits for it.
    Absent,
    /// A person's.
    Person,
}

impl PluginPictures {
    /// The pictures that these messages may show.
    #[must_use]
    pub fn new(whose: Whose, live: Arc<LivePictures>) -> Self {
        Self { whose, live }
    }

    async fn find(&self, url: &Url) -> Result<Picture, PictureError> {
        if let Whose::Plugin(network) = &self.whose {
            let network = network.clone();
            let mut request = Request::get(url.clone(), Destination::Xhr, 0);
            request.credentials = Credentials::Omit;
            // A page's network blocks: not on the runtime's own threads.
            let answer = tokio::task::spawn_blocking(move || network.fetch(request)).await;
            match answer {
                Ok(Err(NetError::NotAllowed { .. } | NetError::OtherFolder { .. })) => {}
                Ok(answer) => return picture(url, answer),
                Err(error) => return Err(PictureError::Network { url: url.to_string(), reason: error.to_string() }),
            }
        }
        let found = if url.host_str().is_some_and(is_plugin_host) {
            // Another plugin's folder: nobody else's business.
            Err(PictureError::Status { url: url.to_string(), status: NOT_FOUND })
        } else {
            self.live.fetch(url).await
        };
        let is_of_plugin = |error: &PictureError| match error {
            PictureError::Private { .. } => true,
            PictureError::Status { .. } => url.host_str().is_some_and(is_plugin_host),
            _ => false,
        };
        match (&self.whose, found) {
            (Whose::Absent, Err(error)) if is_of_plugin(&error) => {
                Err(PictureError::PluginAbsent { url: url.to_string() })
            }
            (_, found) => found,
        }
    }
}

impl PictureSource for PluginPictures {
    fn fetch<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Picture, PictureError>> {
        Box::pin(self.find(url))
    }
}

fn picture(url: &Url, answer: Result<Response, NetError>) -> Result<Picture, PictureError> {
    let address = url.to_string();
    match answer {
        Ok(response) if response.status == 200 => {
            let content_type = response.header("content-type").unwrap_or_default().to_owned();
            Ok(Picture { bytes: response.body, content_type })
        }
        Ok(response) => Err(PictureError::Status { url: address, status: response.status }),
        Err(NetError::TooLarge { bytes_max, .. }) => Err(PictureError::TooLarge { url: address, limit: bytes_max }),
        Err(NetError::RefusedAddress { address: refused, what, .. }) => {
            Err(PictureError::Private { url: address, address: refused, what })
        }
        Err(NetError::BadUrl { .. }) => Err(PictureError::Scheme { url: address }),
        Err(NetError::FileNotFound { .. } | NetError::FileUnreadable { .. } | NetError::OutsideFolder { .. }) => {
            Err(PictureError::Status { url: address, status: NOT_FOUND })
        }
        Err(error) => Err(PictureError::Network { url: address, reason: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{EmbeddedFiles, Folder, Guard};

    static FILES: EmbeddedFiles = &[("shop.png", b"PNG")];

    async fn fetch(pictures: &PluginPictures, address: &str) -> Result<Picture, PictureError> {
        pictures.fetch(&Url::parse(address).unwrap()).await
    }

    #[tokio::test]
    async fn a_plugin_s_own_pictures_and_nobody_else_s() {
        let network = Arc::new(PluginNetwork::new(Guard::new()).with_folder(Folder::embedded("a", FILES)));
        let pictures = PluginPictures::new(Whose::Plugin(network), Arc::new(LivePictures::new(false).unwrap()));
        let found = fetch(&pictures, "http://a.plugin.invalid/shop.png").await.unwrap();
        assert_eq!((found.bytes.as_slice(), found.content_type.as_str()), (b"PNG".as_slice(), "image/png"));
        let missing = fetch(&pictures, "http://a.plugin.invalid/none.png").await.unwrap_err();
        assert!(matches!(missing, PictureError::Status { status: 404, .. }), "{missing}");
        let foreign = fetch(&pictures, "http://b.plugin.invalid/shop.png").await.unwrap_err();
        assert!(!foreign.is_transient(), "{foreign}");
        let private = fetch(&pictures, "http://127.0.0.1:1/x").await.unwrap_err();
        assert!(matches!(private, PictureError::Private { .. }), "{private}");
    }

    #[tokio::test]
    async fn what_only_a_plugin_may_show_waits_for_it() {
        let absent = PluginPictures::new(Whose::Absent, Arc::new(LivePictures::new(false).unwrap()));
        for address in ["http://a.plugin.invalid/shop.png", "http://127.0.0.1:1/x"] {
            let error = fetch(&absent, address).await.unwrap_err();
            assert!(matches!(error, PictureError::PluginAbsent { .. }), "{error}");
        }
        let person = PluginPictures::new(Whose::Person, Arc::new(LivePictures::new(false).unwrap()));
        let error = fetch(&person, "http://a.plugin.invalid/shop.png").await.unwrap_err();
        assert!(matches!(error, PictureError::Status { .. }), "{error}");
    }
}
