//! Which conversation is worked on next: one piece of work of each at a time, in the order in which they came, and of
//! those that have none, who has been quiet longest makes room. Pure.

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

/// When a conversation has something to do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Never.
    Never,
    /// Then, which is no reason not to close it before.
    At(TimestampMs),
    /// Then, and it has not done with its work: it is not closed before it has, as it would not come back to it.
    Owing(TimestampMs),
}

/// One conversation.
struct Slot<W, C> {
    work: VecDeque<W>,
    /// Where it is, unless somebody works on it.
    open: Option<C>,
    is_busy: bool,
    wake: Option<TimestampMs>,
    /// When it had work last, and a number that tells moments apart.
    used: (TimestampMs, u64),
}

/// Conversations, and their work.
pub struct Scheduler<K, W, C> {
    room: Room,
    slots: HashMap<K, Slot<W, C>>,
    /// Those with work that nobody does.
    ready: VecDeque<K>,
    timers: BTreeSet<(TimestampMs, K)>,
    /// Those that are open and quiet, and have done with their work.
    quiet: BTreeMap<(TimestampMs, u64), K>,
    open: usize,
    /// Of these, those that are being closed.
    closing: usize,
    waiting: usize,
    moments: u64,
}

impl<K: Clone + Eq + Ord + Hash, W, C> Scheduler<K, W, C> {
    /// Nobody is there yet.
    pub fn new(room: Room) -> Self {
        Self {
            room,
            slots: HashMap::new(),
            ready: VecDeque::new(),
            timers: BTreeSet::new(),
            quiet: BTreeMap::new(),
            open: 0,
            closing: 0,
            waiting: 0,
            moments: 0,
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
            wake: None,
            used: (0, 0),
        });
        slot.work.push_back(work);
        if !slot.is_busy && slot.work.len() == 1 {
            // Time passes to its work, and its timers come before that.
            if let Some(wake) = slot.wake.take() {
                self.timers.remove(&(wake, key.clone()));
            }
            self.quiet.remove(&slot.used);
            self.ready.push_back(key.clone());
        }
    }

    /// The next thing to do, where there is one; else there may be one later ([`next_time`](Self::next_time)), or once
    /// something is done or comes.
    pub fn next(&mut self, now: TimestampMs) -> Option<Job<K, W, C>> {
        if let Some((_, key)) = self.timers.first().filter(|(due, _)| *due <= now).cloned() {
            return Some(self.take(&key, |_| Task::Wake));
        }
        if let Some(at) = self.startable() {
            let key = self.ready.remove(at)?;
            self.waiting -= 1;
            return Some(self.take(&key, |slot| slot.work.pop_front().map_or(Task::Wake, Task::Work)));
        }
        let ((since, _), key) = self.quiet.first_key_value().map(|(used, key)| (*used, key.clone()))?;
        let is_in_the_way = self.closing < self.ready.len() || self.open - self.closing > self.room.open_max;
        if !is_in_the_way && since.saturating_add(self.room.quiet_ms_max) > now {
            return None;
        }
        self.closing += 1;
        Some(self.take(&key, |_| Task::Close))
    }

    /// The first one with work that is open, or may be opened.
    fn startable(&self) -> Option<usize> {
        if self.open < self.room.open_max {
            return (!self.ready.is_empty()).then_some(0);
        }
        self.ready.iter().position(|key| self.slots.get(key).is_some_and(|slot| slot.open.is_some()))
    }

    fn take(&mut self, key: &K, task: impl FnOnce(&mut Slot<W, C>) -> Task<W>) -> Job<K, W, C> {
        let Some(slot) = self.slots.get_mut(key) else {
            unreachable!("who is ready, quiet or waits for a timer is there")
        };
        if let Some(wake) = slot.wake.take() {
            self.timers.remove(&(wake, key.clone()));
        }
        self.quiet.remove(&slot.used);
        slot.is_busy = true;
        let job = Job { key: key.clone(), task: task(slot), open: slot.open.take() };
        if job.open.is_none() {
            self.open += 1;
        }
        job
    }

    /// A job is done: the conversation, where it is still open, and when it has something to do by itself.
    pub fn done(&mut self, key: &K, was: Was, open: Option<C>, wake: Wake, now: TimestampMs) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        slot.is_busy = false;
        if open.is_none() {
            self.open -= 1;
            self.closing -= usize::from(was == Was::Closed);
        }
        slot.open = open;
        if was == Was::Work {
            self.moments += 1;
            slot.used = (now, self.moments);
        }
        if !slot.work.is_empty() {
            return self.ready.push_back(key.clone());
        }
        if slot.open.is_none() {
            self.slots.remove(key);
            return;
        }
        if !matches!(wake, Wake::Owing(_)) {
            self.quiet.insert(slot.used, key.clone());
        }
        slot.wake = match wake {
            Wake::Never => None,
            Wake::At(due) | Wake::Owing(due) => Some(due),
        };
        if let Some(wake) = slot.wake {
            self.timers.insert((wake, key.clone()));
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
        let is_idle = self.ready.is_empty() && self.slots.values().all(|slot| !slot.is_busy);
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
        jobs.done(&"a", Was::Work, Some("A"), Wake::At(50), 0);
        assert_eq!((jobs.rests_at(49), jobs.rests_at(50)), (true, false), "by its timer");
        assert_eq!(next(&mut jobs, 50), "a A wake");
        jobs.done(&"a", Was::Wake, Some("A"), Wake::Never, 50);
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
        jobs.done(&"a", Was::Work, Some("A"), Wake::Never, 0);
        assert_eq!([next(&mut jobs, 0), next(&mut jobs, 0)], ["a A 2", "-"]);
        jobs.done(&"a", Was::Work, Some("A"), Wake::Never, 0);
        assert_eq!(next(&mut jobs, 0), "a A 4");
        jobs.done(&"a", Was::Work, Some("A"), Wake::Never, 0);
        jobs.done(&"b", Was::Work, Some("B"), Wake::Never, 0);
        assert_eq!((jobs.waiting(), next(&mut jobs, 0).as_str()), (0, "-"));
    }

    #[test]
    fn timers_come_at_their_time_and_are_no_reason_to_stay_open() {
        let mut jobs = jobs(9);
        jobs.submit(&"a", 1);
        next(&mut jobs, 0);
        jobs.done(&"a", Was::Work, Some("A"), Wake::At(60), 0);
        assert_eq!(
            (jobs.next_time(), next(&mut jobs, 59), next(&mut jobs, 60)),
            (Some(60), "-".into(), "a A wake".into())
        );
        jobs.done(&"a", Was::Wake, Some("A"), Wake::At(120), 60);
        assert_eq!((jobs.next_time(), next(&mut jobs, 100)), (Some(100), "a A close".into()));
        jobs.done(&"a", Was::Closed, None, Wake::Never, 100);
        assert_eq!((jobs.open(), jobs.next_time(), next(&mut jobs, 999)), (0, None, "-".into()));
    }

    #[test]
    fn who_was_quiet_longest_makes_room() {
        let mut jobs = jobs(2);
        for (at, key, open) in [(1, "a", "A"), (2, "b", "B"), (3, "a", "A")] {
            jobs.submit(&key, 0);
            next(&mut jobs, at);
            jobs.done(&key, Was::Work, Some(open), Wake::Never, at);
        }
        jobs.submit(&"c", 7);
        // One makes room for one.
        assert_eq!([next(&mut jobs, 4), next(&mut jobs, 4)], ["b B close", "-"]);
        jobs.done(&"b", Was::Closed, None, Wake::Never, 4);
        assert_eq!(next(&mut jobs, 4), "c new 7");
        // Work for one that is open goes before work for which there is no room.
        jobs.submit(&"d", 8);
        jobs.submit(&"a", 9);
        assert_eq!([next(&mut jobs, 4), next(&mut jobs, 4)], ["a A 9", "-"]);
        jobs.done(&"c", Was::Work, Some("C"), Wake::Never, 5);
        assert_eq!(next(&mut jobs, 5), "c C close");
        jobs.done(&"c", Was::Closed, None, Wake::Never, 5);
        assert_eq!(next(&mut jobs, 5), "d new 8");
    }

    #[test]
    fn who_has_not_done_with_his_work_is_not_closed_for_others() {
        let mut jobs = jobs(1);
        for key in ["a", "b"] {
            jobs.submit(&key, 1);
        }
        next(&mut jobs, 0);
        jobs.done(&"a", Was::Work, Some("A"), Wake::Owing(60), 0);
        assert_eq!(
            (jobs.next_time(), next(&mut jobs, 59), next(&mut jobs, 60)),
            (Some(60), "-".into(), "a A wake".into())
        );
        jobs.done(&"a", Was::Wake, Some("A"), Wake::At(90), 60);
        assert_eq!(next(&mut jobs, 60), "a A close");
        jobs.done(&"a", Was::Closed, None, Wake::Never, 60);
        assert_eq!(next(&mut jobs, 60), "b new 1");
    }

    #[test]
    fn what_comes_while_one_is_closed_opens_it_again() {
        let mut jobs = jobs(1);
        jobs.submit(&"a", 1);
        next(&mut jobs, 0);
        jobs.done(&"a", Was::Work, Some("A"), Wake::Never, 0);
        assert_eq!(next(&mut jobs, 100), "a A close");
        jobs.submit(&"a", 2);
        assert_eq!(next(&mut jobs, 100), "-");
        jobs.done(&"a", Was::Closed, None, Wake::Never, 100);
        assert_eq!(next(&mut jobs, 100), "a new 2");
    }
}
