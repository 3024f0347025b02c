//! The client of WeChat's customer-service API (wechat-api.md §1, §2; plugin-apis.md §4).
//!
//! - [`Content`] is what a plugin said; `outgoing` plans it into [`Message`]s WeChat takes (split, stripped, checked).
//! - [`Courier`] brings one message to WeChat: downloads its picture, uploads it, sends.
//! - [`Client`] is the wire: the access token with one refresh at a time, the calls, the media ids still good.
//! - [`errcode`] is the one table of WeChat's error codes; [`WechatError`] says what happened and what to do next.
//! - [`push`] is what WeChat pushes, [`crypt`] how it is signed and encrypted, [`callback`] where it comes in.
//! - [`Profile`] holds the limits in force, one data row per year of the manual.
//!
//! Only the outbox calls `Courier::deliver`; nothing here keeps a queue.

pub mod callback;
mod client;
mod config;
mod courier;
pub mod crypt;
pub mod errcode;
mod error;
mod markup;
mod media;
mod memory;
mod outgoing;
mod picture;
mod profile;
pub mod push;
mod secret;
mod send;
mod tls;
mod token;

pub use client::{Answer, Client};
pub use config::{BoxFuture, ClientConfig, Clock, Unwatched, Wire};
pub use courier::{Courier, Receipt, SendError};
pub use error::{Call, WechatError};
pub use media::{MediaType, PictureFormat};
pub use memory::{Memory, Remembered};
pub use outgoing::{Article, Content, ContentError, Message, NewsPolicy, Planner, TextPolicy};
pub use picture::{LivePictures, Picture, PictureError, PictureSource};
pub use profile::{Allowance, NewsOver, Profile, ProfileError};
pub use secret::Secret;
pub use tls::install_tls;
