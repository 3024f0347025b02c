//! Who hears what happens while customers are served.

use std::time::Duration;

use super::house::Resident;
use super::place::Place;
use crate::engine::event_loop::Emission;
use crate::host::messages::Taken;
use crate::host::watch::Notice;

/// Whose page it is.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// The account, by app id.
    pub app_id: &'a str,
    /// Where it is.
    pub place: &'a Place,
    /// The customer.
    pub openid: &'a str,
    /// The plugin.
    pub resident: &'a Resident,
}

/// A turn that ended.
#[derive(Clone, Copy, Debug)]
pub struct Turned<'a> {
    /// Id of what the page was told; none: it did what was due.
    pub told: Option<&'a str>,
    /// How long it took.
    pub took: Duration,
}

/// Hears what pages do.
pub trait Witness: Send + Sync {
    /// Something a page gave out, and what became of it.
    fn emission(&self, visit: Visit<'_>, emission: &Emission, taken: &Taken);
    /// A turn ended.
    fn turn(&self, visit: Visit<'_>, turned: Turned<'_>);
    /// A page was opened; its number.
    fn opened(&self, visit: Visit<'_>) -> u64;
    /// A page could not be opened.
    fn not_opened(&self, visit: Visit<'_>);
    /// The page of this number is no more.
    fn closed(&self, page: u64);
    /// Worth a person's while.
    fn say(&self, notice: Notice);
}
