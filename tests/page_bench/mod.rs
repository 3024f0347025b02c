//! Pages under test: opened from the `tests` folder, on a stack of their own, and what they gave out.
#![allow(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duoke::base::limits::page::PageLimits;
use duoke::base::limits::{CLOCK_START_MS, PAGE_STACK_BYTES, SETTLE_MS_DEFAULT};
use duoke::engine::event_loop::Output;
use duoke::event::{Effect, LocalStorage, Outcome, Stimulus, StimulusKind, parse_line};
use duoke::net::{Answer, Folder, Guard, Network, PluginNetwork};
use duoke::page::{Driver, LoadError, Pace, Page, PageOptions, Source, Turn, TurnInput};
use duoke::webapi::world::Settings;

/// The folder that pages under test are served from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// How to open the page at `path` of a folder, a query included, with addresses that `answers` answers.
pub fn options(folder: Folder, path: &str, answers: Vec<Answer>) -> PageOptions {
    let url = folder.url_of(path).unwrap();
    let network = PluginNetwork::new(Guard::new()).with_folder(folder);
    let network = answers.into_iter().fold(network, PluginNetwork::with_answer);
    PageOptions {
        source: Source::Document(url),
        cookies: network.cookies().clone(),
        network: Arc::new(network),
        settings: Settings::default(),
        storage: LocalStorage::default(),
        start: CLOCK_START_MS,
        seed: 1,
        resume: None,
        pace: Pace::Virtual,
        limits: PageLimits::default(),
    }
}

/// Opens a page below `tests` on a network that `network` makes of the ordinary one.
pub fn open(path: &str, answers: Vec<Answer>, network: impl FnOnce(Arc<dyn Network>) -> Arc<dyn Network>) -> Page {
    let mut options = options(Folder::open("tests", &root()).unwrap(), path, answers);
    options.network = network(options.network);
    Page::open(options, SETTLE_MS_DEFAULT).unwrap()
}

/// Opens a page that has nothing but its files.
pub fn open_page(path: &str) -> Page {
    open(path, Vec::new(), |network| network)
}

/// Opens a page that loads libraries; see [`require_libraries`].
pub fn open_library_page(path: &str) -> Page {
    require_libraries();
    open_page(path)
}

/// Fails where the libraries of `tests/libraries` are not installed.
pub fn require_libraries() {
    let is_installed = root().join("libraries/node_modules/jquery-1.11").is_dir();
    assert!(is_installed, "the libraries of tests/libraries are not installed: run scripts/test, which installs them");
}

/// The fault types that a page names in `<meta name="faults">`.
pub fn expected_faults(path: &str) -> Vec<String> {
    let file = path.split('?').next().unwrap();
    let text = String::from_utf8_lossy(&std::fs::read(root().join(file)).unwrap()).into_owned();
    let Some((_, rest)) = text.split_once("<meta name=\"faults\" content=\"") else { return Vec::new() };
    rest.split('"').next().unwrap().split_whitespace().map(str::to_owned).collect()
}

/// How many checks a self-checking page made; what is wrong, where one failed, or its faults are not the expected ones.
pub fn check_page(turn: &Turn, expected_faults: &[String]) -> Result<usize, String> {
    let (lines, faults) = printed(turn);
    let is_done = lines.iter().any(|line| line == "done");
    let types: Vec<&str> = faults.iter().map(|fault| fault.split(' ').next().unwrap()).collect();
    let failed: Vec<&String> = lines.iter().filter(|line| line.starts_with("not ok")).collect();
    if failed.is_empty() && is_done && types == expected_faults {
        return Ok(lines.iter().filter(|line| line.starts_with("ok ")).count());
    }
    let mut problem = format!("done {is_done}");
    failed.into_iter().chain(&faults).for_each(|line| problem.push_str(&format!("\n    {line}")));
    Err(problem)
}

/// Turns as a whole, whatever of them came task by task.
pub trait Whole: Driver {
    /// Opens the page.
    fn open_whole(&mut self) -> Result<Turn, LoadError> {
        let mut heard = Vec::new();
        let turn = self.open(SETTLE_MS_DEFAULT, &mut |mut emissions, _| heard.append(&mut emissions))?;
        heard.extend(turn.emissions);
        Ok(Turn { emissions: heard, ..turn })
    }

    /// One turn.
    fn turn_whole(&mut self, input: TurnInput) -> Turn {
        self.turn_and_again(input).0
    }

    /// One turn, and which of it only repeats what was done before.
    fn turn_and_again(&mut self, input: TurnInput) -> (Turn, Range<usize>) {
        let (mut heard, mut again) = (Vec::new(), 0..0);
        let turn = self.turn(input, &mut |mut emissions, repeated| {
            if repeated {
                let start = if again.is_empty() { heard.len() } else { again.start };
                again = start..heard.len() + emissions.len();
            }
            heard.append(&mut emissions);
        });
        heard.extend(turn.emissions);
        (Turn { emissions: heard, ..turn }, again)
    }
}

impl<D: Driver + ?Sized> Whole for D {}

/// Runs `work` on a thread with the stack of a page.
pub fn on_page_stack<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().stack_size(PAGE_STACK_BYTES).spawn(work).unwrap();
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The arguments of accepted `PutMsg` calls in a turn; faults and console lines are none, so they fail.
#[track_caller]
pub fn messages(turn: &Turn) -> Vec<String> {
    let message = |emission: &duoke::engine::event_loop::Emission| match &emission.output {
        Output::Effect(Effect::PutMsg(call)) if call.outcome == Outcome::Accepted => Some(call.argument.clone()),
        Output::Effect(_) => None,
        Output::Fault(fault) => panic!("{} {}", fault.type_name(), fault.data()),
        Output::Console(line) => panic!("{}", line.text),
    };
    turn.emissions.iter().filter_map(message).collect()
}

/// What a page printed, and its faults as `type data`.
pub fn printed(turn: &Turn) -> (Vec<String>, Vec<String>) {
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for emission in &turn.emissions {
        match &emission.output {
            Output::Console(console) => lines.push(console.text.clone()),
            Output::Fault(fault) => faults.push(format!("{} {}", fault.type_name(), fault.data())),
            Output::Effect(_) => {}
        }
    }
    (lines, faults)
}

/// Tells the page one line of a log as it stands: without the openid's second name that reading fills in.
pub fn tell(page: &mut Page, text: &str) -> Turn {
    let line = parse_line(text, 1, "events").unwrap().unwrap();
    let mut stimulus = Stimulus::from_line(&line);
    if let StimulusKind::Mcs { fields, .. } = &mut stimulus.kind {
        fields.shift_remove("userid");
    }
    let at = page.take_turn().now;
    page.turn(&TurnInput { stimulus: Some(stimulus), at, settle_ms: SETTLE_MS_DEFAULT })
}

/// Line `at` of the log that the rig's pages are measured with: users and places in turn, over 100 users.
pub fn event(at: usize) -> String {
    const PLACES: [&str; 5] = [
        "广州市海珠区新港中路397号",
        "深圳市南山区科技中一路",
        "O'Hare \\\"T2\\\" <Gate 5>",
        "北京市海淀区中关村",
        "上海市徐汇区",
    ];
    let turn = at / 2;
    if at.is_multiple_of(2) {
        let user = turn * 37 % 100;
        let tail = base_36(user * 7919 % 99_991);
        return format!(r#"{{"event":"OnUserChange","channeltype":"1","useraccount":"oRig{user:03}{tail}"}}"#);
    }
    let place = PLACES[turn % 5];
    // `{}` prints a number as script does: the shortest digits, and none after the point where there are none.
    let (latitude, longitude) = (22.0 + number(turn * 61 % 997) / 500.0, 113.0 + number(turn * 83 % 991) / 500.0);
    let scale = 10 + turn % 9;
    format!(
        r#"{{"event":"OnMapMsgClick","latitude":{latitude},"longitude":{longitude},"location":"{place}","scale":"{scale}"}}"#
    )
}

fn number(value: usize) -> f64 {
    f64::from(u32::try_from(value).unwrap())
}

fn base_36(mut value: usize) -> String {
    let mut digits = Vec::new();
    while value > 0 || digits.is_empty() {
        digits.push(char::from_digit(u32::try_from(value % 36).unwrap(), 36).unwrap());
        value /= 36;
    }
    digits.iter().rev().collect()
}
