//! How text is taken apart, and where secrets stand in it.

/// Longer runs are no names.
pub(super) const NAME_LEN_MAX: usize = 40;
/// In scripts a word beside such a name is often no secret; one without digits is from this length on.
const PLAIN_LEN_MIN: usize = 16;
/// What the names of secrets end with, in lower case without `-` and `_`.
const SECRET_NAMES: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "apikey",
    "authorization",
    "sessionid",
    "sessionkey",
    "privatekey",
];
/// How addresses go on in the hint of an error, `--replace URL=FILE`.
const REPLACED: &[u8] = b"=FILE";
/// Headers whose values are secrets, in lower case.
const SECRET_HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

pub(super) fn is_of_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Where the runs are. An escape (`%41`, `\n`, `\u4f60`) ends one: its letters are none of the text's.
pub(super) fn runs(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> + use<> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if is_of_run(bytes[at]) {
            let length = bytes[at..].iter().take_while(|byte| is_of_run(**byte)).count();
            found.push((at, at + length));
            at += length;
        } else {
            at += escape_len(&bytes[at..]);
        }
    }
    found.into_iter()
}

/// The runs of a text themselves.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    runs(text.as_bytes()).map(move |(start, end)| &text[start..end])
}

/// Whether a run that begins here stands behind a `0.`, as in what `Math.random` draws.
pub(super) fn is_fraction(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].strip_suffix(b"0.");
    before.is_some_and(|before| before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'.'))
}

/// How long the escape is that stands here; 1 for other characters.
fn escape_len(bytes: &[u8]) -> usize {
    let are_hex = |from: usize, to: usize| bytes.get(from..to).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit));
    match (bytes[0], bytes.get(1)) {
        (b'%', _) if are_hex(1, 3) => 3,
        (b'\\', Some(b'u')) if are_hex(2, 6) => 6,
        (b'\\', Some(b'x')) if are_hex(2, 4) => 4,
        (b'\\', Some(b'n' | b'r' | b't' | b'b' | b'f')) => 2,
        _ => 1,
    }
}

pub(super) fn is_secret_name(name: &str) -> bool {
    if SECRET_HEADERS.iter().any(|header| name.eq_ignore_ascii_case(header)) {
        return true;
    }
    let plain: String = name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_NAMES.iter().any(|secret| plain.ends_with(secret))
}

/// Where what stands beside a name at `start..end` is: a member's text, or the value of a form or a query.
pub(super) fn beside(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let skip = |at: usize, skipped: &[u8]| at + bytes[at..].iter().take_while(|byte| skipped.contains(byte)).count();
    let until = |at: usize, ends: &[u8]| at + bytes[at..].iter().take_while(|byte| !ends.contains(byte)).count();
    let is_form = (start == 0 || b"?&\n".contains(&bytes[start - 1])) && bytes.get(end) == Some(&b'=');
    if is_form {
        let to = until(end + 1, b"&#\"'`\\ <>\r\n;");
        // What an address stands in front of in hints, not in it.
        let value = bytes[end + 1..to].strip_suffix(REPLACED).unwrap_or(&bytes[end + 1..to]);
        return Some((end + 1, end + 1 + value.len()));
    }
    let separator = skip(skip(end, b"\\\"'"), b" \t\r\n");
    bytes.get(separator).filter(|byte| matches!(byte, b':' | b'='))?;
    let quote = skip(separator + 1, b" \t\r\n\\");
    let ending = *bytes.get(quote).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let (from, to) = (quote + 1, until(quote + 1, &[ending, b'\\', b'\n', b' ']));
    let is_one = to - from >= PLAIN_LEN_MIN || bytes[from..to].iter().any(u8::is_ascii_digit);
    is_one.then_some((from, to))
}
