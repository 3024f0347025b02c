//! A stable, adaptive merge sort over indices.

/// Shortest run worth merging; a shorter one is filled up by binary insertion.
const RUN_MIN: usize = 16;

/// The order of `0..count` by `after(a, b)`, which says whether `a` must come after `b`. Equal items keep their
/// order. Whatever `after` answers, the result is a permutation; its first error ends the sort.
///
/// Sorted and reversed stretches cost one comparison an item, the worst case about `count * log2(count)`.
pub(super) fn sorted_indices<E>(
    count: usize,
    mut after: impl FnMut(u32, u32) -> Result<bool, E>,
) -> Result<Vec<u32>, E> {
    let mut items: Vec<u32> = (0..u32::try_from(count).unwrap_or(u32::MAX)).collect();
    let mut runs = Vec::new();
    let mut start = 0;
    while start < items.len() {
        let run = natural_run(&mut items[start..], &mut after)?;
        let length = run.max(RUN_MIN).min(items.len() - start);
        insert(&mut items[start..start + length], run, &mut after)?;
        runs.push(length);
        start += length;
    }
    let mut buffer = Vec::with_capacity(items.len() / 2 + 1);
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len() / 2 + 1);
        let mut start = 0;
        for pair in runs.chunks(2) {
            let length: usize = pair.iter().sum();
            if let [left, _] = *pair {
                merge(&mut items[start..start + length], left, &mut buffer, &mut after)?;
            }
            merged.push(length);
            start += length;
        }
        runs = merged;
    }
    Ok(items)
}

/// The length of the run `items` begins with; a strictly falling one is turned round.
fn natural_run<E>(items: &mut [u32], after: &mut impl FnMut(u32, u32) -> Result<bool, E>) -> Result<usize, E> {
    if items.len() < 2 {
        return Ok(items.len());
    }
    let falling = after(items[0], items[1])?;
    let mut length = 2;
    while length < items.len() && after(items[length - 1], items[length])? == falling {
        length += 1;
    }
    if falling {
        items[..length].reverse();
    }
    Ok(length)
}

/// Inserts each of `items[sorted..]` behind the last item it need not precede.
fn insert<E>(items: &mut [u32], sorted: usize, after: &mut impl FnMut(u32, u32) -> Result<bool, E>) -> Result<(), E> {
    for next in sorted..items.len() {
        let item = items[next];
        let (mut low, mut high) = (0, next);
        while low < high {
            let middle = usize::midpoint(low, high);
            if after(items[middle], item)? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        items[low..=next].rotate_right(1);
    }
    Ok(())
}

/// Merges `items[..left]` and `items[left..]`, each sorted.
fn merge<E>(
    items: &mut [u32],
    left: usize,
    buffer: &mut Vec<u32>,
    after: &mut impl FnMut(u32, u32) -> Result<bool, E>,
) -> Result<(), E> {
    if !after(items[left - 1], items[left])? {
        return Ok(());
    }
    buffer.clear();
    buffer.extend_from_slice(&items[..left]);
    let (mut from_left, mut from_right, mut to) = (0, left, 0);
    while from_left < buffer.len() && from_right < items.len() {
        if after(buffer[from_left], items[from_right])? {
            items[to] = items[from_right];
            from_right += 1;
        } else {
            items[to] = buffer[from_left];
            from_left += 1;
        }
        to += 1;
    }
    let rest = &buffer[from_left..];
    items[to..to + rest.len()].copy_from_slice(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_standard_stable_sort(keys in prop::collection::vec(0_u8..20, 0..300)) {
            let sorted = sorted_indices(keys.len(), |a, b| Ok::<_, Infallible>(keys[a as usize] > keys[b as usize]));
            let mut expected: Vec<u32> = (0..keys.len() as u32).collect();
            expected.sort_by_key(|&index| keys[index as usize]);
            prop_assert_eq!(sorted.unwrap(), expected);
        }

        #[test]
        fn any_answers_give_a_permutation(count in 0_usize..400, mut seed in any::<u64>()) {
            let sorted = sorted_indices(count, |_, _| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                Ok::<_, Infallible>(seed >> 63 == 1)
            });
            let mut sorted = sorted.unwrap();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn sorted_and_reversed_input_cost_one_comparison_an_item() {
        for reversed in [false, true] {
            let mut calls = 0;
            let sorted = sorted_indices(1000, |a, b| {
                calls += 1;
                Ok::<_, Infallible>((a > b) != reversed)
            });
            assert_eq!(sorted.unwrap()[0], if reversed { 999 } else { 0 });
            assert_eq!(calls, 999);
        }
    }

    #[test]
    fn the_first_error_ends_it() {
        let mut calls = 0;
        let sorted = sorted_indices(100, |_, _| {
            calls += 1;
            if calls == 5 { Err("stop") } else { Ok(calls % 2 == 0) }
        });
        assert_eq!((sorted, calls), (Err("stop"), 5));
    }
}
