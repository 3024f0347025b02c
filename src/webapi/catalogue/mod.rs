//! What pages ask for by name, and what becomes of it here: one row for each API that a person who moves an old page
//! should know about. `duoke coverage` reads it to say whether a page will work; [`missing`](super::missing) reads it to
//! name what a failing script lacked.
//!
//! - [`globals`], [`members`], [`markup`], [`host`]: the rows by where their names stand
//! - [`legacy`]: what only old Internet Explorers had, each decided by its evidence
//! - [`scan`](mod@scan): finds the names in a script's text
//!
//! A test opens a page and asks it for every name, so a row that is no longer true fails by name; to mend it, change its
//! one word.

pub mod globals;
pub mod host;
pub mod legacy;
pub mod markup;
pub mod members;
pub mod scan;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// What becomes of an API here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Not here, and not to be.
    Missing,
    /// Not here yet.
    Planned,
    /// Here, and does less than its name says.
    Stub,
    /// Here.
    Works,
}

impl Status {
    /// Its word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Planned => "planned",
            Self::Stub => "stub",
            Self::Works => "works",
        }
    }

    /// Whether a page finds it.
    #[must_use]
    pub fn is_there(self) -> bool {
        matches!(self, Self::Stub | Self::Works)
    }
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its name as reports show it, which also says where it stands; see [`Path`].
    pub name: &'static str,
    /// What becomes of it.
    pub status: Status,
    /// Of a stub: what it does. Of what is missing or planned: what to do instead. Of what works: worth knowing, or empty.
    pub note: &'static str,
    /// Of a decision for legacy pages: on what it rests.
    pub evidence: &'static str,
    /// Of an old way: the new one, or empty. A script that names both only takes the old one where the new one is missing.
    /// [`ASKED_ONLY`] where there is nothing to take.
    pub modern: &'static str,
}

/// The new way of names that are only read to tell one browser from another.
pub const ASKED_ONLY: &str = "*";

const fn api(name: &'static str, status: Status, note: &'static str) -> Api {
    Api { name, status, note, evidence: "", modern: "" }
}

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path<'a> {
    /// `WebSocket`: a global.
    Global(&'a str),
    /// `navigator.geolocation`: a member that only this global's has.
    Member(&'a str, &'a str),
    /// `Element#attachEvent`: a member of an interface's instances whose name tells by itself.
    Instance(&'a str, &'a str),
    /// `MCS_ClientNotify()`: a function of the page that the host calls.
    Callback(&'a str),
    /// `<iframe>`, `<script type=module>`, `<!--[if IE]>`: markup.
    Markup(&'a str),
}

impl Api {
    /// Where its name stands.
    #[must_use]
    pub fn path(&self) -> Path<'static> {
        let name = self.name;
        if let Some(markup) = name.strip_prefix('<') {
            return Path::Markup(markup.trim_end_matches('>'));
        }
        if let Some(callback) = name.strip_suffix("()") {
            return Path::Callback(callback);
        }
        match (name.split_once('#'), name.split_once('.')) {
            (Some((interface, member)), _) => Path::Instance(interface, member),
            (None, Some((object, member))) => Path::Member(object, member),
            (None, None) => Path::Global(name),
        }
    }
}

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static Api> {
    [globals::ROWS, members::ROWS, host::ROWS, legacy::ROWS, markup::ROWS].into_iter().flatten()
}

/// The rows by the last part of their names; markup is not among them.
static BY_NAME: LazyLock<FxHashMap<&'static str, Vec<&'static Api>>> = LazyLock::new(|| {
    let mut table = FxHashMap::<_, Vec<_>>::default();
    for row in rows() {
        let (Path::Global(name) | Path::Member(_, name) | Path::Instance(_, name) | Path::Callback(name)) = row.path()
        else {
            continue;
        };
        table.entry(name).or_default().push(row);
    }
    table
});

/// The rows whose name ends so.
#[must_use]
pub fn named(name: &str) -> &'static [&'static Api] {
    BY_NAME.get(name).map(Vec::as_slice).unwrap_or_default()
}

/// The row of this name.
#[must_use]
pub fn row(name: &str) -> Option<&'static Api> {
    rows().find(|row| row.name == name)
}
