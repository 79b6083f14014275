//! What kind of place an IP address is, also where it carries an IPv4 address inside. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who may be reached at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Anybody on the internet.
    Public,
    /// This machine.
    Loopback,
    /// Somebody on a network that is not the internet.
    Private,
    /// Nobody who takes reports: link-local addresses answer with credentials on cloud machines.
    Never,
}

/// The place of an address. One that a gateway or the system turns into an IPv4 address is where that one is, unless it is worse in itself.
pub(super) fn place(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => place_v4(address),
        IpAddr::V6(address) => {
            let inside = embedded_v4(address).map_or(Reach::Public, place_v4);
            inside.max(place_v6(address))
        }
    }
}

/// The IPv4 address that packets to this one end at, where they are translated or tunnelled.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if address.is_loopback() || address.is_unspecified() {
        return None;
    }
    // Mapped, compatible, and translated (SIIT): ::ffff:a.b.c.d, ::a.b.c.d, ::ffff:0:a.b.c.d. Then NAT64: the well-known prefix, and the
    // local ones, of which it cannot be known where they hold the address. The last is 6to4.
    let ([0, 0, 0, 0, 0, 0xffff | 0, high, low]
    | [0, 0, 0, 0, 0xffff, 0, high, low]
    | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
    | [0x64, 0xff9b, 1, _, _, _, high, low]
    | [0x2002, high, low, ..]) = address.segments()
    else {
        return None;
    };
    let ([first, second], [third, fourth]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(first, second, third, fourth))
}

fn place_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, _] = address.octets();
    if address.is_loopback() {
        return Reach::Loopback;
    }
    if address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
    {
        return Reach::Never;
    }
    let carrier_grade = a == 100 && (64..128).contains(&b);
    let benchmarking = a == 198 && (b == 18 || b == 19);
    let assignments = [a, b, c] == [192, 0, 0];
    let relays = [a, b, c] == [192, 88, 99];
    let private = address.is_private()
        || address.is_documentation()
        || carrier_grade
        || benchmarking
        || assignments
        || relays
        || a == 0
        || a >= 240;
    if private {
        Reach::Private
    } else {
        Reach::Public
    }
}

fn place_v6(address: Ipv6Addr) -> Reach {
    let [a, b, c, d, ..] = address.segments();
    if address.is_loopback() {
        return Reach::Loopback;
    }
    let site_local = a & 0xffc0 == 0xfec0;
    // Teredo carries the address of whoever made it, through a relay of their choice.
    let teredo = [a, b] == [0x2001, 0];
    if address.is_unicast_link_local()
        || address.is_unspecified()
        || address.is_multicast()
        || site_local
        || teredo
    {
        return Reach::Never;
    }
    let documentation = [a, b] == [0x2001, 0xdb8] || (a == 0x3fff && b < 0x1000);
    // Benchmarking, ORCHID and the rest of the block for protocols; discard-only; segment routing.
    let special = (a == 0x2001 && b < 0x200) || [a, b, c, d] == [0x100, 0, 0, 0] || a == 0x5f00;
    // The local NAT64 prefix belongs to somebody's own network.
    let local_nat64 = [a, b, c] == [0x64, 0xff9b, 1];
    if address.is_unique_local() || documentation || special || local_nat64 {
        Reach::Private
    } else {
        Reach::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_address_is_in_its_place() {
        use Reach::{Loopback, Never, Private, Public};
        for (address, expected) in [
            ("93.184.216.34", Public),
            ("2606:2800:220:1::1", Public),
            ("127.0.0.1", Loopback),
            ("127.8.8.8", Loopback),
            ("::1", Loopback),
            ("10.1.2.3", Private),
            ("172.31.0.1", Private),
            ("192.168.1.1", Private),
            ("100.64.0.1", Private),
            ("192.0.0.8", Private),
            ("192.0.2.2", Private),
            ("192.88.99.1", Private),
            ("198.18.0.1", Private),
            ("240.0.0.1", Private),
            ("fd00::1", Private),
            ("fc00::1", Private),
            ("2001:db8::1", Private),
            ("3fff:fff::1", Private),
            ("2001:2::1", Private),
            ("100::1", Private),
            ("5f00::1", Private),
            ("169.254.169.254", Never),
            ("0.0.0.0", Never),
            ("255.255.255.255", Never),
            ("224.0.0.1", Never),
            ("fe80::1", Never),
            ("fec0::1", Never),
            ("feff::1", Never),
            ("ff02::1", Never),
            ("::", Never),
            ("2001::1", Never),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Never),
        ] {
            assert_eq!(place(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn an_ipv4_address_is_where_it_is_however_it_is_wrapped() {
        use Reach::{Loopback, Never, Private, Public};
        for (inside, expected) in [
            ("127.0.0.1", Loopback),
            ("10.0.0.1", Private),
            ("169.254.169.254", Never),
            ("93.184.216.34", Public),
        ] {
            let inside: Ipv4Addr = inside.parse().unwrap();
            let [a, b, c, d] = inside.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for wrapped in [
                format!("::ffff:{inside}"),
                format!("::{inside}"),
                format!("::ffff:0:{inside}"),
                format!("64:ff9b::{inside}"),
                format!("2002:{high:x}:{low:x}::1"),
                format!("2002:{high:x}:{low:x}::"),
            ] {
                assert_eq!(place(wrapped.parse().unwrap()), expected, "{wrapped}");
            }
            // The local translator is private even for public addresses.
            let local = format!("64:ff9b:1::{inside}").parse().unwrap();
            assert_eq!(place(local), expected.max(Private), "{local}");
        }
    }
}
