//! The address of a plugin's folder: `http://<name>.plugin.invalid/` (cli.md, "plugin.toml").
//!
//! `.invalid` is reserved ([RFC 6761 §6.4](https://www.rfc-editor.org/rfc/rfc6761#section-6.4)), so that a mistake never
//! reaches somebody's server.

use url::Url;

/// Longest host label in bytes ([RFC 1035 §2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)).
const LABEL_BYTES_MAX: usize = 63;
/// What the host of every plugin's folder ends with.
const SUFFIX: &str = ".plugin.invalid";

/// A plugin's name as one valid host label: lower case, blanks and illegal characters as `-`, other scripts in
/// punycode (`快捷回复` is `xn--…`), cut to 63 bytes; `plugin` where nothing is left.
#[must_use]
pub fn plugin_label(name: &str) -> String {
    let mut plain = String::new();
    for character in name.chars() {
        let kept = if character.is_alphanumeric() { character } else { '-' };
        if kept != '-' || !plain.ends_with('-') {
            plain.push(kept);
        }
    }
    let mut plain = plain.trim_matches('-');
    while !plain.is_empty() {
        if let Some(label) = ascii_label(plain).filter(|label| label.len() <= LABEL_BYTES_MAX) {
            return label;
        }
        plain = &plain[..plain.char_indices().next_back().map_or(0, |(index, _)| index)];
        plain = plain.trim_end_matches('-');
    }
    "plugin".to_owned()
}

/// The label as the URL standard's host parser writes it; `None` where it is no label.
fn ascii_label(plain: &str) -> Option<String> {
    let url = Url::parse(&format!("http://{plain}{SUFFIX}/")).ok()?;
    let label = url.host_str()?.strip_suffix(SUFFIX)?;
    (!label.is_empty() && !label.contains('.')).then(|| label.to_owned())
}

/// The host of a plugin's folder: `<label>.plugin.invalid`.
#[must_use]
pub fn plugin_host(name: &str) -> String {
    format!("{}{SUFFIX}", plugin_label(name))
}

/// Whether a host is that of a plugin's folder, whichever plugin's: no server has such a name.
#[must_use]
pub fn is_plugin_host(host: &str) -> bool {
    host.trim_end_matches('.').ends_with(SUFFIX)
}

/// The address of a plugin's folder, with a slash at the end: join a file's relative path to it.
#[must_use]
pub fn plugin_url(name: &str) -> Url {
    let text = format!("http://{}/", plugin_host(name));
    Url::parse(&text).unwrap_or_else(|error| panic!("a plugin's host is a valid host, and {text} is not: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, label: &str) {
        assert_eq!(plugin_label(name), label);
        assert_eq!(plugin_url(name).as_str(), format!("http://{label}.plugin.invalid/"));
    }

    #[test]
    fn names_become_labels() {
        check("quick-reply", "quick-reply");
        check("My Plugin_2.0 (new)", "my-plugin-2-0-new");
        check("快捷回复", "xn--zbss4cw7j1zd");
        check("", "plugin");
        check("...", "plugin");
        check("<a/b:c@d>", "a-b-c-d");
        check("ＡＢＣ", "abc");
    }

    #[test]
    fn a_long_or_odd_name_is_still_a_label() {
        assert_eq!(plugin_label(&"x".repeat(200)).len(), 63);
        let long = plugin_label(&"客服".repeat(100));
        assert!(long.starts_with("xn--") && long.len() <= 63, "{long}");
        for name in ["xn--1", "xn--", "\u{200d}\u{ad}", "１２７.0", "-a-"] {
            assert!(plugin_url(name).host_str().unwrap().ends_with(".plugin.invalid"), "{name}");
        }
    }
}
