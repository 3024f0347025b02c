//! Many pages of one plugin at once: what they take in memory, and how many events they handle.
//!
//!     cargo run --release --example crowd -- FOLDER PAGE EVENTS [PAGES] [ROUNDS] [spawned|compiled|loaded]
//!
//! PAGE is a path below FOLDER; each page is told ROUNDS lines of EVENTS. Memory is the proportional set size of a page's
//! process (proc(5), smaps_rollup), with what it shares divided among all that share it. Linux only.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints its figures")]

#[cfg(target_os = "linux")]
fn main() {
    if let Err(error) = crowd::run() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("error: pages are forked on Linux only");
}

#[cfg(target_os = "linux")]
mod crowd {
    use std::error::Error;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use duoke::base::clock::Stopwatch;
    use duoke::base::limits::page::PageLimits;
    use duoke::base::limits::{CLOCK_START_MS, SETTLE_MS_DEFAULT};
    use duoke::event::{LocalStorage, Stimulus, parse_line};
    use duoke::net::{Folder, Guard, PluginNetwork};
    use duoke::page::{Driver as _, Moment, Pace, PageOptions, Source, TurnInput};
    use duoke::process::{Launcher as _, Level, PageProcess, Spawner, Templates};
    use duoke::webapi::world::Settings;

    /// A page and its time.
    struct Member {
        page: PageProcess,
        now: i64,
    }

    pub fn run() -> Result<(), Box<dyn Error>> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [folder, page, events, rest @ ..] = arguments.as_slice() else {
            return Err("usage: crowd FOLDER PAGE EVENTS [PAGES] [ROUNDS] [spawned|compiled|loaded]".into());
        };
        let number = |at: usize, default| rest.get(at).map_or(Ok(default), |text| text.parse::<usize>());
        let (pages, rounds) = (number(0, 500)?, number(1, 5)?);
        let folder = Folder::open("crowd", Path::new(folder))?;
        let inputs = inputs(&std::fs::read_to_string(events)?)?;
        let best = match rest.get(2).map(String::as_str) {
            Some("spawned") => Level::Spawned,
            Some("compiled") => Level::Compiled,
            _ => Level::Loaded,
        };
        let launcher = Arc::new(Templates::new(Spawner::new(program())).up_to(best));
        // The first one loads by itself, the second makes the templates.
        for seed in 0..2 {
            opened(&folder, page, seed, &launcher)?;
        }
        let start = of_children()?;
        let opening = Stopwatch::start();
        let mut crowd = Vec::new();
        for seed in 0..pages {
            crowd.push(opened(&folder, page, seed as u64, &launcher)?);
        }
        let opened_s = opening.elapsed().as_secs_f64();
        let idle = of_children()?;
        let mut told_ms = Vec::new();
        for round in 0..rounds {
            let telling = Stopwatch::start();
            for (at, member) in crowd.iter_mut().enumerate() {
                let stimulus = Some(inputs[(at * rounds + round) % inputs.len()].clone());
                let input = TurnInput { stimulus, at: member.now, settle_ms: SETTLE_MS_DEFAULT };
                let turn = member.page.turn(input, &mut |_, _| ());
                member.now = turn.now;
            }
            told_ms.push(telling.elapsed().as_secs_f64() * 1e3);
        }
        let told = of_children()?;
        crowd.iter_mut().for_each(|member| member.page.rest());
        let rested = of_children()?;
        drop(crowd);
        let end = of_children()?;
        let each = |kb: u64| (kb.saturating_sub(start)) as f64 / 1024.0 / pages as f64;
        println!("{pages} pages, {:.2} ms each to open, {:?}", opened_s * 1e3 / pages as f64, launcher.served());
        let told_s = told_ms.iter().sum::<f64>() / 1e3;
        println!("{:.0} events/s, one after another", (pages * rounds) as f64 / told_s);
        let each_ms = told_ms.iter().map(|ms| format!("{:.2}", ms / pages as f64)).collect::<Vec<_>>();
        println!("ms an event, the first, the second and so on: {}", each_ms.join(" "));
        println!(
            "MiB each: idle {:.2}, after {rounds} events {:.2}, collected {:.2}",
            each(idle),
            each(told),
            each(rested)
        );
        println!("MiB of the templates: at the start {:.1}, at the end {:.1}", mib(start), mib(end));
        Ok(())
    }

    fn mib(kb: u64) -> f64 {
        kb as f64 / 1024.0
    }

    /// The program whose pages these are, beside this one.
    fn program() -> PathBuf {
        let own = std::env::current_exe().unwrap_or_default();
        own.parent().and_then(Path::parent).unwrap_or(Path::new(".")).join("duoke")
    }

    fn opened(folder: &Folder, page: &str, seed: u64, launcher: &Arc<Templates>) -> Result<Member, Box<dyn Error>> {
        let network = PluginNetwork::new(Guard::new()).with_folder(folder.clone());
        let options = PageOptions {
            source: Source::Document(folder.url_of(page)?),
            cookies: network.cookies().clone(),
            network: Arc::new(network),
            settings: Settings::default(),
            storage: LocalStorage::default(),
            start: CLOCK_START_MS,
            seed: 1,
            resume: Some(Moment { at: CLOCK_START_MS + 60_000, seed }),
            pace: Pace::Virtual,
            limits: PageLimits::default(),
        };
        let mut page = PageProcess::new(options, launcher.clone());
        let now = page.open(SETTLE_MS_DEFAULT, &mut |_, _| ())?.now;
        Ok(Member { page, now })
    }

    fn inputs(log: &str) -> Result<Vec<Stimulus>, Box<dyn Error>> {
        let mut inputs = Vec::new();
        for (number, text) in log.lines().enumerate() {
            inputs.extend(parse_line(text, number as u64 + 1, "events")?.map(|line| Stimulus::from_line(&line)));
        }
        Ok(inputs)
    }

    /// The proportional set size of all processes below this one, in kB.
    fn of_children() -> Result<u64, Box<dyn Error>> {
        let mut parents = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
            let Some(parent) = behind.split_whitespace().nth(1).and_then(|text| text.parse::<u32>().ok()) else {
                continue;
            };
            parents.push((pid, parent));
        }
        let mut family = vec![std::process::id()];
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
            at += 1;
        }
        let mut sum = 0;
        for pid in &family[1..] {
            let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
            sum += line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(sum)
    }
}
