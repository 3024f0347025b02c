//! What the client gave its pages and asked of them (plugin-apis.md §1, §2).

use super::Api;
use super::Status::{Missing, Stub, Works};
use super::api;

/// The rows.
pub(super) const ROWS: &[Api] = &[
    api("MCS_ClientNotify()", Works, "called with OnUserChange and OnMapMsgClick"),
    api("external.PutMsg", Works, ""),
    api("external.Notice", Works, ""),
    api("external.AddSearchProvider", Stub, "does nothing"),
    api("external.IsSearchProviderInstalled", Stub, "does nothing"),
    api("external.AddFavorite", Missing, "nobody keeps bookmarks here: leave the call out"),
    api("external.addFavorite", Missing, "nobody keeps bookmarks here: leave the call out"),
    api("external.menuArguments", Missing, "only in menus of old IE: leave it out"),
    api("external.GetUserInfo", Missing, "the client had no such call: the user comes with OnUserChange"),
    api("external.GetTicket", Missing, "the ticket comes in the page's address, as the parameter `ticket`"),
    api("echatSDK", Works, ""),
];
