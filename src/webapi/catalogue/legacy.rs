//! The ways of old Internet Explorers: one row for each, decided by what lets the most real pages run, with its evidence.
//!
//! The rule: a window that looks like a WebKit of today. Pages of 2014 carry both branches, for the client came in
//! versions and its pages were tried in Chrome; where a page asks for IE's way first, having it would lead into the
//! branch that needs all of IE. What WebKit took over from IE is here. `tests/pages/quirks.html` tests each row both
//! ways: that the old way is as the row says, and that code that asks for it first still arrives.

use super::ASKED_ONLY;
use super::Api;
use super::Status::{self, Missing, Works};

const fn quirk(name: &'static str, status: Status, note: &'static str, evidence: &'static str) -> Api {
    Api { name, status, note, evidence, modern: "" }
}

/// An old way that code takes where it does not find the new one.
const fn before(modern: &'static str, old: Api) -> Api {
    Api { modern, ..old }
}

/// A name that is only ever read to tell one browser from another.
const fn sniffed(old: Api) -> Api {
    Api { modern: ASKED_ONLY, ..old }
}

/// The table.
pub(super) const ROWS: &[Api] = &[
    before(
        "addEventListener",
        quirk(
            "Element#attachEvent",
            Missing,
            "use addEventListener('click', f), which every browser since IE 9 has",
            "Prototype 1.7 takes a window with attachEvent for IE; jQuery 1.x asks for addEventListener first",
        ),
    ),
    before(
        "removeEventListener",
        quirk(
            "Element#detachEvent",
            Missing,
            "use removeEventListener('click', f)",
            "jQuery 1.x asks for removeEventListener first",
        ),
    ),
    before(
        "dispatchEvent",
        quirk(
            "Element#fireEvent",
            Missing,
            "use dispatchEvent(new Event('change')) or element.click()",
            "jQuery 1.8 clones events as IE does where fireEvent and attachEvent are there",
        ),
    ),
    before(
        "createEvent",
        quirk(
            "Document#createEventObject",
            Missing,
            "use new Event('change') and dispatchEvent",
            "pages ask `document.createEventObject ? fireEvent : dispatchEvent`; WebKit lacks it",
        ),
    ),
    quirk(
        "document.all",
        Works,
        "there, and false in a condition, as in every browser",
        "HTML §obsolete: `if (document.all)` means IE, `document.all.id` is used without asking",
    ),
    quirk(
        "event",
        Works,
        "the event that is being handled",
        "inline handlers of real pages read `event` and `window.event`; DOM standard, WebKit",
    ),
    quirk("Event#srcElement", Works, "", "DOM standard: kept for pages that read no target"),
    quirk("Event#returnValue", Works, "", "DOM standard: `event.returnValue = false` prevents the default"),
    quirk("Event#cancelBubble", Works, "", "DOM standard: `event.cancelBubble = true` stops the event"),
    quirk(
        "KeyboardEvent#keyCode",
        Works,
        "can be read; writing it changes nothing, as in WebKit",
        "UI Events §legacy: a read-only attribute; `event.keyCode = 9` only ever worked in IE",
    ),
    quirk("HTMLElement#innerText", Works, "", "HTML §innertext: the pages in plugin-apis.md §1.5 set it"),
    quirk("HTMLElement#outerText", Works, "", "HTML §outertext"),
    before(
        "getComputedStyle",
        quirk(
            "Element#currentStyle",
            Missing,
            "use getComputedStyle(element)",
            "jQuery 1.x asks for getComputedStyle first; pages ask `el.currentStyle || getComputedStyle(el)`",
        ),
    ),
    before(
        "getComputedStyle",
        quirk(
            "Element#runtimeStyle",
            Missing,
            "use element.style",
            "WebKit lacks it; jQuery 1.x uses it beside currentStyle only",
        ),
    ),
    before(
        "XMLHttpRequest",
        quirk(
            "ActiveXObject",
            Missing,
            "use XMLHttpRequest, DOMParser, or FormData",
            "jQuery 1.11 makes its requests by ActiveX where `window.ActiveXObject` is there",
        ),
    ),
    before(
        "XMLHttpRequest",
        quirk(
            "XDomainRequest",
            Missing,
            "use XMLHttpRequest, with the origin allowed",
            "WebKit lacks it; plug-ins prefer it over XMLHttpRequest",
        ),
    ),
    quirk("execScript", Missing, "use window.eval(code)", "plugin-apis.md §1.5: jQuery 1.x would prefer it over eval"),
    before(
        "open",
        quirk(
            "showModalDialog",
            Missing,
            "use window.open, or build the dialog into the page",
            "gone from Chrome 43; pages ask for it before window.open, which is an effect here",
        ),
    ),
    quirk("showModelessDialog", Missing, "use window.open, or build the dialog into the page", "only IE ever had it"),
    quirk("createPopup", Missing, "build it into the page as an element", "only IE ever had it"),
    before(
        "execCommand",
        quirk(
            "clipboardData",
            Missing,
            "there is no clipboard: put the text with window.external.PutMsg",
            "only IE had it on the window; pages ask for it first",
        ),
    ),
    quirk("clientInformation", Works, "is navigator", "HTML §dom-navigator: IE's name, which WebKit has"),
    quirk("CollectGarbage", Missing, "leave it out", "pages ask `window.CollectGarbage &&`; WebKit lacks it"),
    sniffed(quirk("ScriptEngine", Missing, "leave it out", "JScript's own; asked for to tell its version")),
    sniffed(quirk("VBArray", Missing, "the values are arrays already", "JScript's own; asked for to tell IE")),
    quirk("Enumerator", Missing, "read collections by index", "JScript's own, for ActiveX collections"),
    before(
        "selectionStart",
        quirk(
            "document.selection",
            Missing,
            "nobody selects text here",
            "pages ask `document.selection ? IE : selectionStart`",
        ),
    ),
    quirk("document.frames", Missing, "window.frames is here, and empty", "WebKit lacks it"),
    before(
        "defaultView",
        quirk(
            "document.parentWindow",
            Missing,
            "document.defaultView is the window",
            "pages ask `defaultView || parentWindow`",
        ),
    ),
    sniffed(quirk(
        "document.documentMode",
        Missing,
        "there are no document modes of IE",
        "pages take a number in it for IE 8 and later",
    )),
    sniffed(quirk(
        "document.uniqueID",
        Missing,
        "count up a number of your own",
        "WebKit lacks it; MooTools takes it for IE",
    )),
    quirk("document.execCommandShowHelp", Missing, "leave it out", "only IE ever had it"),
    quirk(
        "Document#createStyleSheet",
        Missing,
        "append a <style> to the head",
        "pages ask for it first and then need styleSheet.cssText",
    ),
    before(
        "appendChild",
        quirk(
            "HTMLStyleElement#styleSheet",
            Missing,
            "set textContent of the <style>",
            "pages ask `style.styleSheet ? cssText : appendChild`",
        ),
    ),
    before(
        "DOMContentLoaded",
        quirk(
            "Element#doScroll",
            Missing,
            "DOMContentLoaded comes",
            "jQuery 1.x asks for it only where addEventListener is missing",
        ),
    ),
    quirk("Element#swapNode", Missing, "use insertBefore", "WebKit lacks it"),
    quirk("Element#applyElement", Missing, "use insertBefore and appendChild", "WebKit lacks it"),
    quirk(
        "Element#setCapture",
        Missing,
        "listen on the document while the button is down",
        "pages ask `el.setCapture &&`; WebKit lacks it",
    ),
    quirk(
        "Element#releaseCapture",
        Missing,
        "leave it out, with setCapture",
        "pages ask `el.releaseCapture &&`; WebKit lacks it",
    ),
    quirk("Element#addBehavior", Missing, "set the style or the script yourself", "WebKit lacks it"),
    quirk("Element#insertAdjacentHTML", Works, "", "DOM Parsing: IE's own, now everyone's"),
    sniffed(quirk("netscape", Missing, "there are no signed scripts", "pages ask for it to tell Gecko")),
    sniffed(quirk("opera", Missing, "leave it out", "pages take it for the old Opera")),
    quirk("captureEvents", Works, "does nothing, as in WebKit", "Netscape 4's; HTML §obsolete keeps it"),
];
