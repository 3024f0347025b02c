//! Elements and attributes that ask for more than a tree.

use super::Api;
use super::Status::{Missing, Stub, Works};
use super::api;

/// The rows. After the element's name, an attribute that it must have, with `=` its value.
pub const ROWS: &[Api] = &[
    api(
        "<iframe>",
        Stub,
        "runs documents of the page's own origin, without modules; those of other origins stay empty",
    ),
    api("<frame>", Missing, "is in the tree, its page is not loaded; run that page as a plugin of its own"),
    api("<object>", Missing, "nothing is started in it: no Flash, no ActiveX"),
    api("<embed>", Missing, "nothing is started in it: no Flash"),
    api("<applet>", Missing, "nothing is started in it: no Java"),
    api("<bgsound>", Missing, "no sound here; window.external.Notice(…) highlights the page's tab"),
    api("<audio>", Stub, "in the tree; plays nothing"),
    api("<video>", Stub, "in the tree; plays nothing"),
    api("<canvas>", Stub, "in the tree; getContext returns null"),
    api("<input type=file>", Stub, "in the tree; there is nobody to choose a file"),
    api("<script type=module>", Works, "with import() and JSON modules; CSS modules and WebAssembly are not there"),
    api("<script type=importmap>", Works, "without integrity"),
    api("<script type=text/vbscript>", Missing, "is skipped; write it in JavaScript"),
    api("<script language=vbscript>", Missing, "is skipped; write it in JavaScript"),
    api("<script for>", Stub, "runs only for=window event=onload; other scripts for an event are skipped"),
    api("<meta http-equiv=refresh>", Missing, "is not followed; go on with location.href in a script"),
    api("<link rel=import>", Missing, "is not loaded; put the markup into the page"),
    api("<base href>", Works, ""),
    api("<!--[if IE]>", Works, "a comment, as in every browser but old IE: what is in it does not run"),
];
