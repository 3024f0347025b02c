//! What WeChat is told.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Map, Value, json};

use super::{
    letter::{Format, Letter},
    settings::{CallbackSettings, Transfer},
};
use crate::wechat::{
    crypt::{CryptError, signature},
    push::write_xml,
};

/// The answer that says: taken, and nothing to say.
const SUCCESS: &str = "success";

/// A text as it is. A browser that is led here must not take it for a page.
pub(super) fn text(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    response(status, "text/plain; charset=utf-8", text.into())
}

fn response(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The answer to a push that was taken in. One that comes again gets the same: the first answer may have been lost.
pub(super) fn of(settings: &CallbackSettings, letter: &Letter<'_>, nonce: &str) -> Result<Response<Body>, CryptError> {
    // Events cannot be handed over (guide/product/kf/forwarding).
    let Some(transfer) = settings.transfer.as_ref().filter(|_| letter.push.is_message()) else {
        return Ok(text(StatusCode::OK, SUCCESS));
    };
    let now = settings.clock.now_ms() / 1_000;
    let plain = written(&transfer_fields(transfer, letter, now), letter.format);
    let body = match letter.sealed {
        None => plain,
        Some((crypt, key)) => {
            let encrypted = crypt.encrypt(key, plain.as_bytes())?;
            let signature = signature(&settings.token, &[&now.to_string(), nonce, &encrypted]);
            let sealed = json!({"Encrypt": encrypted, "MsgSignature": signature, "TimeStamp": now, "Nonce": nonce});
            written(sealed.as_object().unwrap_or(&Map::new()), letter.format)
        }
    };
    let content_type = match letter.format {
        Format::Xml => "application/xml; charset=utf-8",
        Format::Json => "application/json; charset=utf-8",
    };
    Ok(response(StatusCode::OK, content_type, body.into()))
}

fn transfer_fields(transfer: &Transfer, letter: &Letter<'_>, now: i64) -> Map<String, Value> {
    let push = &letter.push;
    let mut fields = Map::new();
    fields.insert("ToUserName".to_owned(), Value::from(push.from.as_str()));
    fields.insert("FromUserName".to_owned(), Value::from(push.to.as_str()));
    fields.insert("CreateTime".to_owned(), Value::from(now));
    fields.insert("MsgType".to_owned(), Value::from("transfer_customer_service"));
    if let Some(account) = &transfer.kf_account {
        fields.insert("TransInfo".to_owned(), json!({ "KfAccount": account }));
    }
    fields
}

fn written(fields: &Map<String, Value>, format: Format) -> String {
    match format {
        Format::Json => Value::Object(fields.clone()).to_string(),
        Format::Xml => write_xml(fields),
    }
}
