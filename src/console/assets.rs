//! The files of the workbench page: plain ones, as they are. What the page does it does by the calls of API.md.

/// Path, content type, text.
pub(super) const FILES: [(&str, &str, &str); 36] = [
    ("/", "text/html; charset=utf-8", include_str!("ui/index.html")),
    ("/ui/base.css", STYLE, include_str!("ui/base.css")),
    ("/ui/layout.css", STYLE, include_str!("ui/layout.css")),
    ("/ui/panels.css", STYLE, include_str!("ui/panels.css")),
    ("/ui/tools.css", STYLE, include_str!("ui/tools.css")),
    ("/ui/api.js", SCRIPT, include_str!("ui/api.js")),
    ("/ui/composer.js", SCRIPT, include_str!("ui/composer.js")),
    ("/ui/customers.js", SCRIPT, include_str!("ui/customers.js")),
    ("/ui/detail.js", SCRIPT, include_str!("ui/detail.js")),
    ("/ui/develop.js", SCRIPT, include_str!("ui/develop.js")),
    ("/ui/diff.js", SCRIPT, include_str!("ui/diff.js")),
    ("/ui/dom.js", SCRIPT, include_str!("ui/dom.js")),
    ("/ui/events.js", SCRIPT, include_str!("ui/events.js")),
    ("/ui/faults.js", SCRIPT, include_str!("ui/faults.js")),
    ("/ui/fire.js", SCRIPT, include_str!("ui/fire.js")),
    ("/ui/keys.js", SCRIPT, include_str!("ui/keys.js")),
    ("/ui/lines.js", SCRIPT, include_str!("ui/lines.js")),
    ("/ui/live.js", SCRIPT, include_str!("ui/live.js")),
    ("/ui/log.js", SCRIPT, include_str!("ui/log.js")),
    ("/ui/main.js", SCRIPT, include_str!("ui/main.js")),
    ("/ui/messages.js", SCRIPT, include_str!("ui/messages.js")),
    ("/ui/mirror.js", SCRIPT, include_str!("ui/mirror.js")),
    ("/ui/model.js", SCRIPT, include_str!("ui/model.js")),
    ("/ui/network.js", SCRIPT, include_str!("ui/network.js")),
    ("/ui/pages.js", SCRIPT, include_str!("ui/pages.js")),
    ("/ui/phone.js", SCRIPT, include_str!("ui/phone.js")),
    ("/ui/rows.js", SCRIPT, include_str!("ui/rows.js")),
    ("/ui/say.js", SCRIPT, include_str!("ui/say.js")),
    ("/ui/storage.js", SCRIPT, include_str!("ui/storage.js")),
    ("/ui/strip.js", SCRIPT, include_str!("ui/strip.js")),
    ("/ui/timeline.js", SCRIPT, include_str!("ui/timeline.js")),
    ("/ui/tools.js", SCRIPT, include_str!("ui/tools.js")),
    ("/ui/words.js", SCRIPT, include_str!("ui/words.js")),
    ("/ui/words_en.js", SCRIPT, include_str!("ui/words_en.js")),
    ("/ui/words_zh.js", SCRIPT, include_str!("ui/words_zh.js")),
    // What a text holds is told apart in one way, on the phone and here.
    ("/ui/text.js", SCRIPT, include_str!("../sandbox/phone/text.js")),
];

/// Content type and text of the file at a path.
pub(super) fn asset(path: &str) -> Option<(&'static str, &'static str)> {
    FILES.iter().find(|(known, ..)| *known == path).map(|(_, content_type, text)| (*content_type, *text))
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn text(path: &str) -> &'static str {
        FILES.iter().find(|(known, ..)| *known == path).unwrap_or_else(|| panic!("{path} is not served")).2
    }

    fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
        FILES.into_iter().filter(|(_, kind, _)| *kind == SCRIPT).map(|(path, _, text)| (path, text))
    }

    /// What stands between a beginning and the next quotation mark, each time.
    fn quoted<'a>(text: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
        text.split(beginning).skip(1).filter_map(|rest| rest.split('"').next())
    }

    #[test]
    fn what_the_page_needs_is_served_and_nothing_else() {
        let mut open = vec!["/".to_owned()];
        let mut reached = BTreeSet::new();
        while let Some(path) = open.pop() {
            let text = text(&path);
            if path == "/" {
                open.extend(quoted(text, "=\"/ui/").map(|name| format!("/ui/{name}")));
            }
            open.extend(quoted(text, " from \"./").map(|name| format!("/ui/{name}")));
            reached.insert(path.clone());
            open.retain(|path| !reached.contains(path));
        }
        let served: BTreeSet<_> = FILES.iter().map(|(path, ..)| (*path).to_owned()).collect();
        assert_eq!(reached, served);
    }

    #[test]
    fn nothing_is_inline_and_nothing_becomes_markup() {
        let page = text("/");
        for mark in ["<style", " style=", " onclick", "<script>", "javascript:", "http://", "https://"] {
            assert!(!page.contains(mark), "index.html has {mark}");
        }
        for (path, text) in scripts() {
            for mark in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
                assert!(!text.contains(mark), "{path} has {mark}");
            }
        }
    }

    /// The names of a table of words.
    fn names(path: &str) -> BTreeSet<&'static str> {
        let before_value = |piece: &'static str| piece.rsplit([' ', '\n']).next();
        let pieces: Vec<_> = text(path).split(": \"").collect();
        pieces[..pieces.len() - 1].iter().filter_map(|piece| before_value(piece)).collect()
    }

    #[test]
    fn every_word_is_there_in_both_languages() {
        let english = names("/ui/words_en.js");
        assert_eq!(english, names("/ui/words_zh.js"));
        assert!(english.len() > 200, "{}", english.len());
        let page = ["data-word=\"", "data-label=\"", "data-title=\"", "data-placeholder=\""]
            .map(|mark| quoted(text("/"), mark));
        let named = page.into_iter().flatten().chain(scripts().flat_map(|(_, text)| quoted(text, "word(\"")));
        let missing: BTreeSet<_> = named.filter(|name| !english.contains(name)).collect();
        assert_eq!(missing, BTreeSet::new());
    }
}
