//! A database that cannot be used for now: a full disk, another program's lock, a file that is gone.

use super::*;
use crate::{StoreError, Unavailable};

/// A store with a table of notes.
async fn notes() -> (tempfile::TempDir, Sqlite) {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).unwrap();
    store
        .write(|connection| Ok(connection.execute_batch("CREATE TABLE notes (text TEXT)")?))
        .await
        .unwrap();
    (dir, store)
}

/// A note of 100 kB.
async fn note(store: &Sqlite) -> Result<(), StoreError> {
    store
        .write(|connection| {
            connection.execute("INSERT INTO notes VALUES (hex(zeroblob(50000)))", [])?;
            Ok(())
        })
        .await
}

async fn count(store: &Sqlite) -> Result<i64, StoreError> {
    store
        .read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))?)
        })
        .await
}

/// Lets the database grow to so many pages; without a number, not at all.
async fn limit(store: &Sqlite, pages: Option<i64>) {
    store
        .write(move |connection| {
            let present = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            connection
                .pragma_update_and_check(None, "max_page_count", pages.unwrap_or(present), |_| {
                    Ok(())
                })
                .map_err(StoreError::from)
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_is_called_that_until_there_is_room() {
    let (_dir, store) = notes().await;
    limit(&store, None).await;
    let error = note(&store).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Unavailable(Unavailable::DiskFull)),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "the disk is full");
    assert_eq!(*store.trouble().borrow(), Some(Unavailable::DiskFull));
    assert_eq!(count(&store).await.unwrap(), 0);

    limit(&store, Some(100_000)).await;
    note(&store).await.unwrap();
    assert_eq!(*store.trouble().borrow(), None);
    assert_eq!(count(&store).await.unwrap(), 1);
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_file_that_was_deleted_or_replaced() {
    let (dir, store) = notes().await;
    note(&store).await.unwrap();
    let path = dir.path().join("state.db");
    let aside = dir.path().join("aside.db");
    fs_err::rename(&path, &aside).unwrap();
    for there in [false, true] {
        if there {
            fs_err::write(&path, "another file").unwrap();
        }
        for error in [
            note(&store).await.unwrap_err(),
            count(&store).await.unwrap_err(),
        ] {
            assert!(
                matches!(&error, StoreError::Unavailable(Unavailable::Gone(named)) if *named == path),
                "{error:?}"
            );
        }
    }
    assert!(matches!(
        *store.trouble().borrow(),
        Some(Unavailable::Gone(_))
    ));

    fs_err::rename(&aside, &path).unwrap();
    note(&store).await.unwrap();
    assert_eq!(count(&store).await.unwrap(), 2);
}

#[tokio::test]
async fn a_file_that_is_deleted_during_a_write_does_not_acknowledge_it() {
    let (dir, store) = notes().await;
    let path = dir.path().join("state.db");
    let error = store
        .write(move |connection| {
            connection.execute("INSERT INTO notes VALUES ('lost')", [])?;
            Ok(fs_err::remove_file(&path)?)
        })
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Unavailable(Unavailable::Gone(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn those_who_wait_for_another_programs_lock_wait_beside_each_other() {
    let (dir, store) = notes().await;
    let other = Connection::open(dir.path().join("state.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (first, second) = tokio::join!(
        async {
            let first = note(&store).await;
            // Whoever waited as long as the first is not made to wait for this.
            other.execute_batch("COMMIT").unwrap();
            first
        },
        note(&store),
    );
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(
            matches!(error, StoreError::Unavailable(Unavailable::Locked)),
            "{error:?}"
        );
    }
    note(&store).await.unwrap();
    assert_eq!(count(&store).await.unwrap(), 1);
}
