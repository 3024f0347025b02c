//! What a page costs: opening one, one event of it, and the native operations that events are made of.
//!
//! The libraries are those of `tests/libraries`; `scripts/test` installs them.

use std::hint::black_box;

use criterion::Criterion;
use duoke::base::memory::CountingAllocator;

#[path = "../tests/page_bench/mod.rs"]
mod page_bench;

use page_bench::{event, on_page_stack, open_library_page, open_page, tell};

/// As in the program: without it the page would not know when to collect.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The operations of `tests/page_bench/operations.html`; `nothing` is what telling the page costs.
const OPERATIONS: [&str; 8] = ["inner_html", "append", "select", "dispatch", "read", "collection", "style", "nothing"];

fn open(criterion: &mut Criterion) {
    for name in ["vanilla", "jquery", "heavy"] {
        let path = format!("libraries/pages/{name}/index.html");
        criterion.bench_function(&format!("open_{name}"), |bencher| bencher.iter(|| open_library_page(&path)));
    }
}

/// The events of the log, one after the other.
fn events(criterion: &mut Criterion) {
    for name in ["vanilla", "jquery", "heavy"] {
        let mut page = open_library_page(&format!("libraries/pages/{name}/index.html"));
        let mut log = (0..).map(event);
        criterion.bench_function(&format!("event_{name}"), |bencher| {
            bencher.iter(|| black_box(tell(&mut page, &log.next().expect("the log has no end"))));
        });
    }
}

fn operations(criterion: &mut Criterion) {
    for name in OPERATIONS {
        let mut page = open_page(&format!("page_bench/operations.html?{name}"));
        criterion.bench_function(&format!("operation_{name}"), |bencher| {
            bencher.iter(|| black_box(tell(&mut page, r#"{"event":"Round"}"#)));
        });
    }
}

fn main() {
    on_page_stack(|| {
        let mut criterion = Criterion::default().sample_size(20).without_plots().configure_from_args();
        open(&mut criterion);
        events(&mut criterion);
        operations(&mut criterion);
        criterion.final_summary();
    });
}
