//! Random actions and power cuts, on the store and on a simple model of it: they agree after each.
//!
//! An action that was under way when the power went may have happened or not; whatever was answered before has.

use std::collections::HashMap;
use std::path::Path;

use duoke::store::{
    AccountId, Attempt, AttemptEnd, Change, Commit, Filter, Interrupted, Key, OnUnknown, OpenOptions, Release, Row,
    Scope, Settled, SqliteStore, State, StateFolder, Store, StoreError, Way, WayChange, WindowChange,
};
use duoke::wechat::{Call, Content};
use tempfile::TempDir;

use super::disk::{self, Disk, Failure, Unsynced};
use super::model::{Message, Model, Outcome};

const CUSTOMERS: [&str; 4] = ["oA", "oB", "oC", "oD"];

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// Something that can be done to both.
#[derive(Clone, Debug)]
enum Action {
    Push(Message, Row),
    OnWire(Row),
    Settle(Row, u32, Outcome, i64),
    Release(Option<&'static str>),
    Person(String, Change),
}

struct Bench {
    random: Random,
    folders: Vec<TempDir>,
    disk: Disk,
    store: SqliteStore,
    account: AccountId,
    model: Model,
    /// Rows between `due` and their end; `created` is when they were taken.
    flying: Vec<Row>,
    /// How often their customers had done something then.
    acts: HashMap<i64, i64>,
    now: i64,
    keys: u32,
}

fn open(path: &Path, disk: &Disk) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(
        StateFolder::take(path)?,
        &OpenOptions { vfs: Some(disk.vfs().to_owned()), ..OpenOptions::default() },
    )
}

impl Bench {
    fn new(seed: u64) -> Self {
        let (folder, disk) = (disk::folder(), Disk::new());
        let store = open(&folder.path().join("state"), &disk).unwrap();
        let account = store.account("wx", "http://a").wait().unwrap();
        let (model, flying, random) = (Model::default(), Vec::new(), Random(seed));
        let acts = HashMap::new();
        Self { random, folders: vec![folder], disk, store, account, model, flying, acts, now: 1_000, keys: 0 }
    }

    fn choose(&mut self) -> Option<Action> {
        let random = &mut self.random;
        match random.below(12) {
            0..=2 => {
                let is_again = self.keys > 0 && random.below(8) == 0;
                let number = if is_again { u32::try_from(random.below(self.keys.into())).unwrap() } else { self.keys };
                self.keys += u32::from(!is_again);
                let (openid, is_image) = (random.one(&CUSTOMERS), random.below(4) == 0);
                let content = if is_image {
                    Content::Image { pic_url: "http://a/b.png".to_owned() }
                } else {
                    Content::Text { text: "t".to_owned() }
                };
                let mut row = Row::new(Key::new("s", "p", number), "wx", openid, content, self.now);
                if random.below(8) == 0 {
                    row = row.held("review");
                }
                let parts = 1 + u32::try_from(random.below(3)).unwrap();
                let message = Message::new(&row.key.to_string(), openid, parts, is_image, row.state, self.now);
                Some(Action::Push(message, row))
            }
            3..=5 => {
                let waiting: Vec<Row> = self.flying.iter().filter(|row| row.state == State::Pending).cloned().collect();
                (!waiting.is_empty())
                    .then(|| Action::OnWire(waiting[random.below(waiting.len() as u64) as usize].clone()))
            }
            6..=8 if !self.flying.is_empty() => {
                let row = self.flying[random.below(self.flying.len() as u64) as usize].clone();
                let part = self.part(&row)?;
                let scheduled = self.random.below(2) == 0;
                let until =
                    if scheduled { Some(self.now + 200) } else { self.random.one(&[None, Some(self.now + 500)]) };
                let scope = self.random.one(&[Scope::Account, Scope::Api(Call::Send), Scope::Api(Call::Upload)]);
                let outcomes = [
                    Outcome::Sent,
                    Outcome::Sent,
                    Outcome::Sent,
                    Outcome::Retry(300),
                    Outcome::Unanswered,
                    Outcome::Dead,
                    Outcome::ParkUser,
                    Outcome::Close(scope, until, scheduled),
                ];
                let (outcome, acts) = (self.random.one(&outcomes), self.acts[&row.seq]);
                Some(Action::Settle(row, part, outcome, acts))
            }
            9 => Some(Action::Release(random.one(&[None, Some("oA"), Some("oB")]))),
            10 if self.keys > 0 => {
                let key = self.model.messages[random.below(self.model.messages.len() as u64) as usize].key.clone();
                let is_flying = self.flying.iter().any(|row| row.key.to_string() == key);
                (!is_flying).then_some(Action::Person(key, random.one(&[Change::Retry, Change::Drop])))
            }
            _ => {
                self.now += i64::try_from(random.below(400)).unwrap();
                None
            }
        }
    }

    /// The part of a row that is tried.
    fn part(&self, row: &Row) -> Option<u32> {
        let key = row.key.to_string();
        self.model.messages.iter().find(|message| message.key == key)?.next_part()
    }

    /// What the model says of an action.
    fn expect(model: &mut Model, action: &Action, now: i64) {
        match action {
            Action::Push(message, _) => model.push(message.clone()),
            Action::OnWire(row) => drop(model.on_wire(&row.key.to_string())),
            Action::Settle(row, part, outcome, acts) => {
                model.settle((&row.key.to_string(), *acts), *part, *outcome, row.created, now);
            }
            Action::Release(openid) => model.release(*openid, now),
            Action::Person(key, Change::Retry) => drop(model.retry(key, now)),
            Action::Person(key, Change::Drop) => drop(model.drop(key)),
        }
    }

    fn act(&mut self, action: &Action) -> Result<(), StoreError> {
        match action {
            Action::Push(_, row) => {
                let commit = Commit { account: Some(self.account), rows: vec![row.clone()], ..Commit::default() };
                self.store.commit(commit).wait()?;
            }
            Action::OnWire(row) => {
                let attempt = Attempt { started: self.now, message: (self.part(row).unwrap(), self.parts(row)) };
                assert!(self.store.on_wire(row.seq, attempt).wait()?, "only we have it");
                let flying = self.flying.iter_mut().find(|flying| flying.seq == row.seq).unwrap();
                flying.state = State::Sending;
            }
            Action::Settle(row, part, outcome, _) => {
                let settled = self.settled(row, *part, *outcome);
                self.store.settle(settled).wait()?;
                self.flying.retain(|flying| flying.seq != row.seq);
            }
            Action::Release(openid) => {
                let which = openid.map_or(Release::All, |openid| Release::User(openid.to_owned()));
                self.store.release(self.account, which, self.now).wait()?;
            }
            Action::Person(key, change) => {
                let (model, now) = (&mut self.model.clone(), self.now);
                let changes = match change {
                    Change::Retry => model.retry(key, now),
                    Change::Drop => model.drop(key),
                };
                let changed = self.store.change(Filter::key(key), *change, 0, now, false).wait()?;
                assert_eq!(changed[0].state.is_some(), changes, "{change:?} {key}: {changed:?}");
            }
        }
        Ok(())
    }

    fn parts(&self, row: &Row) -> u32 {
        self.model.messages.iter().find(|message| message.key == row.key.to_string()).unwrap().parts
    }

    /// As delivery does it.
    fn settled(&self, row: &Row, part: u32, outcome: Outcome) -> Settled {
        let (mut row, parts) = (row.clone(), self.parts(row));
        row.next = None;
        let mut ways = WayChange::Open;
        match outcome {
            Outcome::Sent => row.message_done(part, parts),
            Outcome::Retry(pause) => {
                (row.state, row.next, ways) = (State::Pending, Some(self.now + pause), WayChange::Keep);
            }
            Outcome::Unanswered => {
                row.message_unanswered(part, parts);
                ways = WayChange::Keep;
            }
            Outcome::Dead => row.state = State::Dead,
            Outcome::ParkUser => (row.state, row.parked) = (State::Parked, Some(Scope::User)),
            Outcome::Close(scope, until, scheduled) => {
                row.state = State::Pending;
                ways = WayChange::Close(Way { scope, until, reason: "closed".to_owned(), scheduled });
            }
        }
        let attempt = Attempt { started: row.created, message: (part, parts) };
        let end = AttemptEnd { finished: self.now, outcome: "x".to_owned(), ..AttemptEnd::default() };
        let acts = self.acts[&row.seq];
        Settled { row, attempt, end, ways, window: WindowChange::Keep, acts }
    }

    /// How all messages stand.
    fn standing(&self) -> Result<Vec<Standing>, StoreError> {
        let listed = self.store.list(Filter::default(), 0, 10_000).wait()?;
        let is_dropped = |row: &Row| row.reason.as_deref().is_some_and(|reason| reason.starts_with("dropped"));
        let standing = |row: Row| (row.key.to_string(), row.state, is_dropped(&row));
        Ok(listed.into_iter().map(|listed| standing(listed.row)).collect())
    }

    /// Both say the same is due; some of it is taken.
    fn take_due(&mut self) -> Result<(), StoreError> {
        let busy: Vec<String> = self.flying.iter().map(|row| row.openid.clone()).collect();
        let limit = 1 + self.random.below(4) as usize;
        let due = self.store.due(self.account, self.now, busy.clone(), limit).wait()?;
        let keys: Vec<String> = due.rows.iter().map(|ready| ready.row.key.to_string()).collect();
        assert_eq!(keys, self.model.due(self.now, &busy, limit), "at {}: {:?}", self.now, self.model);
        self.acts.extend(due.rows.iter().map(|ready| (ready.row.seq, ready.seen.acts)));
        self.flying.extend(due.rows.into_iter().map(|ready| Row { created: self.now, ..ready.row }));
        Ok(())
    }

    /// One action on both, and a look at both; `Err`: the power went.
    fn step(&mut self) -> Result<(), Option<Box<Action>>> {
        if self.random.below(3) == 0 {
            self.take_due().map_err(|_| None)?;
        }
        let Some(action) = self.choose() else { return Ok(()) };
        self.act(&action).map_err(|_| Some(Box::new(action.clone())))?;
        Self::expect(&mut self.model, &action, self.now);
        let standing = self.standing().map_err(|_| None)?;
        assert_eq!(standing, standing_of(&self.model), "after {action:?}");
        Ok(())
    }

    /// The power is back, and a host starts.
    fn recover(&mut self, under_way: Option<&Action>, policy: OnUnknown) {
        let mut happened = self.model.clone();
        if let Some(action) = under_way {
            Self::expect(&mut happened, action, self.now);
        }
        self.store.close();
        let (from, folder) = (self.folders.last().unwrap().path().to_owned(), disk::folder());
        let seed = self.random.below(u64::MAX);
        self.disk.power_cut(&from, folder.path(), Unsynced::Torn(seed)).unwrap();
        self.disk = Disk::new();
        self.store = open(&folder.path().join("state"), &self.disk).unwrap();
        self.folders = vec![folder];
        self.flying.clear();
        self.store.interrupted(Interrupted::Earlier(None), policy, self.now).wait().unwrap();
        let candidates = [&mut self.model, &mut happened];
        for model in candidates {
            model.interrupted(policy, self.now);
        }
        let standing = self.standing().unwrap();
        let is_first = standing == standing_of(&self.model);
        if !is_first {
            assert_eq!(standing, standing_of(&happened), "nor {:?}; under way was {under_way:?}", self.model);
            self.model = happened;
        } else if self.model != happened && standing == standing_of(&happened) {
            // The same to see; what is due tells.
            let due = self.store.due(self.account, self.now, Vec::new(), 10).wait().unwrap();
            let keys: Vec<String> = due.rows.iter().map(|ready| ready.row.key.to_string()).collect();
            if keys != self.model.due(self.now, &[], 10) {
                self.model = happened;
            }
        }
        let checked = self.store.check(self.now).wait().unwrap();
        assert_eq!(checked.damage, Vec::<String>::new());
    }
}

/// A message's key, how it stands, and whether a person dropped it.
type Standing = (String, State, bool);

fn standing_of(model: &Model) -> Vec<Standing> {
    let standing = |message: &Message| (message.key.clone(), model.standing(message), message.dropped);
    model.messages.iter().map(standing).collect()
}

fn play(seed: u64, steps: usize, policy: OnUnknown) {
    let mut bench = Bench::new(seed);
    let mut until_power_cut = 0;
    for _ in 0..steps {
        if until_power_cut == 0 {
            until_power_cut = 20 + bench.random.below(60);
            let soon = bench.disk.operations() + bench.random.below(400) as usize;
            bench.disk.fail_at(soon, Failure::Dies);
        }
        until_power_cut -= 1;
        if let Err(under_way) = bench.step() {
            assert!(bench.disk.is_dead(), "seed {seed}: only a dead disk fails");
            bench.recover(under_way.as_deref(), policy);
            until_power_cut = 0;
        }
    }
}

#[test]
fn the_store_and_the_model_agree_over_power_cuts() {
    let cases = super::cases(12);
    for seed in 0..cases {
        play(seed, 400, OnUnknown::Hold);
        play(seed + 1_000_000, 400, OnUnknown::Retry);
    }
}
