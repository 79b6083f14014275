//! Operations on reports, which come into being with the ends of runs. They are the server's own, so that nothing here takes a scope.

use lgx_model::Timestamp;

use crate::reports::{Report, ReportId};
use crate::sqlite::reports as sql;
use crate::{Result, Store};

impl Store {
    /// All reports that were not delivered and not given up, oldest first.
    pub async fn list_reports(&self) -> Result<Vec<Report>> {
        self.sqlite().read(sql::list).await
    }

    /// Notes that one more try to deliver a report begins. False when it was cleared.
    pub async fn begin_report_try(&self, id: ReportId, now: Timestamp) -> Result<bool> {
        self.sqlite()
            .write(move |connection| sql::begin_try(connection, id, now))
            .await
    }

    /// Forgets a report: it was delivered, or given up.
    pub async fn delete_report(&self, id: ReportId) -> Result<()> {
        self.sqlite()
            .write(move |connection| sql::delete(connection, id))
            .await
    }
}
