//! "Did you mean": the known word nearest to an unknown one.

/// The word among `known` that was probably meant: at most one edit in three letters away, the nearest first.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|candidate| (distance(word, candidate), *candidate));
    let (edits, candidate) = distances.min_by_key(|(edits, _)| *edits)?;
    let longer = word.chars().count().max(candidate.chars().count());
    (edits <= longer.div_ceil(3)).then_some(candidate)
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, capitals and hyphens aside.
fn distance(from: &str, to: &str) -> usize {
    let letters = |word: &str| word.to_lowercase().replace('-', "_").chars().collect::<Vec<_>>();
    let (from, to) = (letters(from), letters(to));
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(a != b);
            let mut best = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        const KNOWN: &[&str] = &["name", "page", "dialects", "extra_events", "user_change"];
        let table = [
            ("nmae", Some("name")),
            ("pages", Some("page")),
            ("Page", Some("page")),
            ("dialect", Some("dialects")),
            ("extra-events", Some("extra_events")),
            ("userchange", Some("user_change")),
            ("zzz", None),
            ("timeout", None),
        ];
        for (word, expected) in table {
            assert_eq!(nearest(word, KNOWN), expected, "{word}");
        }
        assert_eq!(nearest("page", &[]), None);
    }
}
