//! Clears whole nouns at once, as far as a caller may delete them, for tests that begin with an empty server.

use lgx_model::ThreadId;

use crate::sqlite::truncate as sql;
use crate::truncate::Truncation;
use crate::{Result, Store, WriteTime, sqlite};

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
        self.sqlite()
            .write_assistants(move |connection| {
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
