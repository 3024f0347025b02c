//! Properties that old style sheets write with `-webkit-` before them ([Compatibility §3.1](https://compat.spec.whatwg.org/#css-prefixed-aliases)).

/// Properties that have WebKit's prefix as a second name, by the start of the name without it.
const PREFIXED: [&str; 18] = [
    "align-",
    "animation",
    "appearance",
    "backface-visibility",
    "background-clip",
    "background-size",
    "border-radius",
    "box-shadow",
    "box-sizing",
    "column",
    "filter",
    "flex",
    "justify-content",
    "mask",
    "perspective",
    "transform",
    "transition",
    "user-select",
];

/// Whether `-webkit-` before a property means the same property.
#[must_use]
pub fn has_prefix(property: &str) -> bool {
    PREFIXED.iter().any(|start| property.starts_with(start))
}

/// A property's name in lower case, without a prefix that says nothing.
#[must_use]
pub fn plain(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    lower.strip_prefix("-webkit-").filter(|rest| has_prefix(rest)).map(str::to_owned).unwrap_or(lower)
}
