//! A page: a function from stimuli to effects.
//!
//! - [`Page`] is one document after another in one engine: `load` opens and navigates, `turn`
//!   runs a stimulus until the page is idle, `ui` does what a person would do (`nearest` says what
//!   else he may have meant), `ahead` compiles a document's scripts
//!   before it is opened
//! - `looking` is what somebody who looks at a page is shown; `selector` finds a selector for what he points at
//! - [`driver`] is how a host drives a page without knowing where it runs; `thread` runs one on a thread of its own

mod ahead;
pub mod driver;
mod load;
mod looking;
mod nearest;
mod selector;
mod thread;
mod turn;
mod ui;

pub use driver::{CutShort, Driver, Look, Looked, Moment, Pace, PageOptions, Source, Storage, Tasks, Turn, TurnInput};
pub use load::LoadError;
pub use thread::PageThread;
pub use turn::{LOAD_CAUSE, Page};
