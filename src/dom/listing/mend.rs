//! Mends a list after few changes, where that costs less than to list anew.
//!
//! Each of the changes that were counted since the list was right is of one node ([`super::Version`]). The list is looked
//! through where pages take away and put in: at both ends and around the item that was read last. An item that is gone from
//! there, or was put somewhere else, is dropped, and a member that is new is put in; each is one change at least, the one of
//! its leaving or the one of its coming. If that makes as many as were counted, nothing else can have happened and the list
//! is right; if not, it is listed anew.
//!
//! What is found between two neighbours in the list is new if both have stayed where they were: nodes that stayed are in the
//! order that they were in. A node has stayed where neither it nor anything between it and the root was put there since
//! ([`Node::is_placed_since`](super::super::Node)).

use std::collections::VecDeque;

use super::super::document::mutation_count;
use super::super::node::{NodeRef, same};
use super::super::tree;
use super::{Kind, Listing, Version};

/// A list is mended where no more changes were counted, and listed anew where there were more.
const CHANGES_MAX: u64 = 64;
/// So many nodes are looked at for one list, if it is not fewer that it was listed from.
const STEPS_MAX: usize = 4_096;
/// So many nodes are looked at between two items, and so many more for each change.
const GAP_STEPS: usize = 128;
const GAP_STEPS_PER_CHANGE: usize = 64;
/// So far to either side of the item read last are items looked for that are gone.
const REACH: usize = 32;
/// Whether a node was put into a tree is known of so many changes.
const SPAN_MAX: u64 = 1 << 31;

impl Listing {
    /// Mends the list; false where that does not account for all changes, and it is not right then.
    pub(super) fn mend(&self, seen: Version, now: Version) -> bool {
        let changes = now.of_one.wrapping_sub(seen.of_one);
        let is_of_ones = Version { of_one: seen.of_one, ..now } == seen;
        let time = mutation_count();
        if !is_of_ones || changes > CHANGES_MAX || time - self.time.get() >= SPAN_MAX {
            return false;
        }
        let mut mending = Mending {
            list: self,
            scope: self.scope(),
            is_member: self.member(),
            now: time,
            left: changes,
            steps: self.cost.get().min(STEPS_MAX) + GAP_STEPS,
            new: Vec::new(),
            appended: 0,
            dropped: 0,
        };
        let mut items = self.items.borrow_mut();
        mending.run(&mut items);
        if mending.dropped > 0 || mending.new.len() > mending.appended {
            *self.names.borrow_mut() = None;
        }
        #[cfg(test)]
        super::tests::MENDED.set(super::tests::MENDED.get() + usize::from(mending.left == 0));
        mending.left == 0
    }
}

struct Mending<'a> {
    list: &'a Listing,
    scope: NodeRef,
    is_member: Box<dyn Fn(&NodeRef) -> bool + 'a>,
    now: u64,
    /// Changes that are not accounted for.
    left: u64,
    /// So many more nodes may be looked at.
    steps: usize,
    /// What was put in.
    new: Vec<NodeRef>,
    /// How many of those at the end.
    appended: usize,
    dropped: usize,
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// At the node that it was for.
    Reached,
    /// Where there was no other node.
    Ran,
    /// Too early.
    Short,
}

impl Mending<'_> {
    fn run(&mut self, items: &mut VecDeque<NodeRef>) {
        let mut at = self.list.cursor.get();
        while self.is_gone(items.front()) {
            items.pop_front();
            self.note_drop();
            at = at.saturating_sub(1);
        }
        while self.is_gone(items.back()) {
            items.pop_back();
            self.note_drop();
        }
        let at = self.drop_run(at.min(items.len()), items);
        self.list.cursor.set(at);
        let length = items.len();
        let mut filled: Vec<(usize, usize)> = Vec::new();
        for gap in [at + 1, at, length, 0] {
            if self.left == 0 {
                return;
            }
            if gap > length || filled.iter().any(|(other, _)| *other == gap) {
                continue;
            }
            let place = gap + filled.iter().filter(|(other, _)| *other < gap).map(|(_, count)| count).sum::<usize>();
            let count = self.fill(place, items);
            if gap == length {
                self.appended += count;
            } else if count > 0 && gap > 0 {
                self.list.cursor.set(place + count - 1);
            }
            filled.push((gap, count));
        }
        self.drop_around(at, items);
    }

    /// Whether there is such an item, and it is not what it was; no more are found than changes were counted.
    fn is_gone(&mut self, item: Option<&NodeRef>) -> bool {
        self.left > 0 && item.is_some_and(|item| self.has_stayed(item) == Some(false))
    }

    fn note_drop(&mut self) {
        self.left -= 1;
        self.dropped += 1;
    }

    /// Whether an item is still a member and has stayed where it was; none where that is too far to tell.
    fn has_stayed(&mut self, item: &NodeRef) -> Option<bool> {
        let mut at = item.clone();
        loop {
            self.steps = self.steps.checked_sub(1)?;
            if at.is_placed_since(self.list.time.get(), self.now) {
                return Some(false);
            }
            match at.parent() {
                None => return Some(false),
                Some(parent) if same(&parent, &self.scope) => break,
                // Whatever is above it, it is no child.
                Some(_) if self.list.kind.is_of_children() => return Some(false),
                Some(parent) => at = parent,
            }
        }
        Some((self.is_member)(item))
    }

    /// Drops what is gone at a place and beside it; answers with where that was.
    fn drop_run(&mut self, mut at: usize, items: &mut VecDeque<NodeRef>) -> usize {
        if !self.is_gone(items.get(at)) {
            return at;
        }
        while at > 0 && self.is_gone(items.get(at - 1)) {
            at -= 1;
        }
        while self.is_gone(items.get(at)) {
            items.remove(at);
            self.note_drop();
        }
        at
    }

    /// Drops what is gone near a place.
    fn drop_around(&mut self, at: usize, items: &mut VecDeque<NodeRef>) {
        let mut next = (at + REACH).min(items.len());
        while next > at.saturating_sub(REACH) {
            next -= 1;
            let is_new = items.get(next).is_some_and(|item| self.new.iter().any(|new| same(new, item)));
            if !is_new && self.is_gone(items.get(next)) {
                items.remove(next);
                self.note_drop();
                self.list.cursor.set(next);
            }
        }
    }

    /// Puts in what is new before the item at `gap`, or after the last one; answers with how many.
    fn fill(&mut self, gap: usize, items: &mut VecDeque<NodeRef>) -> usize {
        let before = gap.checked_sub(1).and_then(|at| items.get(at).cloned());
        let after = items.get(gap).cloned();
        for item in [&before, &after].into_iter().flatten() {
            if self.has_stayed(item) != Some(true) {
                return 0;
            }
        }
        let (mut found, mut behind) = (Vec::new(), Vec::new());
        match (&before, &after) {
            (None, None) => {
                let root = self.scope.clone();
                self.collect(&root, None, true, &mut found);
            }
            (Some(before), None) => {
                self.collect(before, None, true, &mut found);
            }
            (before, Some(after)) => {
                let end = self.collect(after, before.as_ref(), false, &mut behind);
                // Where that does not come to the item before, they are in two sections of a table.
                if let Some(before) = before
                    && end == End::Ran
                {
                    self.collect(before, Some(after), true, &mut found);
                }
            }
        }
        found.extend(behind.into_iter().rev());
        let count = found.len();
        self.new.extend(found.iter().cloned());
        for node in found.into_iter().rev() {
            items.insert(gap, node);
        }
        count
    }

    /// Collects the members from `start` until another node, without both.
    fn collect(&mut self, start: &NodeRef, until: Option<&NodeRef>, forward: bool, found: &mut Vec<NodeRef>) -> End {
        let changes = usize::try_from(self.left).unwrap_or(usize::MAX);
        let mut steps = GAP_STEPS.saturating_add(changes.saturating_mul(GAP_STEPS_PER_CHANGE));
        let mut at = self.next(start, forward);
        while self.left > 0 {
            let Some(node) = at else { return End::Ran };
            if until.is_some_and(|until| same(until, &node)) {
                return End::Reached;
            }
            let (Some(all), Some(here)) = (self.steps.checked_sub(1), steps.checked_sub(1)) else { return End::Short };
            (self.steps, steps) = (all, here);
            if (self.is_member)(&node) {
                found.push(node.clone());
                self.left -= 1;
            }
            at = self.next(&node, forward);
        }
        End::Short
    }

    fn goes_by_siblings(&self) -> bool {
        self.list.kind.is_of_children() || self.list.kind == Kind::Rows
    }

    /// The node after or before another in the order of the list.
    fn next(&self, node: &NodeRef, forward: bool) -> Option<NodeRef> {
        if !self.goes_by_siblings() {
            return if forward { tree::next_in(node, &self.scope) } else { tree::previous_in(node, &self.scope) };
        }
        let next = match forward {
            true if same(node, &self.scope) => node.first_child(),
            true => node.next_sibling(),
            false => node.previous_sibling(),
        };
        // The rows of a section are somewhere else in the list than between those around it.
        next.filter(|next| self.list.kind != Kind::Rows || next.as_element().is_none() || next.is_html("tr"))
    }
}
