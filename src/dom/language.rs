//! The language of an element, and `:lang()`
//! ([HTML §3.2.6.1](https://html.spec.whatwg.org/#language), [Selectors 4 §6.2](https://www.w3.org/TR/selectors-4/#the-lang-pseudo)).

use html5ever::ns;

use super::{Node, NodeRef, tree};

/// The language tag that an element's content is in: of the nearest `xml:lang` or `lang`, else of the document's
/// `<meta http-equiv=content-language>`; empty where nobody says.
pub(super) fn language_of(element: &Node) -> String {
    let own = |node: &Node| {
        let element = node.as_element()?;
        let xml = element.with_attr_ns(&ns!(xml), "lang", |attribute| attribute.map(|it| it.value.to_string()));
        xml.or_else(|| element.attr("lang"))
    };
    if let Some(language) = own(element) {
        return language;
    }
    let mut above = element.parent();
    let mut top = None;
    while let Some(node) = above {
        if let Some(language) = own(&node) {
            return language;
        }
        above = node.parent();
        top = Some(node);
    }
    top.and_then(|top| pragma(&top)).unwrap_or_default()
}

/// The document's [pragma-set default language](https://html.spec.whatwg.org/#pragma-set-default-language).
fn pragma(document: &NodeRef) -> Option<String> {
    document.as_document()?;
    let content = tree::descendants(document).filter(|node| node.is_html("meta")).find_map(|meta| {
        let element = meta.as_element()?;
        let is_pragma = element.attr("http-equiv")?.eq_ignore_ascii_case("content-language");
        element.attr("content").filter(|_| is_pragma)
    })?;
    let first = content.split_ascii_whitespace().next()?;
    (!content.contains(',')).then(|| first.to_owned())
}

/// Whether a language range matches a tag
/// ([RFC 4647 §3.3.2](https://www.rfc-editor.org/rfc/rfc4647#section-3.3.2), extended filtering).
pub(super) fn matches(range: &str, tag: &str) -> bool {
    if range.is_empty() || tag.is_empty() {
        return range.is_empty() && tag.is_empty();
    }
    let (mut wanted, mut parts) = (range.split('-'), tag.split('-'));
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let is_first = matches!((wanted.next(), parts.next()), (Some(want), Some(part)) if want == "*" || same(want, part));
    // A wildcard further on stands for any number of parts, none too.
    is_first
        && wanted.filter(|want| *want != "*").all(|want| {
            // Up to the part that is wanted; one letter begins an extension, which nothing skips.
            parts.by_ref().find(|part| same(want, part) || part.len() == 1).is_some_and(|part| same(want, part))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let fits = ["de", "de-CH", "DE-Latn-ch", "de-Latn-CH-1996"];
        for tag in fits {
            assert!(matches("de", tag) && matches("*", tag), "{tag}");
        }
        assert!(matches("de-CH", "de-Latn-CH") && matches("*-CH", "de-Latn-CH") && matches("de-*-CH", "de-CH"));
        assert!(matches("", ""));
        for (range, tag) in [("de", "den"), ("de-CH", "de"), ("de", ""), ("", "de"), ("*", ""), ("de-CH", "de-x-CH")] {
            assert!(!matches(range, tag), "{range} {tag}");
        }
    }
}
