//! Where a string literal is not closed: boa's lexer says that one is not, but not where.

use super::lexer::{Kind, Lines, tokens};

/// Line and column of the opening quote of the first string literal that its line does not close; both from 1, the
/// column in UTF-16 code units.
#[must_use]
pub fn unterminated_string(code: &str) -> Option<(u32, u32)> {
    let open = tokens(code).find(|token| token.kind == Kind::OpenText)?;
    Some(Lines::of(code).position(open.at))
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
