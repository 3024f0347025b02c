//! Work that others go before.

/// The least of all (setpriority(2)).
#[cfg(target_os = "linux")]
const LEAST: i32 = 19;

/// Whatever this thread does from now on, and the processes that it starts, have the processor when nobody else wants it.
#[cfg(target_os = "linux")]
pub fn yield_to_others() {
    // On Linux it is the thread's own (setpriority(2), C library differences). Without it the work is done all the same.
    let _ = rustix::process::setpriority_process(None, LEAST);
}

/// Elsewhere a priority is the whole process's.
#[cfg(not(target_os = "linux"))]
pub fn yield_to_others() {}
