//! Opens the database file: creates it whole or not at all, and refuses what is not one.

use std::path::{Path, PathBuf};

use fs_err as fs;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::sqlite::directory::private;
use crate::sqlite::migrate::{MIGRATIONS, migrate};
use crate::sqlite::patience::PATIENCE;
use crate::sqlite::{functions, space};
use crate::{Result, StoreError};

/// Marks the file as ours (`lgx` and a zero byte), so that another program's database is not taken for a damaged one.
pub(crate) const APPLICATION_ID: i32 = 0x6c67_7800;

/// Statements kept prepared on each connection; more than the number of distinct ones in this crate.
const PREPARED: usize = 160;

/// Makes sure the database is there with the present schema, and opens it for writing.
pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    if fs::exists(path)? {
        check_header(path)?;
    } else {
        create(path)?;
    }
    open_existing(path).map_err(|error| match error {
        StoreError::Backend(error) if is_damage(&*error) => StoreError::Corrupt {
            path: path.to_owned(),
            detail: error.to_string(),
        },
        other => other,
    })
}

/// Opens the database for reading, after [`open_writer`].
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    configure(&connection)?;
    Ok(connection)
}

/// Opens the database for moving its log, after [`open_writer`].
pub(crate) fn open_compactor(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    Ok(connection)
}

/// A database in memory with the schema and functions of the real one.
#[cfg(test)]
pub(crate) fn in_memory() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    configure(&connection).unwrap();
    migrate(&connection, Path::new(":memory:"), MIGRATIONS).unwrap();
    connection
}

fn open_existing(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    configure(&connection)?;
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(of_another_program(path));
    }
    migrate(&connection, path, MIGRATIONS)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let detail =
            format!("its file system does not allow write-ahead logging (journal mode is {mode})");
        return Err(StoreError::Corrupt {
            path: path.to_owned(),
            detail,
        });
    }
    touch_tables(&connection)?;
    space::convert(&connection, path)?;
    Ok(connection)
}

/// The error for a database that another program made.
pub(crate) fn of_another_program(path: &Path) -> StoreError {
    StoreError::Corrupt {
        path: path.to_owned(),
        detail: "it is a database, but not one of this program".to_owned(),
    }
}

/// To how many bytes a log that has grown is cut when it starts over.
const LOG: i64 = 4 << 20;

/// What every connection needs. NORMAL is durable against the death of any process under write-ahead logging.
pub(crate) fn configure(connection: &Connection) -> Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    // Without it a statement whose plan looked at a bound value is prepared anew whenever it is executed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;")?;
    connection.pragma_update(None, "journal_size_limit", LOG)?;
    functions::register(connection)
}

/// Builds the database under another name and renames it, so that `state.db` never exists half made.
fn create(path: &Path) -> Result<()> {
    let log = beside(path, "-wal");
    if fs::exists(&log)? {
        let detail = format!("it is missing although its log {} is there", log.display());
        return Err(StoreError::Corrupt {
            path: path.to_owned(),
            detail,
        });
    }
    let new = beside(path, ".new");
    // What an earlier start has left, or somebody has put there, is not written to.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    private().write(true).create_new(true).open(&new)?;
    let connection = Connection::open_with_flags(&new, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;")?;
    functions::register(&connection)?;
    space::prepare(&connection)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate(&connection, path, MIGRATIONS)?;
    connection.close().map_err(|(_, error)| error)?;
    fs::rename(&new, path)?;
    Ok(())
}

/// `SQLite` takes an empty file for a new database; here an empty file is one that lost its contents.
fn check_header(path: &Path) -> Result<()> {
    if fs::metadata(path)?.len() == 0 {
        return Err(StoreError::Corrupt {
            path: path.to_owned(),
            detail: "the file is empty".to_owned(),
        });
    }
    Ok(())
}

/// Reads the first page of every table, which finds a truncated file without reading all of it.
fn touch_tables(connection: &Connection) -> Result<()> {
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let names = tables
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    for name in names {
        connection
            .prepare(&format!("SELECT 1 FROM {name} LIMIT 1"))?
            .exists([])?;
    }
    Ok(())
}

pub(crate) fn is_damage(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let error = error.downcast_ref::<rusqlite::Error>();
    matches!(
        error.and_then(rusqlite::Error::sqlite_error_code),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// `path` with `suffix` after its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        match open_writer(path) {
            Err(error @ StoreError::Corrupt { .. }) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_database_has_the_schema_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let connection = open_writer(&path).unwrap();
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, i64::try_from(MIGRATIONS.len()).unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        drop(connection);
        open_writer(&path).unwrap();
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        for (contents, says) in [(&b""[..], "empty"), (&[b'x'; 5000][..], "not a database")] {
            fs::write(&path, contents).unwrap();
            assert!(refusal(&path).contains(says), "{}", refusal(&path));
            assert_eq!(fs::read(&path).unwrap(), contents);
        }
    }

    #[test]
    fn a_truncated_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        open_writer(&path).unwrap().close().unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(refusal(&path).contains("damaged"));
    }

    #[test]
    fn another_programs_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE theirs (a)")
            .unwrap();
        assert!(refusal(&path).contains("not one of this program"));
    }

    #[test]
    fn a_log_without_its_database_is_not_given_to_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        fs::write(dir.path().join("state.db-wal"), "frames").unwrap();
        assert!(refusal(&path).contains("state.db-wal"));
    }
}
