//! A way to a database that stands still or breaks off when a test says so: what was sent by then arrives once it is open again.

use std::net::SocketAddr;
use std::path::PathBuf;

use lgx_test_postgres::TestDatabase;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// A port that leads to the socket of a database. It is open at first.
pub struct Way {
    address: SocketAddr,
    database: TestDatabase,
    is_open: watch::Sender<bool>,
    _passing: AbortOnDropHandle<()>,
}

#[expect(clippy::unwrap_used, reason = "a test cannot go on without it")]
impl Way {
    /// A way to this database, which is reached by a socket in a folder.
    pub async fn to(database: &TestDatabase) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_open, gate) = watch::channel(true);
        let socket = database.socket().unwrap();
        let passing = tokio::spawn(pass_all(listener, socket, gate));
        Self {
            address,
            database: database.clone(),
            is_open,
            _passing: AbortOnDropHandle::new(passing),
        }
    }

    /// The database as it is reached by this way.
    pub fn database(&self) -> TestDatabase {
        self.database.at(self.address)
    }

    /// Nothing passes any more, in either direction.
    pub fn close(&self) {
        self.is_open.send_replace(false);
    }

    /// All passes again, what was held up first.
    pub fn open(&self) {
        self.is_open.send_replace(true);
    }
}

async fn pass_all(listener: TcpListener, socket: PathBuf, gate: watch::Receiver<bool>) {
    while let Ok((server, _)) = listener.accept().await {
        tokio::spawn(pass(server, socket.clone(), gate.clone()));
    }
}

/// Passes on one connection until either side ends it.
async fn pass(server: TcpStream, socket: PathBuf, gate: watch::Receiver<bool>) {
    let Ok(database) = UnixStream::connect(socket).await else {
        // As if nobody listened.
        return;
    };
    let _ = server.set_nodelay(true);
    let (from_server, to_server) = server.into_split();
    let (from_database, to_database) = database.into_split();
    tokio::select! {
        () = copy(from_server, to_database, gate.clone()) => {}
        () = copy(from_database, to_server, gate) => {}
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut gate: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if gate.wait_for(|is_open| *is_open).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
    // The end, too, is heard of only when it can pass.
    let _ = gate.wait_for(|is_open| *is_open).await;
}
