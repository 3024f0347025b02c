//! A page process that the system is about to end, because its stack overflowed or its code went astray, first says where
//! its page was last seen.

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::base::whereabouts;

/// Has crashes of this process reported.
pub(super) fn report_last_place() {
    // On the stack that the standard library keeps for this: the page's own may be full. Once only, so that what follows
    // is what the system does by itself.
    let flags = SaFlags::SA_ONSTACK | SaFlags::SA_RESETHAND | SaFlags::SA_NODEFER;
    let action = SigAction::new(SigHandler::Handler(on_crash), flags, SigSet::empty());
    for signal in [Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGABRT, Signal::SIGILL] {
        handle(signal, &action);
    }
}

#[expect(unsafe_code, reason = "a signal handler may only do what is safe there")]
fn handle(signal: Signal, action: &SigAction) {
    // SAFETY: the handler reads atomics and writes to a descriptor, which a signal handler may do. Where the system
    // refuses it the process ends without last words.
    let _ = unsafe { sigaction(signal, action) };
}

extern "C" fn on_crash(_: libc::c_int) {
    whereabouts::write();
}
