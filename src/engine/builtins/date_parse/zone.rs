//! `UTC(t)` (ECMA-262 §21.4.1.26) in the zone of the host.

use boa_engine::context::HostHooks;

use super::fields::DAY_MS;

/// The time value of a local time, both in milliseconds. Of two readings the earlier counts; a local time that
/// clocks skip is read with the offset from before.
pub(super) fn utc_of_local(local: i64, hooks: &dyn HostHooks) -> i64 {
    let offset = |utc: i64| i64::from(hooks.local_timezone_offset_seconds(utc.div_euclid(1000))) * 1000;
    let before = offset(local - DAY_MS);
    let after = offset(local + DAY_MS);
    if before != after && offset(local - before) == after && offset(local - after) == after {
        return local - after;
    }
    local - before
}
