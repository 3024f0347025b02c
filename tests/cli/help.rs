//! Completions and manual pages, which are made of the commands as they are.

use std::process::Command;

use crate::bench::{Bench, Ended};

/// The commands that `duoke --help` names.
fn commands(bench: &Bench) -> Vec<String> {
    let help = bench.run(&["--help"]).out;
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let rows = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("    "));
    let names: Vec<String> = rows.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(names.len() > 15, "{help}");
    names.into_iter().filter(|name| name != "help").collect()
}

fn shell(bench: &Bench, script: &str) -> Ended {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-c", script]).current_dir(bench.path(""));
    Bench::finish(command)
}

#[test]
fn bash_completes_commands_options_and_their_values() {
    let bench = Bench::new();
    let made = bench.run(&["completions", "bash"]);
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    bench.write("duoke.bash", &made.out);
    let checked = shell(&bench, "bash -n duoke.bash");
    assert_eq!((checked.code, checked.err.as_str()), (0, ""));
    let complete = |words: &[&str]| {
        let script = format!(
            "source duoke.bash; COMP_WORDS=(duoke {}); COMP_CWORD={}; \
             _duoke duoke \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
            words.len(),
        );
        let ended = shell(&bench, &script);
        assert_eq!(ended.code, 0, "{}", ended.err);
        ended.out.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete(&["cov"]), ["coverage"]);
    assert_eq!(complete(&["outbox", "re"]), ["retry"]);
    assert_eq!(complete(&["run", "--eve"]), ["--events"]);
    assert_eq!(complete(&["new", "--dialect", ""]), ["mcs", "echat", "both"]);
    let first = complete(&[""]);
    for command in commands(&bench) {
        assert!(first.contains(&command), "{command}");
    }
}

#[test]
fn every_shell_has_its_script() {
    let bench = Bench::new();
    for (name, mark) in [
        ("bash", "complete -F _duoke"),
        ("zsh", "#compdef duoke"),
        ("fish", "complete -c duoke"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[duoke]"),
    ] {
        let made = bench.run(&["completions", name]);
        assert!(made.code == 0 && made.out.contains(mark), "{name}: {}", made.err);
        let missing = commands(&bench).into_iter().find(|command| !made.out.contains(command.as_str()));
        assert_eq!(missing, None, "{name}");
    }
    let wrong = bench.run(&["completions", "tcsh"]);
    assert!(wrong.code == 2 && wrong.err.contains("possible values: bash"), "{}", wrong.err);
}

/// As a reader sees it, by the formatter that is here: `groff`, or `mandoc`, or none.
fn rendered(bench: &Bench, page: &str) -> Option<String> {
    let script = format!(
        "if command -v groff >/dev/null; then groff -man -Kutf8 -Tutf8 -P-cbou '{page}'; \
         elif command -v mandoc >/dev/null; then mandoc -T utf8 '{page}' | col -b; else exit 9; fi"
    );
    let ended = shell(bench, &script);
    if ended.code == 9 {
        return None;
    }
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{page}");
    Some(ended.out)
}

#[test]
fn manual_pages_name_every_command() {
    let bench = Bench::new();
    let page = bench.run(&["man"]);
    assert_eq!((page.code, page.err.as_str()), (0, ""));
    assert!(page.out.contains(".TH duoke 1"), "{}", page.out);
    let written = bench.run(&["man", "--dir", "pages/man1"]);
    assert_eq!((written.code, written.err.as_str()), (0, ""));
    assert_eq!(bench.read("pages/man1/duoke.1"), page.out);
    for command in commands(&bench) {
        assert!(page.out.contains(&format!("duoke\\-{command}(1)")), "{command}");
        let own = bench.read(&format!("pages/man1/duoke-{command}.1"));
        assert!(own.contains(&format!("duoke {command}")), "its examples: {own}");
        assert!(written.out.contains(&format!("/duoke-{command}.1\n")), "{command}");
    }
    assert!(written.out.contains("/duoke-outbox-list.1\n"), "{}", written.out);
    let Some(run) = rendered(&bench, "pages/man1/duoke-run.1") else { return };
    assert!(run.contains("EXAMPLES\n") && run.contains("duoke run plugin.html --events session.jsonl\n"), "{run}");
    assert!(run.contains("--forward") && run.contains("NAME\n"), "{run}");
    let whole = rendered(&bench, "pages/man1/duoke.1").unwrap();
    assert!(whole.contains("EXIT CODES\n") && whole.contains("103  a page does not load\n"), "{whole}");
    for page in written.out.lines() {
        rendered(&bench, page);
    }
    bench.write("file", "");
    let wrong = bench.run(&["man", "--dir", "file/x"]);
    assert!(wrong.code == 96 && wrong.err.contains("hint: "), "{}", wrong.err);
}
