//! The ports at which debuggers attach to the project's code: they stay the same, and lead to the worker that serves.
//!
//! A worker's own debugger listens on a port of its own, which each worker has another one of. So an editor needs to know one port only,
//! and finds the newest code there whenever it attaches anew. Debuggers execute whatever they are told to, so the ports are on loopback,
//! and what does not begin as a debugger does, such as a request that a page in a browser makes, gets no further than here.

mod greeting;
mod messages;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lgx_engine::notice::{DebuggerNotice, Notice, Observer};
use lgx_engine::workers::{DebugDoor, DebugTarget, Workers};
use lgx_model::Runtime;
use tokio::io::{AsyncWriteExt as _, BufReader, copy, copy_buf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::greeting::Greeting;
use self::messages::pass_on;
use crate::StartError;
use crate::listen;
use crate::options::DebugPort;

/// How many connections each port takes at a time: an editor has one, and a few short ones to find it.
const MOST_CONNECTIONS: usize = 32;

/// How long accepting pauses after it has failed. Connections end, or files are closed, and it goes on: nobody tells when.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// How long a client may take to leave a debugger that it is told to leave. One of Node.js needs not be told.
const LEAVES_WITHIN: Duration = Duration::from_secs(3);

/// The ports, held.
#[derive(Default)]
pub(crate) struct DebugListeners {
    listeners: Vec<TcpListener>,
    addresses: Vec<(Runtime, SocketAddr)>,
}

impl DebugListeners {
    /// Takes a port for each runtime, one after the other, if there are to be any.
    pub(crate) fn bind(port: Option<DebugPort>, runtimes: &[Runtime]) -> Result<Self, StartError> {
        let mut held = Self::default();
        let Some(DebugPort { mut port, .. }) = port else {
            return Ok(held);
        };
        for runtime in runtimes {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let bound = bind(address);
            let (listener, bound) =
                bound.map_err(|source| StartError::DebugPort { address, source })?;
            held.listeners.push(listener);
            held.addresses.push((*runtime, bound));
            if port != 0 {
                port = port.saturating_add(1);
            }
        }
        Ok(held)
    }

    /// Where debuggers attach to the code of each runtime.
    pub(crate) fn addresses(&self) -> &[(Runtime, SocketAddr)] {
        &self.addresses
    }

    /// Leads debuggers to the workers that serve, until `stopping`.
    pub(crate) fn serve(
        self,
        workers: &Workers,
        observer: &Arc<dyn Observer>,
        stopping: &CancellationToken,
        tasks: &TaskTracker,
    ) {
        for (listener, (runtime, _)) in self.listeners.into_iter().zip(self.addresses) {
            if let Some(door) = workers.debug_door(runtime) {
                let entrance = DebugEntrance {
                    runtime,
                    door,
                    observer: Arc::clone(observer),
                };
                let stopping = stopping.clone();
                tasks.spawn(async move {
                    tokio::select! {
                        () = stopping.cancelled() => {}
                        () = accept(listener, entrance) => {}
                    }
                });
            }
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::from_std(listen::bind(address)?)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// What leads from a port to the code of a runtime.
#[derive(Clone)]
struct DebugEntrance {
    runtime: Runtime,
    door: DebugDoor,
    observer: Arc<dyn Observer>,
}

async fn accept(listener: TcpListener, entrance: DebugEntrance) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    // Those that are open when this ends, end with it.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        // Never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((client, _)) => {
                let entrance = entrance.clone();
                connections.spawn(async move {
                    let _place = place;
                    if let Err(error) = entrance.lead(client).await {
                        tracing::debug!("a debugger's connection has broken off: {error}");
                    }
                });
            }
            Err(error) => {
                tracing::warn!("a debugger's connection could not be accepted: {error}");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

impl DebugEntrance {
    /// Leads a connection to the worker that serves, and back, until one of them ends it or it is to lead to another worker.
    async fn lead(mut self, mut client: TcpStream) -> io::Result<()> {
        let Some(greeting) = Greeting::read(self.runtime, &mut client).await? else {
            tracing::debug!("a connection that is no debugger's is refused");
            return Ok(());
        };
        let Some((target, mut worker)) = self.worker().await else {
            return Ok(());
        };
        worker.write_all(greeting.said()).await?;
        let attached = greeting.attaches().then(|| target.attach());
        if attached.is_some() {
            self.tell(DebuggerNotice::Attached {
                runtime: self.runtime,
            });
        }
        let ended = join(self.runtime, &mut client, &mut worker, &target).await;
        if attached.is_some() {
            self.tell(DebuggerNotice::Left {
                runtime: self.runtime,
            });
        }
        ended
    }

    /// The worker that serves, once there is one that can be reached.
    async fn worker(&mut self) -> Option<(DebugTarget, TcpStream)> {
        loop {
            let target = self.door.target().await?;
            match TcpStream::connect(target.address()).await {
                Ok(worker) => return Some((target, worker)),
                // It has ended, and another one will take its place.
                Err(_) => self.door.changed().await,
            }
        }
    }

    fn tell(&self, told: DebuggerNotice) {
        self.observer.notice(Notice::Debugger(told));
    }
}

/// Passes on what each of them says, until one of them has ended or was let go long enough ago.
async fn join(
    runtime: Runtime,
    client: &mut TcpStream,
    worker: &mut TcpStream,
    target: &DebugTarget,
) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.split();
    let (from_worker, mut to_worker) = worker.split();
    let mut from_worker = BufReader::new(from_worker);
    let said = async {
        match runtime {
            Runtime::Python => pass_on(&mut from_worker, &mut to_client, target.is_let_go()).await,
            Runtime::Node => copy_buf(&mut from_worker, &mut to_client).await.map(drop),
        }
    };
    let let_go = async {
        target.is_let_go().cancelled().await;
        if runtime == Runtime::Python {
            tokio::time::sleep(LEAVES_WITHIN).await;
        }
    };
    tokio::select! {
        ended = said => ended,
        ended = copy(&mut from_client, &mut to_worker) => ended.map(drop),
        () = let_go => Ok(()),
    }
}
