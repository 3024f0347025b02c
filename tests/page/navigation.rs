//! Leaving a document, and what the next one gets.

use super::driven::{PUT, check_files};

/// A page and one to go to.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
            (
                "index.html",
                format!(
                    "{PUT}<body id=one><a id=link href='two.html?q=1'>go</a><a id=frag href='#here'>f</a><a id=blank href=two.html target=_blank>b</a>\
                     <form id=f action=two.html><input name=a value=1><input id=sub type=submit name=s value=Go></form>\
                     <form id=p action=two.html method=post><input name=您 value='b c'></form>\
                     <script>function MCS_ClientNotify(s) {{ console.log('one', s.length); }}\
                     function away(how) {{ setTimeout(function () {{ if (how) location[how]('two.html'); else location = 'two.html'; }}, 5); }}\
                     onunload = function () {{ console.log('unload'); }};</script>\
                     <b id=href onclick=\"location.href = 'two.html'; console.log('still here')\"></b><b id=reload onclick='location.reload()'></b>\
                     <b id=timer onclick='away()'></b><b id=none onclick=\"location.href = 'none.html'\"></b><b id=hash onclick=\"location.hash = 'x'\"></b>"
                )
                .into_bytes(),
            ),
            (
                "two.html",
                format!(
                    "{PUT}<body><script>console.log('two', location.search, document.referrer.slice(-10), typeof away, typeof external.PutMsg, puts);\
                     put('from two'); onload = function () {{ put('loaded'); setTimeout(function () {{ put('two later'); }}, 10); }};\
                     function MCS_ClientNotify() {{ put('two notified'); }}</script><b id=back onclick=\"location = 'index.html'\">"
                )
                .into_bytes(),
            ),
        ]
}

#[test]
fn a_page_says_whether_the_next_one_knows_it() {
    let one =
        |policy: &str| format!("<meta name=referrer content={policy}><a id=link href=two.html>go</a>").into_bytes();
    let two = b"<script>console.log('from', document.referrer.replace(/.*\\/\\/[^/]*/, ''))</script>".to_vec();
    for (policy, referrer) in [("never", ""), ("origin", "/"), ("same-origin", "/index.html")] {
        check_files(
            vec![("index.html", one(policy)), ("two.html", two.clone())],
            &["click #link"],
            &format!("\n> click #link\ngo /two.html Link <1\nfrom {referrer}\n"),
        );
    }
}

#[test]
fn links() {
    check_files(
        files(),
        &["user oA", "click #link", "user oA", "click #back", "user oB"],
        r#"
        > user oA
        one 75
        > click #link
        go /two.html?q=1 Link <2
        unload
        two ?q=1 index.html undefined function 0
        put oA <2 from two
        put oA <2 loaded
        put oA <2 two later
        > user oA
        put oA <3 two notified
        > click #back
        go /index.html <4
        > user oB
        one 75
        "#,
    );
}

#[test]
fn what_is_no_navigation_and_what_is_not_there() {
    check_files(
        files(),
        &["click #frag", "click #hash", "click #blank", "click #none", "user oA"],
        r#"
        > click #frag
        > click #hash
        > click #blank
        effect.open {"url":"/two.html","target":"_blank"}
        > click #none
        go /none.html <4
        ! load /none.html
        > user oA
        one 75
        "#,
    );
}

#[test]
fn forms() {
    check_files(
        files(),
        &["user oA", "click #sub", "click #back", "submit #f", "click #back", "submit #p"],
        r#"
        > user oA
        one 75
        > click #sub
        go /two.html?a=1&s=Go Form <2
        unload
        two ?a=1&s=Go index.html undefined function 0
        put oA <2 from two
        put oA <2 loaded
        put oA <2 two later
        > click #back
        go /index.html <3
        > submit #f
        go /two.html?a=1 Form <4
        unload
        two ?a=1 index.html undefined function 0
        put oA <4 from two
        put oA <4 loaded
        put oA <4 two later
        > click #back
        go /index.html <5
        > submit #p
        go /two.html Form <6
        ! load /two.html
        "#,
    );
}

#[test]
fn assignments_and_reloads() {
    check_files(
        files(),
        &["user oA", "click #href", "click #back", "click #reload", "reload", "click #timer"],
        r#"
        > user oA
        one 75
        > click #href
        go /two.html <2
        still here
        unload
        two  index.html undefined function 0
        put oA <2 from two
        put oA <2 loaded
        put oA <2 two later
        > click #back
        go /index.html <3
        > click #reload
        go /index.html Reload <4
        unload
        > reload
        unload
        > click #timer
        go /two.html <6
        unload
        two  index.html undefined function 0
        put oA <6 from two
        put oA <6 loaded
        put oA <6 two later
        "#,
    );
}
