//! The console of a host, as the configuration has it.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use super::plugins::fail;
use crate::config::duoke::CONSOLE_OFF;
use crate::config::{Origin, Setting};
use crate::console::{Console, Running, Setting as Workbench};
use crate::host::serve::Operations;
use crate::host::{Notice, Watch as _};

/// Where it listens, until it is dropped, `beside` the host that is taken over from; none: nobody wants one. A host runs without where nobody named an address and
/// the default is taken: another host may be there.
pub(super) fn console(
    listen: &Setting<String>,
    (operations, workbench): (&Arc<Operations>, Option<Workbench>),
    beside: bool,
    runtime: &Handle,
    output: &mut Output,
) -> Result<Option<Running>, Exit> {
    if listen.value == CONSOLE_OFF {
        return Ok(None);
    }
    let address = listen.value.parse().map_err(|_| {
        let notice = Notice::error(format!("console.listen {} is not an address and a port", listen.value));
        fail(output, notice, Exit::Configuration)
    })?;
    match runtime.block_on(Console::start(address, beside, operations.clone(), workbench)) {
        Ok(running) => {
            if !running.address.ip().is_loopback() {
                let text = format!("the console at {} is not of this machine alone", running.address);
                let hint = "whoever reaches it reads the metrics, and the workbench's token goes over the wire as it is: a firewall \
                            says who may, a proxy adds TLS";
                output.say(Notice::note(text).with_hint(Some(hint)));
            }
            Ok(Some(running))
        }
        Err(error) if listen.origin == Origin::Default => {
            let text = format!("there is no console: {error}");
            output.say(Notice::warning(text).with_hint(Some(error.hint())));
            Ok(None)
        }
        Err(error) => {
            let notice = Notice::error(format!("the console: {error}")).with_hint(Some(error.hint()));
            Err(fail(output, notice, Exit::Environment))
        }
    }
}
