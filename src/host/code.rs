//! The code at a place of a page, where its plugin is at hand: as it is now, which need not be what it was.

use url::Url;

use super::plugin::{Names, Plugin};
use crate::engine::fault::code_frame;
use crate::net::decode_html;

/// The lines around a place with a marker. `pages` are what the plugin may be opened from; only one of its name counts,
/// and only its own folder is read.
#[must_use]
pub fn frame<'a>(
    pages: impl IntoIterator<Item = &'a str>,
    plugin: &str,
    url: &str,
    (line, column): (u32, u32),
) -> Option<String> {
    // The second plugin of a name is `name~2` in keys.
    let name = plugin.split('~').next().unwrap_or(plugin);
    let url = Url::parse(url).ok()?;
    let opened = pages.into_iter().filter_map(|page| Plugin::resolve(page, &mut Names::default()).ok());
    opened.filter(|opened| opened.name == name).find_map(|opened| frame_of(&opened, &url, (line, column)))
}

/// The lines around a place in a plugin's own folder.
#[must_use]
pub fn frame_of(plugin: &Plugin, url: &Url, (line, column): (u32, u32)) -> Option<String> {
    let frame = code_frame(&decode_html(&plugin.own_file(url)?, None).0, line, column);
    (!frame.is_empty()).then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugin_s_own_code() {
        let folder = tempfile::tempdir().unwrap();
        let page = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(page("a.html"), "<script>\nput();\n</script>").unwrap();
        std::fs::write(page("secret"), "one\ntwo").unwrap();
        let (a, b) = (page("a.html"), page("b.html"));
        let at = |plugin: &str, url: &str, line| frame([a.as_str(), b.as_str()], plugin, url, (line, 1));
        let expected = "    1 | <script>\n    2 | put();\n      | ^";
        assert_eq!(at("a", "http://a.plugin.invalid/a.html?x=1", 2).unwrap(), expected);
        assert_eq!(at("a~2", "http://a.plugin.invalid/a.html", 2).unwrap(), expected);
        assert_eq!(at("a", "http://a.plugin.invalid/a.html", 9), None, "it has changed");
        assert_eq!(at("c", "http://a.plugin.invalid/a.html", 2), None);
        for url in ["http://b.plugin.invalid/secret", "http://a.plugin.invalid/none", "file:///etc/passwd", "x"] {
            assert_eq!(at("a", url, 1), None, "{url}");
        }
    }
}
