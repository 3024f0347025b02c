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
    /// What is done between pieces of work, and before a held one, where it is open.
    aside: VecDeque<W>,
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
            aside: VecDeque::new(),
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

    /// Takes in what is to be done with one that is open, between its pieces of work; nothing is opened, woken or waits for it.
    /// Where it is not open the work goes.
    pub fn submit_aside(&mut self, key: &K, work: W) {
        let Some(slot) = self.slots.get_mut(key).filter(|slot| slot.open.is_some() || slot.is_busy) else { return };
        slot.aside.push_back(work);
        if !slot.is_busy && !slot.is_ready {
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
        let slot = self.slots.get_mut(key);
        let aside = slot.and_then(|slot| slot.aside.pop_front());
        if let Some(aside) = aside {
            return self.take(key, Task::Work(aside));
        }
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
        if slot.open.is_none() {
            slot.aside.clear();
        }
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
        if !slot.aside.is_empty() || !slot.work.is_empty() && !slot.is_held {
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
mod tests;
