//! One file per Web API, over engine and dom.
//!
//! [`wrap`] makes nodes visible to script, [`window`] is the state behind the global object, [`world`] what a page can
//! learn from outside. Each other file is one interface or a few that belong together, named as their specs name them.
//! Shared by several of them: [`iterable`] (`for … of`, sequences, records), [`entry_list`] (`get`, `append` and the
//! like), [`body`] and [`form_encoding`] (from values to bytes), [`fetching`] (methods, faults of requests).
//! [`creation`]: what makes nodes.
//! [`catalogue`] lists what pages ask for, with what is missing.

pub mod abort;
pub mod activation;
pub mod autocorrect;
pub mod base64;
pub mod blob;
pub mod body;
pub mod catalogue;
pub mod character_data;
pub mod collection;
pub mod computed_style;
pub mod console;
pub mod console_format;
pub mod controls;
pub mod cookie;
pub mod creation;
pub mod crypto;
pub mod css;
pub mod dataset;
pub mod dialog;
pub mod dialogs;
pub mod document;
pub mod element;
pub mod elements;
pub mod entry_list;
pub mod event;
pub mod event_initializers;
mod event_members;
pub mod event_types;
pub mod exception;
pub mod fetch;
pub mod fetching;
pub mod file;
pub mod file_reader;
pub mod focus;
pub mod form_data;
pub mod form_element;
pub mod form_encoding;
pub mod gauges;
pub mod geometry;
pub mod handlers;
pub mod headers;
pub mod history;
pub mod html_element;
pub mod html_interfaces;
pub mod image;
pub mod implementation;
pub mod install;
pub mod iterable;
pub mod linked_sheets;
pub mod location;
pub mod media;
pub mod media_query_list;
pub mod message_port;
pub mod missing;
pub mod motion;
pub mod mutation;
pub mod mutation_observer;
pub mod named_access;
pub mod named_node_map;
pub mod navigator;
pub mod node;
pub mod object_url;
pub mod output;
pub mod parent_node;
pub mod performance;
pub mod performance_observer;
pub mod post_message;
pub mod range;
pub mod reflect;
pub mod report_error;
pub mod request;
pub mod response;
pub mod runtime;
pub mod scripting;
pub mod select;
pub mod selection;
pub mod speculative;
pub mod stepping;
pub mod storage;
pub mod structured_clone;
pub mod style;
pub mod style_sheet;
mod svg;
pub mod table_parts;
pub mod target;
#[cfg(test)]
mod testing;
pub mod text_encoding;
pub mod text_selection;
pub mod timers;
pub mod token_list;
pub mod traversal;
pub mod url;
pub mod url_search_params;
pub mod validity;
pub mod window;
pub mod world;
pub mod wrap;
pub mod xhr;
