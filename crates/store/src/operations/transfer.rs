//! The whole state out and in, for commands that move it. It is everybody's, so that nothing here takes a scope.

use std::io::{BufRead, Write};

#[cfg(feature = "postgres")]
use crate::postgres::{Session, transfer as in_postgres};
use crate::sqlite::transfer as in_sqlite;
use crate::store::Backend;
use crate::transfer::{Carried, Incoming, Outgoing};
use crate::{Result, Store};

impl Store {
    /// Writes all rows, as of one moment. What writes and reads the stream may wait for a disk: nothing else is done meanwhile.
    pub(crate) async fn export<W: Write + Send + 'static>(
        &self,
        mut to: Outgoing<W>,
    ) -> Result<Outgoing<W>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let read = move |connection: &_| {
                    in_sqlite::export(connection, &mut to)?;
                    Ok(to)
                };
                sqlite.read(read).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::export(&postgres.read().await?, &mut to).await?;
                Ok(to)
            }
        }
    }

    /// Takes all rows, in one transaction; refused where there are any but default assistants as they are made by a start.
    pub(crate) async fn import(
        &self,
        mut from: Incoming<impl BufRead + Send + 'static>,
    ) -> Result<Carried> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let write = move |connection: &_| in_sqlite::import(connection, &mut from);
                sqlite.write_assistants(write).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session: Session| async move {
                    let carried = in_postgres::import(&session, &mut from).await?;
                    session.commit(carried).await
                };
                postgres.write([], write).await
            }
        }
    }
}
