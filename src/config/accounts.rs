//! `[[account]]`: official accounts that are served besides the one in `[wechat]`.

use super::duoke::{DuokeConfig, Origin, Setting};
use super::error::ConfigError;
use super::form::Form;
use super::keys::ACCOUNT_MEMBERS;
use super::secret::Secret;
use super::table::Section;

/// Those that are secrets, with the beginnings of the variables that go before the file: the app id is their end.
const SECRETS: [(&str, &str); 4] = [
    ("app_secret", "DUOKE_APP_SECRET_"),
    ("token", "DUOKE_CALLBACK_TOKEN_"),
    ("encoding_aes_key", "DUOKE_ENCODING_AES_KEY_"),
    ("previous_encoding_aes_key", "DUOKE_PREVIOUS_ENCODING_AES_KEY_"),
];

/// One `[[account]]`. Whatever it does not say is as in `[wechat]`, but for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEntry {
    /// Its app id.
    pub app_id: Setting<String>,
    members: Vec<(&'static str, Setting<Secret>)>,
}

impl AccountEntry {
    /// Reads a table.
    ///
    /// # Errors
    /// Unknown keys, values of the wrong kind or form, no app id.
    pub(super) fn of(section: &Section<'_>, file: &str) -> Result<Self, ConfigError> {
        section.only(&ACCOUNT_MEMBERS.map(|member| member.name))?;
        let origin = |line| Origin::File { file: file.to_owned(), line };
        let app_id = section.required("app_id")?;
        let mut members = Vec::new();
        for member in &ACCOUNT_MEMBERS {
            let name = member.name;
            let Some(value) = section.string(name)? else { continue };
            member
                .form
                .check(&value.value)
                .map_err(|reason| section.invalid(&value, format!("`account.{name}` {reason}")))?;
            let origin = origin(section.line_of(&value));
            members.push((name, Setting { value: Secret::new(value.value), origin }));
        }
        let app_id = Setting { origin: origin(section.line_of(&app_id)), value: app_id.value };
        Ok(Self { app_id, members })
    }

    /// Whether it says the same as another one, wherever they stand.
    fn is_like(&self, other: &Self) -> bool {
        let said = |entry: &Self| {
            let members = entry.members.iter().map(|(name, setting)| (*name, setting.value.expose().to_owned()));
            members.collect::<Vec<_>>()
        };
        self.app_id.value == other.app_id.value && said(self) == said(other)
    }

    fn own(&self, name: &str) -> Option<Setting<Secret>> {
        self.members.iter().find(|(own, _)| *own == name).map(|(_, setting)| setting.clone())
    }

    /// Whether a member is a secret.
    pub(super) fn is_secret(name: &str) -> bool {
        SECRETS.iter().any(|(secret, _)| *secret == name)
    }

    /// What it says of a member, or for a secret the environment.
    ///
    /// # Errors
    /// A variable of the wrong form.
    pub(super) fn member(
        &self,
        name: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Setting<Secret>>, ConfigError> {
        let Some((_, beginning)) = SECRETS.iter().find(|(secret, _)| *secret == name) else {
            return Ok(self.own(name));
        };
        let variable = format!("{beginning}{}", self.app_id.value);
        let Some(value) = env(&variable).filter(|value| !value.is_empty()) else { return Ok(self.own(name)) };
        let form = ACCOUNT_MEMBERS.iter().find(|member| member.name == name).map_or(Form::Text, |found| found.form);
        form.check(&value).map_err(|reason| ConfigError::Setting { origin: variable.clone(), reason })?;
        Ok(Some(Setting { value: Secret::new(value), origin: Origin::Variable(variable) }))
    }

    /// Whether the file holds a secret of it.
    pub(super) fn has_secret(&self) -> bool {
        self.members.iter().any(|(name, _)| Self::is_secret(name))
    }

    /// The configuration as it holds for this account. `env` answers for the name of a variable.
    ///
    /// # Errors
    /// A variable of the wrong form.
    pub fn config(
        &self,
        common: &DuokeConfig,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<DuokeConfig, ConfigError> {
        let mut config = common.clone();
        let own = |name: &str| self.own(name);
        let secret = |name: &str| self.member(name, env);
        let text = |name: &str, common: &Setting<String>| match own(name) {
            Some(setting) => Setting { value: setting.value.expose().to_owned(), origin: setting.origin },
            None => common.clone(),
        };
        let wechat = &mut config.wechat;
        wechat.app_id = Some(self.app_id.clone());
        wechat.app_secret = secret("app_secret")?;
        let callback = &mut wechat.callback;
        callback.listen = text("listen", &callback.listen);
        callback.path = text("path", &callback.path);
        callback.mode = text("mode", &callback.mode);
        callback.token = secret("token")?;
        callback.encoding_aes_key = secret("encoding_aes_key")?;
        callback.previous_encoding_aes_key = secret("previous_encoding_aes_key")?;
        callback.transfer =
            own("transfer").map(|setting| Setting { value: setting.value.expose().to_owned(), origin: setting.origin });
        Ok(config)
    }
}

impl DuokeConfig {
    /// Whether it has the further accounts of another one, as they are there.
    #[must_use]
    pub fn has_accounts_of(&self, other: &Self) -> bool {
        let mut pairs = self.accounts.iter().zip(&other.accounts);
        self.accounts.len() == other.accounts.len() && pairs.all(|(one, other)| one.is_like(other))
    }

    /// The configuration of each account: of that of `[wechat]`, where there is one or no other, and of `[[account]]`.
    ///
    /// # Errors
    /// A variable of the wrong form.
    pub fn of_accounts(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Self>, ConfigError> {
        let is_first = self.wechat.app_id.is_some() || self.accounts.is_empty();
        let first = is_first.then(|| Ok(self.clone()));
        first.into_iter().chain(self.accounts.iter().map(|entry| entry.config(self, env))).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{DuokeConfig, Layer, resolve};

    const FILE: &str = "[wechat]\napp_id = \"wx1\"\napp_secret = \"one\"\n[wechat.callback]\nmode = \"plain\"\ntoken = \"t1\"\n\
                        [[account]]\napp_id = \"wx2\"\napp_secret = \"two\"\npath = \"/second\"\ntoken = \"t2\"\n";

    fn of(text: &str, env: &dyn Fn(&str) -> Option<String>) -> (DuokeConfig, DuokeConfig) {
        let common = resolve(&|_| None, env, &[Layer::parse(text, "duoke.toml").unwrap()]).unwrap();
        let own = common.accounts[0].config(&common, env).unwrap();
        (common, own)
    }

    #[test]
    fn what_it_says_and_what_is_common() {
        let (common, own) = of(FILE, &|_| None);
        let secret = |config: &DuokeConfig| config.wechat.app_secret.as_ref().unwrap().value.expose().to_owned();
        assert_eq!((secret(&common), secret(&own)), ("one".to_owned(), "two".to_owned()));
        let callback = &own.wechat.callback;
        assert_eq!((&*callback.path.value, &*callback.mode.value), ("/second", "plain"));
        assert_eq!(callback.listen, common.wechat.callback.listen);
        assert_eq!(own.wechat.app_id.as_ref().unwrap().value, "wx2");
        let without = of(&FILE.replace("app_secret = \"two\"\n", "").replace("token = \"t2\"\n", ""), &|_| None).1;
        assert!(without.wechat.app_secret.is_none() && without.wechat.callback.token.is_none(), "no secret is common");
        let env = |name: &str| (name == "DUOKE_APP_SECRET_wx2").then(|| "hidden".to_owned());
        assert_eq!(secret(&of(FILE, &env).1), "hidden");
        assert!(!format!("{own:?}").contains("two"));
    }

    #[test]
    fn what_it_cannot_say() {
        for (wrong, said) in [
            ("[[account]]\napp_secret = \"x\"\n", "app_id"),
            ("[[account]]\napp_id = \"x\"\npaht = \"/\"\n", "path"),
            ("[[account]]\napp_id = \"x\"\nmode = \"open\"\n", "plain, compat, secure"),
        ] {
            let error = Layer::parse(wrong, "duoke.toml").unwrap_err();
            let text = format!("{error} {}", error.hint().unwrap_or_default());
            assert!(text.contains(said), "{text}");
        }
    }
}
