//! Who is next, step by step.

use super::*;

type Jobs = Scheduler<&'static str, u32, &'static str>;

fn jobs(open_max: usize) -> Jobs {
    Scheduler::new(Room { open_max, quiet_ms_max: 100 })
}

fn at(due: i64) -> Wake {
    Wake { due: Some(due), ..Wake::NEVER }
}

/// The next job in words.
fn next(jobs: &mut Jobs, now: i64) -> String {
    match jobs.next(now) {
        None => "-".to_owned(),
        Some(Job { key, open, task }) => {
            let task = match task {
                Task::Work(work) => work.to_string(),
                Task::Wake => "wake".to_owned(),
                Task::Close => "close".to_owned(),
            };
            format!("{key} {} {task}", open.unwrap_or("new"))
        }
    }
}

#[test]
fn it_rests_when_nobody_has_anything_to_do_yet() {
    let mut jobs = jobs(2);
    assert!(jobs.rests_at(0));
    jobs.submit(&"a", 1);
    assert!(!jobs.rests_at(0), "it has work");
    assert_eq!(next(&mut jobs, 0), "a new 1");
    assert!(!jobs.rests_at(0), "somebody works");
    jobs.done(&"a", Was::Work, (Some("A"), None), at(50), 0);
    assert_eq!((jobs.rests_at(49), jobs.rests_at(50)), (true, false), "by its timer");
    assert_eq!(next(&mut jobs, 50), "a A wake");
    jobs.done(&"a", Was::Wake, (Some("A"), None), Wake::NEVER, 50);
    assert_eq!((jobs.rests_at(99), jobs.rests_at(100)), (true, false), "then it is closed");
    jobs.set_room(Room { open_max: 0, quiet_ms_max: 100 });
    assert!(!jobs.rests_at(60), "there is no room for it");
}

#[test]
fn one_piece_of_each_at_a_time_in_order() {
    let mut jobs = jobs(9);
    for (key, work) in [("a", 1), ("a", 2), ("b", 3)] {
        jobs.submit(&key, work);
    }
    assert_eq!([next(&mut jobs, 0), next(&mut jobs, 0), next(&mut jobs, 0)], ["a new 1", "b new 3", "-"]);
    jobs.submit(&"a", 4);
    assert_eq!((next(&mut jobs, 0).as_str(), jobs.waiting(), jobs.open()), ("-", 2, 2));
    jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 0);
    assert_eq!([next(&mut jobs, 0), next(&mut jobs, 0)], ["a A 2", "-"]);
    jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 0);
    assert_eq!(next(&mut jobs, 0), "a A 4");
    jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 0);
    jobs.done(&"b", Was::Work, (Some("B"), None), Wake::NEVER, 0);
    assert_eq!((jobs.waiting(), next(&mut jobs, 0).as_str()), (0, "-"));
}

#[test]
fn timers_come_at_their_time_and_are_no_reason_to_stay_open() {
    let mut jobs = jobs(9);
    jobs.submit(&"a", 1);
    next(&mut jobs, 0);
    jobs.done(&"a", Was::Work, (Some("A"), None), at(60), 0);
    assert_eq!((jobs.next_time(), next(&mut jobs, 59), next(&mut jobs, 60)), (Some(60), "-".into(), "a A wake".into()));
    jobs.done(&"a", Was::Wake, (Some("A"), None), at(120), 60);
    assert_eq!((jobs.next_time(), next(&mut jobs, 100)), (Some(100), "a A close".into()));
    jobs.done(&"a", Was::Closed, (None, None), Wake::NEVER, 100);
    assert_eq!((jobs.open(), jobs.next_time(), next(&mut jobs, 999)), (0, None, "-".into()));
}

#[test]
fn who_was_quiet_longest_makes_room() {
    let mut jobs = jobs(2);
    for (at, key, open) in [(1, "a", "A"), (2, "b", "B"), (3, "a", "A")] {
        jobs.submit(&key, 0);
        next(&mut jobs, at);
        jobs.done(&key, Was::Work, (Some(open), None), Wake::NEVER, at);
    }
    jobs.submit(&"c", 7);
    // One makes room for one.
    assert_eq!([next(&mut jobs, 4), next(&mut jobs, 4)], ["b B close", "-"]);
    jobs.done(&"b", Was::Closed, (None, None), Wake::NEVER, 4);
    assert_eq!(next(&mut jobs, 4), "c new 7");
    // Work for one that is open goes before work for which there is no room.
    jobs.submit(&"d", 8);
    jobs.submit(&"a", 9);
    assert_eq!([next(&mut jobs, 4), next(&mut jobs, 4)], ["a A 9", "-"]);
    jobs.done(&"c", Was::Work, (Some("C"), None), Wake::NEVER, 5);
    assert_eq!(next(&mut jobs, 5), "c C close");
    jobs.done(&"c", Was::Closed, (None, None), Wake::NEVER, 5);
    assert_eq!(next(&mut jobs, 5), "d new 8");
}

#[test]
fn who_has_not_done_with_his_work_is_not_closed_for_others() {
    let mut jobs = jobs(1);
    for key in ["a", "b"] {
        jobs.submit(&key, 1);
    }
    next(&mut jobs, 0);
    jobs.done(&"a", Was::Work, (Some("A"), None), Wake { is_owing: true, ..at(60) }, 0);
    assert_eq!((jobs.next_time(), next(&mut jobs, 59), next(&mut jobs, 60)), (Some(60), "-".into(), "a A wake".into()));
    jobs.done(&"a", Was::Wake, (Some("A"), None), at(90), 60);
    assert_eq!(next(&mut jobs, 60), "a A close");
    jobs.done(&"a", Was::Closed, (None, None), Wake::NEVER, 60);
    assert_eq!(next(&mut jobs, 60), "b new 1");
}

#[test]
fn what_comes_while_one_is_closed_opens_it_again() {
    let mut jobs = jobs(1);
    jobs.submit(&"a", 1);
    next(&mut jobs, 0);
    jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 0);
    assert_eq!(next(&mut jobs, 100), "a A close");
    jobs.submit(&"a", 2);
    assert_eq!(next(&mut jobs, 100), "-");
    jobs.done(&"a", Was::Closed, (None, None), Wake::NEVER, 100);
    assert_eq!(next(&mut jobs, 100), "a new 2");
}

#[test]
fn who_is_to_be_opened_again_is_once_there_is_room() {
    let mut jobs = jobs(1);
    jobs.submit(&"a", 1);
    next(&mut jobs, 0);
    jobs.done(&"a", Was::Work, (Some("A"), None), Wake { again: Some(500), ..at(300) }, 0);
    assert_eq!((jobs.next_time(), next(&mut jobs, 100)), (Some(100), "a A close".into()));
    jobs.done(&"a", Was::Closed, (None, None), Wake::NEVER, 100);
    assert_eq!((jobs.open(), jobs.next_time()), (0, Some(500)));
    jobs.submit(&"b", 2);
    assert_eq!(next(&mut jobs, 450), "b new 2");
    assert_eq!(next(&mut jobs, 500), "-", "no room");
    jobs.submit(&"a", 3);
    jobs.done(&"b", Was::Work, (Some("B"), None), Wake::NEVER, 500);
    assert_eq!(next(&mut jobs, 500), "b B close");
    jobs.done(&"b", Was::Closed, (None, None), Wake::NEVER, 500);
    assert_eq!([next(&mut jobs, 500), next(&mut jobs, 500)], ["a new 3", "-"], "once");
    jobs.done(&"a", Was::Work, (None, None), Wake { again: Some(600), ..Wake::NEVER }, 500);
    assert_eq!([next(&mut jobs, 599), next(&mut jobs, 600)], ["-", "a new wake"]);
    jobs.done(&"a", Was::Wake, (Some("A"), None), Wake::NEVER, 600);
    assert_eq!((jobs.open(), jobs.waiting(), next(&mut jobs, 600).as_str()), (1, 0, "a A close"), "quiet since 500");
}

#[test]
fn neither_timers_nor_work_keep_the_others_waiting() {
    let mut jobs = jobs(3);
    for (key, open) in [("a", "A"), ("b", "B"), ("q", "Q")] {
        jobs.submit(&key, 0);
        next(&mut jobs, 0);
        jobs.done(&key, Was::Work, (Some(open), None), if key == "q" { Wake::NEVER } else { at(1) }, 0);
    }
    for (key, work) in [("b", 1), ("new", 2)] {
        jobs.submit(&key, work);
    }
    // Some are always to be woken: the others have their turns all the same, and room is made for who is outside.
    let mut done = Vec::new();
    for now in 1..9 {
        let Some(Job { key, open, task }) = jobs.next(now) else { break };
        match task {
            Task::Close => jobs.done(&key, Was::Closed, (None, None), Wake::NEVER, now),
            task => {
                done.push((key, task));
                jobs.done(&key, Was::Wake, (open.or(Some("N")), None), at(now + 1), now);
            }
        }
    }
    assert!([("b", Task::Work(1)), ("new", Task::Work(2))].iter().all(|job| done.contains(job)), "{done:?}");
}

#[test]
fn work_that_cannot_be_done_yet_is_tried_again_when_it_is_woken() {
    let mut jobs = jobs(1);
    for work in [1, 2] {
        jobs.submit(&"a", work);
    }
    assert_eq!(next(&mut jobs, 0), "a new 1");
    jobs.done(&"a", Was::Work, (Some("A"), Some(1)), at(50), 0);
    jobs.submit(&"a", 3);
    assert_eq!((jobs.waiting(), next(&mut jobs, 49), next(&mut jobs, 50)), (3, "-".into(), "a A wake".into()));
    jobs.done(&"a", Was::Wake, (Some("A"), None), at(60), 50);
    for work in 1..=3 {
        assert_eq!(next(&mut jobs, 51), format!("a A {work}"));
        jobs.done(&"a", Was::Work, (Some("A"), None), Wake::NEVER, 51);
    }
    assert_eq!(jobs.waiting(), 0);
}

#[test]
fn what_is_done_aside_waits_for_no_work_and_opens_nothing() {
    let mut jobs = jobs(9);
    jobs.submit_aside(&"a", 7);
    assert_eq!((next(&mut jobs, 0).as_str(), jobs.waiting()), ("-", 0), "it is not open");
    jobs.submit(&"a", 1);
    assert_eq!(next(&mut jobs, 0), "a new 1");
    jobs.submit_aside(&"a", 8);
    jobs.submit(&"a", 2);
    assert_eq!((next(&mut jobs, 0).as_str(), jobs.waiting_of(&"a")), ("-", 1), "one at a time; it holds no place");
    // Its work is held, until 50.
    jobs.done(&"a", Was::Work, (Some("A"), Some(1)), at(50), 0);
    assert_eq!(next(&mut jobs, 0), "a A 8");
    jobs.done(&"a", Was::Work, (Some("A"), None), at(50), 0);
    assert_eq!(next(&mut jobs, 0), "a A 1", "tried again");
    jobs.submit_aside(&"a", 9);
    jobs.done(&"a", Was::Work, (None, Some(1)), Wake::NEVER, 0);
    assert_eq!([next(&mut jobs, 0), next(&mut jobs, 0)], ["a new 1", "-"], "it closed meanwhile");
}
