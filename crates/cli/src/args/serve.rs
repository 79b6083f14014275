//! The arguments of `lgx serve`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use lgx_config::AllowedHost;
use lgx_devserver::InstanceUrl;

use super::code::CodeArgs;
use super::project::{ProjectArgs, StateArgs};
use super::{address, duration};
use crate::env_names;

/// Serve the project in production, for whom its auth lets in
///
/// Code that is saved is not brought up, no page opens, and nobody is let in for being on this machine. The project needs `auth`. What happens is told on stderr, in lines of JSON unless a person reads it.
///
/// SIGTERM has runs come to their end, for as long as --drain says; the others go on at the next start. A second signal ends it at once. Secrets come from the environment alone.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
// Clients hear of no unexpected exceptions anyway.
#[command(mut_arg("redact_errors", |flag| flag.hide(true)))]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    /// The address to listen on [default: 0.0.0.0, all of this machine]
    #[arg(long, value_parser = address::parse)]
    pub(crate) host: Option<IpAddr>,

    #[arg(
        long,
        env = env_names::PORT,
        hide_env = true,
        help = "The port to listen on; 0 takes any free one [default: 8000] [env: PORT]"
    )]
    pub(crate) port: Option<u16>,

    /// Speak HTTPS, with the certificate in this file (PEM)
    #[arg(long, value_name = "FILE", requires = "ssl_keyfile")]
    pub(crate) ssl_certfile: Option<PathBuf>,

    /// The key of the certificate (PEM, not encrypted)
    #[arg(long, value_name = "FILE", requires = "ssl_certfile")]
    pub(crate) ssl_keyfile: Option<PathBuf>,

    /// Serve a project that has no `auth`: everybody who reaches the server can run its code
    #[arg(long)]
    pub(crate) no_auth: bool,

    /// A further name to answer to on this machine where there is no auth, or `*.NAME`
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<AllowedHost>,

    /// Serve the local Studio too, to whoever has a token and comes from this machine
    #[arg(long, conflicts_with = "no_auth")]
    pub(crate) studio: bool,

    /// How long runs may take to end once the server is to stop, such as 90s or 5m [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) drain: Option<Duration>,

    /// How to tell what happens [default: json, and text on a terminal]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,

    /// What /metrics calls this server [default: the name of the machine]
    #[arg(long, value_name = "NAME")]
    pub(crate) instance_name: Option<String>,

    #[arg(
        long,
        value_name = "URL",
        env = env_names::LGX_INSTANCE_URL,
        hide_env = true,
        help = "Where other servers of the database reach this one, such as http://10.0.0.7:8000 [env: LGX_INSTANCE_URL]"
    )]
    pub(crate) instance_url: Option<InstanceUrl>,

    /// Tell clients the messages of unexpected exceptions
    #[arg(long, overrides_with = "redact_errors")]
    pub(crate) no_redact_errors: bool,

    /// Serve what does load; otherwise a graph that does not ends the start
    #[arg(long)]
    pub(crate) no_strict: bool,

    /// Give up a project that has not loaded after so many seconds; 0 never does [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) load_timeout: Option<u32>,

    #[arg(
        long,
        help = "Do not record the models and tools that runs call [env: LGX_TRACE=0]"
    )]
    pub(crate) no_trace: bool,

    #[command(flatten)]
    pub(crate) state: StateArgs,

    /// Do not bring the tables of the database up to date: `lgx migrate` does that, and a start without it fails
    #[arg(long)]
    pub(crate) no_migrate: bool,

    /// A file that holds the server's URL while it is ready
    #[arg(long, value_name = "PATH")]
    pub(crate) ready_file: Option<PathBuf>,

    /// How many seconds the events of resumable runs are kept [default: 86400]
    #[arg(
        long,
        hide = true,
        value_name = "SECONDS",
        env = env_names::RESUMABLE_STREAM_TTL_SECONDS
    )]
    pub(crate) resumable_stream_ttl: Option<u32>,

    #[command(flatten)]
    pub(crate) code: CodeArgs,
}

/// How a server tells what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line of JSON each, for programs
    Json,
    /// As `lgx dev` does, for a person
    Text,
}
