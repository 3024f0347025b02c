//! The CSS properties that a style object has, and how scripts spell them ([CSSOM §6.6](https://drafts.csswg.org/cssom/#the-cssstyledeclaration-interface)).

use super::css_prefixes::{self, has_prefix};

/// Every property, as CSS spells it.
pub const PROPERTIES: [&str; 228] = [
    "align-content",
    "align-items",
    "align-self",
    "animation",
    "animation-delay",
    "animation-direction",
    "animation-duration",
    "animation-fill-mode",
    "animation-iteration-count",
    "animation-name",
    "animation-play-state",
    "animation-timing-function",
    "appearance",
    "backface-visibility",
    "background",
    "background-attachment",
    "background-clip",
    "background-color",
    "background-image",
    "background-origin",
    "background-position",
    "background-position-x",
    "background-position-y",
    "background-repeat",
    "background-size",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-left-radius",
    "border-bottom-right-radius",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-image",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-left-radius",
    "border-top-right-radius",
    "border-top-style",
    "border-top-width",
    "border-width",
    "bottom",
    "box-shadow",
    "box-sizing",
    "caption-side",
    "caret-color",
    "clear",
    "clip",
    "clip-path",
    "clip-rule",
    "color",
    "column-count",
    "column-fill",
    "column-gap",
    "column-rule",
    "column-span",
    "column-width",
    "columns",
    "content",
    "counter-increment",
    "counter-reset",
    "cursor",
    "direction",
    "display",
    "dominant-baseline",
    "empty-cells",
    "fill",
    "fill-opacity",
    "fill-rule",
    "filter",
    "flex",
    "flex-basis",
    "flex-direction",
    "flex-flow",
    "flex-grow",
    "flex-shrink",
    "flex-wrap",
    "float",
    "flood-color",
    "flood-opacity",
    "font",
    "font-family",
    "font-feature-settings",
    "font-kerning",
    "font-size",
    "font-size-adjust",
    "font-stretch",
    "font-style",
    "font-variant",
    "font-weight",
    "gap",
    "grid",
    "grid-area",
    "grid-auto-columns",
    "grid-auto-flow",
    "grid-auto-rows",
    "grid-column",
    "grid-column-gap",
    "grid-gap",
    "grid-row",
    "grid-row-gap",
    "grid-template",
    "grid-template-areas",
    "grid-template-columns",
    "grid-template-rows",
    "height",
    "hyphens",
    "image-rendering",
    "justify-content",
    "justify-items",
    "justify-self",
    "left",
    "letter-spacing",
    "lighting-color",
    "line-break",
    "line-height",
    "list-style",
    "list-style-image",
    "list-style-position",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "marker-end",
    "marker-mid",
    "marker-start",
    "mask",
    "mask-image",
    "mask-position",
    "mask-repeat",
    "mask-size",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "object-fit",
    "object-position",
    "opacity",
    "order",
    "orphans",
    "outline",
    "outline-color",
    "outline-offset",
    "outline-style",
    "outline-width",
    "overflow",
    "overflow-wrap",
    "overflow-x",
    "overflow-y",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "page-break-after",
    "page-break-before",
    "page-break-inside",
    "paint-order",
    "perspective",
    "perspective-origin",
    "pointer-events",
    "position",
    "quotes",
    "resize",
    "right",
    "row-gap",
    "scroll-behavior",
    "shape-rendering",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "tab-size",
    "table-layout",
    "text-align",
    "text-align-last",
    "text-anchor",
    "text-decoration",
    "text-indent",
    "text-overflow",
    "text-rendering",
    "text-shadow",
    "text-transform",
    "top",
    "touch-action",
    "transform",
    "transform-origin",
    "transform-style",
    "transition",
    "transition-delay",
    "transition-duration",
    "transition-property",
    "transition-timing-function",
    "unicode-bidi",
    "user-select",
    "vector-effect",
    "vertical-align",
    "visibility",
    "white-space",
    "widows",
    "width",
    "will-change",
    "word-break",
    "word-spacing",
    "word-wrap",
    "writing-mode",
    "z-index",
    "zoom",
];

/// Properties that only WebKit's prefix has.
pub const WEBKIT: [&str; 7] = [
    "-webkit-box-align",
    "-webkit-box-flex",
    "-webkit-box-orient",
    "-webkit-box-pack",
    "-webkit-line-clamp",
    "-webkit-tap-highlight-color",
    "-webkit-text-fill-color",
];

/// The property that a name means, lower case and without a prefix that says nothing; `None` for an unknown one. A
/// custom property is any name that starts with `--`.
#[must_use]
pub fn canonical(name: &str) -> Option<String> {
    if name.starts_with("--") {
        return Some(name.to_owned());
    }
    let plain = css_prefixes::plain(name);
    let is_known = PROPERTIES.binary_search(&&*plain).is_ok() || WEBKIT.contains(&&*plain);
    is_known.then_some(plain)
}

/// The names of a property on a style object, as CSS and as scripts spell it.
#[must_use]
pub fn script_names(property: &str) -> Vec<String> {
    let mut names = vec![property.to_owned()];
    if property == "float" {
        names.push("cssFloat".to_owned());
    } else if let Some(rest) = property.strip_prefix("-webkit-") {
        names.extend([camel(&format!("webkit-{rest}")), camel(property)]);
    } else {
        if property.contains('-') {
            names.push(camel(property));
        }
        if has_prefix(property) {
            let prefixed = format!("-webkit-{property}");
            names.extend([camel(&format!("webkit-{property}")), camel(&prefixed), prefixed]);
        }
    }
    names
}

/// `border-top` as `borderTop`, `-webkit-x` as `WebkitX`.
fn camel(name: &str) -> String {
    let mut parts = name.split('-');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut characters = part.chars();
        out.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(characters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(PROPERTIES.is_sorted());
    }

    #[test]
    fn names() {
        assert_eq!(script_names("z-index"), ["z-index", "zIndex"]);
        assert_eq!(script_names("transform"), ["transform", "webkitTransform", "WebkitTransform", "-webkit-transform"]);
        assert_eq!(canonical("-WebKit-Transform").as_deref(), Some("transform"));
        assert_eq!(canonical("-webkit-box-orient").as_deref(), Some("-webkit-box-orient"));
        assert_eq!(canonical("--Own").as_deref(), Some("--Own"));
        assert_eq!(canonical("-webkit-color"), None);
    }
}
