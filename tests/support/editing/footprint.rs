//! What a server takes while it has nothing to do.

use std::fmt;

use anyhow::{Context, Result, ensure};

use crate::{Alive, DevServer};

/// The worker that serves, the one that is ready, and what they are forked from.
const PROCESSES: usize = 3;
/// By how many files more there may be: connections of clients that are not closed yet, readers of the database.
const FILES: usize = 30;
/// By how many threads more there may be: those for blocking work come and go.
const THREADS: usize = 12;
/// By how much the memory may grow, in megabytes: what clients made meanwhile is in caches.
const MEGABYTES: usize = 40;

/// What lgx takes, without its workers but for their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footprint {
    processes: usize,
    threads: usize,
    files: usize,
    megabytes: usize,
}

impl Footprint {
    /// Waits until old workers have gone, and looks.
    pub(super) fn at_rest(server: &DevServer) -> Result<Self> {
        let children = loop {
            let children = server.children()?;
            if children.len() <= PROCESSES {
                break children;
            }
            Alive::of(&children)?.one_gone()?;
        };
        let process = format!("/proc/{}", server.pid());
        let status = fs_err::read_to_string(format!("{process}/status"))?;
        let field = |name: &str| -> Result<usize> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            Ok(number.with_context(|| format!("no {name}"))?.parse()?)
        };
        Ok(Self {
            processes: children.len(),
            threads: field("Threads:")?,
            files: fs_err::read_dir(format!("{process}/fd"))?.count(),
            megabytes: field("VmRSS:")? / 1024,
        })
    }

    /// Fails if this is more than `before`, beyond what comes and goes.
    pub(super) fn is_no_more_than(&self, before: &Self) -> Result<()> {
        ensure!(
            self.processes <= PROCESSES
                && self.threads <= before.threads + THREADS
                && self.files <= before.files + FILES
                && self.megabytes <= before.megabytes + MEGABYTES,
            "it had {before}, and has {self}"
        );
        Ok(())
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processes,
            threads,
            files,
            megabytes,
        } = self;
        write!(
            f,
            "{megabytes} MB, {threads} threads, {files} open files, {processes} processes of the project"
        )
    }
}
