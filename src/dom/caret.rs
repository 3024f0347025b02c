//! Where a caret goes by characters, words, sentences and lines over the text that is shown
//! ([Selection API](https://w3c.github.io/selection-api/#dom-selection-modify), whose steps it leaves to browsers).
//!
//! Lines are those that blocks and line breaks make, as nothing is laid out; a word is a run of letters and digits, or one
//! character where words are not told apart by spaces.

use super::node::{NodeRef, get, same};
use super::range::Point;
use super::{boxes, css, tree};

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// One character.
    Character,
    /// To the end of a word, or back to its beginning.
    Word,
    /// To the beginning of a sentence.
    Sentence,
    /// To the same column of another line.
    Line,
    /// To the end of the line.
    LineBoundary,
    /// To the end of the sentence.
    SentenceBoundary,
    /// To the end of all.
    DocumentBoundary,
}

impl Granularity {
    /// By its name in scripts, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match &*name.to_ascii_lowercase() {
            "character" => Self::Character,
            "word" => Self::Word,
            "sentence" => Self::Sentence,
            "line" | "paragraph" => Self::Line,
            "lineboundary" | "paragraphboundary" => Self::LineBoundary,
            "sentenceboundary" => Self::SentenceBoundary,
            "documentboundary" => Self::DocumentBoundary,
            _ => return None,
        })
    }
}

/// A character that is shown, and where it begins and ends.
struct Shown {
    character: char,
    start: Point,
    end: Point,
}

/// The text that is shown under a node.
struct Text(Vec<Shown>);

impl Text {
    fn of(root: &NodeRef) -> Self {
        let mut text = Self(Vec::new());
        let mut is_new_line = false;
        let mut at = root.first_child();
        while let Some(node) = at {
            is_new_line |= ends_line(&node);
            if node.is_html("br") {
                text.line_break(&node);
            } else if node.is_text() && tree::parent_element(&node).is_some_and(|parent| is_shown(&parent)) {
                text.add(&node, &mut is_new_line);
            }
            let next = tree::next_in(&node, root);
            // Leaving a block begins a line as well.
            let mut left = Some(node);
            while let Some(one) =
                left.filter(|one| next.as_ref().is_none_or(|next| !tree::is_inclusive_ancestor(one, next)))
            {
                is_new_line |= ends_line(&one);
                left = get(&one.parent).filter(|parent| !same(parent, root));
            }
            at = next;
        }
        text
    }

    fn line_break(&mut self, node: &NodeRef) {
        if let (Some(start), Some(end)) = (Point::before(node), Point::after(node)) {
            self.0.push(Shown { character: '\n', start, end });
        }
    }

    fn add(&mut self, node: &NodeRef, is_new_line: &mut bool) {
        let Some(data) = node.character_data() else { return };
        let keeps =
            tree::parent_element(node).is_some_and(|parent| css::computed(&parent, "white-space").starts_with("pre"));
        let mut offset = 0;
        for character in data.borrow().chars() {
            let start = Point::new(node, offset);
            offset += character.len_utf16();
            let is_space = !keeps && character.is_ascii_whitespace();
            let follows_space = self.0.last().is_none_or(|last| last.character.is_ascii_whitespace());
            if is_space && (follows_space || *is_new_line) {
                continue;
            }
            if std::mem::take(is_new_line) && self.0.last().is_some_and(|last| last.character != '\n') {
                self.0.pop_if(|last| last.character == ' ');
                let end_of_line = self.0.last().map_or_else(|| start.clone(), |last| last.end.clone());
                self.0.push(Shown { character: '\n', start: end_of_line, end: start.clone() });
            }
            let character = if is_space { ' ' } else { character };
            self.0.push(Shown { character, start, end: Point::new(node, offset) });
        }
    }

    /// How many characters end before a point or at it.
    fn index_of(&self, point: &Point) -> usize {
        self.0.partition_point(|shown| shown.end.compare(point) != std::cmp::Ordering::Greater)
    }

    /// The point before a character, or after the last one.
    fn point_at(&self, at: usize, is_forward: bool) -> Option<Point> {
        let before = at.checked_sub(1).and_then(|before| self.0.get(before));
        match (before, self.0.get(at)) {
            (Some(before), _) if is_forward && before.character != '\n' => Some(before.end.clone()),
            (_, Some(shown)) => Some(shown.start.clone()),
            (Some(before), None) => Some(before.end.clone()),
            (None, None) => None,
        }
    }

    fn is(&self, at: usize, test: impl Fn(char) -> bool) -> bool {
        self.0.get(at).is_some_and(|shown| test(shown.character))
    }

    fn line_start(&self, at: usize) -> usize {
        (0..at).rev().find(|before| self.is(*before, |c| c == '\n')).map_or(0, |newline| newline + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        (at..self.0.len()).find(|at| self.is(*at, |c| c == '\n')).unwrap_or(self.0.len())
    }

    fn moved(&self, at: usize, is_forward: bool, by: Granularity) -> usize {
        let end = self.0.len();
        match (by, is_forward) {
            (Granularity::Character, true) => (at + 1).min(end),
            (Granularity::Character, false) => at.saturating_sub(1),
            (Granularity::DocumentBoundary, true) => end,
            (Granularity::DocumentBoundary, false) => 0,
            (Granularity::LineBoundary, true) => self.line_end(at),
            (Granularity::LineBoundary, false) => self.line_start(at),
            (Granularity::Line, true) => {
                let (start, newline) = (self.line_start(at), self.line_end(at));
                if newline == end { end } else { (newline + 1 + at - start).min(self.line_end(newline + 1)) }
            }
            (Granularity::Line, false) => {
                let start = self.line_start(at);
                let Some(newline) = start.checked_sub(1) else { return 0 };
                (self.line_start(newline) + at - start).min(newline)
            }
            (Granularity::Word, true) => {
                let word = (at..end).find(|at| self.is(*at, is_of_word)).unwrap_or(end);
                (word + 1..end).find(|at| !self.is_within_word(*at)).unwrap_or(end)
            }
            (Granularity::Word, false) => {
                let after = (0..at).rev().find(|at| self.is(*at, is_of_word)).map_or(0, |last| last + 1);
                (0..after).rev().find(|at| !self.is_within_word(*at)).unwrap_or(0)
            }
            (Granularity::Sentence | Granularity::SentenceBoundary, true) => {
                let ends = |at: usize| self.is(at, ends_sentence) && !self.is(at + 1, ends_sentence);
                let after = (at..end).find(|at| ends(*at)).map_or(end, |last| last + 1);
                let is_to_next = by == Granularity::Sentence;
                if is_to_next {
                    (after..end).find(|at| !self.is(*at, char::is_whitespace)).unwrap_or(end)
                } else {
                    after
                }
            }
            (Granularity::Sentence | Granularity::SentenceBoundary, false) => {
                let last =
                    (0..at).rev().find(|at| !self.is(*at, |c| c.is_whitespace() || ends_sentence(c))).unwrap_or(0);
                let first = (0..last).rev().find(|at| self.is(*at, ends_sentence)).map_or(0, |end| end + 1);
                (first..=last).find(|at| !self.is(*at, char::is_whitespace)).unwrap_or(first)
            }
        }
    }

    /// Whether a character belongs to the word that the one before it is of.
    fn is_within_word(&self, at: usize) -> bool {
        let is_joined = |c: char| is_of_word(c) && !stands_alone(c);
        at > 0 && self.is(at, is_joined) && self.is(at - 1, is_joined)
    }
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Scripts without spaces between words.
fn stands_alone(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn ends_sentence(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | '。' | '！' | '？' | '\n')
}

/// Whether an element is a block, around which lines begin.
fn ends_line(node: &NodeRef) -> bool {
    node.as_element().is_some() && !node.is_html("br") && !boxes::is_inline(node) && is_shown(node)
}

fn is_shown(element: &NodeRef) -> bool {
    !matches!(element.html_name(), "textarea" | "select" | "option" | "script" | "style") && boxes::is_rendered(element)
}

/// Where a caret at `point` gets to; it stays within the element around it that can be edited, if there is one.
#[must_use]
pub fn moved(point: &Point, is_forward: bool, by: Granularity) -> Option<Point> {
    let can_be_edited = |node: &NodeRef| {
        node.as_element()
            .is_some_and(|e| e.with_attr("contenteditable", |v| v.is_some_and(|v| !v.eq_ignore_ascii_case("false"))))
    };
    let hosts = std::iter::once(point.node.clone()).chain(tree::ancestors(&point.node));
    let root = hosts.filter(can_be_edited).last().unwrap_or_else(|| tree::root_of(&point.node));
    let text = Text::of(&root);
    let from = text.index_of(point);
    let to = text.moved(from, is_forward, by);
    if from == to { None } else { text.point_at(to, is_forward) }
}
