//! How a project is to be served, by whichever command.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use lgx_config::AllowedHost;
use lgx_devserver::{Blocking, DebugPort, Purpose, TunnelAudience};

use super::load_timeout;
use crate::args::code::{CodeArgs, LogLevel, WorkerCount};
use crate::args::dev_server::DevServerArgs;
use crate::args::interpreters::InterpreterArgs;
use crate::context::Context;
use crate::env_names;
use crate::settings::record::RecordSettings;
use crate::settings::tls::{self, TlsSettings};

/// In seconds.
const ONE_DAY: u32 = 24 * 60 * 60;

/// How to serve a project.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServerSettings {
    /// The address to listen on.
    pub(crate) host: IpAddr,
    /// Names that the server answers to, besides those of this machine.
    pub(crate) allow_hosts: Vec<AllowedHost>,
    /// The port to listen on; 0 takes any free one.
    pub(crate) port: u16,
    /// What it speaks HTTPS with, if it does.
    pub(crate) tls: Option<TlsSettings>,
    /// Whom the server is for.
    pub(crate) purpose: Purpose,
    /// Open Studio in the browser once the server is ready.
    pub(crate) browser: bool,
    /// Bring up new code when files change.
    pub(crate) reload: bool,
    /// How long a run waits for code that was saved before it was asked for.
    pub(crate) reload_wait: Duration,
    /// How long the project may take to load; none for whatever it takes.
    pub(crate) load_timeout: Option<Duration>,
    /// Import installed modules ahead of the next change.
    pub(crate) spare: bool,
    /// Record the models and tools that runs call.
    pub(crate) traces: bool,
    /// Do not start when something of the project does not load.
    pub(crate) strict: bool,
    /// How many workers serve side by side.
    pub(crate) workers: usize,
    /// How many runs each of them executes at once.
    pub(crate) jobs: usize,
    /// Keep the messages of unexpected exceptions from clients.
    pub(crate) redact_errors: bool,
    /// What becomes of code that blocks the event loop.
    pub(crate) blocking: Blocking,
    /// How long the events of resumable runs are kept.
    pub(crate) keep_events_for: Duration,
    /// Where hosted Studio is that is to be opened, without a slash at the end.
    pub(crate) studio_url: Option<String>,
    /// Serve the local Studio.
    pub(crate) studio: bool,
    /// A folder with a build of its page, in place of the one in the binary.
    pub(crate) studio_dir: Option<PathBuf>,
    /// How much the server says.
    pub(crate) log_level: LogLevel,
    /// The interpreter given with `--python`.
    pub(crate) python: Option<PathBuf>,
    /// The one given with `--node`.
    pub(crate) node: Option<PathBuf>,
    /// Where state is kept, when not in the usual place.
    pub(crate) state_dir: Option<PathBuf>,
    /// What becomes of the state before and after.
    pub(crate) state_life: StateLife,
    /// A command of the shell to run with each code that is loaded.
    pub(crate) on_reload: Option<String>,
    /// The file that holds the URL while the server is ready.
    pub(crate) ready_file: Option<PathBuf>,
    /// What becomes of calls of models, if it is more than that they are made.
    pub(crate) record: Option<RecordSettings>,
    /// Where debuggers attach, if they may.
    pub(crate) debug: Option<DebugPort>,
    /// Who may come by a tunnel, if one is to lead to it.
    pub(crate) tunnel: Option<TunnelAudience>,
}

/// What becomes of the state before and after the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum StateLife {
    /// It stays.
    #[default]
    Kept,
    /// That of before is moved aside.
    Fresh,
    /// It is as new as the server, and goes with it.
    Ephemeral,
}

/// Settles the arguments that say how to serve.
pub(crate) fn resolve(args: DevServerArgs, code: CodeArgs, context: &Context) -> ServerSettings {
    let DevServerArgs {
        host,
        allow_host,
        port,
        tls,
        ssl_certfile,
        ssl_keyfile,
        no_browser,
        no_reload,
        reload_wait,
        load_timeout,
        no_spare,
        no_trace,
        strict,
        no_strict,
        studio_url,
        no_studio,
        state_dir,
        ready_file,
        resumable_stream_ttl,
    } = args;
    let CodeArgs {
        workers,
        n_jobs_per_worker,
        redact_errors,
        allow_blocking,
        forbid_blocking,
        server_log_level,
        interpreters: InterpreterArgs { python, node },
    } = code;
    ServerSettings {
        host: host.unwrap_or(Ipv4Addr::LOCALHOST.into()),
        allow_hosts: allow_host,
        port: port.unwrap_or(2024),
        tls: tls::resolve(tls, ssl_certfile.zip(ssl_keyfile), context),
        purpose: Purpose::Development,
        browser: !no_browser && context.is_watched(),
        reload: !no_reload,
        reload_wait: Duration::from_secs(reload_wait.unwrap_or(10).into()),
        load_timeout: load_timeout::resolve(load_timeout),
        spare: !no_spare
            && context
                .env
                .get(env_names::LGX_SPARE)
                .is_none_or(|value| value != "0"),
        traces: !no_trace
            && context
                .env
                .get(env_names::LGX_TRACE)
                .is_none_or(|value| value != "0"),
        strict: strict || (!no_strict && context.env.is_ci()),
        workers: match workers {
            None => 1,
            Some(WorkerCount::Of(count)) => usize::from(count.get()),
            // Where that cannot be found out, one is always right.
            Some(WorkerCount::Auto) => available_parallelism().map_or(1, NonZeroUsize::get),
        },
        jobs: usize::from(n_jobs_per_worker.unwrap_or(10)),
        redact_errors,
        blocking: match (allow_blocking, forbid_blocking) {
            (false, false) => Blocking::Warn,
            (true, _) => Blocking::Allow,
            (false, true) => Blocking::Forbid,
        },
        keep_events_for: Duration::from_secs(resumable_stream_ttl.unwrap_or(ONE_DAY).into()),
        studio_url,
        studio: !no_studio,
        studio_dir: context
            .env
            .path(env_names::LGX_STUDIO_DIR)
            .map(|path| context.absolute(path)),
        log_level: server_log_level.unwrap_or(LogLevel::Info),
        python,
        node,
        state_dir: state_dir.map(|path| context.absolute(&path)),
        state_life: StateLife::Kept,
        on_reload: None,
        ready_file: ready_file.map(|path| context.absolute(&path)),
        record: None,
        debug: None,
        tunnel: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Env, Terminal};

    fn context(stdout_is_a_terminal: bool, env: Env) -> Context {
        let terminal = Terminal {
            stdin: true,
            stdout: stdout_is_a_terminal,
            stderr: true,
        };
        Context {
            env,
            cwd: "/project".into(),
            terminal,
        }
    }

    #[test]
    fn without_arguments_the_usual_address_and_ten_jobs() {
        let settings = resolve(
            DevServerArgs::default(),
            CodeArgs::default(),
            &context(true, Env::default()),
        );

        assert_eq!(
            (settings.host, settings.port),
            (IpAddr::from([127, 0, 0, 1]), 2024)
        );
        assert_eq!(
            (settings.workers, settings.jobs, settings.reload),
            (1, 10, true)
        );
        assert_eq!((settings.studio, settings.studio_url), (true, None));
    }

    #[test]
    fn a_browser_opens_only_for_a_person_at_a_terminal_who_did_not_refuse() {
        let opens = |args, context| resolve(args, CodeArgs::default(), &context).browser;
        let refused = DevServerArgs {
            no_browser: true,
            ..DevServerArgs::default()
        };

        assert!(opens(
            DevServerArgs::default(),
            context(true, Env::default())
        ));
        assert!(!opens(refused, context(true, Env::default())));
        assert!(!opens(
            DevServerArgs::default(),
            context(false, Env::default())
        ));
        assert!(!opens(
            DevServerArgs::default(),
            context(true, [("CI", "true")].into_iter().collect())
        ));
    }

    #[test]
    fn a_start_is_strict_when_asked_to_be_and_where_nobody_reads_warnings() {
        let strict = |strict, no_strict, ci: bool| {
            let args = DevServerArgs {
                strict,
                no_strict,
                ..DevServerArgs::default()
            };
            let env = ci.then_some(("CI", "true")).into_iter().collect();
            resolve(args, CodeArgs::default(), &context(true, env)).strict
        };

        assert!(strict(true, false, false));
        assert!(strict(false, false, true));
        assert!(!strict(false, false, false));
        assert!(!strict(false, true, true));
    }
}
