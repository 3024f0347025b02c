//! What the console asks of whoever develops a plugin.

use serde_json::Value;

use crate::dom::mirror::View;
use crate::host::desk::Trouble;

/// A page's document as it was.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The seat.
    pub seat: String,
    /// The plugin.
    pub plugin: String,
    /// As HTML.
    pub html: String,
    /// As a mirror shows it.
    pub view: Option<View>,
}

/// Development of plugins (`src/console/API.md`, Development). None of it is called on a thread that others wait for.
pub trait Development: Send + Sync {
    /// Reloads, replays, the session so far.
    fn state(&self) -> Value;

    /// A recording's expected lines become what the page does now.
    ///
    /// # Errors
    /// There is none of this name, or it cannot be written.
    fn accept(&self, session: &str) -> Result<Value, Trouble>;

    /// A recording's difference is not shown until it is another one.
    ///
    /// # Errors
    /// There is none of this name.
    fn ignore(&self, session: &str, plugin: Option<&str>) -> Result<Value, Trouble>;

    /// As if the page had been saved.
    fn reload(&self);

    /// The session begins anew: fresh pages.
    fn restart(&self);

    /// The session so far becomes a recording of this name.
    ///
    /// # Errors
    /// The name is none, or taken, or nothing was recorded, or it cannot be written.
    fn record(&self, name: &str) -> Result<Value, Trouble>;

    /// Recordings with the stimuli that can be fired from them.
    fn sessions(&self) -> Value;

    /// The document as it was after the turn of the stimulus in this line of the log.
    ///
    /// # Errors
    /// That is not known any more, or cannot be replayed.
    fn document_after(&self, line: u64) -> Result<Moment, Trouble>;
}
