//! Operations on reports, which come into being with the ends of runs. They are the server's own, so that nothing here takes a scope.

use lgx_model::Timestamp;

#[cfg(feature = "postgres")]
use crate::postgres::{Session, reports as in_postgres};
use crate::reports::{Report, ReportId};
use crate::sqlite::reports as in_sqlite;
use crate::store::Backend;
use crate::{Result, Store};

impl Store {
    /// Takes the reports that nobody delivers, the oldest first: those of servers that have ended. What is taken is nobody else's for as long
    /// as this server is there. There may be more of them.
    pub async fn take_reports(&self) -> Result<Vec<Report>> {
        match &self.backend {
            // Nobody else could have them.
            Backend::Sqlite(sqlite) => sqlite.read(in_sqlite::list).await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let me = postgres.me();
                let take = move |session: Session| async move {
                    let taken = in_postgres::take(&session, me).await?;
                    session.commit(taken).await
                };
                postgres.write([], take).await
            }
        }
    }

    /// Notes that one more try to deliver a report begins. False when it was cleared, or another instance delivers it by now.
    pub async fn begin_report_try(&self, id: ReportId, now: Timestamp) -> Result<bool> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let begin = move |connection: &_| in_sqlite::begin_try(connection, id, now);
                sqlite.write(begin).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let me = postgres.me();
                let begin = move |session: Session| async move {
                    let begun = in_postgres::begin_try(&session, id, now, me).await?;
                    session.commit(begun).await
                };
                postgres.write([], begin).await
            }
        }
    }

    /// Forgets a report: it was delivered, or given up.
    pub async fn delete_report(&self, id: ReportId) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let delete = move |connection: &_| in_sqlite::delete(connection, id);
                sqlite.write(delete).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let delete = move |session| async move {
                    in_postgres::delete(&session, id).await?;
                    session.commit(()).await
                };
                postgres.write([], delete).await
            }
        }
    }
}
