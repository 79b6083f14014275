//! A worker's stdout and stderr, read line by line into the log; the last lines of stderr are kept for its obituary.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::task::JoinHandle;

use crate::{Callbacks, LogLine, LogStream};

/// Lines of stderr kept.
const TAIL: usize = 40;
/// A longer line is logged in pieces of this many bytes.
const LONGEST_LINE: usize = 64 * 1024;
/// How long the last lines may take to arrive once the process has gone.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Who hears what a process says. Nobody, before it is anybody's worker.
#[derive(Default)]
pub(crate) struct LogTarget {
    callbacks: Mutex<Option<Arc<dyn Callbacks>>>,
}

impl LogTarget {
    /// These hear it.
    pub(crate) fn of(callbacks: &Arc<dyn Callbacks>) -> Arc<Self> {
        let target = Self::default();
        target.set(Some(Arc::clone(callbacks)));
        Arc::new(target)
    }

    /// From now on these hear it, or nobody.
    pub(crate) fn set(&self, callbacks: Option<Arc<dyn Callbacks>>) {
        *self
            .callbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = callbacks;
    }

    /// Hands a line on.
    pub(crate) fn log(&self, line: LogLine) {
        let callbacks = self
            .callbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(callbacks) = callbacks {
            callbacks.log(line);
        }
    }
}

/// The output of one process.
pub(crate) struct Output {
    tail: Arc<Mutex<VecDeque<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Output {
    /// Starts to read.
    pub(crate) fn collect(stdout: Receiver, stderr: Receiver, log: &Arc<LogTarget>) -> Self {
        let tail = Arc::<Mutex<VecDeque<String>>>::default();
        let lines_of_stdout = {
            let log = Arc::clone(log);
            each_line(stdout, move |text| log.log(line(LogStream::Stdout, text)))
        };
        let lines_of_stderr = {
            let (log, tail) = (Arc::clone(log), Arc::clone(&tail));
            each_line(stderr, move |text| {
                let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
                if tail.len() == TAIL {
                    tail.pop_front();
                }
                tail.push_back(text.clone());
                drop(tail);
                log.log(line(LogStream::Stderr, text));
            })
        };
        let readers = vec![tokio::spawn(lines_of_stdout), tokio::spawn(lines_of_stderr)];
        Self { tail, readers }
    }

    /// The last lines of stderr of a process that has gone.
    pub(crate) async fn last_words(&mut self) -> Vec<String> {
        let readers = std::mem::take(&mut self.readers);
        let finished = async {
            for reader in readers {
                let _ = reader.await;
            }
        };
        // A process that left the group may hold the pipes for ever.
        let _ = tokio::time::timeout(LAST_LINES, finished).await;
        self.tail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }
}

fn line(stream: LogStream, text: String) -> LogLine {
    LogLine {
        run_id: None,
        stream,
        level: "info".to_owned(),
        logger: None,
        text,
        open: false,
        node: None,
        task_id: None,
    }
}

async fn each_line<R: AsyncRead + Unpin>(reader: R, mut take: impl FnMut(String)) {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    // An error ends the output as its end does.
    while let Ok(bytes) = reader.fill_buf().await {
        if bytes.is_empty() {
            break;
        }
        let room = LONGEST_LINE - line.len();
        let end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .filter(|end| *end <= room);
        let taken = end.unwrap_or(bytes.len().min(room));
        line.extend_from_slice(&bytes[..taken]);
        reader.consume(taken + usize::from(end.is_some()));
        if end.is_some() || line.len() == LONGEST_LINE {
            take(text(&line));
            line.clear();
        }
    }
    if !line.is_empty() {
        take(text(&line));
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(output: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        each_line(output, |line| lines.push(line)).await;
        lines
    }

    #[tokio::test]
    async fn lines_end_at_newlines_and_at_the_end() {
        assert_eq!(
            lines(b"one\r\n\ntwo \xff\nthree").await,
            ["one", "", "two \u{fffd}", "three"]
        );
        assert!(lines(b"").await.is_empty());
    }

    #[tokio::test]
    async fn a_line_without_end_comes_in_pieces() {
        let long = vec![b'x'; LONGEST_LINE + 5];
        let lengths: Vec<usize> = lines(&long).await.iter().map(String::len).collect();
        assert_eq!(lengths, [LONGEST_LINE, 5]);
    }
}
