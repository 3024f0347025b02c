//! The ticket address of 多客服 (plugin-apis.md §1.1): a JSONP request that gives the agent's account. Its server is
//! gone; the host answers.

use url::Url;

use crate::net::{Request, Response};

const HOST: &str = "crm1.dkf.qq.com";
const PATH: &str = "/php/index.php/thirdapp/appdemo/get_workeraccount_by_sessionkey";

/// The ticket a page is opened with, one constant per plugin: the host knows which page asks.
#[must_use]
pub fn ticket_of(plugin: &str) -> String {
    // FNV-1a: the ticket only has to look like one and to stay the same.
    let hash = plugin
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("duoke{hash:016x}")
}

/// Adds the ticket to a page's address, unless it has one.
pub fn add_ticket(url: &mut Url, ticket: &str) {
    if !matches!(url.scheme(), "http" | "https") || url.query_pairs().any(|(key, _)| key == "ticket") {
        return;
    }
    url.query_pairs_mut().append_pair("ticket", ticket);
}

/// The answer to a request for the ticket address; `None` for any other.
#[must_use]
pub fn answer(request: &Request, ticket: &str, account: &str) -> Option<Response> {
    let url = &request.url;
    if url.host_str() != Some(HOST) || url.path() != PATH || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let known = value("ticket").as_deref() == Some(ticket);
    let body = serde_json::json!({ "workeraccount": if known { account } else { "" } });
    let callback = value("callback").filter(|name| is_callback(name));
    let text = match callback {
        Some(name) => format!("{name}({body})"),
        None => body.to_string(),
    };
    Some(Response::made(url.clone(), 200, "text/javascript; charset=utf-8", text.into_bytes()))
}

/// Names only: whatever else a page asks for must not become code.
fn is_callback(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '[' | ']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Destination;

    fn ask(address: &str) -> Option<String> {
        let request = Request::get(Url::parse(address).unwrap(), Destination::Script, 0);
        answer(&request, "T", "kf1@gh").map(|response| String::from_utf8(response.body).unwrap())
    }

    #[test]
    fn the_ticket_is_exchanged_for_the_account() {
        let base = format!("http://{HOST}{PATH}");
        let good = format!("{base}?callback=wokeraccountCallback&ticket=T&_=123");
        assert_eq!(ask(&good).as_deref(), Some("wokeraccountCallback({\"workeraccount\":\"kf1@gh\"})"));
        let unknown = format!("{base}?callback=cb&ticket=X");
        assert_eq!(ask(&unknown).as_deref(), Some("cb({\"workeraccount\":\"\"})"));
        let injected = format!("{base}?callback=alert(1)//&ticket=T");
        assert_eq!(ask(&injected).as_deref(), Some("{\"workeraccount\":\"kf1@gh\"}"));
        assert_eq!(ask("http://crm1.dkf.qq.com/other"), None);
    }

    #[test]
    fn an_address_keeps_the_ticket_it_has() {
        let mut url = Url::parse("http://a.test/p.html?ticket=mine").unwrap();
        add_ticket(&mut url, "T");
        assert_eq!(url.as_str(), "http://a.test/p.html?ticket=mine");
        let mut url = Url::parse("http://a.test/p.html?public_id=7#x").unwrap();
        add_ticket(&mut url, "T");
        assert_eq!(url.as_str(), "http://a.test/p.html?public_id=7&ticket=T#x");
    }
}
