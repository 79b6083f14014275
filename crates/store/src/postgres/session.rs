//! A connection that somebody has for a while: statements on it, and the transaction that they are in.

use deadpool_postgres::Object;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, RowStream};

use crate::Result;

/// A parameter of a statement.
pub(crate) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// A connection from the pool, to which it goes back when this is dropped; a transaction that was not committed is undone then.
pub(crate) struct Session {
    client: Option<Object>,
    in_transaction: bool,
}

impl Session {
    /// Without a transaction: each statement is one of its own.
    pub(super) const fn bare(client: Object) -> Self {
        Self {
            client: Some(client),
            in_transaction: false,
        }
    }

    /// In a transaction that begins with this.
    pub(super) async fn begun(client: Object, begin: &str) -> Result<Self> {
        let mut session = Self::bare(client);
        // From here on: what is given up while it begins may have begun.
        session.in_transaction = true;
        session.client()?.batch_execute(begin).await?;
        Ok(session)
    }

    /// All rows of a statement.
    pub(crate) async fn rows(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, parameters).await?)
    }

    /// The row of a statement that gives one at most.
    pub(crate) async fn row(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Option<Row>> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query_opt(&statement, parameters).await?)
    }

    /// Whether a statement gives any row.
    pub(crate) async fn exists(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<bool> {
        Ok(!self.rows(sql, parameters).await?.is_empty())
    }

    /// How many rows a statement changed.
    pub(crate) async fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.execute(&statement, parameters).await?)
    }

    /// The rows of a statement that is put together for this once, with the types of its parameters: nothing is kept of it, and it is
    /// planned for what is asked.
    pub(crate) async fn rows_once(
        &self,
        sql: &str,
        parameters: &[(Parameter<'_>, Type)],
    ) -> Result<Vec<Row>> {
        Ok(self.client()?.query_typed(sql, parameters).await?)
    }

    /// The same, one row after the other.
    pub(crate) async fn stream_once(
        &self,
        sql: &str,
        parameters: &[(Parameter<'_>, Type)],
    ) -> Result<RowStream> {
        let parameters = parameters.iter().map(|(value, of)| (*value, of.clone()));
        Ok(self.client()?.query_typed_raw(sql, parameters).await?)
    }

    /// Statements without parameters, separated by semicolons.
    pub(super) async fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.client()?.batch_execute(sql).await?)
    }

    /// Commits what was done, and passes on what it gives.
    pub(crate) async fn commit<T>(mut self, given: T) -> Result<T> {
        self.client()?.batch_execute("COMMIT").await?;
        self.in_transaction = false;
        Ok(given)
    }

    fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or(crate::StoreError::Closed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(client) = self.client.take().filter(|_| self.in_transaction) else {
            return;
        };
        tokio::spawn(async move {
            // One that cannot even do this goes no further: the pool looks whether it is closed.
            if client.batch_execute("ROLLBACK").await.is_err() {
                drop(Object::take(client));
            }
        });
    }
}
