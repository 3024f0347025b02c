//! Tokens of a date text.

use boa_engine::JsStr;

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Digits: their value, of which only the first nine that count are read, and how many there are.
    Number { value: i32, digits: usize },
    /// `+` (1) or `-` (-1).
    Sign(i32),
    /// `:`
    Colon,
    /// `.`
    Dot,
    /// A `)` without its partner.
    Close,
    /// Letters, and any other character from `A` upwards.
    Word(Word),
    /// White space or a line end.
    Space,
    /// Anything else, text in parentheses included.
    Other,
}

/// What a word means. Months may be written out, the others are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// 1 to 12.
    Month(i32),
    /// Hours east of UTC.
    Zone(i32),
    /// UTC, as the single letter Z.
    Zulu,
    /// Hours to add: 0 for AM, 12 for PM.
    Meridiem(i32),
    /// The T between date and time.
    Separator,
    /// Any other.
    Unknown,
}

/// Digits of a number that count; those after are skipped.
const DIGITS_MAX: usize = 9;

const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// The zones of the time of RFC 822, which browsers still know; China's CST is not among them.
const WORDS: [(&[u8], Word); 15] = [
    (b"am", Word::Meridiem(0)),
    (b"pm", Word::Meridiem(12)),
    (b"ut", Word::Zone(0)),
    (b"utc", Word::Zone(0)),
    (b"gmt", Word::Zone(0)),
    (b"z", Word::Zulu),
    (b"est", Word::Zone(-5)),
    (b"edt", Word::Zone(-4)),
    (b"cst", Word::Zone(-6)),
    (b"cdt", Word::Zone(-5)),
    (b"mst", Word::Zone(-7)),
    (b"mdt", Word::Zone(-6)),
    (b"pst", Word::Zone(-8)),
    (b"pdt", Word::Zone(-7)),
    (b"t", Word::Separator),
];

/// The tokens of `text`, up to its first NUL.
pub(super) fn scan(text: JsStr<'_>) -> Vec<Token> {
    let mut units = text.iter().take_while(|&unit| unit != 0).peekable();
    let mut tokens = Vec::new();
    while let Some(unit) = units.next() {
        tokens.push(match unit {
            0x30..=0x39 => {
                let mut numeral = Numeral::default();
                numeral.push(unit);
                while let Some(digit) = units.next_if(|unit| matches!(unit, 0x30..=0x39)) {
                    numeral.push(digit);
                }
                Token::Number { value: numeral.value, digits: numeral.digits }
            }
            0x2B => Token::Sign(1),
            0x2D => Token::Sign(-1),
            0x3A => Token::Colon,
            0x2E => Token::Dot,
            0x29 => Token::Close,
            0x28 => {
                let mut depth = 1_usize;
                while depth > 0
                    && let Some(unit) = units.next()
                {
                    depth = match unit {
                        0x28 => depth + 1,
                        0x29 => depth - 1,
                        _ => depth,
                    };
                }
                Token::Other
            }
            unit if is_space(unit) => Token::Space,
            unit if unit >= 0x41 => {
                let mut word = vec![unit];
                while let Some(unit) = units.next_if(|&unit| unit >= 0x41 && !is_space(unit)) {
                    word.push(unit);
                }
                Token::Word(meaning(&word))
            }
            _ => Token::Other,
        });
    }
    tokens
}

#[derive(Default)]
struct Numeral {
    value: i32,
    digits: usize,
    counting: usize,
}

impl Numeral {
    fn push(&mut self, digit: u16) {
        self.digits += 1;
        if self.counting == 0 && digit == 0x30 {
            return;
        }
        if self.counting < DIGITS_MAX {
            self.value = self.value * 10 + i32::from(digit - 0x30);
        }
        self.counting += 1;
    }
}

fn meaning(word: &[u16]) -> Word {
    let lower: Vec<u8> =
        word.iter().map(|&unit| u8::try_from(unit).map_or(0, |unit| unit.to_ascii_lowercase())).collect();
    if let Some(month) = MONTHS.iter().position(|month| lower.starts_with(*month)) {
        return Word::Month(month as i32 + 1);
    }
    WORDS.iter().find(|(text, _)| *text == lower).map_or(Word::Unknown, |(_, word)| *word)
}

/// White space and line ends of ECMA-262 §12.2 and §12.3.
fn is_space(unit: u16) -> bool {
    char::from_u32(unit.into()).is_some_and(|c| (c.is_whitespace() && c != '\u{85}') || c == '\u{FEFF}')
}
