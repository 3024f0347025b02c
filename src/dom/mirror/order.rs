//! Which children stay where they are when others move around them.

/// The places in a list of a longest rising part of it, from first to last: what need not move. `None`: not to be
/// considered.
pub(super) fn rising(list: &[Option<u32>]) -> Vec<usize> {
    // The place of the smallest end of a rising part of each length, and the place before each.
    let mut ends: Vec<(u32, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; list.len()];
    for (at, number) in list.iter().enumerate() {
        let Some(number) = *number else { continue };
        let length = ends.partition_point(|(end, _)| *end < number);
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter].1);
        if length == ends.len() {
            ends.push((number, at));
        } else {
            ends[length] = (number, at);
        }
    }
    let mut found = Vec::with_capacity(ends.len());
    let mut at = ends.last().map(|(_, at)| *at);
    while let Some(place) = at {
        found.push(place);
        at = before[place];
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rising_part() {
        let of = |list: &[i64]| {
            let list: Vec<Option<u32>> = list.iter().map(|number| u32::try_from(*number).ok()).collect();
            rising(&list)
        };
        assert_eq!(of(&[]), Vec::<usize>::new());
        assert_eq!(of(&[-1, -1]), Vec::<usize>::new());
        assert_eq!(of(&[0, 1, 2]), [0, 1, 2]);
        assert_eq!(of(&[2, 0, 1, 3]), [1, 2, 3]);
        assert_eq!(of(&[5, -1, 0, 9, 1, 2, -1, 8]), [2, 4, 5, 7]);
        assert_eq!(of(&[3, 2, 1]).len(), 1);
    }
}
