use crate::webapi::testing::check_page;

const HTML: &str = "<!doctype html><style>.s { color: #f00; margin: 1px 2px; font-size: 20px } .h { display: none }\
    td { padding: 0 } .w { width: 50%; width: junk }</style><body>\
    <div id=e></div><div id=i style='top:1px;float:left;opacity:.5'></div><p id=s class=s>abc<b id=b>x</b></p>\
    <p id=h class=h>x</p><div id=w class=w style='padding: 5px; border: 1px solid'></div>";

/// The value of an expression over `s`, the style of the element `e`.
#[track_caller]
fn check(script: &str, expected: &str) {
    let script = format!(
        "(function () {{
            var e = $('e'), s = e.style;
            function attr() {{ return e.getAttribute('style') }}
            function css(n, p) {{ return getComputedStyle($(n)).getPropertyValue(p) }}
            {script}
        }})()"
    );
    check_page(HTML, &script, expected);
}

#[test]
fn what_is_set_is_in_the_attribute() {
    check("s.color = 'red'; s.zIndex = 5; out(attr())", "color: red; z-index: 5;");
    check("s.width = '10px'; s.height = '5px'; s.width = '20px'; out(attr())", "width: 20px; height: 5px;");
    check("s.width = '10px'; s.width = ''; out(attr()); out(s.length)", "|0");
    check("s.width = ''; s.removeProperty('color'); out(attr())", "null");
    check("s.display = 'none'; s.display = null; out([attr(), s.display])", ",");
    check("e.setAttribute('style', 'width: 3px'); out(s.width); e.setAttribute('style', ''); out(s.width)", "3px|");
    check("out(e.style === e.style); e.style = 'width: 1px'; out(s.width)", "true|1px");
    check(
        "s['border-top-width'] = '2px'; s.WebkitTransform = 'none'; s.cssFloat = 'left'; out(attr())",
        "border-top-width: 2px; transform: none; float: left;",
    );
}

#[test]
fn invalid_values_change_nothing() {
    for bad in [
        "width = 10",
        "width = 'NaNpx'",
        "width = '-1px'",
        "display = 'junk'",
        "opacity = 'x'",
        "color = 'nocolor'",
        "fontFamily = 'a; color: red'",
        "fontFamily = 'a !important'",
        "background = undefined",
        "zIndex = 1.5",
    ] {
        check(&format!("s.{bad}; out(attr())"), "null");
    }
    check(
        "s.width = 0; s.opacity = .5; s.lineHeight = 1.5; s.marginLeft = '-3px'; out(attr())",
        "width: 0px; opacity: 0.5; line-height: 1.5; margin-left: -3px;",
    );
    check("s.backgroundImage = 'url(\"a;b.png\")'; out(s.backgroundImage)", "url(\"a;b.png\")");
}

#[test]
fn reading_the_attribute() {
    check(
        "var i = $('i').style; out([i.top, i.cssFloat, i.float, i.opacity, i.left, i.length])",
        "1px,left,left,0.5,,3",
    );
    check("var i = $('i').style; out([i.item(0), i.item(9), i.cssText])", "top,,top: 1px; float: left; opacity: 0.5;");
    check(
        "s.cssText = 'COLOR: RED; junk; width: 5; nosuch: 1; *zoom: 1; -webkit-box-shadow: none'; out(attr())",
        "color: red; box-shadow: none;",
    );
    check(
        "s.cssText = 'width: 1px !important; width: 2px'; out([s.width, s.getPropertyPriority('width')])",
        "1px,important",
    );
    check("out([typeof s.boxSizing, s.boxSizing, 'webkitTransition' in s, 'nosuch' in s])", "string,,true,false");
    check("s.nosuch = 5; out([s.nosuch, attr()])", "5,");
}

#[test]
fn methods() {
    check(
        "s.setProperty('width', '5px', 'important'); out([attr(), s.getPropertyValue('WIDTH')])",
        "width: 5px !important;,5px",
    );
    check("s.setProperty('width', '5px', 'junk'); s.setProperty('nosuch', 1); out(attr())", "null");
    check("s.setProperty('--Own', 'a b'); out([s.getPropertyValue('--Own'), s.getPropertyValue('--own')])", "a b,");
    check("s.width = '5px'; out([s.removeProperty('width'), s.removeProperty('width')])", "5px,");
    check("out([String(s), s instanceof CSSStyleDeclaration, s.parentRule])", "[object CSSStyleDeclaration],true,");
}

#[test]
fn shorthands_have_parts() {
    check("s.margin = '1px 2px'; out([s.margin, s.marginTop, s.marginLeft])", "1px 2px,1px,2px");
    check("s.margin = '1px'; s.marginTop = '5px'; out([attr(), s.marginTop])", "margin: 5px 1px 1px;,5px");
    check("s.marginTop = '5px'; s.margin = '1px'; out(attr())", "margin: 1px;");
    check(
        "s.margin = '1px'; s.marginTop = ''; out(attr())",
        "margin-right: 1px; margin-bottom: 1px; margin-left: 1px;",
    );
    check("s.border = '1px solid red'; out([s.borderLeftWidth, s.borderTopColor, s.borderTopStyle])", "1px,red,solid");
    check("s.overflow = 'hidden'; out(s.overflowX); s.overflow = ''; out(attr())", "hidden|");
    check("s.background = 'red url(a.png)'; out(s.backgroundColor)", "red");
}

#[test]
fn computed_values() {
    check(
        "out([css('s', 'color'), css('b', 'color'), css('s', 'margin-left'), css('s', 'margin')])",
        "rgb(255, 0, 0),rgb(255, 0, 0),2px,1px 2px",
    );
    check(
        "out([css('e', 'display'), css('b', 'display'), css('h', 'display'), css('i', 'display')])",
        "block,inline,none,block",
    );
    check("out([css('w', 'width'), css('w', 'height'), css('h', 'width'), css('b', 'width')])", "210px,0px,auto,auto");
    check("out([css('s', 'font-size'), css('b', 'fontSize'), css('s', 'line-height')])", "20px,,normal");
    check(
        "out([css('w', 'border'), css('w', 'border-top-width'), css('e', 'border-top-width')])",
        "1px solid rgb(0, 0, 0),1px,0px",
    );
    check(
        "out([css('e', 'opacity'), css('i', 'opacity'), css('e', 'top'), css('e', 'z-index'), css('e', 'transform')])",
        "1,0.5,auto,auto,none",
    );
    check(
        "s.cssText = 'position: absolute; top: 1%; width: 1em; height: 50%'; out([css('e', 'top'), css('e', 'width')])",
        "6.4px,16px",
    );
    check(
        "s.cssText = 'position: absolute; margin-top: 1%'; out([css('e', 'left'), css('e', 'margin-top')])",
        "0px,4.2px",
    );
}

#[test]
fn computed_declarations_are_live_and_read_only() {
    check("var c = getComputedStyle(e, null); s.width = '7px'; out([c.width, c.cssText, c.length > 100])", "7px,,true");
    check("try { getComputedStyle(e).width = '1px' } catch (x) { out(x.name) }", "NoModificationAllowedError");
    check("try { getComputedStyle({}) } catch (x) { out(x.name) }", "TypeError");
    check(
        "out(getComputedStyle(e, ':after').content + getComputedStyle(e, '::before').getPropertyValue('content'))",
        "nonenone",
    );
}

#[test]
fn sides_are_read_together() {
    check("s.cssText = 'margin-top:1px;margin-right:1px;margin-bottom:1px;margin-left:1px'; out(s.margin)", "1px");
    check("s.margin = '1px'; s.marginTop = '2px'; out(s.margin)", "2px 1px 1px");
    check("s.marginTop = '2px'; out(s.margin === '')", "true");
    check("s.overflowX = 'auto'; s.overflowY = 'hidden'; out(s.overflow)", "auto hidden");
    check("s.borderRadius = '1px / 2px'; out([s.borderRadius, s.borderTopLeftRadius])", "1px / 2px,1px 2px");
    check("s.border = '1px solid red'; out([s.borderWidth, s.borderStyle, s.borderColor])", "1px,solid,red");
}

#[test]
fn parts_of_shorthands() {
    check(
        "s.font = 'bold 12px/1.5 Arial'; out([s.fontWeight, s.fontSize, s.lineHeight, s.fontFamily])",
        "bold,12px,1.5,Arial",
    );
    check(
        "s.transition = 'opacity 1s'; out([s.transitionProperty, s.transitionDuration, s.transitionDelay])",
        "opacity,1s,0s",
    );
    check("s.flex = '1'; out([s.flexGrow, s.flexShrink, s.flexBasis])", "1,1,0%");
    check("s.listStyle = 'none'; out(s.listStyleType)", "none");
    check("s.background = 'url(a.png) no-repeat'; out(s.backgroundRepeat)", "no-repeat");
    check("e.style = 'font: 20px x; width: 2em'; out(css('e', 'width'))", "40px");
}
