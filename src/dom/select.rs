//! CSS selectors over the tree, by the `selectors` crate.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use cssparser::{ParseError, Parser as CssParser, ToCss};
use html5ever::{LocalName, Namespace, ns};
use precomputed_hash::PrecomputedHash;
use rustc_hash::FxHashMap;
use selectors::attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint};
use selectors::context::{
    MatchingContext, MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode, SelectorCaches,
};
use selectors::matching::{ElementSelectorFlags, matches_selector};
use selectors::parser::{ParseRelative, SelectorImpl, SelectorList, SelectorParseErrorKind};
use selectors::{Element, OpaqueElement};

use super::node::{Link, Node, NodeKind, NodeRef, get};
use super::{form, language, tree};

/// Parsed selectors kept per thread: pages use the same few over and over.
const SELECTORS_CACHED_MAX: usize = 512;

/// The types our selectors are made of.
#[derive(Debug, Clone)]
pub struct Impl;

/// A name in a selector.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name(pub(super) LocalName);

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(LocalName::from(text))
    }
}

impl PrecomputedHash for Name {
    fn precomputed_hash(&self) -> u32 {
        self.0.precomputed_hash()
    }
}

impl ToCss for Name {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        cssparser::serialize_identifier(&self.0, out)
    }
}

/// A value in an attribute selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(Box<str>);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl AsRef<str> for Value {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl ToCss for Value {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        cssparser::serialize_string(&self.0, out)
    }
}

/// The pseudo-classes that have a meaning without a person at the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PseudoClass {
    /// `:link`, `:any-link`
    Link,
    /// `:enabled`
    Enabled,
    /// `:disabled`
    Disabled,
    /// `:checked`
    Checked,
    /// `:required`
    Required,
    /// `:optional`
    Optional,
    /// `:read-only`
    ReadOnly,
    /// `:read-write`
    ReadWrite,
    /// `:placeholder-shown`
    PlaceholderShown,
    /// `:indeterminate`
    Indeterminate,
    /// `:default`, `:hover`, `:active`, `:visited`, `:target` and the like: never
    Never,
    /// `:focus`, decided by the caller's focused element
    Focus,
    /// `:lang(…)`: one of these ranges
    Lang(Box<[Box<str>]>),
    /// `:defined`, `:valid`: always
    Always,
}

impl ToCss for PseudoClass {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        write!(out, ":{self:?}")
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
pub struct PseudoElement(Box<str>);

impl ToCss for PseudoElement {
    fn to_css<W: fmt::Write>(&self, out: &mut W) -> fmt::Result {
        write!(out, "::{}", self.0)
    }
}

impl selectors::parser::PseudoElement for PseudoElement {}

impl SelectorImpl for Impl {
    type ExtraMatchingData<'a> = ();
    type AttrValue = Value;
    type Identifier = Name;
    type LocalName = Name;
    type NamespaceUrl = Namespace;
    type NamespacePrefix = Name;
    type BorrowedNamespaceUrl = Namespace;
    type BorrowedLocalName = Name;
    type NonTSPseudoClass = PseudoClass;
    type PseudoElement = PseudoElement;
}

struct SelectorParser;

impl<'i> selectors::parser::Parser<'i> for SelectorParser {
    type Impl = Impl;
    type Error = SelectorParseErrorKind;

    fn parse_is_and_where(&self) -> bool {
        true
    }

    fn parse_has(&self) -> bool {
        true
    }

    fn parse_slotted(&self) -> bool {
        true
    }

    fn parse_nth_child_of(&self) -> bool {
        true
    }

    fn parse_non_ts_pseudo_class(&self, name: &str) -> Result<PseudoClass, ParseError<Self::Error>> {
        Ok(match &*name.to_ascii_lowercase() {
            "link" | "any-link" => PseudoClass::Link,
            "enabled" => PseudoClass::Enabled,
            "disabled" => PseudoClass::Disabled,
            "checked" => PseudoClass::Checked,
            "required" => PseudoClass::Required,
            "optional" => PseudoClass::Optional,
            "read-only" => PseudoClass::ReadOnly,
            "read-write" => PseudoClass::ReadWrite,
            "placeholder-shown" => PseudoClass::PlaceholderShown,
            "indeterminate" => PseudoClass::Indeterminate,
            "focus" | "focus-visible" => PseudoClass::Focus,
            "hover" | "active" | "visited" | "target" | "default" | "focus-within" | "invalid" | "out-of-range"
            | "fullscreen" => PseudoClass::Never,
            "defined" | "valid" | "in-range" => PseudoClass::Always,
            _ => return Err(ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement)),
        })
    }

    fn parse_non_ts_functional_pseudo_class(
        &self,
        name: &str,
        arguments: &mut CssParser<'i>,
        _after_part: bool,
    ) -> Result<PseudoClass, ParseError<Self::Error>> {
        if !name.eq_ignore_ascii_case("lang") {
            return Err(ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement));
        }
        let range = |range: &mut CssParser<'i>| Ok(Box::from(&**range.expect_ident_or_string()?));
        Ok(PseudoClass::Lang(arguments.parse_comma_separated(range)?.into()))
    }

    fn parse_pseudo_element(&self, name: &str) -> Result<PseudoElement, ParseError<Self::Error>> {
        match &*name.to_ascii_lowercase() {
            "before" | "after" | "first-line" | "first-letter" | "selection" | "placeholder" | "marker" => {
                Ok(PseudoElement(name.to_ascii_lowercase().into()))
            }
            _ => Err(ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement)),
        }
    }

    fn namespace_for_prefix(&self, _prefix: &Name) -> Option<Namespace> {
        None
    }
}

/// A parsed selector list.
pub struct Selectors(pub(super) SelectorList<Impl>);

/// The selector text is not valid (SyntaxError).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSelector;

impl Selectors {
    /// Parses a selector list.
    ///
    /// # Errors
    /// [`InvalidSelector`] where browsers throw a SyntaxError.
    pub fn parse(text: &str) -> Result<Self, InvalidSelector> {
        SelectorList::parse(&SelectorParser, &mut CssParser::new(text), ParseRelative::No)
            .map(Self)
            .map_err(|_| InvalidSelector)
    }

    /// Parses through this thread's cache.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn cached(text: &str) -> Result<Rc<Self>, InvalidSelector> {
        thread_local!(static CACHE: RefCell<FxHashMap<Box<str>, Rc<Selectors>>> = RefCell::default());
        CACHE.with_borrow_mut(|cache| {
            if let Some(found) = cache.get(text) {
                return Ok(found.clone());
            }
            let parsed = Rc::new(Self::parse(text)?);
            if cache.len() >= SELECTORS_CACHED_MAX {
                cache.clear();
            }
            cache.insert(text.into(), parsed.clone());
            Ok(parsed)
        })
    }

    /// Whether the element matches; `scope` is what `:scope` means.
    #[must_use]
    pub fn matches(&self, element: &NodeRef, scope: Option<&NodeRef>) -> bool {
        let mut caches = SelectorCaches::default();
        let mut context = context(element, scope, &mut caches);
        self.any(element, &mut context)
    }

    pub(super) fn any(&self, element: &NodeRef, context: &mut MatchingContext<'_, Impl>) -> bool {
        let element = Matched(element);
        self.0.slice().iter().any(|selector| matches_selector(selector, 0, None, element, context))
    }

    /// The greatest specificity among the selectors that match, for the cascade.
    #[must_use]
    pub(super) fn matching_specificity(&self, element: &NodeRef) -> Option<u32> {
        let mut caches = SelectorCaches::default();
        let mut context = context(element, None, &mut caches);
        let handle = Matched(element);
        self.0
            .slice()
            .iter()
            .filter(|selector| matches_selector(selector, 0, None, handle, &mut context))
            .map(selectors::parser::Selector::specificity)
            .max()
    }
}

pub(super) fn context<'a>(
    node: &NodeRef,
    scope: Option<&NodeRef>,
    caches: &'a mut SelectorCaches,
) -> MatchingContext<'a, Impl> {
    let document = tree::document_of(node);
    let quirks = match document.as_ref().and_then(|d| d.as_document()).map(|d| d.quirks.get()) {
        Some(html5ever::tree_builder::QuirksMode::Quirks) => QuirksMode::Quirks,
        _ => QuirksMode::NoQuirks,
    };
    let mut context = MatchingContext::new(
        MatchingMode::Normal,
        None,
        caches,
        quirks,
        NeedsSelectorFlags::No,
        MatchingForInvalidation::No,
    );
    context.scope_element = scope.filter(|s| s.as_element().is_some()).map(|s| OpaqueElement::new::<Node>(s));
    context
}

/// An element while it is matched. The tree does not change and nothing is collected during a match, and the caller
/// holds the root, so every node that the links lead to outlives `'a`.
#[derive(Clone, Copy)]
struct Matched<'a>(&'a Node);

impl fmt::Debug for Matched<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.as_element().map_or("?", |e| &e.name.local))
    }
}

impl<'a> Matched<'a> {
    #[expect(unsafe_code, reason = "a link's node lives as long as the tree, which is held and unchanged during 'a")]
    fn follow(link: &'a Link) -> Option<Self> {
        let node = get(link)?;
        let pointer: *const Node = &raw const *node;
        // SAFETY: the tree under the borrowed root holds the node; no mutation and no collection happen while matching.
        Some(Matched(unsafe { &*pointer }))
    }

    fn first_element(mut at: Option<Self>, step: impl Fn(Self) -> Option<Self>) -> Option<Self> {
        while let Some(node) = at {
            if node.0.as_element().is_some() {
                return Some(node);
            }
            at = step(node);
        }
        None
    }
}

impl Element for Matched<'_> {
    type Impl = Impl;

    fn opaque(&self) -> OpaqueElement {
        OpaqueElement::new(self.0)
    }

    fn parent_element(&self) -> Option<Self> {
        Self::follow(&self.0.parent).filter(|parent| parent.0.as_element().is_some())
    }

    fn parent_node_is_shadow_root(&self) -> bool {
        false
    }

    fn containing_shadow_host(&self) -> Option<Self> {
        None
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        Self::first_element(Self::follow(&self.0.previous), |node| Self::follow(&node.0.previous))
    }

    fn next_sibling_element(&self) -> Option<Self> {
        Self::first_element(Self::follow(&self.0.next), |node| Self::follow(&node.0.next))
    }

    fn first_element_child(&self) -> Option<Self> {
        Self::first_element(Self::follow(&self.0.first_child), |node| Self::follow(&node.0.next))
    }

    fn is_html_element_in_html_document(&self) -> bool {
        self.0.as_element().is_some_and(|e| e.name.ns == ns!(html))
    }

    fn has_local_name(&self, local_name: &Name) -> bool {
        self.0.as_element().is_some_and(|e| e.name.local == local_name.0)
    }

    fn has_namespace(&self, ns: &Namespace) -> bool {
        self.0.as_element().is_some_and(|e| e.name.ns == *ns)
    }

    fn is_same_type(&self, other: &Self) -> bool {
        match (self.0.as_element(), other.0.as_element()) {
            (Some(a), Some(b)) => a.name.local == b.name.local && a.name.ns == b.name.ns,
            _ => false,
        }
    }

    fn attr_matches(
        &self,
        ns: &NamespaceConstraint<&Namespace>,
        local_name: &Name,
        operation: &AttrSelectorOperation<&Value>,
    ) -> bool {
        let Some(element) = self.0.as_element() else { return false };
        element.with_attributes(|attributes| {
            attributes.iter().any(|attribute| {
                let ns_fits = match ns {
                    NamespaceConstraint::Any => true,
                    NamespaceConstraint::Specific(ns) => attribute.name.ns == **ns,
                };
                ns_fits && attribute.name.local == local_name.0 && operation.eval_str(&attribute.value)
            })
        })
    }

    fn match_non_ts_pseudo_class(&self, class: &PseudoClass, _: &mut MatchingContext<'_, Impl>) -> bool {
        match class {
            PseudoClass::Link => self.is_link(),
            PseudoClass::Enabled => form::can_be_disabled(self.0) && !form::is_disabled(self.0),
            PseudoClass::Disabled => form::is_disabled(self.0),
            PseudoClass::Checked => form::is_checked_or_selected(self.0),
            PseudoClass::Required => form::has_flag(self.0, "required"),
            PseudoClass::Optional => form::is_labelable_input(self.0) && !form::has_flag(self.0, "required"),
            PseudoClass::ReadOnly => !form::is_read_write(self.0),
            PseudoClass::ReadWrite => form::is_read_write(self.0),
            PseudoClass::PlaceholderShown => form::has_flag(self.0, "placeholder") && form::value(self.0).is_empty(),
            PseudoClass::Indeterminate => form::is_indeterminate(self.0),
            PseudoClass::Focus => self.0.is_focused(),
            PseudoClass::Lang(ranges) => {
                let tag = language::language_of(self.0);
                ranges.iter().any(|range| language::matches(range, &tag))
            }
            PseudoClass::Never => false,
            PseudoClass::Always => true,
        }
    }

    fn match_pseudo_element(&self, _: &PseudoElement, _: &mut MatchingContext<'_, Impl>) -> bool {
        false
    }

    fn apply_selector_flags(&self, _: ElementSelectorFlags) {}

    fn is_link(&self) -> bool {
        matches!(self.0.html_name(), "a" | "area" | "link") && form::has_flag(self.0, "href")
    }

    fn is_html_slot_element(&self) -> bool {
        false
    }

    fn has_id(&self, id: &Name, case: CaseSensitivity) -> bool {
        self.0
            .as_element()
            .is_some_and(|e| e.with_attr("id", |v| v.is_some_and(|v| case.eq(v.as_bytes(), id.0.as_bytes()))))
    }

    fn has_class(&self, name: &Name, case: CaseSensitivity) -> bool {
        self.0.as_element().is_some_and(|e| e.has_class(&name.0, case == CaseSensitivity::AsciiCaseInsensitive))
    }

    fn has_custom_state(&self, _: &Name) -> bool {
        false
    }

    fn imported_part(&self, _: &Name) -> Option<Name> {
        None
    }

    fn is_part(&self, _: &Name) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        let mut child = Self::follow(&self.0.first_child);
        while let Some(node) = child {
            let holds_something = match node.0.kind() {
                NodeKind::Element(_) => true,
                NodeKind::Text(data) | NodeKind::CData(data) => !data.0.borrow().is_empty(),
                _ => false,
            };
            if holds_something {
                return false;
            }
            child = Self::follow(&node.0.next);
        }
        true
    }

    fn is_root(&self) -> bool {
        Self::follow(&self.0.parent).is_some_and(|parent| parent.0.as_document().is_some())
    }

    fn add_element_unique_hashes(&self, _: &mut selectors::bloom::BloomFilter) -> bool {
        false
    }
}
