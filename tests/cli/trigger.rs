//! Events fired at a host that runs, and the signs that pages put on conversations.

use serde_json::{Value, json};

use crate::bench::{Bench, SandboxChild};
use crate::host::Host;

/// Marks the conversation with the gender that an update of the CRM names, and tells it to the visitor.
const PAGE: &str = r#"<script>
echatSDK.config({timestamp: echatSDK.getParamData('timestamp'), nonce: echatSDK.getParamData('nonce'),
  signature: echatSDK.getParamData('signature')});
echatSDK.onCrmUpdate(function (crm) {
  echatSDK.setVisitorChatSign({chatSign: crm.gender});
  echatSDK.sendTxtMsgToVisitor(JSON.stringify(crm));
});
</script>"#;

fn bench() -> (Bench, SandboxChild) {
    let bench = Bench::new();
    bench.write("crm.html", PAGE);
    let sandbox = SandboxChild::start(&bench);
    for user in ["oA", "oB"] {
        sandbox.user_writes(user);
    }
    (bench, sandbox)
}

fn texts(sandbox: &SandboxChild, openid: &str) -> Vec<Value> {
    let text = |message: &Value| message["body"]["text"]["content"].as_str().unwrap().to_owned();
    sandbox.messages(openid).iter().map(|message| serde_json::from_str(&text(message)).unwrap()).collect()
}

#[track_caller]
fn fire(bench: &Bench, arguments: &[&str]) {
    let ran = bench.run(&[&["trigger"], arguments].concat());
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
}

#[test]
fn a_page_is_told_an_update_and_its_sign_is_shown() {
    let (bench, sandbox) = bench();
    let host = Host::start(&bench, &sandbox, "crm.html");
    let update = ["echat.onCrmUpdate", "--subject", "oA", "--set", "name=张三", "--set", "phone=13800000000"];
    let unheard = |arguments: &[&str], why: &str| {
        let ran = bench.run(&[&["trigger", "--format", "jsonl"], arguments].concat());
        assert_eq!((ran.code, ran.lines()[0]["told"].as_u64()), (4, Some(0)), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(why), "{arguments:?}: {}", ran.err);
    };
    // Nobody is selected yet: it is of another visitor than the page's.
    unheard(&update, "no page is turned to the visitor");
    unheard(&["page.reload", "--plugin", "other"], "no page of the plugin other is open");
    fire(&bench, &["stimulus.echat.onSelectVisitor", "--subject", "oA", "--set", "chatStatus=1"]);
    fire(&bench, &[&update[..], &["--set", "gender=1", "--id", "u1"]].concat());
    // The same once more is handled once.
    unheard(&[&update[..], &["--set", "gender=1", "--id", "u1"]].concat(), "the id u1 was handled before");
    assert_eq!(
        texts(&sandbox, "oA"),
        [json!({"visitorId": "oA", "name": "张三", "phone": "13800000000", "gender": 1})]
    );
    let signs = |more: &[&str]| {
        let ran = bench.run(&[&["signs", "--format", "json"], more].concat());
        (ran.code, serde_json::from_str::<Vec<Value>>(&ran.out).unwrap())
    };
    let (code, all) = signs(&[]);
    assert_eq!((code, all.len()), (0, 1));
    let (openid, sign, cause) = (&all[0]["openid"], &all[0]["sign"], &all[0]["cause"]);
    assert_eq!((openid, sign, cause), (&json!("oA"), &json!(1), &json!("u1")));
    assert_eq!((signs(&["oB"]).0, signs(&["--sign", "0"]), signs(&["oA"]).1.len()), (4, (0, vec![]), 1));
    // The last one counts; wrong ones do not.
    fire(&bench, &["echat.onCrmUpdate", "--subject", "oA", "--set", "gender=2"]);
    fire(&bench, &["echat.onSelectVisitor", "--subject", "oB"]);
    fire(&bench, &["echat.onCrmUpdate", "--set", "gender=0"]);
    assert_eq!(host.end(), 0);
    let numbers: Vec<Value> = signs(&[]).1.iter().map(|sign| json!([sign["openid"], sign["sign"]])).collect();
    assert_eq!(numbers, [json!(["oA", 1]), json!(["oB", 0])]);
    let window = bench.run(&["window", "oA", "--format", "json"]);
    let window: Value = serde_json::from_str(&window.out).unwrap();
    assert_eq!(window[0]["chat_sign"]["sign"], 1, "{window}");
    assert!(bench.run(&["window", "oA"]).out.contains("marked 1 by crm at "));
    assert_eq!(bench.run(&["erase", "oA"]).code, 0);
    assert_eq!(signs(&[]).1.len(), 1);
    // Its page was opened for oA; what is left of him nowhere says so.
    assert_eq!(bench.run(&["erase", "oA"]).code, 4);
}

#[test]
fn what_cannot_be_fired_is_said() {
    let (bench, sandbox) = bench();
    let refused = |arguments: &[&str], code: i32, words: &str| {
        let ran = bench.run(&[&["trigger"], arguments].concat());
        assert_eq!((ran.code, ran.err.contains(words)), (code, true), "{arguments:?}: {} {}", ran.code, ran.err);
    };
    refused(&["echat.onCrmUpdate"], 4, "there is no state");
    let host = Host::start(&bench, &sandbox, "crm.html");
    refused(&["echat.onClose"], 2, "stimuli are: mcs.*");
    refused(&["effect.mcs.PutMsg"], 2, "is not told to pages");
    refused(&["echat.onCrmUpdate", "--set", "gender=female"], 2, "gender is a number");
    refused(&["ui.click"], 2, "selector");
    bench.write("log.jsonl", "{\"type\":\"stimulus.page.reload\"}\n");
    refused(&["--from", "log.jsonl:7"], 4, "no stimulus has the id 7");
    refused(&["--from", "none.jsonl:1"], 102, "none.jsonl");
    fire(&bench, &["--from", "log.jsonl:1"]);
    assert_eq!(host.end(), 0);
    refused(&["page.reload"], 2, "no host runs");
}

#[test]
fn a_page_that_the_host_reloads_is_signed_again() {
    let bench = Bench::new();
    bench.write(
        "crm/crm.html",
        PAGE.replace("</script>", "echatSDK.ready(function () { external.Notice('ready') })</script>"),
    );
    let toml = "page = \"crm.html\"\n[echat]\ntoken = \"t0ken\"\n";
    bench.write("crm/plugin.toml", toml);
    let log = concat!(
        r#"{"type":"stimulus.echat.onSelectVisitor","subject":"oA","time":"2026-11-29T08:00:00Z"}"#,
        "\n",
        r#"{"type":"stimulus.page.reload","time":"2026-11-30T08:00:00Z"}"#,
        "\n",
    );
    bench.write("log.jsonl", log);
    let notices = |bench: &Bench| bench.run(&["run", "crm", "--events", "log.jsonl"]).out.matches("\"ready\"").count();
    assert_eq!(notices(&bench), 2);
    // The business data is that of the customer whom the page is turned to by then.
    let select = r#"{"type":"stimulus.echat.onSelectVisitor","subject":"oB"}"#;
    bench.write("log.jsonl", log.replacen('\n', &format!("\n{select}\n"), 1));
    bench.write("crm/plugin.toml", format!("{toml}query = {{ user = \"{{openid}}\" }}\n"));
    bench.write("crm/crm.html", "<script>external.Notice(echatSDK.getParamData('user'))</script>");
    let ran = bench.run(&["run", "crm", "--events", "log.jsonl"]);
    let users = ran.lines().into_iter().filter(|line| line["type"] == "effect.mcs.Notice");
    assert_eq!(users.map(|line| line["data"]["argument"].clone()).collect::<Vec<_>>(), ["oA", "oB"]);
    bench.write("log.jsonl", log);
    bench.write(
        "crm/crm.html",
        PAGE.replace("</script>", "echatSDK.ready(function () { external.Notice('ready') })</script>"),
    );
    // What the operator signed himself is not signed again, and too old by then.
    // printf '%s' 1795939200nt0ken | sha1sum
    let signed = "timestamp=1795939200&nonce=n&signature=6e54fc3bc58814fdd1459d5693cc4a97504c4024";
    bench.write("crm/plugin.toml", format!("page = \"crm.html?{signed}\"\n[echat]\ntoken = \"t0ken\"\n"));
    assert_eq!(notices(&bench), 1);
}
