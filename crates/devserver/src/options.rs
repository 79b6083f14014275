//! Everything the server is told before it starts; nothing below reads the environment or the command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lgx_config::AllowedHost;
use lgx_model::Runtime;

/// How to serve one project.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is served.
    pub engine: lgx_engine::options::Options,
    /// The address to listen on.
    pub host: IpAddr,
    /// Names that the server answers to, beside those of this machine and those in langgraph.json.
    pub allow_hosts: Vec<AllowedHost>,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// What it speaks TLS with, if it does.
    pub tls: Option<ServerTls>,
    /// Who may come by a tunnel, if one is to lead here.
    pub tunnel: Option<TunnelAudience>,
    /// Whom it is for.
    pub purpose: Purpose,
    /// Whether edits to the project bring up new code.
    pub reload: bool,
    /// How long a run waits for code that was saved before it was asked for.
    pub reload_wait: Duration,
    /// Where debuggers attach to the project's code, if they may.
    pub debug: Option<DebugPort>,
    /// What clients may ask of it.
    pub limits: Limits,
    /// Where hosted Studio is, without a slash at the end.
    pub studio_url: String,
    /// The local Studio; none if it is not wanted.
    pub studio: Option<LocalStudio>,
}

impl Options {
    /// Whether it is for whoever develops the project, with the pages and tools of this machine.
    pub(crate) const fn is_for_development(&self) -> bool {
        matches!(self.purpose, Purpose::Development)
    }

    /// Whether nobody is let in while the project has no auth.
    pub(crate) const fn needs_auth(&self) -> bool {
        matches!(
            self.purpose,
            Purpose::Production(Production { open: false, .. })
        )
    }

    /// What its numbers are labelled with, if they are to be told from those of other servers.
    pub(crate) fn instance(&self) -> Option<&str> {
        match &self.purpose {
            Purpose::Development => None,
            Purpose::Production(production) => Some(&production.instance),
        }
    }
}

/// Whom a server is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// One person at work on the project, on whose machine it runs: Studio and pages of this machine are let in.
    Development,
    /// Everybody whom the project's auth lets in, under any name and from anywhere.
    Production(Production),
}

/// A server for others than whoever develops the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    /// Whether it serves a project that has no auth, so that everybody is let in.
    pub open: bool,
    /// What tells its numbers from those of other servers of the project.
    pub instance: String,
}

/// Where debuggers attach to the project's code, on this machine alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DebugPort {
    /// The port of the first runtime of the project; the next one has the next. 0 takes any free ones.
    pub port: u16,
    /// Whether code is loaded only once a debugger is attached.
    pub wait: bool,
}

/// Who may come by a tunnel, which anybody on the internet can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TunnelAudience {
    /// Whom the project's auth lets in; nobody while it has none.
    LetIn,
    /// Everybody, if the project has no auth.
    Everybody,
}

/// What a server speaks TLS with.
#[derive(Debug, Clone)]
pub struct ServerTls {
    /// Its certificate and its key.
    pub config: Arc<rustls::ServerConfig>,
    /// The host by which clients on this machine reach it: one that the certificate is for.
    pub host: String,
    /// What it speaks TLS with to servers that have the same certificate.
    pub peers: Arc<rustls::ClientConfig>,
}

/// The local Studio: the page below `/studio/`, and what only that page asks, below `/lgx/`.
#[derive(Debug, Clone, Default)]
pub struct LocalStudio {
    /// A folder with a build of the page, served in place of the one in the binary.
    pub folder: Option<PathBuf>,
    /// Why the project runs on the interpreters that it runs on: each completes "because of".
    pub reasons: Vec<(Runtime, String)>,
    /// What files are opened in, if there is anything.
    pub editor: Option<Editor>,
}

/// A program with a window of its own that shows a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    /// What a person calls it.
    pub name: String,
    /// The executable.
    pub program: PathBuf,
    /// What it gets before the place.
    pub arguments: Vec<String>,
    /// How it is told the place.
    pub form: PlaceForm,
}

/// How a program is told which line of which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceForm {
    /// `FILE:LINE`
    FileLine,
    /// `-g FILE:LINE`
    Goto,
    /// `+LINE FILE`
    PlusLine,
    /// `--line LINE FILE`
    LineFlag,
}

/// How long clients may take, and how many of them there may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a client may take to read anything of what is being sent to it, before its connection is cut off.
    pub stalled_after: Duration,
    /// How long a client may take to send the head of a request, and how long it may keep a connection between two requests.
    pub head_within: Duration,
    /// How many connections there may be, if the limit of descriptors allows as many.
    pub connections: usize,
    /// How many streams may be open.
    pub streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Somebody who stands at a breakpoint is given time; memory that nobody will read is not kept for ever.
            stalled_after: Duration::from_secs(120),
            head_within: Duration::from_secs(30),
            connections: 8_000,
            streams: 4_000,
        }
    }
}
