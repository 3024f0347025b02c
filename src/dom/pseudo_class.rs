//! The pseudo-classes and pseudo-elements that a selector may name
//! ([Selectors 4](https://www.w3.org/TR/selectors-4/), [HTML §4.16.3](https://html.spec.whatwg.org/#pseudo-classes)), and how
//! they are written ([CSSOM §6.7.2](https://www.w3.org/TR/cssom-1/#serializing-selectors)).

use std::fmt;

use cssparser::{ToCss, serialize_identifier};

/// What a pseudo-class without arguments asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A link.
    Link,
    /// Not disabled, of what can be.
    Enabled,
    /// Disabled.
    Disabled,
    /// Checked or selected.
    Checked,
    /// Must have a value.
    Required,
    /// Need not have one.
    Optional,
    /// Nobody can edit it.
    ReadOnly,
    /// Somebody can.
    ReadWrite,
    /// Shows its placeholder.
    PlaceholderShown,
    /// Neither on nor off.
    Indeterminate,
    /// It, or something in its shadow tree, has the focus.
    Focus,
    /// It, or something in it, has the focus.
    FocusWithin,
    /// The document's address points at it.
    Target,
    /// It is an element, or a custom one that is defined.
    Defined,
    /// No element: there is no mouse, nothing is ever visited.
    Never,
    /// Every element.
    Always,
}

/// The names of states.
const STATES: [(&str, State); 25] = [
    ("link", State::Link),
    ("any-link", State::Link),
    ("enabled", State::Enabled),
    ("disabled", State::Disabled),
    ("checked", State::Checked),
    ("required", State::Required),
    ("optional", State::Optional),
    ("read-only", State::ReadOnly),
    ("read-write", State::ReadWrite),
    ("placeholder-shown", State::PlaceholderShown),
    ("indeterminate", State::Indeterminate),
    ("focus", State::Focus),
    ("focus-visible", State::Focus),
    ("focus-within", State::FocusWithin),
    ("target", State::Target),
    ("defined", State::Defined),
    ("hover", State::Never),
    ("active", State::Never),
    ("visited", State::Never),
    ("default", State::Never),
    ("invalid", State::Never),
    ("out-of-range", State::Never),
    ("fullscreen", State::Never),
    ("valid", State::Always),
    ("in-range", State::Always),
];

/// A pseudo-class that the `selectors` crate does not know by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PseudoClass {
    /// One without arguments, by its name.
    State(&'static str, State),
    /// `:lang(…)`: one of these ranges.
    Lang(Box<[Box<str>]>),
    /// `:dir(…)`: an identifier, which means something where it is `ltr` or `rtl`.
    Dir(Box<str>),
}

impl PseudoClass {
    /// The one without arguments of a name, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (name, state) = STATES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(Self::State(name, *state))
    }
}

impl ToCss for PseudoClass {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        match self {
            Self::State(name, _) => write!(out, ":{name}"),
            Self::Lang(ranges) => {
                out.write_str(":lang(")?;
                for (at, range) in ranges.iter().enumerate() {
                    if at > 0 {
                        out.write_str(", ")?;
                    }
                    serialize_identifier(range, out)?;
                }
                out.write_char(')')
            }
            Self::Dir(direction) => {
                out.write_str(":dir(")?;
                serialize_identifier(direction, out)?;
                out.write_char(')')
            }
        }
    }
}

impl selectors::parser::NonTSPseudoClass for PseudoClass {
    fn is_active_or_hover(&self) -> bool {
        false
    }

    fn is_user_action_state(&self) -> bool {
        false
    }
}

/// Pseudo-elements parse where browsers know them, and match nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PseudoElement(&'static str);

impl PseudoElement {
    /// The one of a name, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let known = ["before", "after", "first-line", "first-letter", "selection", "placeholder", "marker"];
        known.into_iter().find(|known| known.eq_ignore_ascii_case(name)).map(Self)
    }
}

impl ToCss for PseudoElement {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        write!(out, "::{}", self.0)
    }
}

impl selectors::parser::PseudoElement for PseudoElement {}
