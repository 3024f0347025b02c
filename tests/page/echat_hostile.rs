//! `echatSDK` in pages that pass it anything and that have replaced what it could lean on: no call throws, none counts
//! that should not, and the page goes on.

use duoke::base::limits::{CLOCK_START_MS, SETTLE_MS_DEFAULT};
use duoke::engine::event_loop::{Emission, Output};
use duoke::event::{EchatCall, Effect, Outcome};

use super::driven::with_page;

const SELECT: &str = r#"json echat.onSelectVisitor {"chatStatus":1,"visitorData":{"visitorId":"oA"}}"#;
const MESSAGE: &str = r#"json echat.onReceiveMsg {"visitorId":"oA","msgType":1,"content":"hi"}"#;

/// Every call with `wild()`, twice where it takes two; `config` fails of it, so that it comes last and is made good.
const PAGE: &str = "<script>
    var good = {timestamp: '1577808000', nonce: 'n', signature: '0123456789012345678901234567890123456789'};
    var names = Object.getOwnPropertyNames(echatSDK).filter(function (name) { return name !== 'config'; });
    function fail() { throw new Error('wild'); }
    echatSDK.config(good);
    echatSDK.onSelectVisitor(function () {
      names.concat('config').forEach(function (name) {
        try { echatSDK[name](wild(), wild()); } catch (error) { console.log('thrown by ' + name + ': ' + error); }
      });
      echatSDK.config(good);
    });
    echatSDK.onReceiveMsg(function () { echatSDK.sendTxtMsgToVisitor('alive'); });
    </script>";

const NOT_JSON: &str = "argument 1 cannot be written as JSON";
const CYCLIC: &str = "argument 1 contains itself";
const TOO_DEEP: &str = "argument 1 nests deeper than 64 levels";
const TOO_LARGE: &str = "the arguments are too large";
const NO_TEXT: &str = "the text is not a string";

/// An argument, and what is wrong with it where it should be a text.
const WILD: [(&str, &str); 28] = [
    ("undefined", NO_TEXT),
    ("null", NO_TEXT),
    ("-0", NO_TEXT),
    ("1e300", NO_TEXT),
    ("Symbol('s')", NO_TEXT),
    ("new Date(NaN)", NO_TEXT),
    ("Object.create(null)", NO_TEXT),
    ("document.body", NO_TEXT),
    ("new Proxy(function () {}, {get: fail})", NO_TEXT),
    ("new Map([[1, 2]])", NO_TEXT),
    ("10n", NOT_JSON),
    ("Object(10n)", NOT_JSON),
    ("[{a: [10n]}]", NOT_JSON),
    ("{get title() { throw 1; }}", NOT_JSON),
    ("{toJSON: fail}", NOT_JSON),
    ("{get toJSON() { throw null; }}", NOT_JSON),
    ("new Proxy({}, {get: fail})", NOT_JSON),
    ("new Proxy({a: 1}, {ownKeys: fail})", NOT_JSON),
    ("(function () { var r = Proxy.revocable({}, {}); r.revoke(); return r.proxy; })()", NOT_JSON),
    ("(function () { var o = {}; o.a = [{b: o}]; return o; })()", CYCLIC),
    ("(function () { var o = []; o.push(o, o); return o; })()", CYCLIC),
    ("(function () { var d = []; for (var i = 0; i < 1e5; i++) d = [d]; return d; })()", TOO_DEEP),
    (
        "(function () { function on() { return new Proxy({}, {get: function (t, k) { return k === 'toJSON' ? undefined : on(); }, \
      ownKeys: function () { return ['a', 'b']; }, getOwnPropertyDescriptor: function () { return {value: 1, enumerable: true, configurable: true}; }}); } return on(); })()",
        TOO_DEEP,
    ),
    ("(function () { var o = {toJSON: function () { return {a: o}; }}; return o; })()", TOO_DEEP),
    ("'x'.repeat(20 << 20)", TOO_LARGE),
    ("(function () { var s = 'x'.repeat(1e5); return [s, s, s, s, s, s, s, s, s, s, s, s]; })()", TOO_LARGE),
    ("new Array(4294967295)", TOO_LARGE),
    ("(function () { var o = {}; for (var i = 0; i < 1e5; i++) o['member' + i] = i; return o; })()", TOO_LARGE),
];

fn calls(emissions: &[Emission]) -> Vec<EchatCall> {
    let call = |emission: &Emission| match &emission.output {
        Output::Effect(Effect::Echat(call)) => Some(call.clone()),
        _ => None,
    };
    emissions.iter().filter_map(call).collect()
}

fn thrown(emissions: &[Emission]) -> Vec<String> {
    let text = |emission: &Emission| match &emission.output {
        Output::Console(console) => Some(console.text.clone()),
        _ => None,
    };
    emissions.iter().filter_map(text).filter(|text| text.starts_with("thrown")).collect()
}

/// What is wrong with this argument, `None` where all goes as it should.
fn wrong(wild: &str, reason: &str) -> Option<String> {
    let page = format!("{PAGE}<script>var it = {wild}; function wild() {{ return it; }}</script>");
    let (told, alive) = with_page(vec![("index.html", page.into_bytes())], |opened| {
        let (mut page, _) = opened.unwrap();
        (page.turn(SELECT), page.turn(MESSAGE))
    });
    let (thrown, calls, alive) = (thrown(&told.emissions), calls(&told.emissions), calls(&alive.emissions));
    let (last, calls) = calls.split_last()?;
    let text = calls.iter().find(|call| call.call == "sendTxtMsgToVisitor").and_then(|call| call.reason.as_deref());
    let is_right = thrown.is_empty()
        && told.idle
        && calls.len() == 9
        && calls.iter().all(|call| call.outcome == Outcome::Invalid)
        && text == Some(reason)
        && last.outcome == Outcome::Accepted
        && alive.len() == 1
        && alive[0].outcome == Outcome::Accepted;
    (!is_right).then(|| format!("{wild}\n  {thrown:?} {text:?} {calls:?} {alive:?}"))
}

#[test]
fn wild_arguments_are_invalid_and_never_thrown() {
    let wrong: Vec<String> = WILD.iter().filter_map(|(wild, reason)| wrong(wild, reason)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What pages and their libraries replace; Prototype 1.6 among them does the first two.
const REPLACED: [&str; 7] = [
    "JSON.stringify = fail; JSON.parse = fail;",
    "Array.prototype.toJSON = function () { return 'no array'; }; String.prototype.toJSON = fail;",
    "Object.keys = fail; Object.getOwnPropertyNames = fail; Object.prototype.propertyIsEnumerable = fail;",
    "['push', 'join', 'map', 'slice', 'concat'].forEach(function (name) { Array.prototype[name] = fail; });",
    "Object.defineProperty(Object.prototype, '0', {get: fail, set: fail});
     Object.defineProperty(Object.prototype, '$function', {get: fail, set: fail});",
    "String.prototype.toString = Number.prototype.toString = Number.prototype.valueOf = fail;",
    "window.Object = window.Array = window.String = window.JSON = window.Symbol = window.Promise = undefined;",
];

#[test]
fn calls_do_not_lean_on_what_pages_replace() {
    for replaced in REPLACED {
        let page = format!(
            "<script>function fail() {{ throw new Error('wild'); }} {replaced}
            echatSDK.config({{timestamp: '1577808000', nonce: 7, signature: '0123456789012345678901234567890123456789'}});
            echatSDK.onSelectVisitor(function (visitor) {{
              echatSDK.sendTxtMsgToVisitor('for ' + visitor.visitorData.visitorId);
              echatSDK.pushVisitorEvent({{title: 't', list: [1, {{f: fail}}]}});
            }});</script>"
        );
        let said = with_page(vec![("index.html", page.into_bytes())], |opened| {
            let (mut page, opening) = opened.unwrap();
            format!("{opening}\n{}", page.tell(SELECT))
        });
        let list = if replaced.contains("no array") { "\"no array\"" } else { r#"[1,{"f":{"$function":"fail"}}]"# };
        let expected = format!(
            "config - <load {{\"timestamp\":\"1577808000\",\"nonce\":7,\"signature\":\"0123456789012345678901234567890123456789\"}} \
             (no token is configured: the signature is not checked)\n\
             sendTxtMsgToVisitor oA <1 \"for oA\"\npushVisitorEvent oA <1 {{\"title\":\"t\",\"list\":{list}}}"
        );
        assert_eq!(said, expected, "{replaced}");
    }
    // Where every object is wild, texts still go.
    let page = "<script>echatSDK.config({timestamp: '1577808000', nonce: 'n', \
                signature: '0123456789012345678901234567890123456789'});
        echatSDK.onSelectVisitor(function () {
          Object.prototype.toJSON = function () { throw 1; };
          echatSDK.sendTxtMsgToVisitor('x'); echatSDK.pushVisitorEvent({title: 't'});
        });</script>";
    let said = with_page(vec![("index.html", page.as_bytes().to_vec())], |opened| opened.unwrap().0.tell(SELECT));
    assert_eq!(said, format!("sendTxtMsgToVisitor oA <1 \"x\"\npushVisitorEvent oA <1 invalid null ({NOT_JSON})"));
}

#[test]
fn a_call_is_bounded_before_it_is_put_together() {
    let page = "<script>echatSDK.config({timestamp: '1577808000', nonce: 'n', \
                signature: '0123456789012345678901234567890123456789'});
        var large = 'x'.repeat(1e6), many = []; for (var i = 0; i < 1000; i++) many.push(large);
        echatSDK.onSelectVisitor(function () {
          echatSDK.sendTxtMsgToVisitor.apply(echatSDK, many);
          // What a loop passes besides spoils nothing.
          ['a'].forEach(echatSDK.sendTxtMsgToVisitor); echatSDK.sendTxtMsgToVisitor('b', 10n);
        });</script>";
    let turn = with_page(vec![("index.html", page.as_bytes().to_vec())], |opened| opened.unwrap().0.turn(SELECT));
    let outcomes: Vec<_> =
        calls(&turn.emissions).into_iter().map(|call| (call.arguments.len(), call.outcome, call.reason)).collect();
    let (accepted, too_large) = (Outcome::Accepted, Some(TOO_LARGE.to_owned()));
    assert_eq!(outcomes, [(1, Outcome::Invalid, too_large), (3, accepted, None), (2, accepted, None)]);
    assert!(turn.now < CLOCK_START_MS + SETTLE_MS_DEFAULT);
}
