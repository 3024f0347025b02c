//! Where a name is used in a script's text, roughly: comments, strings and members are passed over.

/// The first use of `name` at or behind a place, both as line and column from 1.
pub(super) fn find(text: &str, name: &str, (line, column): (u32, u32)) -> Option<(u32, u32)> {
    let characters: Vec<char> = text.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let mut at = offset(&characters, line, column)?;
    // What stands between an inline handler's name and its code.
    at += characters[at..].iter().take_while(|character| matches!(character, '=' | ' ' | '"' | '\'')).count();
    while at < characters.len() {
        let rest = &characters[at..];
        if let Some(skipped) = skipped(rest) {
            at += skipped;
        } else if is_name(rest[0]) {
            let length = rest.iter().take_while(|character| is_name(**character)).count();
            if rest[..length] == name[..] && !is_passed_over(&characters[..at]) {
                return place(&characters, at);
            }
            at += length;
        } else {
            at += 1;
        }
    }
    None
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// Behind a dot it is a member; `typeof` may be asked of anything.
fn is_passed_over(before: &[char]) -> bool {
    let end = before.iter().rposition(|character| !character.is_whitespace()).map_or(0, |last| last + 1);
    before[..end].ends_with(&['.']) || before[..end].ends_with(&['t', 'y', 'p', 'e', 'o', 'f'])
}

/// Length of the comment or string that begins here. A string ends with its line at the latest: it may be none, in a
/// regular expression for instance.
fn skipped(rest: &[char]) -> Option<usize> {
    let until = |end: &[char]| rest[2..].windows(end.len()).position(|found| found == end).map(|at| at + 2);
    match rest {
        ['/', '/', ..] => Some(until(&['\n']).unwrap_or(rest.len())),
        ['/', '*', ..] => Some(until(&['*', '/']).map_or(rest.len(), |at| at + 2)),
        [quote @ ('"' | '\''), ..] => {
            let mut at = 1;
            while at < rest.len() && rest[at] != *quote && rest[at] != '\n' {
                at += if rest[at] == '\\' { 2 } else { 1 };
            }
            Some((at + 1).min(rest.len()))
        }
        _ => None,
    }
}

fn offset(characters: &[char], line: u32, column: u32) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += characters[start..].iter().position(|character| *character == '\n')? + 1;
    }
    Some((start + usize::try_from(column).ok()?.saturating_sub(1)).min(characters.len()))
}

fn place(characters: &[char], at: usize) -> Option<(u32, u32)> {
    let before = &characters[..at];
    let line = before.iter().filter(|character| **character == '\n').count() + 1;
    let column = before.iter().rev().take_while(|character| **character != '\n').count() + 1;
    Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_members_and_longer_names_are_passed_over() {
        let table = [
            ("a(b);\nbar();", (1, 1), Some((2, 1))),
            ("bar; bar;", (1, 2), Some((1, 6))),
            ("// bar\n/* bar\n bar */ bar", (1, 1), Some((3, 9))),
            ("; 'bar' + \"a\\\"bar\" + x.bar + bar2 + $bar + typeof bar + bar", (1, 1), Some((1, 57))),
            ("x = /'/; y = bar", (1, 1), None),
            ("x = /'/;\ny = bar", (1, 1), Some((2, 5))),
            ("<a onclick = \"bar()\">", (1, 13), Some((1, 15))),
            ("'", (1, 1), None),
            ("bar", (9, 1), None),
        ];
        for (text, from, expected) in table {
            assert_eq!(find(text, "bar", from), expected, "{text}");
        }
    }
}
