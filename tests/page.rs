//! Pages as functions from stimuli to effects: what they are told, what comes out, under which cause, and what goes wrong.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

#[path = "page/driven.rs"]
mod driven;
#[path = "page/echat.rs"]
mod echat;
#[path = "page/echat_hostile.rs"]
mod echat_hostile;
#[path = "page/echat_matrix.rs"]
mod echat_matrix;
#[path = "page/frames.rs"]
mod frames;
#[path = "page/modules.rs"]
mod modules;
#[path = "page/navigation.rs"]
mod navigation;
mod page_bench;
#[path = "page/places.rs"]
mod places;
#[path = "page/ui.rs"]
mod ui;

use driven::{PUT, check, with, with_page};

#[test]
fn the_handler_is_looked_up_each_time() {
    check("<p>no handler", &["user oA", "map"], "> user oA\n> map");
    check("<script>var MCS_ClientNotify = 5</script>", &["user oA"], "> user oA");
    check(
        "<script>function MCS_ClientNotify(s) { console.log(s, typeof s, this === window, arguments.length) }</script>",
        &["user oA", "map", r#"json mcs.OnOther {"b":1,"a":[null,"\u60a8"]}"#],
        r#"
        > user oA
        {"event":"OnUserChange","channeltype":"1","useraccount":"oA","userid":"oA"} string true 1
        > map
        {"event":"OnMapMsgClick","latitude":1.5,"scale":16} string true 1
        > json mcs.OnOther {"b":1,"a":[null,"\u60a8"]}
        {"event":"OnOther","b":1,"a":[null,"您"]} string true 1
        "#,
    );
    check(
        "<script>
        function MCS_ClientNotify() {
          console.log('first');
          MCS_ClientNotify = function () { console.log('second'); window.MCS_ClientNotify = null; };
          throw new Error('no');
        }</script>",
        &["user oA", "user oB", "user oC"],
        "> user oA\nfirst\n! uncaught Error: no /index.html:6:17\n> user oB\nsecond\n> user oC",
    );
    check(
        "<script>Object.defineProperty(window, 'MCS_ClientNotify', {get: function () { throw new Error('get') }})</script>",
        &["user oA"],
        "> user oA\n! uncaught Error: get /index.html:2:85",
    );
}

#[test]
fn what_the_client_never_had_is_named_once() {
    check(
        "<script>
        console.log(typeof external.Foo, external.Foo, 'Foo' in external, 'PutMsg' in external, String(external));
        external.mine = 1; console.log(external.mine, external.then, Object.keys(external).join());
        new Worker('x.js')</script>",
        &[],
        "
        external.Foo is missing here: the client's pages have external.PutMsg and Notice (index.html:3:20)
        undefined undefined false true [object Object]
        1 undefined PutMsg,Notice,AddSearchProvider,IsSearchProviderInstalled,mine
        Worker is missing here: run the code in the page itself, in steps of setTimeout (index.html:5:13)
        ! uncaught ReferenceError: Worker is not defined /index.html:5:13
        ",
    );
}

#[test]
fn outcomes_of_put_msg() {
    check(
        r#"<script>
        function raw(text) { console.log(external.PutMsg(text)); }
        function message(random, body) { return JSON.stringify({msg: {head: {random: random}, body: body}}); }
        var text = [{type: 0, content: {text: "hi"}}];
        raw(message("0", text));
        function MCS_ClientNotify() {
          raw(message("1", text)); raw(message("1", text)); raw(message(1, text)); raw(message("", text));
          raw({msg: {head: {random: "2"}, body: text}}); raw("no json"); raw(); raw(null); raw(message("3", []));
          raw(message("4", [text[0], {type: 0, content: {text: ""}}])); raw(message("4", [text[0], text[0]]));
          raw({toString: function () { throw 1 }, toJSON: function () { throw 2 }});
          console.log(external.Notice("n"), external.Notice(), external.Notice({a: 1}));
        }</script>"#,
        &["user oA"],
        r#"
        put - <load invalid (no user: the page has not been told one)
        {"retCode":5,"errMsg":"参数错误"}
        > user oA
        put oA <1 hi
        {"retCode":0,"errMsg":""}
        put oA <1 duplicate hi
        {"retCode":0,"errMsg":""}
        put oA <1 duplicate hi
        {"retCode":0,"errMsg":""}
        put oA <1 invalid (`msg.head.random` is empty)
        {"retCode":5,"errMsg":"参数错误"}
        put oA <1 hi
        {"retCode":0,"errMsg":""}
        put oA <1 invalid (the argument is not JSON: expected ident at line 1 column 2)
        {"retCode":5,"errMsg":"参数错误"}
        put oA <1 invalid (the argument is not JSON: expected value at line 1 column 1)
        {"retCode":5,"errMsg":"参数错误"}
        put oA <1 invalid (the argument is not an object)
        {"retCode":5,"errMsg":"参数错误"}
        put oA <1 invalid (`msg.body` is empty)
        {"retCode":5,"errMsg":"参数错误"}
        put oA <1 invalid (`msg.body[1]`: the text is empty)
        {"retCode":5,"errMsg":"参数错误"}
        put oA <1 hi+hi
        {"retCode":0,"errMsg":""}
        put oA <1 invalid (the argument is not JSON: EOF while parsing a value at line 1 column 0)
        {"retCode":5,"errMsg":"参数错误"}
        effect.mcs.Notice {"argument":"n","returned":"{\"retCode\":0,\"errMsg\":\"\"}"}
        effect.mcs.Notice {"argument":"","returned":"{\"retCode\":0,\"errMsg\":\"\"}"}
        effect.mcs.Notice {"argument":"{\"a\":1}","returned":"{\"retCode\":0,\"errMsg\":\"\"}"}
        {"retCode":0,"errMsg":""} {"retCode":0,"errMsg":""} {"retCode":0,"errMsg":""}
        "#,
    );
}

#[test]
fn the_cause_goes_with_timers_and_promises() {
    check(
        "<script>
        var user, events = [];
        function MCS_ClientNotify(s) {
          user = JSON.parse(s).useraccount;
          var mine = user;
          put(mine + ' now');
          setTimeout(function () { put(mine + ' timer'); setTimeout(function () { put(mine + ' nested'); }, 2000); }, 2000);
          Promise.resolve().then(function () { put(mine + ' then'); });
          (async function () { await null; put(mine + ' await'); await new Promise(function (ok) { setTimeout(ok, 2500); }); put(mine + ' await timer'); })();
        }</script>",
        &["user oA", "user oB", "wait 6000"],
        r#"
        > user oA
        put oA <1 oA now
        put oA <1 oA then
        put oA <1 oA await
        > user oB
        put oB <2 oB now
        put oB <2 oB then
        put oB <2 oB await
        > wait 6000
        put oA <1 late oA timer
        put oB <2 oB timer
        put oA <1 late oA await timer
        put oB <2 oB await timer
        put oA <1 late oA nested
        put oB <2 oB nested
        "#,
    );
}

#[test]
fn who_was_current_when() {
    check(
        "<script>
        function MCS_ClientNotify(s) { var u = JSON.parse(s).useraccount; setTimeout(function () { put('for ' + u); }, 3000); }
        </script><button id=b onclick=\"put('click'); setTimeout(function () { put('later'); }, 3000)\">b</button>",
        &["click #b", "user oA", "click #b", "user oB", "user oA", "wait 5000"],
        r#"
        > click #b
        put - <1 invalid (no user: the page has not been told one)
        > user oA
        > click #b
        put oA <3 click
        > user oB
        > user oA
        > wait 5000
        put oA <1 late later
        put oA <2 for oA
        put oA <3 later
        put oB <4 late for oB
        put oA <5 for oA
        "#,
    );
}

#[test]
fn the_cause_goes_with_answers() {
    check(
        "<script>
        var waiting = [];
        function MCS_ClientNotify(s) {
          var u = JSON.parse(s).useraccount;
          var x = new XMLHttpRequest(); x.open('GET', 'index.html?' + u); x.onload = function () { put('xhr ' + u); }; x.send();
          fetch('index.html').then(function (r) { return r.text(); }).then(function (t) { put('fetch ' + u + (t.length > 9)); });
          var s = document.createElement('script'); s.src = 'data:text/javascript,put(\"script ' + u + '\")'; s.onload = function () { put('onload ' + u); }; document.body.appendChild(s);
        }</script><body>",
        &["user oA", "user oB"],
        r#"
        > user oA
        put oA <1 xhr oA
        put oA <1 fetch oAtrue
        put oA <1 script oA
        put oA <1 onload oA
        > user oB
        put oB <2 xhr oB
        put oB <2 fetch oBtrue
        put oB <2 script oB
        put oB <2 onload oB
        "#,
    );
}

#[test]
fn a_timer_set_while_loading_belongs_to_nobody_or_the_first() {
    check(
        "<script>put('loading'); setTimeout(function () { put('early'); }, 500); setInterval(function () { put('tick'); }, 20000);</script>",
        &["user oA", "wait 15000", "user oB", "wait 20000"],
        r#"
        put - <load invalid (no user: the page has not been told one)
        put - <load invalid (no user: the page has not been told one)
        > user oA
        > wait 15000
        > user oB
        > wait 20000
        put oB <load late tick
        "#,
    );
}

#[test]
fn page_time() {
    with(
        "<script>var t0 = Date.now(), n = 0; while (Date.now() - t0 < 50) n++; console.log(n); var d = new Date(); console.log(d.getTime() - t0, d.getFullYear());</script>",
        |mut page, shown| {
            assert_eq!(shown, "4998\n50 2020");
            assert_eq!(page.time(), 50);
        },
    );
    let put = format!(
        "{PUT}<script>function MCS_ClientNotify() {{ var t = Date.now(); put(1); put(2); console.log(Date.now() - t); }}</script>"
    );
    with(&put, |mut page, _| {
        assert!(page.tell("user oA").ends_with("\n2"));
        assert_eq!(page.time(), 2);
    });
}

#[test]
fn idleness() {
    let idle = |code: &str| {
        with(
            &format!(
                "<script>function log(x) {{ console.log(x + ' ' + (Date.now() - 1577836800000)); }} {code}</script>"
            ),
            |mut page, shown| (shown.replace('\n', ", "), page.time()),
        )
    };
    assert_eq!(idle("setTimeout(log, 900, 'a')"), ("a 900".to_owned(), 900));
    assert_eq!(idle("setTimeout(log, 1100, 'a')"), (String::new(), 0));
    assert_eq!(
        idle("setTimeout(function () { log('a'); setTimeout(log, 900, 'b'); }, 900)"),
        ("a 900, b 1800".to_owned(), 1800)
    );
    assert_eq!(idle("setInterval(log, 400, 'i')"), ("i 400, i 800".to_owned(), 800));
    assert_eq!(idle("setInterval(log, 2000, 'i')"), (String::new(), 0));
    assert_eq!(idle("(function again() { setTimeout(again, 500); })()"), (String::new(), 10_000));
}

#[test]
fn random_numbers_are_the_same_in_every_run_and_go_on() {
    let html = "<script>console.log(Math.random())</script>";
    let run = || with(html, |mut page, first| [first, page.tell("reload"), page.tell("reload")]);
    let (a, b) = (run(), run());
    assert_eq!(a, b);
    assert!(a[0] != a[1] && a[1] != a[2] && a[0] != a[2], "{a:?}");
}

#[test]
fn a_page_survives_its_own_faults() {
    check(
        "<script>function deep() { deep(); } function MCS_ClientNotify(s) { console.log('alive'); if (/oB/.test(s)) deep(); }</script>",
        &["user oA", "user oB", "user oC"],
        r#"
        > user oA
        alive
        > user oB
        alive
        ! limit RuntimeLimitError: reached the maximum number of recursive calls on this execution /index.html:2:31
        > user oC
        alive
        "#,
    );
    check(
        "<script>onerror = function () { nested(); }; function MCS_ClientNotify(s) { console.log('alive'); boom(); }</script>",
        &["user oA", "user oB"],
        r#"
        > user oA
        alive
        ! uncaught ReferenceError: nested is not defined /index.html:2:33
        ! uncaught ReferenceError: boom is not defined /index.html:2:99
        > user oB
        alive
        ! uncaught ReferenceError: nested is not defined /index.html:2:33
        ! uncaught ReferenceError: boom is not defined /index.html:2:99
        "#,
    );
    check(
        "<script>(function f() { location.reload(); })()</script>",
        &["user oA"],
        r#"
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        go /index.html Reload <load
        ! limit navigations_per_turn /index.html:0:0
        > user oA
        "#,
    );
    check(
        "<script>function MCS_ClientNotify(s) { console.log('alive'); if (/oA/.test(s)) (function f() { queueMicrotask(f); })(); }</script>",
        &["user oA", "map"],
        r#"
        > user oA
        alive
        ! limit microtasks_per_task /index.html:0:0
        > map
        alive
        ! limit microtasks_per_task /index.html:0:0
        "#,
    );
}

#[test]
fn what_is_no_page() {
    let error = |content: Vec<u8>| {
        with_page(vec![("index.html", content)], |opened| match opened {
            Ok((_, shown)) => format!("opened: {shown}"),
            Err(error) => format!("{error} / {}", error.hint().unwrap_or_default()),
        })
    };
    let large = error(vec![b'x'; 50 * 1024 * 1024]);
    assert!(large.contains("is larger than 16777216 bytes") && large.contains("XMLHttpRequest"), "{large}");
    let binary = error(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0".to_vec());
    assert!(binary.contains("binary data") && binary.contains("give the HTML file"), "{binary}");
    assert_eq!(error(Vec::new()), "opened: ");
    assert!(with_page(Vec::new(), |opened| opened.err().unwrap().to_string()).contains("index.html"));
}

#[test]
fn deep_trees_do_not_overflow_the_stack() {
    // For each `<div>` the HTML parser looks through all open elements, so that deep ones take long; `<span>`s do not.
    for (name, depth) in [("span", 100_000), ("div", 5_000)] {
        let (open, close) = (format!("<{name}>").repeat(depth), format!("</{name}>").repeat(depth));
        let html = format!(
            "<body><script>console.log('start')</script><p>{open}x{close}<script>
            var d = document.querySelectorAll('{name}'); console.log(d.length);
            var html = document.body.innerHTML; console.log(html.length > {depth} * 11);
            var clone = document.body.cloneNode(true); console.log(clone.getElementsByTagName('{name}').length);
            console.log(clone.isEqualNode(document.body), clone.textContent.length > 0);
            var box = document.createElement('p'); box.innerHTML = html; console.log(box.getElementsByTagName('{name}').length);
            box.normalize(); console.log(document.importNode(box, true).textContent.length > 0);
            var inner = d[d.length - 1], root = document.body;
            console.log(inner.closest('.none'), inner.matches('body {name}'), root.contains(inner), inner.compareDocumentPosition(root));
            console.log(inner.innerHTML, document.body.outerHTML.length > html.length);
            var seen = 0; document.addEventListener('click', function () {{ seen++; }}); inner.click(); console.log(seen);
            document.body.innerHTML = ''; box = clone = d = inner = null; console.log('end');
            </script>"
        );
        let shown = with(&html, |mut page, shown| shown + &page.tell("user oA"));
        let expected =
            format!("start\n{depth}\ntrue\n{depth}\ntrue true\n{depth}\ntrue\nnull true true 10\nx true\n1\nend");
        assert_eq!(shown, expected);
    }
}
