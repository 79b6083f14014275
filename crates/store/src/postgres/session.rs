//! A connection that somebody has for a while: statements on it, and the transaction that they are in.
//!
//! What is waited for is the way to the database and back. So a transaction begins on the way of its first statement, and statements that do
//! not need each other's answers go together ([`Session::together`]).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::future::{join, try_join_all};
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row, RowStream};

use super::wake::WakeUps;
use crate::instances::Hint;
use crate::{Result, Unavailable};

/// How long the database may take to answer. One that does not cannot be reached, for whoever asked: he is told, and can come again.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// A parameter of a statement.
pub(crate) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// A connection from the pool, to which it goes back when this is dropped; a transaction that was not committed is undone then.
pub(crate) struct Session {
    client: Option<Object>,
    /// How the transaction begins, as long as it has not.
    begin: Mutex<Option<&'static str>>,
    in_transaction: bool,
    /// What others are told once it is committed, and by whom.
    hints: Mutex<Vec<Hint>>,
    tells: Option<Arc<WakeUps>>,
    /// Whether it has not answered: what it still may say is nobody's answer.
    is_silent: AtomicBool,
}

impl Session {
    /// Without a transaction: each statement is one of its own.
    pub(super) const fn bare(client: Object) -> Self {
        Self {
            client: Some(client),
            begin: Mutex::new(None),
            in_transaction: false,
            hints: Mutex::new(Vec::new()),
            tells: None,
            is_silent: AtomicBool::new(false),
        }
    }

    /// In a transaction that begins with this.
    pub(super) const fn begun(client: Object, begin: &'static str) -> Self {
        Self {
            client: Some(client),
            begin: Mutex::new(Some(begin)),
            in_transaction: true,
            hints: Mutex::new(Vec::new()),
            tells: None,
            is_silent: AtomicBool::new(false),
        }
    }

    /// With somebody who tells others of what was done.
    pub(super) fn telling(mut self, tells: Option<Arc<WakeUps>>) -> Self {
        self.tells = tells;
        self
    }

    /// Has others told, once what was done is committed.
    pub(crate) fn hint(&self, hints: impl IntoIterator<Item = Hint>) {
        if self.tells.is_some() {
            let mut all = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(hints);
        }
    }

    /// All rows of a statement.
    pub(crate) async fn rows(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>> {
        let client = self.client()?;
        let statement = self.answered(Box::pin(client.prepare_cached(sql))).await?;
        self.begun_with(client.query(&statement, parameters)).await
    }

    /// The row of a statement that gives one at most.
    pub(crate) async fn row(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Option<Row>> {
        let client = self.client()?;
        let statement = self.answered(Box::pin(client.prepare_cached(sql))).await?;
        let row = client.query_opt(&statement, parameters);
        self.begun_with(row).await
    }

    /// Whether a statement gives any row.
    pub(crate) async fn exists(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<bool> {
        Ok(!self.rows(sql, parameters).await?.is_empty())
    }

    /// How many rows a statement changed.
    pub(crate) async fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64> {
        let client = self.client()?;
        let statement = self.answered(Box::pin(client.prepare_cached(sql))).await?;
        let done = client.execute(&statement, parameters);
        self.begun_with(done).await
    }

    /// The rows of each of these statements, which are sent at once and done one after the other.
    pub(crate) async fn together(
        &self,
        statements: &[(&str, &[Parameter<'_>])],
    ) -> Result<Vec<Vec<Row>>> {
        let client = self.client()?;
        let mut prepared = Vec::with_capacity(statements.len());
        for (sql, _) in statements {
            // Before the first is sent: they would overtake one that has to wait for this.
            prepared.push(self.answered(Box::pin(client.prepare_cached(sql))).await?);
        }
        let all = prepared.iter().zip(statements);
        let all = all.map(|(statement, (_, parameters))| client.query(statement, parameters));
        self.begun_with(try_join_all(all)).await
    }

    /// The rows of a statement that is put together for this once, with the types of its parameters: nothing is kept of it, and it is
    /// planned for what is asked.
    pub(crate) async fn rows_once(
        &self,
        sql: &str,
        parameters: &[(Parameter<'_>, Type)],
    ) -> Result<Vec<Row>> {
        let rows = self.client()?.query_typed(sql, parameters);
        self.begun_with(rows).await
    }

    /// The same, one row after the other.
    pub(crate) async fn stream_once(
        &self,
        sql: &str,
        parameters: &[(Parameter<'_>, Type)],
    ) -> Result<RowStream> {
        let parameters = parameters.iter().map(|(value, of)| (*value, of.clone()));
        let rows = self.client()?.query_typed_raw(sql, parameters);
        self.begun_with(rows).await
    }

    /// Statements without parameters, separated by semicolons.
    pub(super) async fn batch(&self, sql: &str) -> Result<()> {
        let done = self.client()?.batch_execute(sql);
        self.begun_with(done).await
    }

    /// The same, however long they take: for changes of tables, which are as long as what is in them.
    pub(super) async fn long_batch(&self, sql: &str) -> Result<()> {
        let client = self.client()?;
        if let Some(begin) = self.to_begin() {
            client.batch_execute(begin).await?;
        }
        Ok(client.batch_execute(sql).await?)
    }

    /// Commits what was done, and passes on what it gives.
    pub(crate) async fn commit<T>(mut self, given: T) -> Result<T> {
        if self.to_begin().is_none() {
            let committed = self.client()?.batch_execute("COMMIT");
            self.answered(Box::pin(committed)).await?;
        }
        self.in_transaction = false;
        if let Some(tells) = &self.tells {
            tells.tell(self.take_hints());
        }
        Ok(given)
    }

    /// Undoes what was done in the transaction, lets go of what it locked, and begins another.
    pub(crate) async fn start_anew(&self) -> Result<()> {
        self.take_hints();
        self.batch("ROLLBACK; BEGIN").await
    }

    fn take_hints(&self) -> Vec<Hint> {
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut hints)
    }

    /// Sends a statement, behind the beginning of the transaction if that was not sent yet.
    fn begun_with<'a, T: Send + 'a>(
        &'a self,
        statement: impl Future<Output = Result<T, Error>> + Send + 'a,
    ) -> impl Future<Output = Result<T>> + Send + 'a {
        // On the heap: it is handed on a few times, and whoever has it would have room for it.
        let statement = Box::pin(statement);
        async move {
            let (Some(begin), Some(client)) = (self.to_begin(), &self.client) else {
                return self.answered(statement).await;
            };
            // The first is sent first: each is sent when it is first polled.
            let both = join(client.batch_execute(begin), statement);
            let opened_and_done = Box::pin(async move {
                let (opened, done) = both.await;
                opened?;
                done
            });
            self.answered(opened_and_done).await
        }
    }

    /// Waits for an answer, but not for ever.
    async fn answered<T: Send>(
        &self,
        answer: impl Future<Output = Result<T, Error>> + Send + Unpin,
    ) -> Result<T> {
        let Ok(answer) = timeout(ANSWERS_WITHIN, answer).await else {
            self.is_silent.store(true, Ordering::Relaxed);
            return Err(Unavailable::Unreachable("it did not answer in time".to_owned()).into());
        };
        Ok(answer?)
    }

    /// How the transaction begins, if it has not: whoever asks has it begin.
    fn to_begin(&self) -> Option<&'static str> {
        let mut begin = self.begin.lock().unwrap_or_else(PoisonError::into_inner);
        begin.take()
    }

    fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or(crate::StoreError::Closed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let has_begun = self.in_transaction && self.to_begin().is_none();
        let is_silent = self.is_silent.load(Ordering::Relaxed);
        let Some(client) = self.client.take() else {
            return;
        };
        if is_silent {
            // Its end ends the transaction, too.
            drop(Object::take(client));
        } else if has_begun {
            tokio::spawn(async move {
                // One that cannot even do this goes no further: the pool looks whether it is closed.
                let undone = timeout(ANSWERS_WITHIN, client.batch_execute("ROLLBACK"));
                if !matches!(undone.await, Ok(Ok(()))) {
                    drop(Object::take(client));
                }
            });
        }
    }
}
