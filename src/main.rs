//! The `duoke` command.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use duoke::base::memory::CountingAllocator;
use duoke::cli::{self, Exit};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == duoke::process::PAGE_COMMAND) {
        return duoke::process::page::main();
    }
    // A panic is our bug; its message is on standard error.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Bug).into()
}

fn run() -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cli::no_runtime(&error),
    };
    let exit = cli::run(std::env::args_os(), runtime.handle());
    // Whoever is still connected is cut off.
    runtime.shutdown_background();
    exit
}
