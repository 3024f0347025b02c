//! `echatSDK` as a page sees it (plugin-apis.md §2): in what order its results come, what its listeners get, what it shares
//! with the other dialect. Each call in each situation is in `echat_matrix`, wild arguments are in `echat_hostile`.

use duoke::event::EchatSettings;

use super::driven::{check, check_files, check_files_as};

/// `config` that passes, since no token is configured; `bad` does not.
const CONFIG: &str = "<script src='https://es.echatsoft.com/open/staff/jssdk-1.0.0.js' type=none></script><script>
    var sum = '0123456789012345678901234567890123456789';
    var good = {timestamp: '1577808000', nonce: 'n', signature: sum}, bad = {timestamp: '1577808000', nonce: 'n'};
    function log(name) { return function (value) { console.log(name, value === undefined ? '' : JSON.stringify(value)); }; }
    </script>";

const SELECT_A: &str = r#"json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}"#;
const SELECT_B: &str = r#"json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oB"}}"#;

/// What is long and comes often.
const SHORT: [(&str, &str); 6] = [
    (
        "PASSES",
        r#"{"timestamp":"1577808000","nonce":"n","signature":"SUM"} (no token is configured: the signature is not checked)"#,
    ),
    ("SUM", "0123456789012345678901234567890123456789"),
    ("INCOMPLETE", "timestamp, nonce or signature is missing or malformed"),
    ("FAILS", r#"{"timestamp":"1577808000","nonce":"n"} (timestamp, nonce or signature is missing or malformed)"#),
    ("EARLY", "config has not succeeded yet"),
    ("NOBODY", "no user: the page has not been told one"),
];

fn in_full(expected: &str) -> String {
    SHORT.iter().fold(expected.to_owned(), |text, (short, long)| text.replace(short, long))
}

#[track_caller]
fn check_sdk(script: &str, steps: &[&'static str], expected: &str) {
    check(&format!("{CONFIG}<script>{script}</script>"), steps, &in_full(expected));
}

#[test]
fn ready_and_error_come_in_a_later_task() {
    check_sdk(
        "echatSDK.ready(function () { console.log('first'); Promise.resolve().then(log('micro')); throw new Error('no'); });
         Promise.resolve().then(log('promise'));
         echatSDK.error(log('error'));
         console.log(echatSDK.config(good));
         echatSDK.ready(log('second'));
         setTimeout(function () { echatSDK.ready(log('at once')); console.log('asked'); }, 5);
         setTimeout(function () { echatSDK.config(bad); }, 10);
         setTimeout(function () { echatSDK.sendTxtMsgToVisitor('x'); echatSDK.config(good); }, 15);
         setTimeout(function () { echatSDK.sendTxtMsgToVisitor('y'); }, 20);",
        &[],
        r#"
        config - <load PASSES
        undefined
        promise
        first
        ! uncaught Error: no /index.html:6:117
        micro
        second
        asked
        at once
        config - <load invalid FAILS
        error {"errcode":1,"errmsg":"INCOMPLETE"}
        echatSDK.sendTxtMsgToVisitor is ignored: config has failed
        sendTxtMsgToVisitor - <load ignored "x" (config has failed)
        config - <load PASSES
        sendTxtMsgToVisitor - <load invalid "y" (NOBODY)
        "#,
    );
}

#[test]
fn half_a_pair_spoils_no_call() {
    check_sdk(
        "echatSDK.config(good);
        echatSDK.onSelectVisitor(function () { echatSDK.pushVisitorEvent({title: '😀'.substr(0, 1) + '新'}); });",
        &[SELECT_A],
        r#"
        config - <load PASSES
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        pushVisitorEvent oA <1 {"title":"\u{fffd}新"}
        "#
        .replace("\\u{fffd}", "\u{fffd}")
        .as_str(),
    );
}

#[test]
fn ready_runs_under_the_cause_that_registered_it() {
    check_sdk(
        "echatSDK.config(good);
        echatSDK.onSelectVisitor(function (visitor) {
          var id = visitor.visitorData.visitorId;
          function later() { echatSDK.ready(function () { echatSDK.sendTxtMsgToVisitor('for ' + id); }); }
          if (id === 'oA') new Promise(function (done) { window.done = done; }).then(later);
          else { later(); window.done(); }
        });",
        &[SELECT_A, SELECT_B],
        r#"
        config - <load PASSES
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oB"}}
        sendTxtMsgToVisitor oB <2 "for oB"
        sendTxtMsgToVisitor oA <1 late "for oA"
        "#,
    );
}

#[test]
fn debug_says_every_call() {
    check_sdk(
        "echatSDK.ready(log('not said')); good.debug = true; echatSDK.config(good);
        echatSDK.onReceiveMsg(function heard() {}); echatSDK.getParamData('a', 'b'); echatSDK.sendTxtMsgToVisitor('x', 1);",
        &[],
        r#"
        echatSDK.config({"timestamp":"1577808000","nonce":"n","signature":"SUM","debug":true})
        config - <load {"timestamp":"1577808000","nonce":"n","signature":"SUM","debug":true} (no token is configured: the signature is not checked)
        echatSDK.onReceiveMsg({"$function":"heard"})
        echatSDK.getParamData("a", "b")
        getParamData - <load "a", "b"
        echatSDK.sendTxtMsgToVisitor("x", 1)
        echatSDK.sendTxtMsgToVisitor is ignored: EARLY
        sendTxtMsgToVisitor - <load ignored "x", 1 (EARLY)
        not said
        "#,
    );
}

#[test]
fn both_dialects_in_one_page_share_the_current_user() {
    check_sdk(
        "echatSDK.config(good);
        function MCS_ClientNotify() { echatSDK.sendTxtMsgToVisitor('by mcs'); put('mcs'); }
        echatSDK.onSelectVisitor(function () { put('by echat'); echatSDK.sendTxtMsgToVisitor('echat'); });
        echatSDK.onReceiveMsg(log('heard'));",
        &["user oA", SELECT_B, r#"json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"of another"}"#],
        r#"
        config - <load PASSES
        > user oA
        sendTxtMsgToVisitor oA <1 "by mcs"
        put oA <1 mcs
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oB"}}
        put oB <2 by echat
        sendTxtMsgToVisitor oB <2 "echat"
        > json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"of another"}
        "#,
    );
}

#[test]
fn who_waits_for_the_check_runs_under_his_own_cause() {
    check_sdk(
        "function MCS_ClientNotify(str) {
          var id = JSON.parse(str).useraccount;
          echatSDK.ready(function () { echatSDK.sendTxtMsgToVisitor('ready for ' + id); });
          echatSDK.error(function () { echatSDK.sendTxtMsgToVisitor('error for ' + id); });
          if (id === 'oB') echatSDK.config(good);
          if (id === 'oC') echatSDK.config(bad);
        }",
        &["user oA", "user oB", "user oC"],
        r#"
        > user oA
        > user oB
        config oB <2 PASSES
        sendTxtMsgToVisitor oA <1 late "ready for oA"
        sendTxtMsgToVisitor oB <2 "ready for oB"
        > user oC
        config oC <3 invalid FAILS
        sendTxtMsgToVisitor oC <3 "ready for oC"
        echatSDK.sendTxtMsgToVisitor is ignored: config has failed
        sendTxtMsgToVisitor oA <1 ignored late "error for oA" (config has failed)
        echatSDK.sendTxtMsgToVisitor is ignored: config has failed
        sendTxtMsgToVisitor oB <2 ignored late "error for oB" (config has failed)
        echatSDK.sendTxtMsgToVisitor is ignored: config has failed
        sendTxtMsgToVisitor oC <3 ignored "error for oC" (config has failed)
        "#,
    );
}

#[test]
fn each_config_has_its_result() {
    check_sdk(
        "echatSDK.ready(log('ready')); echatSDK.error(log('error'));
        echatSDK.config(bad); echatSDK.config(good); echatSDK.error(log('more'));
        setTimeout(function () { echatSDK.config(bad); echatSDK.config(bad); }, 5);
        setTimeout(function () { echatSDK.config(good); echatSDK.config(bad); echatSDK.ready(log('never')); }, 10);",
        &[],
        r#"
        config - <load invalid FAILS
        config - <load PASSES
        error {"errcode":1,"errmsg":"INCOMPLETE"}
        more {"errcode":1,"errmsg":"INCOMPLETE"}
        ready
        config - <load invalid FAILS
        config - <load invalid FAILS
        error {"errcode":1,"errmsg":"INCOMPLETE"}
        more {"errcode":1,"errmsg":"INCOMPLETE"}
        error {"errcode":1,"errmsg":"INCOMPLETE"}
        more {"errcode":1,"errmsg":"INCOMPLETE"}
        config - <load PASSES
        config - <load invalid FAILS
        error {"errcode":1,"errmsg":"INCOMPLETE"}
        more {"errcode":1,"errmsg":"INCOMPLETE"}
        "#,
    );
}

/// What listeners get: all the fields of the manual, and nothing for those that are absent.
const EVENTS: [&str; 9] = [
    r#"onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}"#,
    r#"onReceiveMsg {"visitorId":"oA","msgType":2,"smallImg":"http://p/s","sourceImg":"http://p/"}"#,
    r#"onReceiveMsg {"visitorId":"oA","msgType":3,"videoThumbUrl":"http://p/t","fileUrl":"http://p/v.mp4"}"#,
    r#"onReceiveMsg {"visitorId":"oA","msgType":4,"fileUrl":"http://p/v.mp3","voiceDuration":3}"#,
    r#"onReceiveMsg {"visitorId":"oA","msgType":5,"fileUrl":"http://p/f","fileName":"f.pdf","fileSize":9}"#,
    r#"onCrmUpdate {"visitorId":"oA","name":"张三","nickName":"三","gender":1,"age":30,"phone":"1","qq":"2","wechat":"w","email":"a@b.test","memo":"m"}"#,
    r#"onCrmUpdate {"visitorId":"oA","gender":0}"#,
    r#"onSelectVisitor {"chatStatus":2,"metaData":"x","myData":"y","visitorData":{"visitorId":"oA"},"routeData":{},"chatData":{"n":1},"crmData":{"name":"n"}}"#,
    r#"onSelectVisitor {"chatStatus":0,"visitorData":{"visitorId":"oA"}}"#,
];

#[test]
fn listeners_get_the_manual_s_fields() {
    let steps: Vec<&'static str> =
        EVENTS.iter().map(|event| &*Box::leak(format!("json echat.{event}").into_boxed_str())).collect();
    let heard: Vec<String> = EVENTS.iter().map(|event| format!("> json echat.{event}\n{event}")).collect();
    check_sdk(
        "echatSDK.config(good);
        ['onReceiveMsg', 'onCrmUpdate', 'onSelectVisitor'].forEach(function (name) { echatSDK[name](log(name)); });",
        &[&[SELECT_A], &steps[..]].concat(),
        &format!(
            "config - <load PASSES\n> {SELECT_A}\nonSelectVisitor {}\n{}",
            SELECT_A.split_once(' ').unwrap().1.split_once(' ').unwrap().1,
            heard.join("\n")
        ),
    );
}

#[test]
fn every_listener_runs_with_data_of_its_own_and_for_the_selected_visitor_only() {
    check_sdk(
        "echatSDK.onReceiveMsg(function (msg) { msg.content = 'changed'; throw new Error('no'); });
        echatSDK.onReceiveMsg(log('second')); echatSDK.onReceiveMsg(log('second')); echatSDK.onCrmUpdate(log('crm'));
        echatSDK.config(good);",
        &[
            r#"json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"nobody is selected"}"#,
            SELECT_A,
            r#"json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}"#,
            r#"json echat.onReceiveMsg {"visitorId":"oB","msgType":1,"content":"of another"}"#,
            r#"json echat.onCrmUpdate {"visitorId":"oB","name":"of another"}"#,
            r#"json echat.onCrmUpdate {"name":"of whom is selected"}"#,
        ],
        r#"
        config - <load PASSES
        > json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"nobody is selected"}
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        > json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}
        ! uncaught Error: no /index.html:6:92
        second {"visitorId":"oA","msgType":1,"content":"hi"}
        second {"visitorId":"oA","msgType":1,"content":"hi"}
        > json echat.onReceiveMsg {"visitorId":"oB","msgType":1,"content":"of another"}
        > json echat.onCrmUpdate {"visitorId":"oB","name":"of another"}
        > json echat.onCrmUpdate {"name":"of whom is selected"}
        crm {"visitorId":"oA","name":"of whom is selected"}
        "#,
    );
}

#[test]
fn what_nobody_caused_is_for_nobody_or_held() {
    check_sdk(
        "echatSDK.config(good);
        function send(text) { echatSDK.sendTxtMsgToVisitor(text); echatSDK.setVisitorChatSign({chatSign: 1}); }
        setTimeout(function () { send('nobody'); }, 500);
        setTimeout(function () { send('whose'); }, 20000);",
        &[SELECT_A, SELECT_B, "wait 20000"],
        r#"
        config - <load PASSES
        sendTxtMsgToVisitor - <load invalid "nobody" (NOBODY)
        echatSDK.setVisitorChatSign is ignored: the page is not bound to the conversation
        setVisitorChatSign - <load ignored {"chatSign":1} (the page is not bound to the conversation)
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oB"}}
        > wait 20000
        sendTxtMsgToVisitor oB <load late "whose"
        echatSDK.setVisitorChatSign is ignored: the page is not bound to the conversation
        setVisitorChatSign oB <load ignored late {"chatSign":1} (the page is not bound to the conversation)
        "#,
    );
}

/// Opens a page with a token and a signature in its address, which it hands to `config`.
#[track_caller]
fn check_signed(more: &str, steps: &[&'static str], expected: &str) {
    let page = format!(
        "{CONFIG}<script>
        function of(name) {{ return new URLSearchParams(location.search).get(name); }}
        echatSDK.config({{timestamp: of('timestamp'), nonce: of('nonce'), signature: of('signature')}});
        echatSDK.ready(log('ready')); echatSDK.error(log('error'));
        echatSDK.onReceiveMsg(function (msg) {{ echatSDK.sendTxtMsgToVisitor(msg.content); }});
        {more}</script>"
    );
    // printf '%s' 1577836800abct0ken | sha1sum
    let query = "timestamp=1577836800&nonce=abc&signature=52d145131a94dbee281064648f5cc83e130ceddb";
    let prepare = |options: &mut duoke::page::PageOptions| {
        options.settings.echat = Some(EchatSettings { token: Some("t0ken".to_owned()), ..EchatSettings::default() });
        let duoke::page::Source::Document(url) = &mut options.source else { panic!("a document") };
        url.set_query(Some(query));
    };
    let signed = |nonce: &str| {
        format!(
            r#"{{"timestamp":"1577836800","nonce":"{nonce}","signature":"52d145131a94dbee281064648f5cc83e130ceddb"}}"#
        )
    };
    let expected = expected.replace("SIGNED", &signed("abc")).replace("OTHER", &signed("abd"));
    check_files_as(vec![("index.html", page.into_bytes())], prepare, steps, &expected);
}

const HI: &str = r#"json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}"#;

#[test]
fn a_reloaded_page_checks_again_with_the_same_address() {
    check_signed(
        "",
        &[SELECT_A, "reload", HI],
        r#"
        config - <load SIGNED
        ready
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        > reload
        config oA <2 SIGNED
        ready
        > json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}
        sendTxtMsgToVisitor oA <3 "hi"
        "#,
    );
}

#[test]
fn a_page_that_changed_its_address_fails_where_it_reloads_itself() {
    check_signed(
        "echatSDK.onSelectVisitor(function () {
          history.replaceState(null, '', location.search.replace('abc', 'abd')); location.reload();
        });",
        &[SELECT_A, HI],
        r#"
        config - <load SIGNED
        ready
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        go /index.html?timestamp=1577836800&nonce=abd&signature=52d145131a94dbee281064648f5cc83e130ceddb Reload <1
        config oA <1 invalid OTHER (the signature is wrong)
        error {"errcode":2,"errmsg":"the signature is wrong"}
        > json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}
        "#,
    );
}

#[test]
fn parameters_are_those_of_the_document_s_own_address() {
    let first = format!(
        "{CONFIG}<script>echatSDK.config(good);
        function ask() {{ console.log(echatSDK.getParamData('a') + '|' + echatSDK.getParamData('b')); }}
        ask(); history.pushState(null, '', '?a=1'); ask(); location.hash = '#b=2'; ask();
        echatSDK.onSelectVisitor(function () {{ location.href = 'second.html?b=3&a=x+y&a=z#a=0'; }});</script>"
    );
    let second = "<script>console.log(echatSDK.getParamData('a') + '|' + echatSDK.getParamData('b'));</script>";
    check_files(
        vec![("index.html", first.into_bytes()), ("second.html", second.as_bytes().to_vec())],
        &[SELECT_A],
        &in_full(
            r#"
        config - <load PASSES
        getParamData - <load "a"
        getParamData - <load "b"
        |
        getParamData - <load "a"
        getParamData - <load "b"
        1|
        getParamData - <load "a"
        getParamData - <load "b"
        1|
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        go /second.html?b=3&a=x+y&a=z#a=0 <1
        getParamData oA <1 "a"
        getParamData oA <1 "b"
        x y|3
        "#,
        ),
    );
}

/// A plugin that speaks one dialect has nothing of the other's, but what every browser has.
#[test]
fn a_page_finds_the_dialects_that_its_plugin_speaks() {
    let page = "<script>console.log(typeof echatSDK, typeof external, typeof external.PutMsg, 'Notice' in external,
        typeof external.AddSearchProvider);</script>";
    let shown = |mcs: bool, echat: bool, expected: &str| {
        let prepare = move |options: &mut duoke::page::PageOptions| {
            options.settings.mcs = mcs;
            options.settings.echat = echat.then(EchatSettings::default);
        };
        check_files_as(vec![("index.html", page.as_bytes().to_vec())], prepare, &[], expected);
    };
    shown(true, true, "object object function true function");
    shown(true, false, "undefined object function true function");
    let warned = "external.PutMsg is missing here: `dialects` of plugin.toml does not name \"mcs\" (index.html:1:20)";
    shown(false, true, &format!("{warned}\nobject object undefined false function"));
    shown(false, false, &format!("{warned}\nundefined object undefined false function"));
}

/// The reason in the log says what the operator can do; the page's own message is the usual one.
#[test]
fn a_page_that_nobody_said_is_one_of_echat_says_so() {
    let page = format!("{CONFIG}<script>echatSDK.error(log('error')); echatSDK.config(bad);</script>");
    let prepare = |options: &mut duoke::page::PageOptions| {
        options.settings.echat = Some(EchatSettings { is_opened_for: false, ..EchatSettings::default() });
    };
    let expected = r#"
        config - <load invalid {"timestamp":"1577808000","nonce":"n"} (INCOMPLETE; the page's address was given none: that it is a page of EChat says an [echat] in its plugin.toml)
        error {"errcode":1,"errmsg":"INCOMPLETE"}
    "#;
    check_files_as(vec![("index.html", page.into_bytes())], prepare, &[], &in_full(expected));
}
