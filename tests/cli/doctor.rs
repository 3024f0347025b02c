//! `duoke doctor`, and what confinement means to the commands that open pages.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use super::bench::{Bench, Ended};

const NAMES: [&str; 19] = [
    "system",
    "memory",
    "stack",
    "open_files",
    "loopback",
    "page_start",
    "confinement_spawned",
    "confinement_compiled",
    "confinement_loaded",
    "configuration",
    "limits",
    "account",
    "secret_files",
    "plugins",
    "accounts",
    "callbacks",
    "seats",
    "serve",
    "console",
];

/// What the doctor found, as JSON.
#[track_caller]
fn found(ended: &Ended) -> Value {
    assert_eq!(ended.err, "");
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.out))
}

fn check<'a>(found: &'a Value, name: &str) -> &'a Value {
    found["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

/// A check's state and a part of what was found.
#[track_caller]
fn assert_check(found: &Value, name: &str, state: &str, part: &str) {
    let check = check(found, name);
    assert!(check["state"] == state && check["found"].as_str().unwrap().contains(part), "{check:#}");
    assert_eq!(check["hint"].is_string(), state != "ok", "{check:#}");
}

fn doctor(bench: &Bench) -> Command {
    bench.command(&["doctor", "--format", "json"])
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_that_is_ready() {
    let bench = Bench::new();
    let ended = bench.run(&["doctor", "--format", "json"]);
    let all = found(&ended);
    assert_eq!((ended.code, &all["ready"]), (0, &json!(true)), "{all:#}");
    let names: Vec<&str> = all["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, NAMES);
    assert_eq!(all["served"], json!({"spawned": 6, "compiled": 3, "loaded": 3}));
    assert!(["spawned", "compiled", "loaded"].iter().all(|level| all["open_ms"][level].is_number()), "{all:#}");
    for level in ["spawned", "compiled", "loaded"] {
        assert_check(&all, &format!("confinement_{level}"), "ok", "ways out are refused");
    }
    assert_check(&all, "configuration", "ok", "duoke.toml (not there)");
    assert_check(&all, "limits", "ok", "as they are by default");
    assert_eq!(all["limits"]["timers"], 10_000);
    let human = bench.run(&["doctor", "--color", "always"]);
    assert_eq!((human.code, human.err.as_str()), (0, ""));
    assert!(human.out.contains("\u{1b}[1;32mok     \u{1b}[0m confinement spawned   all of "), "{}", human.out);
    assert!(human.out.contains("\n\nThis machine is ready to run plugin pages"), "{}", human.out);
    assert!(!bench.run(&["doctor"]).out.contains('\u{1b}'));
}

#[test]
fn a_configuration_that_is_wrong() {
    let bench = Bench::new();
    bench.write("duoke.toml", "[process]\nlaunhc = \"spawn\"\n");
    let ended = Bench::finish(doctor(&bench));
    let all = found(&ended);
    assert_eq!((ended.code, &all["ready"]), (3, &json!(false)), "{all:#}");
    assert_check(&all, "configuration", "failed", "duoke.toml:2:1: unknown key `process.launhc`");
    assert_eq!(check(&all, "configuration")["hint"], "did you mean `launch`?");
    let human = bench.run(&["doctor"]);
    assert!(
        human.out.contains("\nfailed  configuration ") && human.out.contains("hint: did you mean"),
        "{}",
        human.out
    );
    assert!(human.out.ends_with("but the configuration is wrong: 1 failed check.\n"), "{}", human.out);
    bench.write("duoke.toml", "");
    let mut odd = doctor(&bench);
    odd.env("DUOKE_LAUNCH", "thread");
    let odd = Bench::finish(odd);
    assert_eq!(odd.code, 3);
    assert_check(&found(&odd), "configuration", "failed", "DUOKE_LAUNCH: is not one of fork, spawn");
}

#[test]
fn plugins_that_are_none() {
    let bench = Bench::new();
    bench.write(
        "user/duoke/duoke.toml",
        "[[plugin]]\npath = \"good.js\"\n[[plugin]]\npath = \"http://a.test/b.html\"\n",
    );
    bench.write("user/duoke/good.js", "");
    let ended = |bench: &Bench| {
        let mut command = doctor(bench);
        command.env("XDG_CONFIG_HOME", bench.path("user"));
        Bench::finish(command)
    };
    let good = ended(&bench);
    assert_eq!(good.code, 0);
    assert_check(&found(&good), "plugins", "ok", "good, b");
    bench.write("hollow/plugin.toml", "page = \"page.html\"");
    bench.write("duoke.toml", "[[plugin]]\npath = \"gone\"\n[[plugin]]\npath = \"hollow\"\n");
    let bad = ended(&bench);
    assert_eq!(bad.code, 3);
    assert_check(
        &found(&bad),
        "plugins",
        "failed",
        "duoke.toml:2: gone: there is no such file or folder; duoke.toml:4: ",
    );
    assert_check(&found(&bad), "plugins", "failed", "page.html does not exist");
}

#[test]
fn secrets_are_not_told() {
    let bench = Bench::new();
    bench.write("duoke.toml", "[wechat]\napp_secret = \"s3cr3t\"\n[[plugin]]\npath = \"echat\"\n");
    bench.write("echat/plugin.toml", "page = \"page.js\"\n[echat]\ntoken = \"s3cr3t\"\n");
    bench.write("echat/page.js", "");
    let mode = |name: &str, mode| {
        std::fs::set_permissions(bench.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("duoke.toml", 0o640);
    mode("echat/plugin.toml", 0o644);
    let ended = Bench::finish(doctor(&bench));
    assert!(ended.code == 0 && !ended.out.contains("s3cr3t"), "{}", ended.out);
    let all = found(&ended);
    assert_check(&all, "account", "warning", "app id not set, app secret set (duoke.toml:2), callback token not set");
    assert_check(&all, "secret_files", "warning", "in duoke.toml, echat/plugin.toml");
    for name in ["duoke.toml", "echat/plugin.toml"] {
        mode(name, 0o600);
    }
    let mut command = doctor(&bench);
    command.env("DUOKE_APP_ID", "wx1");
    let all = found(&Bench::finish(command));
    assert_check(&all, "account", "ok", "app id set (environment DUOKE_APP_ID), app secret set (duoke.toml:2)");
    assert_check(&all, "secret_files", "ok", "nobody else can read duoke.toml, echat/plugin.toml");
}

#[test]
fn what_serving_takes() {
    let bench = Bench::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (taken_at, free) = (taken.local_addr().unwrap().to_string(), "127.0.0.1:0");
    let with = |listen: &str, more: &str| {
        bench.write(
            "duoke.toml",
            format!(
                "[wechat]\napp_id = \"wx1\"\n[wechat.callback]\nmode = \"plain\"\nlisten = \"{listen}\"\n\
                 [[account]]\napp_id = \"wx2\"\npath = \"/two\"\n{more}"
            ),
        );
        let mut command = doctor(&bench);
        for name in ["APP_SECRET", "CALLBACK_TOKEN", "APP_SECRET_wx2", "CALLBACK_TOKEN_wx2"] {
            command.env(format!("DUOKE_{name}"), "s3cr3t");
        }
        let ended = Bench::finish(command);
        assert!(!ended.out.contains("s3cr3t"), "{}", ended.out);
        (ended.code, found(&ended))
    };
    let (code, all) = with(free, "");
    assert_eq!(code, 0, "{all:#}");
    assert_check(&all, "accounts", "ok", "wx2: app secret set, callback token set, encoding AES key not set");
    assert_check(&all, "callbacks", "ok", "127.0.0.1:0/wechat, 127.0.0.1:0/two");
    assert_check(&all, "console", "ok", "off");
    let (code, all) = with(&taken_at, "[[account]]\napp_id = \"wx3\"\n");
    assert_eq!(code, 96, "{all:#}");
    assert_check(&all, "callbacks", "failed", &format!("cannot be listened on: {taken_at}: "));
    assert_check(&all, "accounts", "failed", "wx3: app secret not set, callback token not set");
    let seats = "[[seat]]\nname = \"a\"\nkf_account = \"kf1@gh\"\n[[seat]]\nname = \"b\"\nkf_account = ";
    let (code, all) = with(free, &format!("{seats}\"kf2\"\n"));
    assert_eq!(code, 3, "{all:#}");
    assert_check(&all, "seats", "failed", "duoke.toml:13: kf2 is not a customer-service account");
    assert_check(&with(free, &format!("{seats}\"kf1@gh\"\n")).1, "seats", "failed", "b (kf1@gh) is another seat's");
    let (code, all) = with(free, &format!("{seats}\"kf2@gh\"\n[serve]\nsink = \"log\"\n"));
    assert_eq!(code, 0, "{all:#}");
    assert_check(&all, "seats", "warning", "a (kf1@gh), b (kf2@gh)");
    assert_check(&all, "serve", "warning", "messages to log");
}

#[cfg(target_os = "linux")]
mod refused {
    use std::collections::BTreeMap;

    use nix::libc;
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

    use super::*;

    /// Runs where the system does not have these calls, as in a container that forbids them.
    fn without(calls: &[libc::c_long], command: Command) -> Ended {
        let rules: BTreeMap<i64, _> = calls.iter().map(|call| (*call, Vec::new())).collect();
        let absent = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
        let architecture = std::env::consts::ARCH.try_into().unwrap();
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, absent, architecture).unwrap();
        let program = BpfProgram::try_from(filter).unwrap();
        // What a thread may not do its children may not either.
        let thread = std::thread::spawn(move || {
            apply_filter(&program).unwrap();
            Bench::finish(command)
        });
        thread.join().unwrap()
    }

    fn required(mut command: Command) -> Command {
        command.env("DUOKE_CONFINEMENT", "require");
        command
    }

    #[test]
    fn landlock() {
        let bench = Bench::new();
        let calls = [libc::SYS_landlock_create_ruleset];
        let warned = without(&calls, doctor(&bench));
        assert_eq!(warned.code, 0, "{}", warned.out);
        let failed = without(&calls, required(doctor(&bench)));
        assert_eq!((failed.code, &found(&failed)["ready"]), (96, &json!(false)));
        for level in ["spawned", "compiled", "loaded"] {
            let (name, part) = (format!("confinement_{level}"), "ways out are refused; missing is landlock: ");
            assert_check(&found(&warned), &name, "warning", part);
            assert_check(&found(&failed), &name, "failed", part);
        }
        bench.write("page.js", "external.Notice('it runs')");
        for command in [["run", "page.js"].as_slice(), &["coverage", "page.js"], &["demo"]] {
            let lax = without(&calls, bench.command(command));
            assert_eq!(lax.code, 0, "{command:?}: {}", lax.err);
            let strict = without(&calls, required(bench.command(command)));
            assert_eq!(strict.code, 96, "{command:?}: {}", strict.err);
            let said = format!("{}{}", strict.out, strict.err);
            assert!(said.contains("cannot be confined, which the configuration requires: landlock"), "{said}");
            assert!(!said.contains("it runs") && !said.contains("mcs.Notice"), "{said}");
        }
        let mut serve = required(bench.command(&["serve", "page.js", "--listen", "127.0.0.1:0"]));
        serve.env("DUOKE_APP_ID", "wx1").env("DUOKE_APP_SECRET", "s").env("DUOKE_CALLBACK_TOKEN", "t");
        serve.env("DUOKE_CALLBACK_MODE", "plain").env("DUOKE_WECHAT_BASE_URL", "http://127.0.0.1:9");
        let serve = without(&calls, serve);
        assert_eq!((serve.code, &*serve.out), (96, ""), "{}", serve.err);
        assert!(serve.err.contains("no page can be opened: ") && serve.err.contains(": landlock"), "{}", serve.err);
    }

    #[test]
    fn both() {
        let bench = Bench::new();
        let ended = without(&[libc::SYS_landlock_create_ruleset, libc::SYS_seccomp], doctor(&bench));
        assert_eq!(ended.code, 0, "{}", ended.out);
        let all = found(&ended);
        for level in ["spawned", "compiled", "loaded"] {
            let name = format!("confinement_{level}");
            for part in ["ways out are open: open a file, ", "start a program", "missing is landlock: ", "; seccomp: "]
            {
                assert_check(&all, &name, "warning", part);
            }
        }
        assert_eq!(all["served"], json!({"spawned": 6, "compiled": 3, "loaded": 3}));
    }

    #[test]
    fn loopback() {
        let ended = without(&[libc::SYS_bind], doctor(&Bench::new()));
        assert_eq!(ended.code, 96, "{}", ended.out);
        assert_check(&found(&ended), "loopback", "failed", "no port can be bound: ");
    }

    #[test]
    fn what_a_page_process_cannot_be_without() {
        let ended = without(&[libc::SYS_prlimit64], doctor(&Bench::new()));
        assert_eq!(ended.code, 96, "{}", ended.out);
        assert_check(&found(&ended), "page_start", "failed", "a bundled page does not open: ");
        assert_check(&found(&ended), "confinement_spawned", "warning", "it is not known");
    }

    #[test]
    fn forks() {
        let bench = Bench::new();
        let ended = |launch: &str| {
            let mut command = Command::new("sh");
            let program = env!("CARGO_BIN_EXE_duoke");
            command.args(["-c", "ulimit -s 8192; exec \"$0\" doctor --format json", program]);
            command.current_dir(bench.path(".")).env("HOME", bench.path(".")).env("DUOKE_LAUNCH", launch);
            Bench::finish(command)
        };
        let fork = ended("fork");
        assert_eq!(fork.code, 0, "{}", fork.out);
        let all = found(&fork);
        assert_check(&all, "stack", "warning", "may be raised to 8 MiB");
        assert_check(&all, "page_start", "warning", "12 spawned in ");
        assert_check(&all, "confinement_loaded", "ok", "no page came to be in this way");
        assert_eq!(all["open_ms"]["loaded"], Value::Null);
        assert_check(&found(&ended("spawn")), "page_start", "ok", "12 spawned in ");
    }
}
