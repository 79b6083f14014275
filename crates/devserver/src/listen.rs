//! The socket: bind before anything else, accept as many connections as are taken, stop without cutting answers short.

mod connection;
mod handshake;
mod places;
mod turned_away;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use lgx_engine::notice::Notice;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::places::Places;
use self::turned_away::TurnedAway;
use crate::StartError;
use crate::app::App;
use crate::http::entrance::Entrance;

/// How long answers in flight get once the server stops.
const DRAIN: Duration = Duration::from_secs(2);

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

pub(crate) fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
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
            limit: descriptors(),
        })
    }

    const fn accepted(&mut self) {
        self.are_out = false;
    }
}

/// How many files this process may have open; none if as many as it likes.
fn descriptors() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// How many connections are taken: as many as are wanted, as long as that leaves descriptors for everything else.
fn most_connections(wanted: usize, descriptors: Option<u64>) -> usize {
    let spared = descriptors.and_then(|all| usize::try_from(all / 4 * 3).ok());
    spared.map_or(wanted, |spared| wanted.min(spared))
}

/// One port that the server listens on.
pub(crate) struct Door {
    /// Accepts connections.
    pub listener: TcpListener,
    /// What is known of those who come by it.
    pub entrance: Entrance,
    /// What is spoken there, where it is TLS.
    pub tls: Option<TlsAcceptor>,
    /// How many connections there are, at all ports together.
    pub places: Arc<Places>,
}

/// Room for as many connections as are wanted and descriptors allow.
pub(crate) fn places(wanted: usize) -> Arc<Places> {
    Places::new(most_connections(wanted, descriptors()))
}

/// Accepts connections until `stopping`, then lets answers in flight finish.
pub(crate) async fn serve(door: Door, app: Arc<App>, router: Router, stopping: CancellationToken) {
    let Door {
        listener,
        entrance,
        tls,
        places,
    } = door;
    let connections = TaskTracker::new();
    let mut turned_away = TurnedAway::default();
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
        let Some(place) = places.take() else {
            turned_away.tell(stream, tls.as_ref(), &connections);
            continue;
        };
        let connection = connection::serve(
            stream,
            (peer, entrance),
            tls.clone(),
            Arc::clone(&app),
            router.clone(),
            place,
            stopping.clone(),
        );
        connections.spawn(connection);
    }
    drop(listener);
    // Streams were told to end before; what is left are clients that do not read.
    connections.close();
    let _ = tokio::time::timeout(DRAIN, connections.wait()).await;
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

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        for (descriptors, expected) in [(None, 8_000), (Some(1_048_576), 8_000), (Some(1_024), 768)]
        {
            assert_eq!(most_connections(8_000, descriptors), expected);
        }
    }
}
