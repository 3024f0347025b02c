//! What `duoke serve` needs besides: accounts, addresses, seats.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use super::{Check, State};
use crate::config::duoke::CONSOLE_OFF;
use crate::config::{DuokeConfig, Origin, SeatEntry, Setting};
use crate::host::control::is_heard;
use crate::host::plugin::Plugin;
use crate::session::SendPolicy;

/// Looks at what is there of it; a project that does not serve has none, and lacks nothing.
pub(super) fn checks(config: &DuokeConfig, plugins: &[Plugin], env: &dyn Fn(&str) -> Option<String>) -> Vec<Check> {
    let runs = is_heard(Path::new(&config.store_path.value));
    let (accounts, callbacks) = match config.of_accounts(env) {
        Ok(configs) => (accounts(&configs, !config.accounts.is_empty()), callbacks(&configs, runs)),
        Err(error) => {
            let hint = error.hint().unwrap_or("correct it").to_owned();
            let failed = |name| Check::not_ok(name, State::Failed, error.to_string(), hint.clone()).of_configuration();
            (failed(ACCOUNTS), failed(CALLBACKS))
        }
    };
    let checks = [seats(&config.seats, plugins), serve(config)].map(Check::of_configuration);
    [accounts, callbacks].into_iter().chain(checks).chain([console(&config.console_listen, runs)]).collect()
}

const ACCOUNTS: &str = "accounts";
const CALLBACKS: &str = "callbacks";

fn app_id(config: &DuokeConfig) -> &str {
    config.wechat.app_id.as_ref().map_or("", |app_id| &app_id.value)
}

/// Whether each account has what its messages and pushes take, where there is an `[[account]]`; never what it is.
fn accounts(configs: &[DuokeConfig], are_several: bool) -> Check {
    if !are_several {
        return Check::ok(ACCOUNTS, "no [[account]]").of_configuration();
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (number, config) in configs.iter().enumerate() {
        let (app_id, callback) = (app_id(config), &config.wechat.callback);
        let needs_key = callback.mode.value != "plain";
        let rows = [
            ("app secret", config.wechat.app_secret.is_some(), true),
            ("callback token", callback.token.is_some(), true),
            ("encoding AES key", callback.encoding_aes_key.is_some(), needs_key),
        ];
        let said = rows.map(|(name, is_set, _)| format!("{name} {}", if is_set { "set" } else { "not set" }));
        found.push(format!("{app_id}: {}", said.join(", ")));
        missing.extend(rows.into_iter().filter(|(_, is_set, is_needed)| *is_needed && !is_set).map(|row| row.0));
        if configs[..number].iter().any(|other| self::app_id(other) == app_id) {
            missing.push("another app id");
        }
    }
    let found = found.join("; ");
    if missing.is_empty() {
        return Check::ok(ACCOUNTS, found).of_configuration();
    }
    let hint = "secrets of an [[account]] are variables with its app id behind: DUOKE_APP_SECRET_…, DUOKE_CALLBACK_TOKEN_…, \
                DUOKE_ENCODING_AES_KEY_…; each app id stands once";
    Check::not_ok(ACCOUNTS, State::Failed, found, hint).of_configuration()
}

/// Whether an address can be had; `None`: it can. A host that runs here has its own.
fn trouble(address: SocketAddr, runs: bool) -> Option<String> {
    match TcpListener::bind(address) {
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::AddrInUse && runs => None,
        Err(error) => Some(format!("{address}: {error}")),
    }
}

/// Whether pushes can come in, where an account has a callback.
fn callbacks(configs: &[DuokeConfig], runs: bool) -> Check {
    let called: Vec<_> =
        configs.iter().map(|config| &config.wechat.callback).filter(|callback| callback.token.is_some()).collect();
    if called.is_empty() {
        return Check::ok(CALLBACKS, "no callback token is set: nothing listens");
    }
    let at: Vec<String> =
        called.iter().map(|callback| format!("{}{}", callback.listen.value, callback.path.value)).collect();
    let mut seen = HashSet::new();
    if let Some(twice) = at.iter().find(|at| !at.ends_with(":0") && !seen.insert(*at)) {
        let hint = "each account has a `path` or a `listen` of its own";
        return Check::not_ok(CALLBACKS, State::Failed, format!("several accounts are called at {twice}"), hint)
            .of_configuration();
    }
    let addresses: HashSet<SocketAddr> =
        called.iter().filter_map(|callback| callback.listen.value.parse().ok()).collect();
    let mut troubles: Vec<String> = addresses.into_iter().filter_map(|address| trouble(address, runs)).collect();
    troubles.sort();
    if troubles.is_empty() {
        let by = if runs { " (a host runs there)" } else { "" };
        return Check::ok(CALLBACKS, format!("{}{by}", at.join(", ")));
    }
    let hint = "stop the other program, or name another `listen`";
    Check::not_ok(CALLBACKS, State::Failed, format!("cannot be listened on: {}", troubles.join("; ")), hint)
}

/// Whether seats are told apart, and are of use. Whether WeChat knows their accounts nobody asks here: `duoke kf list` does.
fn seats(seats: &[SeatEntry], plugins: &[Plugin]) -> Check {
    const NAME: &str = "seats";
    let said = |seat: &SeatEntry| format!("{} ({})", seat.name, seat.kf_account);
    let found = seats.iter().map(said).collect::<Vec<_>>().join(", ");
    let (mut names, mut accounts) = (HashSet::new(), HashSet::new());
    let is_account = |seat: &&SeatEntry| {
        let parts = seat.kf_account.split_once('@');
        !parts.is_some_and(|(name, of)| !name.is_empty() && !of.is_empty())
    };
    if seats.is_empty() {
        Check::ok(NAME, "none")
    } else if let Some(wrong) = seats.iter().find(is_account) {
        let found = format!("{}: {} is not a customer-service account", wrong.origin, wrong.kf_account);
        Check::not_ok(NAME, State::Failed, found, "`duoke kf list` shows them, like kf2001@gh_xxx")
    } else if let Some(twice) =
        seats.iter().find(|seat| !names.insert(&seat.name) || !accounts.insert(&seat.kf_account))
    {
        let found = format!("{}: the name or the account of {} is another seat's", twice.origin, said(twice));
        Check::not_ok(NAME, State::Failed, found, "each seat has a name and an account of its own")
    } else if plugins.iter().all(|plugin| plugin.policy.send != SendPolicy::Review) {
        Check::not_ok(
            NAME,
            State::Warning,
            found,
            "no plugin is in review mode (`send = \"review\"`): nobody sits there",
        )
    } else {
        Check::ok(NAME, found)
    }
}

/// How customers are served.
fn serve(config: &DuokeConfig) -> Check {
    const NAME: &str = "serve";
    let serve = &config.serve;
    let (most, quiet) = (&serve.conversations_max.value, &serve.quiet_s.value);
    let found = format!(
        "{most} conversations, closed after {quiet} s; messages to {}; log {}",
        serve.sink.value, serve.log.value
    );
    if serve.sink.value == "log" {
        return Check::not_ok(
            NAME,
            State::Warning,
            found,
            "no message is sent: `[serve] sink = \"wechat\"` sends them",
        );
    }
    if serve.log_text.value == "show" {
        return Check::not_ok(
            NAME,
            State::Warning,
            found,
            "the log has openids and what was said: `log_text = \"hide\"`",
        );
    }
    Check::ok(NAME, found)
}

/// Whether the console can listen, and who reaches it. By default a host runs without.
fn console(listen: &Setting<String>, runs: bool) -> Check {
    const NAME: &str = "console";
    let Ok(address) = listen.value.parse::<SocketAddr>() else {
        return Check::ok(NAME, if listen.value == CONSOLE_OFF { "off" } else { "none" });
    };
    if let Some(trouble) = trouble(address, runs) {
        let state = if listen.origin == Origin::Default { State::Warning } else { State::Failed };
        let hint = "`[console] listen` names another address, \"off\" none";
        return Check::not_ok(NAME, state, format!("cannot be listened on: {trouble}"), hint);
    }
    if !address.ip().is_loopback() {
        let hint = "whoever reaches it reads the metrics: 127.0.0.1, or a firewall";
        return Check::not_ok(NAME, State::Warning, format!("{address} is not of this machine alone"), hint);
    }
    Check::ok(NAME, address.to_string())
}
