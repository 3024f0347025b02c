//! A person works in the mirror of a sample plugin.

use std::path::Path;

use duoke::base::limits::SETTLE_MS_DEFAULT;
use duoke::dom::mirror::{Change, Content};
use duoke::event::{Stimulus, parse_line};
use duoke::net::Folder;
use duoke::page::{Driver as _, Look, Looked, PageThread, TurnInput};
use serde_json::{Value, json};

use crate::bench::{Bench, Mirrored};
use crate::page_bench::{Whole as _, messages, options};

fn sample(name: &str) -> Folder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-plugins").join(name).join("page");
    Folder::open("demo", &folder).unwrap()
}

/// A page of markup.
fn page(bench: &mut Bench, html: &str) -> Mirrored {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), html).unwrap();
    bench.open(Folder::open("demo", folder.path()).unwrap(), "index.html")
}

const SAMPLES: [&str; 6] = ["quick-reply", "order-lookup", "map", "tickets", "echat-faq", "echat-products"];
const USER: &str = r#"{"event":"OnUserChange","useraccount":"oA"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn samples_look_like_themselves() {
    let mut bench = Bench::start().await;
    for name in SAMPLES {
        let mut mirrored = bench.open(sample(name), "index.html");
        mirrored.tell(USER);
        mirrored.show(&mut bench);
        bench.browser.screenshot(&format!("mirror-{name}"));
        let html = mirrored_text(&mut bench);
        assert!(html.len() > 10, "{name}: {html}");
    }
}

fn mirrored_text(bench: &mut Bench) -> String {
    bench.value("page.body.innerText").as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_in_the_mirror_is_one_in_the_page() {
    let mut bench = Bench::start().await;
    let mut mirrored = page(
        &mut bench,
        "<!DOCTYPE html><p id=p>0</p><button name=go>go</button><label>l <input type=checkbox name=c></label>
         <script>var n = 0; function put(text) { external.PutMsg(JSON.stringify({msg: {head: {random: String(++n)},
           body: [{type: 0, content: {text: text}}]}})); }
         document.getElementsByName('go')[0].onclick = function () { p.textContent = 'clicked'; put('hello'); };</script>",
    );
    mirrored.tell(USER);
    bench.click("button");
    let acts = bench.acts(1);
    assert_eq!(acts[0]["kind"], "click");
    let turn = mirrored.act(&acts[0]);
    assert_eq!(messages(&turn).len(), 1);
    let view = mirrored.look();
    assert!(view["whole"].is_null() && view.to_string().len() < 400, "only the difference: {view}");
    bench.apply(&view);
    assert_eq!(bench.value("page.querySelector('p').textContent"), "clicked");
    bench.click("label");
    let acts = bench.acts(1);
    assert_eq!(bench.value("page.querySelector('[name=c]').checked"), false, "only the page checks its box");
    mirrored.act(&acts[0]);
    mirrored.show(&mut bench);
    assert_eq!(bench.value("page.querySelector('[name=c]').checked"), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_and_chosen_comes_to_the_page() {
    let mut bench = Bench::start().await;
    let mut mirrored = page(
        &mut bench,
        "<form onsubmit=\"out.textContent = 'sent ' + q.value; return false\"><input id=q name=q><input type=password name=w value=secret><button>s</button></form>
         <select name=s multiple size=3><option value=1>one<option value=2 selected>two<option value=3>three</select>
         <textarea name=t>a</textarea><p id=out></p><p id=typed></p>
         <script>q.onkeyup = function () { typed.textContent = q.value.length + ' typed'; }</script>",
    );
    assert_eq!(bench.value("page.compatMode"), "BackCompat", "as the page is");
    assert_eq!(bench.value("page.querySelector('[name=w]').type"), "text", "no browser fills in a password");
    bench.click("#q");
    bench.browser.text("您好");
    assert_eq!(bench.value("page.querySelector('#q').value"), "您好");
    let acts = bench.acts(2);
    assert_eq!(
        (&acts[0]["kind"], &acts[1]),
        (&json!("click"), &json!({"node": acts[0]["node"], "kind": "input", "value": "您好"}))
    );
    acts.iter().for_each(|act| drop(mirrored.act(act)));
    bench.browser.text("!");
    mirrored.show(&mut bench);
    assert_eq!(bench.value("page.querySelector('#q').value"), "您好!", "what is being typed stays");
    assert_eq!(bench.value("page.querySelector('#typed').textContent"), "2 typed");
    bench.browser.key("Enter", 13);
    let acts = bench.acts(2);
    let kinds: Vec<&Value> = acts.iter().map(|act| &act["kind"]).collect();
    assert_eq!((kinds, &acts[1]["value"]), (vec![&json!("input"), &json!("key")], &json!("Enter")));
    acts.iter().for_each(|act| drop(mirrored.act(act)));
    mirrored.show(&mut bench);
    assert_eq!(bench.value("page.querySelector('#out').textContent"), "sent 您好!");
    bench.click("option:nth-of-type(3)");
    let acts = bench.acts(1);
    assert_eq!(
        (&acts[0]["kind"], &acts[0]["value"]),
        (&json!("change"), &json!(["3"])),
        "Enter has told the other: {acts:?}"
    );
    mirrored.act(&acts[0]);
    mirrored.show(&mut bench);
    assert_eq!(bench.value("[...page.querySelector('select').selectedOptions].map((o) => o.value)"), json!(["3"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_is_loaded_anew_asks_for_all_of_it() {
    let mut bench = Bench::start().await;
    let _page = page(&mut bench, "<!DOCTYPE html><p>x</p>");
    // Before that it is not loaded anew.
    bench.browser.value(
        "new Promise((done) => {
            const look = () => (frame.contentDocument?.querySelector('p') ? done(true) : requestAnimationFrame(look));
            look();
        })",
    );
    bench.browser.value("void (frame.src = '/document')");
    bench.browser.until("document.body.dataset.again");
}

/// A selector for each element of a sample: each finds that element alone, and the same when the page is opened again.
#[test]
fn each_element_of_a_sample_has_a_selector() {
    let selectors = |name: &str| {
        let mut page = PageThread::new(options(sample(name), "index.html", Vec::new()));
        let now = page.open_whole().unwrap().now;
        let stimulus = Stimulus::from_line(&parse_line(USER, 1, "events").unwrap().unwrap());
        page.turn_whole(TurnInput { stimulus: Some(stimulus), at: now, settle_ms: SETTLE_MS_DEFAULT });
        let Some(Looked::View(view)) = page.look(Look::Changes(1)) else { panic!("the page is there") };
        let elements = view.changes.iter().filter_map(|change| match change {
            Change::Insert { id, content: Content::Element(_), .. } => Some(*id),
            _ => None,
        });
        let selectors = elements.map(|id| match page.look(Look::Selector(1, id)) {
            Some(Looked::Selector(selector)) => selector,
            other => panic!("{name}: {id} is shown, but {other:?}"),
        });
        selectors.collect::<Vec<String>>()
    };
    for name in SAMPLES {
        let found = selectors(name);
        let distinct: std::collections::BTreeSet<&String> = found.iter().collect();
        assert_eq!(distinct.len(), found.len(), "{name}: {found:#?}");
        assert!(found.len() > 5 && found.iter().all(|selector| selector.len() < 200), "{name}: {found:#?}");
        assert_eq!(found, selectors(name), "{name}");
    }
}
