//! The client of WeChat's customer-service API (wechat-api.md §1, §2; plugin-apis.md §4).
//!
//! - [`Content`] is what a plugin or a person said; `outgoing` plans it into [`Message`]s WeChat takes (split, stripped, cut,
//!   checked).
//! - [`Courier`] brings one message to WeChat: downloads its files, uploads them, sends; `fit` makes pictures such as WeChat
//!   takes, `mend` takes out what WeChat refused, `learned` is what an account's refusals showed.
//! - [`Client`] is the wire: the access token with one refresh at a time, the calls, the media ids still good; `transfer`
//!   brings media up and down, `kf` has the calls of customer-service accounts, `file` says what files WeChat takes.
//! - [`errcode`] is the one table of WeChat's error codes; [`WechatError`] says what happened and what to do next.
//! - [`push`] is what WeChat pushes, [`crypt`] how it is signed and encrypted, [`callback`] where it comes in.
//! - [`Profile`] holds the limits in force, one data row per year of the manual.
//!
//! Only the outbox calls `Courier::deliver`; nothing here keeps a queue.

mod call;
pub mod callback;
mod client;
mod config;
mod content;
mod courier;
pub mod crypt;
pub mod errcode;
mod error;
mod file;
mod fit;
mod kf;
mod learned;
mod markup;
mod media;
mod memory;
mod mend;
mod outgoing;
mod picture;
mod profile;
pub mod push;
mod secret;
mod send;
mod tls;
mod token;
mod transfer;
mod turns;

pub use call::Call;
pub use client::{Answer, Client, Typing};
pub use config::{BoxFuture, ClientConfig, TokenApi, Unwatched, Wire};
pub use content::{Article, Content, File, Link, Menu, MenuItem, MiniprogramPage, Music, Video, VideoFile, VoiceFile};
pub use courier::{Courier, Receipt, SendError};
pub use error::WechatError;
pub use file::{FileError, FileFormat, playtime_ms};
pub use fit::FitError;
pub use kf::{AccountSession, KfAccount, KfOnline, Record, Records, UserSession, WaitCase, Waiting};
pub use media::{MediaType, PictureFormat};
pub use memory::{Memory, Remembered};
pub use outgoing::{ContentError, Message, NewsPolicy, Planned, Planner, TextPolicy, TrimPolicy, VideoMessage};
pub use picture::{LivePictures, Picture, PictureError, PictureSource};
pub use profile::{KfRefusals, NewsOver, Nickname, Profile, ProfileError};
pub use secret::Secret;
pub use tls::install_tls;
pub use transfer::{Downloaded, UploadError, Uploaded};
