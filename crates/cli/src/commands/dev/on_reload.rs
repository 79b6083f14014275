//! `--on-reload`: a command that runs beside the server with each code that is loaded, and what is told of it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lgx_devserver::{Notice, Observer, Question};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::ui::folded::{self, FoldedCommand};
use crate::ui::reporter::Reporter;
use crate::ui::style;

/// How long a command may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(2);
/// How long the rest of its output may take to come.
const REST: Duration = Duration::from_millis(500);

/// What has been loaded so far.
#[derive(Debug, Clone, Copy, Default)]
struct Loads {
    count: u64,
    /// The server is about to end.
    over: bool,
}

/// Hears what the server tells, and counts what it loads.
#[derive(Debug)]
pub(super) struct LoadObserver {
    reporter: Arc<Reporter>,
    loads: watch::Sender<Loads>,
}

impl LoadObserver {
    /// Passes on to the reporter all that it hears.
    pub(super) fn new(reporter: Arc<Reporter>) -> Self {
        Self {
            reporter,
            loads: watch::Sender::default(),
        }
    }

    /// Code has been loaded.
    pub(super) fn loaded(&self) {
        self.loads.send_modify(|loads| loads.count += 1);
    }

    /// The server is about to end.
    pub(super) fn end(&self) {
        self.loads.send_modify(|loads| loads.over = true);
    }

    /// Resolves when the server is about to end.
    pub(super) async fn ended(&self) {
        // Whoever could tell is `self`.
        let _ = self.loads.subscribe().wait_for(|loads| loads.over).await;
    }
}

impl Observer for LoadObserver {
    fn notice(&self, notice: Notice) {
        let is_load = matches!(notice, Notice::Reloaded { .. });
        self.reporter.notice(notice);
        if is_load {
            self.loaded();
        }
    }

    fn ask(&self, question: Question) {
        self.reporter.ask(question);
    }

    fn questions_closed(&self) {
        self.reporter.questions_closed();
    }
}

/// The command.
pub(super) struct OnReload {
    /// As a shell reads it.
    pub(super) command: String,
    /// Its environment, with the address of the server.
    pub(super) variables: Vec<(OsString, OsString)>,
    /// Where it runs.
    pub(super) folder: PathBuf,
}

impl OnReload {
    /// Runs the command with each code that is loaded, until the server is about to end. When this is dropped, so is the command.
    pub(super) async fn run(&self, observer: &LoadObserver) {
        let mut loads = observer.loads.subscribe();
        let mut seen = 0;
        loop {
            match loads.wait_for(wanted_after(seen)).await.map(|loads| *loads) {
                Ok(Loads { over: false, count }) => seen = count,
                _ => return,
            }
            let mut started = match Started::start(self) {
                Ok(started) => started,
                Err(error) => {
                    let command = &self.command;
                    let word = style::error();
                    let said = format!("{word} `{command}` cannot be started: {error}");
                    observer.reporter.say(said);
                    return;
                }
            };
            tokio::select! {
                ended = started.ended() => match ended {
                    Ok(ended) => observer.reporter.say(folded::text(&self.command, &ended)),
                    Err(error) => {
                        let command = &self.command;
                        let word = style::error();
                        observer.reporter.say(format!("{word} `{command}` is lost: {error}"));
                    }
                },
                _ = loads.wait_for(wanted_after(seen)) => started.stop().await,
            }
        }
    }
}

/// Whether something newer has been loaded, or nothing will be.
fn wanted_after(seen: u64) -> impl FnMut(&Loads) -> bool {
    move |loads| loads.over || loads.count > seen
}

/// The command while it runs, in a process group of its own. When it is dropped, all of the group are killed.
struct Started {
    child: Child,
    /// The group; none once it is over.
    group: Option<Pid>,
    output: BufReader<pipe::Receiver>,
    tail: Tail,
    began: Instant,
}

impl Started {
    fn start(what: &OnReload) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let output = pipe::Receiver::from_owned_fd(reader.into())?;
        let child = Command::new("sh")
            .arg("-c")
            .arg(&what.command)
            .env_clear()
            .envs(what.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(&what.folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok());
        Ok(Self {
            child,
            group: group.and_then(Pid::from_raw),
            output: BufReader::new(output),
            tail: Tail::default(),
            began: Instant::now(),
        })
    }

    /// Reads what it prints until it ends.
    async fn ended(&mut self) -> io::Result<FoldedCommand> {
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status?,
                read = self.tail.read(&mut self.output) => if !read? {
                    break self.child.wait().await?;
                },
            }
        };
        let took = self.began.elapsed();
        // What it left running goes with it, and so do the other ends of the pipe.
        self.signal(Signal::KILL);
        self.group = None;
        let rest = async { while matches!(self.tail.read(&mut self.output).await, Ok(true)) {} };
        let _ = timeout(REST, rest).await;
        Ok(self.tail.ended(status, took))
    }

    /// Ends it, and waits until it has.
    async fn stop(mut self) {
        self.signal(Signal::TERM);
        let _ = timeout(GRACE, self.ended()).await;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // All may have gone.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// The last lines of an output.
#[derive(Debug, Default)]
struct Tail {
    lines: VecDeque<String>,
    left_out: usize,
    /// What has come of a line that is not over.
    begun: Vec<u8>,
}

impl Tail {
    /// Takes what has come; false at the end of the output.
    async fn read(&mut self, output: &mut BufReader<pipe::Receiver>) -> io::Result<bool> {
        let bytes = output.fill_buf().await?;
        let count = bytes.len();
        self.take(bytes);
        output.consume(count);
        Ok(count > 0)
    }

    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = folded::LONGEST.saturating_sub(self.begun.len());
            self.begun
                .extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.begun);
        let line = String::from_utf8_lossy(&line);
        self.lines.push_back(line.trim_end().to_owned());
        if self.lines.len() > folded::SHOWN {
            self.lines.pop_front();
            self.left_out += 1;
        }
    }

    fn ended(&mut self, status: ExitStatus, took: Duration) -> FoldedCommand {
        if !self.begun.is_empty() {
            self.end_line();
        }
        FoldedCommand {
            status,
            took,
            lines: std::mem::take(&mut self.lines).into(),
            left_out: self.left_out,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn the_last_lines_stay_and_none_is_too_long() {
        let mut tail = Tail::default();
        for number in 0..40 {
            tail.take(format!("line {number}").as_bytes());
            tail.take(b"\n");
        }
        tail.take(&vec![b'x'; 3 * folded::LONGEST]);
        let ended = tail.ended(ExitStatus::from_raw(256), Duration::ZERO);

        assert_eq!(ended.lines.len(), folded::SHOWN);
        assert_eq!(ended.left_out, 41 - folded::SHOWN);
        assert_eq!(ended.lines[0], format!("line {}", 41 - folded::SHOWN));
        assert_eq!(ended.lines.last().map(String::len), Some(folded::LONGEST));
    }
}
