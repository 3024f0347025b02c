//! `duoke coverage`

use clap::ValueEnum;
use tokio::runtime::Handle;

use super::exit::Exit;
use super::output::Output;
use super::plugins::{ACCOUNT_DEFAULT, fail, live, rights, said};
use super::settings;
use super::signals::exit_when_interrupted;
use crate::config::DuokeConfig;
use crate::host::coverage::report::Verdict;
use crate::host::coverage::trial::Make;
use crate::host::coverage::{self, text};
use crate::host::{Hosted, Names, Plugin, PluginError, Processes};

const EXAMPLES: &str = "\
Examples:
  duoke coverage plugin.html
  duoke coverage http://crm.example.com/plugin.html --format json
  duoke coverage plugin.html --replace http://cdn.example.com/jquery.js=jquery.js

A name in a script's strings and comments does not count. What a library names is told apart
from what the page names, and what a page only asks for (`if (window.Worker)`) from what it
needs. To see what really happens the page is run as by `duoke run` and told a made-up customer
and a place. Its messages go nowhere; servers that it may talk to are asked.

JSON, one object:
  page, url    what was looked at
  verdict      runs, faults, does_not_load, not_run
  summary      missing, planned, stub, works: how many APIs the page itself uses; faults;
               guarded: what is missing, but only asked for or only named by libraries
  apis[]       api; status; note: what a stub does, what to do about what is missing;
               count, count_in_libraries; guarded; touched: asked for in vain in the run;
               places[] {file, line, column, test}
  files[]      file, url, library, problem, hint
  run          loaded, problem, hint, ended, told[], effects {type: count},
               faults[] {type, count, data}, warnings[]; null with --no-run
  requests[]   method, url, status, problem, hint";

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    #[default]
    Human,
    /// One JSON object
    Json,
    /// The same on one line
    Jsonl,
}

/// Say which host and web APIs a page uses, which are missing here, and what to do about each.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// An HTML file, a folder with plugin.toml, a .js file, or an http(s) address; `page.html?id=7` for a query.
    #[arg(value_name = "PAGE")]
    page: String,
    /// Only read the page's files.
    #[arg(long)]
    no_run: bool,
    /// How to print it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// Let the page talk to this origin too.
    #[arg(long, value_name = "ORIGIN")]
    allow: Vec<String>,
    /// Answer an address from a file: for CDNs that are gone.
    #[arg(long, value_name = "URL=FILE")]
    replace: Vec<String>,
}

pub(super) fn coverage(arguments: &Arguments, runtime: &Handle, output: &mut Output) -> Exit {
    exit_when_interrupted(runtime);
    let config = match settings::load(&|_| None) {
        Ok(config) => config,
        Err(error) => return fail(output, settings::notice(&error), Exit::Configuration),
    };
    let hosted = match prepare(arguments, &config, runtime, output) {
        Ok(hosted) => hosted,
        Err(exit) => return exit,
    };
    let processes = Processes::of(&config);
    let make: &Make = &move |options| processes.page(options);
    let report = coverage::coverage(&arguments.page, hosted, (!arguments.no_run).then_some(make));
    let text = match arguments.format {
        Format::Human => text::render(&report),
        Format::Json => format!("{:#}\n", report.json()),
        Format::Jsonl => format!("{}\n", report.json()),
    };
    // Nobody reading it is fine.
    let _ = output.data(&text);
    match (report.verdict(), &report.trial) {
        (_, Some(trial)) if trial.unconfined => Exit::Environment,
        (_, Some(trial)) if trial.ended => Exit::PageEnded,
        (Verdict::NotLoaded, _) => Exit::Page,
        _ => Exit::Fine,
    }
}

fn prepare(arguments: &Arguments, config: &DuokeConfig, runtime: &Handle, output: &mut Output) -> Result<Hosted, Exit> {
    let rights = rights(&arguments.allow, &arguments.replace, output)?;
    let live = live(runtime);
    let hosted = Plugin::resolve(&arguments.page, &mut Names::default()).and_then(|mut plugin| {
        plugin.hold_to(&config.limits);
        let network = plugin.network(&rights, Some(&live), ACCOUNT_DEFAULT)?;
        Ok(Hosted { plugin, network: network.into() })
    });
    hosted.map_err(|error: PluginError| said(&error, output))
}
