//! The port that a server would take: whether it is free, and else who has it.

mod holder;

use std::net::{IpAddr, Ipv4Addr};

use lgx_devserver::{Listener, StartError};

use self::holder::holder_of;
use super::examined::Examined;
use crate::server_file::FoundServer;

/// How it is. `server` is the one that serves the project already.
pub(super) fn look(port: u16, server: Option<&FoundServer>) -> Examined {
    match Listener::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), port) {
        Ok(_) => Examined::ok("port", format!("{port} is free")),
        Err(StartError::PortTaken { .. }) => taken(port, server),
        Err(error) => {
            Examined::warn("port", error.to_string()).hint("`lgx dev --port 0` takes any free one")
        }
    }
}

fn taken(port: u16, server: Option<&FoundServer>) -> Examined {
    let holder = holder_of(port);
    let own = server.filter(|server| {
        holder
            .as_ref()
            .is_some_and(|holder| holder.pid == server.pid)
    });
    if let Some(server) = own {
        return Examined::ok(
            "port",
            format!(
                "{port} is the project's own server's, process {}",
                server.pid
            ),
        );
    }
    let free = "`lgx dev --port 0` takes any free one";
    match holder {
        Some(holder) => Examined::warn(
            "port",
            format!(
                "{port} is taken by {} (process {})",
                holder.command, holder.pid
            ),
        )
        .hint(format!("stop it, or choose another port: {free}")),
        None => Examined::warn("port", format!("{port} is taken by another program"))
            .hint(format!("choose another port: {free}")),
    }
}
