//! Spreads connections over several servers in turn, as whatever stands before instances does.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// A port behind which servers are.
pub struct Balancer {
    address: SocketAddr,
    servers: Arc<Mutex<Vec<SocketAddr>>>,
    _passing: AbortOnDropHandle<()>,
}

#[expect(clippy::unwrap_used, reason = "a test cannot go on without it")]
impl Balancer {
    /// A balancer before these servers.
    pub async fn before(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let servers = Arc::new(Mutex::new(servers));
        let passing = tokio::spawn(pass_all(listener, Arc::clone(&servers)));
        Self {
            address,
            servers,
            _passing: AbortOnDropHandle::new(passing),
        }
    }

    /// Where clients reach it.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends nothing more to this server.
    pub fn leave_out(&self, server: SocketAddr) {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.retain(|address| *address != server);
    }
}

async fn pass_all(listener: TcpListener, servers: Arc<Mutex<Vec<SocketAddr>>>) {
    while let Ok((client, _)) = listener.accept().await {
        let server = {
            let mut servers = servers.lock().unwrap_or_else(PoisonError::into_inner);
            if !servers.is_empty() {
                servers.rotate_left(1);
            }
            servers.first().copied()
        };
        if let Some(server) = server {
            tokio::spawn(pass(client, server));
        }
    }
}

async fn pass(mut client: TcpStream, server: SocketAddr) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    // Either side sees that the other has gone by the end of its connection.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}
