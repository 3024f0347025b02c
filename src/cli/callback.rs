//! The callback, as the configuration has it.

use crate::base::clock::Clock;
use crate::config::{CallbackConfig, DuokeConfig, Setting, secret};
use crate::host::Notice;
use crate::wechat::Secret;
use crate::wechat::callback::{CallbackSettings, Mode};
use crate::wechat::crypt::{AesKey, Crypt};

/// What a configuration says of the callback; the error says what is missing.
pub(super) fn callback(config: &DuokeConfig) -> Result<CallbackSettings, Notice> {
    let callback = &config.wechat.callback;
    let token = needed(callback.token.as_ref(), "DUOKE_CALLBACK_TOKEN", "`token`")?;
    let wrong = |key: &str, reason: &str| Notice::error(format!("wechat.callback.{key} {reason}"));
    let listen = callback.listen.value.parse();
    let transfer = callback.transfer.as_ref().map(|setting| setting.value.parse()).transpose();
    Ok(CallbackSettings {
        listen: listen.map_err(|_| wrong("listen", "is not an address and a port"))?,
        path: callback.path.value.clone(),
        token: Secret::new(token.expose()),
        mode: mode(config, callback)?,
        transfer: transfer.map_err(|reason: String| wrong("transfer", &reason))?,
        clock: Clock::system(),
    })
}

fn mode(config: &DuokeConfig, callback: &CallbackConfig) -> Result<Mode, Notice> {
    let mode = match callback.mode.value.as_str() {
        "plain" => return Ok(Mode::Plain),
        "compat" => Mode::Compat,
        _ => Mode::Secure,
    };
    let aes_key = |key: &secret::Secret| {
        AesKey::parse(&Secret::new(key.expose())).map_err(|error| Notice::error(format!("wechat.callback: {error}")))
    };
    let current = needed(callback.encoding_aes_key.as_ref(), "DUOKE_ENCODING_AES_KEY", "`encoding_aes_key`")?;
    let previous = callback.previous_encoding_aes_key.as_ref().map(|key| aes_key(&key.value)).transpose()?;
    let Some(app_id) = &config.wechat.app_id else {
        let hint = "an encrypted push names the account that it is for; `mode = \"plain\"` does not";
        return Err(Notice::error("DUOKE_APP_ID is not set").with_hint(Some(hint)));
    };
    Ok(mode(Crypt::new(&app_id.value, aes_key(current)?, previous)))
}

/// A secret that has to be there.
fn needed<'a>(
    setting: Option<&'a Setting<secret::Secret>>,
    variable: &str,
    key: &str,
) -> Result<&'a secret::Secret, Notice> {
    let hint = format!(
        "it stands on the account's settings page at WeChat; set {variable} in the environment, or {key} under \
         [wechat.callback] in duoke.toml"
    );
    let missing = || Notice::error(format!("{variable} is not set")).with_hint(Some(hint));
    setting.map(|setting| &setting.value).ok_or_else(missing)
}
