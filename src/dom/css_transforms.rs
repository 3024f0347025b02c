//! `transform` ([CSS Transforms 1](https://drafts.csswg.org/css-transforms-1/) and 2): which functions there are, how they
//! are written back, and the matrix they make.

use super::css_values::{Reference, dimension, format_number, is_math, length, to_px};

/// What an argument of a function is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Length,
    Angle,
    Number,
}

/// A function: its name, what its arguments are, and how many of them it needs at least.
type Function = (&'static str, &'static [Kind], usize);

/// CSS Transforms 1 §10, CSS Transforms 2 §13.
const FUNCTIONS: [Function; 21] = {
    use Kind::{Angle, Length, Number};
    [
        ("translate", &[Length; 2], 1),
        ("translateX", &[Length], 1),
        ("translateY", &[Length], 1),
        ("translateZ", &[Length], 1),
        ("translate3d", &[Length; 3], 3),
        ("scale", &[Number; 2], 1),
        ("scaleX", &[Number], 1),
        ("scaleY", &[Number], 1),
        ("scaleZ", &[Number], 1),
        ("scale3d", &[Number; 3], 3),
        ("rotate", &[Angle], 1),
        ("rotateX", &[Angle], 1),
        ("rotateY", &[Angle], 1),
        ("rotateZ", &[Angle], 1),
        ("rotate3d", &[Number, Number, Number, Angle], 4),
        ("skew", &[Angle; 2], 1),
        ("skewX", &[Angle], 1),
        ("skewY", &[Angle], 1),
        ("matrix", &[Number; 6], 6),
        ("matrix3d", &[Number; 16], 16),
        ("perspective", &[Length], 1),
    ]
};

/// The functions of a value in lower case with their arguments; `None` where one is not known or not well formed.
fn functions(lower: &str) -> Option<Vec<(&'static Function, Vec<String>)>> {
    let mut found = Vec::new();
    let mut rest = lower.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('(')?;
        let function = FUNCTIONS.iter().find(|function| function.0.eq_ignore_ascii_case(name))?;
        let end = closing(after)?;
        let given = arguments(&after[..end]);
        let (_, kinds, least) = *function;
        if given.len() < least || given.len() > kinds.len() {
            return None;
        }
        let written = given.iter().zip(kinds).map(|(given, kind)| argument(given.trim(), *kind));
        found.push((function, written.collect::<Option<Vec<_>>>()?));
        rest = after[end + 1..].trim_start();
    }
    Some(found)
}

/// Where the bracket that is open closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1usize;
    text.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// What commas separate outside of brackets.
fn arguments(text: &str) -> Vec<&str> {
    let mut depth = 0usize;
    let separates = |c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    text.split(separates).collect()
}

/// An argument as it is written back.
fn argument(given: &str, kind: Kind) -> Option<String> {
    if kind == Kind::Length {
        return length(given, true, &[], false);
    }
    if is_math(given) {
        return Some(given.to_owned());
    }
    let (number, unit) = dimension(given)?;
    match (kind, unit) {
        (Kind::Number, "") => Some(format_number(number)),
        (Kind::Number, "%") => Some(format_number(number / 100.0)),
        (Kind::Angle, "") if number == 0.0 => Some("0deg".to_owned()),
        (Kind::Angle, "deg" | "grad" | "rad" | "turn") => Some(format_number(number) + unit),
        _ => None,
    }
}

/// A value in lower case as the property keeps it; `None` where it is not valid.
#[must_use]
pub(super) fn normal(lower: &str) -> Option<String> {
    if lower == "none" {
        return Some(lower.to_owned());
    }
    let written = functions(lower)?.into_iter().map(|((name, ..), list)| format!("{name}({})", list.join(", ")));
    Some(written.collect::<Vec<_>>().join(" "))
}

/// Sixteen numbers, column by column, as `matrix3d()` takes them.
type Matrix = [f64; 16];

#[rustfmt::skip]
const IDENTITY: Matrix = [
    1.0, 0.0, 0.0, 0.0,
    0.0, 1.0, 0.0, 0.0,
    0.0, 0.0, 1.0, 0.0,
    0.0, 0.0, 0.0, 1.0,
];

fn product(left: &Matrix, right: &Matrix) -> Matrix {
    std::array::from_fn(|at| (0..4).map(|k| left[k * 4 + at % 4] * right[at / 4 * 4 + k]).sum())
}

/// The resolved value for a box of this size in px (CSS Transforms 1 §9.1, CSSOM §9): `matrix()` or `matrix3d()`. `None`
/// where it holds arithmetic.
#[must_use]
pub fn resolved(value: &str, em: f64, (width, height): (f64, f64)) -> Option<String> {
    let lower = value.trim().to_ascii_lowercase();
    let mut whole = IDENTITY;
    if lower == "none" {
        return Some(lower);
    }
    for ((name, kinds, _), written) in functions(&lower)? {
        let mut numbers = Vec::with_capacity(written.len());
        for (at, (text, kind)) in written.iter().zip(*kinds).enumerate() {
            let percent_of = if *name == "translateY" || at == 1 { height } else { width };
            numbers.push(number(text, *kind, Reference { em, whole: Some(percent_of) })?);
        }
        whole = product(&whole, &matrix(name, &numbers));
    }
    Some(serialize(&whole))
}

fn number(text: &str, kind: Kind, reference: Reference) -> Option<f64> {
    if kind == Kind::Length {
        return to_px(text, reference);
    }
    let (number, unit) = dimension(text)?;
    Some(match unit {
        "deg" => number.to_radians(),
        "grad" => (number * 0.9).to_radians(),
        "turn" => (number * 360.0).to_radians(),
        _ => number,
    })
}

/// The matrix of one function (CSS Transforms 1 §12).
fn matrix(name: &str, given: &[f64]) -> Matrix {
    let mut made = IDENTITY;
    let mut put = |places: &[usize], values: &[f64]| {
        places.iter().zip(values).for_each(|(place, value)| made[*place] = *value);
    };
    let first = given[0];
    match name {
        "translate" | "translate3d" => put(&[12, 13, 14], given),
        "translateX" => put(&[12], given),
        "translateY" => put(&[13], given),
        "translateZ" => put(&[14], given),
        "scale" => put(&[0, 5], &[first, given.get(1).copied().unwrap_or(first)]),
        "scaleX" => put(&[0], given),
        "scaleY" => put(&[5], given),
        "scaleZ" => put(&[10], given),
        "scale3d" => put(&[0, 5, 10], given),
        "skew" => put(&[4, 1], &[first.tan(), given.get(1).map_or(0.0, |angle| angle.tan())]),
        "skewX" => put(&[4], &[first.tan()]),
        "skewY" => put(&[1], &[first.tan()]),
        "matrix" => put(&[0, 1, 4, 5, 12, 13], given),
        "matrix3d" => put(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], given),
        "perspective" => put(&[11], &[-1.0 / first.max(1.0)]),
        "rotateX" => return rotation([1.0, 0.0, 0.0], first),
        "rotateY" => return rotation([0.0, 1.0, 0.0], first),
        "rotate3d" => return rotation([given[0], given[1], given[2]], given[3]),
        _ => return rotation([0.0, 0.0, 1.0], first),
    }
    made
}

/// About an axis; none where that has no direction (CSS Transforms 2 §14).
fn rotation(axis: [f64; 3], angle: f64) -> Matrix {
    let long = axis.iter().map(|part| part * part).sum::<f64>().sqrt();
    if long == 0.0 {
        return IDENTITY;
    }
    let [x, y, z] = axis.map(|part| part / long);
    let (sine, cosine) = angle.sin_cos();
    let rest = 1.0 - cosine;
    #[rustfmt::skip]
    let made = [
        x * x * rest + cosine, y * x * rest + z * sine, z * x * rest - y * sine, 0.0,
        x * y * rest - z * sine, y * y * rest + cosine, z * y * rest + x * sine, 0.0,
        x * z * rest + y * sine, y * z * rest - x * sine, z * z * rest + cosine, 0.0,
        0.0, 0.0, 0.0, 1.0,
    ];
    made
}

fn serialize(matrix: &Matrix) -> String {
    let is_flat = [2, 3, 6, 7, 8, 9, 10, 11, 14, 15].iter().all(|at| (matrix[*at] - IDENTITY[*at]).abs() < 1e-9);
    let list = |places: &[usize]| places.iter().map(|at| significant(matrix[*at])).collect::<Vec<_>>().join(", ");
    if is_flat {
        return format!("matrix({})", list(&[0, 1, 4, 5, 12, 13]));
    }
    format!("matrix3d({})", list(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]))
}

/// A number with six digits that count.
fn significant(number: f64) -> String {
    if number.abs() < 1e-9 {
        return "0".to_owned();
    }
    let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, written: &str, matrix: &str) {
        let found = normal(value);
        assert_eq!(found.as_deref().unwrap_or("-"), written, "{value}");
        let matrix_found = found.and_then(|value| resolved(&value, 16.0, (200.0, 100.0)));
        assert_eq!(matrix_found.as_deref().unwrap_or("-"), matrix, "{value}");
    }

    #[test]
    fn flat_ones() {
        check("none", "none", "none");
        check("translate(0)", "translate(0px)", "matrix(1, 0, 0, 1, 0, 0)");
        check("translate(10px,50%)", "translate(10px, 50%)", "matrix(1, 0, 0, 1, 10, 50)");
        check("translatex( -1em )", "translateX(-1em)", "matrix(1, 0, 0, 1, -16, 0)");
        check("translatey(50%)", "translateY(50%)", "matrix(1, 0, 0, 1, 0, 50)");
        check("translate(33.3333%,-0px)", "translate(33.3333%, 0px)", "matrix(1, 0, 0, 1, 66.6666, 0)");
        check("rotate(45deg)", "rotate(45deg)", "matrix(0.707107, 0.707107, -0.707107, 0.707107, 0, 0)");
        check("rotate(0.25turn)", "rotate(0.25turn)", "matrix(0, 1, -1, 0, 0, 0)");
        check("rotate(100grad)", "rotate(100grad)", "matrix(0, 1, -1, 0, 0, 0)");
        check("rotate(0)", "rotate(0deg)", "matrix(1, 0, 0, 1, 0, 0)");
        check("scale(1.50)", "scale(1.5)", "matrix(1.5, 0, 0, 1.5, 0, 0)");
        check("scale(50%,2)", "scale(0.5, 2)", "matrix(0.5, 0, 0, 2, 0, 0)");
        check("skew(45deg)", "skew(45deg)", "matrix(1, 0, 1, 1, 0, 0)");
        check("matrix(1,0,0,1,5,6)", "matrix(1, 0, 0, 1, 5, 6)", "matrix(1, 0, 0, 1, 5, 6)");
        let several = "translate(10px) rotate(90deg) translate(10px)";
        check("translate(10px)rotate(90deg)translate(10px)", several, "matrix(0, 1, -1, 0, 10, 10)");
    }

    #[test]
    fn deep_ones() {
        check("translate3d(0,0,0)", "translate3d(0px, 0px, 0px)", "matrix(1, 0, 0, 1, 0, 0)");
        let turned = "matrix3d(-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1)";
        check("rotatey( 180deg )", "rotateY(180deg)", turned);
        let tipped = "matrix3d(1, 0, 0, 0, 0, 0.866025, 0.5, 0, 0, -0.5, 0.866025, 0, 0, 0, 0, 1)";
        check("rotatex(30deg)", "rotateX(30deg)", tipped);
        let far = "matrix3d(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -0.002, 0, 0, 0, 1)";
        check("perspective(500px)", "perspective(500px)", far);
        let skewed =
            "matrix3d(0.75, 0.25, -0.612372, 0, 0.25, 0.75, 0.612372, 0, 0.612372, -0.612372, 0.5, 0, 0, 0, 0, 1)";
        check("rotate3d(1,1,0,60deg)", "rotate3d(1, 1, 0, 60deg)", skewed);
        check("rotate3d(0,0,0,60deg)", "rotate3d(0, 0, 0, 60deg)", "matrix(1, 0, 0, 1, 0, 0)");
    }

    #[test]
    fn what_is_none() {
        for value in
            ["foo(1)", "translate(1)", "translate()", "scale(1px)", "rotate(1)", "matrix(1)", "translate(1px", "x"]
        {
            check(value, "-", "-");
        }
        check("translate(calc(1px + 2%), 0)", "translate(calc(1px + 2%), 0px)", "-");
    }
}
