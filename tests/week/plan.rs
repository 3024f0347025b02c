//! What customers do in a week, by a seed.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// 2025-06-02T00:00:00Z, a Monday, at 08:00 in China.
pub const START_MS: i64 = 1_748_822_400_000;
/// A week later.
pub const END_MS: i64 = START_MS + 7 * 24 * HOUR_MS;
/// From when WeChat is busy, and to how many messages it says so.
pub const BUSY: i64 = START_MS + 10 * HOUR_MS + 15_000;
pub const BUSY_ANSWERS: u64 = 3;
/// When the token, which was just used and is about to be, ends before its time.
pub const TOKEN_ENDS: i64 = START_MS + 202 * MINUTE_MS + 15_000;
/// When the host is started again.
pub const RESTART: i64 = START_MS + 45 * HOUR_MS + 15_000;
/// When WeChat cannot be reached.
pub const AWAY: Range<i64> = START_MS + 60 * HOUR_MS + 15_000..START_MS + 84 * HOUR_MS + 15_000;
/// The day in China of which few messages may be sent.
pub const BUSY_DAY: Range<i64> = START_MS + 112 * HOUR_MS..START_MS + 136 * HOUR_MS;
/// So many.
pub const QUOTA: u64 = 40;
/// A late answer is not on the minute, as deeds are.
const LATE_MS: i64 = 30_000;
/// How long after a message of a customer he may be answered.
const WINDOW_MS: i64 = 48 * HOUR_MS;

/// Texts where one is in doubt.
pub const DOUBTED: usize = 6;
const CUSTOMERS: u64 = 50;
const DEEDS: usize = 360;

/// What a customer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Writes, and is answered at once.
    Text,
    /// By a picture.
    Picture,
    /// By a picture that is not there, and a text.
    Broken,
    /// By so many texts.
    Many(usize),
    /// After so many hours.
    Late(i64),
    /// By one text more than WeChat allows; its answer to the first one is lost.
    Doubted,
    /// No longer follows the account.
    Leaves,
    /// Follows it again.
    Returns,
    /// Has never done anything: an event about him is fired.
    IsFired,
}

/// Something done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub at: i64,
    pub openid: String,
    /// Tells it from all others.
    pub id: usize,
    pub what: What,
}

impl Deed {
    /// What he writes, which says how he wants to be answered.
    pub fn words(&self) -> String {
        let (what, count) = match self.what {
            What::Picture => ("picture", 1),
            What::Broken => ("broken", 1),
            What::Many(count) => ("text", count),
            What::Doubted => ("text", DOUBTED),
            What::Late(hours) => return format!("{} late {}", self.id, hours * HOUR_MS + LATE_MS),
            _ => ("text", 1),
        };
        format!("{} {what} {count}", self.id)
    }

    /// When he is answered.
    pub fn due(&self) -> i64 {
        match self.what {
            What::Late(hours) => self.at + hours * HOUR_MS + LATE_MS,
            _ => self.at,
        }
    }
}

/// A week.
pub struct Plan {
    /// In order of time.
    pub deeds: Vec<Deed>,
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// Some write often, most seldom.
    fn customer(&mut self) -> u64 {
        let bound = 1 + self.below(CUSTOMERS);
        self.below(bound)
    }

    fn what(&mut self) -> What {
        match self.below(100) {
            0..36 => What::Text,
            36..52 => What::Picture,
            52..57 => What::Broken,
            57..65 => What::Many(2 + self.below(6) as usize),
            65..80 => What::Late(1 + self.below(47) as i64),
            80..92 => What::Late(49 + self.below(50) as i64),
            _ => What::Leaves,
        }
    }
}

impl Plan {
    pub fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let minutes = (END_MS - START_MS) as u64 / MINUTE_MS as u64;
        let mut taken = HashSet::new();
        let first = |minute: i64, openid: &str, what| Deed {
            at: START_MS + minute * MINUTE_MS,
            openid: openid.to_owned(),
            id: 0,
            what,
        };
        let mut deeds = vec![
            first(1, "oDoubtful", What::Doubted),
            first(2, "oStranger", What::IsFired),
            first(3, "oGone", What::Late(5)),
            first(4, "oGone", What::Late(6)),
            first(5, "oGone", What::Leaves),
            first(46 * 60, "oPatient", What::Late(60)),
        ];
        deeds.extend((200..204).map(|minute| first(minute, "oDoubtful", What::Text)));
        taken.extend(deeds.iter().flat_map(|deed| [deed.at, deed.due()]));
        while deeds.len() < DEEDS {
            let at = START_MS + random.below(minutes) as i64 * MINUTE_MS;
            let openid = format!("oCustomer{}", random.customer());
            let deed = Deed { at, openid, id: 0, what: random.what() };
            // Nothing happens at the same time as something else, nor as what the host finds out a little later.
            let is_alone = |at: i64| is_calm(at) && is_calm(at + WINDOW_MS);
            if is_alone(at) && is_alone(deed.due()) && !taken.contains(&at) && !taken.contains(&deed.due()) {
                taken.extend([at, deed.due()]);
                deeds.push(deed);
            }
        }
        deeds.sort_by_key(|deed| deed.at);
        let mut left: HashMap<String, bool> = HashMap::new();
        for (id, deed) in deeds.iter_mut().enumerate() {
            deed.id = id;
            let left = left.entry(deed.openid.clone()).or_default();
            if std::mem::replace(left, deed.what == What::Leaves && !*left) {
                deed.what = What::Returns;
            }
        }
        Self { deeds }
    }

    /// Of the deeds, those that WeChat pushes.
    pub fn pushes(&self) -> usize {
        self.deeds.iter().filter(|deed| deed.what != What::IsFired).count()
    }
}

/// Whether nothing happens to the account at about that time.
fn is_calm(at: i64) -> bool {
    let borders = [TOKEN_ENDS, RESTART, AWAY.start, AWAY.end, BUSY_DAY.start, BUSY_DAY.end];
    borders.iter().all(|border| (at - border).abs() > 5 * MINUTE_MS)
}
