//! Where a customer is served: by pages of his own, and where an agent looks at messages before they go, at a seat.

use std::sync::Arc;

use ring::digest::{Context, SHA256};

use crate::event::Line;
use crate::host::acted::read;
use crate::wechat::push::{Inbound, PushEvent};

/// One agent's workplace, where customers share pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Its name.
    pub name: Arc<str>,
    /// Its customer-service account: messages go out as it, and pages are told it.
    pub kf_account: String,
}

/// Where pages are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A customer's own.
    Customer(Arc<str>),
    /// At the seat of this name.
    Seat(Arc<str>),
}

/// The pushes that say who serves a customer.
pub(super) const SESSION_EVENTS: &[&str] = &["kf_create_session", "kf_switch_session", "kf_close_session"];

/// The agent who serves a customer by the last of these pushes; none: WeChat chose nobody, or the session is over.
pub(super) fn agent(line: &Line) -> Option<String> {
    let push = read(&line.data)?;
    match push.inbound {
        Inbound::Event(PushEvent::KfCreateSession { kf_account }) => Some(kf_account),
        Inbound::Event(PushEvent::KfSwitchSession { to, .. }) => Some(to),
        _ => None,
    }
}

/// The seat of a customer: that of the agent whom WeChat chose, else each has the same one for as long as it is there, and one seat more or less moves only those
/// who go there or were there (rendezvous hashing: Thaler and Ravishankar, 1998).
pub(super) fn seat_of<'a>(seats: &'a [Seat], openid: &str, agent: Option<&str>) -> Option<&'a Seat> {
    let chosen = seats.iter().find(|seat| Some(seat.kf_account.as_str()) == agent);
    chosen.or_else(|| by_weight(seats, openid))
}

fn by_weight<'a>(seats: &'a [Seat], openid: &str) -> Option<&'a Seat> {
    seats.iter().max_by_key(|seat| (weight(&seat.name, openid), &seat.name))
}

fn weight(seat: &str, openid: &str) -> u64 {
    let mut context = Context::new(&SHA256);
    for part in [seat, openid] {
        context.update(&part.len().to_le_bytes());
        context.update(part.as_bytes());
    }
    let digest = context.finish();
    digest.as_ref().iter().take(8).fold(0, |weight, byte| weight << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(names: &[&str]) -> Vec<Seat> {
        let seat = |name: &&str| Seat { name: Arc::from(*name), kf_account: format!("{name}@gh") };
        names.iter().map(seat).collect()
    }

    #[test]
    fn customers_are_spread_and_stay_where_they_are() {
        let (three, four) = (seats(&["a", "b", "c"]), seats(&["d", "c", "b", "a"]));
        let mut counts = [0; 3];
        let mut moved = 0;
        for number in 0..3000 {
            let openid = format!("o{number}");
            let before = seat_of(&three, &openid, None).unwrap();
            let after = seat_of(&four, &openid, Some("x@gh")).unwrap();
            counts[three.iter().position(|seat| seat == before).unwrap()] += 1;
            if after != before {
                assert_eq!(&*after.name, "d", "{openid}");
                moved += 1;
            }
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
        assert!((650..850).contains(&moved), "{moved}");
        assert_eq!(seat_of(&[], "o1", None), None);
        assert_eq!(seat_of(&three, "o1", Some("b@gh")), Some(&three[1]));
        assert_eq!(seat_of(&three, "o2", Some("b@gh")), Some(&three[1]));
    }
}
