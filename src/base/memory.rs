//! Counting what this thread's heap holds. The binary installs [`CountingAllocator`]; where nobody does, the count is 0.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counting bytes by thread. Memory freed by another thread than the one that allocated it
/// moves the counts apart; pages keep to their thread.
pub struct CountingAllocator;

/// Bytes a thread may have allocated; 0 for any number.
static CEILING: AtomicIsize = AtomicIsize::new(0);

/// Allocations by which [`give_back`] has free pieces sorted: enough for a heap of 64 MiB in pieces of 200 bytes.
const SORTINGS: usize = 32;
/// Larger than any free piece, and smaller than what is mapped by itself (128 KiB).
const LARGE_BYTES: usize = 120 * 1024;

/// The exit code of a process that allocated more than [`set_ceiling`] allows.
pub const OVER_CEILING_CODE: i32 = 77;

/// From now on a thread that has allocated more ends the process, with [`OVER_CEILING_CODE`].
pub fn set_ceiling(bytes: u64) {
    CEILING.store(isize::try_from(bytes).unwrap_or(isize::MAX), Ordering::Relaxed);
}

/// What [`set_ceiling`] allows, where it was called.
#[must_use]
pub fn ceiling() -> Option<u64> {
    u64::try_from(CEILING.load(Ordering::Relaxed)).ok().filter(|bytes| *bytes > 0)
}

/// Gives memory that is free back to the system, where the allocator can, and has it sort what it keeps: otherwise the
/// first large allocation does, and in a fork copies every page with a free piece for it.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "malloc_trim has no conditions")]
    // SAFETY: it works on the allocator's own free memory.
    unsafe {
        nix::libc::malloc_trim(0);
    }
    // glibc sorts its free pieces when it looks for one that is not there, at most 10,000 at a time (malloc.c, MAX_ITERS).
    for _ in 0..SORTINGS {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE_BYTES)));
    }
}

/// Bytes this thread has allocated and not freed.
#[must_use]
pub fn live_bytes() -> isize {
    LIVE.get()
}

fn count(bytes: usize, sign: isize) {
    // While a thread ends its cell is gone; what it then frees is not counted.
    let _ = LIVE.try_with(|live| {
        let now = live.get() + sign * isize::try_from(bytes).unwrap_or(isize::MAX / 2);
        live.set(now);
        let ceiling = CEILING.load(Ordering::Relaxed);
        if ceiling != 0 && now > ceiling && sign > 0 {
            end_over_ceiling();
        }
    });
}

/// Nothing that allocates may run here, so the exit is the system's own.
#[cold]
#[expect(unsafe_code, reason = "_exit has no conditions; nothing runs after it")]
fn end_over_ceiling() -> ! {
    super::whereabouts::write();
    unsafe { nix::libc::_exit(OVER_CEILING_CODE) }
}

#[expect(unsafe_code, reason = "an allocator is unsafe by its nature; every call goes to the system's")]
// SAFETY: every method hands its arguments unchanged to `System`, which upholds the contract.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size, 1);
        count(layout.size(), -1);
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}
