//! WeChat, as the commands of `duoke kf` ask it.

use serde::Serialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::cli::exit::Exit;
use crate::cli::format::{Format, List};
use crate::cli::output::Output;
use crate::cli::plugins::fail;
use crate::cli::settings;
use crate::host::{Notice, Watch as _};
use crate::wechat::{Client, UploadError, WechatError};

/// A client of the account, and who hears what comes of it.
pub(super) struct Desk<'a> {
    pub(super) client: Client,
    runtime: &'a Handle,
    pub(super) output: &'a mut Output,
}

impl<'a> Desk<'a> {
    pub(super) fn new(wechat_base: Option<&str>, runtime: &'a Handle, output: &'a mut Output) -> Result<Self, Exit> {
        let flag = |path: &str| wechat_base.filter(|_| path == "wechat.base_url").map(str::to_owned);
        let config =
            settings::load(&flag).map_err(|error| fail(output, settings::notice(&error), Exit::Configuration))?;
        let account = settings::client(&config).map_err(|notice| fail(output, notice, Exit::Configuration))?;
        match Client::new(account) {
            Ok(client) => Ok(Self { client, runtime, output }),
            Err(error) => Err(said(&error, output)),
        }
    }

    /// Waits for WeChat's answer; what is wrong is said.
    pub(super) fn ask<T>(&mut self, call: impl Future<Output = Result<T, WechatError>>) -> Result<T, Exit> {
        self.runtime.block_on(call).map_err(|error| said(&error, self.output))
    }

    /// The same with a file.
    pub(super) fn upload(&mut self, call: impl Future<Output = Result<(), UploadError>>) -> Result<(), Exit> {
        self.runtime.block_on(call).map_err(|error| match error {
            UploadError::Wechat(error) => said(&error, self.output),
            error => fail(self.output, Notice::error(error.to_string()).with_hint(Some(error.hint())), Exit::Usage),
        })
    }

    /// Says that something was done.
    pub(super) fn done(&mut self, what: &str) {
        self.output.say(Notice::note(what.to_owned()));
    }

    /// Prints a list; `none` is said to a person where it is empty.
    pub(super) fn list<T: Serialize>(&mut self, items: &[T], format: Format, line: impl Fn(&T) -> String, none: &str) {
        let values: Vec<Value> = items.iter().map(|item| json!(item)).collect();
        let human = |_: &[Value], _: &Output| items.iter().map(|item| format!("{}\n", line(item))).collect();
        let mut list = List::new(format);
        // Nobody reading it is fine.
        let _ = list.add(&values, human, self.output);
        list.end(self.output);
        if items.is_empty() && format == Format::Human {
            self.done(none);
        }
    }
}

/// Says what went wrong with a call; how the command ends.
fn said(error: &WechatError, output: &mut Output) -> Exit {
    let exit = exit(error);
    fail(output, Notice::error(error.to_string()).with_hint(Some(&error.hint())), exit)
}

fn exit(error: &WechatError) -> Exit {
    match error {
        WechatError::Configuration { .. } | WechatError::Setup { .. } => Exit::Configuration,
        WechatError::Refused { .. } => Exit::Messages,
        WechatError::NoAnswer { call, .. } if call.is_of_accounts() => Exit::Messages,
        WechatError::NoAnswer { .. }
        | WechatError::Unreachable { .. }
        | WechatError::Status { .. }
        | WechatError::NotJson { .. }
        | WechatError::TooLarge { .. }
        | WechatError::Withdrawn { .. } => Exit::Environment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::Call;

    #[test]
    fn how_it_ends() {
        let refused = |call, code| exit(&WechatError::refused(call, code, String::new()));
        assert_eq!(refused(Call::KfAdd, 65406), Exit::Messages);
        assert_eq!(refused(Call::StableToken, 40125), Exit::Configuration);
        let no_answer =
            |call| WechatError::NoAnswer { call, base: String::new(), reason: String::new(), timed_out: true };
        assert_eq!(exit(&no_answer(Call::KfDelete)), Exit::Messages);
        assert_eq!(exit(&no_answer(Call::KfList)), Exit::Environment);
        assert!(no_answer(Call::KfDelete).hint().contains("duoke kf"));
    }
}
