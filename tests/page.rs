//! Pages as functions from stimuli to effects: what they are told, what comes out, under which cause, and what goes wrong.

#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

#[path = "page/driven.rs"]
mod driven;

use driven::{Driven, PUT, with_page};

/// Opens a page (with `put` defined), tells it things, and compares what came out: lines `> what` before each.
#[track_caller]
fn check(html: &str, steps: &[&'static str], expected: &str) {
    check_files(vec![("index.html", format!("{PUT}\n{html}").into_bytes())], steps, expected);
}

#[track_caller]
fn check_files(files: Vec<(&'static str, Vec<u8>)>, steps: &[&'static str], expected: &str) {
    let steps = steps.to_vec();
    let steps_shown = format!("{steps:?}");
    let shown = with_page(files, move |opened| {
        let (mut page, mut shown) = opened.unwrap();
        for step in steps {
            let out = page.tell(step);
            shown.push_str(&format!("\n> {step}\n{out}"));
        }
        shown
    });
    let trim = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let (shown, expected) = (trim(&shown), trim(expected));
    if expected == "?" {
        println!("=== {steps_shown}\n{shown}");
        return;
    }
    assert!(shown == expected, "\n--- got\n{shown}\n--- expected\n{expected}\n");
}

/// Runs `work` with a page made of this markup.
fn with<R: Send + 'static>(html: &str, work: impl FnOnce(Driven, String) -> R + Send + 'static) -> R {
    let files = vec![("index.html", html.as_bytes().to_vec())];
    with_page(files, move |opened| opened.map(|(page, shown)| work(page, shown)).unwrap())
}

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
        "> user oA\n! uncaught Error: get /index.html:2:92",
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
        "?",
    );
}

#[test]
fn the_cause_goes_with_timers_promises_and_navigations() {
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
        "?",
    );
    check(
        "<script>
        function MCS_ClientNotify(s) { var u = JSON.parse(s).useraccount; setTimeout(function () { put('for ' + u); }, 3000); }
        </script><button id=b onclick=\"put('click'); setTimeout(function () { put('later'); }, 3000)\">b</button>",
        &["click #b", "user oA", "click #b", "user oB", "user oA", "wait 5000"],
        "?",
    );
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
        "?",
    );
}

#[test]
fn a_timer_set_while_loading_belongs_to_nobody_or_the_first() {
    check(
        "<script>put('loading'); setTimeout(function () { put('early'); }, 500); setInterval(function () { put('tick'); }, 20000);</script>",
        &["user oA", "wait 15000", "user oB", "wait 20000"],
        "?",
    );
}

#[test]
fn faults_name_the_place_in_the_pages_own_file() {
    let files = vec![
        (
            "index.html",
            "<!DOCTYPE html>\n<p>x</p><script>\n  var a = 1;\n  null.x;\n</script>\n<p><script>one();two.three()</script>\n\
             <script src=lib.js></script>\n<b id=b onclick=\"this.is.not\">b</b><b id=c\n  ondblclick=\"}\" onclick=\"inHandler()\">c</b>\n\
             <script>\n  function inHandler() {\n    undefined.y;\n  }\n  setTimeout('later.now()', 0);\n  eval('ev.al()');\n</script>\n\
             <script>var x = {;</script>\n<script>\n\n  function f() {\n    return 'unclosed\n  }\n</script>\n<script>throw 'text'</script>\n\
             <script>Promise.reject(new TypeError('rejected'))</script><script>Promise.reject('a reason')</script>\
             <script>(async function () { null.deep })()</script>"
                .into(),
        ),
        ("lib.js", "// one\n\nfunction fromLib() { missing(); }\nfunction g() {\n\tnothing.at.all();\n}\nfromLib.g = g;\ng();\n".into()),
    ];
    check_files(files, &["click #b", "click #c"], "?");
}

#[test]
fn navigations() {
    let files = || {
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
    };
    check_files(files(), &["user oA", "click #link", "user oA", "click #back", "user oB"], "?");
    check_files(files(), &["click #frag", "click #hash", "click #blank", "click #none", "user oA"], "?");
    check_files(files(), &["user oA", "click #sub", "click #back", "submit #f", "click #back", "submit #p"], "?");
    check_files(files(), &["user oA", "click #href", "click #back", "click #reload", "reload", "click #timer"], "?");
}

#[test]
fn the_five_things_a_person_does() {
    let listen = "<script>
        var types = 'mousedown mouseup click focus blur keydown keypress input keyup change submit'.split(' ');
        for (var i = 0; i < types.length; i++) document.addEventListener(types[i], function (e) {
          var t = e.target; console.log(e.type, t.id || t.nodeName, e.isTrusted, /^key/.test(e.type) ? e.key + e.keyCode : '', t.value === undefined ? '' : t.value);
        }, true);</script>";
    let html = format!(
        "<!DOCTYPE html><body><form id=f onsubmit='return false'><input id=t name=t><input id=c type=checkbox><input id=r type=radio name=r value=r>\
         <select id=s><option value=1>one<option value=2 id=two>two</select><select id=m multiple><option>a<option>b<option>c</select><textarea id=ta></textarea><button id=b>b</button></form>{listen}"
    );
    check(
        &html,
        &[
            "click #t",
            "input #t \"您好\"",
            "change #t \"new\"",
            "change #c true",
            "change #c false",
            "click #c",
            "change #r true",
            "change #s \"2\"",
            "change #two false",
            "change #m [\"a\",\"c\"]",
            "input #ta \"x\\ny\"",
            "key #t \"a\"",
            "key #t \"Enter\"",
            "submit #f",
            "submit #b",
            "click #b",
            "click .none",
            "click [",
            "click #f,#b",
        ],
        "?",
    );
}

#[test]
fn page_time() {
    with(
        "<script>var t0 = Date.now(), n = 0; while (Date.now() - t0 < 50) n++; console.log(n); var d = new Date(); console.log(d.getTime() - t0, d.getFullYear());</script>",
        |mut page, shown| {
            assert_eq!(shown, "4999\n50 2020");
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
        "?",
    );
    check(
        "<script>onerror = function () { nested(); }; function MCS_ClientNotify(s) { console.log('alive'); boom(); }</script>",
        &["user oA", "user oB"],
        "?",
    );
    check("<script>(function f() { location.reload(); })()</script>", &["user oA"], "?");
    check(
        "<script>function MCS_ClientNotify() { (function f() { Promise.resolve().then(f); })(); }</script>",
        &["user oA", "map"],
        "?",
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
    assert!(
        large.contains("has 52428800 bytes, more than the 16777216") && large.contains("XMLHttpRequest"),
        "{large}"
    );
    let binary = error(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0".to_vec());
    assert!(binary.contains("text") && !binary.contains("opened"), "{binary}");
    assert_eq!(error(Vec::new()), "opened: ");
    assert!(with_page(Vec::new(), |opened| opened.err().unwrap().to_string()).contains("index.html"));
}

#[test]
fn deep_trees_do_not_overflow_the_stack() {
    let depth = 100_000;
    let html = format!(
        "<body><script>console.log('start')</script>{}x{}<script>
        var d = document.querySelectorAll('div'); console.log(d.length);
        var html = document.body.innerHTML; console.log(html.length > {depth} * 11);
        var clone = document.body.cloneNode(true); console.log(clone.getElementsByTagName('div').length);
        console.log(clone.isEqualNode(document.body), clone.textContent.length > 0);
        var box = document.createElement('p'); box.innerHTML = html; console.log(box.getElementsByTagName('div').length);
        box.normalize(); console.log(document.importNode(box, true).textContent.length > 0);
        var inner = d[d.length - 1]; console.log(inner.closest('.none'), inner.matches('body div'), document.body.contains(inner), inner.compareDocumentPosition(document.body));
        console.log(typeof inner.innerText, inner.innerHTML, getComputedStyle(inner).display);
        var seen = 0; document.addEventListener('click', function () {{ seen++; }}); inner.click(); console.log(seen);
        document.body.innerHTML = ''; box = clone = d = inner = null; console.log('end');
        </script>",
        "<div>".repeat(depth),
        "</div>".repeat(depth)
    );
    let shown = with(&html, |mut page, shown| shown + &page.tell("user oA"));
    assert_eq!(shown, "?");
}
