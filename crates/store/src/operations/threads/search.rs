//! Operations that find threads.

use lgx_model::Thread;
use lgx_model::query::{Page, Rows, ThreadQuery};

#[cfg(feature = "postgres")]
use crate::postgres::threads as in_postgres;
use crate::sqlite::threads as in_sqlite;
use crate::store::Backend;
use crate::threads::words::{WordSearch, WordsFound};
use crate::{Result, Scope, Store};

impl Store {
    /// The threads that match, one page of them.
    pub async fn search_threads(
        &self,
        query: ThreadQuery,
        page: Page,
        scope: &Scope,
    ) -> Result<Rows<Thread>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| in_sqlite::search(connection, &query, page, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::search(&postgres.read().await?, &query, page, scope).await
            }
        }
    }

    /// How many threads match.
    pub async fn count_threads(&self, query: ThreadQuery, scope: &Scope) -> Result<u64> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| in_sqlite::count(connection, &query, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::count(&postgres.look().await?, &query, scope).await
            }
        }
    }

    /// The threads that have words in their metadata or their state, as far as one look goes.
    pub async fn find_threads_with_words(
        &self,
        search: WordSearch,
        scope: &Scope,
    ) -> Result<WordsFound> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| in_sqlite::find_words(connection, &search, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::find_words(&postgres.read().await?, &search, scope).await
            }
        }
    }
}
