//! What `duoke coverage` says, as data.

use serde_json::{Value, json};

use super::gather::{File, has_callback};
use super::recorder::{Exchange, Recorder};
use super::trial::{Seen, Trial};
use crate::base::limits::COVERAGE_PLACES_MAX;
use crate::event::Fault;
use crate::page::Source;
use crate::webapi::catalogue::{Api, Status};
use crate::webapi::missing;

/// Where a name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Whether it is asked for rather than used.
    pub is_test: bool,
    /// Whether the file is a library.
    pub is_library: bool,
}

/// An API that the page names.
#[derive(Clone, Debug)]
pub struct Named {
    /// Which.
    pub api: &'static Api,
    /// Every place, the page's own first.
    pub places: Vec<Place>,
    /// Whether each file that uses it asks first whether it is there.
    pub is_guarded: bool,
    /// Whether a script asked for it in vain when the page ran.
    pub is_touched: bool,
}

impl Named {
    /// Places in the page's own files, or in libraries.
    #[must_use]
    pub fn count(&self, in_libraries: bool) -> usize {
        self.places.iter().filter(|place| place.is_library == in_libraries).count()
    }

    /// Whether the page itself uses it without asking, or asked for it in vain when it ran.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.count(false) > 0 && !self.is_guarded || self.is_touched
    }
}

/// How it went, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It loads and was told a user without a fault.
    Runs,
    /// It loads; something went wrong.
    Faults,
    /// It does not load.
    NotLoaded,
    /// It was scanned only.
    NotRun,
}

impl Verdict {
    /// Its word in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Faults => "faults",
            Self::NotLoaded => "does_not_load",
            Self::NotRun => "not_run",
        }
    }
}

/// A page's coverage.
#[derive(Debug)]
pub struct Report {
    /// The PAGE argument.
    pub page: String,
    /// The document's address.
    pub url: String,
    /// Its files.
    pub files: Vec<File>,
    /// What they name: what is missing first.
    pub apis: Vec<Named>,
    /// What came of running it.
    pub trial: Option<Trial>,
    /// What it asked the network.
    pub exchanges: Vec<Exchange>,
}

/// Puts together what was found.
#[must_use]
pub fn report(page: &str, source: &Source, files: Vec<File>, trial: Option<Trial>, recorder: &Recorder) -> Report {
    let mut apis = named(&files);
    for named in &mut apis {
        let beginning = missing::beginning(named.api);
        named.is_touched = trial.iter().flat_map(|trial| &trial.warnings).any(|text| text.starts_with(&beginning));
    }
    let url = source.document_url().to_string();
    Report { page: page.to_owned(), url, files, apis, trial, exchanges: recorder.exchanges() }
}

fn named(files: &[File]) -> Vec<Named> {
    let mut apis: Vec<Named> = Vec::new();
    let (own, libraries): (Vec<&File>, Vec<&File>) = files.iter().partition(|file| !file.is_library);
    for file in own.into_iter().chain(libraries) {
        for found in &file.found {
            let at = apis.iter().position(|named| named.api == found.api).unwrap_or_else(|| {
                apis.push(Named { api: found.api, places: Vec::new(), is_guarded: true, is_touched: false });
                apis.len() - 1
            });
            apis[at].places.push(Place {
                file: file.name.clone(),
                line: found.line,
                column: found.column,
                is_test: found.is_test,
                is_library: file.is_library,
            });
            let is_tested = file.found.iter().any(|other| other.is_test && other.api == found.api);
            apis[at].is_guarded &= file.is_library || is_tested;
        }
    }
    apis.sort_by_key(|named| named.api.status);
    apis
}

impl Report {
    /// How it went.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match &self.trial {
            None if self.files.first().is_some_and(|file| file.problem.is_some()) => Verdict::NotLoaded,
            None => Verdict::NotRun,
            Some(trial) if trial.not_loaded.is_some() => Verdict::NotLoaded,
            Some(trial) if trial.ended || !trial.faults.is_empty() => Verdict::Faults,
            Some(_) => Verdict::Runs,
        }
    }

    /// APIs of this status that the page itself uses without asking.
    pub fn needed(&self, status: Status) -> impl Iterator<Item = &Named> {
        self.apis.iter().filter(move |named| named.api.status == status && named.is_needed())
    }

    /// Whether the page has the function that the client tells events.
    #[must_use]
    pub fn has_notify(&self) -> bool {
        has_callback(&self.files, "MCS_ClientNotify")
    }

    /// As one JSON object; its keys are documented in the command's help.
    #[must_use]
    pub fn json(&self) -> Value {
        let count = |status| self.needed(status).count();
        let guarded = self.apis.iter().filter(|named| !named.api.status.is_there() && !named.is_needed()).count();
        json!({
            "page": self.page,
            "url": self.url,
            "verdict": self.verdict().name(),
            "summary": {
                "missing": count(Status::Missing),
                "planned": count(Status::Planned),
                "stub": count(Status::Stub),
                "works": count(Status::Works),
                "guarded": guarded,
                "faults": self.trial.as_ref().map_or(0, |trial| trial.faults.len()),
            },
            "apis": self.apis.iter().map(api_json).collect::<Vec<_>>(),
            "files": self.files.iter().map(file_json).collect::<Vec<_>>(),
            "run": self.trial.as_ref().map(trial_json),
            "requests": self.exchanges.iter().map(exchange_json).collect::<Vec<_>>(),
        })
    }
}

fn api_json(named: &Named) -> Value {
    let place = |place: &Place| json!({ "file": place.file, "line": place.line, "column": place.column, "test": place.is_test });
    json!({
        "api": named.api.name,
        "status": named.api.status.name(),
        "note": named.api.note,
        "count": named.count(false),
        "count_in_libraries": named.count(true),
        "guarded": named.is_guarded,
        "touched": named.is_touched,
        "places": named.places.iter().take(COVERAGE_PLACES_MAX).map(place).collect::<Vec<_>>(),
    })
}

fn file_json(file: &File) -> Value {
    let problem = file.problem.as_ref();
    json!({
        "file": file.name,
        "url": file.url.as_str(),
        "library": file.is_library,
        "problem": problem.map(ToString::to_string),
        "hint": problem.and_then(crate::net::NetError::hint),
    })
}

fn trial_json(trial: &Trial) -> Value {
    let fault = |seen: &Seen| json!({ "type": seen.fault.type_name(), "count": seen.count, "data": seen.fault.data() });
    let told = &trial.told;
    json!({
        "loaded": trial.not_loaded.is_none(),
        "problem": trial.not_loaded.as_ref().map(|(problem, _)| problem),
        "hint": trial.not_loaded.as_ref().and_then(|(_, hint)| hint.as_deref()),
        "ended": trial.ended,
        "told": told,
        "effects": trial.effects,
        "faults": trial.faults.iter().map(fault).collect::<Vec<_>>(),
        "warnings": trial.warnings,
    })
}

fn exchange_json(exchange: &Exchange) -> Value {
    let result = exchange.result.as_ref();
    json!({
        "method": exchange.method,
        "url": exchange.url.as_str(),
        "status": result.ok().map(|response| response.status),
        "problem": result.err().map(ToString::to_string),
        "hint": result.err().and_then(crate::net::NetError::hint),
    })
}

/// What a fault says, and where.
#[must_use]
pub fn fault_text(fault: &Fault) -> (String, String) {
    let data = fault.data();
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    let what = match fault {
        Fault::Limit { limit, .. } => limit.clone(),
        Fault::Killed { reason, .. } => reason.clone(),
        Fault::Timeout { deadline_ms, .. } => format!("the turn took longer than {deadline_ms} ms"),
        _ => text("message"),
    };
    let place = fault.place().map(|place| {
        let file = place.file.clone().unwrap_or_else(|| place.url.clone());
        if place.line == 0 { file } else { format!("{file}:{}:{}", place.line, place.column) }
    });
    (what, place.unwrap_or_default())
}
