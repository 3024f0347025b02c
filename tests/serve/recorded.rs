//! Recordings of a host while something goes on beside them: customers are chosen, the configuration changes, pages die, the
//! disk is full.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::host::{GENEROUS, Yard};
#[cfg(target_os = "linux")]
use crate::lost::{answer, asking, end_pages};
use crate::recordings::{ANSWERS, CONSOLE, TOML, below, check_replay, config, metric, recordings};

const KEY: &[(&str, &str)] = &[("DUOKE_REDACTION_KEY", "a key")];

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What stands for the customer whose page was recorded.
fn whose(path: &Path) -> String {
    lines(path)[0]["data"]["user"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_of_one_plugin_s_conversations_is_recorded_and_always_the_same() {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    yard.plugin("other", TOML, "");
    let plugins = "[[plugin]]\npath = \"answers\"\nrecord = \"50%\"\n[[plugin]]\npath = \"other\"\n";
    config(&yard, plugins);
    let customers: Vec<String> = (0..10).map(|number| format!("oCustomer{number}")).collect();
    let mut chosen: Vec<BTreeSet<String>> = Vec::new();
    for texts in [2, 4] {
        let serving = if texts == 2 { yard.serve(&[], KEY).await } else { yard.serve_again(&[], KEY) };
        for openid in &customers {
            yard.writes(openid, "hi").await;
        }
        for openid in &customers {
            yard.has(openid, texts).await;
        }
        assert_eq!(serving.end(), Some(0));
        let folder = PathBuf::from(yard.bench.path("state/recordings"));
        let recorded = recordings(&yard);
        assert!(recorded.iter().all(|path| path.starts_with(folder.join("answers"))), "{recorded:?}");
        recorded.iter().for_each(|path| check_replay(&yard, path, 2));
        chosen.push(recorded.iter().map(|path| whose(path)).collect());
        assert_eq!(chosen[0].len(), recorded.len(), "each has one page");
        std::fs::remove_dir_all(folder).unwrap();
    }
    assert!((1..customers.len()).contains(&chosen[0].len()), "{chosen:?}");
    assert_eq!(chosen[0], chosen[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_changes_what_is_recorded_and_where() {
    let yard = Yard::with("answers", TOML, ANSWERS).await;
    let serving = yard.serve(&["answers"], &[]).await;
    let elsewhere = yard.bench.path("elsewhere");
    let all = "[record]\nshare = \"100%\"\n";
    let other = "[record]\nshare = \"100%\"\nfolder = \"elsewhere\"\n";
    // What the configuration is from then on, and how many recordings there are in either folder once a customer wrote.
    let table = [("", 0, 0), (all, 1, 0), (other, 1, 1), ("", 1, 1), (all, 2, 1)];
    for (number, (record, here, there)) in table.into_iter().enumerate() {
        if number > 0 {
            config(&yard, record);
            serving.reread();
            serving.says_so_often("the configuration was read again", number);
        }
        yard.writes("oCustomer", "hi").await;
        yard.has("oCustomer", 2 * (number + 1)).await;
        // A page that is recorded has a file from its first turn on.
        let count = || (recordings(&yard).len(), below(Path::new(&elsewhere), "").len());
        while count() != (here, there) {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(serving.end(), Some(0));
    let recorded = [recordings(&yard), below(Path::new(&elsewhere), "")].concat();
    assert_eq!(recorded.len(), 3, "{recorded:?}");
    recorded.iter().for_each(|path| check_replay(&yard, path, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_ended_by_its_deadline_ends_there_again() {
    // One that can be stopped, whose message is kept, and one that cannot.
    const RUNS_AWAY: &str = "function MCS_ClientNotify(str) { var event = JSON.parse(str); \
        if (event.event !== 'OnReceiveMsg') return; put(event.content); \
        if (event.content === 'away') for (;;) document.getElementById('x'); if (event.content === 'stuck') for (;;); }";
    let yard = Yard::with("runs", TOML, RUNS_AWAY).await;
    let limits = "[limits]\nturn_soft_ms = 1000\nturn_hard_ms = 4000\n";
    yard.bench.write("duoke.toml", format!("{limits}[record]\nshare = \"100%\"\n"));
    let serving = yard.serve(&["runs"], &[]).await;
    for (text, count) in [("one", 1), ("away", 2), ("three", 3)] {
        yard.writes("oCustomer", text).await;
        yard.has("oCustomer", count).await;
    }
    // Nothing comes after it.
    yard.writes("oCustomer", "stuck").await;
    serving.says_so_often("fault.timeout", 2);
    assert_eq!(serving.end(), Some(0));
    let recorded = recordings(&yard);
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    let faults = lines(&recorded[0]).iter().filter(|line| line["type"] == "fault.timeout").count();
    assert_eq!(faults, 2);
    check_replay(&yard, &recorded[0], 3 + faults);
}

/// What was put before the page was gone is in its recording, and what the next one did in another.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_gone_leaves_a_recording_and_the_next_one_has_its_own() {
    let (yard, listener) = asking().await;
    yard.bench.write("duoke.toml", format!("{GENEROUS}[record]\nshare = \"100%\"\n"));
    let serving = yard.serve(&["shop"], &[]).await;
    yard.writes("oCustomer", "hi").await;
    let asked = listener.accept().unwrap();
    end_pages(&serving);
    drop(asked);
    serving.says("another one is opened for it");
    answer(&listener.accept().unwrap().0, "answer 1");
    assert_eq!(yard.has("oCustomer", 2).await, ["asks", "answer 1"]);
    // One that is ended while it has nothing to do.
    end_pages(&serving);
    yard.writes("oCustomer", "hi").await;
    answer(&listener.accept().unwrap().0, "answer 2");
    yard.has("oCustomer", 4).await;
    assert_eq!(serving.end(), Some(0));
    let recorded = recordings(&yard);
    assert_eq!(recorded.len(), 3, "{recorded:?}");
    let has_fault = |path: &Path| lines(path).iter().any(|line| line["type"] == "fault.killed");
    assert_eq!(recorded.iter().map(|path| has_fault(path)).collect::<Vec<_>>(), [true, true, false]);
    recorded.iter().zip([2, 3, 2]).for_each(|(path, effects)| check_replay(&yard, path, effects));
}

/// A host that no file may get longer for than so many blocks of 512 bytes, as on a disk that is full: it is told by an error.
fn confined(yard: &Yard, plugins: &[&str], blocks: usize) -> Command {
    let host = yard.command(&[&["serve"], plugins].concat());
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    command.arg(host.get_program()).args(host.get_args()).current_dir(host.get_current_dir().unwrap());
    for (name, value) in host.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_recordings_and_customers_are_served() {
    // What it says on its console is written nowhere but into the recording. For one turn of it there is room.
    const TALKS: &str = "var much = new Array(1 << 16).join('x'); function MCS_ClientNotify(str) { \
        if (JSON.parse(str).event !== 'OnReceiveMsg') return; \
        put('one'); for (var i = 0; i < 80; i++) console.log(much); put('two'); }";
    let yard = Yard::with("talks", TOML, TALKS).await;
    config(&yard, "[record]\nshare = \"100%\"\nfile_bytes_max = 33554432\n");
    let serving = yard.serve_by(confined(&yard, &["talks"], 16_384), CONSOLE).await;
    for number in 1..=2 {
        let openid = format!("oCustomer{number}");
        for count in [2, 4, 6] {
            yard.writes(&openid, "hi").await;
            assert_eq!(yard.has(&openid, count).await.len(), count);
        }
        let cut = "duoke_recordings_cut_total{plugin=\"talks\",reason=\"trouble\"}";
        metric(&serving, &format!("{cut} {number}")).await;
    }
    let said = serving.said();
    assert!(said.starts_with("warning: recordings: ") && said.matches("warning: ").count() == 1, "{said}");
    assert!(said.contains("cannot be written: ") && said.contains("customers are served all the same"), "{said}");
    assert_eq!(serving.end(), Some(0));
    let recorded = recordings(&yard);
    assert_eq!(recorded.len(), 2, "{recorded:?}");
    // Of each the first turn, whole.
    recorded.iter().for_each(|path| check_replay(&yard, path, 2));
}
