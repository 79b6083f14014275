//! Operations on assistants and their versions.

use lgx_model::query::{AssistantQuery, Page, Rows};
use lgx_model::{Assistant, AssistantId, AssistantVersion, JsonObject, ThreadId, Timestamp};
use serde_json::Value;

use crate::assistants::{DefaultAssistant, KnownAssistant};
#[cfg(feature = "postgres")]
use crate::postgres::{Session, assistants as in_postgres};
use crate::sqlite::{Sqlite, assistants as in_sqlite};
use crate::store::Backend;
use crate::{Creation, Result, Scope, Store, WriteTime};

impl Store {
    /// Makes the default assistants those of the configured graphs: missing ones are made, changed ones are made new, those of
    /// other graphs go. Unchanged ones and users' own stay as they are, and so do all while another instance serves what is newer.
    ///
    /// Takes no scope: default assistants are the server's own.
    pub async fn sync_default_assistants(
        &self,
        graphs: Vec<DefaultAssistant>,
        now: Timestamp,
    ) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write_assistants(move |connection| {
                        in_sqlite::sync_defaults(connection, &graphs, now)
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let me = postgres.me();
                let write = move |session: Session| async move {
                    in_postgres::sync_defaults(&session, &graphs, now, me).await?;
                    session.commit(()).await
                };
                postgres.write([], write).await
            }
        }
    }

    /// The assistant, if it is there and the caller may see it.
    pub async fn get_assistant(
        &self,
        assistant_id: AssistantId,
        scope: &Scope,
    ) -> Result<Option<Assistant>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| in_sqlite::get(connection, assistant_id, &scope))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::get(&postgres.look().await?, assistant_id, scope).await
            }
        }
    }

    /// The assistant, if it is there and the caller may run it: everybody may run default assistants.
    pub async fn get_runnable_assistant(
        &self,
        assistant_id: AssistantId,
        scope: &Scope,
    ) -> Result<Option<Assistant>> {
        let found = match &self.backend {
            Backend::Sqlite(sqlite) => match sqlite.assistants.get(assistant_id) {
                Some(found) => Some(found),
                None => look_up(sqlite, assistant_id).await?,
            },
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::known(&postgres.look().await?, assistant_id).await?
            }
        };
        let runnable =
            |found: &KnownAssistant| found.is_default || scope.allows(&found.assistant.metadata);
        Ok(found.filter(runnable).map(|found| found.assistant))
    }

    /// The configuration of the assistant that a thread's metadata names, for the graph that reads or writes the thread's state: a factory
    /// builds the same graph for that as for the runs. Empty if there is no such assistant.
    ///
    /// Takes no scope: the caller was let in to the thread, and is not shown the assistant.
    pub async fn get_config_of_thread(&self, metadata: &JsonObject) -> Result<JsonObject> {
        let named = metadata.get("assistant_id").and_then(Value::as_str);
        let Some(assistant_id) = named.and_then(|id| id.parse().ok()) else {
            return Ok(JsonObject::new());
        };
        let found = match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .read(move |connection| in_sqlite::find(connection, assistant_id))
                    .await?
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::find(&postgres.look().await?, assistant_id).await?
            }
        };
        Ok(found.map(|assistant| assistant.config).unwrap_or_default())
    }

    /// The assistants that match, one page of them.
    pub async fn search_assistants(
        &self,
        query: AssistantQuery,
        page: Page,
        scope: &Scope,
    ) -> Result<Rows<Assistant>> {
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

    /// How many assistants match.
    pub async fn count_assistants(&self, query: AssistantQuery, scope: &Scope) -> Result<u64> {
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

    /// Makes an assistant with its first version unless there is one of its id.
    pub async fn create_assistant(
        &self,
        assistant: Assistant,
        scope: &Scope,
    ) -> Result<Creation<Assistant>> {
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write_assistants(move |connection| {
                        in_sqlite::create(connection, &assistant, &scope)
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let made = in_postgres::create(&session, &assistant, &scope).await?;
                    session.commit(made).await
                };
                postgres.write([], write).await
            }
        }
    }

    /// Changes an assistant, which makes a new version of it: the highest number so far and one more. Nothing when it is not
    /// there or the caller may not see it.
    pub async fn change_assistant(
        &self,
        assistant_id: AssistantId,
        scope: &Scope,
        now: impl Into<WriteTime>,
        change: impl FnOnce(&mut Assistant) + Send + 'static,
    ) -> Result<Option<Assistant>> {
        let now = now.into();
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write_assistants(move |connection| {
                        in_sqlite::change(connection, assistant_id, &scope, now.instant(), change)
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let changed =
                        in_postgres::change(&session, assistant_id, &scope, now, change).await?;
                    session.commit(changed).await
                };
                postgres.write([], write).await
            }
        }
    }

    /// The versions of an assistant whose metadata contains `metadata`, newest first. Nothing when the assistant is not there or
    /// the caller may not see it.
    pub async fn list_assistant_versions(
        &self,
        assistant_id: AssistantId,
        metadata: JsonObject,
        page: Page,
        scope: &Scope,
    ) -> Result<Option<Vec<AssistantVersion>>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let scope = scope.clone();
                sqlite
                    .read(move |connection| {
                        in_sqlite::versions(connection, assistant_id, &metadata, page, &scope)
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.read().await?;
                in_postgres::versions(&session, assistant_id, &metadata, page, scope).await
            }
        }
    }

    /// Makes a version the one that is shown and run, with everything in it. Nothing when there is no such version, or the caller
    /// may not see the assistant.
    pub async fn restore_assistant_version(
        &self,
        assistant_id: AssistantId,
        version: i64,
        scope: &Scope,
        now: impl Into<WriteTime>,
    ) -> Result<Option<Assistant>> {
        let now = now.into();
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write_assistants(move |connection| {
                        in_sqlite::restore(connection, assistant_id, version, &scope, now.instant())
                    })
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let restored =
                        in_postgres::restore(&session, assistant_id, version, &scope, now).await?;
                    session.commit(restored).await
                };
                postgres.write([], write).await
            }
        }
    }

    /// Deletes an assistant with its versions and crons, and those threads of it that `threads` allows, if given. A default assistant
    /// is back at once as its graph has it, since runs name it by the graph. Nothing when it is not there or the caller may not see it.
    ///
    /// `in_commit_order` is told which threads end; see [`Store`].
    pub async fn delete_assistant<R: Send + 'static>(
        &self,
        assistant_id: AssistantId,
        scope: &Scope,
        threads: Option<Scope>,
        now: impl Into<WriteTime>,
        in_commit_order: impl FnOnce(Vec<ThreadId>) -> R + Send + 'static,
    ) -> Result<Option<R>> {
        let now = now.into();
        let scope = scope.clone();
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let write = move |connection: &_| {
                    let (threads, now) = (threads.as_ref(), now.instant());
                    let ended = in_sqlite::delete(connection, assistant_id, &scope, threads, now)?;
                    Ok(ended.map(in_commit_order))
                };
                sqlite.write_assistants(write).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let (threads, now) = (threads.as_ref(), now.instant());
                    let ended =
                        in_postgres::delete(&session, assistant_id, &scope, threads, now).await?;
                    session.commit(ended.map(in_commit_order)).await
                };
                postgres.write([], write).await
            }
        }
    }
}

/// The assistant from the database, remembered for the next run.
async fn look_up(sqlite: &Sqlite, assistant_id: AssistantId) -> Result<Option<KnownAssistant>> {
    let before = sqlite.assistants.changes();
    let found = sqlite
        .read(move |connection| in_sqlite::known(connection, assistant_id))
        .await?;
    if let Some(found) = &found {
        sqlite.assistants.remember(found, before);
    }
    Ok(found)
}
