//! Fetching for pages: the plugin's folder, replacements, the egress guard, the live network.
//!
//! A page asks through [`Network`] and knows no more. [`PluginNetwork`] is the one that `run`, `serve` and `dev` hand
//! to a page. It tries, in this order: `data:` addresses, `[replace]`, what the host answers itself, the plugin's own
//! folder, and last the live network behind the egress guard. [`RefuseAll`] is the network of a page that has none.
//!
//! - `request`, `network`, `error`: what is asked, of whom, and what may go wrong
//! - `plugin`: the order above
//! - `folder`, `disk`, `plugin_host`, `content_type`: files of a plugin at `http://<name>.plugin.invalid/`
//! - `original_scripts`: the scripts that the page's HTML names, whose origins need not be allowed; `import_map`: what its
//!   modules are called
//! - `guard`, `reach`, `address`: origins allowed, addresses a connection may be made to, what an address is
//! - `replace`, `data_url`: addresses answered from files, addresses that are their own answer
//! - `live`, `headers`, `cache`: HTTP, and answers that further pages share
//! - `sockets`, `socket_frame`: a page's sockets (`WebSocket`), and what goes over them
//! - `passage`, `referrer`: what a request carries on each hop: credentials, `Origin`, `Referer`
//! - `cookies`, `cookie_date`, `site`: one page's cookies, shared by requests and `document.cookie`
//! - `charset`, `prescan`, `late_meta`: from bytes to text
//! - `script_type`: which answers may run

mod address;
mod cache;
mod charset;
mod content_type;
mod cookie_date;
mod cookies;
mod data_url;
mod disk;
mod error;
mod folder;
mod guard;
mod headers;
mod import_map;
mod late_meta;
mod live;
mod network;
mod original_scripts;
mod passage;
mod plugin;
mod plugin_host;
mod prescan;
mod reach;
mod referrer;
mod replace;
mod request;
mod script_type;
mod site;
mod socket_frame;
mod sockets;

pub use address::{Special, special};
pub use charset::{decode_html, decode_script, decode_xhr, decode_xml, looks_binary};
pub use content_type::content_type_of;
pub use cookies::{Cookie, CookieJar, SameSite};
pub(crate) use data_url::percent_decode;
pub use error::NetError;
pub use folder::{EmbeddedFiles, Folder, GivenOut};
pub use guard::Guard;
pub use import_map::ImportMap;
pub use live::{Bounds, Live};
pub use network::{
    Arrival, Element, Latency, Network, Noted, RefuseAll, Replied, Reply, ScriptCookies, StandIn, StoodIn,
};
pub use original_scripts::original_scripts;
pub use plugin::{Answer, PluginNetwork};
pub use plugin_host::{is_plugin_host, plugin_host, plugin_label, plugin_url};
pub use reach::{Reach, RefusedAddress, refused_address};
pub use referrer::ReferrerPolicy;
pub use replace::Replacements;
pub use request::{Ask, Client, Credentials, Destination, Mode, Redirects, Request, Response};
pub use script_type::{SCRIPT_TYPES, has_integrity};
pub use site::Sites;
pub use socket_frame::SocketFrame;
