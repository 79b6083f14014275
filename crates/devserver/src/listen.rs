//! The socket: bind before anything else, accept, serve each connection, stop without cutting answers short.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use lgx_engine::notice::Notice;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::StartError;
use crate::app::App;
use crate::http::call::Peer;
use crate::http::guard;

/// How long answers in flight get once the server stops.
const DRAIN: Duration = Duration::from_secs(2);
/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A port that is held. Clients that come before anything answers on it wait.
#[derive(Debug)]
pub struct Listener {
    socket: std::net::TcpListener,
}

impl Listener {
    /// Takes the port; 0 takes any free one. A socket left in `TIME_WAIT` is no obstacle.
    ///
    /// # Errors
    /// `PortTaken` when another program listens there, `Bind` when nobody can.
    pub fn bind(host: IpAddr, port: u16) -> Result<Self, StartError> {
        match bind(SocketAddr::new(host, port)) {
            Ok(socket) => Ok(Self { socket }),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                Err(StartError::PortTaken { host, port })
            }
            Err(source) => Err(StartError::Bind {
                address: SocketAddr::new(host, port),
                source,
            }),
        }
    }

    /// The socket, to accept from within a runtime, and its address.
    pub(crate) fn into_accepting(self) -> io::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::from_std(self.socket)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }
}

fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // On Unix this passes over TIME_WAIT only; a port that somebody listens on stays taken.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Notes that connections cannot be accepted for want of descriptors, which is told once until they can again.
#[derive(Default)]
struct Descriptors {
    are_out: bool,
}

impl Descriptors {
    /// A connection could not be accepted. What there is to tell of it.
    fn failed(&mut self, error: &io::Error) -> Option<Notice> {
        let out = error.raw_os_error().is_some_and(|code| {
            [Errno::MFILE, Errno::NFILE].contains(&Errno::from_raw_os_error(code))
        });
        if !out {
            tracing::warn!("a connection could not be accepted: {error}");
            return None;
        }
        (!std::mem::replace(&mut self.are_out, true)).then(|| Notice::OutOfDescriptors {
            limit: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
        })
    }

    const fn accepted(&mut self) {
        self.are_out = false;
    }
}

/// Accepts connections until `stopping`, then lets answers in flight finish.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    router: Router,
    stopping: CancellationToken,
) {
    let connections = TaskTracker::new();
    let mut descriptors = Descriptors::default();
    loop {
        let (stream, peer) = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => {
                    descriptors.accepted();
                    accepted
                }
                Err(error) => {
                    // Connections end, or files are closed, and it goes on: nobody tells when.
                    if let Some(notice) = descriptors.failed(&error) {
                        app.notice(notice);
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let connection = connection(
            stream,
            peer,
            Arc::clone(&app),
            router.clone(),
            stopping.clone(),
        );
        connections.spawn(connection);
    }
    drop(listener);
    // Streams were told to end before; what is left are clients that do not read.
    connections.close();
    let _ = tokio::time::timeout(DRAIN, connections.wait()).await;
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Arc<App>,
    router: Router,
    stopping: CancellationToken,
) {
    // Small events must not wait for the acknowledgement of the one before (40 ms each otherwise).
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, "TCP_NODELAY: {error}");
    }
    // Known of every connection; without it nobody counts as being on this machine.
    let reached = stream
        .local_addr()
        .map_or(Ipv4Addr::UNSPECIFIED.into(), |address| address.ip());
    let peer = Peer {
        address: peer,
        reached,
    };
    // A client that has stopped reading would hold what it is sent for as long as its machine runs.
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(app.options.stalled_after));
    let stream = Box::pin(stream);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (app, router) = (Arc::clone(&app), router.clone());
        async move {
            Ok::<_, std::convert::Infallible>(
                guard::serve(app, router, peer, request.map(Body::new)).await,
            )
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %peer.address, "connection: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_descriptors_run_out_is_told_once_until_there_are_some_again() {
        let mut descriptors = Descriptors::default();
        let out = io::Error::from(Errno::MFILE);
        assert!(
            descriptors
                .failed(&io::Error::from(Errno::CONNABORTED))
                .is_none()
        );
        let told = descriptors.failed(&out);
        assert!(
            matches!(told, Some(Notice::OutOfDescriptors { .. })),
            "{told:?}"
        );
        assert!(descriptors.failed(&out).is_none());
        descriptors.accepted();
        assert!(descriptors.failed(&out).is_some());
    }
}
