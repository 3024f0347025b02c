//! Who may use the sandbox: programs, and the sandbox's own page. A web page that somebody reads on this machine must not
//! drive it by a request across origins, nor its own pages and calls by a name that leads to this machine.

use axum::http::{HeaderMap, Method, StatusCode, header};

use super::answer::Answer;
use crate::base::loopback::is_loopback_host;

/// Whether a request to the sandbox itself is let in; 403 says why not.
pub(super) fn admit(method: &Method, headers: &HeaderMap) -> Result<(), Answer> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST);
    if host.is_some_and(|host| !is_loopback_host(host)) {
        return Err(refused("the name in Host is not this machine's: use 127.0.0.1 or localhost"));
    }
    // Browsers name the origin of everything that changes something; other programs name none.
    let is_safe = matches!(*method, Method::GET | Method::HEAD);
    let own = format!("http://{}", host.unwrap_or_default());
    if !is_safe && text(header::ORIGIN).is_some_and(|origin| !origin.eq_ignore_ascii_case(&own)) {
        return Err(refused("pages of other origins may not do this"));
    }
    Ok(())
}

/// Whether a call of WeChat's is let in. By what a browser says of itself only: clients of WeChat that are led here may
/// say any `Host`, and say nothing of the rest.
pub(super) fn admit_wechat(headers: &HeaderMap) -> Result<(), Answer> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text("host").filter(|host| is_loopback_host(host)).map(|host| format!("http://{host}"));
    let is_foreign = text("origin").is_some_and(|origin| {
        let is_own = host.as_deref().is_some_and(|host| origin.eq_ignore_ascii_case(host));
        !is_own
    });
    if is_foreign || matches!(text("sec-fetch-site"), Some("cross-site" | "same-site")) {
        return Err(refused("web pages of other origins may not call this"));
    }
    Ok(())
}

fn refused(why: &str) -> Answer {
    Answer::own_error(StatusCode::FORBIDDEN, why)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn browsers_call_nothing_of_wechat_s_from_elsewhere() {
        let lets_in = |pairs: &[(&'static str, &str)]| {
            let header = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
            admit_wechat(&pairs.iter().map(header).collect()).is_ok()
        };
        for program in [
            &[][..],
            &[("host", "api.weixin.qq.com")],
            &[("host", "127.0.0.1:8090"), ("sec-fetch-mode", "cors")],
            &[("host", "127.0.0.1:8090"), ("origin", "http://127.0.0.1:8090"), ("sec-fetch-site", "same-origin")],
            &[("host", "127.0.0.1:8090"), ("sec-fetch-site", "none")],
        ] {
            assert!(lets_in(program), "{program:?}");
        }
        for page in [
            &[("host", "127.0.0.1:8090"), ("origin", "http://evil.test")][..],
            &[("host", "127.0.0.1:8090"), ("origin", "http://127.0.0.1:8091")],
            &[("host", "127.0.0.1:8090"), ("origin", "null")],
            &[("host", "evil.test"), ("origin", "http://evil.test")],
            &[("origin", "http://evil.test")],
            &[("host", "127.0.0.1:8090"), ("sec-fetch-site", "cross-site")],
            &[("host", "127.0.0.1:8090"), ("sec-fetch-site", "same-site")],
        ] {
            assert!(!lets_in(page), "{page:?}");
        }
    }

    #[test]
    fn who_is_let_in() {
        let lets_in = |method: Method, origin: Option<&str>| {
            let pairs = [("host", Some("127.0.0.1:8090")), ("origin", origin)];
            let pairs =
                pairs.into_iter().filter_map(|(name, value)| Some((name.parse().unwrap(), value?.parse().unwrap())));
            admit(&method, &pairs.collect()).is_ok()
        };
        assert!(lets_in(Method::POST, None), "a program");
        assert!(lets_in(Method::POST, Some("http://127.0.0.1:8090")), "the sandbox's own page");
        for foreign in ["http://evil.test", "null", "http://127.0.0.1:8091", "https://127.0.0.1:8090", ""] {
            assert!(!lets_in(Method::POST, Some(foreign)), "{foreign}");
            assert!(lets_in(Method::GET, Some(foreign)), "what it answers cannot be read there");
        }
    }
}
