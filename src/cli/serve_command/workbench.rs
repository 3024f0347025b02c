//! The workbench of a serving host: for agents, who sign in.

use crate::config::DuokeConfig;
use crate::console::{Credentials, Setting};
use crate::host::serve::{Setup, Workbench};

/// What the configuration says of it; none: nobody could sign in.
pub(super) fn workbench(config: &DuokeConfig, setup: &Setup) -> Option<Setting> {
    let credentials = Credentials {
        token: config.console_token.as_ref().map(|token| token.value.expose().to_owned()),
        identity_header: config.console_identity_header.as_ref().map(|header| header.value.to_lowercase()),
        origin: config.console_origin.as_ref().map(|origin| origin.value.clone()),
    };
    let account = setup.accounts.first().filter(|_| credentials.is_any())?;
    let client = &account.target.client;
    Some(Setting {
        workbench: Workbench::default(),
        credentials,
        development: None,
        sandbox: None,
        account: (client.app_id.clone(), client.server()),
        send: if setup.residence.seats.is_empty() { "auto" } else { "review" },
    })
}
