//! The smallest part that still does it: delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
//! Failure-Inducing Input", 2002, §3.2), over the numbers of the parts alone.

use std::collections::HashSet;

/// The numbers of a part of `0..count` that still fails, in order: without any one of them it does not (1-minimality). All
/// of them fail. `first` says which of some parts is the first that fails; it may look at those behind that as well, and
/// must answer by the parts alone. It is not asked again of one that did not fail.
pub fn ddmin(count: usize, first: &mut dyn FnMut(&[Vec<usize>]) -> Option<usize>) -> Vec<usize> {
    let mut known = HashSet::new();
    let mut first = |parts: Vec<Vec<usize>>| {
        let mut parts: Vec<_> = parts.into_iter().filter(|part| !known.contains(part)).collect();
        let failing = if parts.is_empty() { None } else { first(&parts) };
        let found = failing.map(|at| parts[at].clone());
        known.extend(parts.drain(..failing.unwrap_or(parts.len())));
        found
    };
    if first(vec![Vec::new()]).is_some() {
        return Vec::new();
    }
    let mut current: Vec<usize> = (0..count).collect();
    let mut pieces = 2;
    while current.len() >= 2 {
        if let Some(part) = first((0..pieces).map(|piece| piece_of(&current, piece, pieces)).collect()) {
            (current, pieces) = (part, 2);
            continue;
        }
        // Of two pieces, what is left without one is the other.
        let others = if pieces > 2 { pieces } else { 0 };
        if let Some(rest) = first((0..others).map(|piece| without(&current, piece, pieces)).collect()) {
            (current, pieces) = (rest, pieces - 1);
        } else if pieces < current.len() {
            pieces = (2 * pieces).min(current.len());
        } else {
            break;
        }
        pieces = pieces.min(current.len()).max(2);
    }
    current
}

/// Where a piece begins and ends, of pieces as equal as can be.
fn bounds(len: usize, piece: usize, pieces: usize) -> (usize, usize) {
    (len * piece / pieces, len * (piece + 1) / pieces)
}

fn piece_of(all: &[usize], piece: usize, pieces: usize) -> Vec<usize> {
    let (from, to) = bounds(all.len(), piece, pieces);
    all[from..to].to_vec()
}

fn without(all: &[usize], piece: usize, pieces: usize) -> Vec<usize> {
    let (from, to) = bounds(all.len(), piece, pieces);
    [&all[..from], &all[to..]].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is left, and how often it was asked.
    fn shrunk(count: usize, fails: impl Fn(&[usize]) -> bool) -> (Vec<usize>, usize) {
        let mut asked = HashSet::new();
        let mut times = 0;
        let left = ddmin(count, &mut |parts| {
            parts.iter().position(|part| {
                assert!(asked.insert(part.clone()), "{part:?} is asked for twice");
                times += 1;
                fails(part)
            })
        });
        (left, times)
    }

    fn needs(wanted: &'static [usize]) -> impl Fn(&[usize]) -> bool {
        move |part| wanted.iter().all(|one| part.contains(one))
    }

    #[test]
    fn what_is_left() {
        assert_eq!(shrunk(8, needs(&[])).0, Vec::<usize>::new());
        assert_eq!(shrunk(0, |_| true).0, Vec::<usize>::new());
        assert_eq!(shrunk(1, needs(&[0])).0, [0]);
        assert_eq!(shrunk(8, needs(&[2])).0, [2]);
        assert_eq!(shrunk(8, needs(&[0, 7])).0, [0, 7]);
        assert_eq!(shrunk(100, needs(&[3, 50, 51, 99])).0, [3, 50, 51, 99]);
        let all: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(shrunk(8, needs(all)).0, all);
        // Not monotone: an odd number of parts.
        assert_eq!(shrunk(9, |part| part.len() % 2 == 1).0.len(), 1);
    }

    #[test]
    fn it_asks_seldom() {
        // One cause is found by halving.
        assert!(shrunk(1024, needs(&[700])).1 <= 24, "{}", shrunk(1024, needs(&[700])).1);
        assert!(shrunk(1024, needs(&[3, 900])).1 <= 120, "{}", shrunk(1024, needs(&[3, 900])).1);
        // The worst case of the paper: a square, and the three questions more for each.
        let all: Vec<usize> = (0..32).collect();
        let (left, times) = shrunk(32, |part| part.len() == all.len());
        assert!(left == all && times <= 32 * 32 + 3 * 32, "{times}");
    }

    proptest! {
        #[test]
        fn without_any_one_it_does_not_fail(count in 1_usize..40, seeds in prop::collection::vec(0_usize..1000, 1..6), odd: bool) {
            let wanted: Vec<usize> = seeds.iter().map(|seed| seed % count).collect();
            // Also one that is not monotone.
            let fails = |part: &[usize]| {
                wanted.iter().all(|one| part.contains(one)) && (!odd || part.len() != count / 2)
            };
            prop_assume!(fails(&(0..count).collect::<Vec<_>>()));
            let (left, _) = shrunk(count, fails);
            prop_assert!(fails(&left));
            prop_assert!(left.is_sorted());
            for at in 0..left.len() {
                let mut fewer = left.clone();
                fewer.remove(at);
                prop_assert!(!fails(&fewer), "{:?} without {}", left, at);
            }
        }
    }
}
