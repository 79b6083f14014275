//! Brings a database to the schema this version knows, one numbered file at a time.

use std::path::Path;

use rusqlite::Connection;

use crate::{Result, StoreError};

/// The files, in order; the schema's number is how many of them were applied. Never change one that was released.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_thread_ttl.sql"),
    include_str!("migrations/0003_crons.sql"),
    include_str!("migrations/0004_items.sql"),
    include_str!("migrations/0005_events.sql"),
    include_str!("migrations/0006_run_attempts.sql"),
    include_str!("migrations/0007_packed_values.sql"),
    include_str!("migrations/0008_thread_search.sql"),
    include_str!("migrations/0009_run_stops.sql"),
    include_str!("migrations/0010_reports.sql"),
    include_str!("migrations/0011_threads_behind.sql"),
    include_str!("migrations/0012_run_records.sql"),
    include_str!("migrations/0013_run_origins.sql"),
    include_str!("migrations/0014_kept_runs.sql"),
    include_str!("migrations/0015_run_claims.sql"),
];

/// Applies what is missing, each file with its number in one transaction.
pub(crate) fn migrate(connection: &Connection, path: &Path, migrations: &[&str]) -> Result<()> {
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::NewerSchema {
            path: path.to_owned(),
            found,
            known,
        });
    }
    for (number, migration) in (1i64..).zip(migrations) {
        if number > found {
            connection.execute_batch(&format!(
                "BEGIN IMMEDIATE; {migration} PRAGMA user_version = {number}; COMMIT;"
            ))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE notes (text TEXT NOT NULL);";
    const SECOND: &str = "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 3;";

    fn version(connection: &Connection) -> i64 {
        connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn an_older_database_keeps_its_rows_and_gains_what_is_new() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, Path::new("state.db"), &[FIRST]).unwrap();
        connection
            .execute("INSERT INTO notes VALUES ('kept')", [])
            .unwrap();

        migrate(&connection, Path::new("state.db"), &[FIRST, SECOND]).unwrap();
        let row: (String, i64) = connection
            .query_row("SELECT text, stars FROM notes", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!(row, ("kept".to_owned(), 3));
        assert_eq!(version(&connection), 2);

        migrate(&connection, Path::new("state.db"), &[FIRST, SECOND]).unwrap();
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, Path::new("state.db"), &[FIRST, SECOND]).unwrap();
        match migrate(&connection, Path::new("state.db"), &[FIRST]) {
            Err(StoreError::NewerSchema {
                found: 2, known: 1, ..
            }) => {}
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, Path::new("state.db"), &[FIRST]).unwrap();
        let broken = "CREATE TABLE half (a TEXT); CREATE TABLE notes (b TEXT);";
        assert!(migrate(&connection, Path::new("state.db"), &[FIRST, broken]).is_err());
        let _ = connection.execute_batch("ROLLBACK");
        assert_eq!(version(&connection), 1);
        assert!(connection.prepare("SELECT * FROM half").is_err());
    }
}
