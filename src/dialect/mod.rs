//! The plugin APIs a page talks to.
