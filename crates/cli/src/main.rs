//! The binary `lgx`: scaffolds LangGraph projects and serves them on the developer's own machine.

#[cfg(target_os = "linux")]
mod allocator;
mod args;
mod browser;
mod check;
mod client;
mod cloudflared;
mod commands;
mod context;
mod descriptors;
mod dialogue;
mod discovery;
mod disk;
mod docker;
mod doctor;
mod editor;
mod encryption;
mod env_names;
mod exit;
mod graph;
mod image;
mod installation;
mod interpreter;
mod line_diff;
mod local_authority;
mod network;
mod package_manager;
mod project;
mod ready_file;
mod remedy;
mod scaffold;
mod server_file;
mod settings;
mod shell;
mod signals;
mod trial;
mod ui;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::context::Context;
use crate::exit::Outcome;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version come this way too, with code 0. Nobody is left to tell when it cannot be printed.
        Err(message) => {
            let _ = message.print();
            return if message.use_stderr() {
                Outcome::Usage
            } else {
                Outcome::Success
            }
            .into();
        }
    };
    let context = Context::of_process();
    ui::tracing::init(&context);
    run(cli, &context)
        .unwrap_or_else(|error| {
            ui::printer::say(ui::error::render(&error));
            Outcome::Failure
        })
        .into()
}

fn run(cli: Cli, context: &Context) -> anyhow::Result<Outcome> {
    match cli.command {
        Command::New(args) => commands::new::run(settings::new::resolve(args, context), context),
        Command::Init(args) => commands::init::run(&args, context),
        Command::Check(args) => {
            commands::check::run(&settings::check::resolve(args, context), context)
        }
        Command::Validate(args) => {
            commands::check::run(&settings::check::resolve_validate(args, context), context)
        }
        Command::Cassettes(args) => commands::cassettes::run(args, context),
        Command::Graph(args) => {
            commands::graph::run(&settings::graph::resolve(args, context), context)
        }
        Command::Dockerfile(args) => commands::dockerfile::run(args, context),
        Command::Build(args) => commands::build::run(args, context),
        Command::Up(args) => commands::up::run(args, context),
        Command::Status(args) => {
            commands::status::run(&settings::status::resolve(args, context), context)
        }
        Command::Reset(args) => {
            commands::reset::run(&settings::reset::resolve(args, context), context)
        }
        Command::State(args) => commands::state::run(args, context),
        Command::Migrate(args) => commands::migrate::run(args, context),
        Command::Doctor(args) => {
            commands::doctor::run(&settings::doctor::resolve(args, context), context)
        }
        Command::Trust(args) => commands::trust::run(&args, context),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args, context),
        Command::Version => commands::version::run(),
        Command::Dev(args) => commands::dev::run(&settings::dev::resolve(args, context), context),
        Command::Serve(args) => {
            commands::serve::run(&settings::serve::resolve(args, context), context)
        }
        Command::Run(args) => commands::run::run(args, context),
        Command::Chat(args) => commands::chat::run(args, context),
        Command::Exec(args) => {
            commands::exec::run(&settings::exec::resolve(args, context), context)
        }
    }
}
