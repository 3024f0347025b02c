use super::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const UNLIMITED: Allowance = Allowance { sends: None, window_ms: 48 * HOUR };
const CLICK: Allowance = Allowance { sends: Some(3), window_ms: MINUTE };
const Y2017: Allowances = Allowances { message: UNLIMITED, click: UNLIMITED, payment: UNLIMITED };
const Y2025: Allowances =
    Allowances { message: Allowance { sends: Some(5), window_ms: 48 * HOUR }, click: CLICK, payment: UNLIMITED };

fn opened(trigger: Trigger, at: i64) -> Window {
    let mut window = Window::default();
    window.acts(Deed::Opens(trigger), at, at);
    window
}

fn closed(window: &Window, allowances: &Allowances, now: i64) -> String {
    match window.standing(allowances, now) {
        Standing::Closed(closed) => format!("{} {closed}", closed.errcode()),
        other => format!("{other:?}"),
    }
}

/// How many may be sent.
fn sends(window: &mut Window, allowances: &Allowances, now: i64) -> usize {
    let mut send = || {
        let is_open = matches!(window.standing(allowances, now), Standing::Open { .. });
        window.sent(allowances, now);
        is_open
    };
    (0..100).take_while(|_| send()).count()
}

#[test]
fn each_kind_of_action_allows_so_many_messages_for_so_long() {
    let table = [
        (Y2017, Trigger::Message, 100, 48 * HOUR),
        (Y2017, Trigger::Menu, 100, 48 * HOUR),
        (Y2025, Trigger::Message, 5, 48 * HOUR),
        (Y2025, Trigger::Menu, 3, MINUTE),
        (Y2025, Trigger::Subscribe, 3, MINUTE),
        (Y2025, Trigger::Scan, 3, MINUTE),
        (Y2025, Trigger::Payment, 100, 48 * HOUR),
    ];
    for (allowances, trigger, count, window_ms) in table {
        let mut window = opened(trigger, 0);
        assert_eq!(closed(&window, &allowances, window_ms).split(' ').next(), Some("45015"), "{trigger:?}");
        assert_eq!(sends(&mut window, &allowances, window_ms - 1), count, "{trigger:?}");
    }
}

#[test]
fn why_and_until_when() {
    let mut window = opened(Trigger::Message, 0);
    assert_eq!(window.standing(&Y2025, 1), Standing::Open { left: Some(5), until: 48 * HOUR });
    assert_eq!(window.standing(&Y2017, 1), Standing::Open { left: None, until: 48 * HOUR });
    sends(&mut window, &Y2025, 1);
    let used = "45047 the 5 messages that the user's last message allows until 1970-01-03T00:00:00.000Z are sent";
    assert_eq!(closed(&window, &Y2025, 2), used);
    let ended = "45015 the 48 h after the user's last message ended at 1970-01-03T00:00:00.000Z";
    assert_eq!(closed(&window, &Y2025, 48 * HOUR), ended);
    let clicked = opened(Trigger::Menu, 0);
    let ended = "45015 the 1 min after the user's last menu click ended at 1970-01-01T00:01:00.000Z";
    assert_eq!(closed(&clicked, &Y2025, MINUTE), ended);
}

#[test]
fn actions_add_up_and_a_message_begins_the_count_anew() {
    let mut window = opened(Trigger::Message, 0);
    window.acts(Deed::Opens(Trigger::Menu), 0, 0);
    assert_eq!(window.standing(&Y2025, 0), Standing::Open { left: Some(8), until: 48 * HOUR });
    window.sent(&Y2025, 0);
    let left = |window: &Window| -> Vec<_> { window.buckets(&Y2025, 0).map(|bucket| bucket.left()).collect() };
    assert_eq!(left(&window), [Some(4), Some(3)], "the longest-lived one pays");
    assert_eq!(sends(&mut window, &Y2025, 0), 7);
    window.acts(Deed::Opens(Trigger::Message), 1, 1);
    assert_eq!(sends(&mut window, &Y2025, 1), 5);
    window.acts(Deed::Opens(Trigger::Menu), 2, 2);
    assert!(closed(&window, &Y2025, 2 + MINUTE).starts_with("45047"), "the message counts still and is used up");
    // The same second, told later.
    window.acts(Deed::Opens(Trigger::Message), 1, 3);
    assert_eq!(sends(&mut window, &Y2025, 3), 8);
    // An older one, told late.
    window.acts(Deed::Opens(Trigger::Message), 0, 3);
    assert_eq!(sends(&mut window, &Y2025, 3), 0);
}

#[test]
fn wechat_s_word_holds_until_the_user_does_something() {
    let mut window = opened(Trigger::Message, 0);
    window.refused(45015, 5);
    let said =
        "45015 WeChat said at 1970-01-01T00:00:00.005Z that the time after the user's last action is over (45015)";
    assert_eq!(closed(&window, &Y2025, 6), said);
    window.acts(Deed::Appears, 7, 7);
    assert!(matches!(window.standing(&Y2025, 7), Standing::Open { .. }), "what was known before");
    let mut unknown = Window::default();
    assert_eq!(unknown.standing(&Y2025, 0), Standing::Unknown);
    unknown.refused(45047, 1);
    assert!(closed(&unknown, &Y2025, 2).starts_with("45047 WeChat said"));
    unknown.acts(Deed::Appears, 3, 3);
    assert_eq!(unknown.standing(&Y2025, 3), Standing::Unknown);
    unknown.refused(45047, 4);
    unknown.acts(Deed::Opens(Trigger::Scan), 5, 5);
    assert_eq!(unknown.standing(&Y2025, 5), Standing::Open { left: Some(3), until: 5 + MINUTE });
}

#[test]
fn who_left_is_written_to_when_he_comes_back() {
    let mut window = opened(Trigger::Message, 0);
    window.acts(Deed::Leaves, 1, 1);
    assert_eq!(closed(&window, &Y2017, 2), "45015 the user left the account at 1970-01-01T00:00:00.001Z");
    window.acts(Deed::Opens(Trigger::Subscribe), 3, 3);
    assert_eq!(window.standing(&Y2025, 3), Standing::Open { left: Some(3), until: 3 + MINUTE });
}

#[test]
fn what_is_told_late_does_not_undo_what_came_after_it() {
    let mut window = opened(Trigger::Message, 10);
    window.acts(Deed::Leaves, 9, 11);
    assert!(matches!(window.standing(&Y2025, 11), Standing::Open { left: Some(5), .. }), "he wrote after that");
    window.acts(Deed::Leaves, 12, 12);
    window.acts(Deed::Opens(Trigger::Message), 11, 13);
    assert!(closed(&window, &Y2025, 13).contains("left the account"), "he left after that");
}

#[test]
fn a_time_that_is_ahead_is_now() {
    let mut window = Window::default();
    window.acts(Deed::Opens(Trigger::Message), i64::MAX, 5);
    assert_eq!(window.standing(&Y2025, 5), Standing::Open { left: Some(5), until: 5 + 48 * HOUR });
    assert_eq!(sends(&mut window, &Y2025, 6), 5);
    window.acts(Deed::Opens(Trigger::Message), 7, 7);
    assert_eq!(sends(&mut window, &Y2025, 7), 5, "the next one counts");
    window.wrote(8);
    assert_eq!(window.written(), Some(8));
}

#[test]
fn a_person_s_doubt_has_wechat_asked_once() {
    let mut window = opened(Trigger::Menu, 0);
    window.doubt();
    assert_eq!(window.standing(&Y2025, MINUTE), Standing::Unknown);
    window.refused(45015, MINUTE);
    assert!(closed(&window, &Y2025, MINUTE).starts_with("45015 WeChat said"));
    window.doubt();
    window.acts(Deed::Opens(Trigger::Menu), MINUTE, MINUTE);
    assert!(closed(&window, &Y2025, 2 * MINUTE).contains("ended"), "what he did since is certain");
}

#[test]
fn what_is_long_past_says_nothing() {
    let mut window = opened(Trigger::Message, 0);
    assert!(closed(&window, &Y2025, WINDOW_KNOWN_MS).contains("ended"));
    assert_eq!(window.standing(&Y2025, WINDOW_KNOWN_MS + 1), Standing::Unknown);
    // A log of last year is played.
    let now = 2 * WINDOW_KNOWN_MS;
    window.acts(Deed::Opens(Trigger::Message), 7, now);
    assert_eq!(window.standing(&Y2025, now), Standing::Unknown);
    // One of last week.
    window.acts(Deed::Opens(Trigger::Message), now - 100 * HOUR, now);
    assert!(closed(&window, &Y2025, now).contains("ended"));
}

#[test]
fn typing_within_thirty_seconds_for_fifteen_ended_by_a_message() {
    let mut window = Window::default();
    assert_eq!(window.may_type(0), Ok(()), "nothing is known");
    window.acts(Deed::Opens(Trigger::Message), 0, 0);
    assert_eq!(window.may_type(TYPING_AFTER_MS), Ok(()));
    assert_eq!(window.may_type(TYPING_AFTER_MS + 1), Err(TypingRefused::Silence { written: 0 }));
    window.types(true, 0);
    assert_eq!(window.may_type(TYPING_LIFE_MS - 1), Err(TypingRefused::Shown { until: TYPING_LIFE_MS }));
    assert_eq!(window.may_type(TYPING_LIFE_MS), Ok(()));
    window.sent(&Y2025, 1);
    assert_eq!(window.may_type(1 + TYPING_AFTER_MS), Ok(()), "the message ended it, and was written");
    window.types(true, 2);
    window.types(false, 3);
    assert_eq!(window.may_type(3), Ok(()));
}

#[test]
fn what_stores_keep() {
    let mut window = opened(Trigger::Message, 1);
    window.sent(&Y2025, 2);
    window.refused(45047, 3);
    let kept = r#"{"actions":[{"trigger":"message","at":1,"sent":1}],"refused":{"errcode":45047,"at":3},"written":2}"#;
    assert_eq!(serde_json::to_string(&window).unwrap(), kept);
    assert_eq!(serde_json::from_str::<Window>(kept).unwrap(), window);
    assert_eq!(serde_json::from_str::<Window>("{}").unwrap(), Window::default());
}
