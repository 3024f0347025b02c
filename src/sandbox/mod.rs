//! The WeChat emulator: the same paths, the same refusals, on loopback (wechat-api.md; cli.md, "The sandbox's own API").
//!
//! - [`Sandbox::start`] listens and returns [`Running`]; [`SandboxConfig`] names the account and the [`Profile`].
//! - `server` reads requests, applies planted faults and writes answers; `listener` lets a fault cut a connection.
//! - `api` maps WeChat's paths to `token`, `send`, `typing`, `media`, `kf` and `records`; refusals are errcodes, worded by `wechat::errcode`.
//! - `control` is `/_sandbox/`: what users do, what they received, faults, quotas, the clock; `door` keeps strange web pages
//!   from it, and `phone` is the page that shows the users' phones.
//! - `callback` is where pushes go, over the wire of `push`; `passive` reads what is answered.
//! - `whitelist` stands before the calls that take the secret.
//! - `desk` holds customer-service accounts and their sessions, `quota` how often a day each call may be made.
//! - `world` is the state all of them share; `window` what a user's last action still allows, `kept` what is on the
//!   users' phones. `shared` has it, one at a
//!   time, and sends the pushes that come of it: a user's in their order, users beside each other.
//!
//! Time is the system's clock plus what `POST /_sandbox/clock` added.
//!
//! [`Profile`]: crate::wechat::Profile

mod answer;
mod api;
mod callback;
mod config;
mod control;
mod desk;
mod door;
mod fault;
mod kept;
mod kf;
mod listener;
mod media;
mod passive;
mod phone;
mod push;
mod quota;
mod records;
mod send;
mod server;
mod shared;
mod token;
mod typing;
mod whitelist;
mod window;
mod world;

pub use config::{Ready, SandboxConfig, SandboxError};
pub use kept::Received;
pub use quota::Quotas;
pub use server::{Running, Sandbox};
