//! Which addresses nobody reaches through us without being let (SSRF): everything that is not the public internet.
//!
//! The blocks are IANA's special-purpose registries
//! ([IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry),
//! [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry), RFC 6890), and addresses of clouds that lie
//! among public ones. An IPv6 address that only carries an IPv4 one (mapped, NAT64, 6to4) is what it carries. The
//! prefixes that a network chooses for its own NAT64 (RFC 6052 §2.2) cannot be known here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use Special::{Documentation, LinkLocal, Loopback, Metadata, Multicast, Private, Reserved};

/// What an address is that does not belong to the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// This machine itself.
    Loopback,
    /// An organisation's or a carrier's own network.
    Private,
    /// The network segment's own, where clouds keep their metadata.
    LinkLocal,
    /// A cloud's metadata or platform service.
    Metadata,
    /// A group of receivers.
    Multicast,
    /// An address for documentation.
    Documentation,
    /// Set aside for protocols, or not given out.
    Reserved,
}

impl Special {
    /// Its name in a sentence, with its article.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loopback => "an address of this machine itself",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "a cloud's metadata address",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address for documentation",
            Self::Reserved => "a reserved address",
        }
    }
}

/// A block of addresses: its first, the length of its prefix in bits, what its members are.
type Block<A> = (A, u32, Special);

/// The first that fits counts.
const BLOCKS_V4: &[Block<Ipv4Addr>] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, Loopback),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Private),
    // Alibaba Cloud's, among the carriers' own networks.
    (Ipv4Addr::new(100, 100, 100, 200), 32, Metadata),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Private),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Loopback),
    // Azure's platform services, in the middle of public addresses.
    (Ipv4Addr::new(168, 63, 129, 16), 32, Metadata),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Private),
    // Oracle Cloud's, among the protocols' own.
    (Ipv4Addr::new(192, 0, 0, 192), 32, Metadata),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Documentation),
    // Relays from 6to4, which nobody runs any more.
    (Ipv4Addr::new(192, 88, 99, 0), 24, Reserved),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Private),
    // Benchmarks.
    (Ipv4Addr::new(198, 18, 0, 0), 15, Private),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Reserved),
];

/// The first that fits counts.
const BLOCKS_V6: &[Block<Ipv6Addr>] = &[
    (Ipv6Addr::UNSPECIFIED, 127, Loopback),
    // Amazon's and Google's, among the private ones.
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, Metadata),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, Metadata),
    (v6(0xfc00, 0), 7, Private),
    (v6(0xfe80, 0), 10, LinkLocal),
    // Site-local, the private addresses of before 2004.
    (v6(0xfec0, 0), 10, Private),
    (v6(0xff00, 0), 8, Multicast),
    // Protocols' own, Teredo among them.
    (v6(0x2001, 0), 23, Reserved),
    (v6(0x2001, 0xdb8), 32, Documentation),
    (v6(0x3fff, 0), 20, Documentation),
];

/// Global unicast; outside of it nothing is public ([RFC 4291 §2.4](https://www.rfc-editor.org/rfc/rfc4291#section-2.4)).
const GLOBAL_V6: (Ipv6Addr, u32) = (v6(0x2000, 0), 3);

const fn v6(first: u16, second: u16) -> Ipv6Addr {
    Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0)
}

/// What an address is that does not belong to the public internet; `None` for one that does.
#[must_use]
pub fn special(address: IpAddr) -> Option<Special> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => match carried(address) {
            Some(carried) => special_v4(carried),
            None => special_v6(address),
        },
    }
}

fn special_v4(address: Ipv4Addr) -> Option<Special> {
    let is_in = |first: Ipv4Addr, bits: u32| (address.to_bits() ^ first.to_bits()).leading_zeros() >= bits;
    BLOCKS_V4.iter().find(|(first, bits, _)| is_in(*first, *bits)).map(|(.., what)| *what)
}

fn special_v6(address: Ipv6Addr) -> Option<Special> {
    let is_in = |first: Ipv6Addr, bits: u32| (address.to_bits() ^ first.to_bits()).leading_zeros() >= bits;
    let block = BLOCKS_V6.iter().find(|(first, bits, _)| is_in(*first, *bits)).map(|(.., what)| *what);
    let (global, bits) = GLOBAL_V6;
    block.or_else(|| (!is_in(global, bits)).then_some(Reserved))
}

/// The IPv4 address that an IPv6 one carries: mapped (RFC 4291 §2.5.5.2), translated by NAT64's well-known prefix
/// (RFC 6052 §2.1), tunnelled by 6to4 (RFC 3056 §2).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ends of each block, and what lies just outside.
    const TABLE: &[(&str, Option<Special>)] = &[
        ("0.0.0.0", Some(Loopback)),
        ("0.255.255.255", Some(Loopback)),
        ("1.0.0.0", None),
        ("8.8.8.8", None),
        ("9.255.255.255", None),
        ("10.0.0.0", Some(Private)),
        ("10.255.255.255", Some(Private)),
        ("11.0.0.0", None),
        ("100.63.255.255", None),
        ("100.64.0.0", Some(Private)),
        ("100.100.100.199", Some(Private)),
        ("100.100.100.200", Some(Metadata)),
        ("100.127.255.255", Some(Private)),
        ("100.128.0.0", None),
        ("126.255.255.255", None),
        ("127.0.0.1", Some(Loopback)),
        ("127.255.255.255", Some(Loopback)),
        ("128.0.0.0", None),
        ("168.63.129.15", None),
        ("168.63.129.16", Some(Metadata)),
        ("168.63.129.17", None),
        ("169.253.255.255", None),
        ("169.254.0.0", Some(LinkLocal)),
        ("169.254.169.254", Some(LinkLocal)),
        ("169.254.255.255", Some(LinkLocal)),
        ("169.255.0.0", None),
        ("172.15.255.255", None),
        ("172.16.0.0", Some(Private)),
        ("172.31.255.255", Some(Private)),
        ("172.32.0.0", None),
        ("192.0.0.191", Some(Reserved)),
        ("192.0.0.192", Some(Metadata)),
        ("192.0.1.0", None),
        ("192.0.2.1", Some(Documentation)),
        ("192.0.3.0", None),
        ("192.88.99.1", Some(Reserved)),
        ("192.167.255.255", None),
        ("192.168.0.0", Some(Private)),
        ("192.168.255.255", Some(Private)),
        ("192.169.0.0", None),
        ("198.17.255.255", None),
        ("198.18.0.0", Some(Private)),
        ("198.19.255.255", Some(Private)),
        ("198.20.0.0", None),
        ("198.51.100.7", Some(Documentation)),
        ("203.0.113.7", Some(Documentation)),
        ("203.205.254.1", None),
        ("223.255.255.255", None),
        ("224.0.0.1", Some(Multicast)),
        ("239.255.255.255", Some(Multicast)),
        ("240.0.0.0", Some(Reserved)),
        ("255.255.255.255", Some(Reserved)),
        ("::", Some(Loopback)),
        ("::1", Some(Loopback)),
        ("::2", Some(Reserved)),
        ("::127.0.0.1", Some(Reserved)),
        ("::8.8.8.8", Some(Reserved)),
        ("::ffff:127.0.0.1", Some(Loopback)),
        ("::ffff:10.0.0.1", Some(Private)),
        ("::ffff:8.8.8.8", None),
        ("::ffff:0:8.8.8.8", Some(Reserved)),
        ("64:ff9b::7f00:1", Some(Loopback)),
        ("64:ff9b::a9fe:a9fe", Some(LinkLocal)),
        ("64:ff9b::808:808", None),
        ("64:ff9b:1::808:808", Some(Reserved)),
        ("100::1", Some(Reserved)),
        ("2002:7f00:1::", Some(Loopback)),
        ("2002:c0a8:101::1", Some(Private)),
        ("2002:808:808::1", None),
        ("1fff::1", Some(Reserved)),
        ("2000::1", None),
        ("2001::1", Some(Reserved)),
        ("2001:1ff::1", Some(Reserved)),
        ("2001:200::1", None),
        ("2001:db8::1", Some(Documentation)),
        ("2001:db9::1", None),
        ("2606:4700::1111", None),
        ("3ffe::1", None),
        ("3fff:fff::1", Some(Documentation)),
        ("3fff:1000::1", None),
        ("4000::1", Some(Reserved)),
        ("5f00::1", Some(Reserved)),
        ("fbff::1", Some(Reserved)),
        ("fc00::1", Some(Private)),
        ("fd00:ec2::253", Some(Private)),
        ("fd00:ec2::254", Some(Metadata)),
        ("fd20:ce::254", Some(Metadata)),
        ("fe80::1", Some(LinkLocal)),
        ("febf::1", Some(LinkLocal)),
        ("fec0::1", Some(Private)),
        ("ff02::1", Some(Multicast)),
    ];

    #[test]
    fn what_is_public_and_what_else_is_what() {
        for (address, expected) in TABLE {
            assert_eq!(special(address.parse().unwrap()), *expected, "{address}");
        }
    }
}
