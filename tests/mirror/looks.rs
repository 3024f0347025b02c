//! What a page in a process of its own answers whoever looks at it.

use duoke::dom::mirror::{Change, Content, View};
use duoke::page::{Driver, Look, Looked};
use duoke::process::PageProcess;

use crate::page_bench::Whole as _;
use crate::process_bench::{BOUNDS, PATIENT, Site, USER_A, input};

fn changes(page: &mut PageProcess, viewer: u64) -> View {
    let Some(Looked::View(view)) = page.look(Look::Changes(viewer)) else { panic!("the page is there") };
    view
}

fn click(selector: &str) -> String {
    format!(r#"{{"type":"stimulus.ui.click","data":{{"selector":"{selector}"}}}}"#)
}

/// The number of the element with a tag.
fn number(view: &View, tag: &str) -> u32 {
    let is_it = |change: &&Change| matches!(change, Change::Insert { content: Content::Element(element), .. } if element.tag == tag);
    let Some(Change::Insert { id, .. }) = view.changes.iter().find(is_it) else { panic!("{tag} is shown") };
    *id
}

#[test]
fn only_differences_come_however_the_page_came_to_be() {
    let site = Site::new(
        "<button id=more onclick=\"var p = document.createElement('p'); p.textContent = 'new'; document.body.appendChild(p)\">m</button>
         <a id=away href=other.html>away</a>",
    )
    .with("other.html", "<h1>other</h1>");
    for mut page in site.processes(PATIENT).into_iter().chain(site.further_processes(PATIENT)) {
        assert_eq!(page.look(Look::Changes(1)), None, "it is not open");
        let opened = page.open_whole().unwrap();
        let whole = changes(&mut page, 1);
        assert!(whole.document.is_some() && !whole.is_cut);
        assert_eq!(changes(&mut page, 1), View::default(), "nothing is new");
        let Some(Looked::Selector(selector)) = page.look(Look::Selector(1, number(&whole, "button"))) else {
            panic!("it has one")
        };
        assert_eq!(selector, "#more");
        assert_eq!(page.look(Look::Selector(1, 1_000_000)), None);
        assert_eq!(page.look(Look::Selector(2, 1)), None, "nobody else was shown anything");
        let turn = page.turn_whole(input(&click(&selector), 1, opened.now));
        let new = changes(&mut page, 1);
        assert!(new.document.is_none() && new.focus == Some(number(&whole, "button")), "{new:?}");
        assert_eq!(new.changes.len(), 2, "a paragraph and its text: {new:?}");
        assert!(changes(&mut page, 2).document.is_some(), "another viewer is shown all of it");
        page.turn_whole(input(&click("#away"), 2, turn.now));
        let other = changes(&mut page, 1);
        assert!(other.document.is_some_and(|origin| origin.base.ends_with("/other.html")));
        assert_eq!(page.look(Look::Forget(1)), Some(Looked::Forgotten));
        assert!(changes(&mut page, 1).document.is_some());
    }
}

#[test]
fn a_page_that_died_is_shown_whole_again() {
    let site = Site::new("<button id=die onclick='for (;;);'>x</button>");
    let mut page = site.processes(BOUNDS).remove(0);
    let opened = page.open_whole().unwrap();
    assert!(changes(&mut page, 1).document.is_some());
    let turn = page.turn_whole(input(&click("#die"), 1, opened.now));
    let turn = page.turn_whole(input(USER_A, 2, turn.now));
    assert!(turn.now >= opened.now);
    assert!(changes(&mut page, 1).document.is_some(), "a fresh one");
}

#[test]
fn what_a_page_keeps() {
    let site = Site::new(
        "<script>localStorage.a = 'b'; sessionStorage.c = 'd'; document.cookie = 'e=f';
         localStorage.long = new Array(300000).join('x');</script>",
    );
    for mut page in site.processes(PATIENT) {
        page.open_whole().unwrap();
        let Some(Looked::Storage(storage)) = page.look(Look::Storage) else { panic!("the page is there") };
        let pair = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        assert_eq!((storage.local, storage.session), (pair("a", "b"), pair("c", "d")));
        assert_eq!((storage.cookies.as_str(), storage.is_cut), ("e=f", true), "the rest of it is too long");
    }
}
