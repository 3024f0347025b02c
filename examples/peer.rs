//! The adapter of the side-by-side rig: loads PAGE, fires the lines of EVENTS at it, writes every accepted `PutMsg`
//! argument to OUT, one a line, and prints the rig's marks and closing figures.
//!
//!     cargo run --release --example peer -- pages/vanilla/index.html events/1000.jsonl out.jsonl
//!
//! The page may load its scripts from the folder above its own, as the rig's pages do, or from below a fourth argument.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the rig reads its marks from standard output")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use duoke::base::clock::Stopwatch;
use duoke::base::limits::page::PageLimits;
use duoke::base::limits::{CLOCK_START_MS, PAGE_STACK_BYTES, SETTLE_MS_DEFAULT};
use duoke::base::memory::CountingAllocator;
use duoke::engine::event_loop::Output;
use duoke::event::{Effect, Line, LocalStorage, Outcome, Stimulus, StimulusKind, parse_line};
use duoke::net::{Folder, Guard, PluginNetwork};
use duoke::page::{Pace, Page, PageOptions, Source, Turn, TurnInput};
use duoke::webapi::world::Settings;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    let thread = std::thread::Builder::new().stack_size(PAGE_STACK_BYTES).spawn(|| {
        if let Err(error) = run() {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
    });
    if thread.map(std::thread::JoinHandle::join).is_err() {
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [page, events, out, root @ ..] = arguments.as_slice() else {
        return Err("usage: peer PAGE EVENTS OUT [ROOT]".into());
    };
    let options = options(Path::new(page), root.first().map(Path::new))?;
    let started = Stopwatch::start();
    let mut page_driver = Page::open(options, SETTLE_MS_DEFAULT)?;
    let mut messages = String::new();
    collect(&page_driver.take_turn(), &mut messages)?;
    println!("{{\"mark\":\"ready\"}}");
    let log = std::fs::read_to_string(events)?;
    let firing = Stopwatch::start();
    let (mut count, mut first_ms) = (0, 0.0);
    for (number, text) in log.lines().enumerate() {
        let Some(line) = parse_line(text, number as u64 + 1, "events")? else { continue };
        let at = page_driver.take_turn().now;
        let input = TurnInput { stimulus: Some(as_it_stands(&line, text)), at, settle_ms: SETTLE_MS_DEFAULT };
        collect(&page_driver.turn(&input), &mut messages)?;
        count += 1;
        if count == 1 {
            first_ms = firing.elapsed().as_secs_f64() * 1000.0;
            println!("{{\"mark\":\"first\"}}");
        }
    }
    let seconds = firing.elapsed().as_secs_f64();
    std::fs::write(out, &messages)?;
    println!(
        "{{\"peer\":\"duoke\",\"page\":{:?},\"events\":{count},\"messages\":{},\"events_ms\":{:.1},\"first_event_ms\":{first_ms:.2},\"events_per_s\":{:.0},\"load_ms\":{:.1}}}",
        Path::new(page).parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy(),
        messages.lines().count(),
        seconds * 1000.0,
        f64::from(count) / seconds,
        (started.elapsed().as_secs_f64() - seconds) * 1000.0,
    );
    Ok(())
}

/// The peers get the log's line as it stands, so the name of the openid that reading fills in goes out again.
fn as_it_stands(line: &Line, text: &str) -> Stimulus {
    let mut stimulus = Stimulus::from_line(line);
    if let StimulusKind::Mcs { fields, .. } = &mut stimulus.kind
        && !text.contains("\"userid\"")
    {
        fields.shift_remove("userid");
    }
    stimulus
}

fn options(page: &Path, root: Option<&Path>) -> Result<PageOptions, Box<dyn Error>> {
    let page = page.canonicalize()?;
    let root = root.or(page.parent().and_then(Path::parent)).ok_or("the page has no folder")?.canonicalize()?;
    let path = page.strip_prefix(&root)?.to_string_lossy().into_owned();
    let folder = Folder::open("rig", &root)?;
    let url = folder.url_of(&path)?;
    let network = PluginNetwork::new(Guard::new()).with_folder(folder);
    Ok(PageOptions {
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
    })
}

fn collect(turn: &Turn, messages: &mut String) -> Result<(), Box<dyn Error>> {
    for emission in &turn.emissions {
        match &emission.output {
            Output::Effect(Effect::PutMsg(call)) if call.outcome == Outcome::Accepted => {
                writeln!(messages, "{}", call.argument)?;
            }
            Output::Fault(fault) => eprintln!("{} {}", fault.type_name(), fault.data()),
            Output::Console(line) => eprintln!("{} {}", line.type_name(), line.text),
            Output::Effect(_) => {}
        }
    }
    Ok(())
}
