//! Whether an address leads to this machine.

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
}
