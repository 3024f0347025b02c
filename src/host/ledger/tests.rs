//! What is kept of what pages do.

use super::*;
use crate::base::limits::EFFECTS_KEPT_MAX;
use crate::event::{Cause, EchatCall, Outcome};
use crate::session::cause_rule::PluginPolicy;
use crate::store::{Filter, SignFilter, SqliteStore};

/// Something that a page did for a customer because of its load.
fn emission(effect: Effect) -> Emission {
    let cause = Some(Cause::new(LOAD_CAUSE, Some("oA")));
    Emission { time: 0, cause, subject: Some("oA".into()), place: None, output: Output::Effect(effect) }
}

#[test]
fn of_a_page_that_never_ends_as_much_is_kept_as_is_told() {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
    let account = store.account("wx", "http://a").wait().unwrap();
    let mut ledger = Ledger::of_conversation((store.clone(), Clock::system()), (account, "wx"), None);
    ledger.accept_load(Some("open-1")).unwrap();
    let sender = Sender { name: "p", policy: PluginPolicy::default() };
    let mut does = |effect: Effect| {
        ledger.task(sender, &[emission(effect)], None, Changes::default());
        assert!(ledger.failure().is_none());
    };
    let kept = || store.erase("oA", true).wait().unwrap().effects;
    for number in 0..EFFECTS_KEPT_MAX + 9 {
        does(Effect::Title { title: number.to_string() });
    }
    assert_eq!(kept(), EFFECTS_KEPT_MAX as usize);
    let sign = |sign: u8| {
        Effect::Echat(EchatCall {
            call: "setVisitorChatSign".to_owned(),
            arguments: vec![serde_json::json!({"chatSign": sign})],
            outcome: Outcome::Accepted,
            reason: None,
            result: None,
            late: false,
        })
    };
    for number in [1, 0] {
        does(sign(number));
        let signs = store.signs(SignFilter::default(), 0, 9).wait().unwrap();
        assert_eq!(signs[0].sign, number, "it counts, though that it was put is not kept");
    }
    let message = EchatCall { call: "sendTxtMsgToVisitor".to_owned(), arguments: vec!["hi".into()], ..call(sign(0)) };
    does(Effect::Echat(message));
    assert_eq!((kept(), store.list(Filter::default(), 0, 9).wait().unwrap().len()), (EFFECTS_KEPT_MAX as usize + 1, 1));
}

fn call(effect: Effect) -> EchatCall {
    if let Effect::Echat(call) = effect { call } else { unreachable!("it is one") }
}

#[test]
fn what_a_page_is_busy_with_when_it_is_closed_is_not_lost() {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
    let account = store.account("wx", "http://a").wait().unwrap();
    let lost = || store.lost(account, vec!["p".to_owned()], 1).wait().unwrap();
    for (closes, expected) in [(true, 0), (false, 1)] {
        let mut ledger = Ledger::of_conversation((store.clone(), Clock::system()), (account, "wx"), None);
        let line = Line::new(expected.to_string(), "log", "stimulus.mcs.OnTalk", serde_json::Value::Null);
        ledger.accept(&line, vec!["p".to_owned()]).unwrap();
        let sender = Sender { name: "p", policy: PluginPolicy::default() };
        ledger.task(sender, &[], Some((Some(&line.id), Ended::Busy)), Changes::default());
        assert_eq!(ledger.busy(), 1);
        if closes {
            ledger.close(false);
        }
        let notices: Vec<Notice> = lost_notices(lost()).collect();
        assert_eq!(notices.len(), expected, "{notices:?}");
    }
}
