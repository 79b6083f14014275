//! `lgx exec`: runs a command against a server that lives as long as it does.

mod cassettes;
pub(crate) mod environment;
mod group;
mod record;
mod supervisor;
mod terminal;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use lgx_config::Severity;
use lgx_devserver::Observer;
use lgx_record::Mode;
use tempfile::TempDir;
use tokio::runtime::Builder;

use self::cassettes::UsedCassettes;
use self::environment::NoProgram;
use self::record::{Ended, Record, Recorder};
use self::supervisor::{Finished, Planned, Supervisor};
use crate::commands::dev;
use crate::commands::served::Served;
use crate::context::Context;
use crate::disk::Disk;
use crate::env_names;
use crate::exit::Outcome;
use crate::interpreter::{self, AskedFor};
use crate::project;
use crate::settings::exec::ExecSettings;
use crate::ui::annotation::Annotation;
use crate::ui::error::{self, Advised};
use crate::ui::held::Held;
use crate::ui::notices::View;
use crate::ui::reporter::Reporter;
use crate::ui::{printer, style};

/// The exit codes of shells for a command that is not there, and for one that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;

/// Runs the command.
pub(crate) fn run(settings: &ExecSettings, context: &Context) -> anyhow::Result<Outcome> {
    let config = dev::locate(settings.named.as_deref(), "exec", context)?;
    let project = project::directory_of(&config);
    let asked_for = AskedFor {
        python: settings.serve.python.as_deref(),
        node: settings.serve.node.as_deref(),
    };
    let interpreters = interpreter::for_project(project, asked_for, context)?;
    let state = State::of(settings)?;
    let mut serve = settings.serve.clone();
    serve.state_dir = Some(state.directory());

    let held = Held::default();
    let (reporter, printing) = report(settings, &held, context).context("cannot start a thread")?;
    let reporter = Arc::new(reporter);
    let recorder = Arc::new(Recorder::new(Arc::clone(&reporter)));
    let served = Served {
        database: None,
        config: &config,
        settings: &serve,
        interpreters: &interpreters,
        context,
        encryption: None,
        observer: Arc::clone(&recorder) as Arc<dyn Observer>,
    };
    let variables = environment::variables(served.environment(), project, &interpreters, &Disk);
    let command = match planned(&settings.command, variables, context) {
        Ok(command) => command,
        Err((code, error)) => {
            printer::say(error::render(&error.into()));
            return Ok(Outcome::Command(code));
        }
    };
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let supervisor = Supervisor {
        served,
        reporter: Arc::clone(&reporter),
        recorder: Arc::clone(&recorder),
        says_ready: settings.verbose,
        records: format!("lgx exec --mode auto -- {}", shown(&settings.command)),
    };
    let finished = runtime.block_on(supervisor.run(command));
    reporter.end(printing);
    // What does not end by itself must not keep the process alive.
    runtime.shutdown_background();
    drop(state);
    let record = recorder.so_far();
    tell(&finished, &held, &record, settings, context)?;
    let went_well = |outcome: &Outcome| outcome.code() == 0;
    match finished.outcome {
        Ok(outcome) if went_well(&outcome) && missing(&record, settings) > 0 => {
            Ok(Outcome::Failure)
        }
        outcome => outcome,
    }
}

/// How many calls of models a replay has left without an answer. That is a failure, whatever the command made of it.
fn missing(record: &Record, settings: &ExecSettings) -> usize {
    let recorded = settings.serve.record.as_ref();
    let replays = recorded.is_some_and(|recorded| recorded.mode == Mode::Replay);
    if replays { record.unanswered } else { 0 }
}

/// Where the server keeps its state.
enum State {
    /// As long as the command runs.
    Temporary(TempDir),
    /// Where it was asked for.
    Kept(PathBuf),
}

impl State {
    fn of(settings: &ExecSettings) -> anyhow::Result<Self> {
        match &settings.serve.state_dir {
            Some(directory) => Ok(Self::Kept(directory.clone())),
            None => tempfile::Builder::new()
                .prefix("lgx-exec-")
                .tempdir()
                .map(Self::Temporary)
                .context("cannot make a temporary directory for the state"),
        }
    }

    fn directory(&self) -> PathBuf {
        match self {
            Self::Temporary(directory) => directory.path().to_owned(),
            Self::Kept(directory) => directory.clone(),
        }
    }
}

/// Begins to print, or to hold back what would be printed.
fn report(
    settings: &ExecSettings,
    held: &Held,
    context: &Context,
) -> std::io::Result<(Reporter, crate::ui::reporter::Printing)> {
    let view = View {
        level: settings.serve.log_level,
        root: context.cwd.clone(),
        shows_runs: true,
    };
    if settings.verbose {
        Reporter::start(view, false, None)
    } else {
        Reporter::start_on(held.clone(), view, false, None)
    }
}

/// The command, if there is such a program; else the exit code that says so, and why.
fn planned<'a>(
    command: &'a [OsString],
    variables: Vec<(OsString, OsString)>,
    context: &Context,
) -> Result<Planned<'a>, (u8, Advised)> {
    let Some((name, arguments)) = command.split_first() else {
        let none = Advised::new("there is no command to run", "name one after `--`");
        return Err((Outcome::Usage.code(), none));
    };
    let shown = name.display();
    match environment::program(name, &variables, context, &Disk) {
        Ok(program) => Ok(Planned {
            program,
            name,
            arguments,
            variables,
        }),
        Err(NoProgram::NotFound) => {
            let error = Advised::new(
                format!("there is no command `{shown}`"),
                "is it installed in the project's environment, or spelt otherwise?",
            );
            Err((NOT_FOUND, error))
        }
        Err(NoProgram::NotExecutable(file)) => {
            let file = file.display();
            let error = Advised::new(
                format!("{file} cannot be run: it is no executable file"),
                format!("run it with its interpreter, or: chmod +x {file}"),
            );
            Err((NOT_EXECUTABLE, error))
        }
    }
}

/// Shows what was held back if the command failed, and tells a workflow of GitHub what it wants to know.
fn tell(
    finished: &Finished,
    held: &Held,
    record: &Record,
    settings: &ExecSettings,
    context: &Context,
) -> anyhow::Result<()> {
    let ended = match &finished.outcome {
        Ok(outcome) => outcome.code(),
        Err(_) => Outcome::Failure.code(),
    };
    let missing = missing(record, settings);
    let code = if ended == 0 && missing > 0 {
        Outcome::Failure.code()
    } else {
        ended
    };
    // Who interrupts the command knows why it ended.
    let shows = code != 0 && code != Outcome::Interrupted.code();
    let said = held.take();
    if shows && !said.is_empty() {
        if finished.took.is_some() && finished.outcome.is_ok() {
            let note = style::strong("note:");
            printer::say(format_args!(
                "{note} the command ended with exit code {ended}; the server said:"
            ));
        }
        printer::say(said.trim_end());
    }
    let root = context.env.path(env_names::GITHUB_WORKSPACE);
    let root = root.unwrap_or(&context.cwd);
    if settings.annotates {
        // A run that fails may be what a test wants to see; the configuration is as it is.
        let wrong = record.wrong.iter();
        let wrong = wrong.filter(|it| shows || it.severity == Severity::Warning);
        wrong.for_each(|it| printer::say(it.render(root)));
    }
    let library = finished.library.as_ref();
    let cassettes = library.and_then(|library| UsedCassettes::of(library, code, context));
    if let Some(cassettes) = &cassettes {
        cassettes.tell(&record.heard);
        if settings.annotates {
            let heard = record.heard.iter().take(cassettes::MOST);
            heard.for_each(|told| printer::say(Annotation::of_told(told).render(root)));
        }
        cassettes::tell_missing(missing, ended);
    }
    if settings.summary {
        let ended = Ended {
            command: &shown(&settings.command),
            code,
            ready: finished.ready,
            took: finished.took,
            cassettes: cassettes.as_ref(),
        };
        summarize(&record.summary(&ended, root), context)?;
    }
    Ok(())
}

/// The command as it was written, more or less: for people.
fn shown(command: &[OsString]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ").replace(['`', '\n'], " ")
}

/// Adds to the summary of the job, where there is one.
fn summarize(text: &str, context: &Context) -> anyhow::Result<()> {
    let Some(file) = context.env.path(env_names::GITHUB_STEP_SUMMARY) else {
        let name = env_names::GITHUB_STEP_SUMMARY;
        printer::say(format_args!(
            "{} there is no summary, because {name} names no file",
            style::warning()
        ));
        return Ok(());
    };
    append(file, text).context("cannot write the summary of the job")
}

fn append(file: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs_err::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)?;
    file.write_all(text.as_bytes())
}
