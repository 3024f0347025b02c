//! One file: what is surely on the disk, and what was written since.

use super::chance::Fate;

/// What a disk writes whole or not at all, in bytes.
pub const SECTOR: usize = 512;

/// A file's bytes. What is written waits until a sync.
#[derive(Debug, Default)]
pub struct Content {
    synced: Vec<u8>,
    /// In the order in which they were made; a write is one piece per sector.
    waiting: Vec<Piece>,
}

/// A change that waits.
#[derive(Debug)]
struct Piece {
    change: Change,
    /// A sync that failed has forgotten it: later ones do not carry it to the disk. That is what Linux does with pages
    /// that it could not write (<https://wiki.postgresql.org/wiki/Fsync_Errors>).
    is_forgotten: bool,
}

#[derive(Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Length(length) => file.resize(*length, 0),
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*at..end].copy_from_slice(bytes);
            }
        }
    }

    /// Makes an earlier write say what this later change, which is on the disk, says of the same bytes.
    fn overrule(&self, earlier: &mut Self) {
        let Self::Write { at: start, bytes: old } = earlier else { return };
        match self {
            Self::Length(length) => old.truncate(length.saturating_sub(*start)),
            Self::Write { at, bytes } => {
                let (from, to) = ((*at).max(*start), (at + bytes.len()).min(*start + old.len()));
                if from < to {
                    old[from - *start..to - *start].copy_from_slice(&bytes[from - at..to - at]);
                }
            }
        }
    }
}

impl Content {
    /// A file that is on the disk as it is.
    pub fn synced(bytes: Vec<u8>) -> Self {
        Self { synced: bytes, waiting: Vec::new() }
    }

    /// Bytes written at an offset.
    pub fn write(&mut self, at: usize, mut bytes: &[u8]) {
        let mut at = at;
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(bytes.len().min(SECTOR - at % SECTOR));
            self.wait(Change::Write { at, bytes: piece.to_vec() });
            (at, bytes) = (at + piece.len(), rest);
        }
    }

    /// The file cut, or made longer with zeros.
    pub fn set_length(&mut self, length: usize) {
        self.wait(Change::Length(length));
    }

    fn wait(&mut self, change: Change) {
        self.waiting.push(Piece { change, is_forgotten: false });
    }

    /// A sync that succeeded: what was written since the last one is on the disk.
    pub fn sync(&mut self) {
        let mut forgotten: Vec<Piece> = Vec::new();
        for piece in std::mem::take(&mut self.waiting) {
            if piece.is_forgotten {
                forgotten.push(piece);
                continue;
            }
            piece.change.apply(&mut self.synced);
            forgotten.iter_mut().for_each(|earlier| piece.change.overrule(&mut earlier.change));
        }
        // What a cut left nothing of must not make the file longer.
        forgotten.retain(|piece| !matches!(&piece.change, Change::Write { bytes, .. } if bytes.is_empty()));
        self.waiting = forgotten;
    }

    /// A sync that failed: what waits may get to the disk, but no later sync brings it there. Lengths belong to the
    /// file system, which keeps them in its journal.
    pub fn forget(&mut self) {
        for piece in &mut self.waiting {
            piece.is_forgotten = matches!(piece.change, Change::Write { .. });
        }
    }

    /// The file as it may be found after the power went.
    pub fn after_power_cut(&self, fate: &mut Fate) -> Vec<u8> {
        let mut found = self.synced.clone();
        let count = self.waiting.len();
        self.waiting
            .iter()
            .enumerate()
            .filter(|(index, _)| fate.is_kept(*index, count))
            .for_each(|(_, piece)| piece.change.apply(&mut found));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Unsynced;
    use crate::disk::chance::Chance;

    fn after(content: &Content, unsynced: Unsynced) -> Vec<u8> {
        content.after_power_cut(&mut Chance::new(unsynced).fate())
    }

    /// What is found with every seed.
    fn found(content: &Content) -> std::collections::BTreeSet<Vec<u8>> {
        (0..200).map(|seed| after(content, Unsynced::Torn(seed))).collect()
    }

    fn sectors(marks: &[u8]) -> Vec<u8> {
        marks.iter().flat_map(|mark| [*mark; SECTOR]).collect()
    }

    #[test]
    fn what_was_synced_stays_and_the_rest_may_go() {
        let mut content = Content::default();
        content.write(0, b"old");
        content.sync();
        content.write(1, b"ew!!");
        assert_eq!(after(&content, Unsynced::Lost), b"old");
        assert_eq!(after(&content, Unsynced::Kept), b"oew!!");
        content.set_length(2);
        assert_eq!(after(&content, Unsynced::Kept), b"oe");
        content.sync();
        assert_eq!(found(&content), [b"oe".to_vec()].into());
    }

    #[test]
    fn a_write_is_torn_at_sectors_only_and_in_every_way() {
        let mut content = Content::synced(sectors(b"aaa"));
        content.write(SECTOR, &sectors(b"bc"));
        assert_eq!(found(&content), [b"aaa", b"aba", b"aac", b"abc"].map(|marks| sectors(marks)).into());
        // An odd start: the pieces end where the disk's sectors do.
        let mut content = Content::synced(sectors(b"a"));
        content.write(SECTOR - 1, b"xy");
        let ends: Vec<_> = found(&content).into_iter().map(|file| file[SECTOR - 1..].to_vec()).collect();
        assert_eq!(ends, [b"a".to_vec(), b"ay".to_vec(), b"x".to_vec(), b"xy".to_vec()]);
    }

    #[test]
    fn a_hole_is_zeros() {
        let mut content = Content::default();
        content.write(0, &sectors(b"ab"));
        assert!(found(&content).contains(&sectors(b"\0b")));
    }

    #[test]
    fn what_a_failed_sync_forgot_no_later_one_keeps() {
        let mut content = Content::default();
        content.write(0, b"abcd");
        content.forget();
        content.write(1, b"X");
        content.sync();
        assert_eq!(after(&content, Unsynced::Lost), b"\0X");
        assert_eq!(after(&content, Unsynced::Kept), b"aXcd");
        content.set_length(0);
        content.write(0, b"new");
        content.sync();
        assert_eq!(found(&content), [b"new".to_vec()].into());
    }
}
