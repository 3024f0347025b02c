//! What is to become of it all, by WeChat's rules (wechat-api.md §1, Limits; those of 2025): a message goes out when it is
//! there, in order for each customer, unless WeChat is away, the day's messages are used up, or the customer's last doings
//! allow none; then it waits for that.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::plan::{AWAY, BUSY_ANSWERS, BUSY_DAY, DOUBTED, Deed, END_MS, Plan, QUOTA, RESTART, TOKEN_ENDS, What};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// How long a token, and a picture, is used: a little less than it lasts.
const TOKEN_MS: i64 = 2 * HOUR_MS - 4 * MINUTE_MS;
const MEDIA_MS: i64 = (3 * 24 - 1) * HOUR_MS;

/// A picture on a phone.
pub const PICTURE: &str = "(picture)";
/// One that is not there.
const NO_PICTURE: &str = "(no picture)";

/// A message that is no text.
pub fn picture(body: &Value) -> String {
    let is_missing = body.to_string().contains("missing.png");
    (if is_missing { NO_PICTURE } else { PICTURE }).to_owned()
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Sent,
    /// It went out, and WeChat's answer was lost.
    Unknown,
    /// WeChat does not know the customer.
    Stranger,
    /// What it was to show is not there.
    NoPicture,
    /// He follows the account no longer.
    Left,
    /// His last doings are too long past.
    Late,
    /// As many as they allow are sent.
    TooMany,
    /// One before it waits.
    Behind,
}

impl State {
    pub const ALL: [Self; 8] = [
        Self::Sent,
        Self::Unknown,
        Self::Stranger,
        Self::NoPicture,
        Self::Left,
        Self::Late,
        Self::TooMany,
        Self::Behind,
    ];
}

/// What the customer did last that lets the account write to him.
#[derive(Clone, Copy, Debug)]
struct Allowed {
    until: i64,
    left: u32,
}

#[derive(Default)]
struct Customer {
    is_known: bool,
    has_left: bool,
    /// A message of these was in doubt.
    has_doubtful: bool,
    message: Option<Allowed>,
    click: Option<Allowed>,
    /// Rows, and which wait.
    rows: Vec<(String, State)>,
    waits: VecDeque<usize>,
}

#[derive(Default)]
pub struct Expected {
    /// By customer, in order.
    pub rows: BTreeMap<String, Vec<(String, State)>>,
    pub had: BTreeMap<String, Vec<String>>,
    pub uploads: u64,
    pub tokens: i64,
    /// Messages that were there while the day's were used up, and while WeChat was away.
    pub waited_for_a_day: usize,
    pub waited_away: usize,
    /// That waited for a customer who then did something.
    pub waited_for_customer: usize,
    /// Answers that a page owed when the host was started again.
    pub lost: usize,
    customers: BTreeMap<String, Customer>,
    sent_in_day: u64,
    is_refused_for_the_day: bool,
    token_until: i64,
    media_until: i64,
    doubted: bool,
    too_many_by_wechat: u64,
}

enum Then<'a> {
    Deed(&'a Deed),
    Answer(&'a Deed),
    TokenEnds,
    /// Waiting ends.
    Goes,
}

impl Expected {
    pub fn of(plan: &Plan) -> Self {
        let mut expected = Self::default();
        let mut moments = vec![(TOKEN_ENDS, Then::TokenEnds), (AWAY.end, Then::Goes), (BUSY_DAY.end, Then::Goes)];
        for deed in &plan.deeds {
            moments.push((deed.at, Then::Deed(deed)));
            if deed.at < RESTART && RESTART < deed.due() {
                // The page that was to answer ended with the host: a timer so far ahead is no work that it owes.
                expected.lost += 1;
            } else if !matches!(deed.what, What::Leaves | What::Returns) && deed.due() < END_MS {
                moments.push((deed.due(), Then::Answer(deed)));
            }
        }
        // What is due at once comes behind its deed.
        moments.sort_by_key(|(at, _)| *at);
        for (at, then) in moments {
            match then {
                Then::Deed(deed) => expected.does(deed),
                Then::Answer(deed) => expected.answers(deed),
                Then::TokenEnds => expected.token_until = at,
                Then::Goes => {
                    let all: Vec<String> = expected.customers.keys().cloned().collect();
                    all.iter().for_each(|openid| expected.go(openid, at));
                }
            }
        }
        for (openid, customer) in std::mem::take(&mut expected.customers) {
            expected.rows.insert(openid, customer.rows);
        }
        expected.rows.retain(|_, rows| !rows.is_empty());
        expected
    }

    fn does(&mut self, deed: &Deed) {
        let customer = self.customers.entry(deed.openid.clone()).or_default();
        match deed.what {
            What::IsFired => return,
            What::Leaves => (customer.has_left, customer.message, customer.click) = (true, None, None),
            What::Returns => {
                customer.has_left = false;
                customer.click = Some(Allowed { until: deed.at + MINUTE_MS, left: 3 });
            }
            _ => customer.message = Some(Allowed { until: deed.at + 48 * HOUR_MS, left: 5 }),
        }
        customer.is_known = true;
        self.doubted = deed.what == What::Doubted;
        if deed.what != What::Leaves {
            if let Some(first) = customer.waits.front() {
                let state = &mut customer.rows[*first].1;
                self.waited_for_customer += usize::from(*state != State::Behind);
                *state = State::Behind;
            }
            self.go(&deed.openid, deed.at);
        }
    }

    fn answers(&mut self, deed: &Deed) {
        let text = |what: &str| format!("{} {} {what}", deed.openid, deed.id);
        let texts = match deed.what {
            What::Picture => vec![PICTURE.to_owned()],
            What::Broken => vec![NO_PICTURE.to_owned(), text("instead")],
            What::Doubted => (0..DOUBTED).map(|number| text(&number.to_string())).collect(),
            What::Many(count) => (0..count).map(|number| text(&number.to_string())).collect(),
            What::Late(_) => vec![text("late")],
            _ => vec![text("0")],
        };
        let at = deed.due();
        let is_away = AWAY.contains(&at);
        self.waited_away += texts.len() * usize::from(is_away);
        self.waited_for_a_day += texts.len() * usize::from(self.is_refused_for_the_day && BUSY_DAY.contains(&at));
        let customer = self.customers.entry(deed.openid.clone()).or_default();
        for text in texts {
            customer.waits.push_back(customer.rows.len());
            customer.rows.push((text, State::Behind));
        }
        self.go(&deed.openid, at);
    }

    /// What waits for a customer goes, as far as it may.
    fn go(&mut self, openid: &str, at: i64) {
        let customer = self.customers.get_mut(openid).unwrap();
        if BUSY_DAY.end <= at {
            self.is_refused_for_the_day = false;
        }
        while let Some(row) = customer.waits.front().copied() {
            if AWAY.contains(&at) || self.is_refused_for_the_day {
                return;
            }
            let (text, state) = &mut customer.rows[row];
            if *state != State::Behind {
                // It waits for what he does.
                return;
            }
            if let Some(closed) = customer_is_closed(customer.has_left, [customer.message, customer.click], at)
                .filter(|_| customer.is_known)
            {
                *state = closed;
                // The host does not know of one that counted.
                self.too_many_by_wechat += u64::from(std::mem::take(&mut customer.has_doubtful));
                return;
            }
            if text == NO_PICTURE {
                *state = State::NoPicture;
                customer.waits.pop_front();
                continue;
            }
            if self.token_until <= at {
                (self.token_until, self.tokens) = (at + TOKEN_MS, self.tokens + 1);
            }
            if text == PICTURE && self.media_until <= at {
                (self.media_until, self.uploads) = (at + MEDIA_MS, self.uploads + 1);
            }
            if BUSY_DAY.contains(&at) {
                if self.sent_in_day == QUOTA {
                    self.is_refused_for_the_day = true;
                    return;
                }
                self.sent_in_day += 1;
            }
            customer.waits.pop_front();
            if !customer.is_known {
                *state = State::Stranger;
                continue;
            }
            customer.has_doubtful |= self.doubted;
            *state = if std::mem::take(&mut self.doubted) { State::Unknown } else { State::Sent };
            let allowed = [&mut customer.message, &mut customer.click].into_iter().flatten();
            let live = allowed.filter(|allowed| at < allowed.until && allowed.left > 0);
            live.max_by_key(|allowed| allowed.until).unwrap().left -= 1;
            self.had.entry(openid.to_owned()).or_default().push(text.clone());
        }
    }

    pub fn total(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// Rows by [`State::ALL`].
    pub fn counts(&self) -> [usize; 8] {
        let rows = || self.rows.values().flatten();
        State::ALL.map(|state| rows().filter(|(_, is)| *is == state).count())
    }

    /// What WeChat refuses: the day's first message too many, the one to a stranger, the token that ended, and what comes while
    /// it is busy. What it would refuse besides, it is not asked for.
    pub fn errcodes(&self) -> Value {
        let mut errcodes = json!({"-1": BUSY_ANSWERS, "40003": 1, "42001": 1, "45009": 1});
        if self.too_many_by_wechat > 0 {
            errcodes["45047"] = self.too_many_by_wechat.into();
        }
        errcodes
    }
}

/// By which rule a customer may be sent nothing.
fn customer_is_closed(has_left: bool, allowed: [Option<Allowed>; 2], at: i64) -> Option<State> {
    if has_left {
        return Some(State::Left);
    }
    let live = || allowed.iter().flatten().filter(|allowed| at < allowed.until);
    match (live().next(), live().any(|allowed| allowed.left > 0)) {
        (_, true) => None,
        (Some(_), false) => Some(State::TooMany),
        (None, false) => Some(State::Late),
    }
}
