//! How a command is ended from outside.

use std::future::pending;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::exit::Exit;
use crate::outbox::Outbox;
use crate::regress::bundle;

/// Ends at Ctrl-C. Listens from the call on, inside of a runtime; where that is not possible the system's own way ends
/// the process.
pub(super) fn interrupted() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    return received(tokio::signal::unix::SignalKind::interrupt());
    #[cfg(not(unix))]
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending().await
        }
    }
}

/// Ends when the system asks the process to end. As [`interrupted`].
pub(super) fn terminated() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    return received(tokio::signal::unix::SignalKind::terminate());
    #[cfg(not(unix))]
    pending()
}

/// Ends when the terminal has gone, which tells a host to read its configuration again. As [`interrupted`].
pub(super) fn hung_up() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    return received(tokio::signal::unix::SignalKind::hangup());
    #[cfg(not(unix))]
    pending()
}

#[cfg(unix)]
fn received(kind: tokio::signal::unix::SignalKind) -> impl Future<Output = ()> + Send + 'static {
    let signal = tokio::signal::unix::signal(kind);
    async {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => pending().await,
        }
    }
}

/// What a process ends with that was asked to end, as shells have it: 128 and the number of SIGTERM (signal(7)).
const TERMINATED: i32 = 128 + 15;

/// Ends the process when it is interrupted or asked to end: whatever a command prints is whole by then, and no bundle stays
/// unpacked.
pub(super) fn exit_when_interrupted(runtime: &Handle) {
    let inside = runtime.enter();
    let (interrupted, terminated) = (interrupted(), terminated());
    drop(inside);
    runtime.spawn(async {
        let code = tokio::select! {
            () = interrupted => Exit::Interrupted.code().into(),
            () = terminated => TERMINATED,
        };
        let _kept = bundle::remove_unpacked();
        std::process::exit(code);
    });
}

/// Ends the process when it is interrupted or asked to end, once what is on the wire is done. Whatever else is under way
/// is on disk as far as it got. The second time it ends at once. What is returned has the store until it is ended.
pub(super) fn stop_when_interrupted(runtime: &Handle, outbox: Outbox) -> JoinHandle<()> {
    let inside = runtime.enter();
    let (first, terminated) = (interrupted(), terminated());
    drop(inside);
    runtime.spawn(async move {
        tokio::select! {
            () = first => {}
            () = terminated => {}
        }
        // From now on: who listens already hears the first one.
        let second = interrupted();
        tokio::select! {
            () = outbox.stop() => {}
            () = second => {}
        }
        std::process::exit(Exit::Interrupted.code().into());
    })
}
