//! `--takeover`: this host goes on where one that runs ends, at the same addresses and on the same state.

use std::net::SocketAddr;
use std::path::Path;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;

use super::super::exit::Exit;
use super::super::output::Output;
use super::super::plugins::fail;
use super::super::state;
use crate::base::clock::Stopwatch;
use crate::base::limits::{STATE_LOOK, TAKEOVER_PATIENCE};
use crate::host::control::{Held, ask_and_hold};
use crate::host::desk::{Request, TroubleKind};
use crate::host::serve::AccountSetup;
use crate::host::{Notice, Watch as _};
use crate::store::{StateFolder, StoreErrorKind};
use crate::wechat::callback::{Callback, CallbackError};

/// Has the host of a folder end. What is certain to fail fails before: then that one goes on. The folder, and what
/// listens at the addresses of these accounts from the moment that it let go of them.
pub(super) fn take_over(
    folder: &Path,
    accounts: &[AccountSetup],
    runtime: &Handle,
    output: &mut Output,
) -> Result<(StateFolder, Vec<(SocketAddr, TcpListener)>), Exit> {
    let _inside = runtime.enter();
    let failed = |error: CallbackError, output: &mut Output| {
        let notice = Notice::error(error.to_string()).with_hint(Some(error.hint()));
        fail(output, notice, Exit::Environment)
    };
    let sockets = bind(accounts).map_err(|error| failed(error, output))?;
    let (taken, held) = wait(folder, output)?;
    let listeners = sockets.into_iter().map(|(address, socket)| Ok((address, Callback::listen(address, socket)?)));
    let listeners = listeners.collect::<Result<Vec<_>, _>>().map_err(|error| failed(error, output))?;
    // Until now the other one listened.
    drop(held);
    let since = Stopwatch::start();
    let taken = match taken {
        Some(taken) => taken,
        None => loop {
            match StateFolder::take(folder) {
                Ok(taken) => break taken,
                Err(error) if error.kind == StoreErrorKind::InUse && since.elapsed() < TAKEOVER_PATIENCE => {
                    std::thread::sleep(STATE_LOOK);
                }
                Err(error) => return Err(fail(output, state::notice(&error), Exit::Environment)),
            }
        },
    };
    Ok((taken, listeners))
}

/// The addresses, port 0 apart.
fn bind(accounts: &[AccountSetup]) -> Result<Vec<(SocketAddr, TcpSocket)>, CallbackError> {
    let mut bound: Vec<(SocketAddr, TcpSocket)> = Vec::new();
    for address in accounts.iter().filter_map(|account| Some(account.callback.as_ref()?.listen)) {
        if address.port() != 0 && bound.iter().all(|(known, _)| *known != address) {
            bound.push((address, Callback::bind(address, true)?));
        }
    }
    Ok(bound)
}

/// Asks the host that runs to end, and waits until it is about to: it does not before it is let go of. The folder, where
/// none runs.
fn wait(folder: &Path, output: &mut Output) -> Result<(Option<StateFolder>, Option<Held>), Exit> {
    let since = Stopwatch::start();
    loop {
        match ask_and_hold(folder, &Request::End {}) {
            Ok(Some((answer, held))) => {
                let process = answer.items.first().map_or_else(String::new, |item| item["process"].to_string());
                output.say(Notice::note(format!("process {process} hands over")));
                return Ok((None, Some(held)));
            }
            // It does not hear yet or any more, or takes its time.
            Ok(None) => {}
            Err(trouble) if trouble.kind == TroubleKind::Store => {}
            Err(trouble) => {
                state::say(trouble, output);
                return Err(Exit::Environment);
            }
        }
        match StateFolder::take(folder) {
            Ok(taken) => return Ok((Some(taken), None)),
            Err(error) if error.kind == StoreErrorKind::InUse && since.elapsed() < TAKEOVER_PATIENCE => {
                std::thread::sleep(STATE_LOOK);
            }
            Err(error) => return Err(fail(output, state::notice(&error), Exit::Environment)),
        }
    }
}
