//! Pages of 一洽 in processes of their own.

use duoke::base::limits::page::PageLimits;

use super::process_bench::{BOUNDS, MAP, Site, USER_A};
use super::{check, run};

#[test]
fn a_fresh_page_is_checked_and_told_the_selected_visitor_again() {
    let of = |event: &str, data: &str| format!(r#"{{"type":"stimulus.echat.{event}","data":{data}}}"#);
    let message = |visitor: &str, text: &str| {
        of("onReceiveMsg", &format!(r#"{{"visitorId":"{visitor}","msgType":1,"content":"{text}"}}"#))
    };
    let site = Site::new(
        "<script>
         echatSDK.config({timestamp: '1577836800', nonce: 'n', signature: '0123456789012345678901234567890123456789'});
         echatSDK.ready(function () { console.log('ready'); });
         echatSDK.onSelectVisitor(function (visitor) { put('selected ' + visitor.visitorData.visitorId); });
         echatSDK.onReceiveMsg(function (msg) {
           put(msg.content);
           if (msg.content === 'loop') for (;;);
         });
         </script>",
    );
    let select = of("onSelectVisitor", r#"{"chatStatus":1,"visitorData":{"visitorId":"oA"}}"#);
    let told = [select, message("oA", "loop"), message("oB", "of another"), message("oA", "hi")];
    let config = r#"nobody: {"arguments":[{"timestamp":"1577836800","nonce":"n","signature":"0123456789012345678901234567890123456789"}],"outcome":"accepted","result":{"errcode":0,"errmsg":"ok"},"reason":"no token is configured: the signature is not checked"}"#;
    check(
        &site,
        &told.each_ref().map(String::as_str),
        &format!(
            "{config} | nobody: ready\noA: selected oA\noA: fault.timeout the page computed longer than 1500 ms\n\
             (3 again) {config} | nobody: ready | oA: selected oA\noA: hi"
        ),
    );
}

/// What turned it comes again, however often the agent turned to him since.
#[test]
fn a_page_that_is_loaded_again_is_told_its_visitor_again() {
    let site = Site::new(
        "<script>
         echatSDK.config({timestamp: '1577836800', nonce: 'n', signature: '0123456789012345678901234567890123456789'});
         echatSDK.onSelectVisitor(function (selected) {
           console.log('selected ' + selected.visitorData.visitorId);
         });
         function MCS_ClientNotify(s) { console.log(JSON.parse(s).event); }
         </script>
         <button id=loop onclick='for (;;);'></button>",
    );
    let select = r#"{"type":"stimulus.echat.onSelectVisitor","data":{"visitorData":{"visitorId":"oA"}}}"#;
    let reload = r#"{"type":"stimulus.page.reload"}"#;
    let kill = r##"{"type":"stimulus.ui.click","data":{"selector":"#loop"}}"##;
    let config = r#"{"arguments":[{"timestamp":"1577836800","nonce":"n","signature":"0123456789012345678901234567890123456789"}],"outcome":"accepted","result":{"errcode":0,"errmsg":"ok"},"reason":"no token is configured: the signature is not checked"}"#;
    let again = "oA: selected oA | oA: OnUserChange";
    let expected = format!(
        "nobody: {config}\noA: selected oA\noA: OnUserChange\n(2 again) oA: {config} | {again}\n\
         oA: fault.timeout the page computed longer than 1500 ms\n(3 again) nobody: {config} | {again} | oA: OnMapMsgClick"
    );
    check(&site, &[select, USER_A, reload, kill, MAP], &expected);
}

/// A number of 20 digits has one more where the host writes it.
#[test]
fn calls_at_their_bound_are_taken_for_what_they_are() {
    let site = Site::new(
        "<script>
         echatSDK.config({timestamp: '1577836800', nonce: 'n', signature: '0123456789012345678901234567890123456789'});
         echatSDK.onSelectVisitor(function () {
           var numbers = [];
           for (var count = 0; count < 60; count++) {
             echatSDK.sendFileToVisitor({fileUrl: 'http://f.test/', fileName: 'f', fileSize: 1, numbers: numbers});
             numbers.push(18446744073709551616);
           }
           put('alive');
         });
         </script>",
    );
    let select = r#"{"type":"stimulus.echat.onSelectVisitor","data":{"visitorData":{"visitorId":"oA"}}}"#;
    for mut process in site.processes(PageLimits { message_bytes: 1_024, ..BOUNDS }) {
        let said = run(&mut process, &[select]).unwrap();
        let count = |what: &str| said.matches(what).count();
        let (accepted, invalid) = (count(r#""outcome":"accepted"}"#), count("the arguments are too large"));
        assert!(
            said.ends_with("oA: alive") && accepted > 30 && accepted + invalid == 60,
            "{accepted} {invalid} {said}"
        );
    }
}
