//! What a page hears, and the causes made of it.

use std::sync::Arc;

use super::*;
use crate::event::parse_line;

#[track_caller]
fn stimulus(text: &str) -> Stimulus {
    Stimulus::from_line(&parse_line(text, 7, "log").expect("readable").expect("not blank"))
}

fn turn_to(user: &str) -> Stimulus {
    stimulus(&format!(r#"{{"event":"OnUserChange","useraccount":"{user}"}}"#))
}

const CLICK: &str = r##"{"type":"stimulus.ui.click","data":{"selector":"#a"}}"##;

#[test]
fn a_stimulus_without_a_user_takes_the_one_the_page_knows() {
    let mut told = Told::default();
    assert_eq!(told.hear(&stimulus(CLICK)), Cause::new("7", None));
    assert_eq!(told.hear(&turn_to("oA")), Cause::new("7", Some("oA")));
    assert_eq!(told.hear(&stimulus(CLICK)), Cause::new("7", Some("oA")));
    assert_eq!(told.hear(&turn_to("oB")), Cause::new("7", Some("oB")));
    assert_eq!(told.user(), Some(&Arc::from("oB")));
}

#[test]
fn a_stimulus_about_somebody_else_does_not_turn_the_page() {
    let mut told = Told::default();
    told.tell("oA");
    let click = stimulus(r#"{"type":"stimulus.mcs.OnMapMsgClick","subject":"oB","data":{}}"#);
    assert_eq!(told.hear(&click), Cause::new("7", Some("oB")));
    assert_eq!(told.user(), Some(&Arc::from("oA")));
}

#[test]
fn several_counts_users_not_tellings() {
    let mut told = Told::default();
    for (user, several) in [("oA", false), ("oA", false), ("oB", true), ("oA", true)] {
        told.tell(user);
        assert_eq!(told.several(), several, "{user}");
    }
}

#[test]
fn messages_of_other_visitors_do_not_reach_a_shared_page() {
    let mut told = Told::default();
    let select = stimulus(r#"{"type":"stimulus.echat.onSelectVisitor","data":{"visitorData":{"visitorId":"oA"}}}"#);
    let message =
        |user: &str| stimulus(&format!(r#"{{"type":"stimulus.echat.onReceiveMsg","data":{{"visitorId":"{user}"}}}}"#));
    assert!(!told.reaches(&message("oA")), "nobody is selected");
    assert!(told.reaches(&select));
    told.hear(&select);
    assert!(told.reaches(&message("oA")));
    assert!(!told.reaches(&message("oB")));
    assert!(told.reaches(&stimulus(r#"{"type":"stimulus.echat.onReceiveMsg","data":{}}"#)));
    assert!(told.reaches(&turn_to("oB")), "MCS events turn the page");
}

#[test]
fn a_page_that_is_turned_away_knows_nobody() {
    let mut told = Told::default();
    told.hear(&turn_to("oA"));
    told.hear(&stimulus(r#"{"type":"stimulus.echat.onSelectVisitor","data":{"chatStatus":2}}"#));
    assert_eq!(told.user(), Some(&Arc::from("oA")), "an ended conversation is still his");
    let away = stimulus(r#"{"type":"stimulus.echat.onSelectVisitor","data":{"chatStatus":0}}"#);
    assert_eq!((told.hear(&away), told.user()), (Cause::new("7", None), None));
    assert!(!told.reaches(&stimulus(r#"{"type":"stimulus.echat.onReceiveMsg","data":{"visitorId":"oA"}}"#)));
    assert!(told.several(), "a timer without a user may be his");
}

#[test]
fn what_turned_a_page_is_kept_of_each_dialect() {
    let select = |user: &str| {
        stimulus(&format!(
            r#"{{"type":"stimulus.echat.onSelectVisitor","data":{{"visitorData":{{"visitorId":"{user}"}}}}}}"#
        ))
    };
    let mut turned = Turned::default();
    let mut after = |stimulus: &Stimulus| {
        turned.note(stimulus);
        turned.stimuli().to_vec()
    };
    assert_eq!(after(&turn_to("oA")), [turn_to("oA")]);
    assert_eq!(after(&select("oA")), [turn_to("oA"), select("oA")]);
    assert_eq!(after(&turn_to("oA")), [select("oA"), turn_to("oA")]);
    assert_eq!(after(&stimulus(CLICK)).len(), 2);
    assert_eq!(after(&turn_to("oB")), [turn_to("oB")]);
    assert_eq!(after(&stimulus(r#"{"type":"stimulus.echat.onSelectVisitor","data":{"chatStatus":0}}"#)), []);
}

#[test]
fn a_seat_turns_once() {
    let mut seat = Seat::new("kf0001@duoke");
    assert!(!seat.turn(&stimulus(CLICK)));
    assert!(seat.turn(&turn_to("oA")));
    assert!(!seat.turn(&turn_to("oA")));
    assert!(seat.turn(&turn_to("oB")));
    assert_eq!(seat.current_user.as_deref(), Some("oB"));
}
