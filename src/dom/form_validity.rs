//! Constraint validation ([HTML §4.10.20.1](https://html.spec.whatwg.org/#definitions)): what is wrong with the value of a
//! control. Bad input (`badInput`) cannot be: what is no value of its type is never kept.

use regress::Regex;

use super::form::{attr, button_type, checked, custom_error, has_flag, input_type, is_disabled, is_edited, value};
use super::form_numbers::{is_between_steps, least, most, number_of};
use super::node::{Node, NodeRef, same};
use super::{options, radios, text, tree};

/// What may be wrong with a control: the attribute of ValidityState, and the sentence about it.
const NAMES: [(&str, &str); 9] = [
    ("customError", ""),
    ("valueMissing", "a value is required"),
    ("typeMismatch", "the value is not of its type"),
    ("patternMismatch", "the value does not match the pattern"),
    ("tooLong", "the value is too long"),
    ("tooShort", "the value is too short"),
    ("rangeUnderflow", "the value is too small"),
    ("rangeOverflow", "the value is too large"),
    ("stepMismatch", "the value is between two allowed ones"),
];

/// Everything that is wrong with a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flaws([bool; NAMES.len()]);

impl Flaws {
    /// Whether nothing is.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.first().is_none()
    }

    /// The first: the attribute of ValidityState.
    #[must_use]
    pub fn first(self) -> Option<&'static str> {
        self.0.iter().zip(NAMES).find_map(|(is, (name, _))| is.then_some(name))
    }

    /// Whether an attribute of ValidityState is true.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        self.0.iter().zip(NAMES).any(|(is, (own, _))| *is && own == name)
    }
}

/// The sentence about a flaw; empty for one that the page named.
#[must_use]
pub fn sentence(flaw: &str) -> &'static str {
    NAMES.iter().find(|(name, _)| *name == flaw).map_or("", |(_, sentence)| sentence)
}

/// Whether a control is looked at when its form is submitted (`willValidate`).
#[must_use]
pub fn is_candidate(control: &Node) -> bool {
    let by_kind = match control.html_name() {
        "input" => !matches!(input_type(control), "hidden" | "reset" | "button") && !has_flag(control, "readonly"),
        "button" => button_type(control) == "submit",
        "textarea" => !has_flag(control, "readonly"),
        "select" => true,
        _ => false,
    };
    by_kind && !is_disabled(control) && control.parent().is_none_or(|parent| !is_in_datalist(&parent))
}

fn is_in_datalist(node: &NodeRef) -> bool {
    node.is_html("datalist") || tree::ancestors(node).any(|above| above.is_html("datalist"))
}

/// What is wrong with a control, whether or not it is looked at.
#[must_use]
pub fn flaws(control: &NodeRef) -> Flaws {
    let value = value(control);
    let is_custom = custom_error(control, |error| !error.is_empty());
    let is_missing = has_flag(control, "required") && is_missing(control, &value) || is_group_missing(control);
    let mut flaws = [is_custom, is_missing, false, false, false, false, false, false, false];
    if matches!(control.html_name(), "input" | "textarea") && !value.is_empty() {
        flaws[4..6].copy_from_slice(&lengths(control, &value));
    }
    if control.is_html("input") && !value.is_empty() {
        let kind = input_type(control);
        flaws[2] = !is_typed(control, kind, &value);
        flaws[3] = matches!(kind, "text" | "search" | "url" | "tel" | "email" | "password")
            && attr(control, "pattern").is_some_and(|pattern| !fits(control, &pattern, &value));
        if let Some(number) = number_of(control, &value) {
            flaws[6..].copy_from_slice(&ranges(control, kind, number));
        }
    }
    Flaws(flaws)
}

fn is_missing(control: &NodeRef, value: &str) -> bool {
    let is_mutable = !is_disabled(control) && !has_flag(control, "readonly");
    match control.html_name() {
        "input" => match input_type(control) {
            "checkbox" => !checked(control),
            "hidden" | "radio" | "submit" | "image" | "reset" | "button" | "range" | "color" => false,
            "file" => value.is_empty(),
            _ => is_mutable && value.is_empty(),
        },
        "textarea" => is_mutable && value.is_empty(),
        "select" => options::first_selected(control).is_none_or(|option| is_placeholder(control, &option)),
        _ => false,
    }
}

/// A group of buttons that is required, by any of them, and has none that is checked.
fn is_group_missing(control: &NodeRef) -> bool {
    control.is_html("input")
        && input_type(control) == "radio"
        && !checked(control)
        && radios::checked_of(control).is_none()
        && radios::is_required(control)
}

/// The first option of a list that shows one, where it is empty: it says what to choose.
fn is_placeholder(select: &NodeRef, option: &NodeRef) -> bool {
    let shows_one = !has_flag(select, "multiple")
        && attr(select, "size").is_none_or(|size| size.trim_ascii().parse().unwrap_or(1) <= 1);
    let is_first = options::options(select).first().is_some_and(|first| same(first, option));
    let is_own = option.parent().is_some_and(|parent| same(&parent, select));
    shows_one && is_first && is_own && value(option).is_empty()
}

/// Whether it is too long, or too short: what a person typed, for a page may set what it likes.
fn lengths(control: &NodeRef, value: &str) -> [bool; 2] {
    let has_length = !control.is_html("input")
        || matches!(input_type(control), "text" | "search" | "url" | "tel" | "email" | "password");
    if !has_length || !is_edited(control) {
        return [false, false];
    }
    let bound = |name: &str| attr(control, name).and_then(|bound| bound.trim_ascii().parse::<usize>().ok());
    let length = text::utf16_len(value);
    [bound("maxlength").is_some_and(|most| length > most), bound("minlength").is_some_and(|least| length < least)]
}

/// Whether a number is too small, too large, between two steps.
fn ranges(control: &NodeRef, kind: &str, number: f64) -> [bool; 3] {
    let (least, most) = (least(control), most(control));
    let is_below = least.is_some_and(|least| number < least);
    let is_above = most.is_some_and(|most| number > most);
    // Of times of day the least may be late in the evening.
    let is_reversed = kind == "time" && least.zip(most).is_some_and(|(least, most)| least > most);
    let (is_below, is_above) =
        if is_reversed { (is_below && is_above, is_below && is_above) } else { (is_below, is_above) };
    [is_below, is_above, is_between_steps(control, number)]
}

fn is_typed(control: &NodeRef, kind: &str, value: &str) -> bool {
    match kind {
        "email" if has_flag(control, "multiple") => value.split(',').all(is_email),
        "email" => is_email(value),
        "url" => url::Url::parse(value).is_ok(),
        _ => true,
    }
}

/// A [valid e-mail address](https://html.spec.whatwg.org/#valid-e-mail-address), or one with letters of other scripts in its
/// host, which browsers write in ASCII first.
fn is_email(address: &str) -> bool {
    let Some((user, host)) = address.split_once('@') else { return false };
    let is_user = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_label = |label: &str| {
        let is_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii();
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(is_host)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    !user.is_empty() && user.chars().all(is_user) && host.split('.').all(is_label)
}

/// Whether the whole value matches a pattern, of several addresses each; one that is no regular expression fits all.
fn fits(control: &NodeRef, pattern: &str, value: &str) -> bool {
    if Regex::with_flags(pattern, "v").is_err() {
        return true;
    }
    let Ok(whole) = Regex::with_flags(&format!("^(?:{pattern})$"), "v") else { return true };
    let has_several = input_type(control) == "email" && has_flag(control, "multiple");
    if has_several { value.split(',').all(|one| whole.find(one).is_some()) } else { whole.find(value).is_some() }
}
