//! The address guard: which addresses a connection may be made to (SSRF), for pages, pictures and media alike.
//!
//! Names are checked when they are resolved, and the connection is made to the very addresses that were checked, so
//! that a name cannot change between the check and the use. Addresses written as numbers are never resolved; they are
//! checked where the request is made, at every redirect. Whoever uses a [`Reach`] that is not the operator's own word
//! must not go through a proxy: it would resolve the name again, behind the guard's back.

use std::io;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::{Special, special};

/// How far a connection may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The public internet.
    Public,
    /// An origin that the operator named: a private network and this machine as well. A name that leads to a cloud's
    /// metadata is still refused, since whoever holds the name's zone chose that, not the operator; the address itself
    /// can be named.
    Named,
}

/// An address that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it leads to {address}, {}", what.name())]
pub struct RefusedAddress {
    /// The address.
    pub address: IpAddr,
    /// What it is.
    pub what: Special,
}

impl Reach {
    /// Checks an address a name resolved to.
    fn check(self, address: IpAddr) -> Result<(), RefusedAddress> {
        let refused = |what: &Special| match self {
            Reach::Public => true,
            Reach::Named => matches!(what, Special::LinkLocal | Special::Metadata),
        };
        special(address).filter(refused).map_or(Ok(()), |what| Err(RefusedAddress { address, what }))
    }

    /// Checks an address that is written as a number; names pass, their resolution is checked.
    ///
    /// # Errors
    /// [`RefusedAddress`] for [`Reach::Public`] where it is not public. An operator who named a number meant it.
    pub fn check_number(self, url: &Url) -> Result<(), RefusedAddress> {
        match (self, url.host()) {
            (Reach::Public, Some(Host::Ipv4(address))) => self.check(address.into()),
            (Reach::Public, Some(Host::Ipv6(address))) => self.check(address.into()),
            _ => Ok(()),
        }
    }

    /// Those of a name's addresses that may be connected to.
    fn keep(self, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, io::Error> {
        let (mut kept, mut refused) = (Vec::new(), None);
        for address in found {
            match self.check(address.ip()) {
                Ok(()) => kept.push(address),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(refused) if kept.is_empty() => Err(io::Error::new(io::ErrorKind::PermissionDenied, refused)),
            _ if kept.is_empty() => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(kept),
        }
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(reach.keep(found)?.into_iter()) as Addrs)
        })
    }
}

/// The refusal among an error's causes.
#[must_use]
pub fn refused_address<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a RefusedAddress> {
    let mut error = Some(error);
    while let Some(inner) = error {
        if let Some(refused) = inner.downcast_ref() {
            return Some(refused);
        }
        // An `io::Error` passes over the error it was made of when it is asked for its cause.
        let own = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(refused) = own.and_then(|own| own.downcast_ref()) {
            return Some(refused);
        }
        error = inner.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "8.8.8.8";

    /// What a name resolves to, and what is left of it for the public and for an origin the operator named.
    const NAMES: &[(&[&str], &[&str], &[&str])] = &[
        (&[PUBLIC], &[PUBLIC], &[PUBLIC]),
        (&["10.0.0.1"], &[], &["10.0.0.1"]),
        (&["127.0.0.1", "::1"], &[], &["127.0.0.1", "::1"]),
        (&["10.0.0.1", PUBLIC], &[PUBLIC], &["10.0.0.1", PUBLIC]),
        (&["169.254.169.254"], &[], &[]),
        (&["169.254.169.254", "10.0.0.1"], &[], &["10.0.0.1"]),
        (&["100.100.100.200"], &[], &[]),
        (&["168.63.129.16"], &[], &[]),
        (&["fd00:ec2::254"], &[], &[]),
        (&["fe80::1"], &[], &[]),
        (&["64:ff9b::a9fe:a9fe"], &[], &[]),
        (&["fd00::1"], &[], &["fd00::1"]),
    ];

    fn kept(reach: Reach, found: &[&str]) -> Vec<String> {
        let found = found.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0));
        match reach.keep(found) {
            Ok(kept) => kept.iter().map(|address| address.ip().to_string()).collect(),
            Err(error) => {
                assert!(refused_address(&error).is_some(), "{error}");
                Vec::new()
            }
        }
    }

    #[test]
    fn what_is_left_of_a_name() {
        for (found, public, named) in NAMES {
            assert_eq!(kept(Reach::Public, found), *public, "{found:?}");
            assert_eq!(kept(Reach::Named, found), *named, "{found:?}");
        }
    }

    #[test]
    fn a_name_without_addresses_is_not_refused_but_not_found() {
        let error = Reach::Public.keep(std::iter::empty()).unwrap_err();
        assert_eq!((error.kind(), refused_address(&error)), (io::ErrorKind::NotFound, None));
    }

    #[test]
    fn numbers_however_they_are_written() {
        let table = [
            ("http://8.8.8.8/", None),
            ("http://127.0.0.1/", Some("127.0.0.1")),
            ("http://2130706433/", Some("127.0.0.1")),
            ("http://0x7f.1/", Some("127.0.0.1")),
            ("http://0177.0.0.1/", Some("127.0.0.1")),
            ("http://127.1/", Some("127.0.0.1")),
            ("http://169.254.169.254./latest", Some("169.254.169.254")),
            ("http://１２７.0.0.1/", Some("127.0.0.1")),
            ("http://[::1]/", Some("::1")),
            ("http://[::ffff:10.0.0.1]/", Some("::ffff:10.0.0.1")),
            ("http://name.test/", None),
        ];
        for (url, expected) in table {
            let url = Url::parse(url).unwrap();
            let refused = Reach::Public.check_number(&url).err().map(|refused| refused.address.to_string());
            assert_eq!(refused.as_deref(), expected, "{url}");
            assert_eq!(Reach::Named.check_number(&url), Ok(()), "{url}");
        }
    }
}
