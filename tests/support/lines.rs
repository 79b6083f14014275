//! Lines of a child's output, collected by a thread, that a test can wait on.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

#[derive(Default)]
struct State {
    lines: Vec<String>,
    /// What has been written of the next line.
    begun: Vec<u8>,
    closed: bool,
}

impl State {
    fn take(&mut self, bytes: &[u8]) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let mut piece = pieces.next();
        while let Some(bytes) = piece {
            self.begun.extend_from_slice(bytes);
            piece = pieces.next();
            if piece.is_some() {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.begun);
        self.lines
            .push(String::from_utf8_lossy(&line).trim_end().to_owned());
    }

    fn close(&mut self) {
        if !self.begun.is_empty() {
            self.end_line();
        }
        self.closed = true;
    }
}

/// The output of a child so far.
#[derive(Clone)]
pub struct Lines {
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Lines {
    /// Collects what `source` yields until it ends.
    pub fn of(source: impl Read + Send + 'static) -> Self {
        let lines = Self {
            shared: Arc::default(),
        };
        let collected = lines.clone();
        std::thread::spawn(move || {
            let mut source = BufReader::new(source);
            while let Ok(bytes) = source.fill_buf() {
                let taken = bytes.len();
                if taken == 0 {
                    break;
                }
                collected.update(|state| state.take(bytes));
                source.consume(taken);
            }
            collected.update(State::close);
        });
        lines
    }

    /// How many lines there are, to wait for what comes after.
    pub fn len(&self) -> usize {
        self.lock().lines.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it as one text.
    pub fn text(&self) -> String {
        self.lock().lines.join("\n")
    }

    /// The first line from index `from` on that `wanted` accepts; waits for it until the output ends or `timeout` is over.
    pub fn wait_for(
        &self,
        from: usize,
        timeout: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        loop {
            if let Some(line) = state.lines.iter().skip(from).find(|line| wanted(line)) {
                return Ok(line.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed || left.is_zero() {
                let why = if state.closed {
                    "the output ended"
                } else {
                    "time is over"
                };
                bail!(
                    "{why} before the expected line was written; it was:\n{}",
                    state.lines.join("\n")
                );
            }
            state = self
                .shared
                .1
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits until a line has been begun and is not over that holds `part`, such as a prompt.
    pub fn wait_for_beginning(&self, timeout: Duration, part: &str) -> Result<()> {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        while !String::from_utf8_lossy(&state.begun).contains(part) {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed || left.is_zero() {
                bail!(
                    "no line began with {part:?}; it was:\n{}\n{}",
                    state.lines.join("\n"),
                    String::from_utf8_lossy(&state.begun)
                );
            }
            state = self
                .shared
                .1
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.shared.1.notify_all();
    }
}
