//! Every setting as it is in force, and where it came from: what `duoke config show` prints.

use serde_json::Value;

use super::accounts::AccountEntry;
use super::duoke::{DuokeConfig, Origin, Setting};
use super::error::ConfigError;
use super::keys::{ACCOUNT_MEMBERS, REDACT};
use super::layers::{Layer, redact, resolve, settings};
use crate::base::limits::page::PAGE_LIMITS;

/// What is shown in the place of a secret.
const SECRET: [&str; 2] = ["not set", "set"];

/// A setting for a person, or a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name, for instance `wechat.base_url`, `plugin[0].path`.
    pub key: String,
    /// Its value, null where it has none; of a secret only whether it is set.
    pub value: Value,
    /// Whether that is all that is said.
    pub secret: bool,
    /// Where it came from; none where nobody said anything and there is no default.
    pub origin: Option<Origin>,
}

impl Shown {
    fn of(key: impl Into<String>, secret: bool, setting: Option<(Value, Origin)>) -> Self {
        let value = match (secret, &setting) {
            (true, setting) => SECRET[usize::from(setting.is_some())].into(),
            (false, Some((value, _))) => value.clone(),
            (false, None) => Value::Null,
        };
        Self { key: key.into(), value, secret, origin: setting.map(|(_, origin)| origin) }
    }
}

/// All of them, in the order of the tables. The arguments are those of [`resolve`].
///
/// # Errors
/// A flag or variable of the wrong form.
pub fn show(
    flag: &dyn Fn(&str) -> Option<String>,
    env: &dyn Fn(&str) -> Option<String>,
    layers: &[Layer],
) -> Result<Vec<Shown>, ConfigError> {
    let config = resolve(flag, env, layers)?;
    let mut shown = Vec::new();
    for (key, setting) in settings(flag, env, layers)? {
        let value = |text: &str| -> Value {
            let number = key.is_number().then(|| text.parse::<u64>().ok()).flatten();
            number.map_or_else(|| text.into(), Value::from)
        };
        let setting = setting.map(|Setting { value: text, origin }| (value(&text), origin));
        shown.push(Shown::of(key.path(), key.secret, setting));
    }
    let pattern = |(index, pattern): (usize, &Setting<String>)| {
        let value = (pattern.value.clone().into(), pattern.origin.clone());
        Shown::of(format!("record.{REDACT}[{index}]"), false, Some(value))
    };
    shown.extend(redact(layers).enumerate().map(pattern));
    for limit in PAGE_LIMITS {
        let setting = config.limits.get(limit.name).cloned();
        let Setting { value, origin } = setting.unwrap_or(Setting { value: limit.default, origin: Origin::Default });
        shown.push(Shown::of(format!("limits.{}", limit.name), false, Some((value.into(), origin))));
    }
    lists(&config, &mut shown);
    for (index, account) in config.accounts.iter().enumerate() {
        shown.extend(of_account(index, account, env)?);
    }
    Ok(shown)
}

fn lists(config: &DuokeConfig, shown: &mut Vec<Shown>) {
    for (index, plugin) in config.plugins.iter().enumerate() {
        let members = [
            ("path", Some(&plugin.path)),
            ("record", plugin.record.as_ref()),
            ("shadow", plugin.shadow.as_ref()),
            ("shadow_share", plugin.shadow_share.as_ref()),
        ];
        for (name, value) in members.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            let setting = Some((value.as_str().into(), plugin.origin.clone()));
            shown.push(Shown::of(format!("plugin[{index}].{name}"), false, setting));
        }
    }
    for (index, seat) in config.seats.iter().enumerate() {
        for (name, value) in [("name", &seat.name), ("kf_account", &seat.kf_account)] {
            let setting = Some((value.as_str().into(), seat.origin.clone()));
            shown.push(Shown::of(format!("seat[{index}].{name}"), false, setting));
        }
    }
}

/// What it says itself, and what the environment says of it; everything else is as in `[wechat]`.
fn of_account(
    index: usize,
    account: &AccountEntry,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Shown>, ConfigError> {
    let mut shown = Vec::new();
    for member in &ACCOUNT_MEMBERS {
        let secret = AccountEntry::is_secret(member.name);
        let setting = account.member(member.name, env)?;
        if secret || setting.is_some() {
            let setting = setting.map(|Setting { value, origin }| {
                // A secret is told by whether it is there.
                (if secret { Value::Null } else { value.expose().into() }, origin)
            });
            shown.push(Shown::of(format!("account[{index}].{}", member.name), secret, setting));
        }
    }
    Ok(shown)
}
