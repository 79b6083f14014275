//! The store as a whole: order, isolation, snapshots, closing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use super::*;
use crate::StoreError;
use crate::checkpoints::RunWriter;
use crate::runs::Claim;
use crate::sqlite::truncate;
use crate::truncate::{OfThreads, Truncation};

/// A store with a table of notes.
async fn notes() -> (tempfile::TempDir, Arc<Sqlite>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(dir.path()).unwrap());
    store
        .write(|connection| Ok(connection.execute_batch("CREATE TABLE notes (text TEXT)")?))
        .await
        .unwrap();
    (dir, store)
}

fn note(connection: &Connection, text: &str) -> Result<(), StoreError> {
    connection.execute("INSERT INTO notes VALUES (?1)", [text])?;
    Ok(())
}

fn all(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("SELECT text FROM notes ORDER BY rowid")?;
    Ok(statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Holds the writer until the sender is used, so that what is queued behind shares one transaction.
async fn hold(store: &Sqlite) -> oneshot::Sender<()> {
    let (release, released) = oneshot::channel();
    let (entered, inside) = oneshot::channel();
    let held = store
        .enqueue(move |_| {
            entered.send(()).unwrap();
            released.blocking_recv().map_err(|_| StoreError::Closed)
        })
        .await;
    inside.await.unwrap();
    drop(held);
    release
}

#[tokio::test]
async fn a_write_that_was_answered_is_there_for_every_read() {
    let (_dir, store) = notes().await;
    for n in 0..50 {
        store
            .write(move |connection| note(connection, &n.to_string()))
            .await
            .unwrap();
        assert_eq!(store.read(all).await.unwrap().len(), n + 1);
    }
}

#[tokio::test]
async fn an_operation_that_fails_undoes_itself_and_nothing_else() {
    let (_dir, store) = notes().await;
    let release = hold(&store).await;
    let first = store.enqueue(|connection| note(connection, "first")).await;
    let failing = store
        .enqueue(|connection| {
            note(connection, "undone")?;
            Err::<(), _>(StoreError::Commit("changed my mind".to_owned()))
        })
        .await;
    let panicking = store
        .enqueue(|connection| -> Result<(), StoreError> {
            note(connection, "undone too")?;
            panic!("a bug")
        })
        .await;
    let last = store.enqueue(|connection| note(connection, "last")).await;
    release.send(()).unwrap();
    first.await.unwrap();
    assert!(matches!(failing.await, Err(StoreError::Commit(text)) if text == "changed my mind"));
    assert!(matches!(panicking.await, Err(StoreError::Panicked(text)) if text == "a bug"));
    last.await.unwrap();
    assert_eq!(store.read(all).await.unwrap(), ["first", "last"]);
}

#[tokio::test]
async fn operations_behind_each_other_share_a_commit() {
    let (_dir, store) = notes().await;
    let release = hold(&store).await;
    let mut pending = Vec::new();
    for n in 0..20 {
        pending.push(
            store
                .enqueue(move |connection| note(connection, &n.to_string()))
                .await,
        );
    }
    // The last of the group sees the first, while a reader sees none of them before the commit.
    let (look, looked) = oneshot::channel();
    let (done, finished) = oneshot::channel();
    let last = store
        .enqueue(move |connection| {
            look.send(all(connection)?.len()).unwrap();
            finished.blocking_recv().map_err(|_| StoreError::Closed)
        })
        .await;
    release.send(()).unwrap();
    assert_eq!(looked.await.unwrap(), 20);
    assert_eq!(store.read(all).await.unwrap().len(), 0);
    done.send(()).unwrap();
    last.await.unwrap();
    for pending in pending {
        pending.await.unwrap();
    }
    assert_eq!(store.read(all).await.unwrap().len(), 20);
}

#[tokio::test]
async fn the_order_of_places_is_the_order_of_execution_and_dropping_cancels_nothing() {
    let (_dir, store) = notes().await;
    let mut last = None;
    // More than fit in the queue at once.
    for n in 0..3000 {
        last = Some(
            store
                .enqueue(move |connection| note(connection, &n.to_string()))
                .await,
        );
    }
    last.unwrap().await.unwrap();
    let expected: Vec<String> = (0..3000).map(|n| n.to_string()).collect();
    assert_eq!(store.read(all).await.unwrap(), expected);
}

#[tokio::test]
async fn an_operation_that_ends_the_transaction_fails_its_group_and_the_next_one_works() {
    let (_dir, store) = notes().await;
    let release = hold(&store).await;
    let before = store.enqueue(|connection| note(connection, "lost")).await;
    // What SQLite does by itself when the disk is full.
    let full = store
        .enqueue(|connection| Ok(connection.execute_batch("ROLLBACK")?))
        .await;
    let after = store.enqueue(|connection| note(connection, "kept")).await;
    release.send(()).unwrap();
    assert!(matches!(before.await, Err(StoreError::Commit(_))));
    assert!(matches!(full.await, Err(StoreError::Commit(_))));
    after.await.unwrap();
    assert_eq!(store.read(all).await.unwrap(), ["kept"]);
}

#[tokio::test]
async fn a_read_sees_one_moment_however_long_it_takes() {
    let (_dir, store) = notes().await;
    store
        .write(|connection| note(connection, "before"))
        .await
        .unwrap();
    let (begun, reading) = oneshot::channel();
    let (go_on, written) = oneshot::channel::<()>();
    let read = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .read(move |connection| {
                    let first = all(connection)?;
                    begun.send(()).unwrap();
                    written.blocking_recv().map_err(|_| StoreError::Closed)?;
                    Ok((first, all(connection)?))
                })
                .await
        }
    });
    reading.await.unwrap();
    store
        .write(|connection| note(connection, "after"))
        .await
        .unwrap();
    // A second reader is not held up by the first, and sees the present.
    assert_eq!(store.read(all).await.unwrap().len(), 2);
    go_on.send(()).unwrap();
    let (first, second) = read.await.unwrap().unwrap();
    assert_eq!((first.len(), second.len()), (1, 1));
}

#[tokio::test]
async fn readers_cannot_write_and_survive_a_panic() {
    let (_dir, store) = notes().await;
    assert!(matches!(
        store.read(|connection| note(connection, "no")).await,
        Err(StoreError::Backend(_))
    ));
    for _ in 0..8 {
        let panicking = store
            .read(|_| -> Result<(), StoreError> { panic!("a bug") })
            .await;
        assert!(matches!(panicking, Err(StoreError::Panicked(_))));
    }
    assert!(store.read(all).await.unwrap().is_empty());
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_leaves_one_file_that_opens_again() {
    let (dir, store) = notes().await;
    let pending = store.enqueue(|connection| note(connection, "queued")).await;
    let clone = store.clone();
    store.close().await;
    pending.await.unwrap();
    assert!(matches!(clone.read(all).await, Err(StoreError::Closed)));
    assert!(matches!(
        clone.write(|connection| note(connection, "late")).await,
        Err(StoreError::Closed)
    ));
    clone.close().await;
    assert!(!dir.path().join("state.db-wal").exists());

    let again = Sqlite::open(dir.path()).unwrap();
    assert_eq!(again.read(all).await.unwrap(), ["queued"]);
}

#[tokio::test]
async fn deleted_threads_give_their_space_back_while_the_store_serves() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(dir.path()).unwrap());
    let fill = |connection: &Connection| {
        for _ in 0..20 {
            let thread_id = thread(connection, json!({}));
            connection.execute(
                "INSERT INTO blobs (thread_id, checkpoint_ns, channel, version, encoding, value)
                 VALUES (?1, '', 'files', '1', 'json', zeroblob(1000000))",
                [thread_id.to_string()],
            )?;
        }
        Ok(())
    };
    store.write(fill).await.unwrap();
    let all = Truncation {
        threads: Some((OfThreads::All, everything())),
        ..Truncation::default()
    };
    let deleted = store
        .write(move |connection| truncate::clear(connection, &all, at(1)))
        .await
        .unwrap();
    assert_eq!(deleted.len(), 20);

    // Each write has the writer tidy up behind it.
    let pages = |name: &'static str| {
        let store = store.clone();
        async move {
            let count = store.write(move |connection| {
                Ok(connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0))?)
            });
            count.await.unwrap()
        }
    };
    for _ in 0..10_000 {
        if pages("freelist_count").await <= 256 {
            break;
        }
    }
    assert!(pages("page_count").await < 1000);
    store.close().await;
    let size = fs_err::metadata(dir.path().join("state.db")).unwrap().len();
    assert!(size < 4_000_000, "{size}");
}

#[tokio::test]
async fn a_directory_serves_one_store_at_a_time() {
    let (dir, store) = notes().await;
    let refusal = Sqlite::open(dir.path()).err().unwrap();
    assert!(
        matches!(&refusal, StoreError::Locked { pid: Some(pid), .. } if *pid == std::process::id())
    );
    let text = refusal.to_string();
    assert!(
        text.contains(&dir.path().display().to_string())
            && text.contains(&std::process::id().to_string())
    );
    store.close().await;
    Sqlite::open(dir.path()).unwrap();
}

/// A run that may write until a write of it fails.
#[derive(Default)]
struct FencedRun(AtomicBool);

impl RunWriter for FencedRun {
    fn claim(&self) -> Claim {
        Claim {
            thread_id: ThreadId::fresh(),
            run_id: RunId::fresh(),
            number: 1,
        }
    }

    fn may_write(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }

    fn write_failed(&self, _: &StoreError) {
        self.0.store(true, Ordering::Release);
    }

    fn write_refused(&self) {
        unreachable!("nobody else writes");
    }
}

#[tokio::test]
async fn what_a_run_enqueued_behind_a_write_that_fails_is_not_saved() {
    let (_dir, store) = notes().await;
    let release = hold(&store).await;
    let run: Arc<dyn RunWriter> = Arc::new(FencedRun::default());
    let write = |text: &'static str, fails: bool| {
        store.enqueue_for(Some(Arc::clone(&run)), None, move |connection| {
            note(connection, text)?;
            if fails {
                return Err(StoreError::Commit("no room".to_owned()));
            }
            Ok(())
        })
    };
    // All of them in one group: the run is told before the next one has its turn.
    let before = write("before", false).await;
    let failing = write("failing", true).await;
    let behind = write("behind", false).await;
    release.send(()).unwrap();
    before.await.unwrap();
    failing.await.unwrap_err();
    behind.await.unwrap();
    assert_eq!(store.read(all).await.unwrap(), ["before"]);
}
