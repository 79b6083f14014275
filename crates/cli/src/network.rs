//! Under which addresses other machines reach this one.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use nix::ifaddrs::getifaddrs;

/// A machine with more has them for containers and the like.
const MOST: usize = 5;

/// Where other machines of the network reach a server that listens on all addresses; the one from which this machine would speak to the
/// world comes first. None for a server that does not listen on all, and without a network.
pub(crate) fn addresses(listening: SocketAddr) -> Vec<SocketAddr> {
    if !listening.ip().is_unspecified() {
        return Vec::new();
    }
    let mut found: Vec<IpAddr> = routed(listening).into_iter().collect();
    for address in of_interfaces() {
        let is_alike = address.is_ipv4() == listening.is_ipv4();
        if is_alike && is_for_others(address) && !found.contains(&address) {
            found.push(address);
        }
    }
    found.truncate(MOST);
    let port = listening.port();
    let found = found.into_iter();
    found.map(|ip| SocketAddr::new(ip, port)).collect()
}

/// The address from which this machine speaks to the world.
fn routed(listening: SocketAddr) -> Option<IpAddr> {
    // Addresses of documentation: connecting a datagram socket chooses a route and sends nothing.
    let somewhere: SocketAddr = match listening.ip() {
        IpAddr::V4(_) => ([192, 0, 2, 1], 9).into(),
        IpAddr::V6(_) => ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(listening.ip(), 0)).ok()?;
    socket.connect(somewhere).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    is_for_others(ip).then_some(ip)
}

fn of_interfaces() -> Vec<IpAddr> {
    let Ok(interfaces) = getifaddrs() else {
        return Vec::new();
    };
    let addresses = interfaces.filter_map(|interface| interface.address);
    let ips = addresses.filter_map(|address| {
        let v4 = address.as_sockaddr_in().map(|it| IpAddr::V4(it.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|it| IpAddr::V6(it.ip())))
    });
    ips.collect()
}

/// Whether it is of use to others, as it stands: addresses of one link alone need the name of the link.
fn is_for_others(ip: IpAddr) -> bool {
    let of_one_link = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !ip.is_loopback() && !ip.is_unspecified() && !of_one_link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_listens_everywhere_has_some() {
        assert_eq!(addresses(([127, 0, 0, 1], 2024).into()), []);
        // A machine without a network has none, so there is no more to say than this.
        let found = addresses(([0, 0, 0, 0], 2024).into());
        let is_good = |it: &SocketAddr| it.port() == 2024 && it.is_ipv4() && !it.ip().is_loopback();
        assert!(found.iter().all(is_good) && found.len() <= MOST);
    }

    #[test]
    fn addresses_of_one_link_are_of_no_use() {
        for (ip, is_of_use) in [
            ("192.168.1.20", true),
            ("172.17.0.1", true),
            ("169.254.1.1", false),
            ("127.0.0.1", false),
            ("fe80::1", false),
            ("2001:db8::1", true),
        ] {
            assert_eq!(is_for_others(ip.parse().unwrap()), is_of_use, "{ip}");
        }
    }
}
