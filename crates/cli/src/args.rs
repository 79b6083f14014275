//! The command line of `lgx`; the doc comments are its help.

pub(crate) mod address;
pub(crate) mod cassettes;
pub(crate) mod check;
pub(crate) mod code;
pub(crate) mod completions;
pub(crate) mod debug;
pub(crate) mod dev;
pub(crate) mod dev_server;
pub(crate) mod doctor;
pub(crate) mod duration;
pub(crate) mod exec;
pub(crate) mod graph;
pub(crate) mod image;
pub(crate) mod init;
pub(crate) mod interpreters;
pub(crate) mod man;
pub(crate) mod migrate;
pub(crate) mod new;
pub(crate) mod project;
pub(crate) mod record;
pub(crate) mod reset;
pub(crate) mod serve;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod talk;
pub(crate) mod trust;
pub(crate) mod tunnel;

use clap::{Parser, Subcommand};

/// Create LangGraph projects and serve them on your own machine
///
/// No account and no network is needed. `lgx new` makes a project, `lgx dev` serves it with the Agent Server API and brings up new code as you save it.
#[derive(Debug, Parser)]
#[command(name = "lgx", version, max_term_width = 100, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(new::NewArgs),
    Init(init::InitArgs),
    Dev(dev::DevArgs),
    Serve(serve::ServeArgs),
    Migrate(migrate::MigrateArgs),
    Check(check::CheckArgs),
    Validate(check::ValidateArgs),
    Run(talk::RunArgs),
    Chat(talk::ChatArgs),
    Exec(exec::ExecArgs),
    Cassettes(cassettes::CassettesCommand),
    Graph(graph::GraphArgs),
    Dockerfile(image::DockerfileArgs),
    Build(image::BuildArgs),
    Up(image::UpArgs),
    Status(status::StatusArgs),
    State(state::StateCommand),
    Reset(reset::ResetArgs),
    Doctor(doctor::DoctorArgs),
    Trust(trust::TrustArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    /// Print the version
    Version,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done (also: a server stopped with SIGTERM), 1 failed, 2 wrong command line, 3 a graph waits for an answer, 130 interrupted with Ctrl-C";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
