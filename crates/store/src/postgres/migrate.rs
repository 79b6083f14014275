//! Brings a database to the schema this version knows, one numbered file at a time.

use super::session::Session;
use crate::{Result, StoreError};

/// The files, in order; the schema's number is how many of them were applied. Never change one that was released.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_instances.sql"),
];

/// The key of the lock that a server has while it migrates, so that of several that start at once one does: "lgx" and "migr", as numbers.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7104376, 1835623282)";

const TABLE: &str = "CREATE TABLE IF NOT EXISTS lgx_schema (number integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())";

/// The newest schema that is known here.
pub(super) fn known() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// Applies what is missing, all in the session's transaction, and says how many files that were.
pub(super) async fn migrate(session: &Session) -> Result<i32> {
    session.long_batch(LOCK).await?;
    session.batch(TABLE).await?;
    let found = newest(session).await?;
    for (number, migration) in (1..).zip(MIGRATIONS) {
        if number > found {
            session.long_batch(migration).await?;
            session
                .execute("INSERT INTO lgx_schema (number) VALUES ($1)", &[&number])
                .await?;
        }
    }
    Ok(known() - found)
}

/// Fails unless the schema is the one that is known here.
pub(super) async fn check(session: &Session) -> Result<()> {
    let there = session
        .exists("SELECT 1 WHERE to_regclass('lgx_schema') IS NOT NULL", &[])
        .await?;
    let found = if there { newest(session).await? } else { 0 };
    if found == known() {
        return Ok(());
    }
    Err(StoreError::NotMigrated {
        found,
        known: known(),
    })
}

/// The number of the schema that is there.
async fn newest(session: &Session) -> Result<i32> {
    let row = session
        .row("SELECT coalesce(max(number), 0) FROM lgx_schema", &[])
        .await?;
    let found = row.map_or(Ok(0), |row| super::columns::value(&row, 0))?;
    if found > known() {
        return Err(StoreError::NewerDatabase {
            found,
            known: known(),
        });
    }
    Ok(found)
}
