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
        "> user oA\n! uncaught Error: get /index.html:2:85",
    );
}

#[test]
fn outcomes_of_put_msg() {}

#[test]
fn the_cause_goes_with_timers_promises_and_navigations() {}

#[test]
fn a_timer_set_while_loading_belongs_to_nobody_or_the_first() {}

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
fn a_page_survives_its_own_faults() {}

#[test]
fn what_is_no_page() {
    let error = |content: Vec<u8>| {
        with_page(vec![("index.html", content)], |opened| match opened {
            Ok((_, shown)) => format!("opened: {shown}"),
            Err(error) => format!("{error} / {}", error.hint().unwrap_or_default()),
        })
    };
    let large = error(vec![b'x'; 50 * 1024 * 1024]);
    assert!(large.contains("larger than 16777216 bytes"), "{large}");
    let binary = error(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0".to_vec());
    assert!(binary.contains("binary data") && !binary.contains("opened"), "{binary}");
    assert_eq!(error(Vec::new()), "opened: ");
    assert!(with_page(Vec::new(), |opened| opened.err().unwrap().to_string()).contains("index.html"));
}

#[test]
fn deep_trees_do_not_overflow_the_stack() {
    let depth = 10_000;
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
    assert_eq!(
        shown,
        "start\n10000\ntrue\n10000\ntrue true\n10000\ntrue\nnull true true 10\nstring x block\n1\nend"
    );
}
