//! Which elements and attributes a browser is given: those that show something, and can do nothing.

use crate::dom::mirror::Space;

/// HTML elements that stay what they are. Others are a `span`: scripts, frames, plugins, `<base>`, `<meta>`, players, and
/// whatever comes to HTML later.
const HTML: &str = "a abbr acronym address area article aside b bdi bdo big blockquote body br button canvas caption center cite \
    code col colgroup data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure font \
    footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html i img input ins kbd label legend li link main map \
    mark marquee menu meter nav nobr ol optgroup option output p picture pre progress q rb rp rt rtc ruby s samp \
    search section select small source span strike strong style sub summary sup table tbody td textarea tfoot th \
    thead time title tr tt u ul var video wbr";

/// SVG elements that stay what they are. Others are a `g`: scripts, foreign objects, links, and animations, which can set an
/// address.
const SVG: &str = "circle clipPath defs desc ellipse feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix \
    feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR \
    feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile \
    feTurbulence filter g image line linearGradient marker mask path pattern polygon polyline radialGradient rect \
    stop style svg switch symbol text textPath title tspan use";

/// MathML elements that stay what they are. Others are an `mrow`.
const MATHML: &str = "math mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub \
    msubsup msup mtable mtd mtext mtr munder munderover";

/// Attributes of all elements that only say what something looks like or is.
const HTML_ATTRIBUTES: &str = "abbr align alink alt axis bgcolor border bordercolor cellpadding cellspacing char charoff checked class clear \
    color cols colspan compact contenteditable coords datetime dir direction disabled face for form frame headers \
    height hidden high hspace id inert inputmode label lang leftmargin link list low marginheight marginwidth max \
    maxlength media min minlength multiple name noshade nowrap open optimum pattern placeholder readonly required \
    reversed role rows rowspan rules scope scrollamount scrolldelay selected shape size sizes span spellcheck \
    start step summary tabindex text title topmargin translate type usemap valign value vlink vspace width wrap";

/// Attributes of SVG and MathML elements that only say what something looks like.
const DRAWING_ATTRIBUTES: &str = "accentunder alignment-baseline amplitude azimuth baseFrequency baseline-shift bias class clip-rule \
    clipPathUnits color color-interpolation color-interpolation-filters columnalign columnspan cx cy d depth \
    diffuseConstant direction display displaystyle divisor dominant-baseline dx dy edgeMode elevation exponent \
    fence fill-opacity fill-rule filterUnits flood-color flood-opacity font-family font-size font-stretch \
    font-style font-variant font-weight fr fx fy glyph-orientation-vertical gradientTransform gradientUnits height \
    id in in2 intercept k1 k2 k3 k4 kernelMatrix kernelUnitLength lengthAdjust letter-spacing lighting-color \
    limitingConeAngle linethickness lspace markerHeight markerUnits markerWidth maskContentUnits maskUnits \
    mathvariant media method mode numOctaves offset opacity operator order orient overflow paint-order pathLength \
    patternContentUnits patternTransform patternUnits pointer-events points pointsAtX pointsAtY pointsAtZ \
    preserveAlpha preserveAspectRatio primitiveUnits r radius refX refY result role rotate rowalign rowspan rspace \
    rx ry scale scriptlevel seed shape-rendering side slope spacing specularConstant specularExponent spreadMethod \
    startOffset stdDeviation stitchTiles stop-color stop-opacity stretchy stroke-dasharray stroke-dashoffset \
    stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width surfaceScale symmetric tabindex \
    tableValues targetX targetY text-anchor text-decoration text-rendering textLength title transform \
    transform-origin type unicode-bidi values vector-effect viewBox visibility width word-spacing writing-mode x \
    x1 x2 xChannelSelector xml:space y y1 y2 yChannelSelector z";

/// SVG attributes whose value is one of CSS that may name an address.
const PAINTED_ATTRIBUTES: &str = "clip-path cursor fill filter marker-end marker-mid marker-start mask stroke";

/// What becomes of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It stays.
    Stays,
    /// Its value is CSS.
    Css,
    /// Its value is the address of a picture.
    Picture,
    /// Its value is a set of pictures.
    Pictures,
    /// It makes a link of the element, which leads nowhere here.
    Link,
    /// Its value is the address of something within the document, or it goes.
    Within,
    /// It goes.
    Gone,
}

/// Whether a list of names has this one.
fn has(list: &str, name: &str) -> bool {
    list.split(' ').any(|known| known == name)
}

/// What an element is in the browser.
pub(super) fn element(space: Space, tag: &str) -> (Space, &str) {
    let known = |list: &str| has(list, tag);
    match space {
        Space::Html if known(HTML) || is_custom(tag) => (space, tag),
        Space::Svg => (space, if known(SVG) { tag } else { "g" }),
        Space::MathMl => (space, if known(MATHML) { tag } else { "mrow" }),
        Space::Html | Space::Other => (Space::Html, "span"),
    }
}

/// The name of an element that a page defines itself (HTML §4.13.3): without its script it is one like `span`.
fn is_custom(tag: &str) -> bool {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    tag.starts_with(|c: char| c.is_ascii_lowercase()) && tag.contains('-') && tag.chars().all(is_name)
}

/// What becomes of an attribute of an element, as it is in the browser.
pub(super) fn attribute(space: Space, tag: &str, name: &str) -> Use {
    let is_data = |prefix: &str| {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_name))
    };
    match (space, tag, name) {
        (_, _, "style") => Use::Css,
        (Space::Html, "img" | "input", "src") | (Space::Html, "video", "poster") => Use::Picture,
        (Space::Html, "body" | "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th", "background") => {
            Use::Picture
        }
        (Space::Html, "img" | "source", "srcset") => Use::Pictures,
        (Space::Html, "a" | "area", "href") => Use::Link,
        (Space::Html, _, "usemap") => Use::Within,
        (Space::Html, ..) if has(HTML_ATTRIBUTES, name) => Use::Stays,
        (Space::Svg, "image", "href" | "xlink:href") => Use::Picture,
        (Space::Svg, "use" | "linearGradient" | "radialGradient" | "pattern" | "textPath", "href" | "xlink:href") => {
            Use::Within
        }
        (Space::Svg, ..) if has(PAINTED_ATTRIBUTES, name) => Use::Css,
        (Space::Svg | Space::MathMl, ..) if has(DRAWING_ATTRIBUTES, name) => Use::Stays,
        _ if is_data("data-") || is_data("aria-") => Use::Stays,
        _ => Use::Gone,
    }
}
