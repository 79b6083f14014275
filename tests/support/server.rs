//! A running `lgx dev` or `lgx serve` that a test can ask, wait on, stop and kill.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::processes::descendants;
use crate::{Client, Lines, Project, Terminal, end_in_time, lgx, python_env};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server of one project. Killed when dropped.
pub struct DevServer {
    child: Child,
    url: String,
    ready_line: Value,
    stderr: Lines,
    ready_file: PathBuf,
    _temp: TempDir,
}

impl DevServer {
    /// Serves a project with the tests' own Python and waits until it answers.
    pub fn start(project: &Project, arguments: &[&str]) -> Result<Self> {
        let mut command = Self::command(project, arguments)?;
        command.env("LGX_PYTHON", python_env()?.python());
        Self::spawn(command)
    }

    /// The command that serves a project on any free port, with the interpreter still to be chosen.
    pub fn command(project: &Project, arguments: &[&str]) -> Result<Command> {
        let mut command = lgx()?;
        command
            .current_dir(project.dir())
            .args(["dev", "--no-browser", "--port", "0"])
            .args(arguments);
        Ok(command)
    }

    /// The command that serves a project in production on any free port, with the interpreter still to be chosen.
    pub fn production(project: &Project, arguments: &[&str]) -> Result<Command> {
        let mut command = lgx()?;
        command
            .current_dir(project.dir())
            .args(["serve", "--port", "0"])
            .args(arguments);
        Ok(command)
    }

    /// Runs such a command and waits for its ready line.
    pub fn spawn(command: Command) -> Result<Self> {
        Self::spawn_with(command, Stdio::null(), Stdio::piped(), None)
    }

    /// Serves a project on a terminal, where a person may type.
    pub fn start_on_terminal(project: &Project, arguments: &[&str]) -> Result<(Self, Terminal)> {
        let mut command = Self::command(project, arguments)?;
        command.env("LGX_PYTHON", python_env()?.python());
        command.env_remove("CI");
        let (terminal, stdin, stderr) = Terminal::open()?;
        let shown = terminal.lines()?;
        let server = Self::spawn_with(command, stdin.into(), stderr.into(), Some(shown))?;
        Ok((server, terminal))
    }

    fn spawn_with(
        command: Command,
        stdin: Stdio,
        stderr: Stdio,
        shown: Option<Lines>,
    ) -> Result<Self> {
        let (server, stdout) = Self::begin(command, stdin, stderr, shown)?;
        server.ready(&stdout)
    }

    /// Runs such a command, does something that it waits for, which has its stderr, and then waits for its ready line.
    pub fn spawn_awaiting<T>(
        command: Command,
        meanwhile: impl FnOnce(&Lines) -> Result<T>,
    ) -> Result<(Self, T)> {
        let (server, stdout) = Self::begin(command, Stdio::null(), Stdio::piped(), None)?;
        let done = meanwhile(&server.stderr)?;
        Ok((server.ready(&stdout)?, done))
    }

    /// Waits for its ready line.
    fn ready(mut self, stdout: &Lines) -> Result<Self> {
        let line = stdout
            .wait_for(0, PATIENCE, is_ready_line)
            .with_context(|| {
                format!(
                    "lgx did not become ready; its stderr:\n{}",
                    self.stderr.text()
                )
            })?;
        let ready: Value = serde_json::from_str(&line)?;
        ready["url"]
            .as_str()
            .context("the ready line names the URL")?
            .clone_into(&mut self.url);
        self.ready_line = ready;
        Ok(self)
    }

    /// Runs such a command and kills it alone once it is ready, or after `patience` if it is not ready by then.
    pub fn cut_short(command: Command, patience: Duration) -> Result<()> {
        let (server, stdout) = Self::begin(command, Stdio::null(), Stdio::piped(), None)?;
        // Whether it became ready is chance.
        drop(stdout.wait_for(0, patience, is_ready_line));
        server.kill()
    }

    /// Starts the command. The output is the one for scripts.
    fn begin(
        mut command: Command,
        stdin: Stdio,
        stderr: Stdio,
        shown: Option<Lines>,
    ) -> Result<(Self, Lines)> {
        let temp = TempDir::new()?;
        let ready_file = temp.path().join("ready");
        command.arg("--ready-file").arg(&ready_file);
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()?;
        // What it holds of our end of a terminal goes, so that the end of the child is seen.
        drop(command);
        let stdout = Lines::of(child.stdout.take().context("stdout is piped")?);
        let stderr = match shown {
            Some(shown) => shown,
            None => Lines::of(child.stderr.take().context("stderr is piped")?),
        };
        let server = Self {
            child,
            url: String::new(),
            ready_line: Value::Null,
            stderr,
            ready_file,
            _temp: temp,
        };
        Ok((server, stdout))
    }

    /// Where it is served.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it printed for scripts when it was ready.
    pub fn ready_line(&self) -> &Value {
        &self.ready_line
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The file that holds the URL while it is ready.
    pub fn ready_file(&self) -> &Path {
        &self.ready_file
    }

    /// What it has written to stderr.
    pub fn stderr(&self) -> &Lines {
        &self.stderr
    }

    /// Waits for a line on stderr, from line `from` on, that holds all of `parts`.
    pub fn wait_for_stderr(&self, from: usize, parts: &[&str]) -> Result<String> {
        self.stderr.wait_for(from, PATIENCE, |line| {
            parts.iter().all(|part| line.contains(part))
        })
    }

    /// Waits until a line has been begun on stderr that holds `part`, such as a prompt.
    pub fn wait_for_prompt(&self, part: &str) -> Result<()> {
        self.stderr.wait_for_beginning(PATIENCE, part)
    }

    /// Waits until it has ended by itself.
    pub fn wait(mut self) -> Result<ExitStatus> {
        end_in_time(&mut self.child)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The workers and whatever else it has started.
    pub fn children(&self) -> Result<Vec<u32>> {
        descendants(self.child.id())
    }

    /// Sends it a signal, and does not wait.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        send(self.child.id(), signal)
    }

    /// Asks it to end and waits until it has.
    pub fn stop(mut self, signal: Signal) -> Result<ExitStatus> {
        send(self.child.id(), signal)?;
        end_in_time(&mut self.child)
    }

    /// Kills it alone, with no chance to do anything about what it started.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        end_in_time(&mut self.child)?;
        Ok(())
    }

    /// Kills it and everything it started, at once, with no chance to save anything.
    pub fn kill_everything(mut self) -> Result<()> {
        let children = self.children()?;
        self.child.kill()?;
        for child in children {
            // Gone already is as good.
            drop(send(child, Signal::KILL));
        }
        end_in_time(&mut self.child)?;
        Ok(())
    }

    /// Kills the processes it started and leaves the server itself alone.
    pub fn kill_workers(&self) -> Result<()> {
        let children = self.children()?;
        ensure!(!children.is_empty(), "no worker is running");
        children
            .into_iter()
            .try_for_each(|child| send(child, Signal::KILL))
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(end_in_time(&mut self.child));
    }
}

fn is_ready_line(line: &str) -> bool {
    line.contains(r#""event":"ready""#)
}

pub(crate) fn send(process: u32, signal: Signal) -> Result<()> {
    let pid = Pid::from_raw(i32::try_from(process)?).context("a process id is not 0")?;
    Ok(kill_process(pid, signal)?)
}
