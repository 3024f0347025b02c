//! What of a configuration that is read again holds at once, and what from the next start on.

use crate::config::{DuokeConfig, PluginEntry, RecordConfig, Setting, WechatConfig};
use crate::host::serve::Reread;

/// What differs from what the host was started with, and from what is in force. Secrets are compared, and not told.
pub(super) fn differences((started, in_force): (&DuokeConfig, &DuokeConfig), read: &DuokeConfig) -> Reread {
    let rows: [(&'static str, bool); 7] = [
        ("[[plugin]]", paths(in_force) != paths(read)),
        ("[record]", recorded(in_force) != recorded(read)),
        ("[[seat]]", seats(in_force) != seats(read)),
        ("[limits]", limits(in_force) != limits(read)),
        ("[process]", values(&[&in_force.confinement, &in_force.launch]) != values(&[&read.confinement, &read.launch])),
        ("[serve] conversations_max", in_force.serve.conversations_max.value != read.serve.conversations_max.value),
        ("[serve] quiet_s", in_force.serve.quiet_s.value != read.serve.quiet_s.value),
    ];
    let later: [(&'static str, bool); 6] = [
        ("[wechat]", wechat(&started.wechat) != wechat(&read.wechat)),
        ("[wechat.callback]", callback(&started.wechat) != callback(&read.wechat)),
        ("[[account]]", !read.has_accounts_of(started)),
        (
            "[store], [outbox]",
            values(&[&started.store_path, &started.on_unknown]) != values(&[&read.store_path, &read.on_unknown]),
        ),
        ("[serve] workers, log, log_text, sink, traces", serve(started) != serve(read)),
        ("[console]", console(started) != console(read)),
    ];
    let named =
        |rows: &[(&'static str, bool)]| rows.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    Reread { changed: named(&rows), later: named(&later) }
}

fn console(config: &DuokeConfig) -> impl PartialEq + '_ {
    let token = config.console_token.as_ref().map(|token| token.value.expose());
    let (header, origin) = (value(&config.console_identity_header), value(&config.console_origin));
    (&config.console_listen.value, token, header, origin)
}

fn values<'a>(settings: &[&'a Setting<String>]) -> Vec<&'a str> {
    settings.iter().map(|setting| setting.value.as_str()).collect()
}

fn value<T>(setting: &Option<Setting<T>>) -> Option<&T> {
    setting.as_ref().map(|setting| &setting.value)
}

fn paths(config: &DuokeConfig) -> Vec<[Option<&String>; 4]> {
    fn of(entry: &PluginEntry) -> [Option<&String>; 4] {
        let PluginEntry { path, record, shadow, shadow_share, .. } = entry;
        [Some(path), record.as_ref(), shadow.as_ref(), shadow_share.as_ref()]
    }
    config.plugins.iter().map(of).collect()
}

fn recorded(config: &DuokeConfig) -> impl PartialEq + '_ {
    let RecordConfig { folder, share, pseudonyms, file_bytes_max, bytes_max, files_max, days_max } = &config.record;
    let key = config.redaction_key.as_ref().map(|key| key.value.expose());
    let numbers = values(&[share, pseudonyms, file_bytes_max, bytes_max, files_max, days_max]);
    (value(folder), numbers, key, &config.redact)
}

fn seats(config: &DuokeConfig) -> Vec<(&str, &str)> {
    config.seats.iter().map(|seat| (seat.name.as_str(), seat.kf_account.as_str())).collect()
}

fn limits(config: &DuokeConfig) -> Vec<(&str, u64)> {
    config.limits.set().map(|(limit, value)| (limit.name, value)).collect()
}

fn serve(config: &DuokeConfig) -> (Vec<&str>, [Option<&String>; 2]) {
    let serve = &config.serve;
    (values(&[&serve.log, &serve.log_text, &serve.sink]), [value(&serve.workers), value(&serve.traces)])
}

fn wechat(wechat: &WechatConfig) -> impl PartialEq + '_ {
    let WechatConfig { base_url, profile, token_api, news, text, trim, .. } = wechat;
    (
        values(&[base_url, profile, token_api, news, text, trim]),
        [value(&wechat.app_id), value(&wechat.title_bytes_max), value(&wechat.description_bytes_max)],
        [value(&wechat.app_secret), value(&wechat.proxy)],
    )
}

fn callback(wechat: &WechatConfig) -> impl PartialEq + '_ {
    let callback = &wechat.callback;
    (
        values(&[&callback.listen, &callback.path, &callback.mode]),
        value(&callback.transfer),
        [value(&callback.token), value(&callback.encoding_aes_key), value(&callback.previous_encoding_aes_key)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layer, resolve};

    #[test]
    fn at_once_and_later() {
        let of = |text: &str| resolve(&|_| None, &|_| None, &[Layer::parse(text, "duoke.toml").unwrap()]).unwrap();
        let started = of("[wechat]\napp_secret = \"one\"\n[[account]]\napp_id = \"wx2\"\n");
        let read = |text: &str| differences((&started, &started), &of(text));
        let same = read("# moved\n\n[wechat]\napp_secret = \"one\"\n[[account]]\napp_id = \"wx2\"\n");
        assert_eq!((same.changed.len(), same.later.len()), (0, 0));
        let other = read(
            "[wechat]\napp_secret = \"two\"\n[limits]\ntimers = 50\n[serve]\nquiet_s = 5\nlog = \"json\"\n\
             [[account]]\napp_id = \"wx2\"\npath = \"/x\"\n[[plugin]]\npath = \"a\"\n",
        );
        assert_eq!(other.changed, ["[[plugin]]", "[limits]", "[serve] quiet_s"]);
        assert_eq!(other.later, ["[wechat]", "[[account]]", "[serve] workers, log, log_text, sink, traces"]);
    }
}
