//! The Date Time String Format (ECMA-262 §21.4.1.32), as V8 extends it: any number of digits of a second, `+hhmm`.

use super::{
    fields::Fields,
    legacy::milliseconds,
    scan::{Token, Word},
};

/// How far the ISO grammar got.
pub(super) enum Progress {
    /// The whole text is an ISO date.
    Done,
    /// It began as one and cannot be anything else.
    Invalid,
    /// The legacy grammar goes on at this token.
    Legacy(usize),
}

/// Reads `[(+|-)yy]yyyy[-MM[-DD]][THH:mm[:ss[.sss]][Z|(+|-)hh:mm]]`.
pub(super) fn read(tokens: &[Token], fields: &mut Fields) -> Progress {
    let Ok(at) = date(tokens, fields) else { return Progress::Legacy(0) };
    let at = match at {
        Stop::Here(at) => return Progress::Legacy(at),
        Stop::End(at) => at,
    };
    match tokens.get(at) {
        None => {
            fields.zone.set_name(0);
        }
        Some(Token::Word(Word::Separator)) => {
            if time(&tokens[at + 1..], fields).is_none() {
                return Progress::Invalid;
            }
        }
        Some(_) => return Progress::Legacy(at),
    }
    fields.day.set_iso();
    Progress::Done
}

/// Where the date ended: at a part that does not fit, or complete.
enum Stop {
    Here(usize),
    End(usize),
}

/// The date; an error where the text does not begin with an ISO year.
fn date(tokens: &[Token], fields: &mut Fields) -> Result<Stop, ()> {
    let mut at = match *tokens {
        [Token::Number { value, digits: 4 }, ..] => {
            fields.day.add(value);
            1
        }
        [Token::Sign(sign), Token::Number { value, digits: 6 }, ..] => {
            if sign < 0 && value == 0 {
                return Ok(Stop::Here(2));
            }
            fields.day.add(sign * value);
            2
        }
        _ => return Err(()),
    };
    for range in [1..=12, 1..=31] {
        if tokens.get(at) != Some(&Token::Sign(-1)) {
            break;
        }
        match tokens.get(at + 1) {
            Some(&Token::Number { value, digits: 2 }) if range.contains(&value) => fields.day.add(value),
            _ => return Ok(Stop::Here(at + 1)),
        };
        at += 2;
    }
    Ok(Stop::End(at))
}

/// Everything after the T; `None` where that is wrong.
fn time(mut tokens: &[Token], fields: &mut Fields) -> Option<()> {
    let hour = two_digits(&mut tokens, 0..=24)?;
    let last = if hour == 24 { 0 } else { 59 };
    fields.time.add(hour);
    skip(&mut tokens, Token::Colon).then_some(())?;
    fields.time.add(two_digits(&mut tokens, 0..=last)?);
    if skip(&mut tokens, Token::Colon) {
        fields.time.add(two_digits(&mut tokens, 0..=last)?);
        if skip(&mut tokens, Token::Dot) {
            let Some((&Token::Number { value, digits }, rest)) = tokens.split_first() else { return None };
            if hour == 24 && value > 0 {
                return None;
            }
            fields.time.add(milliseconds(value, digits));
            tokens = rest;
        }
    }
    zone(&mut tokens, fields)?;
    tokens.is_empty().then_some(())
}

fn zone(tokens: &mut &[Token], fields: &mut Fields) -> Option<()> {
    match *tokens {
        [Token::Word(Word::Zulu), rest @ ..] => {
            *tokens = rest;
            fields.zone.set_name(0);
        }
        [Token::Sign(sign), Token::Number { value, digits: 4 }, rest @ ..] => {
            *tokens = rest;
            fields.zone.set_sign(*sign);
            fields.zone.set(value / 100, Some(value % 100));
            (value / 100 < 24 && value % 100 < 60).then_some(())?;
        }
        [Token::Sign(sign), rest @ ..] => {
            *tokens = rest;
            fields.zone.set_sign(*sign);
            let hour = two_digits(tokens, 0..=23)?;
            skip(tokens, Token::Colon).then_some(())?;
            fields.zone.set(hour, Some(two_digits(tokens, 0..=59)?));
        }
        _ => {}
    }
    Some(())
}

fn two_digits(tokens: &mut &[Token], range: std::ops::RangeInclusive<i32>) -> Option<i32> {
    let Some((&Token::Number { value, digits: 2 }, rest)) = tokens.split_first() else { return None };
    *tokens = rest;
    range.contains(&value).then_some(value)
}

fn skip(tokens: &mut &[Token], token: Token) -> bool {
    let found = tokens.first() == Some(&token);
    if found {
        *tokens = &tokens[1..];
    }
    found
}
