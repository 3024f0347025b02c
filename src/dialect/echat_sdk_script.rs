//! The address of EChat's SDK (plugin-apis.md §2): the page has `echatSDK` before its first script runs, so that the
//! script has nothing to do.

use url::Url;

use crate::net::{Request, Response};

const HOST: &str = "es.echatsoft.com";
const PATH: &str = "/open/staff/jssdk-";

/// What is served there.
const SCRIPT: &str = "/* The host has defined echatSDK. */\n";

/// The answer to a request for the script, at its own address or at a mirror's; `None` for any other.
#[must_use]
pub fn answer(request: &Request, mirrors: &[Url]) -> Option<Response> {
    let is_it = is_original(&request.url) || mirrors.iter().any(|mirror| is_same(mirror, &request.url));
    is_it
        .then(|| Response::made(request.url.clone(), 200, "text/javascript; charset=utf-8", SCRIPT.as_bytes().to_vec()))
}

fn is_original(url: &Url) -> bool {
    let is_script = url.path().strip_prefix(PATH).is_some_and(|rest| rest.ends_with(".js") && !rest.contains('/'));
    matches!(url.scheme(), "http" | "https") && url.host_str() == Some(HOST) && is_script
}

/// A mirror without a query answers for every one: pages add versions and times.
fn is_same(mirror: &Url, url: &Url) -> bool {
    let mut url = url.clone();
    url.set_fragment(None);
    if mirror.query().is_none() {
        url.set_query(None);
    }
    *mirror == url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Destination;

    #[test]
    fn the_script_is_answered_there_and_at_mirrors() {
        let mirrors =
            [Url::parse("https://mirror.test/echat.js").unwrap(), Url::parse("https://m.test/a.js?v=1").unwrap()];
        let asked = |address: &str| {
            let request = Request::get(Url::parse(address).unwrap(), Destination::Script, 0);
            answer(&request, &mirrors).is_some()
        };
        for address in [
            "https://es.echatsoft.com/open/staff/jssdk-1.0.0.js",
            "http://es.echatsoft.com/open/staff/jssdk-2.1.js?t=7",
            "https://mirror.test/echat.js",
            "https://mirror.test/echat.js?v=3#x",
            "https://m.test/a.js?v=1",
        ] {
            assert!(asked(address), "{address}");
        }
        for address in [
            "https://es.echatsoft.com/open/staff/other.js",
            "https://es.echatsoft.com/open/staff/jssdk-1/a.js",
            "https://es.echatsoft.com.test/open/staff/jssdk-1.0.0.js",
            "http://mirror.test/echat.js",
            "https://m.test/a.js?v=2",
        ] {
            assert!(!asked(address), "{address}");
        }
    }
}
