//! What a page costs: opening one, one event of it, the native operations that events are made of,
//! and looks at its document.
//!
//! The libraries are those of `tests/libraries`; `scripts/test` installs them.

use std::hint::black_box;

use criterion::Criterion;
use duoke::base::memory::CountingAllocator;
use duoke::dom::document::DocumentData;
use duoke::dom::mirror::Mirror;
use duoke::dom::parse::DocumentParser;
use duoke::dom::{Node, attributes, tree};

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

/// A look at a document of 5,000 nodes: where nothing has changed, where one node has, and the first.
fn mirror(criterion: &mut Criterion) {
    let document = Node::document(DocumentData::new("text/html"));
    let html = "<p class=row data-id=1><b>name</b> text</p>".repeat(1_250);
    let parser = DocumentParser::new(&document, html);
    while parser.read(0).is_some() {}
    parser.end();
    let row = tree::descendants(&document).find(|node| node.is_html("p")).expect("there are rows");
    let mut mirror = Mirror::default();
    mirror.look(&document, "", None);
    criterion.bench_function("mirror_same", |bencher| bencher.iter(|| black_box(mirror.look(&document, "", None))));
    let mut number = 0_u64;
    criterion.bench_function("mirror_one", |bencher| {
        bencher.iter(|| {
            number += 1;
            attributes::set(&row, "class", &number.to_string());
            black_box(mirror.look(&document, "", None))
        });
    });
    criterion.bench_function("mirror_whole", |bencher| {
        bencher.iter(|| black_box(Mirror::default().look(&document, "", None)));
    });
}

fn main() {
    on_page_stack(|| {
        let mut criterion = Criterion::default().sample_size(20).without_plots().configure_from_args();
        open(&mut criterion);
        events(&mut criterion);
        operations(&mut criterion);
        mirror(&mut criterion);
        criterion.final_summary();
    });
}
