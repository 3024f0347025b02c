//! What a document's requests share on their way to the network: who asks, methods, faults.

use url::Url;

use super::headers::is_token;
use super::window::Window;
use crate::dom::{NodeRef, tree};
use crate::engine::event_loop::{EventLoop, Output};
use crate::event::Fault;
use crate::net::{Client, Credentials, Destination, Mode, NetError, ReferrerPolicy, Request};

/// Why a method is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodError {
    /// It is no HTTP token.
    Malformed,
    /// It is a [forbidden method](https://fetch.spec.whatwg.org/#forbidden-method).
    Forbidden,
}

/// A method as it is sent: the usual ones in upper case, others as the page wrote them
/// ([normalize](https://fetch.spec.whatwg.org/#concept-method-normalize)).
///
/// # Errors
/// [`MethodError`].
pub fn method(name: &str) -> Result<String, MethodError> {
    if !is_token(name) {
        return Err(MethodError::Malformed);
    }
    let upper = name.to_ascii_uppercase();
    match upper.as_str() {
        "CONNECT" | "TRACE" | "TRACK" => Err(MethodError::Forbidden),
        "DELETE" | "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" => Ok(upper),
        _ => Ok(name.to_owned()),
    }
}

/// Whether an address is of the document's origin. Two `file:` addresses are: to an operator they are one plugin.
#[must_use]
pub fn is_same_origin(url: &Url, window: &Window) -> bool {
    let document = window.origin_url();
    let is_same = url.origin() == document.origin() || (url.scheme() == "file" && document.scheme() == "file");
    is_same && !window.is_opaque()
}

/// A `GET` of the document; of an element in it, where one asks, whose `crossorigin` says what goes along
/// ([CORS settings attribute](https://html.spec.whatwg.org/#cors-settings-attribute)).
#[must_use]
pub fn request(url: &Url, destination: Destination, element: Option<&NodeRef>, window: &Window) -> Request {
    let now = window.event_loop.clock().now();
    let request = Request { client: Some(client(element, window)), ..Request::get(url.clone(), destination, now) };
    match element.and_then(|element| element.as_element()).and_then(|element| element.attr("crossorigin")) {
        None => request,
        Some(with) if with.eq_ignore_ascii_case("use-credentials") => Request { mode: Mode::Cors, ..request },
        Some(_) => Request { mode: Mode::Cors, credentials: Credentials::SameOrigin, ..request },
    }
}

/// The document as a request's client. How much the request says of it: by the element's `referrerpolicy`, else by the last
/// `<meta name=referrer>` of the head, else by what the document came with.
#[must_use]
pub fn client(element: Option<&NodeRef>, window: &Window) -> Client {
    let attribute = |node: &NodeRef, name: &str| node.as_element().and_then(|element| element.attr(name));
    let of_element = || ReferrerPolicy::named(&attribute(element?, "referrerpolicy")?);
    let of_meta = |meta: &NodeRef| {
        let is_it =
            meta.is_html("meta") && attribute(meta, "name").is_some_and(|name| name.eq_ignore_ascii_case("referrer"));
        if is_it { attribute(meta, "content").and_then(|content| ReferrerPolicy::of_meta(&content)) } else { None }
    };
    let metas =
        || tree::children(&tree::html_child(&window.document, &["head"])?).filter_map(|child| of_meta(&child)).last();
    let referrer_policy = of_element().or_else(metas).or(window.referrer_policy).unwrap_or_default();
    Client { url: window.origin_url(), referrer_policy, is_opaque: window.is_opaque() }
}

/// Tells the operator of a request that was refused or failed.
pub fn report_failure(error: &NetError, url: &Url, event_loop: &EventLoop) {
    let message = match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    };
    event_loop.emit(Output::Fault(Fault::Network { url: url.to_string(), message }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods() {
        assert_eq!(method("post"), Ok("POST".to_owned()));
        assert_eq!(method("patch"), Ok("patch".to_owned()));
        assert_eq!(method("Trace"), Err(MethodError::Forbidden));
        assert_eq!(method("GET /"), Err(MethodError::Malformed));
        assert_eq!(method(""), Err(MethodError::Malformed));
    }
}
