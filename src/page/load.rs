//! Opening a document: fetch, decode, parse, run its scripts; the same for every navigation.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use boa_engine::{Context, JsValue};
use boa_gc::{Gc, GcRefCell};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use super::driver::Source;
use super::turn::Page;
use crate::base::limits::DOCUMENT_BYTES_MAX;
use crate::dialect::echat::{self, EchatState};
use crate::dialect::mcs::{self, McsState};
use crate::dom::document::DocumentData;
use crate::dom::parse::DocumentParser;
use crate::dom::{Node, NodeRef, indicated, xml};
use crate::engine::context::{Parts, build};
use crate::engine::event_loop::Output;
use crate::engine::queued::{Loop, Owner};
use crate::event::Fault;
use crate::net::{
    Client, Destination, NetError, ReferrerPolicy, Request, Response, decode_html, decode_xml, looks_binary,
};
use crate::webapi::frame_window::{self, FrameApis};
use crate::webapi::window::{HistoryEntry, Navigation, ReadyState, Window};
use crate::webapi::{fetching, install, loading, scripting, window};

/// Why there is no page.
#[derive(Debug, Error, Serialize, Deserialize)]
pub enum LoadError {
    /// The document could not be had.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The document is too large to be markup.
    #[error("{url} has {bytes} bytes, more than the {DOCUMENT_BYTES_MAX} a page may have")]
    TooLarge {
        /// Its address.
        url: String,
        /// Its size.
        bytes: usize,
    },
    /// The engine could not be set up: a bug.
    #[error("the page's engine could not be set up: {0}")]
    Engine(String),
    /// Its process could not be had.
    #[error("the page's process could not be started: {0}")]
    Process(String),
    /// The system does not confine its process wholly, which the operator requires. What is missing, with the system's
    /// words.
    #[error("the page's process cannot be confined, which the configuration requires: {}", .0.join("; "))]
    Unconfined(Vec<String>),
    /// Its process died while it was loading.
    #[error("{}", .0.message())]
    Fault(Box<Fault>),
    /// The page's thread ended: a bug.
    #[error("the page ended while it was loading")]
    Ended,
}

impl LoadError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooLarge { .. } | Self::Net(NetError::TooLarge { .. }) => {
                Some("let the page fetch its data with XMLHttpRequest instead of containing it".to_owned())
            }
            Self::Net(error) => error.hint(),
            Self::Process(_) => Some("check the limits on processes and memory; `ulimit -a` shows them".to_owned()),
            Self::Unconfined(_) => Some(
                "let the container allow Landlock and seccomp, or set `confinement = \"warn\"` under [process] in duoke.toml"
                    .to_owned(),
            ),
            Self::Fault(_) => Some("a page may compute 5 s and use 256 MiB while it loads".to_owned()),
            Self::Engine(_) | Self::Ended => Some("please report this, with the page".to_owned()),
        }
    }
}

/// A document as it came: its text, what it is called, where it was read from.
pub(super) struct Fetched {
    pub(super) url: Url,
    pub(super) text: String,
    /// Its content type: that of HTML, or of XML.
    pub(super) kind: &'static str,
    pub(super) encoding: &'static str,
    file: Option<String>,
    referrer_policy: Option<ReferrerPolicy>,
}

impl Page {
    /// Opens the page's source.
    pub(super) fn open_source(&mut self) -> Result<(), LoadError> {
        let fetched = self.fetch_source()?;
        self.install_document(&fetched, String::new())
    }

    /// The document of the page's source.
    pub(super) fn fetch_source(&self) -> Result<Fetched, LoadError> {
        match self.options.source.clone() {
            Source::Document(url) => {
                self.fetch(Navigation { url, kind: crate::event::NavigateKind::Assign, body: None }, None)
            }
            Source::Script(document, script) => {
                let request = Request::get(script.clone(), Destination::Script, self.event_loop.clock().now());
                let _ = self.world.fetch(request, &self.event_loop).and_then(Response::loaded)?;
                let text = format!(
                    "<!DOCTYPE html><html><head></head><body><script src=\"{}\"></script></body></html>",
                    script.path().replace('&', "&amp;")
                );
                let kind = "text/html";
                Ok(Fetched { url: document, text, kind, encoding: "UTF-8", file: None, referrer_policy: None })
            }
        }
    }

    /// The document that a navigation leads to; `client` is the one that it leads away from.
    fn fetch(&self, navigation: Navigation, client: Option<Client>) -> Result<Fetched, LoadError> {
        let now = self.event_loop.clock().now();
        let mut request = Request { client, ..Request::get(navigation.url, Destination::Document, now) };
        if let Some((content_type, body)) = navigation.body {
            "POST".clone_into(&mut request.method);
            request.headers.push(("Content-Type".to_owned(), content_type));
            request.body = body;
        }
        let response = self.world.fetch(request, &self.event_loop)?.loaded()?;
        if response.body.len() > DOCUMENT_BYTES_MAX {
            return Err(LoadError::TooLarge { url: response.url.into(), bytes: response.body.len() });
        }
        let content_type = response.header("content-type").map(str::to_owned);
        if looks_binary(&response.body, content_type.as_deref()) {
            return Err(NetError::NotText { url: response.url.into() }.into());
        }
        let xml_type = content_type.as_deref().and_then(xml::xml_type);
        let decode = if xml_type.is_some() { decode_xml } else { decode_html };
        let (text, encoding) = decode(&response.body, content_type.as_deref());
        let file = response.file.as_ref().map(|path| path.to_string_lossy().into_owned());
        let referrer_policy = response.header("referrer-policy").and_then(ReferrerPolicy::of_header);
        let kind = xml_type.unwrap_or("text/html");
        Ok(Fetched { url: response.url, text, kind, encoding: encoding.name(), file, referrer_policy })
    }

    /// Goes where the page wanted to go. A document that cannot be had leaves the old one, with a fault.
    pub(super) fn navigate(&mut self, navigation: Navigation) {
        let address = navigation.url.to_string();
        let client = self.window.as_ref().map(|window| fetching::client(None, window));
        let loaded = self.fetch(navigation, client.clone()).and_then(|fetched| {
            let said = client.and_then(|client| client.referrer_policy.referrer(&client.url, &fetched.url));
            let referrer = said.unwrap_or_default();
            self.unload();
            self.install_document(&fetched, referrer)
        });
        if let Err(error) = loaded {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            let fault = Fault::Load { url: address, message: format!("{error}{hint}"), file: None };
            self.event_loop.emit(Output::Fault(fault));
        }
    }

    /// The old document goes: its events, then its timers, requests and engine.
    fn unload(&mut self) {
        if let Some(context) = &mut self.context {
            frame_window::leave_page(context);
        }
        self.event_loop.close();
        self.world.close_streams(self.event_loop.clock().now());
        self.world.abort_all();
        self.window = None;
        self.context = None;
        boa_gc::force_collect();
        self.event_loop.reopen();
    }

    fn install_document(&mut self, fetched: &Fetched, referrer: String) -> Result<(), LoadError> {
        let mut context = match self.blank.take() {
            Some(blank) => blank,
            None => self.make_context()?,
        };
        let document = Node::document(DocumentData::new(fetched.kind));
        indicated::await_fragment(&document, fetched.url.fragment());
        let parser = Rc::new(DocumentParser::new(&document, fetched.text.clone()));
        self.sources.add(fetched.url.as_str(), &fetched.text, fetched.file.clone());
        let mut window = self.make_window(&fetched.url, fetched.encoding, document);
        window.referrer = referrer;
        window.referrer_policy = fetched.referrer_policy;
        *window.parser.borrow_mut() = Some(parser);
        let window = Gc::new(window);
        Window::enter(&window, &context);
        mcs::install(McsState::new(self.told.clone(), self.world.settings.mcs), &mut context);
        context.insert_data(FrameApis(mcs::install_framed));
        if let Some(settings) = self.world.settings.echat.clone() {
            echat::install(Rc::new(EchatState::new(self.told.clone(), settings)), &mut context);
        }
        self.event_loop.set_document_url(fetched.url.as_str());
        self.window = Some(window);
        self.context = Some(context);
        self.parse_document();
        Ok(())
    }

    /// A context with everything that a page finds in its global scope, and the window of an empty document.
    pub(super) fn make_context(&self) -> Result<Context, LoadError> {
        let engine = |error: boa_engine::JsError| LoadError::Engine(error.to_string());
        let mut context = build(Parts {
            event_loop: self.event_loop.clone(),
            random: self.random.clone(),
            zone_offset_s: self.world.settings.zone_offset_s,
            make_global: window::make_global,
            report_error: window::report_error,
            report_rejection: window::report_rejection,
        })
        .map_err(engine)?;
        context.insert_data(self.sources.clone());
        let document = Node::document(DocumentData::new("text/html"));
        let blank = self.make_window(self.options.source.document_url(), "UTF-8", document);
        Window::enter(&Gc::new(blank), &context);
        install::install_all(&mut context).map_err(engine)?;
        Ok(context)
    }

    pub(super) fn make_window(&self, url: &Url, encoding: &'static str, document: NodeRef) -> Window {
        Window {
            document,
            url: RefCell::new(url.clone()),
            referrer: String::new(),
            referrer_policy: None,
            event_loop: Loop::new(self.event_loop.clone(), Owner::PAGE),
            world: self.world.clone(),
            ready_state: Cell::new(ReadyState::Loading),
            parser: RefCell::default(),
            scripts: scripting::Scripts::default(),
            active: GcRefCell::default(),
            current_event: GcRefCell::default(),
            navigation: RefCell::default(),
            history: RefCell::new((vec![HistoryEntry { url: url.clone(), state: JsValue::null() }], 0)),
            encoding,
            loaded_at: self.event_loop.clock().now(),
            framed: None,
            global: GcRefCell::default(),
        }
    }

    /// Parses to the end, then DOMContentLoaded (HTML §13.2.7, "the end").
    fn parse_document(&mut self) {
        let event_loop = self.event_loop.clone();
        let cause = event_loop.cause();
        let Some(context) = &mut self.context else { return };
        event_loop.run(cause.clone(), Box::new(scripting::parse), context);
        event_loop.run(cause.clone(), Box::new(loading::finish_parsing), context);
        event_loop.run(cause, Box::new(loading::content_loaded), context);
    }

    /// Fires `load` once nothing delays it. True where it did.
    pub(super) fn finish_loading(&mut self) -> bool {
        let (Some(window), Some(context)) = (self.window.clone(), &mut self.context) else { return false };
        let is_due = window.ready_state.get() == ReadyState::Interactive && !window.scripts.delay_load();
        if is_due {
            let cause = self.load_cause.clone();
            self.event_loop.run(cause, Box::new(loading::loaded), context);
        }
        is_due
    }
}
