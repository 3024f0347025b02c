//! What of the unsynced is found after a power cut, drawn from a seed.

use super::Unsynced;

/// Draws; the same seed gives the same ones.
pub struct Chance {
    unsynced: Unsynced,
    state: u64,
}

/// What becomes of the changes of one file, or of the names of one folder, that wait.
pub struct Fate {
    kind: Kind,
    state: u64,
}

#[derive(Clone, Copy)]
enum Kind {
    Lost,
    Kept,
    /// They were carried out in order, so many of 1,024 of them.
    First(u64),
    /// Each by itself, with so many chances of 8.
    Each(u64),
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Chance {
    pub fn new(unsynced: Unsynced) -> Self {
        let seed = if let Unsynced::Torn(seed) = unsynced { seed } else { 0 };
        Self { unsynced, state: seed }
    }

    /// The fate of the next file: files do not share one, so that a later write may be there and an earlier one not.
    pub fn fate(&mut self) -> Fate {
        let kind = match self.unsynced {
            Unsynced::Lost => Kind::Lost,
            Unsynced::Kept => Kind::Kept,
            Unsynced::Torn(_) => match next(&mut self.state) % 8 {
                0 => Kind::Lost,
                1 => Kind::Kept,
                2 | 3 => Kind::First(next(&mut self.state) % 1024),
                _ => Kind::Each(1 + next(&mut self.state) % 7),
            },
        };
        Fate { kind, state: next(&mut self.state) }
    }
}

impl Fate {
    /// Whether the change with this index, of so many, is found.
    pub fn is_kept(&mut self, index: usize, count: usize) -> bool {
        match self.kind {
            Kind::Lost => false,
            Kind::Kept => true,
            Kind::First(share) => (index as u64) < share * (count as u64 + 1) / 1024,
            Kind::Each(chances) => next(&mut self.state) % 8 < chances,
        }
    }
}
