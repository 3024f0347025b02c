//! The plugin APIs a page talks to.
//!
//! [`mcs`] is Tencent's 多客服 (plugin-apis.md §1): `window.external` and `MCS_ClientNotify`; [`mcs_ticket`] answers the
//! address at which its pages exchange a ticket for the agent's account.

pub mod mcs;
pub mod mcs_ticket;
