//! What `&…;` stands for.

use html5ever::data::NAMED_ENTITIES;

/// The document types that bring the entities of HTML with them
/// ([HTML §14.2](https://html.spec.whatwg.org/#parsing-xhtml-documents)).
const WITH_ENTITIES: [&str; 9] = [
    "-//W3C//DTD XHTML 1.0 Transitional//EN",
    "-//W3C//DTD XHTML 1.1//EN",
    "-//W3C//DTD XHTML 1.0 Strict//EN",
    "-//W3C//DTD XHTML 1.0 Frameset//EN",
    "-//W3C//DTD XHTML Basic 1.0//EN",
    "-//W3C//DTD XHTML 1.1 plus MathML 2.0//EN",
    "-//W3C//DTD XHTML 1.1 plus MathML 2.0 plus SVG 1.1//EN",
    "-//W3C//DTD MathML 2.0//EN",
    "-//WAPFORUM//DTD XHTML Mobile 1.0//EN",
];

/// Whether a document type of this public identifier brings the entities of HTML.
pub(super) fn has_entities(public_id: &str) -> bool {
    WITH_ENTITIES.contains(&public_id)
}

/// The character of a reference that needs no declaration; `is_allowed` says which may be.
pub(super) fn character(reference: &str, is_allowed: fn(char) -> bool) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = reference.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).filter(|c| is_allowed(*c))
        }
    }
}

/// Writes what a name stands for in HTML; false where it is none.
pub(super) fn push_named(name: &str, out: &mut String) -> bool {
    let Some((first, second)) = NAMED_ENTITIES.get(&*format!("{name};")) else { return false };
    let characters = [*first, *second].into_iter().filter(|code| *code != 0).filter_map(char::from_u32);
    let before = out.len();
    out.extend(characters);
    out.len() > before
}
