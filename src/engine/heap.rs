//! When the engine's heap is collected.
//!
//! boa collects when the boxes it has made exceed a threshold, and raises it where more than 70 of 100 bytes survive. It
//! counts neither the text and tables that boxes own nor what the rest of the program allocates, and its threshold starts
//! at 1 MB: with that a page that uses jQuery spends a fifth of its time collecting.

use std::cell::Cell;
use std::mem::MaybeUninit;

use boa_gc::{Finalize, Gc, Trace};

use crate::base::limits::{HEAP_GROWTH_BYTES, HEAP_RESERVE_BYTES};
use crate::base::memory;

/// Size of one box of the reserve: small enough for the stack of any thread.
const RESERVE_BOX_BYTES: usize = 64 * 1024;

/// A box that is large and empty: nothing writes to it, so it takes addresses and no memory.
#[derive(Trace, Finalize)]
struct Reserve(
    #[unsafe_ignore_trace]
    #[expect(dead_code, reason = "it is there to be counted, not to be read")]
    MaybeUninit<[u8; RESERVE_BOX_BYTES]>,
);

thread_local! {
    static LIVE_AFTER_COLLECTION: Cell<isize> = const { Cell::new(0) };
    static IS_RAISED: Cell<bool> = const { Cell::new(false) };
}

/// Raises this thread's threshold to at least [`HEAP_RESERVE_BYTES`].
pub fn raise_threshold() {
    if !IS_RAISED.replace(true) {
        reserve();
    }
}

/// Collects, and then lets [`HEAP_RESERVE_BYTES`] be allocated before the engine does so by itself. There is no call for
/// that, but the threshold rises where much survives: so boxes of that size live through a collection, and then go.
fn reserve() {
    boa_gc::force_collect();
    let boxes = HEAP_RESERVE_BYTES / RESERVE_BOX_BYTES;
    let reserve: Vec<Gc<Reserve>> = (0..boxes).map(|_| Gc::new(Reserve(MaybeUninit::uninit()))).collect();
    drop(reserve);
    boa_gc::force_collect();
}

/// Collects now.
pub fn collect() {
    boa_gc::force_collect();
    LIVE_AFTER_COLLECTION.set(memory::live_bytes());
}

/// Collects what forks of this process would otherwise share and each collect for itself. A collection in a fork copies
/// nearly all of its heap, for every object is marked: it does none before it has allocated something.
pub fn collect_before_forks() {
    reserve();
    LIVE_AFTER_COLLECTION.set(memory::live_bytes());
}

/// Collects where it may free more than it takes in a fork, whose objects it marks: there is nothing to be done for a
/// while.
pub fn collect_if_worth() {
    if memory::live_bytes() > LIVE_AFTER_COLLECTION.get() + HEAP_RESERVE_BYTES as isize {
        collect();
    }
}

/// Collects where the thread's heap has grown much since the last time: boa counts boxes, not the text in them.
pub fn collect_if_grown() {
    let live = memory::live_bytes();
    let base = LIVE_AFTER_COLLECTION.get();
    if live > base + HEAP_GROWTH_BYTES.max(base / 2) {
        collect();
    } else if live < base {
        LIVE_AFTER_COLLECTION.set(live);
    }
}
