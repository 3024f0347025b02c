//! Colours ([CSS Color 4](https://www.w3.org/TR/css-color-4/)): which are valid, and how they are written back.

use cssparser::color::{parse_hash_color, parse_named_color};

use super::css_canonical;
use super::css_values::{dimension, format_number};

/// A colour as it is written back: hexadecimal ones as `rgb()`, names as names.
#[must_use]
pub fn color(lower: &str) -> Option<String> {
    if matches!(lower, "transparent" | "currentcolor") || parse_named_color(lower).is_ok() || system(lower).is_some() {
        return Some(lower.to_owned());
    }
    if let Some(hash) = lower.strip_prefix('#') {
        let (red, green, blue, alpha) = parse_hash_color(hash.as_bytes()).ok()?;
        return Some(rgb([red, green, blue], f64::from(alpha)));
    }
    let (name, inside) = lower.strip_suffix(')')?.split_once('(')?;
    match name.trim() {
        "rgb" | "rgba" => Some(rgb_function(inside).unwrap_or_else(|| spaced(lower))),
        "hsl" | "hsla" => Some(hsl(inside, saturated).unwrap_or_else(|| spaced(lower))),
        "hwb" => Some(hsl(inside, whitened).unwrap_or_else(|| spaced(lower))),
        "lab" | "lch" | "oklab" | "oklch" | "color" | "color-mix" => Some(spaced(lower)),
        _ => None,
    }
}

/// A colour function whose values are kept, in the usual writing.
fn spaced(lower: &str) -> String {
    css_canonical::written("", lower).unwrap_or_else(|| lower.to_owned())
}

/// What the system's colours are here ([CSS Color 4 §10](https://www.w3.org/TR/css-color-4/#css-system-colors)): black on
/// white, as of a page that nobody sees; the old names stand for the new ones.
fn system(lower: &str) -> Option<[u8; 3]> {
    Some(match lower {
        "canvas" | "field" | "window" | "background" | "appworkspace" | "menu" | "threedhighlight"
        | "infobackground" => [255, 255, 255],
        "canvastext" | "fieldtext" | "buttontext" | "marktext" | "windowtext" | "menutext" | "captiontext"
        | "infotext" | "selecteditemtext" => [0, 0, 0],
        "buttonface" | "threedface" | "buttonhighlight" | "buttonshadow" | "scrollbar" | "threedlightshadow"
        | "inactivecaption" | "inactiveborder" | "activecaption" => [240, 240, 240],
        "buttonborder" | "threedshadow" | "threeddarkshadow" | "windowframe" | "activeborder" => [118, 118, 118],
        "graytext" | "inactivecaptiontext" => [128, 128, 128],
        "linktext" => [0, 0, 238],
        "visitedtext" => [85, 26, 139],
        "activetext" => [255, 0, 0],
        "highlight" | "selecteditem" | "accentcolor" => [0, 120, 215],
        "highlighttext" | "accentcolortext" => [255, 255, 255],
        "mark" => [255, 255, 0],
        _ => return None,
    })
}

/// Red, green and blue of a colour by its hue (in turns of 1) and two shares.
type ByHue = fn(f64, f64, f64) -> [f64; 3];

/// A channel of a pure hue: 0 to 1.
fn pure(hue: f64, of: f64) -> f64 {
    let at = (of + hue * 12.0).rem_euclid(12.0);
    (at - 3.0).min(9.0 - at).clamp(-1.0, 1.0)
}

/// [hsl() to rgb](https://www.w3.org/TR/css-color-4/#hsl-to-rgb)
fn saturated(hue: f64, saturation: f64, lightness: f64) -> [f64; 3] {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|of| lightness - reach * pure(hue, of))
}

/// [hwb() to rgb](https://www.w3.org/TR/css-color-4/#hwb-to-rgb)
fn whitened(hue: f64, white: f64, black: f64) -> [f64; 3] {
    if white + black >= 1.0 {
        return [white / (white + black); 3];
    }
    saturated(hue, 1.0, 0.5).map(|channel| channel * (1.0 - white - black) + white)
}

/// The inside of `hsl()` or `hwb()`.
fn hsl(inside: &str, to_rgb: ByHue) -> Option<String> {
    let parts: Vec<&str> = inside.split([',', '/', ' ']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let [hue, first, second, rest @ ..] = parts.as_slice() else { return None };
    let (turns, unit) = dimension(hue)?;
    let turns = match unit {
        "" | "deg" => turns / 360.0,
        "turn" => turns,
        "rad" => turns / std::f64::consts::TAU,
        "grad" => turns / 400.0,
        _ => return None,
    };
    let share = |part: &str| {
        let (number, unit) = dimension(part)?;
        matches!(unit, "" | "%").then(|| (number / 100.0).clamp(0.0, 1.0))
    };
    let channels = to_rgb(turns, share(first)?, share(second)?).map(|channel| byte(channel * 255.0));
    Some(rgb(channels, alpha(rest)?))
}

/// What comes behind the three channels: nothing, or how opaque it is.
fn alpha(rest: &[&str]) -> Option<f64> {
    let alpha = match rest {
        [] => 1.0,
        [alpha] => {
            let (number, unit) = dimension(alpha)?;
            if unit == "%" { number / 100.0 } else { number }
        }
        _ => return None,
    };
    Some(alpha.clamp(0.0, 1.0))
}

fn rgb_function(inside: &str) -> Option<String> {
    let parts: Vec<&str> = inside.split([',', '/', ' ']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let channel = |part: &str| {
        let (number, unit) = dimension(part)?;
        let number = if unit == "%" { number * 2.55 } else { number };
        Some(byte(number))
    };
    let [red, green, blue, rest @ ..] = parts.as_slice() else { return None };
    Some(rgb([channel(red)?, channel(green)?, channel(blue)?], alpha(rest)?))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte before")]
fn byte(number: f64) -> u8 {
    number.round().clamp(0.0, 255.0) as u8
}

fn rgb([red, green, blue]: [u8; 3], alpha: f64) -> String {
    if alpha >= 1.0 {
        return format!("rgb({red}, {green}, {blue})");
    }
    let two = (alpha * 100.0).round() / 100.0;
    let alpha = if byte(two * 255.0) == byte(alpha * 255.0) { two } else { (alpha * 1000.0).round() / 1000.0 };
    format!("rgba({red}, {green}, {blue}, {})", format_number(alpha))
}

/// A colour as `getComputedStyle` gives it: names as `rgb()` too.
#[must_use]
pub fn computed_color(value: &str) -> String {
    let lower = value.trim().to_ascii_lowercase();
    if lower == "transparent" {
        return rgb([0, 0, 0], 0.0);
    }
    if let Some(system) = system(&lower) {
        return rgb(system, 1.0);
    }
    if let Ok((red, green, blue)) = parse_named_color(&lower) {
        return rgb([red, green, blue], 1.0);
    }
    color(&lower).unwrap_or(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[(&str, &str)]) {
        for (value, expected) in rows {
            assert_eq!(color(&value.to_ascii_lowercase()).as_deref().unwrap_or("-"), *expected, "{value}");
        }
    }

    #[test]
    fn colors() {
        check(&[
            ("#F00", "rgb(255, 0, 0)"),
            ("#F008", "rgba(255, 0, 0, 0.533)"),
            ("Red", "red"),
            ("junk", "-"),
            ("#12", "-"),
            ("transparent", "transparent"),
            ("CanvasText", "canvastext"),
        ]);
        check(&[
            ("rgb(1,2,3)", "rgb(1, 2, 3)"),
            ("rgba(0,0,0,.5)", "rgba(0, 0, 0, 0.5)"),
            ("rgba(0 0 0 / 100%)", "rgb(0, 0, 0)"),
            ("hsl(120, 100%, 50%)", "rgb(0, 255, 0)"),
            ("hsla(240deg 100% 50% / .5)", "rgba(0, 0, 255, 0.5)"),
            ("hsl(0.5turn 50% 25%)", "rgb(32, 96, 96)"),
            ("hwb(0 50% 50%)", "rgb(128, 128, 128)"),
            ("hwb(0 20% 0%)", "rgb(255, 51, 51)"),
            ("lab( 50%  .5 -0 )", "lab(50% 0.5 0)"),
        ]);
        assert_eq!(computed_color("Red"), "rgb(255, 0, 0)");
        assert_eq!(computed_color("transparent"), "rgba(0, 0, 0, 0)");
    }
}
