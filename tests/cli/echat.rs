//! Pages written for 一洽 (plugin-apis.md §2, §4): opened with their data and a signature, told their visitor, heard.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::bench::{Bench, Ended, SandboxChild};
use crate::host::Host;

/// A page as the manual has it: the script, the three steps, the parameters, the message of §5, and the other calls.
const MANUAL: &str = r#"<!DOCTYPE html>
<html><head><meta charset="utf-8">
<script src="https://es.echatsoft.com/open/staff/jssdk-1.0.0.js"></script>
</head><body><script>
echatSDK.config({
    debug: true,
    timestamp: echatSDK.getParamData('timestamp'),
    nonce: echatSDK.getParamData('nonce'),
    signature: echatSDK.getParamData('signature')
});
echatSDK.ready(function(){
    console.log('ready');
});
echatSDK.error(function(res){
    console.log('error ' + res.errcode + ' ' + res.errmsg);
});
echatSDK.onSelectVisitor(function (visitor) {
    var visEvt = {
        eventId: 'prod-123',
        title: '新款风衣',
        content: '<div>价格：<span style="color:red">￥299.00</span></div>',
        imageUrl: '',
        url: "http('http://m.echatsoft.com','blank')",
        memo: '仅限今天'
    };
    echatSDK.pushVisitorEvent(visEvt);
    echatSDK.pushVisitorEvent({title: '内部', visibility: 2});
    echatSDK.pushVisitorEvent({title: '脚本', url: "apiUrl(page7,'reload')"});
    echatSDK.setVisitorChatSign({chatSign: 1});
});
echatSDK.onReceiveMsg(function (msg) {
    if (msg.msgType === 1) echatSDK.sendTxtMsgToVisitor(echatSDK.getParamData('data', 'shop') + ': ' + msg.content);
    var picture = document.getElementById('picture').href;
    if (msg.msgType === 2) echatSDK.sendImageToVisitor({smallImg: picture, sourceImg: picture});
    if (msg.msgType === 5) echatSDK.sendFileToVisitor({fileUrl: 'https://f.test/a.pdf', fileName: '说明.pdf', fileSize: 2048});
    if (msg.msgType === 4) echatSDK.sendVoiceToVisitor({fileUrl: 'https://f.test/a.wav', voiceDuration: 3});
});
</script><a id="picture" href="shop.png"></a></body></html>"#;

const LOG: &str = concat!(
    r#"{"type":"stimulus.echat.onSelectVisitor","subject":"oA","data":{"chatStatus":1}}"#,
    "\n",
    r#"{"type":"stimulus.echat.onReceiveMsg","subject":"oA","data":{"msgType":1,"content":"在吗"}}"#,
    "\n",
    r#"{"type":"stimulus.echat.onReceiveMsg","subject":"oB","data":{"msgType":1,"content":"of another"}}"#,
    "\n",
    r#"{"type":"stimulus.echat.onReceiveMsg","subject":"oA","data":{"msgType":2,"sourceImg":"http://p.test/a.jpg"}}"#,
    "\n",
    r#"{"type":"stimulus.echat.onReceiveMsg","subject":"oA","data":{"msgType":5}}"#,
    "\n",
);

const TOML: &str = r#"page = "page.html"
[echat]
token = "t0ken"
query = { data = "shop=7&id={openid}", kind = "crm" }
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("shop/page.html", MANUAL);
    bench.write("shop/shop.png", b"\x89PNG\r\n\x1a\nnot much of a picture");
    bench.write("shop/plugin.toml", TOML);
    bench.write("log.jsonl", LOG);
    bench
}

/// The lines of a type.
fn of<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

#[test]
fn a_page_of_the_manual_reaches_its_visitor() {
    let bench = bench();
    let sandbox = SandboxChild::start(&bench);
    sandbox.user_writes("oA");
    let ran = sandbox.run(&bench, &["run", "shop", "--events", "log.jsonl", "--forward", "--all"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines = ran.lines();
    let config = of(&lines, "effect.echat.config")[0];
    assert_eq!(config["data"]["outcome"], "accepted", "{config}");
    assert_eq!(config["data"]["result"]["errcode"], 0);
    assert_eq!(config["data"]["reason"], Value::Null);
    let sign = of(&lines, "effect.echat.setVisitorChatSign")[0];
    assert_eq!(
        (&sign["subject"], &sign["data"]),
        (&json!("oA"), &json!({"arguments": [{"chatSign": 1}], "outcome": "accepted"}))
    );
    let bodies: Vec<Value> = sandbox.messages("oA").iter().map(|message| message["body"].clone()).collect();
    let kinds: Vec<&Value> = bodies.iter().map(|body| &body["msgtype"]).collect();
    assert_eq!(kinds, ["news", "news", "text", "image", "text"]);
    let article = json!({
        "title": "新款风衣", "description": "价格：￥299.00\n仅限今天", "url": "http://m.echatsoft.com",
    });
    assert_eq!(bodies[0]["news"]["articles"][0], article);
    assert_eq!(bodies[1]["news"]["articles"][0], json!({"title": "脚本", "description": ""}));
    assert_eq!(bodies[2]["text"]["content"], "7: 在吗");
    let file = bodies[4]["text"]["content"].as_str().unwrap();
    assert!(file.contains("说明.pdf") && file.contains("https://f.test/a.pdf"), "{file}");
    assert!(ran.out.contains("ready") && !ran.out.contains("t0ken"), "{}", ran.out);
}

#[test]
fn the_address_is_that_of_the_time_the_seed_and_the_visitor() {
    let bench = bench();
    bench.write("shop/page.html", "<script>external.Notice(location.search)</script>");
    let query = |page: &str, more: &[&str]| {
        let ran = bench.run(&[&["run", page, "--events", "log.jsonl"], more].concat());
        ran.lines()[0]["data"]["argument"].as_str().unwrap().to_owned()
    };
    let first = query("shop", &[]);
    let data = "&data=shop%3D7%26id%3DoA&kind=crm&timestamp=1577836800&nonce=";
    assert!(first.contains(data), "{first}");
    assert_eq!(first, query("shop", &[]));
    assert_ne!(first, query("shop", &["--seed", "7"]));
    let push =
        json!({"ToUserName": "gh_1", "FromUserName": "oP", "CreateTime": 7, "MsgType": "event", "Event": "VIEW"});
    bench.write("pushed.jsonl", json!({"type": "stimulus.wechat.push", "data": push}).to_string() + "\n" + LOG);
    let ran = bench.run(&["run", "shop", "--events", "pushed.jsonl"]);
    let pushed = ran.lines()[0]["data"]["argument"].to_string();
    assert!(pushed.contains("&data=shop%3D7%26id%3DoP&"), "whose push the log begins with: {pushed}");
    let own = query("shop/page.html?kind=own", &[]);
    assert!(!own.contains("signature"), "a page that is not for EChat: {own}");
    bench.write("shop/plugin.toml", TOML.replace("page.html", "page.html?kind=own&nonce=n"));
    let own = query("shop", &[]);
    assert!(
        own.starts_with("?kind=own&nonce=n&ticket=") && own.contains("&data=") && own.contains("&signature="),
        "{own}"
    );
    assert_eq!(own.matches("kind=").count(), 1);
}

#[test]
fn wrong_old_and_missing_signatures_give_error_and_nothing_more() {
    let bench = bench();
    let good = "timestamp=1577836800&nonce=abc";
    // printf '%s' 1577836800abct0ken | sha1sum
    let signed = "signature=52d145131a94dbee281064648f5cc83e130ceddb";
    let cases = [
        (format!("{good}&{signed}"), 0),
        (format!("{good}d&{signed}"), 2),
        (format!("{good}&signature=1"), 1),
        // printf '%s' 1577829599abct0ken | sha1sum
        (format!("timestamp=1577829599&nonce=abc&signature={OLD}"), 3),
    ];
    for (query, errcode) in cases {
        bench.write("shop/plugin.toml", TOML.replace("page.html", &format!("page.html?{query}")));
        let ran = bench.run(&["run", "shop", "--events", "log.jsonl", "--all"]);
        let lines = ran.lines();
        assert_eq!(of(&lines, "effect.echat.config")[0]["data"]["result"]["errcode"], errcode, "{query}");
        let count = of(&lines, "effect.echat.sendTxtMsgToVisitor").len();
        assert_eq!(count, usize::from(errcode == 0), "{query}: {}", ran.out);
        let errors = of(&lines, "console.log").into_iter().map(|line| line["data"]["text"].as_str().unwrap());
        let errors: Vec<String> =
            errors.filter(|text| text.starts_with("error ")).map(|text| text[..7].to_owned()).collect();
        let expected = if errcode == 0 { vec![] } else { vec![format!("error {errcode}")] };
        assert_eq!(errors, expected, "{query}");
    }
}

/// Two hours and one second before the run.
const OLD: &str = "8f4a4f51b4c625a330990e1ff004da5e5fe8d319";

#[test]
fn the_script_may_lie_elsewhere_and_a_bare_page_is_known() {
    let bench = bench();
    let mirrored = MANUAL.replace("https://es.echatsoft.com/open/staff/jssdk-1.0.0.js", "lib/echat.js");
    bench.write(
        "shop/page.html",
        mirrored.replace("</head>", "<script src='https://mirror.test/echat.js'></script></head>"),
    );
    bench.write("shop/lib/echat.js", "echatSDK = null;");
    let faults = |page: &str| {
        let ran = bench.run(&["run", page, "--events", "log.jsonl"]);
        let lines = ran.lines();
        (of(&lines, "fault.load").len(), of(&lines, "fault.uncaught").len(), of(&lines, "effect.echat.config").len())
    };
    assert_eq!(faults("shop"), (1, 1, 0));
    bench.write("shop/plugin.toml", format!("{TOML}sdk = ['lib/echat.js', 'https://mirror.test/echat.js']\n"));
    assert_eq!(faults("shop"), (0, 0, 1));
    bench.write("bare.html", MANUAL);
    let ran = bench.run(&["run", "bare.html", "--events", "log.jsonl"]);
    let config = of(&ran.lines(), "effect.echat.config")[0]["data"].clone();
    assert_eq!(config["outcome"], "accepted", "{config}");
    assert!(config["reason"].as_str().unwrap().contains("no token is configured"), "{config}");
    bench.write("shop/plugin.toml", "page = \"page.html\"\ndialects = [\"mcs\"]\n");
    bench.write("shop/page.html", "<script>external.Notice(typeof echatSDK + location.search)</script>");
    let ran = bench.run(&["run", "shop"]);
    let argument = ran.lines()[0]["data"]["argument"].as_str().unwrap().to_owned();
    assert!(argument.starts_with("undefined?ticket=") && !argument.contains("nonce"), "{argument}");
    bench.write("shop/plugin.toml", "page = \"page.html\"\ndialects = [\"echat\"]\n");
    bench.write("shop/page.html", "<script>echatSDK.getParamData(typeof external.PutMsg + location.search)</script>");
    let ran = bench.run(&["run", "shop"]);
    let argument = ran.lines()[0]["data"]["arguments"][0].as_str().unwrap().to_owned();
    assert!(argument.starts_with("undefined?timestamp=") && !argument.contains("ticket"), "{argument}");
}

#[test]
fn pushes_are_told_to_pages_of_both_kinds() {
    let bench = bench();
    let sandbox = SandboxChild::start(&bench);
    for user in ["oA", "oB"] {
        sandbox.user_writes(user);
    }
    let push = |id: u32, user: &str, more: Value| {
        let mut data = json!({"ToUserName": "gh_1", "FromUserName": user, "CreateTime": 7, "MsgId": id});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": "stimulus.wechat.push", "id": id.to_string(), "data": data}).to_string() + "\n"
    };
    let text = |id, user, content: &str| push(id, user, json!({"MsgType": "text", "Content": content}));
    let location =
        json!({"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Scale": "16", "Label": "x"});
    let log = [
        text(1, "oA", "一"),
        text(2, "oA", "二"),
        push(3, "oB", json!({"MsgType": "image", "PicUrl": "http://p.test/a.jpg", "MediaId": "M"})),
        push(4, "oB", location.clone()),
        text(5, "oA", "三"),
        push(6, "oB", location),
    ];
    bench.write("pushes.jsonl", log.concat());
    bench.write("mcs.html", "<script>function MCS_ClientNotify(s) { external.Notice(s) }</script>");
    let arguments = ["run", "shop", "mcs.html", "--events", "pushes.jsonl", "--forward", "--all"];
    let ran = sandbox.run(&bench, &arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines = ran.lines();
    let told = lines.iter().filter(|line| line["type"].as_str().unwrap().starts_with("stimulus."));
    let told: Vec<String> =
        told.map(|line| format!("{} {}", line["id"].as_str().unwrap(), line["subject"].as_str().unwrap())).collect();
    let expected = [
        ["1/user oA", "1/select oA", "1/message oA"].as_slice(),
        &["2/user oA", "2/message oA"],
        &["3/user oB", "3/select oB", "3/message oB"],
        &["4/user oB", "4/map oB"],
        &["5/user oA", "5/select oA", "5/message oA"],
        &["6/user oB", "6/map oB", "6/select oB"],
    ];
    assert_eq!(told, expected.concat());
    assert_eq!(of(&lines, "effect.mcs.Notice").len(), 8);
    let bodies = |user: &str| -> Vec<Value> {
        sandbox.messages(user).iter().map(|message| message["body"]["msgtype"].clone()).collect()
    };
    assert_eq!(bodies("oA"), ["news", "news", "text", "text", "news", "news", "text"]);
    assert_eq!(bodies("oB"), ["news", "news", "image", "news", "news"]);
    // Played again, nothing is sent twice.
    let again = sandbox.run(&bench, &arguments);
    assert_eq!((again.code, bodies("oA").len(), bodies("oB").len()), (0, 7, 5), "{}", again.err);
}

/// Whatever a customer sends, the page knows for whom it works from then on.
#[test]
fn a_place_and_a_link_turn_a_page_to_whoever_sent_them() {
    let bench = bench();
    bench.write("shop/page.html", SELECTED);
    let push = |id: u32, user: &str, type_: &str, more: &str| {
        format!(
            r#"{{"type":"stimulus.wechat.push","id":"{id}","data":{{"ToUserName":"gh_1","FromUserName":"{user}","CreateTime":7,"MsgId":{id},"MsgType":"{type_}",{more}}}}}"#
        )
    };
    let click = r##"{"type":"stimulus.ui.click","data":{"selector":"#b"}}"##.to_owned();
    let log = [
        push(1, "oA", "text", r#""Content":"x""#),
        push(2, "oB", "location", r#""Location_X":"23.1","Location_Y":"113.3","Scale":"16","Label":"x""#),
        click.clone(),
        push(3, "oC", "link", r#""Title":"t","Description":"d","Url":"http://u.test/""#),
        click,
    ];
    bench.write("log.jsonl", log.join("\n"));
    assert_eq!(clicks(&bench.run(&["run", "shop", "--events", "log.jsonl"])), ["oB for oB", "oC for oC"]);
}

/// A page that says by a click whom it takes for its visitor.
const SELECTED: &str = r#"<button id=b onclick="echatSDK.sendTxtMsgToVisitor('for ' + visitor)">x</button><script>
var visitor;
echatSDK.config({timestamp: echatSDK.getParamData('timestamp'), nonce: echatSDK.getParamData('nonce'),
    signature: echatSDK.getParamData('signature')});
echatSDK.onSelectVisitor(function (selected) { visitor = selected.visitorData.visitorId; });
</script>"#;

/// The next host's page is told its visitor before anything else.
#[test]
fn a_host_that_goes_on_tells_the_page_its_visitor_again() {
    let bench = bench();
    bench.write("shop/page.html", SELECTED);
    let sandbox = SandboxChild::start(&bench);
    sandbox.user_writes("oA");
    let had = |count: usize| loop {
        let messages = sandbox.messages("oA");
        if messages.len() >= count {
            return messages.into_iter().map(|message| message["body"]["text"]["content"].clone()).collect::<Vec<_>>();
        }
        std::thread::yield_now();
    };
    let texts = |ids: std::ops::RangeInclusive<u32>| {
        let text = |id: u32| {
            let push = json!({"ToUserName": "gh_1", "FromUserName": "oA", "CreateTime": 7, "MsgId": id,
                "MsgType": "text", "Content": "x"});
            json!({"type": "stimulus.wechat.push", "id": id.to_string(), "source": "wechat", "data": push}).to_string()
        };
        let click = json!({"type": "stimulus.ui.click", "id": format!("click-{}", ids.end()), "source": "wechat",
            "data": {"selector": "#b"}});
        ids.map(text).chain([click.to_string() + "\n"]).collect::<Vec<_>>().join("\n")
    };
    let mut first = Host::start(&bench, &sandbox, "shop");
    first.events.as_mut().unwrap().write_all(texts(1..=2).as_bytes()).unwrap();
    // Not killed: right after WeChat has a message its row would rightly be unknown.
    assert_eq!(first.end(), 0);
    assert_eq!(had(1), ["for oA"]);
    let mut next = Host::start(&bench, &sandbox, "shop");
    next.events.as_mut().unwrap().write_all(texts(3..=3).as_bytes()).unwrap();
    assert_eq!(next.end(), 0);
    assert_eq!(had(2), ["for oA", "for oA"]);
}

/// Who got what by clicks in that page.
fn clicks(ran: &Ended) -> Vec<String> {
    let shown = |line: &&Value| {
        let text = line["data"]["arguments"][0].as_str().unwrap();
        format!("{} {text}", line["subject"].as_str().unwrap())
    };
    of(&ran.lines(), "effect.echat.sendTxtMsgToVisitor").iter().map(shown).collect()
}

#[test]
fn events_of_one_dialect_turn_no_pages_of_the_other() {
    let bench = bench();
    bench.write("old/plugin.toml", "name = \"old\"\npage = \"page.html\"\ndialects = [\"mcs\"]\n");
    bench.write(
        "old/page.html",
        "<button id=b onclick=\"external.PutMsg({msg: {head: {random: '1'}, body: [{type: 0, content: {text: 'for ' + \
         user}}]}})\">x</button><script>var user; function MCS_ClientNotify(s) { user = JSON.parse(s).useraccount }</script>",
    );
    let log = [
        json!({"type": "stimulus.mcs.OnUserChange", "data": {"useraccount": "oA"}}),
        json!({"type": "stimulus.echat.onSelectVisitor", "data": {"visitorData": {"visitorId": "oB"}}}),
        json!({"type": "stimulus.ui.click", "data": {"selector": "#b"}}),
    ];
    bench.write("log.jsonl", log.map(|line| line.to_string() + "\n").concat());
    let ran = bench.run(&["run", "old", "--events", "log.jsonl"]);
    let lines = ran.lines();
    let put = of(&lines, "effect.mcs.PutMsg");
    assert_eq!((put.len(), put[0]["subject"].as_str()), (1, Some("oA")), "{} {}", ran.out, ran.err);
}

#[test]
fn an_event_of_two_visitors_is_none() {
    let bench = bench();
    for line in [
        json!({"type": "stimulus.echat.onReceiveMsg", "subject": "oA", "data": {"visitorId": "oB", "content": "x"}}),
        json!({"type": "stimulus.echat.onReceiveMsg", "data": {"visitorId": 7, "content": "x"}}),
        json!({"type": "stimulus.echat.onSelectVisitor", "data": {"visitorId": "oA", "visitorData": {"visitorId": "oB"}}}),
    ] {
        bench.write("log.jsonl", line.to_string() + "\n");
        let ran = bench.run(&["run", "shop", "--events", "log.jsonl"]);
        assert!(ran.code == 102 && ran.err.contains("visitorId"), "{} {}", ran.code, ran.err);
    }
}
