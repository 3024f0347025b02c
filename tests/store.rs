//! What is promised of everything on disk, on a disk that misbehaves.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

#[path = "store/disk/mod.rs"]
mod disk;
#[path = "store/disk_itself.rs"]
mod disk_itself;
