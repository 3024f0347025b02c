//! One file per Web API, over engine and dom.
//!
//! [`wrap`] makes nodes visible to script, [`window`] is the state behind the global object, [`world`] what a page can
//! learn from outside. Each other file is one interface or a few that belong together, named as their specs name them.
//! Shared by several of them: [`iterable`] (`for … of`, sequences, records), [`body`] and [`form_encoding`] (from values
//! to bytes), [`fetching`] (methods, faults of requests).

pub mod abort;
pub mod base64;
pub mod body;
pub mod element;
pub mod event;
pub mod event_types;
pub mod exception;
pub mod fetch;
pub mod fetching;
pub mod form_data;
pub mod form_encoding;
pub mod handlers;
pub mod headers;
pub mod html_interfaces;
pub mod iterable;
pub mod reflect;
pub mod request;
pub mod response;
pub mod scripting;
pub mod target;
pub mod url;
pub mod url_search_params;
pub mod window;
pub mod world;
pub mod wrap;
pub mod xhr;

#[cfg(test)]
mod testing;
