//! Pages that are forked, compiled or loaded, are the same as pages that are spawned and load by themselves.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

mod page_bench;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duoke::base::limits::page::PageLimits;
use duoke::base::limits::{CLOCK_START_MS, SETTLE_MS_DEFAULT};
use duoke::config::PluginConfig;
use duoke::event::{LocalStorage, Stimulus, parse_line};
use duoke::net::Folder;
use duoke::page::{Driver, Moment, PageOptions, TurnInput};
use duoke::process::{Launcher, Level, PageProcess, Served, Spawner, Templates};
use page_bench::{Whole as _, options, require_libraries, root};

/// For pages that meet no deadline.
const PATIENT: PageLimits = PageLimits { turn_soft_ms: 60_000, turn_hard_ms: 60_000, ..PageLimits::DEFAULT };
/// Half a day after the load, with other random numbers.
const LATER: Moment = Moment { at: CLOCK_START_MS + 43_200_000, seed: 7 };

fn spawner() -> Spawner {
    Spawner::new(PathBuf::from(env!("CARGO_BIN_EXE_duoke")))
}

/// What a page is, and what it is told.
struct Case {
    folder: Folder,
    path: String,
    session: Vec<String>,
    storage: LocalStorage,
}

impl Case {
    fn options(&self) -> PageOptions {
        let storage = self.storage.clone();
        let options = options(self.folder.clone(), &self.path, Vec::new());
        PageOptions { resume: Some(LATER), limits: PATIENT, storage, ..options }
    }

    /// Everything it gives out, its document, and how it came to be.
    fn play(&self, launcher: &Arc<dyn Launcher>) -> String {
        let mut page = PageProcess::new(self.options(), launcher.clone());
        let mut said = String::new();
        let mut turn = page.open_whole().unwrap();
        for number in 0..=self.session.len() {
            for emission in &turn.emissions {
                writeln!(said, "{emission:?}").unwrap();
            }
            writeln!(said, "{} {}", turn.now, turn.idle).unwrap();
            let Some(line) = self.session.get(number) else { break };
            let Some(line) = parse_line(line, number as u64 + 1, "session").unwrap() else { continue };
            let input =
                TurnInput { stimulus: Some(Stimulus::from_line(&line)), at: turn.now, settle_ms: SETTLE_MS_DEFAULT };
            turn = page.turn_whole(input);
        }
        said + &page.document_html()
    }

    /// Spawned, forked with its scripts compiled, forked loaded: the same.
    fn check(&self) -> Served {
        let expected = self.play(&(Arc::new(spawner()) as Arc<dyn Launcher>));
        let compiled = Arc::new(Templates::new(spawner()).up_to(Level::Compiled));
        let loaded = Arc::new(Templates::new(spawner()));
        for templates in [&compiled, &loaded] {
            let launcher = templates.clone() as Arc<dyn Launcher>;
            for round in 0..3 {
                let found = self.play(&launcher);
                assert!(found == expected, "{} in round {round}: {}", self.path, difference(&expected, &found));
            }
        }
        assert_eq!(compiled.served(), Served { spawned: 1, compiled: 2, loaded: 0 }, "{}", self.path);
        loaded.served()
    }
}

/// The first line that differs.
fn difference(expected: &str, found: &str) -> String {
    let pair = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    pair.map_or_else(|| "one is longer".to_owned(), |(expected, found)| format!("\n- {expected}\n+ {found}"))
}

fn session(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn sites(shard: usize) {
    require_libraries();
    let mut names: Vec<String> = std::fs::read_dir(root().join("libraries/sites"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    for name in names.iter().skip(shard).step_by(4) {
        let case = Case {
            folder: Folder::open("tests", &root()).unwrap(),
            path: format!("libraries/sites/{name}/index.html"),
            session: session(&root().join("libraries/sites").join(name).join("session.jsonl")),
            storage: LocalStorage::default(),
        };
        let served = case.check();
        assert_eq!(served.spawned + served.loaded + served.compiled, 3, "{name}");
    }
}

#[test]
fn library_pages_1() {
    sites(0);
}

#[test]
fn library_pages_2() {
    sites(1);
}

#[test]
fn library_pages_3() {
    sites(2);
}

#[test]
fn library_pages_4() {
    sites(3);
}

/// Every sample with HTML, told all of its sessions. The query is what pages of EChat are opened with: without a token any
/// signature passes.
#[test]
fn sample_plugins() {
    const QUERY: &str = "timestamp=1577836800&nonce=n&signature=0123456789012345678901234567890123456789&data=shop%3D7";
    let mut count = 0;
    for folder in listed(&root().parent().unwrap().join("sample-plugins")).iter().filter(|path| path.is_dir()) {
        let config = PluginConfig::read(&folder.join("plugin.toml")).unwrap();
        if config.page.ends_with(".js") {
            continue;
        }
        let is_built = !folder.join("package.json").exists() || folder.join("page/build").is_dir();
        assert!(is_built, "{} is not built: run scripts/test, which builds it", folder.display());
        let case = Case {
            folder: Folder::open("sample", folder).unwrap(),
            path: format!("{}?{QUERY}", config.page),
            session: listed(&folder.join("sessions"))
                .iter()
                .filter(|path| path.extension() == Some("jsonl".as_ref()))
                .flat_map(|path| session(path))
                .collect(),
            storage: LocalStorage::default(),
        };
        case.check();
        count += 1;
    }
    assert!(count >= 6, "{count} samples");
}

/// What lies in a folder, by name.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A page of this markup.
fn made(markup: &str, session: &[&str]) -> (tempfile::TempDir, Case) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), markup).unwrap();
    std::fs::write(folder.path().join("data.json"), "[1]").unwrap();
    let case = Case {
        folder: Folder::open("demo", folder.path()).unwrap(),
        path: "index.html".to_owned(),
        session: session.iter().map(|line| (*line).to_owned()).collect(),
        storage: LocalStorage::default(),
    };
    (folder, case)
}

const TOLD: [&str; 2] =
    [r#"{"event":"OnUserChange","useraccount":"oA"}"#, r#"{"event":"OnUserChange","useraccount":"oB"}"#];

#[test]
fn what_a_page_reads_while_it_loads_is_the_template_s() {
    let (_folder, case) = made(
        "<p id=p></p><script>
           var loaded = [Math.random(), Date.now(), performance.now()];
           var request = new XMLHttpRequest();
           request.open('GET', 'data.json', false); request.send(); loaded.push(request.responseText);
           setInterval(function () { p.innerHTML += '.'; }, 300);
           setTimeout(function () { p.innerHTML += '!'; }, 5000);
           function MCS_ClientNotify(s) {
             console.log([loaded, Math.random(), Date.now(), performance.now(), p.innerHTML, document.cookie]);
           }
         </script><script>function later() {}</script>",
        &TOLD,
    );
    assert_eq!(case.check(), Served { spawned: 1, compiled: 0, loaded: 2 });
}

#[test]
fn the_check_of_an_echat_page_is_the_template_s() {
    let (_folder, case) = made(
        "<script>
           echatSDK.config({timestamp: '1577836800', nonce: 'n', signature: '0123456789012345678901234567890123456789'});
           echatSDK.ready(function () { console.log('ready'); });
           echatSDK.onReceiveMsg(function (msg) { echatSDK.sendTxtMsgToVisitor(msg.content + Math.random()); });
         </script>",
        &[
            r#"{"type":"stimulus.echat.onSelectVisitor","subject":"oA","data":{}}"#,
            r#"{"type":"stimulus.echat.onReceiveMsg","subject":"oA","data":{"msgType":1,"content":"x"}}"#,
        ],
    );
    assert_eq!(case.check(), Served { spawned: 1, compiled: 0, loaded: 2 });
}

#[test]
fn top_level_names_of_other_scripts_are_seen() {
    let (_folder, case) = made(
        "<script>const a = 1; let b = 2; class C {}</script><script>
           function MCS_ClientNotify(s) { console.log(a + b, typeof C, d()); }
         </script><script>function d() { return 4; }</script>",
        &TOLD,
    );
    assert_eq!(case.check(), Served { spawned: 1, compiled: 0, loaded: 2 });
}

#[test]
fn frames_are_the_template_s() {
    let (_folder, case) = made(
        "<p id=p></p><iframe id=own src=data.json></iframe><iframe id=markup srcdoc='<b>x</b>'></iframe><script>
           var empty = document.body.appendChild(document.createElement('iframe')), w = empty.contentWindow;
           w.document.write('<script>var numbers = [Math.random(), Date.now()];<\\/script>'); w.document.close();
           var loaded = w.numbers;
           function MCS_ClientNotify(s) {
             w.document.write('<script>numbers.push(Math.random(), Date.now());<\\/script>'); w.document.close();
             console.log(loaded, w.numbers, own.contentDocument.body.textContent, markup.contentDocument.body.innerHTML);
           }
         </script>",
        &TOLD,
    );
    assert_eq!(case.check(), Served { spawned: 1, compiled: 0, loaded: 2 });
}

#[test]
fn what_differs_is_loaded_afresh() {
    let (folder, case) = made("<script>document.cookie = 'a=1'; function MCS_ClientNotify() {}</script>", &TOLD);
    assert_eq!(case.check(), Served { spawned: 1, compiled: 2, loaded: 0 });
    std::fs::write(folder.path().join("index.html"), "<script>console.log(1)</script>").unwrap();
    let templates = Arc::new(Templates::new(spawner()));
    let launcher = templates.clone() as Arc<dyn Launcher>;
    let first = case.play(&launcher);
    assert_eq!(case.play(&launcher), first);
    std::fs::write(folder.path().join("index.html"), "<script>console.log(2)</script>").unwrap();
    assert!(case.play(&launcher).contains('2'), "an edited page is not forked from the old one");
    assert_eq!(templates.served(), Served { spawned: 1, compiled: 1, loaded: 1 });
}

fn stored(items: &[(&str, &str)]) -> LocalStorage {
    let mut storage = LocalStorage::default();
    items.iter().for_each(|(key, value)| storage.set("http://demo.plugin.invalid", key, value));
    storage
}

#[test]
fn what_a_page_finds_in_its_storage_is_its_own() {
    let markup = "<script>
       var loaded = Object.keys(localStorage) + localStorage.b;
       localStorage.loads = Number(localStorage.loads || 0) + 1;
       function MCS_ClientNotify() { console.log(loaded, JSON.stringify(localStorage), sessionStorage.length); }
     </script>";
    let (_folder, case) = made(markup, &TOLD);
    let case = Case { storage: stored(&[("b", "1"), ("a", "2")]), ..case };
    assert_eq!(case.check(), Served { spawned: 1, compiled: 0, loaded: 2 });

    let templates = Arc::new(Templates::new(spawner()));
    let launcher = templates.clone() as Arc<dyn Launcher>;
    let with = |storage: LocalStorage| {
        let (folder, path, session) = (case.folder.clone(), case.path.clone(), case.session.clone());
        Case { folder, path, session, storage }.play(&launcher)
    };
    let served = || {
        let Served { spawned, compiled, loaded } = templates.served();
        [spawned, compiled, loaded]
    };
    let empty = with(LocalStorage::default());
    assert!(empty.contains("undefined {\\\"loads\\\":\\\"1\\\"} 0"), "{empty}");
    assert_eq!(with(LocalStorage::default()), empty);
    assert_eq!(served(), [1, 0, 1]);
    // Another one's is not the template's.
    let found = with(stored(&[("b", "3"), ("loads", "7")]));
    assert!(found.contains("b,loads3 {\\\"b\\\":\\\"3\\\",\\\"loads\\\":\\\"8\\\"} 0"), "{found}");
    assert_eq!(served(), [1, 1, 1]);
    // Those that begin with nothing are forked loaded all the same.
    assert_eq!(with(LocalStorage::default()), empty);
    assert_eq!(served(), [1, 1, 2]);
}

#[test]
fn nothing_leads_out_of_a_fork() {
    let (_folder, case) = made("<p>", &[]);
    for best in [Level::Compiled, Level::Loaded] {
        let templates = Arc::new(Templates::new(spawner()).up_to(best));
        let launcher = templates.clone() as Arc<dyn Launcher>;
        case.play(&launcher);
        let mut page = PageProcess::new(case.options(), launcher);
        page.open_whole().unwrap();
        let open: Vec<_> = page.probe().into_iter().filter(|tried| tried.worked).collect();
        assert!(open.is_empty(), "{open:#?}");
        assert_eq!(templates.served().spawned, 1);
    }
}
