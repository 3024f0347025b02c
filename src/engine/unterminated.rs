//! Where a string literal is not closed: boa's lexer says that one is not, but not where.

/// Line and column of the opening quote of the first string literal that its line does not close; both from 1, the
/// column in UTF-16 code units. Comments, templates and regular expressions are stepped over.
#[must_use]
pub fn unterminated_string(code: &str) -> Option<(u32, u32)> {
    let characters: Vec<char> = code.chars().collect();
    let mut at = 0;
    let mut before = '\n';
    while let Some(&character) = characters.get(at) {
        let end = match character {
            '"' | '\'' => match closing(&characters, at, character, false) {
                Some(end) => end,
                None => return Some(position(&characters[..at])),
            },
            '`' => closing(&characters, at, '`', true)?,
            '/' if characters.get(at + 1) == Some(&'/') => line_end(&characters, at),
            '/' if characters.get(at + 1) == Some(&'*') => comment_end(&characters, at)?,
            '/' if starts_expression(before) => regex_end(&characters, at),
            _ => at,
        };
        if !character.is_whitespace() {
            before = characters[end.min(characters.len() - 1)];
        }
        at = end + 1;
    }
    None
}

/// The index of the quote that closes the literal opened at `open`.
fn closing(characters: &[char], open: usize, quote: char, over_lines: bool) -> Option<usize> {
    let mut at = open + 1;
    while let Some(&character) = characters.get(at) {
        match character {
            '\\' => at += 1,
            '\n' if !over_lines => return None,
            _ if character == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn line_end(characters: &[char], from: usize) -> usize {
    characters[from..].iter().position(|c| *c == '\n').map_or(characters.len(), |length| from + length)
}

fn comment_end(characters: &[char], from: usize) -> Option<usize> {
    let length = characters[from + 2..].windows(2).position(|pair| pair == ['*', '/'])?;
    Some(from + 2 + length + 1)
}

/// Whether a slash after this character starts a regular expression; after a value it divides.
fn starts_expression(before: char) -> bool {
    !(before.is_alphanumeric() || matches!(before, '_' | '$' | ')' | ']' | '}' | '"' | '\'' | '`'))
}

/// The slash that ends a regular expression, or its start where its line does not.
fn regex_end(characters: &[char], from: usize) -> usize {
    let (mut at, mut in_class) = (from + 1, false);
    while let Some(&character) = characters.get(at) {
        match character {
            '\\' => at += 1,
            '\n' => return from,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return at,
            _ => {}
        }
        at += 1;
    }
    from
}

fn position(before: &[char]) -> (u32, u32) {
    let breaks = before.iter().filter(|c| **c == '\n').count();
    let line_start = before.iter().rposition(|c| *c == '\n').map_or(0, |at| at + 1);
    let column: usize = before[line_start..].iter().map(|c| c.len_utf16()).sum();
    (u32::try_from(breaks + 1).unwrap_or(u32::MAX), u32::try_from(column + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_open_string_is_found() {
        assert_eq!(unterminated_string("var a = 'x';\n  b = \"y\nc = 1"), Some((2, 7)));
        assert_eq!(unterminated_string("// don't\n/* \"no */ a = 5 / 2; b = /['\"]/g; c = `it's`; d = 'x\\\ny'"), None);
        assert_eq!(unterminated_string("a = /[/'\"]/.test('您') ? 'it\\'s' : 'open"), Some((1, 35)));
        assert_eq!(unterminated_string("a = 1"), None);
    }
}
