use super::super::document::DocumentData;
use super::super::node::{Node, NodeRef};
use super::super::parse::DocumentParser;
use super::*;

fn parse(body: &str) -> NodeRef {
    let document = Node::document(DocumentData::new("text/html"));
    let parser = DocumentParser::new(&document, format!("<!doctype html><body>{body}"));
    while parser.read(0).is_some() {}
    parser.end();
    document
}

fn by_id(document: &NodeRef, id: &str) -> NodeRef {
    document.as_document().and_then(|data| data.element_by_id(id)).unwrap()
}

/// The box of the element `x` as `x,y width×height`.
#[track_caller]
fn check(body: &str, expected: &str) {
    let document = parse(body);
    let shown =
        rect(&by_id(&document, "x")).map_or("none".to_owned(), |r| format!("{},{} {}x{}", r.x, r.y, r.width, r.height));
    assert_eq!(shown, expected, "{body}");
}

#[test]
fn blocks() {
    check("<div id=x></div>", "0,0 420x0");
    check("<div id=x>four</div>", "0,0 420x20");
    check("<div>a</div><div id=x>b</div>", "0,20 420x20");
    check("<div style='padding:5px;border:1px solid;margin:10px'><p id=x>b", "16,16 388x20");
    check("<div id=x style='width:100px;height:2em;padding:5px'>", "0,0 110x42");
    check("<div id=x style='width:100px;box-sizing:border-box;padding:5px'>", "0,0 100x10");
    check("<div style='width:200px'><div id=x style='width:50%;min-height:7px;max-width:90px'>", "0,0 90x7");
    check("<div style='height:200px'><div id=x style='height:50%'>", "0,0 420x100");
    check("<div><div id=x style='height:50%'>", "0,0 420x0");
}

#[test]
fn what_is_not_rendered() {
    check("<div id=x style='display:none'>a</div>", "none");
    check("<div style='display:none'><b id=x>a</b></div>", "none");
    check("<style>.h b { display: none }</style><p class=h><b id=x>a</b></p>", "none");
    check("<div id=x style='visibility:hidden'>a</div>", "0,0 420x20");
    check("<script id=x></script>", "none");
    check("<input id=x type=hidden>", "none");
}

#[test]
fn text_and_inline_boxes() {
    check("<span id=x></span>", "0,0 0x0");
    check("<span id=x>abcd</span>", "0,0 32x20");
    check("<span id=x>  您好  ab </span>", "0,0 56x20");
    check("<p>ab <b>c</b><i id=x>d</i>", "24,0 8x20");
    check(&format!("<div id=x>{}</div>", "您".repeat(60)), "0,0 420x60");
    check(&format!("<div><b>{}</b></div><p id=x>", "您".repeat(60)), "0,60 420x0");
    check("<div>a<br>b<br><br>c</div><p id=x>", "0,80 420x0");
    check("<pre id=x>a\nbcd\n\ne</pre>", "0,0 420x80");
    check("<div id=x style='font-size:20px;line-height:2'>a</div>", "0,0 420x40");
    check("<span id=x><div style='height:30px'></div></span>", "0,0 0x30");
}

#[test]
fn pieces() {
    check("<div><img width=100 height=50><img id=x></div>", "100,0 16x16");
    check("<a id=x><img width=100 height=50></a>", "0,0 100x50");
    check("<img width=300 height=50><img id=x width=200 height=10>", "0,50 200x10");
    check("<div id=x style='display:inline-block;padding:3px'>ab</div>", "0,0 22x26");
    check("<div style='float:left;width:100px'>a</div><div id=x style='float:left;width:50px'>b</div>", "100,0 50x20");
    check("<input id=x><input>", "0,0 170x21");
    check("<input type=button id=x value=OK>", "0,0 32x21");
    check("<select id=x><option>ab<option>abcd</select>", "0,0 56x21");
    check("<textarea id=x rows=3></textarea>", "0,0 182x51");
}

#[test]
fn rows() {
    check("<table style='width:100%'><tr><td>a<td id=x>b</table>", "210,0 210x20");
    check("<table><tr><td>abcd<td id=x>b</table>", "32,0 8x20");
    check("<table width=200><tr><td>a<br>b<td id=x>b<tr><td>c</table>", "100,0 100x40");
    check("<div style='display:flex'><p>abcd</p><p id=x>b</p></div>", "32,0 8x20");
}

#[test]
fn positions() {
    check("<p>a</p><div id=x style='position:absolute;top:5px;left:10px'>ab</div>", "10,5 16x20");
    check("<p>a</p><div id=x style='position:absolute'>ab</div>", "0,20 16x20");
    check(
        "<div style='position:relative;margin-top:50px;height:100px'><b id=x style='position:absolute;right:0;bottom:0'>ab",
        "404,130 16x20",
    );
    check("<div id=x style='position:fixed;bottom:0;width:100%;height:40px'>", "0,600 420x40");
    check("<div id=x style='position:relative;top:-3px;left:4px'>", "4,-3 420x0");
    check("<div style='position:absolute'>a</div><p id=x>", "0,0 420x0");
}

#[test]
fn offset_parents() {
    let document =
        parse("<table><tr><td><b id=a>a</b></table><p style='position:relative'><b id=b>b</b></p><i id=c>c</i>");
    let name = |id| offset_parent(&by_id(&document, id)).map(|node| node.html_name().to_owned());
    assert_eq!([name("a"), name("b"), name("c")].map(Option::unwrap), ["td", "p", "body"]);
}

#[test]
fn changes_are_seen() {
    let document = parse("<div id=x><p>a</p></div>");
    let element = by_id(&document, "x");
    assert_eq!(size(&element).height, 20.0);
    super::super::tree::append(&element, &Node::html_element(&document, "hr"));
    super::super::attributes::set(&element.last_child().unwrap(), "style", "height: 5px");
    assert_eq!(size(&element).height, 25.0);
    super::super::tree::remove(&element);
    assert_eq!(size(&element).height, 0.0);
}
