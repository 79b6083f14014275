//! A proxy that runs: started with a project, told to its workers, and ended when they have left.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lgx_cassettes::Library;
use lgx_tls::{CertificateError, Roots, write_private};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authority::Authority;
use crate::environment::WorkerVariables;
use crate::exchange::Exchange;
use crate::hosts::Hosts;
use crate::proxy::Proxy;
use crate::routes::Routes;
use crate::token::Token;
use crate::told::Teller;
use crate::variables::Variables;

/// The file of certificates that workers trust, beside those of the authority.
const BUNDLE: &str = "roots.pem";
/// How long answers that are on their way may take at the end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What is recorded, where, and for whom.
pub struct RecordOptions {
    /// Where recordings are, and whether providers are asked or recordings played.
    pub library: Arc<Library>,
    /// Where the authority is kept: the state folder of the project.
    pub state_dir: PathBuf,
    /// Hosts that serve models, beside those that are known: `HOST` or `HOST:PORT`, with `*` for any labels.
    pub hosts: Vec<String>,
    /// The environment of the project's code: its own proxy and certificates are those by which providers are reached.
    pub variables: Vec<(OsString, OsString)>,
    /// The command that records what is missing.
    pub command: String,
    /// Who hears of what is missing or not kept.
    pub teller: Teller,
}

/// Why nothing can be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no authority.
    #[error("cannot keep the certificates of recordings in {folder}: {reason}")]
    Authority {
        /// Where it was to be.
        folder: PathBuf,
        /// Why it is not.
        reason: String,
    },
    /// There is no proxy.
    #[error("cannot listen on this machine for calls to record: {0}")]
    Listen(#[source] std::io::Error),
}

/// A proxy that runs until it is closed or dropped.
pub struct RecordingProxy {
    variables: WorkerVariables,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl RecordingProxy {
    /// Starts one.
    pub async fn start(options: RecordOptions) -> Result<Self, RecordError> {
        let folder = options.state_dir.join("record");
        let failed = |error: CertificateError| RecordError::Authority {
            folder: folder.clone(),
            reason: error.to_string(),
        };
        let variables = Variables(&options.variables);
        let roots = Roots::of(&|name| variables.path(name));
        let authority = Authority::open(&folder).map_err(failed)?;
        let bundle = roots.bundle_with(authority.pem());
        write_private(&folder, BUNDLE, &bundle).map_err(|error| failed(error.into()))?;
        let tls = roots.client().map_err(|error| failed(error.into()))?;

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(RecordError::Listen)?;
        let port = listener.local_addr().map_err(RecordError::Listen)?.port();
        let token = Token::fresh();
        let hosts = Hosts::and(&options.hosts);
        let variables_of_workers = WorkerVariables::new(
            token.url(port),
            &folder.join(BUNDLE),
            options.library.mode(),
            hosts.have_loopback(),
        );
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let routes = Routes::of(variables);
        let exchange = Exchange::new(
            options.library,
            (routes.clone(), tls),
            options.teller,
            options.command,
            tasks.clone(),
        );
        let proxy = Arc::new(Proxy {
            token,
            authority,
            hosts,
            routes,
            exchange,
            stop: stop.clone(),
            tasks: tasks.clone(),
        });
        tokio::spawn(proxy.serve(listener));
        Ok(Self {
            variables: variables_of_workers,
            stop,
            tasks,
        })
    }

    /// What its workers are told.
    pub const fn variables(&self) -> &WorkerVariables {
        &self.variables
    }

    /// Ends it, when the answers are kept that have come.
    pub async fn close(self) {
        self.stop.cancel();
        self.tasks.close();
        let _ = timeout(LAST_WORDS, self.tasks.wait()).await;
    }
}

impl Drop for RecordingProxy {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
