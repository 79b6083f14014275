//! Everything the server is told before it starts; nothing below reads the environment or the command line.

use std::net::IpAddr;
use std::time::Duration;

use lgx_config::AllowedHost;

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
    /// Whether edits to the project bring up new code.
    pub reload: bool,
    /// How long a run waits for code that was saved before it was asked for.
    pub reload_wait: Duration,
    /// How long a client may take to read anything of what is being sent to it, before its connection is cut off.
    pub stalled_after: Duration,
    /// Where Studio is, without a slash at the end.
    pub studio_url: String,
}
