//! Answers as WeChat words them.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

use crate::wechat::errcode;

/// WeChat's own content type, with its mistake (wechat-api.md §1).
const WECHAT_JSON: &str = "application/json; encoding=utf-8";

/// A refusal, by errcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) i64);

/// What a call answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// JSON in WeChat's manner.
    Json(Value),
    /// A media's bytes.
    File { bytes: Vec<u8>, content_type: &'static str, name: String },
    /// JSON of the sandbox's own API, or of a path it does not play.
    Own(StatusCode, Value),
    /// A bare status, for a planted fault.
    Status(StatusCode),
}

impl Answer {
    pub(super) fn ok() -> Self {
        Self::Json(json!({"errcode": 0, "errmsg": "ok"}))
    }

    /// The sandbox's own refusals: its control API, and what it does not play yet.
    pub(super) fn own_error(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Own(status, json!({"error": message.into()}))
    }

    /// `{errcode, errmsg}`; the message is the phrase and a request id.
    pub(super) fn refusal(code: i64, rid: &str) -> Self {
        Self::worded(code, errcode::phrase(code), rid)
    }

    /// The same in other words.
    pub(super) fn worded(code: i64, phrase: &str, rid: &str) -> Self {
        Self::Json(json!({"errcode": code, "errmsg": format!("{phrase} rid: {rid}")}))
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let (status, content_type, body, name) = match self {
            Self::Json(value) => (StatusCode::OK, WECHAT_JSON, value.to_string().into_bytes(), None),
            Self::File { bytes, content_type, name } => (StatusCode::OK, content_type, bytes, Some(name)),
            Self::Own(status, value) => (status, "application/json", value.to_string().into_bytes(), None),
            Self::Status(status) => (status, "text/plain", Vec::new(), None),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let disposition = name.and_then(|name| format!("attachment; filename=\"{name}\"").parse().ok());
        if let Some(disposition) = disposition {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
        }
        response
    }
}

/// A well mixed 64-bit number for each count (splitmix64): request ids, tokens and media ids look random and are the
/// same in every run.
pub(super) fn mixed(count: u64) -> u64 {
    let mut z = count.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `length` characters of WeChat's id alphabet, the same for the same kind and count.
pub(super) fn opaque(kind: u8, count: u64, length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let seed = mixed(count) ^ (u64::from(kind) << 56);
    let letter = |index: usize| char::from(ALPHABET[(mixed(seed.wrapping_add(index as u64)) % 64) as usize]);
    (0..length).map(letter).collect()
}

/// The request id of the `count`th answer: `xxxxxxxx-xxxxxxxx-xxxxxxxx`.
pub(super) fn rid(count: u64) -> String {
    let (high, low) = (mixed(count), mixed(count ^ (1 << 63)));
    format!("{:08x}-{:08x}-{:08x}", high >> 32, high & 0xffff_ffff, low >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_have_wechat_s_shape() {
        let (first, second) = (rid(0), rid(1));
        assert_ne!(first, second);
        assert_eq!(first, rid(0));
        let lengths: Vec<_> = first.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 8, 8]);
    }

    #[test]
    fn refusals_begin_with_the_phrase() {
        let Answer::Json(value) = Answer::refusal(40003, "r") else { panic!("not JSON") };
        assert_eq!(value.to_string(), r#"{"errcode":40003,"errmsg":"invalid openid rid: r"}"#);
    }

    #[test]
    fn ids_differ_by_kind_and_count() {
        assert_ne!(opaque(1, 0, 64), opaque(2, 0, 64));
        assert_ne!(opaque(1, 0, 64), opaque(1, 1, 64));
        assert_eq!(opaque(1, 7, 64).len(), 64);
    }
}
