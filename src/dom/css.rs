//! CSS as far as scripts ask for it: declarations, style sheets, computed values. There is no layout.

use cssparser::{
    AtRuleParser, BasicParseErrorKind, CowRcStr, DeclarationParser, ParseError, Parser, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, StyleSheetParser, parse_important,
};

use super::document::DocumentData;
use super::media_query::media_matches;
use super::node::NodeRef;
use super::select::{Part, Selectors};
use super::sheets::{self, Sheets};
use super::{css_prefixes, css_shorthands, css_supports, css_values, shadow, slots, tree};

/// One declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Property name, lower case.
    pub name: String,
    /// Value as written, trimmed.
    pub value: String,
    /// `!important`
    pub important: bool,
}

/// A style rule of a sheet.
pub(super) struct Rule {
    pub(super) selectors: Selectors,
    pub(super) declarations: Vec<Declaration>,
}

struct Body;

impl<'i> DeclarationParser<'i> for Body {
    type Declaration = Declaration;
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _start: &ParserState,
    ) -> Result<Declaration, ParseError<()>> {
        let from = input.position();
        let mut to = from;
        let mut important = false;
        while !input.is_exhausted() {
            if input.try_parse(parse_important).is_ok() {
                important = true;
                break;
            }
            let token = input.next()?.clone();
            if matches!(token, cssparser::Token::Function(_) | cssparser::Token::ParenthesisBlock) {
                input.parse_nested_block(|inner| {
                    while inner.next().is_ok() {}
                    Ok::<(), ParseError<()>>(())
                })?;
            }
            to = input.position();
        }
        let value = input.slice(from..to).trim().to_owned();
        if value.is_empty() || !input.is_exhausted() {
            return Err(ParseError::custom(()));
        }
        let name = if name.starts_with("--") { name.to_string() } else { css_prefixes::plain(&name) };
        Ok(Declaration { name, value, important })
    }
}

impl<'i> AtRuleParser<'i> for Body {
    type Prelude = ();
    type AtRule = Declaration;
    type Error = ();
}

impl<'i> QualifiedRuleParser<'i> for Body {
    type Prelude = ();
    type QualifiedRule = Declaration;
    type Error = ();
}

impl<'i> RuleBodyItemParser<'i, Declaration, ()> for Body {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// Parses a declaration list (a `style` attribute): the last declaration of a name wins its place.
#[must_use]
pub fn declarations(text: &str) -> Vec<Declaration> {
    body(&mut Parser::new(text))
}

fn body(input: &mut Parser<'_>) -> Vec<Declaration> {
    let mut list: Vec<Declaration> = Vec::new();
    for declaration in RuleBodyParser::new(input, &mut Body).flatten() {
        if !css_values::is_valid(&declaration.name, &declaration.value) {
            continue;
        }
        list.retain(|old| old.name != declaration.name || old.important && !declaration.important);
        if !list.iter().any(|old| old.name == declaration.name) {
            list.push(declaration);
        }
    }
    list
}

/// Adds the rules of a sheet's text.
pub(super) fn parse_sheet(source: &str, sheets: &mut Sheets) {
    for _ in StyleSheetParser::new(&mut Parser::new(source), sheets) {}
}

impl<'i> QualifiedRuleParser<'i> for Sheets {
    type Prelude = String;
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<String, ParseError<()>> {
        let from = input.position();
        while input.next().is_ok() {}
        Ok(input.slice_from(from).to_owned())
    }

    fn parse_block(
        &mut self,
        prelude: String,
        _start: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), ParseError<()>> {
        let declarations = body(input);
        let selectors = Selectors::parse(&prelude).map_err(|_| ParseError::custom(()))?;
        self.rules.push(Rule { selectors, declarations });
        Ok(())
    }
}

impl<'i> AtRuleParser<'i> for Sheets {
    /// Whether the rules inside apply.
    type Prelude = bool;
    type AtRule = ();
    type Error = ();

    fn parse_prelude(&mut self, name: CowRcStr<'i>, input: &mut Parser<'i>) -> Result<bool, ParseError<()>> {
        let from = input.position();
        while input.next().is_ok() {}
        let prelude = input.slice_from(from).trim();
        match &*name.to_ascii_lowercase() {
            "media" => Ok(media_matches(prelude)),
            "keyframes" | "-webkit-keyframes" => {
                self.keyframes.insert(prelude.trim_matches(['"', '\'']).to_owned());
                Ok(false)
            }
            "supports" => Ok(css_supports::condition(prelude).unwrap_or(false)),
            _ => Err(ParseError::from_basic_kind(BasicParseErrorKind::AtRuleInvalid)),
        }
    }

    fn parse_block(
        &mut self,
        applies: bool,
        _start: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), ParseError<()>> {
        if applies {
            for _ in StyleSheetParser::new(input, self) {}
        } else {
            while input.next().is_ok() {}
        }
        Ok(())
    }
}

/// Width of the plugin's tab in the original client, in CSS pixels (plugin-apis.md §1).
pub const PAGE_WIDTH_PX: f64 = 420.0;
/// Height of the tab, in CSS pixels: no source states it; a tab of that client on a 768-line screen.
pub const PAGE_HEIGHT_PX: f64 = 640.0;

/// Forgets the parsed sheets when an element with a sheet, or text in one, comes or goes.
pub(super) fn note_style(node: &NodeRef, document: &DocumentData) {
    if shadow::is_in_shadow(node) {
        // Rules of shadow roots are read anew after any change.
        return;
    }
    if node.is_html("style")
        || node.is_html("link")
        || node.is_text() && node.parent().is_some_and(|p| p.is_html("style"))
    {
        document.rules.replace(None);
    }
}

/// The value the cascade gives a property: sheets by importance, specificity and order, then the `style` attribute; of
/// a shorthand its part. `None` where nothing sets it.
#[must_use]
pub fn cascaded(element: &NodeRef, property: &str) -> Option<String> {
    let mut best: Option<(Rank, String)> = None;
    let mut offer = |rank, declaration: &Declaration| {
        if best.as_ref().is_none_or(|(old, _)| rank >= *old) {
            best = Some((rank, css_shorthands::value_of(declaration, property)));
        }
    };
    let speaks = |declaration: &&Declaration| css_shorthands::covers(&declaration.name, property);
    for (root, part) in scopes(element).into_iter().flatten() {
        let Some(sheets) = sheets::of(&root) else { continue };
        let host = shadow::host(&root);
        let is_inner = part != Part::Own;
        for order in sheets.about(property).for_element(element) {
            let rule = &sheets.rules[order];
            if let Some(specificity) = rule.selectors.specificity_in(element, host.as_ref(), part) {
                for declaration in rule.declarations.iter().filter(speaks) {
                    let is_first = is_inner == declaration.important;
                    offer((declaration.important, is_first, false, specificity, order), declaration);
                }
            }
        }
    }
    let inline = element.as_element().and_then(|e| e.attr("style")).unwrap_or_default();
    if !inline.is_empty() {
        for declaration in declarations(&inline).iter().filter(speaks) {
            offer((declaration.important, !declaration.important, true, 0, 0), declaration);
        }
    }
    best.map(|(_, value)| value)
}

/// How much a declaration counts: importance; whether it is of the tree that goes first, the outer one but for what is
/// important (CSS Cascade §6.1, "context"); whether it is of a `style` attribute; specificity; order.
type Rank = (bool, bool, bool, u32, usize);

/// The trees whose rules speak of a connected element: its own, that of its shadow root, and that of its slot.
fn scopes(element: &NodeRef) -> [Option<(NodeRef, Part)>; 3] {
    if !element.is_connected() {
        return [const { None }; 3];
    }
    let own = tree::root_in_document(element).map(|root| (root, Part::Own));
    let of_host = shadow::root_at(element).map(|root| (root, Part::Host));
    let of_slot = slots::assigned_slot(element).and_then(|slot| shadow::containing(&slot));
    [own, of_host, of_slot.map(|root| (root, Part::Slotted))]
}

const INHERITED: [&str; 14] = [
    "color",
    "cursor",
    "direction",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "text-align",
    "text-transform",
    "visibility",
    "white-space",
];

/// The computed value, as `getComputedStyle` gives it; the empty string for a property nobody knows.
#[must_use]
pub fn computed(element: &NodeRef, property: &str) -> String {
    if property == "display" {
        return display(element);
    }
    let inherits = INHERITED.contains(&property);
    let value = cascaded(element, property);
    match value.as_deref() {
        Some("inherit") => {}
        Some("initial") => return initial(property).to_owned(),
        Some("unset") if !inherits => return initial(property).to_owned(),
        Some("unset") => {}
        Some(value) => return value.to_owned(),
        None if !inherits => return initial(property).to_owned(),
        None => {}
    }
    match shadow::flat_parent(element) {
        Some(parent) => computed(&parent, property),
        None => initial(property).to_owned(),
    }
}

/// The computed `display`: what the page says, else the HTML standard's style sheet (§15.3).
#[must_use]
pub fn display(element: &NodeRef) -> String {
    let said = cascaded(element, "display").filter(|v| v != "initial" && v != "unset" && v != "revert");
    match said.as_deref() {
        Some("inherit") => shadow::flat_parent(element).map_or_else(|| "block".to_owned(), |p| display(&p)),
        Some(value) => value.to_ascii_lowercase(),
        None => default_display(element).to_owned(),
    }
}

fn default_display(element: &NodeRef) -> &'static str {
    let hidden = super::form::has_flag(element, "hidden");
    match element.html_name() {
        "head" | "script" | "style" | "title" | "meta" | "link" | "base" | "template" | "noscript" | "datalist"
        | "param" | "area" | "noembed" | "noframes" | "rp" | "source" | "track" => "none",
        "input" if super::form::input_type(element) == "hidden" => "none",
        _ if hidden => "none",
        "html" | "body" | "address" | "article" | "aside" | "blockquote" | "center" | "dd" | "details" | "dialog"
        | "dir" | "div" | "dl" | "dt" | "fieldset" | "figcaption" | "figure" | "footer" | "form" | "h1" | "h2"
        | "h3" | "h4" | "h5" | "h6" | "header" | "hgroup" | "hr" | "legend" | "listing" | "main" | "menu" | "nav"
        | "ol" | "optgroup" | "option" | "p" | "plaintext" | "pre" | "search" | "section" | "summary" | "ul"
        | "xmp" => "block",
        "li" => "list-item",
        "table" => "table",
        "caption" => "table-caption",
        "colgroup" => "table-column-group",
        "col" => "table-column",
        "thead" => "table-header-group",
        "tbody" => "table-row-group",
        "tfoot" => "table-footer-group",
        "tr" => "table-row",
        "td" | "th" => "table-cell",
        "input" | "select" | "button" | "textarea" | "meter" | "progress" => "inline-block",
        "slot" => "contents",
        _ => "inline",
    }
}

/// The initial value of a property; empty where nobody knows it.
#[must_use]
pub fn initial(property: &str) -> &'static str {
    match property {
        "position" => "static",
        "float"
        | "clear"
        | "transform"
        | "text-transform"
        | "box-shadow"
        | "text-shadow"
        | "background-image"
        | "max-width"
        | "max-height"
        | "border-top-style"
        | "border-right-style"
        | "border-bottom-style"
        | "border-left-style"
        | "outline-style"
        | "animation-name"
        | "text-decoration"
        | "list-style-image"
        | "filter"
        | "perspective"
        | "resize" => "none",
        "visibility" | "overflow" | "overflow-x" | "overflow-y" | "backface-visibility" => "visible",
        "opacity" | "flex-shrink" | "zoom" => "1",
        "flex-grow" | "order" => "0",
        "flex-direction" => "row",
        "flex-wrap" => "nowrap",
        "vertical-align" => "baseline",
        "table-layout" | "pointer-events" | "flex-basis" | "user-select" | "touch-action" => "auto",
        "transition-property" => "all",
        "transition-duration" | "transition-delay" | "animation-duration" | "animation-delay" => "0s",
        "transition-timing-function" | "animation-timing-function" => "ease",
        "transform-style" => "flat",
        "background-repeat" => "repeat",
        "background-position" => "0% 0%",
        "background-attachment" => "scroll",
        "background-clip" => "border-box",
        "background-origin" => "padding-box",
        "border-collapse" => "separate",
        "word-spacing" => "0px",
        "word-break" | "word-wrap" | "overflow-wrap" | "content" | "align-items" | "align-content"
        | "justify-content" | "font-variant" => "normal",
        "text-overflow" => "clip",
        "z-index" | "cursor" | "top" | "left" | "right" | "bottom" | "width" | "height" | "clip" => "auto",
        "margin-top"
        | "margin-right"
        | "margin-bottom"
        | "margin-left"
        | "padding-top"
        | "padding-right"
        | "padding-bottom"
        | "padding-left"
        | "border-top-width"
        | "border-right-width"
        | "border-bottom-width"
        | "border-left-width"
        | "min-width"
        | "min-height"
        | "text-indent" => "0px",
        "font-size" => "16px",
        "font-weight" => "400",
        "font-style" | "white-space" | "letter-spacing" | "line-height" => "normal",
        "color" => "rgb(0, 0, 0)",
        "background-color" => "rgba(0, 0, 0, 0)",
        "text-align" => "start",
        "box-sizing" => "content-box",
        "direction" => "ltr",
        "list-style-type" => "disc",
        _ => "",
    }
}

/// Whether an element makes a box: connected, and no `display: none` on it or above.
#[must_use]
pub fn is_rendered(element: &NodeRef) -> bool {
    element.is_connected()
        && !shadow::is_out(element)
        && std::iter::successors(Some(element.clone()), shadow::flat_parent).all(|n| display(&n) != "none")
}
