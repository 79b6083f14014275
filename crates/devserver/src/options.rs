//! Everything the server is told before it starts; nothing below reads the environment or the command line.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use lgx_config::AllowedHost;

/// How to serve one project.
#[derive(Debug, Clone)]
pub struct Options {
    /// The langgraph.json file.
    pub config: PathBuf,
    /// The address to listen on.
    pub host: IpAddr,
    /// Names that the server answers to, beside those of this machine and those in langgraph.json.
    pub allow_hosts: Vec<AllowedHost>,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// Where threads, runs and checkpoints are kept; `.lgx` beside the config when not given.
    pub state_dir: Option<PathBuf>,
    /// Whether edits to the project bring up new code.
    pub reload: bool,
    /// Whether the server ends at its start when a graph or the `env` of the project does not load, instead of serving the rest.
    pub strict: bool,
    /// How many runs execute at once.
    pub jobs: usize,
    /// How long the project's code may block its event loop while requests wait, before another worker takes over.
    pub blocked_after: Duration,
    /// Whether clients are not told the messages of unexpected exceptions.
    pub redact_errors: bool,
    /// How long the events of resumable runs are kept.
    pub keep_events_for: Duration,
    /// Where Studio is, without a slash at the end.
    pub studio_url: String,
    /// The interpreter that runs the user's code.
    pub python: PathBuf,
    /// The environment workers get, before langgraph.json's `env` is laid over it.
    pub environment: Vec<(OsString, OsString)>,
    /// The version to tell clients.
    pub version: &'static str,
}

impl Options {
    /// Reads langgraph.json; `.env` may refer to the environment that workers get.
    pub(crate) fn load_config(&self) -> Result<lgx_config::Loaded, lgx_config::LoadError> {
        let lookup = |name: &str| {
            let found = self.environment.iter().find(|(present, _)| present == name);
            found.and_then(|(_, value)| value.to_str().map(str::to_owned))
        };
        lgx_config::load(&self.config, &lookup)
    }
}
