//! Which conversation is worked on next: one piece of work of each at a time, in the order in which they came, and of
//! those that have none, who has been quiet longest makes room. Timers, work for those that are open, for those that are
//! not, and making room have their turns one after another: none of them can keep the others waiting. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

use crate::base::clock::TimestampMs;

/// How many conversations are open, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// So many at most.
    pub open_max: usize,
    /// One that has been quiet for so long is closed, in ms.
    pub quiet_ms_max: i64,
}

/// What is to be done with a conversation; whoever does it says so by [`Scheduler::done`].
#[derive(Debug, PartialEq, Eq)]
pub struct Job<K, W, C> {
    /// Whose.
    pub key: K,
    /// The conversation; none: it is not open.
    pub open: Option<C>,
    /// What.
    pub task: Task<W>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Task<W> {
    /// Its next piece of work.
    Work(W),
    /// It has something to do by itself.
    Wake,
    /// It is closed, and is not to come back.
    Close,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// Its work: that keeps it open.
    Work,
    /// Something by itself.
    Wake,
    /// It was closed.
    Closed,
}

/// When a conversation has something to do though nothing comes for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wake {
    /// While it is open.
    pub due: Option<TimestampMs>,
    /// Whether it has not done with its work: it is not closed before it has, as it would not come back to it.
    pub is_owing: bool,
    /// Also where it is closed by then: it is opened for that.
    pub again: Option<TimestampMs>,
}

impl Wake {
    /// It has nothing to do.
    pub const NEVER: Self = Self { due: None, is_owing: false, again: None };
}

/// One conversation.
struct Slot<W, C> {
    work: VecDeque<W>,
    /// Where it is, unless somebody works on it.
    open: Option<C>,
    is_busy: bool,
    /// Whether it is among those that wait for somebody.
    is_ready: bool,
    /// Whether its first piece of work was tried and cannot be done before it is woken.
    is_held: bool,
    wake: Option<TimestampMs>,
    again: Option<TimestampMs>,
    /// When it had work last, and a number that tells moments apart.
    used: (TimestampMs, u64),
}

/// Conversations, and their work.
pub struct Scheduler<K, W, C> {
    room: Room,
    slots: HashMap<K, Slot<W, C>>,
    /// Those that are open, with something to do that nobody does.
    ready: VecDeque<K>,
    /// The same of those that are not, and wait for room.
    outside: VecDeque<K>,
    timers: BTreeSet<(TimestampMs, K)>,
    /// Those that are open and quiet, and have done with their work.
    quiet: BTreeMap<(TimestampMs, u64), K>,
    open: usize,
    /// Of these, those that are being closed.
    closing: usize,
    waiting: usize,
    moments: u64,
    /// Whose turn it is.
    turn: usize,
}

impl<K: Clone + Eq + Ord + Hash, W, C> Scheduler<K, W, C> {
    /// Nobody is there yet.
    pub fn new(room: Room) -> Self {
        Self {
            room,
            slots: HashMap::new(),
            ready: VecDeque::new(),
            outside: VecDeque::new(),
            timers: BTreeSet::new(),
            quiet: BTreeMap::new(),
            open: 0,
            closing: 0,
            waiting: 0,
            moments: 0,
            turn: 0,
        }
    }

    /// Other bounds hold from now on.
    pub fn set_room(&mut self, room: Room) {
        self.room = room;
    }

    /// Pieces of work that nobody has begun.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Conversations that are open.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Takes a piece of work in.
    pub fn submit(&mut self, key: &K, work: W) {
        self.waiting += 1;
        let slot = self.slots.entry(key.clone()).or_insert_with(|| Slot {
            work: VecDeque::new(),
            open: None,
            is_busy: false,
            is_ready: false,
            is_held: false,
            wake: None,
            again: None,
            used: (0, 0),
        });
        slot.work.push_back(work);
        if !slot.is_busy && !slot.is_ready && !slot.is_held {
            self.line_up(key);
        }
    }

    /// How much work of one waits.
    pub fn waiting_of(&self, key: &K) -> usize {
        self.slots.get(key).map_or(0, |slot| slot.work.len())
    }

    /// The next thing to do, where there is one; else there may be one later ([`next_time`](Self::next_time)), or once
    /// something is done or comes.
    pub fn next(&mut self, now: TimestampMs) -> Option<Job<K, W, C>> {
        let kinds = [Self::next_timer, Self::next_open, Self::next_outside, Self::next_closed];
        for _ in 0..kinds.len() {
            let kind = kinds[self.turn % kinds.len()];
            self.turn += 1;
            if let Some(job) = kind(self, now) {
                return Some(job);
            }
        }
        None
    }

    /// Who is to be woken by now. Of those that are not open one waits for room, like who has work.
    fn next_timer(&mut self, now: TimestampMs) -> Option<Job<K, W, C>> {
        while let Some((_, key)) = self.timers.first().filter(|(due, _)| *due <= now).cloned() {
            if self.slots.get(&key).is_some_and(|slot| slot.open.is_some()) {
                return Some(self.take(&key, Task::Wake));
            }
            self.line_up(&key);
        }
        None
    }

    fn next_open(&mut self, _: TimestampMs) -> Option<Job<K, W, C>> {
        let key = self.ready.pop_front()?;
        Some(self.take_work(&key))
    }

    fn next_outside(&mut self, _: TimestampMs) -> Option<Job<K, W, C>> {
        let key = if self.open < self.room.open_max { self.outside.pop_front()? } else { return None };
        Some(self.take_work(&key))
    }

    fn next_closed(&mut self, now: TimestampMs) -> Option<Job<K, W, C>> {
        let ((since, _), key) = self.quiet.first_key_value().map(|(used, key)| (*used, key.clone()))?;
        let is_full = self.open >= self.room.open_max;
        let is_in_the_way =
            is_full && self.closing < self.outside.len() || self.open - self.closing > self.room.open_max;
        if !is_in_the_way && since.saturating_add(self.room.quiet_ms_max) > now {
            return None;
        }
        self.closing += 1;
        Some(self.take(&key, Task::Close))
    }

    /// It has something to do. Its timers come before that, which is when time passes for it.
    fn line_up(&mut self, key: &K) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        if let Some(wake) = slot.wake.take() {
            self.timers.remove(&(wake, key.clone()));
        }
        self.quiet.remove(&slot.used);
        slot.is_ready = true;
        let line = if slot.open.is_some() { &mut self.ready } else { &mut self.outside };
        line.push_back(key.clone());
    }

    fn take_work(&mut self, key: &K) -> Job<K, W, C> {
        let work = self.slots.get_mut(key).and_then(|slot| slot.work.pop_front());
        self.waiting -= usize::from(work.is_some());
        self.take(key, work.map_or(Task::Wake, Task::Work))
    }

    fn take(&mut self, key: &K, task: Task<W>) -> Job<K, W, C> {
        let Some(slot) = self.slots.get_mut(key) else {
            unreachable!("who is ready, quiet or waits for a timer is there")
        };
        if let Some(wake) = slot.wake.take() {
            self.timers.remove(&(wake, key.clone()));
        }
        self.quiet.remove(&slot.used);
        (slot.is_busy, slot.is_ready, slot.is_held) = (true, false, false);
        let job = Job { key: key.clone(), task, open: slot.open.take() };
        if job.open.is_none() {
            self.open += 1;
        }
        job
    }

    /// A job is done: the conversation, where it is still open, and when it has something to do though nothing comes; then
    /// `back` is tried again, a piece of work that could not be done yet.
    pub fn done(&mut self, key: &K, was: Was, (open, back): (Option<C>, Option<W>), wake: Wake, now: TimestampMs) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        slot.is_busy = false;
        if open.is_none() {
            self.open -= 1;
            self.closing -= usize::from(was == Was::Closed);
        }
        slot.open = open;
        if was != Was::Closed {
            slot.again = wake.again;
        }
        if was == Was::Work {
            self.moments += 1;
            slot.used = (now, self.moments);
        }
        slot.wake = match slot.open {
            Some(_) => wake.due.into_iter().chain(slot.again).min(),
            None => slot.again,
        };
        if let Some(work) = back {
            self.waiting += 1;
            slot.work.push_front(work);
            slot.is_held = slot.wake.is_some();
        }
        if !slot.work.is_empty() && !slot.is_held {
            slot.wake = None;
            return self.line_up(key);
        }
        if slot.open.is_some() && !slot.is_held && !wake.is_owing {
            self.quiet.insert(slot.used, key.clone());
        }
        match slot.wake {
            Some(wake) => drop(self.timers.insert((wake, key.clone()))),
            None if slot.open.is_none() => drop(self.slots.remove(key)),
            None => {}
        }
    }

    /// When there is something to do though nothing comes.
    pub fn next_time(&self) -> Option<TimestampMs> {
        let timer = self.timers.first().map(|(due, _)| *due);
        let quiet = self.quiet.first_key_value().map(|((since, _), _)| since.saturating_add(self.room.quiet_ms_max));
        timer.into_iter().chain(quiet).min()
    }

    /// Whether nobody has anything to do at this time, nor does anything.
    pub fn rests_at(&self, now: TimestampMs) -> bool {
        let is_idle = self.ready.is_empty() && self.outside.is_empty() && self.slots.values().all(|slot| !slot.is_busy);
        is_idle && self.open <= self.room.open_max && self.next_time().is_none_or(|at| at > now)
    }

    /// Takes out the conversations that nobody works on.
    pub fn take_all(&mut self) -> Vec<C> {
        self.slots.values_mut().filter_map(|slot| slot.open.take()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Jobs = Scheduler<&'static str, u32, &'static str>;

    fn jobs(open_max: usize) -> Jobs {
        Scheduler::new(Room { open_max, quiet_ms_max: 100 })
    }

    fn at(due: i64) -> Wake {
        Wake { due: Some(due), ..Wake::NEVER }
    }

    /// The next job in words.
    fn next(jobs: &mut Jobs, now: i64) -> String {
        match jobs.next(now) {
            None => "-".to_owned(),
            Some(Job { key, open, task }) => {
                let task = match task {
                    Task::Work(work) => work.to_string(),
                    Task::Wake => "wake".to_owned(),
                    Task::Close => "close".to_owned(),
                };
                format!("{key} {} {task}", open.unwrap_or("new"))
            }
        }
    }

    #[test]
    fn it_rests_when_nobody_has_anything_to_do_yet() {
        let mut jobs = jobs(2);
        assert!(jobs.rests_at(0));
        jobs.submit(&"a", 1);
        assert!(!jobs.rests_at(0), "it has work");
        assert_eq!(next(&mut jobs, 0), "a new 1");
        assert!(!jobs.rests_at(0), "somebody works");
        jobs.done(&"a", Was::Work, (Some("A"), None), at(50), 0);
        assert_eq!((jobs.rests_at(49), jobs.rests_at(50)), (true, false), "by its timer");
        assert_eq!(next(&mut jobs, 50), "a A wake");
        jobs.done(&"a", Was::Wake, (Some("A"), None), Wake::NEVER, 50);
        assert_eq!((jobs.rests_at(99), jobs.rests_at(100)), (true, false), "then it is closed");
        jobs.set_room(Room { open_max: 0, quiet_ms_max: 100 });
        assert!(!jobs.rests_at(60), "there is no room for it");
    }

    #[test]
    fn one_piece_of_each_at_a_time_in_order() {
        let mut jobs = jobs(9);
        for (key, work) in [("a", 1), ("a", 2), ("b", 3)] {
            jobs.submit(&key, work);
        }
        assert_eq!([next(&mut jobs, 0), next(&mut jobs, 0), next(&mut jobs, 0)], ["a new 1", "b new 3", "-"]);
        jobs.submit(&"a", 4);
        assert_eq!((next(&mut jobs, 0).as_str(), jobs.waiting(), jobs.open()), ("-", 2, 2));
        jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 0);
        assert_eq!([next(&mut jobs, 0), next(&mut jobs, 0)], ["a A 2", "-"]);
        jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 0);
        assert_eq!(next(&mut jobs, 0), "a A 4");
        jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 0);
        jobs.done(&"b", Was::Work, (Some("B"), None), Wake::NEVER, 0);
        assert_eq!((jobs.waiting(), next(&mut jobs, 0).as_str()), (0, "-"));
    }

    #[test]
    fn timers_come_at_their_time_and_are_no_reason_to_stay_open() {
        let mut jobs = jobs(9);
        jobs.submit(&"a", 1);
        next(&mut jobs, 0);
        jobs.done(&"a", Was::Work, (Some("A"), None), at(60), 0);
        assert_eq!(
            (jobs.next_time(), next(&mut jobs, 59), next(&mut jobs, 60)),
            (Some(60), "-".into(), "a A wake".into())
        );
        jobs.done(&"a", Was::Wake, (Some("A"), None), at(120), 60);
        assert_eq!((jobs.next_time(), next(&mut jobs, 100)), (Some(100), "a A close".into()));
        jobs.done(&"a", Was::Closed, (None, None), Wake::NEVER, 100);
        assert_eq!((jobs.open(), jobs.next_time(), next(&mut jobs, 999)), (0, None, "-".into()));
    }

    #[test]
    fn who_was_quiet_longest_makes_room() {
        let mut jobs = jobs(2);
        for (at, key, open) in [(1, "a", "A"), (2, "b", "B"), (3, "a", "A")] {
            jobs.submit(&key, 0);
            next(&mut jobs, at);
            jobs.done(&key, Was::Work, (Some(open), None), Wake::NEVER, at);
        }
        jobs.submit(&"c", 7);
        // One makes room for one.
        assert_eq!([next(&mut jobs, 4), next(&mut jobs, 4)], ["b B close", "-"]);
        jobs.done(&"b", Was::Closed, (None, None), Wake::NEVER, 4);
        assert_eq!(next(&mut jobs, 4), "c new 7");
        // Work for one that is open goes before work for which there is no room.
        jobs.submit(&"d", 8);
        jobs.submit(&"a", 9);
        assert_eq!([next(&mut jobs, 4), next(&mut jobs, 4)], ["a A 9", "-"]);
        jobs.done(&"c", Was::Work, (Some("C"), None), Wake::NEVER, 5);
        assert_eq!(next(&mut jobs, 5), "c C close");
        jobs.done(&"c", Was::Closed, (None, None), Wake::NEVER, 5);
        assert_eq!(next(&mut jobs, 5), "d new 8");
    }

    #[test]
    fn who_has_not_done_with_his_work_is_not_closed_for_others() {
        let mut jobs = jobs(1);
        for key in ["a", "b"] {
            jobs.submit(&key, 1);
        }
        next(&mut jobs, 0);
        jobs.done(&"a", Was::Work, (Some("A"), None), Wake { is_owing: true, ..at(60) }, 0);
        assert_eq!(
            (jobs.next_time(), next(&mut jobs, 59), next(&mut jobs, 60)),
            (Some(60), "-".into(), "a A wake".into())
        );
        jobs.done(&"a", Was::Wake, (Some("A"), None), at(90), 60);
        assert_eq!(next(&mut jobs, 60), "a A close");
        jobs.done(&"a", Was::Closed, (None, None), Wake::NEVER, 60);
        assert_eq!(next(&mut jobs, 60), "b new 1");
    }

    #[test]
    fn what_comes_while_one_is_closed_opens_it_again() {
        let mut jobs = jobs(1);
        jobs.submit(&"a", 1);
        next(&mut jobs, 0);
        jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 0);
        assert_eq!(next(&mut jobs, 100), "a A close");
        jobs.submit(&"a", 2);
        assert_eq!(next(&mut jobs, 100), "-");
        jobs.done(&"a", Was::Closed, (None, None), Wake::NEVER, 100);
        assert_eq!(next(&mut jobs, 100), "a new 2");
    }

    #[test]
    fn who_is_to_be_opened_again_is_once_there_is_room() {
        let mut jobs = jobs(1);
        jobs.submit(&"a", 1);
        next(&mut jobs, 0);
        jobs.done(&"a", Was::Work, (Some("A"), None), Wake { again: Some(500), ..at(300) }, 0);
        assert_eq!((jobs.next_time(), next(&mut jobs, 100)), (Some(100), "a A close".into()));
        jobs.done(&"a", Was::Closed, (None, None), Wake::NEVER, 100);
        assert_eq!((jobs.open(), jobs.next_time()), (0, Some(500)));
        jobs.submit(&"b", 2);
        assert_eq!(next(&mut jobs, 450), "b new 2");
        assert_eq!(next(&mut jobs, 500), "-", "no room");
        jobs.submit(&"a", 3);
        jobs.done(&"b", Was::Work, (Some("B"), None), Wake::NEVER, 500);
        assert_eq!(next(&mut jobs, 500), "b B close");
        jobs.done(&"b", Was::Closed, (None, None), Wake::NEVER, 500);
        assert_eq!([next(&mut jobs, 500), next(&mut jobs, 500)], ["a new 3", "-"], "once");
        jobs.done(&"a", Was::Work, (None, None), Wake { again: Some(600), ..Wake::NEVER }, 500);
        assert_eq!([next(&mut jobs, 599), next(&mut jobs, 600)], ["-", "a new wake"]);
        jobs.done(&"a", Was::Wake, (Some("A"), None), Wake::NEVER, 600);
        assert_eq!(
            (jobs.open(), jobs.waiting(), next(&mut jobs, 600).as_str()),
            (1, 0, "a A close"),
            "quiet since 500"
        );
    }

    #[test]
    fn neither_timers_nor_work_keep_the_others_waiting() {
        let mut jobs = jobs(3);
        for (key, open) in [("a", "A"), ("b", "B"), ("q", "Q")] {
            jobs.submit(&key, 0);
            next(&mut jobs, 0);
            jobs.done(&key, Was::Work, (Some(open), None), if key == "q" { Wake::NEVER } else { at(1) }, 0);
        }
        for (key, work) in [("b", 1), ("new", 2)] {
            jobs.submit(&key, work);
        }
        // Some are always to be woken: the others have their turns all the same, and room is made for who is outside.
        let mut done = Vec::new();
        for now in 1..9 {
            let Some(Job { key, open, task }) = jobs.next(now) else { break };
            match task {
                Task::Close => jobs.done(&key, Was::Closed, (None, None), Wake::NEVER, now),
                task => {
                    done.push((key, task));
                    jobs.done(&key, Was::Wake, (open.or(Some("N")), None), at(now + 1), now);
                }
            }
        }
        assert!([("b", Task::Work(1)), ("new", Task::Work(2))].iter().all(|job| done.contains(job)), "{done:?}");
    }

    #[test]
    fn work_that_cannot_be_done_yet_is_tried_again_when_it_is_woken() {
        let mut jobs = jobs(1);
        for work in [1, 2] {
            jobs.submit(&"a", work);
        }
        assert_eq!(next(&mut jobs, 0), "a new 1");
        jobs.done(&"a", Was::Work, (Some("A"), Some(1)), at(50), 0);
        jobs.submit(&"a", 3);
        assert_eq!((jobs.waiting(), next(&mut jobs, 49), next(&mut jobs, 50)), (3, "-".into(), "a A wake".into()));
        jobs.done(&"a", Was::Wake, (Some("A"), None), at(60), 50);
        for work in 1..=3 {
            assert_eq!(next(&mut jobs, 51), format!("a A {work}"));
            jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 51);
        }
        assert_eq!(jobs.waiting(), 0);
    }
}
