//! What the address of a page that is opened for EChat has in its query: the plugin's business data and a fresh
//! signature (plugin-apis.md §2).

use url::{Url, form_urlencoded};

use super::echat_signature::signature;
use crate::base::clock::TimestampMs;
use crate::event::EchatSettings;

const TIMESTAMP: &str = "timestamp";
const NONCE: &str = "nonce";
const SIGNATURE: &str = "signature";
/// The parameters of a signed address.
const SIGNED: [&str; 3] = [TIMESTAMP, NONCE, SIGNATURE];

/// Stands for the openid of the customer that the page is opened for, in the values of the business data.
pub const OPENID_PLACEHOLDER: &str = "{openid}";

/// What pages of a plugin are opened with.
#[derive(Clone, PartialEq, Eq)]
pub struct Business {
    /// The secret that signatures are made with; `""` where there is none.
    pub token: String,
    /// The business data, in order.
    pub query: Vec<(String, String)>,
}

/// The token is not printed.
impl std::fmt::Debug for Business {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Business").field("query", &self.query).finish_non_exhaustive()
    }
}

impl Business {
    /// What of it is about the customer, in the address of a page that has this one of its own.
    #[must_use]
    pub fn by_customer(&self, own: &Url) -> Vec<(String, String)> {
        let is_by_him =
            |(name, value): &&(String, String)| value.contains(OPENID_PLACEHOLDER) && parameter(own, name).is_none();
        self.query.iter().filter(is_by_him).cloned().collect()
    }

    /// Adds it to the address of a page that is opened at a page time, with a seed, for a customer. What the address
    /// has already stays, and is signed as it is.
    pub fn add_to(&self, url: &mut Url, at: TimestampMs, seed: u64, openid: Option<&str>) {
        if !matches!(url.scheme(), "http" | "https") {
            return;
        }
        for (name, value) in &self.query {
            let _ = own_or_added(url, name, || value.replace(OPENID_PLACEHOLDER, openid.unwrap_or_default()));
        }
        let timestamp = own_or_added(url, TIMESTAMP, || seconds(at));
        let nonce = own_or_added(url, NONCE, || nonce(at, seed));
        let _ = own_or_added(url, SIGNATURE, || signature(&self.token, &timestamp, &nonce));
    }
}

/// Whether an address has a signature.
#[must_use]
pub fn is_signed(url: &Url) -> bool {
    parameter(url, SIGNATURE).is_some()
}

/// The address of a page that the host reloads at a page time, with a seed, for the customer that it is turned to: what
/// the host added and what stands there still is made anew. That is the business data about the customer, and where the
/// host signed it the signature, since the old one may be too old by now. Everything else stays as it is written.
#[must_use]
pub fn opened_again(url: Url, settings: &EchatSettings, at: TimestampMs, seed: u64, openid: Option<&str>) -> Url {
    let mut renewed = signed_again(&url, settings, at, seed);
    for (name, template) in &settings.by_customer {
        let Some(openid) = openid else { continue };
        let is_ours = parameter(&url, name).is_some_and(|value| is_filled(template, &value));
        renewed.extend(is_ours.then(|| (name.clone(), template.replace(OPENID_PLACEHOLDER, openid))));
    }
    let (Some(query), false) = (url.query(), renewed.is_empty()) else { return url };
    let pairs = query.split('&').map(|pair| {
        let name = form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned());
        match renewed.iter().find(|(renewed, _)| Some(renewed) == name.as_ref()) {
            Some((name, value)) => form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish(),
            None => pair.to_owned(),
        }
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    let mut again = url;
    again.set_query(Some(&query));
    again
}

/// The parameters of a fresh signature, where the host signed the address.
fn signed_again(url: &Url, settings: &EchatSettings, at: TimestampMs, seed: u64) -> Vec<(String, String)> {
    let (Some(token), true) = (&settings.token, settings.signs_address) else { return Vec::new() };
    let [timestamp, nonce_before, given] = SIGNED.map(|name| parameter(url, name).unwrap_or_default());
    if given != signature(token, &timestamp, &nonce_before) {
        return Vec::new();
    }
    let (timestamp, nonce) = (seconds(at), nonce(at, seed));
    let signature = signature(token, &timestamp, &nonce);
    SIGNED.map(str::to_owned).into_iter().zip([timestamp, nonce, signature]).collect()
}

/// Whether a value is a template with somebody's openid, or nobody's, in each of its places.
fn is_filled(template: &str, value: &str) -> bool {
    let count = template.matches(OPENID_PLACEHOLDER).count();
    let start = template.find(OPENID_PLACEHOLDER).unwrap_or(0);
    let rest = value.len().checked_sub(template.len() - count * OPENID_PLACEHOLDER.len());
    let openid = rest.and_then(|rest| value.get(start..start + rest.checked_div(count)?));
    openid.is_some_and(|openid| template.replace(OPENID_PLACEHOLDER, openid) == value)
}

fn seconds(at: TimestampMs) -> String {
    at.div_euclid(1000).max(0).to_string()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A parameter's value, which is added where there is none.
fn own_or_added(url: &mut Url, name: &str, made: impl FnOnce() -> String) -> String {
    parameter(url, name).unwrap_or_else(|| {
        let value = made();
        url.query_pairs_mut().append_pair(name, &value);
        value
    })
}

/// The same for the same page: a replay opens the same address (SplitMix64's mixing of the two).
fn nonce(at: TimestampMs, seed: u64) -> String {
    let mut mixed = seed.wrapping_add(at.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", mixed ^ (mixed >> 31))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::dialect::echat_signature::{Passed, check};

    const AT: TimestampMs = 1_577_808_000_123;

    fn opened(address: &str, seed: u64, openid: Option<&str>) -> Url {
        let query = [("shop", "7"), ("user", "id={openid}&x=1"), ("a", "b c")];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let mut url = Url::parse(address).unwrap();
        Business { token: "t0ken".to_owned(), query }.add_to(&mut url, AT, seed, openid);
        url
    }

    fn passes(url: &Url) -> bool {
        let config: Map<String, Value> =
            url.query_pairs().map(|(key, value)| (key.into_owned(), Value::from(value.as_ref()))).collect();
        let settings = EchatSettings { token: Some("t0ken".to_owned()), ..EchatSettings::default() };
        check(&Value::Object(config), &settings, AT) == Ok(Passed::Signed)
    }

    #[test]
    fn business_data_and_a_signature_that_passes() {
        let url = opened("http://a.test/p.html?x=1#f", 1, Some("oA"));
        let expected = "http://a.test/p.html?x=1&shop=7&user=id%3DoA%26x%3D1&a=b+c&timestamp=1577808000&nonce=";
        assert!(url.as_str().starts_with(expected), "{url}");
        assert!(url.as_str().ends_with("#f") && passes(&url), "{url}");
        assert_eq!(url, opened("http://a.test/p.html?x=1#f", 1, Some("oA")));
        assert_ne!(url, opened("http://a.test/p.html?x=1#f", 2, Some("oA")));
        assert!(opened("http://a.test/", 1, None).as_str().contains("user=id%3D%26x%3D1&"));
    }

    #[test]
    fn what_is_there_stays_and_is_signed() {
        let url = opened("http://a.test/?shop=9&nonce=mine", 1, None);
        assert!(url.as_str().starts_with("http://a.test/?shop=9&nonce=mine&user=") && passes(&url), "{url}");
        let own = "http://a.test/?shop=9&user=&a=&timestamp=1&nonce=2&signature=3";
        assert_eq!(opened(own, 1, None).as_str(), own);
    }

    #[test]
    fn a_reload_signs_again_what_the_host_signed() {
        let later = AT + 86_400_000;
        let signs = EchatSettings { token: Some("t0ken".to_owned()), signs_address: true, ..EchatSettings::default() };
        let url = opened("http://a.test/p.html?x=%b9%fa", 1, Some("oA"));
        let again = opened_again(url.clone(), &signs, later, 1, None);
        let start = "http://a.test/p.html?x=%b9%fa&shop=7&user=id%3DoA%26x%3D1&a=b+c&timestamp=1577894400&nonce=";
        assert!(again.as_str().starts_with(start), "{again}");
        let config: Map<String, Value> =
            again.query_pairs().map(|(key, value)| (key.into_owned(), Value::from(value.as_ref()))).collect();
        assert_eq!(check(&Value::Object(config), &signs, later), Ok(Passed::Signed));
        for (settings, url) in [
            (EchatSettings { signs_address: false, ..signs.clone() }, url.clone()),
            (EchatSettings { token: None, ..signs.clone() }, url.clone()),
            (EchatSettings { token: Some("other".to_owned()), ..signs.clone() }, url),
            (signs.clone(), Url::parse("http://a.test/p.html").unwrap()),
            (signs, Url::parse("http://a.test/p.html?timestamp=1&nonce=2&signature=3").unwrap()),
        ] {
            assert_eq!(opened_again(url.clone(), &settings, later, 1, Some("oB")), url);
        }
    }

    #[test]
    fn a_reload_is_for_the_customer_of_then() {
        let by_customer = vec![("user".to_owned(), "id={openid}&x=1".to_owned())];
        let settings = EchatSettings { by_customer, ..EchatSettings::default() };
        let again = |url: &str, openid| opened_again(Url::parse(url).unwrap(), &settings, AT, 1, openid).to_string();
        let of = |user: &str| format!("http://a.test/?b=%b9%fa&user={user}&c=+");
        let (first, second) = (of("id%3DoA%26x%3D1"), of("id%3DoB%26x%3D1"));
        assert_eq!(again(&first, Some("oB")), second);
        assert_eq!(again(&of("id%3D%26x%3D1"), Some("oB")), second, "it was opened for nobody");
        assert_eq!(again(&first, None), first);
        for own in [of("id%3DoA%26x%3D2"), of("7"), of("")] {
            assert_eq!(again(&own, Some("oB")), own, "the page has written that");
        }
        assert!(is_filled("{openid}-{openid}", "oA-oA") && !is_filled("{openid}-{openid}", "oA-oB"));
    }
}
