//! Under which address other machines reach this one.

use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Where other machines of the network reach a server that listens on all addresses: the one from which this machine would
/// speak to the world. None for a server that does not, and without a network.
pub(crate) fn address(listening: SocketAddr) -> Option<SocketAddr> {
    if !listening.ip().is_unspecified() {
        return None;
    }
    // Addresses of documentation: connecting a datagram socket chooses a route and sends nothing.
    let somewhere: SocketAddr = match listening.ip() {
        IpAddr::V4(_) => ([192, 0, 2, 1], 9).into(),
        IpAddr::V6(_) => ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(listening.ip(), 0)).ok()?;
    socket.connect(somewhere).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| SocketAddr::new(ip, listening.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_listens_everywhere_has_one() {
        assert_eq!(address(([127, 0, 0, 1], 2024).into()), None);
        // A machine without a network has none, so there is no more to say than this.
        let found = address(([0, 0, 0, 0], 2024).into());
        assert!(found.is_none_or(|found| found.port() == 2024 && !found.ip().is_loopback()));
    }
}
