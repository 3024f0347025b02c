//! The plugin APIs a page talks to.
//!
//! [`mcs`] is Tencent's 多客服 (plugin-apis.md §1): `window.external` and `MCS_ClientNotify`; [`mcs_ticket`] answers the
//! address at which its pages exchange a ticket for the agent's account.
//!
//! [`echat`] is 一洽 (plugin-apis.md §2): the object `echatSDK`, [`echat_calls`] its commands, `echat_arguments` what
//! they are given. [`echat_signature`] is what
//! `config` checks, [`echat_address`] what a page's address is given for it, and [`echat_sdk_script`] answers the
//! address of the SDK's script.

pub mod echat;
pub mod echat_address;
mod echat_arguments;
pub mod echat_calls;
pub mod echat_sdk_script;
pub mod echat_signature;
pub mod mcs;
pub mod mcs_ticket;
