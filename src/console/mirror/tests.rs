//! What a browser is given.

use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::dom::document::DocumentData;
use crate::dom::mirror::{Change, Mirror, View};
use crate::dom::parse::DocumentParser;
use crate::dom::{Node, NodeRef};

fn parse(html: &str) -> NodeRef {
    let document = Node::document(DocumentData::new("text/html"));
    let parser = DocumentParser::new(&document, html.to_owned());
    while parser.read(0).is_some() {}
    parser.end();
    document
}

fn guard() -> Guard<impl Fn(&Url) -> String> {
    Guard::new(|url: &Url| format!("/r?{url}"))
}

/// The elements of a body as the browser has them: `tag`, with attributes as JSON.
fn elements(body: &str) -> Vec<Value> {
    let view = Mirror::default().look(&parse(&format!("<!DOCTYPE html><body>{body}")), "http://demo.test/page/", None);
    let shown = guard().admit(&view).unwrap();
    let changes = shown["changes"].as_array().unwrap().iter().skip(3);
    changes
        .filter(|change| change["tag"].is_string())
        .map(|change| json!([change["tag"], change["attributes"]]))
        .collect()
}

#[test]
fn what_stays_of_an_element() {
    let table = [
        (
            "<p class=a id=b data-c=d aria-label=e onclick=x style='color:red'>",
            json!([["p", {"class": "a", "id": "b", "data-c": "d", "aria-label": "e", "style": "color:red"}]]),
        ),
        ("<a href=javascript:x target=_top ping=x>", json!([["a", {"href": "about:invalid"}]])),
        (
            "<img src=a.png srcset='b.png 2x' onerror=x>",
            json!([["img", {"src": "/r?http://demo.test/page/a.png", "srcset": "/r?http://demo.test/page/b.png 2x"}]]),
        ),
        ("<script src=a></script>", json!([["span", null]])),
        ("<iframe src=a srcdoc=b name=c></iframe>", json!([["span", {"name": "c"}]])),
        ("<meta http-equiv=refresh content=0>", json!([["span", null]])),
        ("<base href=//x.test/ target=_top>", json!([["span", null]])),
        (
            "<link rel=stylesheet href=a.css media=screen>",
            json!([["link", {"media": "screen", "rel": "stylesheet", "href": "/r?http://demo.test/page/a.css"}]]),
        ),
        ("<link rel='preload' href=a.css>", json!([["link", null]])),
        ("<link rel='stylesheet alternate' href=a.css>", json!([["link", null]])),
        ("<form action=a method=post>", json!([["form", {"autocomplete": "off"}]])),
        ("<button formaction=a>", json!([["button", null]])),
        (
            "<input type=password value=a>",
            json!([["input", {"type": "text", "value": "a", "style": ";-webkit-text-security:disc!important", "autocomplete": "off"}]]),
        ),
        ("<input type=hidden value=secret>", json!([["input", {"type": "hidden", "autocomplete": "off"}]])),
        ("<my-card class=a is=b>", json!([["my-card", {"class": "a"}]])),
        ("<blink>", json!([["span", null]])),
        (
            "<svg viewBox='0 0 1 1'><foreignObject><p>x",
            json!([["svg", {"viewBox": "0 0 1 1"}], ["g", null], ["p", null]]),
        ),
        (
            "<svg><use href=#a /><use href='//x.test/#a' /><path fill='url(//x.test/#b)' d=M0 /></svg>",
            json!([["svg", null], ["use", {"href": "#a"}], ["use", null], ["path", {"fill": "url(\"/r?http://x.test/#b\")", "d": "M0"}]]),
        ),
        (
            "<svg><image xlink:href=a.png /><animate attributeName=href to=x /></svg>",
            json!([["svg", null], ["image", {"xlink:href": "/r?http://demo.test/page/a.png"}], ["g", null]]),
        ),
        ("<math><maction href=x>", json!([["math", null], ["mrow", null]])),
    ];
    for (body, expected) in table {
        assert_eq!(Value::Array(elements(body)), expected, "{body}");
    }
}

#[test]
fn the_form_of_what_is_given() {
    let document = parse("<!DOCTYPE html><style>a{b:url(c)}</style><p>x</p><input value=v>");
    let (mut mirror, mut guard) = (Mirror::default(), guard());
    let whole = guard.admit(&mirror.look(&document, "http://demo.test/", None)).unwrap();
    assert_eq!(
        whole,
        json!({
            "changes": [
                {"do": "insert", "id": 1, "in": 0, "tag": "html"},
                {"do": "insert", "id": 2, "in": 1, "tag": "head"},
                {"do": "insert", "id": 4, "in": 1, "tag": "body"},
                {"do": "insert", "id": 3, "in": 2, "tag": "style", "text": "a{b:url(\"/r?http://demo.test/c\")}"},
                {"do": "insert", "id": 5, "in": 4, "tag": "p"},
                {"do": "insert", "id": 7, "in": 4, "tag": "input", "attributes": {"value": "v", "autocomplete": "off"}, "value": "v"},
                {"do": "insert", "id": 6, "in": 5, "text": "x"},
            ],
            "focus": null, "cut": false, "whole": true, "quirks": false,
        })
    );
    let same = guard.admit(&mirror.look(&document, "http://demo.test/", None)).unwrap();
    assert_eq!(same, json!({"changes": [], "focus": null, "cut": false}));
}

#[test]
fn a_page_that_lies_is_given_nothing_until_it_is_shown_whole() {
    let document = parse("<p>x</p>");
    let mut guard = guard();
    let lie = View { changes: vec![Change::Remove { id: 7 }], ..View::default() };
    assert!(guard.admit(&Mirror::default().look(&document, "http://demo.test/", None)).is_some());
    assert!(guard.admit(&lie).is_none() && guard.admit(&View::default()).is_none());
    assert!(guard.admit(&Mirror::default().look(&document, "http://demo.test/", None)).is_some());
}
