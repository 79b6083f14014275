//! The database as a file that may or may not be in use: looked at beside whoever uses it, or removed while nobody does.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use fs_err as fs;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::on_disk::{Amount, Soundness};
use crate::sqlite::database::{self, APPLICATION_ID, is_damage};
use crate::sqlite::directory::{self, DATABASE, Directory, LOCK};
use crate::sqlite::ownership;
use crate::{Result, StoreError};

/// What begins each file of `SQLite`, and where the number is that says whose it is.
const HEADER: &[u8] = b"SQLite format 3\0";
const APPLICATION_ID_AT: usize = 68;

/// How many findings are told.
const MOST_FINDINGS: usize = 5;

pub(crate) fn make_folder(dir: &Path) -> io::Result<()> {
    directory::make(dir)
}

pub(crate) fn amount(dir: &Path) -> Result<Option<Amount>> {
    let Some(path) = database_in(dir)? else {
        return Ok(None);
    };
    let threads = is_ours(&path)?.then(|| count_threads(&path)).transpose();
    Ok(Some(Amount {
        // What cannot be read can be removed all the same.
        threads: threads.ok().flatten(),
        bytes: bytes(dir)?,
    }))
}

pub(crate) fn check(dir: &Path, patience: Duration) -> Result<Option<Soundness>> {
    let Some(path) = database_in(dir)? else {
        return Ok(None);
    };
    if !is_ours(&path)? {
        let detail = if fs::metadata(&path)?.len() == 0 {
            "the file is empty"
        } else {
            "it is no database"
        };
        return Ok(Some(Soundness::Damaged(vec![detail.to_owned()])));
    }
    match look_for_damage(&path, patience) {
        Ok(found) if found.is_empty() => Ok(Some(Soundness::Sound)),
        Ok(found) => Ok(Some(Soundness::Damaged(found))),
        Err(StoreError::Backend(error)) if is_damage(&*error) => {
            Ok(Some(Soundness::Damaged(vec![error.to_string()])))
        }
        Err(StoreError::Backend(error)) if is_interruption(&*error) => {
            Ok(Some(Soundness::Unfinished))
        }
        Err(error) => Err(error),
    }
}

pub(crate) fn clear(dir: &Path) -> Result<Option<Amount>> {
    if database_in(dir)?.is_none() {
        return Ok(None);
    }
    let _held = Directory::take(dir)?;
    // Between the two looks another one may have cleared it.
    let Some(amount) = amount(dir)? else {
        return Ok(None);
    };
    // A log without its database is refused by the next start; a database without its log is not.
    for name in DATABASE.iter().rev() {
        match fs::remove_file(dir.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(Some(amount))
}

pub(crate) fn set_aside(dir: &Path, to: &Path) -> Result<Option<Amount>> {
    if database_in(dir)?.is_none() {
        return Ok(None);
    }
    let _held = Directory::take(dir)?;
    // Its connection takes the log into the database and removes it, so that one file is moved, whatever happens meanwhile.
    let Some(amount) = amount(dir)? else {
        return Ok(None);
    };
    let _held_too = Directory::take(to)?;
    for name in DATABASE {
        match fs::rename(dir.join(name), to.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(Some(amount))
}

/// The database of a folder that has been one of state, if any of its files is there.
fn database_in(dir: &Path) -> Result<Option<PathBuf>> {
    let is_there = |name: &str| fs::exists(dir.join(name));
    if !is_there(LOCK)? {
        return Ok(None);
    }
    for name in DATABASE {
        let file = dir.join(name);
        ownership::check_file(&file)?;
        if fs::exists(&file)? {
            return Ok(Some(dir.join(DATABASE[0])));
        }
    }
    Ok(None)
}

/// Whether a file is a database of this program; one of another program is an error, and what is no database at all may be damaged.
fn is_ours(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    match fs::File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut start)?,
        // Its log alone is left.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let id = start.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    match id {
        Some(id) if start.starts_with(HEADER) && id == APPLICATION_ID.to_be_bytes() => Ok(true),
        Some(_) if start.starts_with(HEADER) => Err(database::of_another_program(path)),
        _ => Ok(false),
    }
}

/// A connection that changes nothing. It may write all the same: one that may not leaves the files of the log behind.
fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    database::configure(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn count_threads(path: &Path) -> Result<u64> {
    let connection = open(path)?;
    let count: i64 = connection.query_row("SELECT count(*) FROM threads", [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

fn look_for_damage(path: &Path, patience: Duration) -> Result<Vec<String>> {
    within(&open(path)?, patience, |connection| {
        let check = format!("PRAGMA quick_check({MOST_FINDINGS})");
        let mut statement = connection.prepare(&check)?;
        let found = statement.query_map([], |row| row.get(0))?;
        let mut found: Vec<String> = found.collect::<Result<_, _>>()?;
        found.retain(|finding| finding != "ok");
        Ok(found)
    })
}

/// Does one thing on a connection, and breaks it off when it takes longer.
fn within<T>(
    connection: &Connection,
    patience: Duration,
    work: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let handle = connection.get_interrupt_handle();
    let (done, is_done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if is_done.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        let result = work(connection);
        drop(done);
        result
    })
}

fn is_interruption(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let error = error.downcast_ref::<rusqlite::Error>();
    error.and_then(rusqlite::Error::sqlite_error_code) == Some(ErrorCode::OperationInterrupted)
}

/// What the files of the database take.
fn bytes(dir: &Path) -> Result<u64> {
    let mut bytes = 0;
    for name in DATABASE {
        match fs::metadata(dir.join(name)) {
            Ok(metadata) => bytes += metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use lgx_model::{JsonObject, ThreadId, Timestamp};
    use tempfile::TempDir;

    use super::*;
    use crate::Authority;
    use crate::sqlite::{Sqlite, threads};
    use crate::threads::NewThread;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A folder with two threads, and the store that holds it.
    async fn kept() -> (TempDir, Sqlite) {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).unwrap();
        for _ in 0..2 {
            let new = NewThread {
                thread_id: ThreadId::fresh(),
                metadata: JsonObject::new(),
                ttl: None,
                now: Timestamp::now(),
            };
            let everything = Authority::new().everything();
            store
                .write(move |connection| threads::create(connection, new, &everything))
                .await
                .unwrap();
        }
        (dir, store)
    }

    fn names(dir: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(dir.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn state_is_counted_and_checked_beside_the_server_that_uses_it() {
        let (dir, store) = kept().await;
        let before = names(&dir);
        let amount = amount(dir.path()).unwrap().unwrap();
        assert_eq!(amount.threads, Some(2));
        assert!(amount.bytes > 0);
        let checked = check(dir.path(), PATIENCE).unwrap();
        assert_eq!(checked, Some(Soundness::Sound));
        assert_eq!(names(&dir), before);
        store.close().await;
        assert_eq!(check(dir.path(), PATIENCE).unwrap(), Some(Soundness::Sound));
        assert_eq!(names(&dir), [".gitignore", "state.db", "state.lock"]);
    }

    #[tokio::test]
    async fn what_is_held_is_not_cleared_and_what_else_lies_there_never() {
        let (dir, store) = kept().await;
        fs::write(dir.path().join("letter"), "dear").unwrap();
        fs::write(dir.path().join("state.db.backup"), "").unwrap();
        let refused = clear(dir.path()).unwrap_err();
        assert!(matches!(refused, StoreError::Locked { .. }), "{refused}");
        store.close().await;

        assert_eq!(clear(dir.path()).unwrap().unwrap().threads, Some(2));
        let left = [".gitignore", "letter", "state.db.backup", "state.lock"];
        assert_eq!(names(&dir), left);
        assert_eq!(clear(dir.path()).unwrap(), None);
        Sqlite::open(dir.path()).unwrap().close().await;
        assert_eq!(amount(dir.path()).unwrap().unwrap().threads, Some(0));
    }

    #[tokio::test]
    async fn a_damaged_database_is_found_and_can_be_cleared() {
        let (dir, store) = kept().await;
        store.close().await;
        let path = dir.path().join("state.db");
        let whole = fs::read(&path).unwrap();
        let mut torn = whole.clone();
        torn[whole.len() / 2..].fill(0xa5);
        for (contents, says) in [(&torn[..], ""), (b"", "empty"), (b"dear", "no database")] {
            fs::write(&path, contents).unwrap();
            match check(dir.path(), PATIENCE).unwrap() {
                Some(Soundness::Damaged(found)) => assert!(found[0].contains(says), "{found:?}"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(clear(dir.path()).unwrap().unwrap().threads, None);
    }

    #[tokio::test]
    async fn a_log_whose_database_is_gone_is_cleared() {
        let (dir, store) = kept().await;
        store.close().await;
        fs::rename(dir.path().join("state.db"), dir.path().join("state.db-wal")).unwrap();
        clear(dir.path()).unwrap().unwrap();
        assert_eq!(names(&dir), [".gitignore", "state.lock"]);
    }

    #[test]
    fn what_takes_too_long_is_broken_off_and_known_for_that() {
        let connection = Connection::open_in_memory().unwrap();
        let endless =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        let ended = within(&connection, Duration::from_millis(20), |connection| {
            Ok(connection.query_row(endless, [], |row| row.get::<_, i64>(0))?)
        });
        match ended {
            Err(StoreError::Backend(error)) => assert!(is_interruption(&*error), "{error}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_of_this_program_is_neither_looked_at_nor_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE theirs (a)")
            .unwrap();
        // No server has ever used the folder.
        assert_eq!(amount(dir.path()).unwrap(), None);
        assert_eq!(clear(dir.path()).unwrap(), None);
        assert_eq!(names(&dir), ["state.db"]);

        fs::write(dir.path().join(LOCK), "").unwrap();
        for said in [
            amount(dir.path()).unwrap_err(),
            check(dir.path(), PATIENCE).unwrap_err(),
            clear(dir.path()).unwrap_err(),
        ] {
            assert!(
                said.to_string().contains("not one of this program"),
                "{said}"
            );
        }
        assert!(path.exists());
        assert_eq!(amount(&dir.path().join("nowhere")).unwrap(), None);
    }

    #[test]
    fn a_symbolic_link_in_place_of_the_database_is_refused_and_its_target_stays() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("letter");
        fs::write(&target, "dear").unwrap();
        let dir = home.path().join("state");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join(LOCK), "").unwrap();
        fs_err::os::unix::fs::symlink(&target, dir.join("state.db")).unwrap();
        for refused in [amount(&dir).unwrap_err(), clear(&dir).unwrap_err()] {
            assert!(
                matches!(refused, StoreError::NotPrivate { .. }),
                "{refused}"
            );
        }
        assert!(target.exists());
    }
}
