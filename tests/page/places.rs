//! Where in a page's own files something went wrong, or a message was put out.

use duoke::base::limits::PLACE_CHARS_MAX;
use duoke::engine::event_loop::{Emission, Output};
use duoke::event::{Effect, Message};

use crate::driven::{BASE, check_files, with_page};

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
    check_files(
        files,
        &["click #b", "click #c"],
        r#"
        ! uncaught TypeError: cannot convert 'null' or 'undefined' to object /index.html:4:8
        ! uncaught ReferenceError: one is not defined /index.html:6:12
        ! uncaught ReferenceError: nothing is not defined /lib.js:5:10
        ! uncaught ReferenceError: ev is not defined /index.html:15:7
        ! parse SyntaxError: abrupt end /index.html:17:19
        ! parse SyntaxError: unterminated string literal /index.html:21:12
        ! uncaught Uncaught text /index.html:24:15
        ! rejection TypeError: rejected /index.html:25:24
        ! rejection Uncaught a reason /index.html:0:0
        ! rejection TypeError: cannot convert 'null' or 'undefined' to object /index.html:25:136
        ! uncaught ReferenceError: later is not defined /index.html:14:15
        > click #b
        ! uncaught TypeError: cannot convert 'null' or 'undefined' to object /index.html:8:26
        > click #c
        ! uncaught TypeError: cannot convert 'null' or 'undefined' to object /index.html:12:15
        "#,
    );
}

#[test]
fn messages_name_the_place_in_the_pages_own_file() {
    let page = "<!DOCTYPE html>
        <script>
          function message(text) {
            return JSON.stringify({msg: {head: {random: text}, body: [{type: 0, content: {text: text}}]}});
          }
        </script>
        <script src=lib.js></script>
        <b id=b onclick=\"external.PutMsg(message('attribute'))\">b</b>
        <script>
          function MCS_ClientNotify() {
            external.PutMsg(message('plain')); external.PutMsg(message('behind it'));
            external
              .PutMsg(
                message('parts'));
            external.PutMsg('invalid');
            external.Notice('notice');
            fromLib('lib');
            [1].forEach(function () {
              external.PutMsg(message('callback'));
            });
            eval('external.PutMsg(message(\"eval\"))');
            new Function('external.PutMsg(message(\"Function\"))')();
            setTimeout('external.PutMsg(message(\"text\"))', 1);
            setTimeout(function () { external.PutMsg(message('timer')) }, 2);
            setTimeout(external.PutMsg, 3, message('by itself'));
            Promise.resolve(message('promise')).then(external.PutMsg);
            (async function () {
              await null;
              external.PutMsg(message('async'));
            })();
            document.title = 'title';
            inserted();
          }
          function inserted() {
            var script = document.createElement('script');
            script.src = 'data:text/javascript,external.PutMsg(message(\"data\"))//' + new Array(1000).join('x');
            document.body.appendChild(script);
          }
        </script>";
    let lib = "/* a library */ function fromLib(text) {\n\treturn external.PutMsg(message(text)); }";
    let files = vec![("index.html", page.into()), ("lib.js", lib.into())];
    let shown = with_page(files, |opened| {
        let (mut page, _) = opened.unwrap();
        let turns = [page.turn("user oA"), page.turn("click #b")];
        turns.iter().flat_map(|turn| &turn.emissions).map(place).collect::<Vec<_>>()
    });
    let script = "data:text/javascript,external.PutMsg(message(\"data\"))//";
    let data = format!("data: {script}{}:1:16 -", "x".repeat(PLACE_CHARS_MAX - script.len()));
    let expected = [
        "plain: /index.html:11:28 index.html",
        "behind it: /index.html:11:63 index.html",
        "parts: /index.html:13:22 index.html",
        "invalid: /index.html:15:28 index.html",
        "effect.mcs.Notice: /index.html:16:28 index.html",
        "lib: /lib.js:2:24 lib.js",
        "callback: /index.html:19:30 index.html",
        // Of code that the page made up: where it runs it.
        "eval: /index.html:21:17 index.html",
        "Function: /index.html:22:65 index.html",
        "effect.title: nowhere",
        // No code of the page calls.
        "promise: nowhere",
        "async: /index.html:29:30 index.html",
        &data,
        "text: /index.html:23:40 index.html",
        "timer: /index.html:24:53 index.html",
        "by itself: nowhere",
        "attribute: /index.html:8:41 index.html",
    ];
    assert_eq!(shown, expected);
}

/// What was said, and where: address and file.
fn place(emission: &Emission) -> String {
    let Some(place) = &emission.place else { return format!("{}: nowhere", said(emission)) };
    assert!(place.stack.is_empty() && place.frame.is_empty());
    let file = place.file.as_deref().unwrap_or("-");
    format!("{}: {}:{}:{} {file}", said(emission), place.url.replace(BASE, "/"), place.line, place.column)
}

fn said(emission: &Emission) -> String {
    match &emission.output {
        Output::Effect(Effect::PutMsg(call)) => match call.messages.first() {
            Some(Message::Text { text }) => text.clone(),
            _ => call.argument.clone(),
        },
        Output::Effect(effect) => effect.type_name(),
        Output::Fault(fault) => format!("{} {}", fault.type_name(), fault.data()),
        Output::Console(line) => line.text.clone(),
    }
}
