//! Pages at addresses: whether they are others now is asked now and then, by the validators that the server gave (RFC 9110 §8.8),
//! and where it gave none by what it answers. The page's own scripts and style sheets are watched with it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;

use ring::digest::{SHA256, digest};
use url::Url;

use crate::base::limits::REMOTE_LOOK_TIME;
use crate::net::{Credentials, Destination, Network, PluginNetwork, Request, Response, original_scripts};

/// Not another one: by its validator.
const NOT_MODIFIED: u16 = 304;

/// Watches pages at addresses until it is dropped.
pub struct Remote {
    _stop: SyncSender<()>,
}

/// What is known of an address.
#[derive(Default)]
struct Known {
    /// What is sent with the next question.
    validators: Vec<(String, String)>,
    digest: Option<Vec<u8>>,
}

impl Remote {
    /// Calls `changed` with the addresses that answer something else than before, as long as it returns `true`.
    pub fn watch(
        pages: Vec<(Url, Arc<PluginNetwork>)>,
        mut changed: impl FnMut(Vec<PathBuf>) -> bool + Send + 'static,
    ) -> Self {
        let (stop, stopped) = sync_channel(0);
        thread::spawn(move || {
            let mut known: Vec<HashMap<Url, Known>> = pages.iter().map(|_| HashMap::new()).collect();
            while stopped.recv_timeout(REMOTE_LOOK_TIME) == Err(RecvTimeoutError::Timeout) {
                let looked =
                    pages.iter().zip(&mut known).flat_map(|((page, network), known)| look(page, network, known));
                let others: Vec<PathBuf> = looked.map(|url| PathBuf::from(url.as_str())).collect();
                if !others.is_empty() && !changed(others) {
                    break;
                }
            }
        });
        Self { _stop: stop }
    }
}

/// Which addresses of a page answer something else than before.
fn look(page: &Url, network: &Arc<PluginNetwork>, known: &mut HashMap<Url, Known>) -> Vec<Url> {
    let mut changed = Vec::new();
    let mut scripts: Vec<Url> = known.keys().filter(|url| *url != page).cloned().collect();
    if let Some(answer) = ask(page, Destination::Document, network, known, &mut changed) {
        scripts = original_scripts(&answer);
        known.retain(|url, _| url == page || scripts.contains(url));
    }
    for script in scripts {
        ask(&script, Destination::Script, network, known, &mut changed);
    }
    changed
}

/// The answer, where it may be another one than the last. Who does not answer, or with an error, has not changed anything: the
/// next look will tell.
fn ask(
    url: &Url,
    destination: Destination,
    network: &Arc<PluginNetwork>,
    known: &mut HashMap<Url, Known>,
    changed: &mut Vec<Url>,
) -> Option<Response> {
    let before = known.entry(url.clone()).or_default();
    // Nobody but the server is to say what is there now.
    let mut headers = vec![("Cache-Control".to_owned(), "no-cache".to_owned())];
    headers.extend(before.validators.clone());
    let request = Request { headers, credentials: Credentials::Omit, ..Request::get(url.clone(), destination, 0) };
    let answer = network.fetch(request).ok()?;
    if answer.status == NOT_MODIFIED || !(200..300).contains(&answer.status) {
        return None;
    }
    let of = |name: &str, sent: &str| Some((sent.to_owned(), answer.header(name)?.to_owned()));
    before.validators =
        [of("etag", "If-None-Match"), of("last-modified", "If-Modified-Since")].into_iter().flatten().collect();
    let digest = digest(&SHA256, &answer.body).as_ref().to_vec();
    if before.digest.replace(digest.clone()).is_some_and(|before| before != digest) {
        changed.push(url.clone());
    }
    Some(answer)
}
