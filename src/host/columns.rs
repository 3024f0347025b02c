//! Text in the columns of a terminal: ideographs take two.

/// Breaks a line: at a blank or between ideographs; an address is never broken, since it is there to be copied.
#[must_use]
pub fn wrap(line: &str, columns: usize) -> Vec<String> {
    let (mut lines, mut current) = (Vec::new(), String::new());
    for word in words(line) {
        if !current.is_empty() && width(&current) + width(word.trim_end()) > columns && !is_closing(word) {
            lines.push(std::mem::take(&mut current).trim_end().to_owned());
        }
        current.push_str(word);
    }
    lines.push(current.trim_end().to_owned());
    lines
}

/// What is not broken: a run of narrow characters with the blanks behind it, or one wide character.
fn words(line: &str) -> Vec<&str> {
    let (mut words, mut start, mut previous) = (Vec::new(), 0, None::<char>);
    for (at, character) in line.char_indices() {
        let breaks = previous
            .is_some_and(|previous| is_wide(previous) || is_wide(character) || (previous == ' ' && character != ' '));
        if breaks {
            words.push(&line[start..at]);
            start = at;
        }
        previous = Some(character);
    }
    words.push(&line[start..]);
    words
}

/// Punctuation that does not begin a line.
fn is_closing(word: &str) -> bool {
    word.starts_with(['，', '。', '、', '；', '：', '？', '！', '）', '》', '”', '’'])
}

/// Columns a text takes in a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

fn width_of(character: char) -> usize {
    match character {
        // Marks that stand on the character before, joiners, variation selectors.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        _ if is_wide(character) => 2,
        _ => 1,
    }
}

/// The beginning of a text that fits, with `…` where something is left out.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let fits = |character: &char| {
        let rest = left.checked_sub(width_of(*character));
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    let mut shown: String = text.chars().take_while(fits).collect();
    shown.push('…');
    shown
}

/// Ideographs, kana, hangul, full-width forms and pictures take two columns (Unicode TR 11).
fn is_wide(character: char) -> bool {
    matches!(character,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_where_they_may_be() {
        assert_eq!(wrap("您好，欢迎光临", 8), ["您好，欢", "迎光临"]);
        assert_eq!(wrap("您好您好，再见", 8), ["您好您好，", "再见"]);
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("https://shop.example.com/x", 8), ["https://shop.example.com/x"]);
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn marks_take_no_column() {
        assert_eq!((width("您好"), width("e\u{301}"), width("\u{2764}\u{fe0f}")), (4, 1, 1));
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(cut("您好，欢迎光临", 8), "您好，…");
        assert_eq!(cut("您好，欢", 8), "您好，欢");
        assert_eq!(cut("hello", 4), "hel…");
        assert_eq!(cut("hello", 0), "…");
    }
}
