//! What XMLHttpRequest and `fetch()` share on their way to the network: methods, faults.

use url::Url;

use super::headers::is_token;
use super::window::Window;
use crate::engine::event_loop::{EventLoop, Output};
use crate::event::Fault;
use crate::net::NetError;

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
    let document = window.url.borrow();
    url.origin() == document.origin() || (url.scheme() == "file" && document.scheme() == "file")
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
