//! A page's files: the document, the scripts it names, and what it loaded while it ran. Each is scanned.

use std::collections::BTreeSet;

use url::Url;

use super::markup::{self, Markup};
use super::recorder::{Exchange, Recorder};
use crate::base::limits::CLOCK_START_MS;
use crate::engine::lexer::Lines;
use crate::net::{Destination, NetError, Network as _, Request, Response, decode_html, decode_script};
use crate::page::Source;
use crate::webapi::catalogue::scan::{Manner, scan};
use crate::webapi::catalogue::{Api, Path};

/// A name that a file has, and where.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it names.
    pub api: &'static Api,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in UTF-16 code units.
    pub column: u32,
    /// Whether it is asked for rather than used.
    pub is_test: bool,
}

/// A file of the page.
#[derive(Clone, Debug)]
pub struct File {
    /// What it is called: its path in the plugin's folder, else its address.
    pub name: String,
    /// Its address.
    pub url: Url,
    /// Whether it is a library rather than the page's own.
    pub is_library: bool,
    /// What it names, in order.
    pub found: Vec<Found>,
    /// Why it could not be had.
    pub problem: Option<NetError>,
}

/// Files that are libraries by their names.
const LIBRARIES: [&str; 40] = [
    "angular",
    "artdialog",
    "avalon",
    "backbone",
    "bootstrap",
    "d3",
    "date-fns",
    "dayjs",
    "dojo",
    "echarts",
    "ember",
    "es5-shim",
    "ext-all",
    "fastclick",
    "framework7",
    "handlebars",
    "highcharts",
    "html5shiv",
    "jquery",
    "json2",
    "kissy",
    "knockout",
    "layer",
    "layui",
    "lodash",
    "moment",
    "mootools",
    "mustache",
    "my97",
    "polyfill",
    "prototype",
    "react",
    "require",
    "respond",
    "sea",
    "swiper",
    "underscore",
    "vue",
    "wdatepicker",
    "zepto",
];

/// Reads and scans the files of a page.
#[must_use]
pub fn gather(source: &Source, recorder: &Recorder) -> Vec<File> {
    let mut files = Vec::new();
    let (document_url, encoding) = match source {
        Source::Script(document, script) => {
            files.push(script_file(script, None, encoding_rs::UTF_8, recorder));
            (document.clone(), encoding_rs::UTF_8)
        }
        Source::Document(url) => match had(url, Destination::Document, recorder) {
            Err(problem) => return vec![File { problem: Some(problem), ..File::new(name_of(url, None), url) }],
            Ok(response) => {
                let (text, encoding) = decode_html(&response.body, response.header("content-type"));
                let markup = markup::read(&text);
                files.push(document_file(&response, &text, &markup));
                files.extend(scripts_of(&markup, &response.url, encoding, recorder));
                (response.url, encoding)
            }
        },
    };
    let mut seen: BTreeSet<String> = files.iter().map(|file| key(&file.url)).collect();
    seen.insert(key(&document_url));
    for exchange in recorder.exchanges() {
        if seen.insert(key(&exchange.url)) {
            files.extend(loaded_later(&exchange, encoding, recorder));
        }
    }
    files
}

/// An address as files are told apart by: a fragment is not sent.
fn key(url: &Url) -> String {
    url.as_str().split('#').next().unwrap_or_default().to_owned()
}

/// What the page loaded while it ran: a script or a piece of a document; data is none.
fn loaded_later(exchange: &Exchange, encoding: &'static encoding_rs::Encoding, recorder: &Recorder) -> Option<File> {
    let response = exchange.result.as_ref().ok()?;
    let is_html = response.header("content-type").is_some_and(|kind| kind.contains("html"));
    let file = match exchange.destination {
        Destination::Script => script_file(&exchange.url, None, encoding, recorder),
        Destination::Document | Destination::Xhr if is_html => {
            let (text, _) = decode_html(&response.body, response.header("content-type"));
            document_file(response, &text, &markup::read(&text))
        }
        Destination::Document
        | Destination::Style
        | Destination::Xhr
        | Destination::Stream(..)
        | Destination::Socket(..) => return None,
    };
    // Answers that only carry data are scripts too (JSONP).
    (!file.found.is_empty()).then_some(file)
}

/// An answer that came already, else one that is asked for now.
fn had(url: &Url, destination: Destination, recorder: &Recorder) -> Result<Response, NetError> {
    let exchanges = recorder.exchanges();
    let result = exchanges.into_iter().find(|exchange| exchange.url == *url && exchange.destination == destination);
    match result {
        Some(exchange) => exchange.result,
        None => recorder.fetch(Request::get(url.clone(), destination, CLOCK_START_MS)),
    }
    .and_then(Response::loaded)
}

fn scripts_of(
    markup: &Markup,
    document: &Url,
    encoding: &'static encoding_rs::Encoding,
    recorder: &Recorder,
) -> Vec<File> {
    let base = markup.base.as_deref().and_then(|base| document.join(base).ok()).unwrap_or_else(|| document.clone());
    let mut seen = BTreeSet::new();
    let addresses = markup.scripts.iter().filter_map(|(source, charset)| Some((base.join(source).ok()?, charset)));
    addresses
        .filter(|(url, _)| seen.insert(key(url)))
        .map(|(url, charset)| script_file(&url, charset.as_deref(), encoding, recorder))
        .collect()
}

fn script_file(
    url: &Url,
    charset: Option<&str>,
    encoding: &'static encoding_rs::Encoding,
    recorder: &Recorder,
) -> File {
    let response = match had(url, Destination::Script, recorder) {
        Ok(response) => response,
        Err(problem) => return File { problem: Some(problem), ..File::new(name_of(url, None), url) },
    };
    let text = decode_script(&response.body, response.header("content-type"), charset, encoding);
    let lines = Lines::of(&text);
    let found = scan(&text).into_iter().map(|sighting| place(&lines, sighting.api, sighting.at, sighting.manner));
    let found = found.collect();
    let file = File::new(name_of(url, Some(&response)), url);
    File { is_library: is_library(url, &text), found, ..file }
}

fn document_file(response: &Response, text: &str, markup: &Markup) -> File {
    let lines = Lines::of(text);
    let elements = markup.found.iter().map(|(api, at)| place(&lines, api, *at, Manner::Use));
    let mut found: Vec<Found> = elements.collect();
    for (code, start) in &markup.code {
        let sightings = scan(code).into_iter();
        found.extend(sightings.map(|sighting| place(&lines, sighting.api, start + sighting.at, sighting.manner)));
    }
    found.sort_by_key(|found| (found.line, found.column));
    File { found, ..File::new(name_of(&response.url, Some(response)), &response.url) }
}

impl File {
    fn new(name: String, url: &Url) -> Self {
        Self { name, url: url.clone(), is_library: false, found: Vec::new(), problem: None }
    }
}

fn place(lines: &Lines<'_>, api: &'static Api, at: usize, manner: Manner) -> Found {
    let (line, column) = lines.position(at);
    Found { api, line, column, is_test: manner == Manner::Test }
}

/// A file's path in the plugin's folder, else its address without query.
fn name_of(url: &Url, response: Option<&Response>) -> String {
    if let Some(file) = response.and_then(|response| response.file.as_ref()) {
        return file.to_string_lossy().into_owned();
    }
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// Whether a script is a library: by its file's name, or by a banner with a version.
fn is_library(url: &Url, text: &str) -> bool {
    let file = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let file = file.to_ascii_lowercase();
    let is_named = LIBRARIES.iter().any(|name| {
        let rest = file.strip_prefix(name);
        rest.is_some_and(|rest| {
            rest.starts_with(['.', '-', '_', '/']) || rest.starts_with(|c: char| c.is_ascii_digit())
        })
    });
    is_named || file.ends_with(".min.js") || text.trim_start().starts_with("/*!")
}

/// Whether the page itself has a function that the host calls.
#[must_use]
pub fn has_callback(files: &[File], name: &str) -> bool {
    files.iter().flat_map(|file| &file.found).any(|found| found.api.path() == Path::Callback(name))
}
