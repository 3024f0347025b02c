//! The account's IP whitelist, which stands before the calls that take the secret (wechat-api.md §1, Limits).

use std::net::IpAddr;

use super::{answer::Answer, world::World};

/// The refusal of a call from an address that is not listed; WeChat names the address that it saw (40164: WxJava#3199,
/// 61004: with `requestIP`).
pub(super) fn refused(world: &mut World, from: IpAddr) -> Option<Answer> {
    if world.config.whitelist.as_ref().is_none_or(|listed| listed.contains(&from)) {
        return None;
    }
    let code = world.config.profile.ip_refused;
    let phrase = match (code, from) {
        (61004, from) => format!("access clientip is not registered requestIP: {from}"),
        (_, IpAddr::V4(from)) => format!("invalid ip {from} ipv6 ::ffff:{from}, not in whitelist"),
        (_, IpAddr::V6(from)) => format!("invalid ip {from}, not in whitelist"),
    };
    Some(Answer::worded(code, &phrase, &world.rid()))
}
