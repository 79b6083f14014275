//! Gives the space of what was deleted back to the file system, a step at a time, while the writer has nothing else to do.
//!
//! `SQLite` keeps the pages of deleted rows for later ones. With incremental vacuum it can move what is at the end of the file
//! into them and cut the end off; the file itself shrinks when the log is moved into it.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::Result;
use crate::sqlite::patience::PATIENCE;

/// From how many free pages of 4 kB on they are given back (4 MB).
const DUE: i64 = 1024;

/// How many are kept: what is deleted all the time, such as runs without a thread, makes room for the next.
const KEPT: i64 = 256;

/// How many are given back in one transaction, for which a write may have to wait: a few milliseconds.
const STEP: i64 = 256;

/// Up to how large a content an older database is rewritten at the start so that it can give space back (256 MB, a second or
/// two). Larger ones stay as they are, and use their free pages for what is written next.
const REWRITTEN: i64 = 256_000_000;

/// The value of `auto_vacuum` with which free pages can be given back.
const INCREMENTAL: i64 = 2;

/// Whether space is being given back: begun at [`DUE`], and gone on with down to [`KEPT`].
#[derive(Debug, Default)]
pub(crate) struct Space {
    returning: bool,
}

impl Space {
    /// Gives one step back, if there is as much; false when there is no more to do for now.
    pub(crate) fn give_back(&mut self, connection: &Connection) -> bool {
        let stepped = self.step(connection);
        self.returning = stepped.as_ref().is_ok_and(|&more| more);
        if let Err(error) = stepped {
            tracing::debug!(%error, "the space of what was deleted could not be given back; it is tried again after the next write");
        }
        self.returning
    }

    fn step(&self, connection: &Connection) -> Result<bool> {
        let free = free_pages(connection)?;
        let Some(pages) = step_of(free, self.returning) else {
            return Ok(false);
        };
        // Whoever else holds the file goes first.
        connection.busy_timeout(Duration::ZERO)?;
        let vacuumed = vacuum(connection, pages);
        connection.busy_timeout(PATIENCE)?;
        vacuumed?;
        // A database that was never rewritten keeps its pages.
        Ok(free_pages(connection)? < free)
    }
}

/// How many pages to give back next.
fn step_of(free: i64, returning: bool) -> Option<i64> {
    let from = if returning { KEPT + 1 } else { DUE };
    (free >= from).then(|| STEP.min(free - KEPT))
}

/// Makes a new database one that can give space back; before anything is written to it.
pub(crate) fn prepare(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    Ok(())
}

/// Rewrites an older database, once, as one that can give space back. One that is too large, or that does not let itself be
/// rewritten, is used as it is.
pub(crate) fn convert(connection: &Connection, path: &Path) -> Result<()> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("auto_vacuum")? == INCREMENTAL {
        return Ok(());
    }
    let used = number("page_count")? - number("freelist_count")?;
    if used.saturating_mul(number("page_size")?) > REWRITTEN {
        return Ok(());
    }
    prepare(connection)?;
    // The copy that this makes is on disk, not in memory.
    let rewritten = connection.execute_batch("PRAGMA temp_store = FILE; VACUUM;");
    connection.execute_batch("PRAGMA temp_store = MEMORY;")?;
    if let Err(error) = rewritten {
        let path = path.display();
        tracing::warn!(%error, "{path} could not be rewritten so that deleted threads give their space back; it is used as it is");
    }
    Ok(())
}

fn free_pages(connection: &Connection) -> Result<i64> {
    let mut count = connection.prepare_cached("PRAGMA freelist_count")?;
    Ok(count.query_row([], |row| row.get(0))?)
}

/// Every step of the statement gives one page back.
fn vacuum(connection: &Connection, pages: i64) -> Result<()> {
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::database;

    #[test]
    fn space_is_given_back_in_steps_from_many_free_pages_down_to_a_few() {
        for (free, returning, expected) in [
            (0, false, None),
            (DUE - 1, false, None),
            (DUE, false, Some(STEP)),
            (DUE - 1, true, Some(STEP)),
            (KEPT + 7, true, Some(7)),
            (KEPT, true, None),
        ] {
            assert_eq!(step_of(free, returning), expected, "{free} {returning}");
        }
    }

    /// Fills the database with 8 MB, and deletes them.
    fn fill_and_empty(connection: &Connection) {
        connection
            .execute_batch(
                "CREATE TABLE notes (text TEXT);
                 INSERT INTO notes WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
                   SELECT hex(zeroblob(2000)) FROM n;
                 DELETE FROM notes;",
            )
            .unwrap();
    }

    #[test]
    fn one_step_gives_back_no_more_than_its_pages() {
        let dir = tempfile::tempdir().unwrap();
        let connection = database::open_writer(&dir.path().join("state.db")).unwrap();
        fill_and_empty(&connection);
        let before = free_pages(&connection).unwrap();
        let mut space = Space::default();
        assert!(space.give_back(&connection));
        assert_eq!(free_pages(&connection).unwrap(), before - STEP);
        while space.give_back(&connection) {}
        assert_eq!(free_pages(&connection).unwrap(), KEPT);
    }

    #[test]
    fn an_older_database_is_rewritten_once_and_keeps_its_rows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let connection = database::open_writer(&path).unwrap();
        fill_and_empty(&connection);
        connection
            .execute_batch("INSERT INTO notes VALUES ('kept'); PRAGMA auto_vacuum = NONE; VACUUM;")
            .unwrap();
        fill_pages_of_an_older_database(&connection);
        assert!(!Space::default().give_back(&connection));
        drop(connection);

        let connection = database::open_writer(&path).unwrap();
        assert_eq!(free_pages(&connection).unwrap(), 0);
        let kept: String = connection
            .query_row("SELECT text FROM notes", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, "kept");
        let mode: i64 = connection
            .pragma_query_value(None, "auto_vacuum", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, INCREMENTAL);
    }

    fn fill_pages_of_an_older_database(connection: &Connection) {
        connection
            .execute_batch("ALTER TABLE notes RENAME TO older;")
            .unwrap();
        fill_and_empty(connection);
        connection
            .execute_batch("DROP TABLE notes; ALTER TABLE older RENAME TO notes;")
            .unwrap();
    }
}
