//! A small balancer: it spreads connections over servers in turn, and passes over those that say they are not ready.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// How often servers are asked whether they are ready, and how long they have to answer.
const PROBES_EACH: Duration = Duration::from_millis(300);
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
const CONNECTS_WITHIN: Duration = Duration::from_secs(1);

/// What it says when no server takes a connection.
const NOBODY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A balancer on a port of its own. It ends when this is dropped.
pub struct Balancer {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    servers: Mutex<Vec<Arc<Server>>>,
    next: AtomicUsize,
    is_over: AtomicBool,
}

struct Server {
    address: SocketAddr,
    is_ready: AtomicBool,
    is_gone: AtomicBool,
}

impl Balancer {
    /// Without servers at first.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::<Shared>::default();
        let balanced = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if balanced.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let balanced = Arc::clone(&balanced);
                // A connection that fails is the client's to notice.
                thread::spawn(move || drop(balanced.pass(client)));
            }
        });
        Ok(Self { url, shared })
    }

    /// Where clients reach it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends connections to a server, too, as long as it says that it is ready.
    pub fn add(&self, url: &str) -> Result<()> {
        let server = Arc::new(Server {
            address: address(url)?,
            is_ready: AtomicBool::new(true),
            is_gone: AtomicBool::new(false),
        });
        self.shared.lock().push(Arc::clone(&server));
        thread::spawn(move || {
            while !server.is_gone.load(Ordering::Relaxed) {
                let is_ready = is_ready(server.address).unwrap_or(false);
                server.is_ready.store(is_ready, Ordering::Relaxed);
                thread::sleep(PROBES_EACH);
            }
        });
        Ok(())
    }

    /// Sends nothing more to a server.
    pub fn remove(&self, url: &str) -> Result<()> {
        let address = address(url)?;
        self.shared.lock().retain(|server| {
            let stays = server.address != address;
            if !stays {
                server.is_gone.store(true, Ordering::Relaxed);
            }
            stays
        });
        Ok(())
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for server in self.shared.lock().drain(..) {
            server.is_gone.store(true, Ordering::Relaxed);
        }
        // The last connection has it see that it is over.
        if let Ok(address) = address(&self.url) {
            drop(TcpStream::connect(address));
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Server>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes on a connection, both ways, until either side ends it.
    fn pass(&self, mut client: TcpStream) -> Result<()> {
        let Some(server) = self.connect() else {
            if client.read(&mut [0; 16 * 1024])? > 0 {
                client.write_all(NOBODY)?;
            }
            return Ok(());
        };
        let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
        let sends = thread::spawn(move || copy(from_client, to_server));
        copy(server, client);
        drop(sends.join());
        Ok(())
    }

    /// To the next server that takes it; one that is not ready only if none is.
    fn connect(&self) -> Option<TcpStream> {
        let mut servers: Vec<_> = self.lock().clone();
        if servers.is_empty() {
            return None;
        }
        let first = self.next.fetch_add(1, Ordering::Relaxed) % servers.len();
        servers.rotate_left(first);
        servers.sort_by_key(|server| !server.is_ready.load(Ordering::Relaxed));
        let mut connections = servers
            .iter()
            .map(|server| TcpStream::connect_timeout(&server.address, CONNECTS_WITHIN));
        connections.find_map(Result::ok)
    }
}

/// Passes on one direction, and its end; a connection that breaks off breaks off on the other side, too.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let whole = std::io::copy(&mut from, &mut to).is_ok();
    let how = if whole {
        Shutdown::Write
    } else {
        Shutdown::Both
    };
    // One that is gone already needs no end.
    let _ = to.shutdown(how);
    if !whole {
        let _ = from.shutdown(Shutdown::Both);
    }
}

fn address(url: &str) -> Result<SocketAddr> {
    let address = url.strip_prefix("http://").context("a server of HTTP")?;
    Ok(address.parse()?)
}

fn is_ready(address: SocketAddr) -> Result<bool> {
    let mut connection = TcpStream::connect_timeout(&address, ANSWERS_WITHIN)?;
    connection.set_read_timeout(Some(ANSWERS_WITHIN))?;
    let request =
        format!("GET /ok?ready=1 HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes())?;
    let mut status = [0; 12];
    connection.read_exact(&mut status)?;
    Ok(&status == b"HTTP/1.1 200")
}
