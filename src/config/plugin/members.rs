//! What may stand in `plugin.toml`, one table: it is read by it and described by it.

use crate::event::EchatSettings;

/// What a member is.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) enum Kind {
    /// A text that says something.
    Text,
    /// Any text.
    AnyText,
    /// The page: a file of the folder, or an http(s) address.
    Page,
    /// One of some words, the first by default.
    Word(&'static [&'static str]),
    /// Several of some words; all by default.
    Words(&'static [&'static str]),
    /// Texts.
    Texts,
    /// Origins: schemes and hosts.
    Origins,
    /// `true` or `false`.
    Truth(bool),
    /// A whole number from 1.
    Positive(u32),
    /// A table with these members.
    Table(&'static [PluginMember]),
    /// A table with files by http(s) addresses.
    Replacements,
    /// A table with any members that are texts, numbers or truth values.
    Values,
    /// The bounds of pages.
    Limits,
}

/// A member of `plugin.toml`, or of one of its tables.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct PluginMember {
    pub(in crate::config) name: &'static str,
    pub(in crate::config) kind: Kind,
    pub(in crate::config) about: &'static str,
}

pub(super) const DIALECTS: [&str; 2] = ["mcs", "echat"];
pub(super) const SENDS: [&str; 2] = ["auto", "review"];
pub(super) const LATES: [&str; 2] = ["hold", "send"];
pub(super) const USER_CHANGES: [&str; 2] = ["message", "conversation"];

/// Those of the file. `page` has to be there.
pub(in crate::config) const MEMBERS: [PluginMember; 13] = [
    member("name", Kind::Text, "The plugin's name; by default that of its folder or file."),
    member("page", Kind::Page, "The page: a file of the folder, which may carry a query, or an http(s) address."),
    member("dialects", Kind::Words(&DIALECTS), "The APIs that the page finds: of 多客服, of 一洽 (EChat)."),
    member("send", Kind::Word(&SENDS), "Messages go out, or wait for a person."),
    member(
        "late",
        Kind::Word(&LATES),
        "A message that comes after the agent turned to another customer: it waits for a person, or goes out.",
    ),
    member("allow", Kind::Origins, "Origins that the page may talk to besides its own, like https://crm.example.com."),
    member(
        "replace",
        Kind::Replacements,
        "Addresses that are answered from files of the folder: of CDNs that are gone.",
    ),
    member("echat", Kind::Table(&ECHAT), "What pages of 一洽 (EChat) need."),
    member("extra_events", Kind::Truth(false), "Whether pages of 多客服 are told customers' messages, too."),
    member("user_change", Kind::Word(&USER_CHANGES), "When a customer's page is told him: with each message, or once."),
    member("dialogs", Kind::Table(&DIALOGS), "What dialogs are answered."),
    member("limits", Kind::Limits, "Bounds of its pages; those of duoke.toml go first."),
    member("record", Kind::Table(&RECORD), "Recordings of it."),
];

pub(super) const ECHAT: [PluginMember; 4] = [
    member("token", Kind::AnyText, "What signatures are made and checked with; without it none is checked."),
    member(
        "signature_ttl_s",
        Kind::Positive(EchatSettings::SIGNATURE_TTL_S_DEFAULT),
        "How old a signature may be, in seconds.",
    ),
    member("query", Kind::Values, "Business data of the page's address; {openid} stands for the customer."),
    member("sdk", Kind::Texts, "Where else the page loads the SDK's script from: addresses, or paths."),
];

pub(super) const DIALOGS: [PluginMember; 2] = [
    member("confirm", Kind::Truth(true), "What confirm answers."),
    member("prompt", Kind::AnyText, "What prompt answers; by default null."),
];

pub(super) const RECORD: [PluginMember; 1] =
    [member("redact", Kind::Texts, "Regular expressions for what else must not stand in recordings.")];

const fn member(name: &'static str, kind: Kind, about: &'static str) -> PluginMember {
    PluginMember { name, kind, about }
}

/// The names of a table's members.
pub(super) fn names(members: &[PluginMember]) -> Vec<&'static str> {
    members.iter().map(|member| member.name).collect()
}
