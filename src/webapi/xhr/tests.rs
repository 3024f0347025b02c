//! What pages do with XMLHttpRequest.

use crate::event::Cause;
use crate::webapi::testing::{check, check_caused, check_encoded, check_faults};

/// A request whose every event is logged with `readyState` and `status`.
const TRACED: &str = "var x = new XMLHttpRequest();
    function note(e) { log(e.type, x.readyState, x.status, e.loaded === undefined ? '-' : e.loaded + '/' + e.total); }
    x.onreadystatechange = note;
    ['loadstart', 'progress', 'load', 'loadend', 'error', 'timeout', 'abort'].forEach(function (k) { x['on' + k] = \
        note; });
    ";

fn traced(script: &str) -> String {
    format!("{TRACED} {script}")
}

/// The answer to a request as text.
fn echoed(setup: &str, send: &str) -> String {
    format!("var x = new XMLHttpRequest(); {setup}; x.onload = function () {{ log(x.responseText); }}; x.send({send})")
}

#[test]
fn events_of_an_answer() {
    let expected = "readystatechange 1 0 -\nloadstart 1 0 0/0\nsent\nreadystatechange 2 200 -\nreadystatechange 3 \
        200 -\n\
        progress 3 200 6/6\nreadystatechange 4 200 -\nload 4 200 6/6\nloadend 4 200 6/6";
    check(&traced("x.open('GET', '/text'); x.send(); log('sent')"), expected);
    let expected = "readystatechange 1 0 -\nloadstart 1 0 0/0\nreadystatechange 2 204 -\nprogress 2 204 0/0\n\
        readystatechange 4 204 -\nload 4 204 0/0\nloadend 4 204 0/0";
    check(&traced("x.open('GET', '/empty'); x.send()"), expected);
    let expected = "readystatechange 1 0 -\nreadystatechange 4 200 -\nload 4 200 6/6\nloadend 4 200 6/6\n您好";
    check(&traced("x.open('GET', '/text', false); x.send(); log(x.responseText)"), expected);
}

#[test]
fn events_where_no_answer_comes() {
    let opened = "readystatechange 1 0 -\nloadstart 1 0 0/0\n";
    check(
        &traced("x.open('GET', '/down'); x.send()"),
        &format!("{opened}readystatechange 4 0 -\nerror 4 0 0/0\nloadend 4 0 0/0"),
    );
    check(
        &traced("x.open('GET', '/never'); x.timeout = 50; x.send()"),
        &format!("{opened}readystatechange 4 0 -\ntimeout 4 0 0/0\nloadend 4 0 0/0"),
    );
    check(
        &traced("x.open('GET', '/never'); x.send(); after(5, function () { x.timeout = 20; })"),
        &format!("{opened}readystatechange 4 0 -\ntimeout 4 0 0/0\nloadend 4 0 0/0"),
    );
    check(
        &traced("x.open('GET', '/text'); x.send(); x.abort(); log(x.readyState)"),
        &format!("{opened}readystatechange 4 0 -\nabort 4 0 0/0\nloadend 4 0 0/0\n0"),
    );
    check(&traced("x.open('GET', '/text'); x.abort(); log(x.readyState)"), "readystatechange 1 0 -\n1");
    let aborts = "x.onreadystatechange = function () { if (x.readyState == 3) x.abort(); };";
    check(
        &traced(&format!("{aborts} x.open('GET', '/text'); x.send()")),
        "loadstart 1 0 0/0\nabort 4 0 0/0\nloadend 4 0 0/0",
    );
    check(
        &traced(
            "x.open('GET', '/text'); x.timeout = 50; x.send(); x.onloadend = null; after(99, function () { \
                log('late'); })",
        ),
        &format!(
            "{opened}readystatechange 2 200 -\nreadystatechange 3 200 -\nprogress 3 200 6/6\nreadystatechange 4 200 \
                -\nload 4 200 6/6\nlate"
        ),
    );
}

#[test]
fn a_failure_is_a_fault_and_a_sync_one_an_exception() {
    let fault = "fault.network: http://a.test/down could not be reached: refused; if the server is gone, answer the \
        address \
        from a file with `--replace http://a.test/down=FILE` or [replace] in plugin.toml";
    check_faults("var x = new XMLHttpRequest(); x.open('GET', '/down'); x.send()", &[fault]);
    check_faults(
        "var x = new XMLHttpRequest(); x.open('GET', '/down', false); try { x.send() } catch (e) {}",
        &[fault],
    );
    check_faults("var x = new XMLHttpRequest(); x.open('GET', '/missing'); x.send()", &[]);
    check_faults("var x = new XMLHttpRequest(); x.open('GET', '/never'); x.timeout = 9; x.send()", &[]);
    check(
        "var x = new XMLHttpRequest(); x.open('GET', '/down', false); try { x.send() } catch (e) { failed(e) } \
            log(x.readyState, x.status)",
        "NetworkError: Failed to execute 'send' on 'XMLHttpRequest': http://a.test/down could not be reached: \
            refused\n4 0",
    );
}

#[test]
fn a_handler_may_use_the_object_again() {
    let again = "var n = 0, x = new XMLHttpRequest();
        x.onreadystatechange = function () { if (x.readyState == 4 && n++ < 2) { log(x.responseText); x.open('GET', \
            '/json'); x.send(); } };
        x.onload = function () { log('load', x.responseText); };";
    check(&format!("{again} x.open('GET', '/text'); x.send()"), "您好\n{\"a\":[1,\"您\"]}\nload {\"a\":[1,\"您\"]}");
    check(
        "var x = new XMLHttpRequest(); x.onload = function () { log(x.responseText) }; x.open('GET', '/text'); \
            x.send(); x.open('GET', '/json'); x.send()",
        "{\"a\":[1,\"您\"]}",
    );
}

#[test]
fn what_is_sent() {
    let post = "x.open('post', '../echo')";
    check(
        &echoed(post, "'您'"),
        "POST http://a.test/echo with cookies\nContent-Type: text/plain;charset=UTF-8\nAccept: */*\n\n您",
    );
    let form = format!("{post}; x.setRequestHeader('Content-type', 'application/x-www-form-urlencoded; charset=gbk')");
    check(
        &echoed(&form, "'a=1'"),
        "POST http://a.test/echo with cookies\nContent-type: application/x-www-form-urlencoded; charset=UTF-8\n\
            Accept: */*\n\na=1",
    );
    check(
        &echoed(post, "new URLSearchParams({a: '您'})"),
        "POST http://a.test/echo with cookies\nContent-Type: application/x-www-form-urlencoded;charset=UTF-8\n\
            Accept: */*\n\na=%E6%82%A8",
    );
    check(
        &echoed(&format!("{post}; var f = new FormData(); f.append('a', 'b')"), "f"),
        "POST http://a.test/echo with cookies\nContent-Type: multipart/form-data; \
            boundary=----duokeFormBoundary0000000000000000\nAccept: */*\n\n\
         ------duokeFormBoundary0000000000000000\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n\
             ------duokeFormBoundary0000000000000000--\r\n",
    );
    check(
        &echoed(&format!("{post}; parse('<p>1')"), "document"),
        "POST http://a.test/echo with cookies\nContent-Type: text/html;charset=UTF-8\nAccept: */*\n\n\
         <html><head></head><body><p>1</p></body></html>",
    );
    check(
        &echoed("x.open('GET', 'http://b.test/echo?q#f')", "'not sent'"),
        "GET http://b.test/echo?q#f\nAccept: */*\n\n",
    );
    check(
        &echoed("x.open('GET', 'http://b.test/echo'); x.withCredentials = true", ""),
        "GET http://b.test/echo with cookies\nAccept: */*\n\n",
    );
    check(
        &echoed(
            "x.open('GET', '/echo', true, 'user', 'pw'); x.setRequestHeader('X-A', ' 1 '); \
                x.setRequestHeader('x-a', 2); x.setRequestHeader('Host', 'evil'); x.setRequestHeader('accept', \
                    'text/json')",
            "",
        ),
        "GET http://a.test/echo with cookies\nX-A: 1, 2\naccept: text/json\n\n",
    );
}

#[test]
fn text_in_its_encoding() {
    let load = |setup: &str, path: &str| echoed(&format!("x.open('GET', '{path}'); {setup}"), "");
    check(&load("", "/gbk"), "您好");
    check(&load("x.overrideMimeType('text/plain; charset=utf-8')", "/gbk"), "\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
    check(&load("x.overrideMimeType('text/plain')", "/gbk"), "您好");
    check(&load("", "/gbk.xml"), "<?xml version=\"1.0\" encoding=\"gb2312\"?><a>您</a>");
    check(&load("", "/json"), "{\"a\":[1,\"您\"]}");
}

#[test]
fn response_types() {
    let load = |kind: &str, path: &str, show: &str| {
        format!(
            "var x = new XMLHttpRequest(); x.open('GET', '{path}'); x.responseType = '{kind}';
            x.onload = function () {{ log({show}); }}; x.send(); log(x.response, x.responseType)"
        )
    };
    check(&load("json", "/json", "x.response.a[1], x.response === x.response"), " json\n您 true");
    check(&load("json", "/text", "x.response"), " json\n");
    check(&load("arraybuffer", "/text", "x.response.byteLength"), " arraybuffer\n6");
    check(&load("text", "/text", "x.response"), " text\n您好");
    check(&load("blob", "/text", "x.response.size, x.response.type"), " blob\n6 text/plain");
    check(&load("moz-blob", "/text", "x.response"), " \n您好");
    check(&load("document", "/html", "typeof x.response, x.responseXML === x.response"), " document\nobject true");
    check(&load("document", "/json", "x.response"), " document\n");
    check(&load("", "/html", "x.responseXML"), " \n");
    check(&load("", "/gbk.xml", "x.responseXML.documentElement.textContent"), " \n您");
    check(&load("", "/gbk.xml", "x.responseXML.characterSet, document.characterSet"), " \nGBK UTF-8");
    check(&load("document", "/gbk", "x.response.characterSet"), " document\nGBK");
    check(&load("document", "/gbk.xml", "x.response.documentElement.nodeName"), " document\na");
    check(&load("", "/text", "typeof x.overrideMimeType, x.responseXML"), " \nfunction ");
    check(
        &load("json", "/json", "(function () { try { x.responseText } catch (e) { return e.name } })()"),
        " json\nInvalidStateError",
    );
}

#[test]
fn headers_of_the_answer() {
    let load = |path: &str, show: &str| {
        format!(
            "var x = new XMLHttpRequest(); log(JSON.stringify(x.getAllResponseHeaders()), \
            x.getResponseHeader('a'), x.responseURL);
            x.open('GET', '{path}'); x.onload = function () {{ log({show}); }}; x.send()"
        )
    };
    check(
        &load("/headers", "JSON.stringify(x.getAllResponseHeaders())"),
        "\"\"  \n\"content-length: 1\\r\\ncontent-type: text/plain\\r\\nx-a: a\\r\\nx-b: 1, 2\\r\\n\"",
    );
    check(
        &load(
            "/headers",
            "x.getResponseHeader('X-B'), x.getResponseHeader('Set-Cookie'), x.getResponseHeader('z') === null",
        ),
        "\"\"  \n1, 2  true",
    );
    check(&load("/moved", "x.responseURL, x.responseText"), "\"\"  \nhttp://a.test/text moved");
    check(&load("/missing", "x.status, x.statusText, x.responseText"), "\"\"  \n404 Not Found no");
}

#[test]
fn upload_events() {
    let post = "var x = new XMLHttpRequest(); x.open('POST', '/text');
        ['loadstart', 'progress', 'load', 'loadend', 'error'].forEach(function (k) { x.upload.addEventListener(k, \
            function (e) { log(k, e.loaded, e.total, e.target === x.upload); }); });
        x.upload.onload = function () { log('handler'); };";
    check(
        &format!("{post} x.send('abc')"),
        "loadstart 0 3 true\nprogress 3 3 true\nload 3 3 true\nhandler\nloadend 3 3 true",
    );
    check(&format!("{post} x.onload = function () {{ log('done'); }}; x.send()"), "done");
    check("String(new XMLHttpRequest().upload)", "[object XMLHttpRequestUpload]");
}

#[test]
fn what_is_refused() {
    let fails =
        |script: &str| format!("var x = new XMLHttpRequest(); try {{ {script}; 'fine' }} catch (e) {{ e.name }}");
    for (script, expected) in [
        ("x.send()", "InvalidStateError"),
        ("x.setRequestHeader('a', 'b')", "InvalidStateError"),
        ("x.open('GET')", "TypeError"),
        ("x.open('G T', '/')", "SyntaxError"),
        ("x.open('TRACE', '/')", "SecurityError"),
        ("x.open('GET', 'http://')", "SyntaxError"),
        ("x.open('GET', '/'); x.setRequestHeader('a b', 'c')", "SyntaxError"),
        ("x.open('GET', '/'); x.setRequestHeader('a', '您')", "TypeError"),
        ("x.open('GET', '/never'); x.send(); x.send()", "InvalidStateError"),
        ("x.open('GET', '/never'); x.send(); x.withCredentials = true", "InvalidStateError"),
        ("x.timeout = 5; x.open('GET', '/', false)", "InvalidAccessError"),
        ("x.open('GET', '/', false); x.timeout = 5", "InvalidAccessError"),
        ("x.open('GET', '/', false); x.responseType = 'json'", "InvalidAccessError"),
        ("x.open('GET', '/text', false); x.send(); x.overrideMimeType('a/b')", "InvalidStateError"),
        ("x.withCredentials = true; x.timeout = 9; x.overrideMimeType('a/b'); x.abort()", "fine"),
        ("XMLHttpRequest.prototype.send.call({})", "TypeError"),
        ("XMLHttpRequest()", "TypeError"),
    ] {
        check(&fails(script), expected);
    }
    check(
        "[XMLHttpRequest.DONE, new XMLHttpRequest().LOADING, 'withCredentials' in new XMLHttpRequest(), String(new \
            XMLHttpRequest())].join()",
        "4,3,true,[object XMLHttpRequest]",
    );
    check(
        "var x = new XMLHttpRequest(); x.onload = 5; log(x.onload, x.onerror); x.onload = log; log(x.onload === log)",
        " \ntrue",
    );
}

#[test]
fn answers_have_the_cause_of_their_request() {
    let script = "var x = new XMLHttpRequest(); x.open('GET', '/text'); x.onload = function () { log(cause()); }; \
        x.send();
        var y = new XMLHttpRequest(); y.open('GET', '/never'); y.timeout = 5; y.ontimeout = function () { \
            log(cause()); }; y.send()";
    check_caused(Cause::new("s7", Some("u")), script, "s7\ns7");
}

#[test]
fn a_handler_that_throws_stops_nothing() {
    let script = "var x = new XMLHttpRequest(); x.onreadystatechange = function () { if (x.readyState == 4) throw \
        new Error('mine'); };
        x.onload = function () { log('load'); }; x.open('GET', '/text'); x.send()";
    check(script, "load");
    check_faults(script, &["fault.uncaught: Error: mine"]);
}

#[test]
fn a_query_is_in_the_document_s_encoding_and_a_body_is_not() {
    let script = echoed("x.open('POST', '/echo?q=您')", "'您'");
    let sent = |query: &str| {
        format!(
            "POST http://a.test/echo?q={query} with cookies\nContent-Type: text/plain;charset=UTF-8\nAccept: */*\n\n您"
        )
    };
    check_encoded("GBK", &script, &sent("%C4%FA"));
    check_encoded("UTF-8", &script, &sent("%E6%82%A8"));
}
