//! Shorthand properties and their parts ([CSS Cascade §3](https://drafts.csswg.org/css-cascade/#shorthand)), as far as
//! scripts measure them: margins, padding, borders, overflow, and a background's colour and image.
//!
//! A declaration keeps the shorthand as it was written; a part is looked up in it when somebody asks.

use super::css::Declaration;
use super::css_values::{LINE_STYLES, color, components, dimension};

const BORDER: [&str; 12] = [
    "border-top-width",
    "border-right-width",
    "border-bottom-width",
    "border-left-width",
    "border-top-style",
    "border-right-style",
    "border-bottom-style",
    "border-left-style",
    "border-top-color",
    "border-right-color",
    "border-bottom-color",
    "border-left-color",
];

/// Shorthands with their parts; those of four sides in the order top, right, bottom, left.
const SHORTHANDS: [(&str, &[&str]); 12] = [
    ("margin", &["margin-top", "margin-right", "margin-bottom", "margin-left"]),
    ("padding", &["padding-top", "padding-right", "padding-bottom", "padding-left"]),
    ("border", &BORDER),
    ("border-width", &["border-top-width", "border-right-width", "border-bottom-width", "border-left-width"]),
    ("border-style", &["border-top-style", "border-right-style", "border-bottom-style", "border-left-style"]),
    ("border-color", &["border-top-color", "border-right-color", "border-bottom-color", "border-left-color"]),
    ("border-top", &["border-top-width", "border-top-style", "border-top-color"]),
    ("border-right", &["border-right-width", "border-right-style", "border-right-color"]),
    ("border-bottom", &["border-bottom-width", "border-bottom-style", "border-bottom-color"]),
    ("border-left", &["border-left-width", "border-left-style", "border-left-color"]),
    ("overflow", &["overflow-x", "overflow-y"]),
    ("background", &["background-color", "background-image"]),
];

/// The parts of a shorthand; none for any other property.
#[must_use]
pub fn parts_of(shorthand: &str) -> &'static [&'static str] {
    SHORTHANDS.iter().find(|(name, _)| *name == shorthand).map_or(&[], |(_, parts)| parts)
}

/// Whether a declaration of `declared` says something about `property`: it is it, or a shorthand of it.
#[must_use]
pub fn covers(declared: &str, property: &str) -> bool {
    declared == property || parts_of(declared).contains(&property)
}

/// What a declaration that covers `property` says about it.
#[must_use]
pub fn value_of(declaration: &Declaration, property: &str) -> String {
    if declaration.name == property {
        return declaration.value.clone();
    }
    part(&declaration.name, &declaration.value, property).unwrap_or_else(|| "initial".to_owned())
}

/// The value of a part; `None` where the shorthand does not mention it, which means its initial value.
fn part(shorthand: &str, value: &str, property: &str) -> Option<String> {
    if matches!(value, "inherit" | "initial" | "unset" | "revert") {
        return Some(value.to_owned());
    }
    let written = components(value);
    let at = parts_of(shorthand).iter().position(|part| *part == property)?;
    let found = match shorthand {
        "margin" | "padding" | "border-width" | "border-style" | "border-color" => side(&written, at),
        "overflow" => written.get(at).or(written.first()).copied(),
        "background" if property == "background-image" => {
            written.iter().find(|one| one.contains("url(") || one.contains("gradient(")).copied()
        }
        "background" => written.iter().find(|one| color(&one.to_ascii_lowercase()).is_some()).copied(),
        _ => {
            let kind = property.rsplit('-').next().unwrap_or_default();
            written.iter().find(|one| border_kind(one) == kind).copied()
        }
    };
    found.map(str::to_owned)
}

/// One to four values stand for four sides.
fn side<'a>(written: &[&'a str], at: usize) -> Option<&'a str> {
    let fallback = [0, 0, 0, 1][at];
    written.get(at).or_else(|| written.get(fallback)).or(written.first()).copied()
}

fn border_kind(component: &str) -> &'static str {
    let lower = component.to_ascii_lowercase();
    if LINE_STYLES.contains(&lower.as_str()) {
        "style"
    } else if dimension(&lower).is_some() || matches!(lower.as_str(), "thin" | "medium" | "thick") {
        "width"
    } else {
        "color"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(shorthand: &str, value: &str, property: &str, expected: &str) {
        assert!(covers(shorthand, property));
        let declaration = Declaration { name: shorthand.to_owned(), value: value.to_owned(), important: false };
        assert_eq!(value_of(&declaration, property), expected, "{shorthand}: {value}");
    }

    #[test]
    fn parts() {
        check("margin", "1px", "margin-left", "1px");
        check("margin", "1px 2px", "margin-left", "2px");
        check("margin", "1px 2px 3px", "margin-left", "2px");
        check("margin", "1px 2px 3px", "margin-bottom", "3px");
        check("padding", "1px 2px 3px calc(1px + 2px)", "padding-left", "calc(1px + 2px)");
        check("border", "1px solid rgb(1, 2, 3)", "border-left-width", "1px");
        check("border", "1px solid rgb(1, 2, 3)", "border-top-color", "rgb(1, 2, 3)");
        check("border", "solid", "border-top-width", "initial");
        check("border-top", "dashed 2px red", "border-top-style", "dashed");
        check("border-width", "1px 2px", "border-bottom-width", "1px");
        check("overflow", "hidden", "overflow-y", "hidden");
        check("background", "#fff url(a.png) no-repeat", "background-color", "#fff");
        check("background", "url(a.png)", "background-color", "initial");
        check("padding", "inherit", "padding-top", "inherit");
        assert!(!covers("border-top", "border-left-width") && !covers("margin", "padding-left"));
    }
}
