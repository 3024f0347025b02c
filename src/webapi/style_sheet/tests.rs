//! Sheets and rules as scripts see them.

use crate::webapi::testing::check_page;

const HTML: &str =
    "<head><style id=s>a.x,b  > i{ color:red; margin:0 } @media print { p { color: blue } } #q{}</style>";

#[track_caller]
fn check(script: &str, expected: &str) {
    check_page(HTML, &format!("var sheet = $('s').sheet, rules = sheet.cssRules; {script}"), expected);
}

#[test]
fn what_is_there() {
    check(
        "out([document.styleSheets.length, document.styleSheets[0] === sheet, document.styleSheets, sheet, rules, rules.length, \
         sheet.rules === rules, rules[0] === sheet.cssRules[0], rules.item(9), sheet.ownerNode === $('s'), sheet.href, sheet.type].join('|'))",
        "1|true|[object StyleSheetList]|[object CSSStyleSheet]|[object CSSRuleList]|3|true|true||true||text/css",
    );
    check(
        "var r = rules[0]; out([r, r.type, r.selectorText, r.style.color, r.style.marginTop, r.parentStyleSheet === sheet, r instanceof CSSRule].join('|'))",
        "[object CSSStyleRule]|1|a.x, b > i|red|0px|true|true",
    );
    check(
        "var r = rules[1]; out([r, r.type, r.media.mediaText, r.cssRules.length, r.cssRules[0].selectorText, r.cssRules[0].parentRule === r].join('|')); \
         out(r.cssText); out(rules[2].cssText); out($('s').cloneNode().sheet)",
        "[object CSSMediaRule]|4|print|1|p|true|@media print {\n  p { color: blue; }\n}|#q { }|null",
    );
}

#[test]
fn rules_come_and_go() {
    check(
        "var e = document.createElement('em'); document.body.appendChild(e); function color() { return getComputedStyle(e).color } \
         out([sheet.insertRule('em { color: rgb(1, 2, 3) }', 3), sheet.cssRules.length, color()]); \
         sheet.deleteRule(3); out([sheet.cssRules.length, color()]); sheet.addRule('em', 'color: red'); out(color()); \
         sheet.insertRule('u{}'); out(sheet.cssRules[0].selectorText)",
        "3,4,rgb(1, 2, 3)|3,rgb(0, 0, 0)|rgb(255, 0, 0)|u",
    );
    check(
        "[function () { sheet.insertRule('zzz', 0) }, function () { sheet.deleteRule(77) }, function () { sheet.insertRule('a{}', 77) }] \
         .forEach(function (f) { try { f() } catch (e) { out(e.name) } })",
        "SyntaxError|IndexSizeError|IndexSizeError",
    );
}
