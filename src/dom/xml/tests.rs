//! What is XML, and what it is.

use super::{error_document, parse};
use crate::dom::serialize::outer_html;
use crate::dom::tree;

#[track_caller]
fn check(text: &str, expected: &str) {
    let found = match parse(text, "application/xml") {
        Ok(document) => outer_html(&document),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected);
}

#[test]
fn documents() {
    check("\u{feff}<?xml version='1.0'?>\r\n<a/>\n", "<a/>");
    check("<A b='1' C = \"2\"><B>x</B>\n<c></c ></A>", "<A b=\"1\" C=\"2\"><B>x</B>\n<c/></A>");
    check("<a>&lt;&amp;&#65;&#x4e2d;<![CDATA[<b>]]></a>", "<a>&lt;&amp;A中<![CDATA[<b>]]></a>");
    check("<a b='&quot;&apos;\n\t<'/>", "error on line 1 at column 7: '<' is not allowed in the value of 'b'");
    check("<a b='&quot;&apos;\n1'/>", "<a b=\"&quot;' 1\"/>");
    check("<!-- c --><?x y z?><a><?p?><!----></a>", "<!-- c --><?x y z?><a><?p ?><!----></a>");
    check("<!DOCTYPE a SYSTEM 'x' [<!ELEMENT a ANY>]><a/>", "<!DOCTYPE a SYSTEM \"x\"><a/>");
    check("<名 属='值'>文</名>", "<名 属=\"值\">文</名>");
}

#[test]
fn namespaces() {
    let feed = "<f xmlns=\"u:f\" xmlns:x=\"u:x\"><x:i x:a=\"1\" b=\"2\"/><g xmlns=\"\"/></f>";
    check(feed, feed);
    let document = parse(feed, "text/xml").unwrap();
    let item = tree::descendants(&document).nth(1).unwrap();
    let name = &item.as_element().unwrap().name;
    assert_eq!((&*name.ns, &*name.local, name.prefix.as_deref()), ("u:x", "i", Some("x")));
    check("<x:a/>", "error on line 1 at column 7: the prefix 'x' of 'x:a' is not defined");
    check("<a xml:lang='zh'/>", "<a xml:lang=\"zh\"/>");
}

#[test]
fn what_is_not_well_formed() {
    check("", "error on line 1 at column 1: the document is empty");
    check("text", "error on line 1 at column 1: '<' is missing");
    check("<a>\n<b></a>", "error on line 2 at column 6: opening and ending tag mismatch: 'b' is open, 'a' ends");
    check("<a>", "error on line 1 at column 4: the element 'a' is not closed");
    check("<a/><b/>", "error on line 1 at column 6: extra content at the end of the document");
    check("<a/>x", "error on line 1 at column 5: extra content at the end of the document");
    check("<a>&nbsp;</a>", "error on line 1 at column 4: the entity 'nbsp' is not defined");
    check("<a>& b</a>", "error on line 1 at column 4: a reference lacks its ';'");
    check("<a b=c/>", "error on line 1 at column 6: a value must stand in quotes");
    check("<a b/>", "error on line 1 at column 5: the attribute 'b' has no value");
    check("<a b='1' b='2'/>", "error on line 1 at column 15: the attribute 'b' stands there twice");
    check("<a b='1'c='2'/>", "error on line 1 at column 9: the start tag of 'a' is not finished");
    check("<a>\u{1}</a>", "error on line 1 at column 4: the character U+0001 is not allowed");
    check("<a><!-- -- --></a>", "error on line 1 at column 11: expected '>'");
    check(
        " <?xml version='1.0'?><a/>",
        "error on line 1 at column 7: the XML declaration is allowed only at the start of the document",
    );
    check("<a>]]></a>", "error on line 1 at column 4: ']]>' is not allowed in text");
    check("<a></b>", "error on line 1 at column 6: opening and ending tag mismatch: 'a' is open, 'b' ends");
    check("<1/>", "error on line 1 at column 2: a name is missing");
}

#[test]
fn an_error_is_a_document() {
    let Err(error) = parse("<a>", "text/xml") else { panic!("it is not closed") };
    let document = error_document(&error, "text/xml");
    let shown = outer_html(&document);
    assert!(shown.starts_with("<parsererror xmlns=\"http://www.mozilla.org/newlayout"), "{shown}");
}
