//! Every call of `echatSDK` in every situation (plugin-apis.md §2, §3). A call is a row, a situation a column, and each
//! cell says all that a page gives out from the call on; a call without a row fails [`every_call_has_a_row`].

use super::driven::{PUT, with_page};

/// Events by the name under which the table speaks of them: of a visitor, who is `{}`.
const SELECT: &str = r#"json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"{}"}}"#;
const MESSAGE: &str = r#"json echat.onReceiveMsg {"visitorId":"{}","msgType":1,"content":"hi"}"#;
const CRM: &str = r#"json echat.onCrmUpdate {"visitorId":"{}","name":"n"}"#;

/// What every page of the table has: `good` and `bad` for `config`, `log(name)` for listeners.
const COMMON: &str = "<button id=fail onclick='echatSDK.config(bad)'></button><script>
    history.replaceState(null, '', '?shop=7&data=' + encodeURIComponent('name=' + encodeURIComponent('张三')));
    var good = {timestamp: '1577808000', nonce: 'n', signature: '0123456789012345678901234567890123456789'};
    var bad = {timestamp: '1577808000', nonce: 'n'}, file = 'http://f.test/a', pic = 'http://f.test/p.jpg', done, called;
    function log(name) { return function (value) { console.log(name, JSON.stringify(value)); }; }
    function attempt(work) {
      try { var result = work(); if (result !== undefined) console.log('returned ' + result); }
      catch (error) { console.log('thrown ' + error); }
    }
    </script>";

/// What is long and comes often.
const SHORT: [(&str, &str); 6] = [
    (
        "PASSES",
        r#"{"timestamp":"1577808000","nonce":"n","signature":"0123456789012345678901234567890123456789"} (no token is configured: the signature is not checked)"#,
    ),
    ("FAILS", r#"{"timestamp":"1577808000","nonce":"n"} (INCOMPLETE)"#),
    ("INCOMPLETE", "timestamp, nonce or signature is missing or malformed"),
    ("EARLY", "config has not succeeded yet"),
    ("FAILED", "config has failed"),
    ("NOBODY", "no user: the page has not been told one"),
];

/// One call.
struct Row {
    name: &'static str,
    /// The call, rightly.
    right: &'static str,
    /// The call, wrongly, one way after the other.
    wrong: Vec<&'static str>,
    /// What comes of it.
    cells: Cells,
    /// What pages are told at the end of a situation.
    then: &'static [&'static str],
}

/// Every situation.
struct Cells {
    /// While a visitor is selected, `config` has succeeded.
    right: String,
    /// The same, with wrong arguments.
    wrong: String,
    /// While the page loads, before `config`.
    early: String,
    /// After a `config` that failed.
    failed: String,
    /// In a document that the page went to: before its `config`, and once that has succeeded.
    navigated: String,
    /// In a promise of one visitor while another is selected.
    promise: String,
    /// In a timer of one visitor while another is selected.
    timer: String,
}

fn sender(name: &'static str, right: &'static str, shown: &str, wrong: &[(&'static str, &str)]) -> Row {
    let late = format!("{name} oA <1 late {shown}");
    let wrongly = |(_, shown): &(&str, &str)| format!("{name} oA <1 invalid {shown}");
    Row {
        name,
        right,
        wrong: wrong.iter().map(|(call, _)| *call).collect(),
        cells: Cells {
            right: format!("{name} oA <1 {shown}"),
            wrong: wrong.iter().map(wrongly).collect::<Vec<_>>().join("\n"),
            early: format!(
                "echatSDK.{name} is ignored: EARLY\n{name} - <load ignored {shown} (EARLY)\nconfig - <load PASSES"
            ),
            failed: format!("echatSDK.{name} is ignored: FAILED\n{name} - <load ignored {shown} (FAILED)"),
            navigated: format!(
                "echatSDK.{name} is ignored: EARLY\n{name} oA <1 ignored {shown} (EARLY)\nconfig oA <1 PASSES\n\
                 {name} oA <1 {shown}"
            ),
            promise: late.clone(),
            timer: late,
        },
        then: &[],
    }
}

fn sign() -> Row {
    let mut row = sender(
        "setVisitorChatSign",
        "echatSDK.setVisitorChatSign({chatSign: 1})",
        r#"{"chatSign":1}"#,
        &[
            ("echatSDK.setVisitorChatSign()", " (the argument is not an object)"),
            ("echatSDK.setVisitorChatSign(1)", "1 (the argument is not an object)"),
            ("echatSDK.setVisitorChatSign({chatSign: '1'})", r#"{"chatSign":"1"} (`chatSign` is neither 0 nor 1)"#),
            ("echatSDK.setVisitorChatSign({chatSign: 2})", r#"{"chatSign":2} (`chatSign` is neither 0 nor 1)"#),
            ("echatSDK.setVisitorChatSign({chatSign: true})", r#"{"chatSign":true} (`chatSign` is neither 0 nor 1)"#),
        ],
    );
    let not_bound = "echatSDK.setVisitorChatSign is ignored: the page is not bound to the conversation\n\
                     setVisitorChatSign oA <1 ignored late {\"chatSign\":1} (the page is not bound to the conversation)";
    (row.cells.promise, row.cells.timer) = (not_bound.to_owned(), not_bound.to_owned());
    row
}

fn listener(name: &'static str, right: &'static str, wrong: Vec<&'static str>, heard: &str) -> Row {
    let of = |visitor: &str| heard.replace("{}", visitor);
    Row {
        name,
        right,
        cells: Cells {
            right: of("oA"),
            wrong: vec![format!("echatSDK.{name} is ignored: the argument is not a function"); wrong.len()].join("\n"),
            early: format!("config - <load PASSES\n{}", of("oA")),
            failed: String::new(),
            // Registered twice there.
            navigated: format!("config oA <1 PASSES\n{0}\n{0}", of("oA")),
            promise: of("oB"),
            timer: of("oB"),
        },
        wrong,
        then: &[],
    }
}

fn select() -> Row {
    let selected = r#"selected {"chatStatus":1,"visitorData":{"visitorId":"{}"}}"#;
    let right = "echatSDK.onSelectVisitor(log('selected'))";
    let wrong = vec!["echatSDK.onSelectVisitor()", "echatSDK.onSelectVisitor('x')"];
    let mut row = listener("onSelectVisitor", right, wrong, selected);
    // A listener that was there before the first visitor hears of both selections.
    row.cells.early = format!("{}\n{}", row.cells.early, selected.replace("{}", "oA"));
    row
}

fn ready() -> Row {
    let said = r#"sendTxtMsgToVisitor oA <1 "ready""#;
    let late = r#"sendTxtMsgToVisitor oA <1 late "ready""#;
    let cells = Cells {
        right: said.to_owned(),
        early: "config - <load PASSES\nsendTxtMsgToVisitor - <load invalid \"ready\" (NOBODY)".to_owned(),
        navigated: format!("config oA <1 PASSES\n{said}\n{said}"),
        promise: late.to_owned(),
        timer: late.to_owned(),
        ..listener("ready", "", vec!["", "", ""], "").cells
    };
    let right = "echatSDK.ready(function () { echatSDK.sendTxtMsgToVisitor('ready'); })";
    Row {
        name: "ready",
        right,
        wrong: vec!["echatSDK.ready()", "echatSDK.ready('x')", "echatSDK.ready({})"],
        cells,
        then: &[],
    }
}

/// At the end of each situation a `config` fails.
fn error() -> Row {
    let told = |config: &str, whose: &str| {
        format!(
            "config {config} invalid FAILS\nechatSDK.sendTxtMsgToVisitor is ignored: FAILED\n\
             sendTxtMsgToVisitor {whose} \"1\" (FAILED)"
        )
    };
    let cells = Cells {
        right: told("oA <5", "oA <1 ignored"),
        wrong: format!("{}\nconfig oA <5 invalid FAILS", listener("error", "", vec!["", ""], "").cells.wrong),
        early: format!("config - <load PASSES\n{}", told("oA <5", "oA <load ignored")),
        failed: format!(
            "echatSDK.sendTxtMsgToVisitor is ignored: FAILED\nsendTxtMsgToVisitor - <load ignored \"1\" (FAILED)\n{}",
            told("oA <5", "oA <load ignored")
        ),
        navigated: format!(
            "config oA <1 PASSES\n{}\nechatSDK.sendTxtMsgToVisitor is ignored: FAILED\n\
             sendTxtMsgToVisitor oA <1 ignored \"1\" (FAILED)",
            told("oA <6", "oA <1 ignored")
        ),
        promise: told("oB <6", "oA <1 ignored late"),
        timer: told("oB <7", "oA <1 ignored late"),
    };
    let right = "echatSDK.error(function (res) { echatSDK.sendTxtMsgToVisitor(String(res.errcode)); })";
    Row { name: "error", right, wrong: vec!["echatSDK.error()", "echatSDK.error(null)"], cells, then: &["click #fail"] }
}

fn config() -> Row {
    let right = "echatSDK.config(good)";
    let passes = "config oA <1 PASSES".to_owned();
    let wrong = [
        ("echatSDK.config()", ""),
        ("echatSDK.config(null)", "null"),
        ("echatSDK.config('1577808000')", r#""1577808000""#),
        ("echatSDK.config(function (a) {})", r#"{"$function":""}"#),
        ("echatSDK.config(bad)", r#"{"timestamp":"1577808000","nonce":"n"}"#),
        (
            "echatSDK.config({timestamp: true, nonce: [], signature: {}})",
            r#"{"timestamp":true,"nonce":[],"signature":{}}"#,
        ),
    ];
    let cells = Cells {
        right: passes.clone(),
        wrong: wrong.map(|(_, shown)| format!("config oA <1 invalid {shown} (INCOMPLETE)")).join("\n"),
        early: "config - <load PASSES\nconfig - <load PASSES".to_owned(),
        // A page may try again.
        failed: "config - <load PASSES".to_owned(),
        navigated: [passes.as_str(); 3].join("\n"),
        promise: passes.clone(),
        timer: passes,
    };
    Row { name: "config", right, wrong: wrong.map(|(call, _)| call).to_vec(), cells, then: &[] }
}

fn parameter() -> Row {
    let right = "echatSDK.getParamData('shop') + echatSDK.getParamData('data', 'name')";
    let read =
        |whose: &str| format!("getParamData {whose} \"shop\"\ngetParamData {whose} \"data\", \"name\"\nreturned 7张三");
    let wrong = [
        ("echatSDK.getParamData()", ""),
        ("echatSDK.getParamData(7)", "7"),
        ("echatSDK.getParamData(null, 'name')", "null, \"name\""),
        ("echatSDK.getParamData({shop: 1})", r#"{"shop":1}"#),
        ("echatSDK.getParamData('data', 1)", r#""data", 1"#),
    ];
    let refused = |(_, shown): (&str, &str)| {
        format!("getParamData oA <1 invalid {shown} (the names of parameters are strings)\nreturned")
    };
    let cells = Cells {
        right: read("oA <1"),
        wrong: wrong.map(refused).join("\n"),
        early: format!("{}\nconfig - <load PASSES", read("- <load")),
        failed: read("- <load"),
        navigated: format!("{0}\nconfig oA <1 PASSES\n{0}", read("oA <1")),
        promise: read("oA <1"),
        timer: read("oA <1"),
    };
    Row { name: "getParamData", right, wrong: wrong.map(|(call, _)| call).to_vec(), cells, then: &[] }
}

fn rows() -> Vec<Row> {
    let mut rows = vec![
        config(),
        ready(),
        error(),
        parameter(),
        select(),
        listener(
            "onReceiveMsg",
            "echatSDK.onReceiveMsg(log('received'))",
            vec!["echatSDK.onReceiveMsg()", "echatSDK.onReceiveMsg({})"],
            r#"received {"visitorId":"{}","msgType":1,"content":"hi"}"#,
        ),
        listener(
            "onCrmUpdate",
            "echatSDK.onCrmUpdate(log('updated'))",
            vec!["echatSDK.onCrmUpdate(null)", "echatSDK.onCrmUpdate('x')"],
            r#"updated {"visitorId":"{}","name":"n"}"#,
        ),
        sign(),
    ];
    rows.extend(texts());
    rows.extend(files());
    rows
}

fn texts() -> Vec<Row> {
    vec![
        sender(
            "pushVisitorEvent",
            "echatSDK.pushVisitorEvent({eventId: 'e1', title: '新款风衣', content: '<div>￥99</div>', imageUrl: pic, \
             url: file, memo: 'm'})",
            r#"{"eventId":"e1","title":"新款风衣","content":"<div>￥99</div>","imageUrl":"http://f.test/p.jpg","url":"http://f.test/a","memo":"m"}"#,
            &[
                ("echatSDK.pushVisitorEvent()", " (the argument is not an object)"),
                ("echatSDK.pushVisitorEvent({content: 'c'})", r#"{"content":"c"} (`title` is missing or blank)"#),
                ("echatSDK.pushVisitorEvent({title: ' '})", r#"{"title":" "} (`title` is missing or blank)"#),
                (
                    "echatSDK.pushVisitorEvent({title: 't', memo: 1})",
                    r#"{"title":"t","memo":1} (`memo` is not a string)"#,
                ),
                (
                    "echatSDK.pushVisitorEvent({title: 't', visibility: '2'})",
                    r#"{"title":"t","visibility":"2"} (`visibility` is neither 1 nor 2)"#,
                ),
            ],
        ),
        sender(
            "sendTxtMsgToVisitor",
            "echatSDK.sendTxtMsgToVisitor('您好')",
            "\"您好\"",
            &[
                ("echatSDK.sendTxtMsgToVisitor()", " (the text is not a string)"),
                ("echatSDK.sendTxtMsgToVisitor(' ')", "\" \" (the text is blank)"),
                ("echatSDK.sendTxtMsgToVisitor(7)", "7 (the text is not a string)"),
                ("echatSDK.sendTxtMsgToVisitor(function f() {})", r#"{"$function":"f"} (the text is not a string)"#),
            ],
        ),
    ]
}

fn files() -> Vec<Row> {
    vec![
        sender(
            "sendImageToVisitor",
            "echatSDK.sendImageToVisitor({smallImg: pic, sourceImg: file})",
            r#"{"smallImg":"http://f.test/p.jpg","sourceImg":"http://f.test/a"}"#,
            &[
                ("echatSDK.sendImageToVisitor(file)", "\"http://f.test/a\" (the argument is not an object)"),
                (
                    "echatSDK.sendImageToVisitor({sourceImg: file})",
                    r#"{"sourceImg":"http://f.test/a"} (`smallImg` is missing or blank)"#,
                ),
                (
                    "echatSDK.sendImageToVisitor({smallImg: pic, sourceImg: 'a.jpg'})",
                    r#"{"smallImg":"http://f.test/p.jpg","sourceImg":"a.jpg"} (`sourceImg` is not an http or https address)"#,
                ),
            ],
        ),
        sender(
            "sendVideoToVisitor",
            "echatSDK.sendVideoToVisitor({videoThumbUrl: pic, fileUrl: file})",
            r#"{"videoThumbUrl":"http://f.test/p.jpg","fileUrl":"http://f.test/a"}"#,
            &[
                (
                    "echatSDK.sendVideoToVisitor({fileUrl: file})",
                    r#"{"fileUrl":"http://f.test/a"} (`videoThumbUrl` is missing or blank)"#,
                ),
                (
                    "echatSDK.sendVideoToVisitor({videoThumbUrl: 'x', fileUrl: file})",
                    r#"{"videoThumbUrl":"x","fileUrl":"http://f.test/a"} (`videoThumbUrl` is not an http or https address)"#,
                ),
            ],
        ),
        sender(
            "sendVoiceToVisitor",
            "echatSDK.sendVoiceToVisitor({fileUrl: file, voiceDuration: 3})",
            r#"{"fileUrl":"http://f.test/a","voiceDuration":3}"#,
            &[
                (
                    "echatSDK.sendVoiceToVisitor({fileUrl: file, voiceDuration: '3'})",
                    r#"{"fileUrl":"http://f.test/a","voiceDuration":"3"} (`voiceDuration` is not a number of 0 or more)"#,
                ),
                (
                    "echatSDK.sendVoiceToVisitor({fileUrl: file, voiceDuration: NaN})",
                    r#"{"fileUrl":"http://f.test/a","voiceDuration":null} (`voiceDuration` is not a number of 0 or more)"#,
                ),
            ],
        ),
        sender(
            "sendFileToVisitor",
            "echatSDK.sendFileToVisitor({fileUrl: file, fileName: 'a.pdf', fileSize: 9})",
            r#"{"fileUrl":"http://f.test/a","fileName":"a.pdf","fileSize":9}"#,
            &[
                (
                    "echatSDK.sendFileToVisitor({fileUrl: file, fileSize: 9})",
                    r#"{"fileUrl":"http://f.test/a","fileSize":9} (`fileName` is missing or blank)"#,
                ),
                (
                    "echatSDK.sendFileToVisitor({fileUrl: file, fileName: 'n', fileSize: '9'})",
                    r#"{"fileUrl":"http://f.test/a","fileName":"n","fileSize":"9"} (`fileSize` is not a number of 0 or more)"#,
                ),
            ],
        ),
    ]
}

/// What a page with these scripts gives out from the first `--` on. `steps` are told in order, then what the row says.
fn from_the_call(row: &Row, first: &str, second: &str, steps: &[String]) -> String {
    let attempts = |calls: &[&str]| {
        calls.iter().map(|call| format!("attempt(function () {{ return {call}; }});")).collect::<String>()
    };
    let calls = format!(
        "{COMMON}<script>function call() {{ if (!called) console.log('--'); called = true; {} }}
         function wrongly() {{ console.log('--'); called = true; {} }}</script>",
        attempts(&[row.right]),
        attempts(&row.wrong)
    );
    let page = |script: &str| format!("{PUT}{calls}<script>{script}</script>").into_bytes();
    let files = vec![("index.html", page(first)), ("second.html", page(second))];
    let steps: Vec<String> = steps.iter().cloned().chain(row.then.iter().map(|&step| step.to_owned())).collect();
    let shown = with_page(files, move |opened| {
        let (mut page, mut shown) = opened.unwrap();
        for step in steps {
            shown = format!("{shown}\n{}", page.tell(&step));
        }
        shown
    });
    let lines: Vec<&str> = shown.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let call = lines.iter().position(|line| *line == "--").unwrap_or_else(|| panic!("{}: no call\n{shown}", row.name));
    lines[call + 1..].join("\n")
}

/// One column of the table: what `cell` says of each row is what comes of it.
#[track_caller]
fn check(cell: fn(&Cells) -> &String, first: &str, second: &str, visitors: &[&str]) {
    let mut wrong = String::new();
    // Whoever is selected last writes, has his data changed, is selected again.
    let steps: Vec<String> = visitors
        .iter()
        .map(|step| match step.strip_prefix("wait") {
            Some(_) => (*step).to_owned(),
            None => SELECT.replace("{}", step),
        })
        .chain([MESSAGE, CRM, SELECT].map(|event| {
            let last = visitors.iter().rfind(|step| step.starts_with('o')).unwrap();
            event.replace("{}", last)
        }))
        .collect();
    for row in rows() {
        let expected = SHORT.iter().fold(cell(&row.cells).clone(), |text, (short, long)| text.replace(short, long));
        let got = from_the_call(&row, first, second, &steps);
        if got != expected {
            wrong += &format!("\n=== {}\n--- got\n{got}\n--- expected\n{expected}\n", row.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_call_has_a_row() {
    let files = vec![(
        "index.html",
        b"<script>console.log(Object.getOwnPropertyNames(echatSDK).sort().join())</script>".to_vec(),
    )];
    let mut names: Vec<&str> = rows().iter().map(|row| row.name).collect();
    names.sort_unstable();
    assert_eq!(with_page(files, |opened| opened.unwrap().1), names.join(","));
}

#[test]
fn rightly() {
    check(
        |cells| &cells.right,
        "echatSDK.config(good); echatSDK.onSelectVisitor(function () { if (!called) call(); });",
        "",
        &["oA"],
    );
}

#[test]
fn wrongly() {
    check(
        |cells| &cells.wrong,
        "echatSDK.config(good); echatSDK.onSelectVisitor(function () { if (!called) wrongly(); });",
        "",
        &["oA"],
    );
}

#[test]
fn before_ready() {
    check(|cells| &cells.early, "call(); echatSDK.config(good);", "", &["oA"]);
}

#[test]
fn after_a_failed_config() {
    check(|cells| &cells.failed, "echatSDK.config(bad); setTimeout(call, 5);", "", &["oA"]);
}

#[test]
fn after_a_navigation() {
    check(
        |cells| &cells.navigated,
        "echatSDK.config(good); setTimeout(call, 2000);
         echatSDK.onSelectVisitor(function () { location.href = 'second.html'; });",
        "call(); echatSDK.config(good); echatSDK.ready(call);",
        &["oA", "wait 4000"],
    );
}

#[test]
fn from_a_promise_of_another_visitor() {
    check(
        |cells| &cells.promise,
        "echatSDK.config(good);
         echatSDK.onSelectVisitor(function (visitor) {
           if (visitor.visitorData.visitorId === 'oA') new Promise(function (resolve) { done = resolve; }).then(call);
           else done();
         });",
        "",
        &["oA", "oB"],
    );
}

#[test]
fn from_a_timer_of_another_visitor() {
    check(
        |cells| &cells.timer,
        "echatSDK.config(good);
         echatSDK.onSelectVisitor(function (visitor) {
           if (visitor.visitorData.visitorId === 'oA') setTimeout(call, 3000);
         });",
        "",
        &["oA", "oB", "wait 4000"],
    );
}
