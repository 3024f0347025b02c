//! How a block of declarations is written
//! ([serialize a CSS declaration block](https://drafts.csswg.org/cssom/#serialize-a-css-declaration-block)): where all parts
//! of a shorthand are there and may stand in it, the shorthand stands for them, however they came to be.
//!
//! *Choice*: fonts, backgrounds, transitions, animations and grids are not taken apart: these shorthands are written as
//! they were declared, in canonical form, and what is declared beside them stands beside them.

use super::css::Declaration;
use super::css_shorthands::{collapsed, initial_of, is_sides, parts_of, value_of};

/// The shorthands that are taken apart and put together, those with most parts first.
const SHORTHANDS: [&str; 16] = [
    "border",
    "border-width",
    "border-style",
    "border-color",
    "border-radius",
    "margin",
    "padding",
    "border-top",
    "border-right",
    "border-bottom",
    "border-left",
    "outline",
    "list-style",
    "flex",
    "flex-flow",
    "overflow",
];
/// Two that have no other in common with them.
const GAP: &str = "gap";

/// Words for every property.
const WIDE: [&str; 5] = ["inherit", "initial", "unset", "revert", "revert-layer"];

fn shorthands() -> impl Iterator<Item = &'static str> {
    SHORTHANDS.into_iter().chain([GAP])
}

/// Whether a declaration is of a shorthand that is taken apart: not where something is put in later, or corners are oval.
fn is_divisible(declaration: &Declaration) -> bool {
    let value = &declaration.value;
    let is_whole = value.contains("var(") || value.contains("env(") || value.contains('/');
    !is_whole && shorthands().any(|name| name == declaration.name)
}

/// The declarations without shorthands that can be taken apart, each property once: what is declared last counts, but for
/// what is important.
fn divided(list: &[Declaration]) -> Vec<Declaration> {
    let mut out: Vec<Declaration> = Vec::with_capacity(list.len());
    let mut push = |new: Declaration| {
        if let Some(at) = out.iter().position(|old| old.name == new.name) {
            if out[at].important && !new.important {
                return;
            }
            out.remove(at);
        }
        out.push(new);
    };
    for declaration in list {
        if !is_divisible(declaration) {
            push(declaration.clone());
            continue;
        }
        for part in parts_of(&declaration.name) {
            let value = value_of(declaration, part);
            push(Declaration { name: (*part).to_owned(), value, important: declaration.important });
        }
    }
    out
}

/// The value of a shorthand whose parts have these values, in the order of its parts; `None` where it cannot say them.
fn together(shorthand: &str, values: &[&str]) -> Option<String> {
    let (first, rest) = values.split_first()?;
    if values.iter().any(|value| WIDE.contains(value)) {
        return rest.iter().all(|value| value == first).then(|| (*first).to_owned());
    }
    if values.iter().any(|value| value.is_empty() || value.contains("var(") || value.contains("env(")) {
        return None;
    }
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    match shorthand {
        // Two radii of a corner do not stand beside those of others.
        "border-radius" if values.iter().any(|value| value.contains(' ')) => None,
        _ if is_sides(shorthand) => Some(collapsed(&owned(values))),
        "flex" => Some(values.join(" ")),
        "border" => {
            let [sides @ .., image] = values else { return None };
            let lines: Vec<&[&str]> = sides.chunks(4).collect();
            let is_even = lines.iter().all(|line| line.iter().all(|value| *value == line[0]));
            if !is_even || *image != "none" {
                return None;
            }
            let line: Vec<&str> = lines.iter().map(|line| line[0]).collect();
            Some(without_initial("border-top", &line, "none"))
        }
        "list-style" => Some(without_initial(shorthand, values, "disc")),
        "flex-flow" => Some(without_initial(shorthand, values, "row")),
        _ => Some(without_initial(shorthand, values, "none")),
    }
}

/// The values that are not the initial ones of their parts; where all are, that one which says so.
fn without_initial(shorthand: &str, values: &[&str], all: &str) -> String {
    let told = parts_of(shorthand).iter().zip(values).filter(|(part, value)| initial_of(part) != **value);
    let told: Vec<&str> = told.map(|(_, value)| *value).collect();
    if told.is_empty() { all.to_owned() } else { told.join(" ") }
}

/// What a block says of a shorthand: nothing where parts are missing, or it cannot say them. `None`: it is no shorthand.
#[must_use]
pub fn shorthand(list: &[Declaration], name: &str) -> Option<String> {
    if parts_of(name).is_empty() {
        return None;
    }
    let is_taken_apart = shorthands().any(|known| known == name);
    let divided = divided(list);
    if let Some(whole) = divided.iter().position(|it| it.name == name) {
        let is_last = divided[whole..].iter().all(|it| !parts_of(name).contains(&it.name.as_str()));
        return Some(if is_last { divided[whole].value.clone() } else { String::new() });
    }
    let find = |part: &&str| divided.iter().find(|it| it.name == **part);
    let parts: Option<Vec<&Declaration>> = parts_of(name).iter().map(find).collect();
    let parts = parts.filter(|parts| parts.iter().all(|part| part.important == parts[0].important));
    let values: Vec<&str> = parts.iter().flatten().map(|part| part.value.as_str()).collect();
    if !is_taken_apart && !values.iter().all(|value| WIDE.contains(value)) {
        return Some(String::new());
    }
    Some(together(name, &values).unwrap_or_default())
}

fn one(name: &str, value: &str, important: bool) -> String {
    format!("{name}: {value}{};", if important { " !important" } else { "" })
}

/// `name: value; …`, as `style` attributes are written back.
#[must_use]
pub fn serialize(list: &[Declaration]) -> String {
    let is_simple = |declaration: &Declaration| {
        !shorthands().any(|name| name == declaration.name || parts_of(name).contains(&declaration.name.as_str()))
    };
    if list.iter().all(is_simple) {
        return list.iter().map(|it| one(&it.name, &it.value, it.important)).collect::<Vec<_>>().join(" ");
    }
    let list = divided(list);
    let mut is_done = vec![false; list.len()];
    let mut written = Vec::with_capacity(list.len());
    for (at, declaration) in list.iter().enumerate() {
        if is_done[at] {
            continue;
        }
        let important = declaration.important;
        let found = shorthands().filter(|name| parts_of(name).contains(&declaration.name.as_str())).find_map(|name| {
            let place = |part: &&str| {
                list.iter()
                    .enumerate()
                    .position(|(at, it)| !is_done[at] && it.name == **part && it.important == important)
            };
            let places: Vec<usize> = parts_of(name).iter().map(place).collect::<Option<_>>()?;
            let values: Vec<&str> = places.iter().map(|at| list[*at].value.as_str()).collect();
            Some((name, together(name, &values)?, places))
        });
        match found {
            Some((name, value, places)) => {
                places.into_iter().for_each(|at| is_done[at] = true);
                written.push(one(name, &value, important));
            }
            None => written.push(one(&declaration.name, &declaration.value, important)),
        }
    }
    written.join(" ")
}

/// The names of all declarations of a block, of shorthands those of their parts.
#[must_use]
pub fn names(list: &[Declaration]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::with_capacity(list.len());
    for declaration in list {
        let parts = parts_of(&declaration.name);
        let own = [declaration.name.as_str()];
        for name in if parts.is_empty() { &own[..] } else { parts } {
            names.retain(|known| known != name);
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom::css::declarations;

    #[track_caller]
    fn check(rows: &[(&str, &str)]) {
        for (text, expected) in rows {
            assert_eq!(serialize(&declarations(text)), *expected, "{text}");
        }
    }

    #[test]
    fn sides() {
        check(&[
            ("margin: 20px 20px 20px 20px", "margin: 20px;"),
            ("margin-right: 1px; margin-left: 1px; margin-top: 1px; margin-bottom: 2px", "margin: 1px 1px 2px;"),
            ("margin: 1px; margin-top: 2px", "margin: 2px 1px 1px;"),
            (
                "margin: 1px; margin-top: 2px !important",
                "margin-right: 1px; margin-bottom: 1px; margin-left: 1px; margin-top: 2px !important;",
            ),
            ("margin: initial", "margin: initial;"),
            (
                "margin: 1px; margin-left: inherit",
                "margin-top: 1px; margin-right: 1px; margin-bottom: 1px; margin-left: inherit;",
            ),
            ("margin: var(--a)", "margin: var(--a);"),
            ("color: red; margin: 1px; width: 2px; margin-top: 3px", "color: red; margin: 3px 1px 1px; width: 2px;"),
            ("overflow-x: scroll; overflow-y: hidden", "overflow: scroll hidden;"),
            ("border-radius: 1px 1px 1px 1px", "border-radius: 1px;"),
            ("border-radius: 1px / 2px", "border-radius: 1px / 2px;"),
            ("gap: 1px 1px", "gap: 1px;"),
            ("margin-top: 1px", "margin-top: 1px;"),
        ]);
    }

    #[test]
    fn lines() {
        check(&[
            ("border: 1px solid red", "border: 1px solid red;"),
            ("border: none", "border: none;"),
            ("border: solid; border-style: dotted", "border: dotted;"),
            (
                "border-top: 1px; border-right: 1px; border-bottom: 1px; border-left: 1px",
                "border-width: 1px; border-style: none; border-color: currentcolor;",
            ),
            (
                "border: 1px; border-top-color: red",
                "border-width: 1px; border-style: none; border-color: red currentcolor currentcolor; border-image: none;",
            ),
            (
                "border: 1px; border-top: 1px !important",
                "border-right: 1px; border-bottom: 1px; border-left: 1px; border-image: none; border-top: 1px !important;",
            ),
            ("border-width: 1px; border-style: solid; border-color: red; border-image: none", "border: 1px solid red;"),
            ("outline-width: 2px; outline-style: dotted; outline-color: blue", "outline: blue dotted 2px;"),
            ("outline: none", "outline: none;"),
        ]);
    }

    #[test]
    fn others() {
        check(&[
            (
                "list-style-type: circle; list-style-position: inside; list-style-image: none",
                "list-style: inside circle;",
            ),
            ("list-style: none", "list-style: none;"),
            ("flex: auto", "flex: 1 1 auto;"),
            ("flex-direction: column; flex-wrap: wrap", "flex-flow: column wrap;"),
            ("flex-flow: row nowrap", "flex-flow: row;"),
            ("background: red; background-image: none", "background: red; background-image: none;"),
        ]);
        assert_eq!(names(&declarations("margin-top: 1px; padding: 0; margin: 2px")).len(), 8);
    }
}
