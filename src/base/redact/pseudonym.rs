//! What a pseudonym looks like: of the shape of what it stands for.

use ring::hmac;

/// Which letters a pseudonym is made of, and which of its characters stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Letters of either case and digits, each for its like.
    Words,
    /// The same, the first stays.
    AfterFirst,
    /// Hexadecimal digits behind a prefix of so many characters.
    Hex(usize),
    /// Digits, of which the first is no 0 where it was none, and an X at the end that stays.
    Digits,
    /// A mobile number of China's: 1, then 3 to 9.
    Mobile,
}

impl Alphabet {
    pub(super) fn of(run: &str) -> Self {
        shape(run).unwrap_or(Self::Words)
    }

    pub(super) fn letter(self, at: usize, character: char, random: u8) -> char {
        let among = |first: u8, count: u8| char::from(first + random % count);
        match (self, character) {
            (Self::AfterFirst | Self::Mobile, _) if at == 0 => character,
            (Self::Hex(prefix), _) if at < prefix => character,
            (Self::Hex(_), 'a'..='f') => among(b'a', 6),
            (Self::Mobile, '3'..='9') if at == 1 => among(b'3', 7),
            (Self::Digits, 'X' | 'x') => character,
            (Self::Digits, '1'..='9') if at == 0 => among(b'1', 9),
            (_, '0'..='9') => among(b'0', 10),
            (_, 'a'..='z') => among(b'a', 26),
            (_, 'A'..='Z') => among(b'A', 26),
            // Chinese names and addresses, where a pattern asks for them.
            (_, '\u{4e00}'..='\u{9fa5}') => char::from_u32(0x4e00 + u32::from(random) * 81).unwrap_or(character),
            _ => character,
        }
    }
}

/// Numbers that a key makes of a text.
pub(super) struct Stream<'a> {
    pub(super) key: Option<&'a hmac::Key>,
    pub(super) text: &'a str,
    pub(super) attempt: u8,
    pub(super) block: u32,
    pub(super) bytes: Vec<u8>,
}

impl Stream<'_> {
    pub(super) fn next(&mut self) -> u8 {
        if let Some(byte) = self.bytes.pop() {
            return byte;
        }
        let Some(key) = self.key else { return 0 };
        let mut context = hmac::Context::with_key(key);
        context.update(&[self.attempt]);
        context.update(&self.block.to_be_bytes());
        context.update(self.text.as_bytes());
        self.block += 1;
        self.bytes = context.sign().as_ref().to_vec();
        self.bytes.pop().unwrap_or_default()
    }
}

/// What has the shape of an openid or unionid (28 characters from `o`), an app id, an original id, or a number.
pub(super) fn shape(run: &str) -> Option<Alphabet> {
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    match run.len() {
        28 if run.starts_with('o') && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) => {
            Some(Alphabet::AfterFirst)
        }
        18 if run.starts_with("wx") && is_hex(&run[2..]) => Some(Alphabet::Hex(2)),
        15 if run.starts_with("gh_") && is_hex(&run[3..]) => Some(Alphabet::Hex(3)),
        _ => digits_shape(run),
    }
}

/// A phone number (11 digits) or an identity card's (17 digits and one more, or an X).
fn digits_shape(run: &str) -> Option<Alphabet> {
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match run.len() {
        11 if are_digits(run) && run.starts_with('1') => Some(Alphabet::Mobile),
        11 if are_digits(run) => Some(Alphabet::Digits),
        18 if are_digits(&run[..17]) && run.ends_with(|last: char| last.is_ascii_digit() || "xX".contains(last)) => {
            Some(Alphabet::Digits)
        }
        _ => None,
    }
}
