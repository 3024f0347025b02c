//! Exit codes, one table (cli.md, "Streams, formats, exit codes"). Scripts rely on them.

use std::fmt::Write as _;
use std::process::ExitCode;

use crate::host::Outcome;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// All is well. Nobody reading standard output any more is well, too.
    Fine,
    /// A bug in duoke.
    Bug,
    /// The arguments are wrong.
    Usage,
    /// `duoke.toml`, `plugin.toml` or a variable of the environment is wrong, or a secret is missing.
    Configuration,
    /// What was asked for matches nothing.
    NothingMatched,
    /// A page ended and could not be restored.
    PageEnded,
    /// This machine lacks something.
    Environment,
    /// Sessions differ.
    Different,
    /// A log has lines that cannot be read, or cannot be read at all.
    Log,
    /// A page does not load.
    Page,
    /// Messages are parked, given up, or of unknown fate; or a person's word could not be followed: WeChat refused the call,
    /// or did not answer it.
    Messages,
    /// Interrupted.
    Interrupted,
}

/// Every exit, its code, and what it means.
pub const TABLE: [(Exit, u8, &str); 12] = [
    (Exit::Fine, 0, "fine"),
    (Exit::Bug, 1, "a bug in duoke"),
    (Exit::Usage, 2, "wrong usage"),
    (Exit::Configuration, 3, "bad configuration"),
    (Exit::NothingMatched, 4, "nothing matched"),
    (Exit::PageEnded, 70, "a page ended and could not be restored"),
    (Exit::Environment, 96, "the environment is not ready"),
    (Exit::Different, 100, "sessions differ"),
    (Exit::Log, 102, "unreadable log lines"),
    (Exit::Page, 103, "a page does not load"),
    (
        Exit::Messages,
        120,
        "messages are parked, given up, without an answer, or could not be changed; or WeChat refused a call",
    ),
    (Exit::Interrupted, 130, "interrupted"),
];

impl Exit {
    /// The code.
    #[must_use]
    pub fn code(self) -> u8 {
        TABLE.iter().find(|(exit, ..)| *exit == self).map_or(1, |(_, code, _)| *code)
    }

    /// The exit of a run; where several things went wrong, what is wrong with the pages comes first, then what is wrong
    /// with the messages.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let messages = outcome.messages.unwrap_or_default();
        let undelivered = messages.needs_attention() || messages.unknown + messages.pending + messages.sending > 0;
        let table = [
            (outcome.store_failed, Self::Environment),
            (outcome.pages_unconfined > 0, Self::Environment),
            (outcome.pages_parked > 0, Self::PageEnded),
            (outcome.pages_failed > 0, Self::Page),
            (undelivered, Self::Messages),
            (outcome.log_failed, Self::Log),
            (outcome.dom_failed, Self::Environment),
        ];
        table.into_iter().find(|(is_so, _)| *is_so).map_or(Self::Fine, |(_, exit)| exit)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// The table for `duoke --help`.
pub(super) fn help() -> String {
    TABLE.iter().fold("Exit codes:\n".to_owned(), |mut help, (_, code, meaning)| {
        // Writing to a string does not fail.
        let _ = writeln!(help, "  {code:>3}  {meaning}");
        help
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::Summary;

    #[test]
    fn the_codes_scripts_rely_on() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, ..)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 70, 96, 100, 102, 103, 120, 130]);
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), TABLE.len());
        assert!(help().contains("  103  a page does not load\n"));
    }

    #[test]
    fn of_several_troubles_one_code() {
        let mut outcome = Outcome::default();
        assert_eq!(Exit::of(&outcome), Exit::Fine);
        outcome.messages = Some(Summary { sent: 3, held: 1, ..Summary::default() });
        assert_eq!(Exit::of(&outcome), Exit::Fine);
        outcome.log_failed = true;
        assert_eq!(Exit::of(&outcome), Exit::Log);
        outcome.messages = Some(Summary { unknown: 1, ..Summary::default() });
        assert_eq!(Exit::of(&outcome), Exit::Messages);
        outcome.pages_failed = 1;
        assert_eq!(Exit::of(&outcome), Exit::Page);
        outcome.pages_unconfined = 1;
        assert_eq!(Exit::of(&outcome), Exit::Environment);
    }
}
