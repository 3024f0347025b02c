//! boa, made a page's engine: context, event loop, replaced builtins, faults, binding helpers.

pub mod builtins;
