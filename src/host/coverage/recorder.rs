//! A page's network that keeps what was asked and answered.

use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use crate::net::{CookieJar, Destination, NetError, Network, PluginNetwork, Replied, Reply, Request, Response};

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The address.
    pub url: Url,
    /// What for.
    pub destination: Destination,
    /// The answer.
    pub result: Result<Response, NetError>,
}

/// Passes requests on and keeps the answers. One request is under way at a time.
pub struct Recorder {
    network: Arc<PluginNetwork>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Recorder {
    /// Over a plugin's network.
    #[must_use]
    pub fn new(network: Arc<PluginNetwork>) -> Self {
        Self { network, exchanges: Mutex::default() }
    }

    /// The page's cookies.
    #[must_use]
    pub fn cookies(&self) -> &Arc<CookieJar> {
        self.network.cookies()
    }

    /// What was asked so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Network for Recorder {
    fn fetch(&self, request: Request) -> Result<Response, NetError> {
        let (method, url, destination) = (request.method.clone(), request.url.clone(), request.destination);
        let result = self.network.fetch(request);
        let exchange = Exchange { method, url, destination, result: result.clone() };
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        result
    }

    fn start(&self, id: u64, request: Request, reply: Reply) {
        // A page that is gone needs no answer.
        drop(reply.send(Replied::now(id, self.fetch(request))));
    }
}
