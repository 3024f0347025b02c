//! Whether an address leads to this machine.

use std::net::IpAddr;

use url::{Host, Url};

/// Whether the host is this machine, by its number or as `localhost`: nothing is asked.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a `Host` of a request names this machine, by its number or as `localhost`.
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_loopback = match address {
        Ok(address) => address.is_loopback(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    };
    is_loopback && port.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine() {
        for address in ["http://127.0.0.1:1/", "http://127.9.9.9/", "http://[::1]/", "http://localhost/"] {
            assert!(is_loopback(&Url::parse(address).unwrap()), "{address}");
        }
        for address in ["http://10.0.0.1/", "https://api.weixin.qq.com/", "http://localhost.example/", "data:,"] {
            assert!(!is_loopback(&Url::parse(address).unwrap()), "{address}");
        }
    }

    #[test]
    fn names_of_this_machine() {
        for own in ["127.0.0.1", "127.0.0.1:80", "localhost:8090", "LOCALHOST", "[::1]:1", "[::1]", "127.9.9.9:1"] {
            assert!(is_loopback_host(own), "{own}");
        }
        for foreign in
            ["", "evil.test", "evil.test:80", "127.0.0.1.evil.test", "localhost.evil.test", "10.0.0.1", "[::2]"]
        {
            assert!(!is_loopback_host(foreign), "{foreign}");
        }
    }
}
