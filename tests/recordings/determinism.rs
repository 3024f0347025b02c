//! The same recordings lead to the same bytes: whatever the jobs, the time zone, the language, the folder, and again.

use std::process::Command;

use super::bench::{Bench, Ended};
use super::samples;

/// Where and how something is done.
struct Surroundings {
    bench: Bench,
    jobs: &'static str,
    zone: &'static str,
    language: &'static str,
}

impl Surroundings {
    /// With the samples, one of which errs: its report has code in it.
    fn new(jobs: &'static str, zone: &'static str, language: &'static str) -> Self {
        let bench = Bench::new();
        samples::copy(&bench);
        let page = bench.read("sample-plugins/greeter/plugin.js");
        bench.write("broken/plugin.js", page.replace("  greeted[", "  nobody.at();\n  greeted["));
        bench.write("broken/plugin.toml", bench.read("sample-plugins/greeter/plugin.toml"));
        bench.write("broken/sessions/once-each.jsonl", bench.read("sample-plugins/greeter/sessions/once-each.jsonl"));
        Self { bench, jobs, zone, language }
    }

    fn run(&self, mut command: Command) -> Ended {
        command.env("TZ", self.zone).env("LANG", self.language).env("LC_ALL", self.language);
        Bench::finish(command)
    }

    /// The paths are those below the folder in which it is run.
    fn test(&self, reporter: &str) -> Ended {
        self.run(self.bench.command(&["test", "--reporter", reporter, "--jobs", self.jobs]))
    }
}

#[test]
fn the_same_bytes_everywhere() {
    let here = Surroundings::new("1", "Asia/Shanghai", "C");
    let there = Surroundings::new("8", "America/St_Johns", "tr_TR.UTF-8");
    for reporter in ["json", "human"] {
        let runs = [here.test(reporter), there.test(reporter), there.test(reporter)];
        for run in &runs {
            assert_eq!((run.code, run.err.as_str()), (100, ""), "{}", run.out);
            assert_eq!(run.out, runs[0].out);
        }
        assert!(runs[0].out.contains("nobody.at();"), "{}", runs[0].out);
        assert!(!runs[0].out.contains(&here.bench.path("")), "{}", runs[0].out);
    }
    for (sample, name) in samples::recordings() {
        let path = format!("sample-plugins/{}/sessions/{name}", sample.file_name().unwrap().to_str().unwrap());
        let first = here.run(here.bench.command(&["replay", &path, "--all"]));
        assert_eq!((first.code, first.err.as_str()), (0, ""), "{path}");
        let mut elsewhere = there.bench.command(&["replay", &there.bench.path(&path), "--all"]);
        elsewhere.current_dir("/");
        assert_eq!(there.run(elsewhere).out, first.out, "{path}");
    }
}
