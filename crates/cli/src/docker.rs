//! Docker: found, asked whether it can do anything, and run with the terminal of this process.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::context::Context;
use crate::exit::Outcome;
use crate::signals::StopSignals;
use crate::ui::error::Advised;

/// The exit code of a shell for a command that a signal ended is this and its number.
const BY_SIGNAL: u8 = 128;

/// The program.
#[derive(Debug)]
pub(crate) struct Docker {
    program: PathBuf,
}

/// How compose is called: as a part of Docker, or by its own name.
#[derive(Debug)]
pub(crate) struct Compose {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Docker {
    /// The one on the PATH, if its engine runs.
    pub(crate) async fn ready(context: &Context) -> anyhow::Result<Self> {
        let program = context.find_command("docker").ok_or_else(|| {
            Advised::new(
                "there is no `docker` on the PATH",
                "install Docker: https://docs.docker.com/get-started/get-docker/; `lgx dockerfile` needs none",
            )
        })?;
        let docker = Self { program };
        let asked = Command::new(&docker.program)
            .args(["version", "--format", "{{.Server.Version}}"])
            .stdin(Stdio::null())
            .output()
            .await
            .with_context(|| format!("cannot run {}", docker.program.display()))?;
        if asked.status.success() {
            return Ok(docker);
        }
        let said = String::from_utf8_lossy(&asked.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        let cause = last.unwrap_or("it says nothing").trim().to_owned();
        Err(Advised::caused_by(
            anyhow::anyhow!(cause).context("the engine of Docker cannot be reached"),
            "start Docker, or let this user reach it",
        )
        .into())
    }

    /// Runs `docker` to its end.
    pub(crate) async fn run(&self, arguments: &[String]) -> anyhow::Result<Outcome> {
        let mut command = Command::new(&self.program);
        // The steps mount what they need, which the builder of old cannot.
        command.args(arguments).env("DOCKER_BUILDKIT", "1");
        run(command, None).await
    }

    /// Compose, if this Docker has it or the PATH does.
    pub(crate) async fn compose(&self, context: &Context) -> anyhow::Result<Compose> {
        let asked = Command::new(&self.program)
            .args(["compose", "version"])
            .stdin(Stdio::null())
            .output()
            .await?;
        if asked.status.success() {
            return Ok(Compose {
                program: self.program.clone(),
                arguments: vec!["compose".to_owned()],
            });
        }
        let program = context.find_command("docker-compose").ok_or_else(|| {
            Advised::new(
                "this Docker has no `compose`",
                "install its plugin: https://docs.docker.com/compose/install/",
            )
        })?;
        Ok(Compose {
            program,
            arguments: Vec::new(),
        })
    }
}

impl Compose {
    /// Runs it to its end; `file` is what it reads as `-f -`.
    pub(crate) async fn run(&self, arguments: &[String], file: &str) -> anyhow::Result<Outcome> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(arguments);
        run(command, Some(file)).await
    }
}

/// Runs a command to its end. Ctrl-C reaches it by itself, as it has the same terminal; other signals are passed on.
async fn run(mut command: Command, stdin: Option<&str>) -> anyhow::Result<Outcome> {
    let mut signals = StopSignals::catch().context("cannot listen for signals")?;
    if stdin.is_some() {
        command.stdin(Stdio::piped());
    }
    let program = command.as_std().get_program().display().to_string();
    let mut child = command
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    if let (Some(text), Some(mut pipe)) = (stdin, child.stdin.take()) {
        // One that ends before it has read everything says why itself.
        let _ = pipe.write_all(text.as_bytes()).await;
    }
    loop {
        tokio::select! {
            status = child.wait() => return Ok(outcome(status?)),
            signal = signals.received() => pass_on(&child, signal),
        }
    }
}

fn pass_on(child: &Child, signal: Signal) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let (true, Some(id)) = (signal != Signal::INT, id.and_then(Pid::from_raw)) {
        // It may just have ended.
        let _ = kill_process(id, signal);
    }
}

fn outcome(status: std::process::ExitStatus) -> Outcome {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .or_else(|| Some(BY_SIGNAL.saturating_add(u8::try_from(status.signal()?).ok()?)));
    match code {
        Some(0) => Outcome::Success,
        Some(code) => Outcome::Command(code),
        None => Outcome::Failure,
    }
}
