//! What the system is, and what it lets this user have.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

use super::{Check, State};
use crate::base::limits::page::PageLimits;
use crate::base::limits::{PAGE_DESCRIPTORS, PAGE_STACK_BYTES};

/// A resource limit: what holds, and how far it may be raised.
type Limit = (u64, u64);

/// Looks at this machine, on which this many pages are to run, held to these limits.
#[must_use]
pub fn checks(pages_wanted: u64, limits: &PageLimits) -> Vec<Check> {
    let limit = |resource| getrlimit(resource).unwrap_or((RLIM_INFINITY, RLIM_INFINITY));
    vec![
        system(),
        memory(memory_bytes(), pages_wanted, limits.memory_bytes),
        stack(limit(Resource::RLIMIT_STACK)),
        open_files(limit(Resource::RLIMIT_NOFILE), pages_wanted),
        loopback(),
    ]
}

fn system() -> Check {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let found = [OS, release.trim(), "on", ARCH].map(str::to_owned);
    let found = found.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if OS == "linux" {
        return Check::ok("system", found);
    }
    let hint = "pages are confined and forked on Linux only: run pages that you trust, or run duoke on Linux";
    Check::not_ok("system", State::Warning, found, hint)
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    /// What there is.
    pub(super) total: u64,
    /// What nobody uses.
    pub(super) available: u64,
}

pub(super) fn memory(memory: Option<Memory>, pages_wanted: u64, page_bytes: u64) -> Check {
    const NAME: &str = "memory";
    let Some(Memory { total, available }) = memory else {
        return Check::ok(NAME, "this system does not say how much there is");
    };
    let page = bytes(page_bytes);
    let found = format!("{} of {} available; a page may use up to {page}", bytes(available), bytes(total));
    if total < page_bytes {
        let hint = "give the machine or the container more memory, or pages die before they reach their bound";
        Check::not_ok(NAME, State::Failed, found, hint)
    } else if available < page_bytes.saturating_mul(pages_wanted) {
        let hint = format!("free memory: {pages_wanted} at their bound do not fit");
        Check::not_ok(NAME, State::Warning, found, hint)
    } else {
        Check::ok(NAME, found)
    }
}

/// The memory of the machine, or of the control group where that is less (cgroups(7)).
fn memory_bytes() -> Option<Memory> {
    let machine = of_meminfo(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let number = |path: &Path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let mut least = machine;
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else { continue };
        let (root, max, used) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max", "memory.current"),
            "memory" => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
            _ => continue,
        };
        // A group is bounded by those above it too.
        for group in Path::new(group.trim_start_matches('/')).ancestors() {
            let folder = Path::new(root).join(group);
            if let Some(max) = number(&folder.join(max)) {
                let used = number(&folder.join(used)).unwrap_or(0);
                least.total = least.total.min(max);
                least.available = least.available.min(max.saturating_sub(used));
            }
        }
    }
    Some(least)
}

/// `/proc/meminfo` (proc(5)).
pub(super) fn of_meminfo(text: &str) -> Option<Memory> {
    let kilobytes = |name: &str| -> Option<u64> {
        let value = text.lines().find_map(|line| line.strip_prefix(name))?;
        value.trim().trim_end_matches("kB").trim().parse().ok()
    };
    Some(Memory { total: kilobytes("MemTotal:")? * 1024, available: kilobytes("MemAvailable:")? * 1024 })
}

pub(super) fn stack((soft, hard): Limit) -> Check {
    const NAME: &str = "stack";
    let page = PAGE_STACK_BYTES as u64;
    let found = format!("{}, may be raised to {}; a page needs {}", bytes(soft), bytes(hard), bytes(page));
    if hard >= page {
        return Check::ok(NAME, found);
    }
    let hint = "raise the hard limit (`ulimit -Hs unlimited`, or LimitSTACK= of a systemd unit): pages cannot be forked \
                under it, and are started and loaded afresh";
    Check::not_ok(NAME, State::Warning, found, hint)
}

pub(super) fn open_files((soft, hard): Limit, pages_wanted: u64) -> Check {
    const NAME: &str = "open_files";
    let number = |limit| if limit == RLIM_INFINITY { "unlimited".to_owned() } else { format!("{limit}") };
    let fit = hard / PAGE_DESCRIPTORS;
    let pages = if hard == RLIM_INFINITY { "any number of".to_owned() } else { format!("about {fit}") };
    let found = format!("{}, may be raised to {}: {pages} pages fit", number(soft), number(hard));
    if fit >= pages_wanted {
        return Check::ok(NAME, found);
    }
    let hint = "raise the hard limit (`ulimit -Hn`, or LimitNOFILE= of a systemd unit)";
    let state = if fit == 0 { State::Failed } else { State::Warning };
    Check::not_ok(NAME, state, found, hint)
}

fn loopback() -> Check {
    const NAME: &str = "loopback";
    match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
        Ok(_) => Check::ok(NAME, "a port can be bound"),
        Err(error) => {
            let hint = "`duoke demo` and `duoke sandbox` listen on 127.0.0.1: let this user bind a port there";
            Check::not_ok(NAME, State::Failed, format!("no port can be bound: {error}"), hint)
        }
    }
}

/// `256 MiB`
fn bytes(bytes: u64) -> String {
    if bytes == RLIM_INFINITY { "unlimited".to_owned() } else { format!("{} MiB", bytes / (1024 * 1024)) }
}
