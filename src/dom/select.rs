//! CSS selectors over the tree, by the `selectors` crate.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use cssparser::{ParseError, Parser as CssParser, ToCss};
use html5ever::{LocalName, Namespace};
use precomputed_hash::PrecomputedHash;
use rustc_hash::FxHashMap;
use selectors::OpaqueElement;
use selectors::context::{
    MatchingContext, MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode, SelectorCaches,
};
use selectors::matching::matches_selector;
use selectors::parser::{ParseRelative, SelectorImpl, SelectorList, SelectorParseErrorKind};

use super::css_canonical;
use super::matched::Matched;
use super::node::{Node, NodeRef};
use super::pseudo_class::{PseudoClass, PseudoElement};
use super::query::Simple;
use super::tree;

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

    fn parse_nth_child_of(&self) -> bool {
        true
    }

    fn parse_host(&self) -> bool {
        true
    }

    fn parse_slotted(&self) -> bool {
        true
    }

    fn parse_non_ts_pseudo_class(&self, name: &str) -> Result<PseudoClass, ParseError<Self::Error>> {
        PseudoClass::named(name)
            .ok_or_else(|| ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement))
    }

    fn parse_non_ts_functional_pseudo_class(
        &self,
        name: &str,
        arguments: &mut CssParser<'i>,
        _after_part: bool,
    ) -> Result<PseudoClass, ParseError<Self::Error>> {
        if name.eq_ignore_ascii_case("dir") {
            return Ok(PseudoClass::Dir((**arguments.expect_ident()?).into()));
        }
        if !name.eq_ignore_ascii_case("lang") {
            return Err(ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement));
        }
        let range = |range: &mut CssParser<'i>| Ok(Box::from(&**range.expect_ident_or_string()?));
        Ok(PseudoClass::Lang(arguments.parse_comma_separated(range)?.into()))
    }

    fn parse_pseudo_element(&self, name: &str) -> Result<PseudoElement, ParseError<Self::Error>> {
        PseudoElement::named(name)
            .ok_or_else(|| ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement))
    }

    fn namespace_for_prefix(&self, _prefix: &Name) -> Option<Namespace> {
        None
    }
}

/// A parsed selector list.
pub struct Selectors(pub(super) SelectorList<Impl>, pub(super) Option<Simple>);

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
            .map(|list| {
                let simple = Simple::of(&list);
                Self(list, simple)
            })
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

    /// The list as it is written back
    /// ([serialize a group of selectors](https://drafts.csswg.org/cssom/#serialize-a-group-of-selectors)).
    #[must_use]
    pub fn text(&self) -> String {
        css_canonical::lower_types(&self.0.to_css_string())
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
        self.specificity_in(element, None, Part::Own)
    }

    /// The same for a rule of a shadow tree, whose host is given, and an element in it, the host itself, or one that is
    /// given to a slot of it.
    #[must_use]
    pub(super) fn specificity_in(&self, element: &NodeRef, host: Option<&NodeRef>, part: Part) -> Option<u32> {
        let mut caches = SelectorCaches::default();
        let mut context = context(element, None, &mut caches);
        context.current_host = host.map(|host| OpaqueElement::new::<Node>(host));
        let handle = Matched(element);
        self.0
            .slice()
            .iter()
            .filter(|selector| Part::of(selector) == part)
            .filter(|selector| matches_selector(selector, 0, None, handle, &mut context))
            .map(selectors::parser::Selector::specificity)
            .max()
    }
}

/// What a selector speaks of, seen from the shadow tree that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Elements of the tree.
    Own,
    /// The host: `:host`.
    Host,
    /// What is given to its slots: `::slotted`.
    Slotted,
}

impl Part {
    fn of(selector: &selectors::parser::Selector<Impl>) -> Self {
        if selector.is_slotted() {
            return Self::Slotted;
        }
        let is_host = selector.iter().any(|component| matches!(component, selectors::parser::Component::Host(_)));
        if is_host { Self::Host } else { Self::Own }
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
