//! boa, made a page's engine.
//!
//! - [`context`]: a Context with our clock, hooks and builtins; [`clock`]: page time;
//!   [`heap`]: when it is collected
//! - [`event_loop`]: tasks, timers, microtasks, causes; [`queued`]: in which realm they run; [`emitted`]: what came out of them;
//!   [`jobs`]: boa's job executor and host hooks over it
//! - [`script`]: running a page's scripts at their place in their file; [`compiled`]: scripts compiled ahead; [`fault`]: what went wrong, with a code frame;
//!   [`lexer`]: a script's text as tokens
//! - [`modules`]: ES modules, their map and boa's loader; [`module_evaluation`]: linking and running them
//! - [`interface`]: tables of Web IDL interfaces; [`exotic`]: objects with computed properties; [`convert`]: values
//! - [`builtins`]: builtins that boa lacks or that hurt real pages

pub mod builtins;
pub mod clock;
pub mod compiled;
pub mod context;
pub mod convert;
pub mod emitted;
pub mod event_loop;
pub mod exotic;
pub mod fault;
pub mod heap;
pub mod interface;
pub mod jobs;
pub mod lexer;
mod meter;
pub mod module_evaluation;
pub mod modules;
mod name_search;
pub mod queued;
pub mod script;
mod unterminated;
