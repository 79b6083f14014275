//! The arguments of every command that serves a project to whoever develops it.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use lgx_config::AllowedHost;

use super::address;
use crate::env_names;

/// How to serve.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Default, Args)]
pub(crate) struct DevServerArgs {
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, value_parser = address::parse)]
    pub(crate) host: Option<IpAddr>,

    /// A further name to answer to, or `*.NAME` for all below it
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<AllowedHost>,

    /// The port to listen on; 0 takes any free one [default: 2024]
    #[arg(long)]
    pub(crate) port: Option<u16>,

    /// Speak HTTPS, with a certificate of lgx's own; `lgx trust` has this machine trust it
    #[arg(long, conflicts_with_all = ["ssl_certfile", "ssl_keyfile"])]
    pub(crate) tls: bool,

    /// Speak HTTPS, with the certificate in this file (PEM)
    #[arg(long, value_name = "FILE", requires = "ssl_keyfile")]
    pub(crate) ssl_certfile: Option<PathBuf>,

    /// The key of the certificate (PEM, not encrypted)
    #[arg(long, value_name = "FILE", requires = "ssl_certfile")]
    pub(crate) ssl_keyfile: Option<PathBuf>,

    /// Do not open Studio in the browser
    #[arg(long)]
    pub(crate) no_browser: bool,

    /// Do not bring up new code when files change
    #[arg(long)]
    pub(crate) no_reload: bool,

    /// How many seconds a run waits for code that was saved before it was asked for [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) reload_wait: Option<u32>,

    /// Give up new code that has not loaded after so many seconds; 0 never does [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) load_timeout: Option<u32>,

    #[arg(
        long,
        help = "Do not import installed modules ahead of the next change [env: LGX_SPARE=0]"
    )]
    pub(crate) no_spare: bool,

    #[arg(
        long,
        help = "Do not record the models and tools that runs call [env: LGX_TRACE=0]"
    )]
    pub(crate) no_trace: bool,

    /// Do not start when a graph or the `env` of the project does not load [default where CI is set]
    #[arg(long, overrides_with = "no_strict")]
    pub(crate) strict: bool,

    /// Serve what does load [default, but not where CI is set]
    #[arg(long, overrides_with = "strict")]
    pub(crate) no_strict: bool,

    #[arg(
        long,
        value_name = "URL",
        value_parser = parse_studio_url,
        help = "Open hosted Studio at this URL, such as https://smith.langchain.com, and not the local one"
    )]
    pub(crate) studio_url: Option<String>,

    /// Do not serve the local Studio
    #[arg(long)]
    pub(crate) no_studio: bool,

    /// Where threads and runs are kept [default: .lgx beside the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

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
}

fn parse_studio_url(text: &str) -> Result<String, String> {
    if text.starts_with("https://") || text.starts_with("http://") {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("give a URL that starts with https:// or http://".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_studio_url_has_a_scheme_and_no_slash_at_its_end() {
        assert_eq!(
            parse_studio_url("http://localhost:4000/").as_deref(),
            Ok("http://localhost:4000")
        );
        assert!(parse_studio_url("smith.langchain.com").is_err());
    }
}
