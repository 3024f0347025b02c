//! The mirror: what a page answers whoever looks at it, and what becomes of that in Chromium.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

#[path = "mirror/attacks.rs"]
mod attacks;
#[path = "mirror/bench.rs"]
mod bench;
mod chromium;
#[path = "mirror/looks.rs"]
mod looks;
mod page_bench;
mod process_bench;
#[path = "mirror/work.rs"]
mod work;
