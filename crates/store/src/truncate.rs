//! Clears whole nouns at once, as far as a caller may delete them, for tests that begin with an empty server.

use lgx_model::ThreadId;
use lgx_model::item::Namespace;

use crate::sqlite::truncate as sql;
use crate::{Result, Scope, Store, WriteTime, sqlite};

/// What to clear of the threads that the caller may delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfThreads {
    /// All of them, with everything that belongs to them.
    All,
    /// Some of what belongs to them. Runs that have not ended go in any case.
    Only {
        /// Their runs.
        runs: bool,
        /// Their checkpoints, and so their values.
        checkpoints: bool,
    },
}

/// What to clear, and which of it the caller may delete.
#[derive(Debug, Clone, Default)]
pub struct Truncation {
    /// Threads, or what belongs to them.
    pub threads: Option<(OfThreads, Scope)>,
    /// Assistants with their versions and crons. Default ones are back at once as their graphs have them.
    pub assistants: Option<Scope>,
    /// The items of a namespace and of those below it.
    pub items: Option<Namespace>,
}

impl Store {
    /// Clears all of it in one transaction.
    ///
    /// `in_commit_order` is told which threads end or lose their runs; see [`Store`].
    pub async fn truncate<R: Send + 'static>(
        &self,
        what: Truncation,
        now: impl Into<WriteTime>,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<R> {
        let now = now.into();
        self.sqlite
            .write(move |connection| {
                let now = now.instant();
                let emptied = match what.threads {
                    Some((of_threads, scope)) => sql::threads(connection, of_threads, &scope, now)?,
                    None => Vec::new(),
                };
                if let Some(scope) = what.assistants {
                    sql::assistants(connection, &scope, now)?;
                }
                if let Some(namespace) = what.items {
                    sqlite::items::clear(connection, &namespace)?;
                }
                Ok(in_commit_order(emptied))
            })
            .await
    }
}
