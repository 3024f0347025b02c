//! Modules: whose effects are theirs, where their faults are, and how many there may be.

use duoke::base::limits::MODULES_MAX;
use duoke::event::Fault;

use crate::driven::{PUT, check_files, with_page};

fn page(html: &str) -> (&'static str, Vec<u8>) {
    ("index.html", format!("{PUT}\n{html}").into_bytes())
}

#[test]
fn the_cause_goes_with_import() {
    check_files(
        vec![
            page(
                "<script>
                function MCS_ClientNotify(s) {
                  var u = JSON.parse(s).useraccount;
                  import('./a.js').then(function (a) { put('then ' + u + a.next()); });
                  setTimeout(function () { import('./a.js').then(function (a) { put('timer ' + u + a.next()); }); }, 2500);
                }</script>",
            ),
            (
                "a.js",
                b"import './b.js'; put('a'); await new Promise(ok => setTimeout(ok, 2000)); put('a awaited');
                  let n = 0; export const next = () => n++;"
                    .to_vec(),
            ),
            ("b.js", b"put('b')".to_vec()),
        ],
        &["user oA", "user oB", "wait 6000"],
        "
        > user oA
        put oA <1 b
        put oA <1 a
        > user oB
        > wait 6000
        put oA <1 late a awaited
        put oA <1 late then oA0
        put oB <2 then oB1
        put oA <1 late timer oA2
        put oB <2 timer oB3
        ",
    );
}

#[test]
fn who_waits_for_another_s_module_runs_under_his_own_cause() {
    check_files(
        vec![
            page(
                "<script>
                function MCS_ClientNotify(s) {
                  var u = JSON.parse(s).useraccount;
                  import('./' + u + '.js').then(function (own) { put('then ' + u + own.mine); });
                }</script>",
            ),
            ("oA.js", b"export { mine } from './shared.js'; put('A')".to_vec()),
            ("oB.js", b"export { mine } from './shared.js'; put('B')".to_vec()),
            (
                "shared.js",
                b"put('shared'); export const mine = await new Promise(ok => setTimeout(ok, 3000, 7))".to_vec(),
            ),
        ],
        &["user oA", "user oB", "wait 6000"],
        "
        > user oA
        put oA <1 shared
        > user oB
        > wait 6000
        put oA <1 late A
        put oB <2 B
        put oA <1 late then oA7
        put oB <2 then oB7
        ",
    );
}

#[test]
fn faults_say_where() {
    check_files(
        vec![
            page(
                "<script type=module>import './broken.js';</script>
                <script type=module>
                  import { nobody } from './good.js';</script>
                <script type=module>
                  import 'lodash';</script>
                <script type=module src=throws.js></script>
                <script type=module src=waits.js></script>
                <script type=module src=nowhere.js></script>
                <script>function MCS_ClientNotify() {
                  import('lodash');
                  import('./broken.js');
                  import('./throws.js');
                  import('./nowhere.js').catch(function (e) { console.log(e.name, e.message.split(':')[0]); });
                }</script>",
            ),
            ("broken.js", b"export let fine;\nlet no = ;".to_vec()),
            ("good.js", b"export let good = 1;".to_vec()),
            ("throws.js", b"import './good.js';\n  nothing();".to_vec()),
            ("waits.js", b"await 1;\nthrow new Error('late');".to_vec()),
        ],
        &["user oA"],
        r#"
        ! parse SyntaxError: unexpected token ';', primary expression at line 2, col 10 /broken.js:2:10
        ! uncaught SyntaxError: could not find export `nobody` /index.html:4:28
        ! uncaught TypeError: Failed to resolve module specifier "lodash": begin it with "/", "./" or "../", or name it in an import map /index.html:6:26
        ! uncaught ReferenceError: nothing is not defined /throws.js:2:3
        ! uncaught Error: late /waits.js:2:7
        ! load /nowhere.js
        > user oA
        TypeError Failed to fetch dynamically imported module "./nowhere.js"
        ! rejection TypeError: Failed to resolve module specifier "lodash": begin it with "/", "./" or "../", or name it in an import map /index.html:6:26
        ! rejection SyntaxError: unexpected token ';', primary expression at line 2, col 10 /broken.js:2:10
        ! rejection ReferenceError: nothing is not defined /throws.js:2:3
        "#,
    );
}

#[test]
fn a_module_that_throws_runs_no_more_and_stops_nothing() {
    check_files(
        vec![
            page(
                "<script type=module>import './first.js'; put('never')</script>
                <script type=module>console.log('next')</script>
                <script>addEventListener('load', function () { console.log('load') })</script>",
            ),
            ("first.js", b"import './second.js'; console.log('never')".to_vec()),
            ("second.js", b"await 0; console.log('second'); throw new Error('no')".to_vec()),
        ],
        &["user oA"],
        "
        second
        ! uncaught Error: no /second.js:1:39
        next
        load
        > user oA
        ",
    );
}

/// `0.js` imports `1.js`, and so on.
fn chain(count: usize) -> Vec<(&'static str, Vec<u8>)> {
    let name = |at: usize| -> &'static str { format!("{at}.js").leak() };
    let module = |at: usize| match at + 1 == count {
        true => "export let depth = 1".to_owned(),
        false => format!("import {{ depth as below }} from './{}.js'; export let depth = below + 1", at + 1),
    };
    (0..count).map(|at| (name(at), module(at).into_bytes())).collect()
}

#[test]
fn so_many_modules_and_no_more() {
    let opened = |count: usize| {
        let mut files = chain(count);
        files.push(page(
            "<script>import('./0.js').then(function (m) { console.log(m.depth); }, function () {})</script>",
        ));
        with_page(files, |opened| opened.unwrap().1)
    };
    assert_eq!(opened(MODULES_MAX), MODULES_MAX.to_string());
    assert_eq!(opened(MODULES_MAX + 1), format!("! load /{MODULES_MAX}.js"));
}

#[test]
fn what_is_no_module_is_said_with_the_next_step() {
    let files = vec![
        page("<script type=module src=a.txt></script><script type=module src=gone.js></script>"),
        ("a.txt", b"1".to_vec()),
    ];
    let messages = with_page(files, |opened| {
        let (mut page, _) = opened.unwrap();
        let turn = page.turn("reload");
        let faults = turn.emissions.into_iter().filter_map(|emission| match emission.output {
            duoke::engine::event_loop::Output::Fault(Fault::Load { message, .. }) => Some(message),
            _ => None,
        });
        faults.collect::<Vec<_>>()
    });
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].ends_with("is text/plain, a module must be text/javascript: as a file it ends in .js or .mjs"));
    assert!(messages[1].contains("gone.js"), "{messages:?}");
}
