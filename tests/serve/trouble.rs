//! Pages that do not load or do not end, and hosts that are asked to end.

use crate::host::Yard;

const ANSWERS: &str = "function MCS_ClientNotify(str) { put('answer'); }";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_load_is_said_and_others_answer() {
    let yard = Yard::with("answers", "", ANSWERS).await;
    // Nobody listens there.
    yard.bench.write("gone/plugin.toml", "name = \"gone\"\npage = \"http://127.0.0.1:9/\"\n");
    let serving = yard.serve(&["gone", "answers"], &[]).await;
    yard.writes("oA", "hi").await;
    assert_eq!(yard.has("oA", 1).await, ["answer"]);
    serving.says("error: the page gone does not load: ");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_runs_away_holds_up_nobody_else() {
    const RUNS_AWAY: &str = "function MCS_ClientNotify(str) { \
        if (JSON.parse(str).useraccount === 'oEndless') for (;;); put('answer'); }";
    let yard = Yard::with("runs", "", RUNS_AWAY).await;
    yard.bench.write("duoke.toml", "[limits]\nturn_soft_ms = 60000\nturn_hard_ms = 60000\n");
    let serving = yard.serve(&["runs"], &[("DUOKE_WORKERS", "2")]).await;
    yard.writes("oEndless", "hi").await;
    for count in 1..=3 {
        yard.writes("oA", "hi").await;
        assert_eq!(yard.has("oA", count).await.len(), count);
    }
    serving.kill();
    // Its time is over soon; what it was told is done with, and the next thing is told to a page that works.
    yard.bench.write("duoke.toml", "[limits]\nturn_soft_ms = 200\nturn_hard_ms = 2000\n");
    let serving = yard.serve_again(&["runs"], &[("DUOKE_WORKERS", "1")]);
    serving.says("runs: fault.timeout");
    yard.writes("oA", "hi").await;
    assert_eq!(yard.has("oA", 4).await, ["answer"; 4]);
    assert_eq!(serving.end(), Some(0));
    assert_eq!(yard.had("oEndless"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_done_at_the_end_the_next_host_does() {
    const SLOW: &str = "function MCS_ClientNotify(str) { for (var i = 0; i < 20000; i++) str += ''; put('answer'); }";
    let yard = Yard::with("slow", "", SLOW).await;
    let serving = yard.serve(&["slow"], &[("DUOKE_WORKERS", "1")]).await;
    let openids: Vec<String> = (0..12).map(|number| format!("oUser{number}")).collect();
    for openid in &openids {
        yard.writes(openid, "hi").await;
    }
    assert_eq!((serving.end(), yard.bench.run(&["outbox", "check"]).code), (Some(0), 0));
    let serving = yard.serve_again(&["slow"], &[]);
    for openid in &openids {
        yard.has(openid, 1).await;
        yard.writes(openid, "again").await;
        // One behind the other: had the first come twice, there were three.
        assert_eq!(yard.has(openid, 2).await, ["answer"; 2]);
    }
    assert_eq!(serving.end(), Some(0));
    assert!(openids.iter().all(|openid| yard.had(openid).len() == 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_host_at_once() {
    // Nobody would wait for this page to the end of its turn.
    let yard = Yard::with("endless", "", "function MCS_ClientNotify(str) { put('begins'); for (;;); }").await;
    yard.bench.write("duoke.toml", "[limits]\nturn_soft_ms = 3000000\nturn_hard_ms = 3000000\n");
    let serving = yard.serve(&["endless"], &[("DUOKE_LOG", "verbose")]).await;
    yard.writes("oA", "hi").await;
    serving.says("an event was taken in");
    serving.signal("TERM");
    serving.says("the host ends in order");
    serving.signal("TERM");
    assert_eq!(serving.ended(), Some(130));
}
