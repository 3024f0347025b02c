//! Attributes that do nothing here and are there to be read: those that HTML calls obsolete (HTML §16.3), what is for loading
//! and for reading aloud ([ARIA §10](https://w3c.github.io/aria/#idl-interface)).

use boa_engine::Context;

use super::reflect::{Kind, Reflected, Words, install};
use crate::engine::interface::prototype;

const REFERRER_POLICY: Reflected = Reflected::of(
    "referrerPolicy",
    "referrerpolicy",
    Kind::Words(Words {
        known: &[
            "no-referrer",
            "no-referrer-when-downgrade",
            "same-origin",
            "origin",
            "strict-origin",
            "origin-when-cross-origin",
            "strict-origin-when-cross-origin",
            "unsafe-url",
        ],
        missing: "",
        invalid: "",
    }),
);
const FORM_ACTION: Reflected = Reflected::of("formAction", "formaction", Kind::Action);
const FORM_ENCTYPE: Reflected = Reflected::of(
    "formEnctype",
    "formenctype",
    Kind::Words(Words {
        known: &["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"],
        missing: "",
        invalid: "application/x-www-form-urlencoded",
    }),
);
const LONG_DESC: Reflected = Reflected::of("longDesc", "longdesc", Kind::Url);
const HSPACE: Reflected = Reflected::of("hspace", "hspace", Kind::Unsigned(0));
const VSPACE: Reflected = Reflected::of("vspace", "vspace", Kind::Unsigned(0));
const CH: Reflected = Reflected::of("ch", "char", Kind::Text);
const CH_OFF: Reflected = Reflected::of("chOff", "charoff", Kind::Text);
const BG_COLOR: Reflected = Reflected::of("bgColor", "bgcolor", Kind::Legacy);
const AS: Reflected = Reflected::words(
    "as",
    &[
        "fetch",
        "audio",
        "document",
        "embed",
        "font",
        "image",
        "manifest",
        "object",
        "report",
        "script",
        "sharedworker",
        "style",
        "track",
        "video",
        "worker",
        "xslt",
    ],
    "",
);
const TRACK_KIND: Reflected = Reflected::of(
    "kind",
    "kind",
    Kind::Words(Words {
        known: &["subtitles", "captions", "descriptions", "chapters", "metadata"],
        missing: "subtitles",
        invalid: "metadata",
    }),
);
const NONCE: Reflected = Reflected::text("nonce");

/// What is reflected beside what the interfaces' own files say.
const ROWS: &[(&str, &[Reflected])] = &[
    (
        "HTMLAnchorElement",
        &[REFERRER_POLICY, Reflected::text("ping"), Reflected::text("charset"), Reflected::text("rev")],
    ),
    (
        "HTMLAreaElement",
        &[
            REFERRER_POLICY,
            Reflected::text("ping"),
            Reflected::text("alt"),
            Reflected::of("noHref", "nohref", Kind::Flag),
        ],
    ),
    ("HTMLButtonElement", &[FORM_ACTION, FORM_ENCTYPE]),
    ("HTMLInputElement", &[FORM_ACTION, FORM_ENCTYPE]),
    ("HTMLLinkElement", &[REFERRER_POLICY, AS, NONCE, Reflected::text("integrity")]),
    ("HTMLStyleElement", &[NONCE]),
    ("HTMLScriptElement", &[REFERRER_POLICY, NONCE]),
    ("HTMLImageElement", &[REFERRER_POLICY, Reflected::url("lowsrc"), LONG_DESC]),
    ("HTMLIFrameElement", &[REFERRER_POLICY, LONG_DESC]),
    ("HTMLEmbedElement", &[Reflected::text("align")]),
    (
        "HTMLObjectElement",
        &[
            HSPACE,
            VSPACE,
            Reflected::text("align"),
            Reflected::text("archive"),
            Reflected::text("code"),
            Reflected::flag("declare"),
            Reflected::text("standby"),
            Reflected::of("border", "border", Kind::Legacy),
            Reflected::of("codeBase", "codebase", Kind::Url),
            Reflected::of("codeType", "codetype", Kind::Text),
            Reflected::of("useMap", "usemap", Kind::Text),
        ],
    ),
    ("HTMLParamElement", &[Reflected::text("type"), Reflected::of("valueType", "valuetype", Kind::Text)]),
    ("HTMLTrackElement", &[TRACK_KIND]),
    ("HTMLHtmlElement", &[Reflected::text("version")]),
    (
        "HTMLMarqueeElement",
        &[
            HSPACE,
            VSPACE,
            BG_COLOR,
            Reflected::words("behavior", &["scroll", "slide", "alternate"], "scroll"),
            Reflected::words("direction", &["up", "right", "down", "left"], "left"),
            Reflected::text("width"),
            Reflected::text("height"),
            Reflected::of("scrollAmount", "scrollamount", Kind::Unsigned(6)),
            Reflected::of("scrollDelay", "scrolldelay", Kind::Unsigned(85)),
            Reflected::of("trueSpeed", "truespeed", Kind::Flag),
        ],
    ),
    ("HTMLFrameSetElement", &[Reflected::text("cols"), Reflected::text("rows")]),
    ("HTMLTableColElement", &[CH, CH_OFF]),
    ("HTMLTableSectionElement", &[CH, CH_OFF]),
    ("HTMLTableRowElement", &[CH, CH_OFF]),
    ("HTMLTableCellElement", &[CH, CH_OFF, Reflected::text("headers"), Reflected::text("axis")]),
];

/// Of every element: null where the attribute is missing.
const ARIA: &[(&str, &str)] = &[
    ("role", "role"),
    ("ariaAtomic", "aria-atomic"),
    ("ariaAutoComplete", "aria-autocomplete"),
    ("ariaBrailleLabel", "aria-braillelabel"),
    ("ariaBrailleRoleDescription", "aria-brailleroledescription"),
    ("ariaBusy", "aria-busy"),
    ("ariaChecked", "aria-checked"),
    ("ariaColCount", "aria-colcount"),
    ("ariaColIndex", "aria-colindex"),
    ("ariaColIndexText", "aria-colindextext"),
    ("ariaColSpan", "aria-colspan"),
    ("ariaCurrent", "aria-current"),
    ("ariaDescription", "aria-description"),
    ("ariaDisabled", "aria-disabled"),
    ("ariaExpanded", "aria-expanded"),
    ("ariaHasPopup", "aria-haspopup"),
    ("ariaHidden", "aria-hidden"),
    ("ariaInvalid", "aria-invalid"),
    ("ariaKeyShortcuts", "aria-keyshortcuts"),
    ("ariaLabel", "aria-label"),
    ("ariaLevel", "aria-level"),
    ("ariaLive", "aria-live"),
    ("ariaModal", "aria-modal"),
    ("ariaMultiLine", "aria-multiline"),
    ("ariaMultiSelectable", "aria-multiselectable"),
    ("ariaOrientation", "aria-orientation"),
    ("ariaPlaceholder", "aria-placeholder"),
    ("ariaPosInSet", "aria-posinset"),
    ("ariaPressed", "aria-pressed"),
    ("ariaReadOnly", "aria-readonly"),
    ("ariaRelevant", "aria-relevant"),
    ("ariaRequired", "aria-required"),
    ("ariaRoleDescription", "aria-roledescription"),
    ("ariaRowCount", "aria-rowcount"),
    ("ariaRowIndex", "aria-rowindex"),
    ("ariaRowIndexText", "aria-rowindextext"),
    ("ariaRowSpan", "aria-rowspan"),
    ("ariaSelected", "aria-selected"),
    ("ariaSetSize", "aria-setsize"),
    ("ariaSort", "aria-sort"),
    ("ariaValueMax", "aria-valuemax"),
    ("ariaValueMin", "aria-valuemin"),
    ("ariaValueNow", "aria-valuenow"),
    ("ariaValueText", "aria-valuetext"),
];

/// Puts them on the prototypes, which are there.
pub fn install_more_reflections(context: &mut Context) {
    for (interface, list) in ROWS {
        let target = prototype(interface, context);
        install(&target, list, context);
    }
    let element = prototype("Element", context);
    let list: Vec<Reflected> = ARIA.iter().map(|(idl, content)| Reflected::of(idl, content, Kind::Nullable)).collect();
    install(&element, &list, context);
}
