//! What `lgx dev` is to serve, and how.

use std::path::PathBuf;

use lgx_devserver::{DebugPort, TunnelAudience};
use lgx_record::Mode;

use super::record;
use super::server::{self, ServerSettings, StateLife};
use crate::args::dev::DevArgs;
use crate::context::Context;

/// The project to serve, and how.
#[derive(Debug)]
pub(crate) struct DevSettings {
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// How to serve it.
    pub(crate) serve: ServerSettings,
}

/// Settles the arguments of `lgx dev`.
pub(crate) fn resolve(args: DevArgs, context: &Context) -> DevSettings {
    let DevArgs {
        project,
        fresh,
        ephemeral,
        on_reload,
        record,
        cassettes,
        serve,
        tunnel,
        debug,
        code,
    } = args;
    let mut serve = server::resolve(serve, code, context);
    serve.record = record.then(|| record::in_mode(Mode::Auto, cassettes, context));
    serve.debug = debug.debug_port.map(|port| DebugPort {
        port,
        wait: debug.wait_for_client,
    });
    serve.tunnel = match (tunnel.tunnel, tunnel.tunnel_open) {
        (true, true) => Some(TunnelAudience::Everybody),
        (true, false) => Some(TunnelAudience::LetIn),
        (false, _) => None,
    };
    serve.on_reload = on_reload;
    serve.state_life = match (fresh, ephemeral) {
        (_, true) => StateLife::Ephemeral,
        (true, false) => StateLife::Fresh,
        (false, false) => StateLife::Kept,
    };
    DevSettings {
        named: project.named(context),
        serve,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::code::CodeArgs;
    use crate::args::debug::DebugArgs;
    use crate::args::dev_server::DevServerArgs;
    use crate::args::project::ProjectArgs;
    use crate::args::record::CassettesArgs;
    use crate::args::tunnel::TunnelArgs;
    use crate::context::{Env, Terminal};

    #[test]
    fn paths_are_seen_from_the_current_directory() {
        let args = DevArgs {
            fresh: false,
            ephemeral: false,
            on_reload: None,
            record: false,
            cassettes: CassettesArgs::default(),
            project: ProjectArgs {
                path: None,
                config: Some("./sub/langgraph.json".into()),
            },
            serve: DevServerArgs {
                ready_file: Some("ready".into()),
                ..DevServerArgs::default()
            },
            tunnel: TunnelArgs::default(),
            debug: DebugArgs::default(),
            code: CodeArgs::default(),
        };
        let settings = resolve(
            args,
            &Context {
                env: Env::default(),
                cwd: "/project".into(),
                terminal: Terminal::default(),
            },
        );

        assert_eq!(
            settings.named,
            Some(PathBuf::from("/project/sub/langgraph.json"))
        );
        assert_eq!(
            settings.serve.ready_file,
            Some(PathBuf::from("/project/ready"))
        );
    }
}
