//! Recordings that were cut off, are older or newer, cannot be written; pages that were ended.

use super::{Bench, PUT, check_replay, lines, user};

/// Counts, waits, runs away where it is told to.
fn page(bench: &Bench) {
    let page = format!(
        "<script>{PUT}
         function MCS_ClientNotify(text) {{
           put(text);
           setTimeout(put, 100, 'soon');
           if (text.indexOf('oBusy') > 0) {{ put('busy'); while (true) new Date(); }}
         }}</script>"
    );
    bench.write("page.html", page);
}

#[test]
fn pages_that_were_ended_end_there_again() {
    let bench = Bench::new();
    page(&bench);
    let told: String = ["oA", "oBusy", "oB", "oBusy", "oBusy", "oC"].iter().map(|openid| user(openid)).collect();
    bench.write("log.jsonl", told);
    let mut run = bench.command(&["run", "page.html", "--events", "log.jsonl", "--record", "x.jsonl"]);
    run.env("DUOKE_LIMITS_TURN_SOFT_MS", "300").env("DUOKE_LIMITS_TURN_HARD_MS", "900").env("DUOKE_LIMITS_DEATHS", "3");
    let run = Bench::finish(run);
    assert_eq!(run.code, 70, "{}", run.err);
    assert_eq!(run.out.matches("\"type\":\"fault.timeout\"").count(), 3, "{}", run.out);
    assert_eq!(run.out.matches("parked").count(), 1, "{}", run.out);
    check_replay(&bench, &run, "x.jsonl");
}

#[test]
fn one_that_this_machine_ends_is_no_difference() {
    let bench = Bench::new();
    page(&bench);
    bench.write("log.jsonl", user("oA") + &user("oB"));
    assert_eq!(bench.run(&["run", "page.html", "--events", "log.jsonl", "--record", "x.jsonl"]).code, 0);
    bench.write("page.html", bench.read("page.html").replace("put(text);", "put(text); while (true);"));
    let short =
        bench.read("x.jsonl").replace("_soft_ms\":1000", "_soft_ms\":100").replace("_hard_ms\":5000", "_hard_ms\":300");
    bench.write("x.jsonl", short);
    let replayed = bench.run(&["replay", "x.jsonl"]);
    assert!(replayed.code == 96 && replayed.err.contains("fault.timeout"), "{} {}", replayed.code, replayed.err);
}

#[test]
fn a_recording_lifts_no_bounds() {
    let bench = Bench::new();
    bench.write(
        "page.html",
        format!("<script>{PUT}\nfor (var n = 0; n < 40100; n++) setTimeout(put, 1e8); put(n);</script>"),
    );
    let mut run = bench.command(&["run", "page.html", "--record", "x.jsonl"]);
    run.env("DUOKE_LIMITS_TIMERS", "50000").env("DUOKE_LIMITS_TURN_SOFT_MS", "4000");
    let run = Bench::finish(run);
    assert_eq!((run.code, run.err.as_str(), run.out.lines().count()), (0, "", 1));
    let told = "page: the recording has bounds that do not hold in a replay: `timers` is 50000 there and 40000 here\n";
    let replayed = bench.run(&["replay", "x.jsonl"]);
    assert!(replayed.code == 96 && replayed.err.contains(told), "{} {}", replayed.code, replayed.err);
    assert!(replayed.err.contains("fault.limit"), "{}", replayed.err);
    let tested = bench.run(&["test", "x.jsonl"]);
    assert!(tested.code == 96 && tested.out.contains(told), "{} {}", tested.code, tested.out);
    // The operator may want as much.
    bench.write("duoke.toml", "[limits]\ntimers = 50000\n");
    let replayed = bench.run(&["replay", "x.jsonl"]);
    assert_eq!((replayed.code, replayed.err.as_str(), replayed.out), (0, "", run.out));
    std::fs::remove_file(bench.path("duoke.toml")).unwrap();
    // A page that stays below does the same.
    bench.write("page.html", bench.read("page.html").replace("40100", "3"));
    let few = bench.run(&["run", "page.html", "--record", "y.jsonl"]);
    let lifted = bench.read("y.jsonl").replace("\"memory_bytes\":268435456", "\"memory_bytes\":18446744073709551615");
    bench.write("y.jsonl", lifted);
    let replayed = bench.run(&["replay", "y.jsonl"]);
    assert_eq!((replayed.code, &replayed.out), (0, &few.out));
    assert!(
        replayed.err.contains("`memory_bytes` is 18446744073709551615 there and 1073741824 here"),
        "{}",
        replayed.err
    );
}

#[test]
fn what_is_left_of_a_recording_that_was_cut_off() {
    let bench = Bench::new();
    page(&bench);
    bench.write("log.jsonl", user("oA") + &user("oB") + &user("oC"));
    let run = bench.run(&["run", "page.html", "--events", "log.jsonl", "--record", "x.jsonl"]);
    let whole = bench.read("x.jsonl");
    assert!(whole.ends_with("\"data\":{\"turns\":3,\"faults\":0}}\n"));
    let last = whole.rfind("stimulus.mcs").unwrap();
    bench.write("cut.jsonl", &whole[..last + 20]);
    let replayed = bench.run(&["replay", "cut.jsonl"]);
    assert!(replayed.code == 0 && replayed.err.contains("cut off"), "{} {}", replayed.code, replayed.err);
    assert!(run.out.starts_with(&replayed.out) && replayed.out.lines().count() == 4, "{}", replayed.out);
    let lines: Vec<_> = whole.lines().collect();
    bench.write("odd.jsonl", [lines[0], "{\"type\": 7}", &lines[1..].join("\n"), ""].join("\n"));
    let odd = bench.run(&["replay", "odd.jsonl"]);
    assert!(odd.code == 102 && odd.out == run.out && odd.err.contains("odd.jsonl:2:"), "{} {}", odd.code, odd.err);
}

#[test]
fn what_is_no_recording_or_of_a_later_release() {
    let bench = Bench::new();
    page(&bench);
    bench.write("log.jsonl", user("oA"));
    let log = bench.run(&["replay", "log.jsonl"]);
    assert!(log.code == 102 && log.err.contains("is no recording") && log.err.contains("hint: "), "{}", log.err);
    let later = "{\"type\":\"session.start\",\"data\":{\"format\":\"2.0\"}}\n";
    bench.write("later.jsonl", later);
    let later = bench.run(&["replay", "later.jsonl"]);
    assert!(later.code == 102 && later.err.contains("duoke 2.0 or later"), "{}", later.err);
    assert_eq!(bench.run(&["replay", "none.jsonl"]).code, 102);
    // By hand, with nothing but what differs from a run's defaults.
    let start = "{\"type\":\"session.start\",\"data\":{\"plugin\":\"page\",\"page\":\"page.html\"}}\n";
    let told = "{\"type\":\"stimulus.mcs.OnUserChange\",\"plugin\":\"page\",\"subject\":\"oA\"}\n";
    bench.write("short.jsonl", format!("{start}{told}"));
    let short = bench.run(&["replay", "short.jsonl"]);
    assert_eq!((short.code, short.err.as_str(), short.out.lines().count()), (0, "", 2), "{}", short.out);
}

#[test]
fn dialogs_are_answered_as_the_recording_says() {
    let bench = Bench::new();
    bench
        .write("page.html", format!("<script>{PUT}\nput(confirm('a')); put(prompt('b')); put(confirm('c'));</script>"));
    let run = bench.run(&["run", "page.html", "--record", "x.jsonl"]);
    check_replay(&bench, &run, "x.jsonl");
    let answers: Vec<_> = lines(&bench, "x.jsonl").into_iter().filter(|line| line["type"] == "world.dialog").collect();
    assert_eq!(answers.len(), 3);
    let recording = bench.read("x.jsonl").replace("\"prompt\",\"answer\":null", "\"prompt\",\"answer\":\"this\"");
    bench.write("y.jsonl", recording.replacen("\"confirm\",\"answer\":true", "\"confirm\",\"answer\":false", 1));
    let replayed = bench.run(&["replay", "y.jsonl"]);
    let texts: Vec<_> = ["\"false\"", "\"this\"", "\"true\""].iter().map(|text| replayed.out.contains(text)).collect();
    assert_eq!(texts, [true; 3], "{}", replayed.out);
}

#[test]
fn a_recording_that_cannot_be_written_stops_nobody() {
    let bench = Bench::new();
    page(&bench);
    bench.write("log.jsonl", user("oA"));
    let without = bench.run(&["run", "page.html", "--events", "log.jsonl"]);
    bench.write("there.jsonl", "x");
    let there = bench.run(&["run", "page.html", "--events", "log.jsonl", "--record", "there.jsonl"]);
    assert!(there.code == 2 && there.err.contains("hint: ") && bench.read("there.jsonl") == "x", "{}", there.err);
    let nowhere = bench.run(&["run", "page.html", "--events", "log.jsonl", "--record", "none/x.jsonl"]);
    assert!(nowhere.code == 96 && nowhere.err.contains("hint: "), "{}", nowhere.err);
    if cfg!(target_os = "linux") {
        let full = bench.run(&["run", "page.html", "--events", "log.jsonl", "--record", "/dev/full"]);
        assert_eq!((full.code, full.out), (0, without.out));
        assert_eq!(full.err.matches("the recording ends here").count(), 1, "{}", full.err);
    }
}
