//! Shorthand properties and their parts ([CSS Cascade §3](https://drafts.csswg.org/css-cascade/#shorthand)), as far as
//! scripts set and read them: margins, padding, borders, outlines, overflow, backgrounds, fonts, lists, flexible boxes,
//! transitions and animations.
//!
//! A declaration keeps the shorthand as it was written; a part is looked up in it when somebody asks.

use super::css::Declaration;
use super::css_colors::color;
use super::css_values::{LINE_STYLES, components, dimension};

const BORDER: [&str; 13] = [
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
    "border-image",
];

/// Shorthands with their parts; those of four sides in the order top, right, bottom, left.
const SHORTHANDS: [(&str, &[&str]); 21] = [
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
    (
        "background",
        &[
            "background-color",
            "background-image",
            "background-repeat",
            "background-attachment",
            "background-position",
            "background-size",
        ],
    ),
    (
        "border-radius",
        &[
            "border-top-left-radius",
            "border-top-right-radius",
            "border-bottom-right-radius",
            "border-bottom-left-radius",
        ],
    ),
    ("outline", &["outline-color", "outline-style", "outline-width"]),
    ("list-style", &["list-style-position", "list-style-image", "list-style-type"]),
    ("flex", &["flex-grow", "flex-shrink", "flex-basis"]),
    ("flex-flow", &["flex-direction", "flex-wrap"]),
    ("gap", &["row-gap", "column-gap"]),
    ("font", &["font-style", "font-variant", "font-weight", "font-size", "line-height", "font-family"]),
    ("transition", &["transition-property", "transition-duration", "transition-timing-function", "transition-delay"]),
    (
        "animation",
        &[
            "animation-duration",
            "animation-timing-function",
            "animation-delay",
            "animation-iteration-count",
            "animation-direction",
            "animation-fill-mode",
            "animation-play-state",
            "animation-name",
        ],
    ),
];

/// What parts are that their shorthand does not mention; others read `initial`.
const INITIAL: [(&str, &str); 37] = [
    ("border-top-width", "medium"),
    ("border-right-width", "medium"),
    ("border-bottom-width", "medium"),
    ("border-left-width", "medium"),
    ("border-top-style", "none"),
    ("border-right-style", "none"),
    ("border-bottom-style", "none"),
    ("border-left-style", "none"),
    ("border-top-color", "currentcolor"),
    ("border-right-color", "currentcolor"),
    ("border-bottom-color", "currentcolor"),
    ("border-left-color", "currentcolor"),
    ("border-image", "none"),
    ("outline-width", "medium"),
    ("outline-style", "none"),
    ("outline-color", "currentcolor"),
    ("list-style-position", "outside"),
    ("list-style-image", "none"),
    ("list-style-type", "disc"),
    ("flex-direction", "row"),
    ("flex-wrap", "nowrap"),
    ("font-style", "normal"),
    ("font-variant", "normal"),
    ("font-weight", "normal"),
    ("line-height", "normal"),
    ("transition-property", "all"),
    ("transition-duration", "0s"),
    ("transition-timing-function", "ease"),
    ("transition-delay", "0s"),
    ("animation-duration", "0s"),
    ("animation-timing-function", "ease"),
    ("animation-delay", "0s"),
    ("animation-iteration-count", "1"),
    ("animation-direction", "normal"),
    ("animation-fill-mode", "none"),
    ("animation-play-state", "running"),
    ("animation-name", "none"),
];

/// Whether a shorthand is one to four values for four sides or corners, or one or two.
#[must_use]
pub fn is_sides(shorthand: &str) -> bool {
    matches!(
        shorthand,
        "margin" | "padding" | "border-width" | "border-style" | "border-color" | "border-radius" | "overflow" | "gap"
    )
}

/// The values of all parts of such a shorthand, written as short as can be.
#[must_use]
pub fn collapsed(values: &[String]) -> String {
    let is_same = |a: usize, b: usize| values.get(a) == values.get(b);
    let kept = match values.len() {
        4 if !is_same(3, 1) => 4,
        4 if !is_same(2, 0) => 3,
        2 | 4 if !is_same(1, 0) => 2,
        _ => 1,
    };
    values[..kept.min(values.len())].join(" ")
}

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
    part(&declaration.name, &declaration.value, property).unwrap_or_else(|| initial_of(property).to_owned())
}

/// What a part is that its shorthand does not mention.
pub(super) fn initial_of(part: &str) -> &'static str {
    INITIAL.iter().find(|(name, _)| *name == part).map_or("initial", |(_, value)| value)
}

/// The value of a part; `None` where the shorthand does not mention it, which means its initial value.
fn part(shorthand: &str, value: &str, property: &str) -> Option<String> {
    if matches!(value, "inherit" | "initial" | "unset" | "revert") {
        return Some(value.to_owned());
    }
    let written = components(value);
    let at = parts_of(shorthand).iter().position(|part| *part == property)?;
    let found = match shorthand {
        "border-radius" if value.contains('/') => return Some(elliptic(value, at)),
        "margin" | "padding" | "border-width" | "border-style" | "border-color" | "border-radius" => side(&written, at),
        "overflow" | "gap" => written.get(at).or(written.first()).copied(),
        "background" => return background_part(&written, property),
        "list-style" => list_style_part(&written, property),
        "flex" => return flex_part(&written, property),
        "flex-flow" => {
            let is_direction = |one: &&&str| one.starts_with("row") || one.starts_with("column");
            let wanted = property == "flex-direction";
            written.iter().find(|one| is_direction(one) == wanted).copied()
        }
        "font" => return font_part(value, property),
        "transition" | "animation" => return Some(timed_parts(value, property)),
        "border" if property == "border-image" => None,
        _ => {
            let kind = property.rsplit('-').next().unwrap_or_default();
            written.iter().find(|one| border_kind(one) == kind).copied()
        }
    };
    found.map(str::to_owned)
}

/// A corner of `border-radius` with two radii.
fn elliptic(value: &str, at: usize) -> String {
    let (across, down) = value.split_once('/').unwrap_or((value, value));
    let one = |radii: &str| side(&components(radii), at).unwrap_or_default().to_owned();
    format!("{} {}", one(across), one(down))
}

fn background_part(written: &[&str], property: &str) -> Option<String> {
    let is_image = |one: &str| one.contains("url(") || one.contains("gradient(");
    let is_repeat = |one: &str| matches!(one, "no-repeat" | "repeat" | "repeat-x" | "repeat-y" | "round" | "space");
    let is_attachment = |one: &str| matches!(one, "scroll" | "fixed" | "local");
    let is_place = |one: &str| {
        dimension(one).is_some()
            || matches!(one, "left" | "right" | "top" | "bottom" | "center")
            || one.starts_with("calc(")
    };
    let mut places = written.iter().take_while(|one| **one != "/").filter(|one| is_place(one)).copied().peekable();
    let mut sizes = written.iter().skip_while(|one| **one != "/").skip(1);
    match property {
        "background-image" => {
            let none = || written.iter().find(|one| one.eq_ignore_ascii_case("none"));
            written.iter().find(|one| is_image(one)).or_else(none).map(|one| (*one).to_owned())
        }
        "background-repeat" => written.iter().find(|one| is_repeat(one)).map(|one| (*one).to_owned()),
        "background-attachment" => written.iter().find(|one| is_attachment(one)).map(|one| (*one).to_owned()),
        "background-position" => {
            places.peek()?;
            Some(places.collect::<Vec<_>>().join(" "))
        }
        "background-size" => {
            let fits = |one: &&&str| dimension(one).is_some() || matches!(**one, "cover" | "contain" | "auto");
            let size: Vec<&str> = sizes.by_ref().take_while(fits).copied().collect();
            (!size.is_empty()).then(|| size.join(" "))
        }
        _ => written.iter().find(|one| color(&one.to_ascii_lowercase()).is_some()).map(|one| (*one).to_owned()),
    }
}

fn list_style_part<'a>(written: &[&'a str], property: &str) -> Option<&'a str> {
    let kind = |one: &str| match one {
        "inside" | "outside" => "list-style-position",
        one if one.contains('(') => "list-style-image",
        _ => "list-style-type",
    };
    written.iter().find(|one| kind(one) == property).copied()
}

/// A part of `flex` (CSS Flexbox §7.1.1): what is left out is 1, 1 and 0%.
fn flex_part(written: &[&str], property: &str) -> Option<String> {
    let (grow, shrink, basis) = match written {
        ["none"] => ("0", "0", "auto"),
        ["auto"] => ("1", "1", "auto"),
        _ => {
            let is_number = |one: &&&str| one.parse::<f64>().is_ok();
            let mut numbers = written.iter().filter(is_number).copied();
            let (grow, shrink) = (numbers.next().unwrap_or("1"), numbers.next().unwrap_or("1"));
            let basis = numbers.next().or_else(|| written.iter().find(|one| !is_number(one)).copied());
            (grow, shrink, basis.unwrap_or("0%"))
        }
    };
    let found = match property {
        "flex-grow" => grow,
        "flex-shrink" => shrink,
        _ => basis,
    };
    Some(found.to_owned())
}

/// A part of `font` (CSS Fonts §2.7): before the size style, variant and weight, after it the families.
fn font_part(value: &str, property: &str) -> Option<String> {
    let sizes = ["medium", "small", "large", "smaller", "larger"];
    let is_size = |one: &str| {
        let size = one.split('/').next().unwrap_or_default();
        dimension(size).is_some_and(|(_, unit)| !unit.is_empty())
            || sizes.contains(&size)
            || size.starts_with("x-")
            || size.starts_with("xx-")
    };
    let value = value.replace(" /", "/").replace("/ ", "/");
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let at = words.iter().position(|one| is_size(one))?;
    let (size, height) = words[at].split_once('/').map_or((words[at], None), |(size, height)| (size, Some(height)));
    let before = |fits: fn(&str) -> bool| words[..at].iter().find(|one| fits(one)).map(|one| (*one).to_owned());
    match property {
        "font-size" => Some(size.to_owned()),
        "line-height" => height.map(str::to_owned),
        "font-family" => Some(words[at + 1..].join(" ")),
        "font-style" => before(|one| matches!(one, "italic" | "oblique")),
        "font-variant" => before(|one| one == "small-caps"),
        _ => before(|one| matches!(one, "bold" | "bolder" | "lighter") || one.parse::<u16>().is_ok()),
    }
}

/// A part of `transition` or `animation`, of each of their layers.
fn timed_parts(value: &str, property: &str) -> String {
    let initial = initial_of(property);
    let kind = property.split_once('-').map_or("", |(_, kind)| kind);
    let mut depth = 0_usize;
    let layers = value.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    let one = |layer: &str| timed_part(&components(layer.trim()), kind).unwrap_or_else(|| initial.to_owned());
    layers.map(one).collect::<Vec<_>>().join(", ")
}

fn timed_part(written: &[&str], kind: &str) -> Option<String> {
    let is_time = |one: &str| {
        let number = one.strip_suffix("ms").or_else(|| one.strip_suffix('s'));
        number.is_some_and(|number| number.parse::<f64>().is_ok())
    };
    let kind_of = |one: &str| match one {
        one if is_time(one) => "time",
        "ease" | "linear" | "ease-in" | "ease-out" | "ease-in-out" | "step-start" | "step-end" => "timing-function",
        one if one.starts_with("cubic-bezier(") || one.starts_with("steps(") => "timing-function",
        "infinite" => "iteration-count",
        one if one.parse::<f64>().is_ok() => "iteration-count",
        "normal" | "reverse" | "alternate" | "alternate-reverse" => "direction",
        "forwards" | "backwards" | "both" => "fill-mode",
        "running" | "paused" => "play-state",
        _ => "name",
    };
    let wanted = match kind {
        "duration" | "delay" => "time",
        "property" => "name",
        other => other,
    };
    let mut fitting = written.iter().filter(|one| kind_of(one) == wanted);
    let found = if kind == "delay" { fitting.nth(1) } else { fitting.next() };
    found.map(|one| (*one).to_owned())
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
        check("border", "solid", "border-top-width", "medium");
        check("border-top", "dashed 2px red", "border-top-style", "dashed");
        check("border-width", "1px 2px", "border-bottom-width", "1px");
        check("overflow", "hidden", "overflow-y", "hidden");
        check("background", "#fff url(a.png) no-repeat", "background-color", "#fff");
        check("background", "url(a.png)", "background-color", "initial");
        check("padding", "inherit", "padding-top", "inherit");
        assert!(!covers("border-top", "border-left-width") && !covers("margin", "padding-left"));
    }

    #[test]
    fn parts_of_fonts_and_lists() {
        check("font", "italic bold 12px/1.5 Arial, sans-serif", "font-style", "italic");
        check("font", "italic bold 12px/1.5 Arial, sans-serif", "font-weight", "bold");
        check("font", "italic bold 12px/1.5 Arial, sans-serif", "font-size", "12px");
        check("font", "italic bold 12px/1.5 Arial, sans-serif", "line-height", "1.5");
        check("font", "12px 'A B', serif", "font-family", "'A B', serif");
        check("font", "12px Arial", "font-weight", "normal");
        check("font", "400 2em / 2 x", "line-height", "2");
        check("list-style", "none", "list-style-type", "none");
        check("list-style", "square inside", "list-style-position", "inside");
    }

    #[test]
    fn parts_of_boxes() {
        check("border-radius", "1px 2px 3px", "border-bottom-left-radius", "2px");
        check("border-radius", "1px 2px / 3px", "border-top-right-radius", "2px 3px");
        check("outline", "1px solid red", "outline-style", "solid");
        check("flex", "1", "flex-basis", "0%");
        check("flex", "none", "flex-grow", "0");
        check("flex", "1 0 50%", "flex-basis", "50%");
        check("flex-flow", "row wrap", "flex-wrap", "wrap");
        check("gap", "1px 2px", "column-gap", "2px");
        check("background", "#fff url(a.gif) repeat-x 10px 20px", "background-position", "10px 20px");
        check("background", "url(a.gif) no-repeat 0 0 / cover", "background-size", "cover");
        check("background", "none", "background-image", "none");
    }

    #[test]
    fn parts_in_time() {
        check("transition", "opacity .3s ease, left 1s linear 2s", "transition-duration", ".3s, 1s");
        check("transition", "opacity .3s ease, left 1s linear 2s", "transition-delay", "0s, 2s");
        check(
            "transition",
            "all 1s cubic-bezier(0, 0, 1, 1)",
            "transition-timing-function",
            "cubic-bezier(0, 0, 1, 1)",
        );
        check("animation", "spin 2s linear infinite", "animation-name", "spin");
        check("animation", "spin 2s linear infinite", "animation-iteration-count", "infinite");
    }

    #[test]
    fn sides_written_short() {
        let short = |values: &[&str]| collapsed(&values.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(short(&["1", "1", "1", "1"]), "1");
        assert_eq!(short(&["2", "1", "1", "1"]), "2 1 1");
        assert_eq!(short(&["1", "2", "1", "2"]), "1 2");
        assert_eq!(short(&["1", "2", "1", "3"]), "1 2 1 3");
        assert_eq!(short(&["a", "b"]), "a b");
        assert_eq!(short(&["a", "a"]), "a");
    }
}
