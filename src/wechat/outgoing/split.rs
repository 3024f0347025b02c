//! Long texts become several.

/// Pieces of at most `limit` bytes that together are the text, less the blanks where it was cut.
pub(super) fn split_text(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while rest.len() > limit {
        let cut = cut_position(rest, limit);
        pieces.push(rest[..cut].trim_end().to_owned());
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() {
        pieces.push(rest.to_owned());
    }
    pieces
}

/// Where to cut: at the last line break, else the last blank, else the last whole character; never inside a link.
fn cut_position(text: &str, limit: usize) -> usize {
    let mut whole = text.floor_char_boundary(limit);
    if let Some(open) = text[..whole].rfind("<a ").filter(|open| *open > 0 && !text[*open..whole].contains("</a>")) {
        whole = open;
    }
    let head = &text[..whole];
    let after_first = |position: usize| (position > 0).then_some(position);
    let line = head.rfind('\n').and_then(after_first);
    let blank = || head.rfind(' ').filter(|at| *at > whole / 2);
    let inside_link = |at: &usize| head[..*at].rfind("<a ").is_some_and(|open| !head[open..*at].contains("</a>"));
    line.filter(|at| !inside_link(at)).or_else(|| blank().filter(|at| !inside_link(at))).unwrap_or(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_split(text: &str, limit: usize, expected: &[&str]) {
        let pieces = split_text(text, limit);
        assert!(pieces.iter().all(|piece| piece.len() <= limit), "{pieces:?}");
        assert_eq!(pieces, expected);
    }

    #[test]
    fn long_texts_are_cut_between_words_and_lines() {
        check_split("您好您好", 7, &["您好", "您好"]);
        check_split("one two three", 9, &["one two", "three"]);
        check_split("line one\nline two", 12, &["line one", "line two"]);
        check_split("ab <a href=\"x\">link</a> c", 24, &["ab <a href=\"x\">link</a>", "c"]);
        check_split("abcdef <a href=\"x\">k</a>", 22, &["abcdef", "<a href=\"x\">k</a>"]);
    }
}
