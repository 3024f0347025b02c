//! The argument of `window.external.PutMsg` (plugin-apis.md §1.2): what is a message and what is error 5.

use serde_json::{Map, Value};

use super::message::{Article, Message};

/// What a successful call returns, also a discarded duplicate.
pub const RETURN_OK: &str = r#"{"retCode":0,"errMsg":""}"#;
/// What an invalid call returns.
pub const RETURN_BAD: &str = r#"{"retCode":5,"errMsg":"参数错误"}"#;

/// A valid call.
#[derive(Clone, Debug, PartialEq)]
pub struct PutMsg {
    /// `head.random` as text; a number counts as its digits.
    pub random: String,
    /// The `msg` member as the page wrote it.
    pub msg: Value,
    /// The messages of `body` in order; at least one.
    pub messages: Vec<Message>,
}

/// An invalid call.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct PutMsgError {
    /// What is wrong, with the path of the member.
    pub reason: String,
    /// The `msg` member, where the argument parsed far enough to have one.
    pub msg: Option<Value>,
}

/// Reads the argument of a call. One invalid entry makes the whole call invalid.
///
/// Types are numbers, as pages and the manual write them; text in their place is invalid, since only `head.random` is
/// documented in both forms. Type 1 and 7 are told apart by `content`: an array is news, an object an image.
///
/// # Errors
/// Everything that the original client answers with error 5.
pub fn parse_put_msg(argument: &str) -> Result<PutMsg, PutMsgError> {
    let argument: Value = serde_json::from_str(argument)
        .map_err(|error| PutMsgError { reason: format!("the argument is not JSON: {error}"), msg: None })?;
    let Value::Object(mut argument) = argument else {
        return Err(PutMsgError { reason: "the argument is not an object".to_owned(), msg: None });
    };
    let Some(msg) = argument.shift_remove("msg") else {
        return Err(PutMsgError { reason: "`msg` is missing".to_owned(), msg: None });
    };
    match random_of(&msg).and_then(|random| Ok((random, messages_of(&msg)?))) {
        Ok((random, messages)) => Ok(PutMsg { random, msg, messages }),
        Err(reason) => Err(PutMsgError { reason, msg: Some(msg) }),
    }
}

fn random_of(msg: &Value) -> Result<String, String> {
    match msg.pointer("/head/random") {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Null) | None => Err("`msg.head.random` is missing".to_owned()),
        Some(Value::String(_)) => Err("`msg.head.random` is empty".to_owned()),
        Some(_) => Err("`msg.head.random` is neither text nor a number".to_owned()),
    }
}

fn messages_of(msg: &Value) -> Result<Vec<Message>, String> {
    let body = msg.get("body").and_then(Value::as_array).ok_or("`msg.body` is not an array")?;
    if body.is_empty() {
        return Err("`msg.body` is empty".to_owned());
    }
    let entries = body.iter().enumerate();
    entries.map(|(index, entry)| message_of(entry).map_err(|reason| format!("`msg.body[{index}]`: {reason}"))).collect()
}

fn message_of(entry: &Value) -> Result<Message, String> {
    let content = entry.get("content").unwrap_or(&Value::Null);
    match entry.get("type").and_then(type_number) {
        Some(0) => text_of(content),
        Some(1 | 7) => match content {
            Value::Array(articles) => news_of(articles),
            Value::Object(image) => image_of(image),
            _ => Err("`content` is neither an array of articles nor an object with `picUrl`".to_owned()),
        },
        _ => Err(match entry.get("type") {
            Some(unknown) => format!("the type {unknown} is unknown"),
            None => "`type` is missing".to_owned(),
        }),
    }
}

/// JavaScript has one kind of number: `1.0` is 1.
fn type_number(value: &Value) -> Option<u64> {
    let number = value.as_f64()?;
    [0_u64, 1, 7].into_iter().find(|known| *known as f64 == number)
}

fn text_of(content: &Value) -> Result<Message, String> {
    match content.get("text") {
        Some(Value::String(text)) if text.is_empty() => Err("the text is empty".to_owned()),
        Some(Value::String(text)) => Ok(Message::Text { text: text.clone() }),
        Some(_) => Err("`content.text` is not a string".to_owned()),
        None => Err("`content.text` is missing".to_owned()),
    }
}

fn image_of(content: &Map<String, Value>) -> Result<Message, String> {
    let pic_url = required(content, "picUrl")?;
    if !is_http(&pic_url) {
        return Err("`picUrl` is not an http or https address".to_owned());
    }
    Ok(Message::Image { pic_url })
}

fn news_of(articles: &[Value]) -> Result<Message, String> {
    if articles.is_empty() {
        return Err("the news have no article".to_owned());
    }
    let numbered = articles.iter().enumerate();
    let articles: Result<_, String> = numbered
        .map(|(index, article)| article_of(article).map_err(|reason| format!("article {index}: {reason}")))
        .collect();
    Ok(Message::News { articles: articles? })
}

fn article_of(article: &Value) -> Result<Article, String> {
    let article = article.as_object().ok_or("not an object")?;
    let (title, url) = (required(article, "title")?, required(article, "url")?);
    let (digest, cover) = (optional(article, "digest")?, optional(article, "cover")?);
    if !cover.is_empty() && !is_http(&cover) {
        return Err("`cover` is not an http or https address".to_owned());
    }
    Ok(Article { title, digest, cover, url })
}

fn required(object: &Map<String, Value>, key: &str) -> Result<String, String> {
    let text = optional(object, key)?;
    if text.is_empty() { Err(format!("`{key}` is missing or empty")) } else { Ok(text) }
}

/// Absent and `null` count as empty; anything but text is invalid.
fn optional(object: &Map<String, Value>, key: &str) -> Result<String, String> {
    match object.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Null) | None => Ok(String::new()),
        Some(_) => Err(format!("`{key}` is not a string")),
    }
}

fn is_http(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests;
