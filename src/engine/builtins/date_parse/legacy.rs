//! Everything else browsers read as a date, by V8's rules.

use super::{
    fields::Fields,
    scan::{Token, Word},
};

/// A text being read: its tokens and where the reader is.
pub(super) struct Legacy<'a> {
    tokens: &'a [Token],
    at: usize,
    /// Once there was a number, words and signs must mean something.
    number_seen: bool,
}

impl<'a> Legacy<'a> {
    /// Goes on at token `at`, after what the ISO grammar took.
    pub(super) fn new(tokens: &'a [Token], at: usize, fields: &Fields) -> Self {
        Self { tokens, at, number_seen: !fields.day.is_empty() }
    }

    /// Reads the rest; `None` where a token has no place.
    pub(super) fn read(mut self, fields: &mut Fields) -> Option<()> {
        while let Some(token) = self.next() {
            match token {
                Token::Number { value, .. } => self.number(value, fields)?,
                Token::Word(word) => self.word(word, fields)?,
                Token::Sign(sign) if fields.zone.is_utc() || !fields.time.is_empty() => self.offset(sign, fields)?,
                Token::Sign(_) | Token::Close if self.number_seen => return None,
                _ => {}
            }
        }
        Some(())
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek();
        self.at += usize::from(token.is_some());
        token
    }

    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn skip(&mut self, token: Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    /// A number is a part of a time before `:` or `.` or after one, minutes of an offset, or else of the date.
    fn number(&mut self, number: i32, fields: &mut Fields) -> Option<()> {
        self.number_seen = true;
        let Fields { day, time, zone } = fields;
        if self.skip(Token::Colon) {
            if self.skip(Token::Colon) {
                // `3::` is `3:00:`.
                return (time.is_empty() && time.add(number) && time.add(0)).then_some(());
            }
            time.add(number).then_some(())?;
            self.skip(Token::Dot);
        } else if self.skip(Token::Dot) && time.expects(number) {
            time.add(number);
            let Some(Token::Number { value, digits }) = self.next() else { return None };
            time.finish(milliseconds(value, digits));
        } else if zone.expects(number) {
            zone.set_minute(number);
        } else if time.expects(number) {
            time.finish(number);
            let ends = matches!(self.peek(), None | Some(Token::Space | Token::Sign(_) | Token::Word(Word::Zulu)));
            ends.then_some(())?;
        } else {
            day.add(number).then_some(())?;
            self.skip(Token::Sign(-1));
        }
        Some(())
    }

    fn word(&mut self, word: Word, fields: &mut Fields) -> Option<()> {
        match word {
            Word::Meridiem(hours) if !fields.time.is_empty() => fields.time.set_meridiem(hours),
            Word::Month(month) => {
                fields.day.set_month(month);
                self.skip(Token::Sign(-1));
            }
            Word::Zone(hours) if self.number_seen => fields.zone.set_name(hours),
            Word::Zulu if self.number_seen => fields.zone.set_name(0),
            _ => {
                let runs_into_number = matches!(self.peek(), Some(Token::Number { .. }));
                (!self.number_seen && !runs_into_number).then_some(())?;
            }
        }
        Some(())
    }

    /// An offset after UTC or a time: `+8`, `+08`, `+800`, `+0800`, `+08:00`, or a sign alone.
    fn offset(&mut self, sign: i32, fields: &mut Fields) -> Option<()> {
        fields.zone.set_sign(sign);
        let (mut number, mut length) = (0, 0);
        if let Some(Token::Number { value, digits }) = self.peek() {
            (number, length) = (value, digits);
            self.at += 1;
        }
        self.number_seen = true;
        match length {
            _ if self.peek() == Some(Token::Colon) => fields.zone.set(number, None),
            1 | 2 => fields.zone.set(number, Some(0)),
            3 | 4 => fields.zone.set(number / 100, Some(number % 100)),
            _ => return None,
        }
        Some(())
    }
}

/// Milliseconds from the digits of a fraction: the first three, zeros for those missing.
pub(super) fn milliseconds(value: i32, digits: usize) -> i32 {
    match digits {
        1 => value * 100,
        2 => value * 10,
        _ => value / 10_i32.pow(digits.min(9) as u32 - 3),
    }
}
