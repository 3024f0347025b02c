//! One file per Web API, over engine and dom.
//!
//! [`wrap`] makes nodes visible to script, [`window`] is the state behind the global object, [`world`] what a page can
//! learn from outside. Each other file is one interface or a few that belong together, named as their specs name them.

pub mod computed_style;
pub mod console;
pub mod console_format;
pub mod cookie;
pub mod css_properties;
pub mod dialogs;
pub mod element;
pub mod event;
pub mod event_types;
pub mod exception;
pub mod geometry;
pub mod handlers;
pub mod history;
pub mod html_interfaces;
pub mod location;
pub mod navigator;
pub mod reflect;
pub mod scripting;
pub mod storage;
pub mod style;
pub mod target;
#[cfg(test)]
mod testing_h6;
pub mod timers;
pub mod window;
pub mod world;
pub mod wrap;
pub mod xhr;
