//! `echatSDK` as a page sees it (plugin-apis.md §2): every call rightly and wrongly, before `config`, after a failed one,
//! after a navigation, and from a promise or a timer while another visitor is selected.

use super::driven::{check, check_files};

/// `config` that passes, since no token is configured; `bad` does not.
const CONFIG: &str = "<script src='https://es.echatsoft.com/open/staff/jssdk-1.0.0.js' type=none></script><script>
    var sum = '0123456789012345678901234567890123456789';
    var good = {timestamp: '1577808000', nonce: 'n', signature: sum}, bad = {timestamp: '1577808000', nonce: 'n'};
    function log(name) { return function (value) { console.log(name, value === undefined ? '' : JSON.stringify(value)); }; }
    </script>";

/// Every command once, rightly.
const COMMANDS: &str = "<script>function commands() {
    var file = 'http://f.test/a', pic = 'http://f.test/p.jpg';
    echatSDK.pushVisitorEvent({eventId: 'e1', title: '新款风衣', content: '<div>￥99</div>', imageUrl: pic, url: file, memo: 'm'});
    echatSDK.sendTxtMsgToVisitor('您好');
    echatSDK.sendImageToVisitor({smallImg: pic, sourceImg: pic});
    echatSDK.sendVideoToVisitor({videoThumbUrl: pic, fileUrl: file});
    echatSDK.sendVoiceToVisitor({fileUrl: file, voiceDuration: 3});
    echatSDK.sendFileToVisitor({fileUrl: file, fileName: 'a.pdf', fileSize: 9});
    return echatSDK.setVisitorChatSign({chatSign: 1});
    }</script>";

const SELECT_A: &str = r#"json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}"#;
const SELECT_B: &str = r#"json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oB"}}"#;

/// What is long and comes often.
const SHORT: [(&str, &str); 5] = [
    (
        "PASSES",
        r#"{"timestamp":"1577808000","nonce":"n","signature":"SUM"} (no token is configured: the signature is not checked)"#,
    ),
    ("SUM", "0123456789012345678901234567890123456789"),
    ("INCOMPLETE", "timestamp, nonce or signature is missing or malformed"),
    ("EARLY", "config has not succeeded yet"),
    (
        "EVENT",
        r#"{"eventId":"e1","title":"新款风衣","content":"<div>￥99</div>","imageUrl":"http://f.test/p.jpg","url":"http://f.test/a","memo":"m"}"#,
    ),
];

fn in_full(expected: &str) -> String {
    SHORT.iter().fold(expected.to_owned(), |text, (short, long)| text.replace(short, long))
}

#[track_caller]
fn check_sdk(script: &str, steps: &[&'static str], expected: &str) {
    check(&format!("{CONFIG}{COMMANDS}<script>{script}</script>"), steps, &in_full(expected));
}

#[test]
fn every_command_counts_once_the_check_has_passed() {
    check_sdk(
        "echatSDK.config(good); echatSDK.onSelectVisitor(function () { console.log(commands()); });",
        &[SELECT_A],
        r#"
        config - <load PASSES
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        pushVisitorEvent oA <1 EVENT
        sendTxtMsgToVisitor oA <1 "您好"
        sendImageToVisitor oA <1 {"smallImg":"http://f.test/p.jpg","sourceImg":"http://f.test/p.jpg"}
        sendVideoToVisitor oA <1 {"videoThumbUrl":"http://f.test/p.jpg","fileUrl":"http://f.test/a"}
        sendVoiceToVisitor oA <1 {"fileUrl":"http://f.test/a","voiceDuration":3}
        sendFileToVisitor oA <1 {"fileUrl":"http://f.test/a","fileName":"a.pdf","fileSize":9}
        setVisitorChatSign oA <1 {"chatSign":1}
        undefined
        "#,
    );
}

#[test]
fn commands_before_the_result_are_ignored() {
    check_sdk(
        "commands(); echatSDK.config(good); commands();",
        &[SELECT_A],
        r#"
        echatSDK.pushVisitorEvent is ignored: EARLY
        pushVisitorEvent - <load ignored EVENT (EARLY)
        echatSDK.sendTxtMsgToVisitor is ignored: EARLY
        sendTxtMsgToVisitor - <load ignored "您好" (EARLY)
        echatSDK.sendImageToVisitor is ignored: EARLY
        sendImageToVisitor - <load ignored {"smallImg":"http://f.test/p.jpg","sourceImg":"http://f.test/p.jpg"} (EARLY)
        echatSDK.sendVideoToVisitor is ignored: EARLY
        sendVideoToVisitor - <load ignored {"videoThumbUrl":"http://f.test/p.jpg","fileUrl":"http://f.test/a"} (EARLY)
        echatSDK.sendVoiceToVisitor is ignored: EARLY
        sendVoiceToVisitor - <load ignored {"fileUrl":"http://f.test/a","voiceDuration":3} (EARLY)
        echatSDK.sendFileToVisitor is ignored: EARLY
        sendFileToVisitor - <load ignored {"fileUrl":"http://f.test/a","fileName":"a.pdf","fileSize":9} (EARLY)
        echatSDK.setVisitorChatSign is ignored: EARLY
        setVisitorChatSign - <load ignored {"chatSign":1} (EARLY)
        config - <load PASSES
        echatSDK.pushVisitorEvent is ignored: EARLY
        pushVisitorEvent - <load ignored EVENT (EARLY)
        echatSDK.sendTxtMsgToVisitor is ignored: EARLY
        sendTxtMsgToVisitor - <load ignored "您好" (EARLY)
        echatSDK.sendImageToVisitor is ignored: EARLY
        sendImageToVisitor - <load ignored {"smallImg":"http://f.test/p.jpg","sourceImg":"http://f.test/p.jpg"} (EARLY)
        echatSDK.sendVideoToVisitor is ignored: EARLY
        sendVideoToVisitor - <load ignored {"videoThumbUrl":"http://f.test/p.jpg","fileUrl":"http://f.test/a"} (EARLY)
        echatSDK.sendVoiceToVisitor is ignored: EARLY
        sendVoiceToVisitor - <load ignored {"fileUrl":"http://f.test/a","voiceDuration":3} (EARLY)
        echatSDK.sendFileToVisitor is ignored: EARLY
        sendFileToVisitor - <load ignored {"fileUrl":"http://f.test/a","fileName":"a.pdf","fileSize":9} (EARLY)
        echatSDK.setVisitorChatSign is ignored: EARLY
        setVisitorChatSign - <load ignored {"chatSign":1} (EARLY)
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        "#,
    );
}

#[test]
fn nothing_counts_after_a_failed_check() {
    check_sdk(
        "echatSDK.onSelectVisitor(log('selected')); echatSDK.ready(log('ready')); echatSDK.error(log('error'));
         echatSDK.config(bad); echatSDK.error(log('more')); setTimeout(function () { commands(); echatSDK.error(log('late')); }, 5);",
        &[SELECT_A],
        r#"
        config - <load invalid {"timestamp":"1577808000","nonce":"n"} (INCOMPLETE)
        error {"errcode":1,"errmsg":"INCOMPLETE"}
        more {"errcode":1,"errmsg":"INCOMPLETE"}
        echatSDK.pushVisitorEvent is ignored: config has failed
        pushVisitorEvent - <load ignored EVENT (config has failed)
        echatSDK.sendTxtMsgToVisitor is ignored: config has failed
        sendTxtMsgToVisitor - <load ignored "您好" (config has failed)
        echatSDK.sendImageToVisitor is ignored: config has failed
        sendImageToVisitor - <load ignored {"smallImg":"http://f.test/p.jpg","sourceImg":"http://f.test/p.jpg"} (config has failed)
        echatSDK.sendVideoToVisitor is ignored: config has failed
        sendVideoToVisitor - <load ignored {"videoThumbUrl":"http://f.test/p.jpg","fileUrl":"http://f.test/a"} (config has failed)
        echatSDK.sendVoiceToVisitor is ignored: config has failed
        sendVoiceToVisitor - <load ignored {"fileUrl":"http://f.test/a","voiceDuration":3} (config has failed)
        echatSDK.sendFileToVisitor is ignored: config has failed
        sendFileToVisitor - <load ignored {"fileUrl":"http://f.test/a","fileName":"a.pdf","fileSize":9} (config has failed)
        echatSDK.setVisitorChatSign is ignored: config has failed
        setVisitorChatSign - <load ignored {"chatSign":1} (config has failed)
        late {"errcode":1,"errmsg":"INCOMPLETE"}
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        "#,
    );
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
        ! uncaught Error: no /index.html:15:118
        micro
        second
        asked
        at once
        config - <load invalid {"timestamp":"1577808000","nonce":"n"} (INCOMPLETE)
        error {"errcode":1,"errmsg":"INCOMPLETE"}
        echatSDK.sendTxtMsgToVisitor is ignored: config has failed
        sendTxtMsgToVisitor - <load ignored "x" (config has failed)
        config - <load PASSES
        sendTxtMsgToVisitor - <load invalid "y" (no user: the page has not been told one)
        "#,
    );
}

#[test]
fn wrong_arguments_are_invalid_and_never_thrown() {
    check_sdk(
        "echatSDK.config(good);
        var loop = {}; loop.loop = loop;
        var deep = []; for (var i = 0; i < 300; i++) deep = [deep];
        echatSDK.onSelectVisitor(function () {
          echatSDK.sendTxtMsgToVisitor(); echatSDK.sendTxtMsgToVisitor(' '); echatSDK.sendTxtMsgToVisitor(function f() {});
          echatSDK.sendImageToVisitor('http://a/'); echatSDK.sendImageToVisitor({sourceImg: 'http://a/'});
          echatSDK.sendVideoToVisitor({videoThumbUrl: 'x', fileUrl: 'http://a/'});
          echatSDK.sendVoiceToVisitor({fileUrl: 'http://a/', voiceDuration: NaN});
          echatSDK.sendFileToVisitor({fileUrl: 'http://a/', fileName: 'n', fileSize: '9'});
          echatSDK.pushVisitorEvent({title: 't', visibility: '2'}); echatSDK.pushVisitorEvent(loop);
          echatSDK.pushVisitorEvent(deep);
          echatSDK.pushVisitorEvent({title: {toString: function () { throw 1; }}, get memo() { throw 2; }});
          echatSDK.setVisitorChatSign({chatSign: '1'}); echatSDK.setVisitorChatSign({chatSign: 2}); echatSDK.setVisitorChatSign(1);
          echatSDK.setVisitorChatSign({chatSign: 0});
          echatSDK.onCrmUpdate('x'); echatSDK.ready(); console.log('[' + echatSDK.getParamData({}) + echatSDK.getParamData('a', 1) + ']');
        });",
        &[SELECT_A],
        r#"
        config - <load PASSES
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        sendTxtMsgToVisitor oA <1 invalid  (the text is not a string)
        sendTxtMsgToVisitor oA <1 invalid " " (the text is blank)
        sendTxtMsgToVisitor oA <1 invalid {"$function":"f"} (the text is not a string)
        sendImageToVisitor oA <1 invalid "http://a/" (the argument is not an object)
        sendImageToVisitor oA <1 invalid {"sourceImg":"http://a/"} (`smallImg` is missing or blank)
        sendVideoToVisitor oA <1 invalid {"videoThumbUrl":"x","fileUrl":"http://a/"} (`videoThumbUrl` is not an http or https address)
        sendVoiceToVisitor oA <1 invalid {"fileUrl":"http://a/","voiceDuration":null} (`voiceDuration` is not a number of 0 or more)
        sendFileToVisitor oA <1 invalid {"fileUrl":"http://a/","fileName":"n","fileSize":"9"} (`fileSize` is not a number of 0 or more)
        pushVisitorEvent oA <1 invalid {"title":"t","visibility":"2"} (`visibility` is neither 1 nor 2)
        pushVisitorEvent oA <1 invalid null (argument 1 cannot be written as JSON)
        pushVisitorEvent oA <1 invalid  (the arguments cannot be read as JSON: recursion limit exceeded at line 1 column 128)
        pushVisitorEvent oA <1 invalid null (argument 1 cannot be written as JSON)
        setVisitorChatSign oA <1 invalid {"chatSign":"1"} (`chatSign` is neither 0 nor 1)
        setVisitorChatSign oA <1 invalid {"chatSign":2} (`chatSign` is neither 0 nor 1)
        setVisitorChatSign oA <1 invalid 1 (the argument is not an object)
        setVisitorChatSign oA <1 {"chatSign":0}
        echatSDK.onCrmUpdate is ignored: the argument is not a function
        echatSDK.ready is ignored: the argument is not a function
        getParamData oA <1 invalid {} (the names of parameters are strings)
        getParamData oA <1 invalid "a", 1 (the names of parameters are strings)
        []
        "#,
    );
}

#[test]
fn all_listeners_run_and_get_the_manual_s_fields() {
    check_sdk(
        "echatSDK.onReceiveMsg(function (msg) { msg.content = 'changed'; throw new Error('no'); });
        echatSDK.onReceiveMsg(log('second')); echatSDK.onCrmUpdate(log('crm')); echatSDK.onSelectVisitor(log('selected'));
        echatSDK.config(good);",
        &[
            r#"json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"nobody is selected"}"#,
            SELECT_A,
            r#"json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}"#,
            r#"json echat.onReceiveMsg {"visitorId":"oB","msgType":1,"content":"of another"}"#,
            r#"json echat.onCrmUpdate {"visitorId":"oA","name":"张三","gender":0}"#,
            r#"json echat.onCrmUpdate {"visitorId":"oB","name":"of another"}"#,
            r#"json echat.onCrmUpdate {"name":"of whom is selected"}"#,
        ],
        r#"
        config - <load PASSES
        > json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"nobody is selected"}
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        selected {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        > json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}
        ! uncaught Error: no /index.html:15:93
        second {"visitorId":"oA","msgType":1,"content":"hi"}
        > json echat.onReceiveMsg {"visitorId":"oB","msgType":1,"content":"of another"}
        > json echat.onCrmUpdate {"visitorId":"oA","name":"张三","gender":0}
        crm {"visitorId":"oA","name":"张三","gender":0}
        > json echat.onCrmUpdate {"visitorId":"oB","name":"of another"}
        > json echat.onCrmUpdate {"name":"of whom is selected"}
        crm {"visitorId":"oA","name":"of whom is selected"}
        "#,
    );
}

#[test]
fn the_cause_rule_holds_for_promises_and_timers() {
    check_sdk(
        "echatSDK.config(good);
        echatSDK.onSelectVisitor(function (visitor) {
          var id = visitor.visitorData.visitorId;
          if (id === 'oA') {
            setTimeout(function () { echatSDK.sendTxtMsgToVisitor('timer of ' + id); echatSDK.setVisitorChatSign({chatSign: 1}); }, 3000);
            new Promise(function (done) { window.done = done; }).then(function () { echatSDK.sendTxtMsgToVisitor('promise of ' + id); });
          } else window.done();
          echatSDK.sendTxtMsgToVisitor('now ' + id);
        });
        setTimeout(function () { echatSDK.sendTxtMsgToVisitor('nobody'); echatSDK.setVisitorChatSign({chatSign: 1}); }, 500);
        setTimeout(function () { echatSDK.sendTxtMsgToVisitor('whose'); }, 20000);",
        &[SELECT_A, SELECT_B, "wait 4000", "wait 20000"],
        r#"
        config - <load PASSES
        sendTxtMsgToVisitor - <load invalid "nobody" (no user: the page has not been told one)
        echatSDK.setVisitorChatSign is ignored: the page is not bound to the conversation
        setVisitorChatSign - <load ignored {"chatSign":1} (the page is not bound to the conversation)
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        sendTxtMsgToVisitor oA <1 "now oA"
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oB"}}
        sendTxtMsgToVisitor oB <2 "now oB"
        sendTxtMsgToVisitor oA <1 late "promise of oA"
        > wait 4000
        sendTxtMsgToVisitor oA <1 late "timer of oA"
        echatSDK.setVisitorChatSign is ignored: the page is not bound to the conversation
        setVisitorChatSign oA <1 ignored late {"chatSign":1} (the page is not bound to the conversation)
        > wait 20000
        sendTxtMsgToVisitor oB <load late "whose"
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
fn every_document_has_a_check_of_its_own() {
    let first = format!(
        "{CONFIG}{COMMANDS}<script>echatSDK.config(good); echatSDK.onSelectVisitor(function () {{ location.href = 'second.html'; }})</script>"
    );
    let second = "<script>echatSDK.sendTxtMsgToVisitor('unchecked'); echatSDK.config({timestamp: 1577808000, nonce: 'n', \
         signature: '0123456789012345678901234567890123456789'}); echatSDK.ready(function () { echatSDK.sendTxtMsgToVisitor('checked'); });</script>";
    let files = vec![("index.html", first.into_bytes()), ("second.html", second.as_bytes().to_vec())];
    check_files(
        files,
        &[SELECT_A],
        &in_full(
            r#"
        config - <load PASSES
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        go /second.html <1
        echatSDK.sendTxtMsgToVisitor is ignored: EARLY
        sendTxtMsgToVisitor oA <1 ignored "unchecked" (EARLY)
        config oA <1 {"timestamp":1577808000,"nonce":"n","signature":"SUM"} (no token is configured: the signature is not checked)
        sendTxtMsgToVisitor oA <1 "checked"
        "#,
        ),
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
fn a_reloaded_page_checks_again_with_the_same_address() {
    check_sdk(
        "console.log(echatSDK.getParamData('x')); echatSDK.config(good); echatSDK.ready(log('ready'));
        echatSDK.onReceiveMsg(function (msg) { echatSDK.sendTxtMsgToVisitor(msg.content); });",
        &[SELECT_A, "reload", r#"json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}"#],
        r#"
        getParamData - <load "x"

        config - <load PASSES
        ready
        > json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}
        > reload
        getParamData oA <2 "x"

        config oA <2 PASSES
        ready
        > json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}
        sendTxtMsgToVisitor oA <3 "hi"
        "#,
    );
}
