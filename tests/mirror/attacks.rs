//! Hostile pages: nothing of them runs in the browser, nothing leaves it, and the frame stays where it is.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use duoke::net::Folder;
use serde_json::{Value, json};

use crate::bench::Bench;

/// What marks every window that script reaches.
const RUN: &str = "window.hacked=parent.hacked=top.hacked=1";
/// One pixel: the last picture of each page. Once it is asked for, whatever else the browser asks for is under way.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// Somebody to whom nothing may lead: how often somebody came.
fn outside() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, came) = (listener.local_addr().unwrap().to_string(), Arc::new(AtomicUsize::new(0)));
    let count = came.clone();
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            count.fetch_add(1, Ordering::AcqRel);
        }
    });
    (address, came)
}

/// The attacks: name and page.
fn attacks(outside: &str) -> Vec<(String, String)> {
    let text = include_str!("attacks.html").replace("OUTHOST", outside).replace("OUT", &format!("http://{outside}"));
    let text = text.replace("RUN", RUN);
    let parts = text.split("\n== ").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(name, page)| (name.to_owned(), page.to_owned())).collect()
}

/// Has the browser show what is to be seen, and has it ask for what it wants.
fn settle(bench: &mut Bench) {
    bench.value(
        "new Promise((done) => {
            const last = new Image();
            last.onload = last.onerror = () => requestAnimationFrame(() => requestAnimationFrame(done));
            last.src = '/resource?url=http%3A%2F%2Fdemo.plugin.invalid%2Fnone.png';
        })",
    );
}

/// Clicks whatever looks as if something happened, with each button.
fn click_everything(bench: &mut Bench) {
    let places = bench.value(
        "[...page.querySelectorAll('a, button, input, area, summary, svg, label, [tabindex]')].slice(0, 12)
            .map((one) => Element.prototype.getBoundingClientRect.call(one))
            .filter(({width, height, y}) => width > 0 && height > 0 && y >= 0 && y < 780)
            .map(({x, y, width, height}) => [Math.min(x + width / 2, 415), Math.min(y + height / 2, 795)])",
    );
    for place in places.as_array().unwrap() {
        for button in ["left", "middle"] {
            bench.browser.click(place[0].as_f64().unwrap(), place[1].as_f64().unwrap(), button);
        }
    }
    bench.browser.key("Enter", 13);
}

/// What went wrong.
fn damage(bench: &mut Bench, origin: &str) -> Vec<String> {
    let mut found = Vec::new();
    let hacked =
        bench.browser.value("[window.hacked, typeof frame.contentWindow.hacked === 'number'].some((it) => it)");
    if hacked == true {
        found.push("something ran".to_owned());
    }
    let at = bench
        .browser
        .value("location.pathname + ' ' + frame.contentWindow.location.pathname + frame.contentWindow.location.hash");
    if at != "/ /document" {
        found.push(format!("went to {at}"));
    }
    if bench.browser.value("document.activeElement?.id ?? ''") == "stolen" {
        found.push("took the focus".to_owned());
    }
    let is_ours = |address: &String| {
        let path = address.strip_prefix(origin);
        path.is_some_and(|path| {
            path == "/"
                || ["/resource?", "/document", "/mirror.js", "/favicon.ico"].iter().any(|known| path.starts_with(known))
        }) || ["data:image/", "about:invalid"].iter().any(|known| address.starts_with(known))
    };
    found.extend(bench.browser.take_requests().into_iter().filter(|address| !is_ours(address)));
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_hostile_page_runs_or_leaves() {
    let (outside, came) = outside();
    let mut bench = Bench::start().await;
    let origin = format!("http://{}", bench.address);
    let mut problems = Vec::new();
    let attacks = attacks(&outside);
    assert!(attacks.len() >= 18, "the table was read");
    for (name, page) in attacks {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pixel.png"), PIXEL).unwrap();
        std::fs::write(folder.path().join("index.html"), format!("<!DOCTYPE html>{page}<p>shown</p>")).unwrap();
        let before = bench.resources();
        let mut mirrored = bench.open(Folder::open("demo", folder.path()).unwrap(), "index.html");
        settle(&mut bench);
        assert!(bench.resources() > before, "the browser asks where it is told to");
        click_everything(&mut bench);
        mirrored.show(&mut bench);
        settle(&mut bench);
        for problem in damage(&mut bench, &origin) {
            problems.push(format!("{name}: {problem}"));
        }
        bench.browser.value("acts.length = 0");
    }
    assert_eq!(came.load(Ordering::Acquire), 0, "somebody was reached");
    assert!(problems.is_empty(), "{problems:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_takes_no_focus_from_the_workbench() {
    let mut bench = Bench::start().await;
    bench.browser.value(
        "document.body.insertAdjacentHTML('beforeend', '<input id=composer>'), document.getElementById('composer').focus()",
    );
    let folder = tempfile::tempdir().unwrap();
    let page = "<!DOCTYPE html><input id=q autofocus><script>document.getElementById('q').focus()</script>";
    std::fs::write(folder.path().join("index.html"), page).unwrap();
    let mut mirrored = bench.open(Folder::open("demo", folder.path()).unwrap(), "index.html");
    assert!(mirrored.look()["focus"].is_number(), "the page has its focus there");
    assert_eq!(bench.browser.value("document.activeElement.id"), "composer");
}

/// The guard is not what keeps a page in alone: what it would let through is kept in by the frame and its policy.
#[tokio::test(flavor = "multi_thread")]
async fn the_frame_keeps_in_what_the_guard_would_let_through() {
    let (outside, came) = outside();
    let mut bench = Bench::start().await;
    let insert = |id: u32, tag: &str, attributes: Value| json!({"do": "insert", "id": id, "in": 2, "tag": tag, "attributes": attributes});
    let mut script = insert(3, "script", json!({}));
    script["text"] = RUN.into();
    let mut style = insert(4, "style", json!({}));
    style["text"] = format!("@import 'http://{outside}/a'; body {{ background: url(http://{outside}/b) }}").into();
    let changes = json!([
        {"do": "insert", "id": 1, "in": 0, "tag": "html"},
        {"do": "insert", "id": 2, "in": 1, "tag": "body"},
        {"do": "insert", "id": 9, "in": 1, "tag": "p"},
        script, style,
        insert(5, "img", json!({"src": format!("http://{outside}/c"), "onerror": RUN})),
        insert(6, "iframe", json!({"src": format!("http://{outside}/d"), "srcdoc": format!("<script>{RUN}</script>")})),
        insert(7, "link", json!({"rel": "stylesheet", "href": format!("http://{outside}/e")})),
        insert(8, "object", json!({"data": format!("http://{outside}/f")})),
    ]);
    bench.apply(&json!({"whole": true, "quirks": false, "focus": null, "cut": false, "changes": changes}));
    settle(&mut bench);
    assert_eq!(bench.browser.value("window.hacked ?? null"), Value::Null, "something ran");
    assert_eq!(came.load(Ordering::Acquire), 0, "somebody was reached");
}
