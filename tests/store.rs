//! What is promised of everything on disk, on a disk that misbehaves.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

#[path = "store/agreement.rs"]
mod agreement;
#[path = "store/away.rs"]
mod away;
#[path = "store/crashes.rs"]
mod crashes;
#[path = "store/damaged.rs"]
mod damaged;
#[path = "store/disk/mod.rs"]
mod disk;
#[path = "store/disk_itself.rs"]
mod disk_itself;
#[path = "store/model.rs"]
mod model;
#[path = "store/schemas.rs"]
mod schemas;

/// How many random cases a test plays: `DUOKE_TEST_SEEDS` has more played.
fn cases(usually: u64) -> u64 {
    std::env::var("DUOKE_TEST_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(usually)
}
