//! What `lgx serve` is to serve, and how.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use lgx_devserver::{InstanceUrl, Production, Purpose};

use super::server::{self, ServerSettings};
use crate::args::dev_server::DevServerArgs;
use crate::args::serve::{LogFormat, ServeArgs};
use crate::context::Context;

/// As the official image does.
const PORT: u16 = 8000;
/// How long orchestrators wait before they kill what they have asked to end.
const DRAIN: Duration = Duration::from_secs(30);
/// What a machine is called that has no name.
const NAMELESS: &str = "lgx";

/// The project to serve, and how.
#[derive(Debug)]
pub(crate) struct ServeSettings {
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// How to serve it.
    pub(crate) server: ServerSettings,
    /// How long runs may take to end once it is to stop.
    pub(crate) drain: Duration,
    /// Whether the tables of a database are brought up to date first.
    pub(crate) migrates: bool,
    /// Where other servers of the database reach it, as far as that was said.
    pub(crate) instance_url: Option<InstanceUrl>,
    /// How it tells what happens.
    pub(crate) log_format: LogFormat,
}

/// Settles the arguments.
pub(crate) fn resolve(args: ServeArgs, context: &Context) -> ServeSettings {
    let ServeArgs {
        project,
        host,
        port,
        ssl_certfile,
        ssl_keyfile,
        no_auth,
        allow_host,
        studio,
        drain,
        log_format,
        instance_name,
        instance_url,
        no_redact_errors,
        no_strict,
        load_timeout,
        no_trace,
        state,
        no_migrate,
        ready_file,
        resumable_stream_ttl,
        code,
    } = args;
    let arguments = DevServerArgs {
        host: Some(host.unwrap_or(Ipv4Addr::UNSPECIFIED.into())),
        allow_host,
        port: Some(port.unwrap_or(PORT)),
        ssl_certfile,
        ssl_keyfile,
        no_browser: true,
        no_reload: true,
        // Nothing is saved for which something could be imported ahead.
        no_spare: true,
        no_trace,
        strict: !no_strict,
        no_strict,
        no_studio: !studio,
        load_timeout,
        state_dir: state.named(context),
        ready_file,
        resumable_stream_ttl,
        ..DevServerArgs::default()
    };
    let mut server = server::resolve(arguments, code, context);
    server.redact_errors = !no_redact_errors;
    server.purpose = Purpose::Production(Production {
        open: no_auth,
        instance: instance_name.unwrap_or_else(name_of_machine),
    });
    let for_a_person = context.is_seen();
    let usual = if for_a_person {
        LogFormat::Text
    } else {
        LogFormat::Json
    };
    ServeSettings {
        named: project.named(context),
        server,
        drain: drain.unwrap_or(DRAIN),
        migrates: !no_migrate,
        instance_url,
        log_format: log_format.unwrap_or(usual),
    }
}

fn name_of_machine() -> String {
    let name = nix::unistd::gethostname().ok();
    let name = name.map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| NAMELESS.to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};
    use crate::context::{Env, Terminal};

    fn settled(arguments: &[&str], terminal: Terminal) -> ServeSettings {
        let line = ["lgx", "serve"].iter().chain(arguments);
        let Command::Serve(args) = Cli::try_parse_from(line).unwrap().command else {
            panic!("another command");
        };
        let context = Context {
            env: Env::default(),
            cwd: "/project".into(),
            terminal,
        };
        resolve(args, &context)
    }

    #[test]
    fn without_arguments_it_is_for_others_and_keeps_errors_to_itself() {
        let settings = settled(&[], Terminal::default());
        let server = &settings.server;
        assert_eq!(
            (server.host, server.port),
            (IpAddr::from([0, 0, 0, 0]), 8000)
        );
        assert!(server.redact_errors && server.strict);
        assert!(!server.reload && !server.browser && !server.spare && !server.studio);
        assert_eq!(
            (settings.drain, settings.log_format),
            (Duration::from_secs(30), LogFormat::Json)
        );
        match &server.purpose {
            Purpose::Production(Production { open, instance }) => {
                assert!(!open && !instance.is_empty());
            }
            Purpose::Development => panic!("it is for others"),
        }
    }

    #[test]
    fn a_person_reads_text_unless_json_is_asked_for() {
        let seen = Terminal {
            stderr: true,
            ..Terminal::default()
        };
        let format = |arguments| settled(arguments, seen).log_format;
        assert_eq!(format(&[]), LogFormat::Text);
        assert_eq!(format(&["--log-format", "json"]), LogFormat::Json);
    }

    #[test]
    fn what_is_said_counts() {
        let arguments = [
            "--no-auth",
            "--no-redact-errors",
            "--no-strict",
            "--drain=2m",
            "--instance-name=api-1",
        ];
        let settings = settled(&arguments, Terminal::default());
        assert!(!settings.server.redact_errors && !settings.server.strict);
        assert_eq!(settings.drain, Duration::from_secs(120));
        let named = Production {
            open: true,
            instance: "api-1".to_owned(),
        };
        assert_eq!(settings.server.purpose, Purpose::Production(named));
    }
}
