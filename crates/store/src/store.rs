//! The handle to the store: opened once, shared by clones, closed at the end.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

#[cfg(not(feature = "postgres"))]
use crate::StoreError;
#[cfg(feature = "postgres")]
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::{Authority, Connecting, DatabaseAddress, Hints, Result, Unavailable};

/// The state of one server. Cheap to clone; all clones are the same store.
///
/// What it can do stands in `operations`, in the file of each noun, named after what they decide. An operation is one transaction:
/// it happens as a whole or not at all, and it is on disk when it resolves. Reads see everything whose operation has resolved.
/// A write is begun when it is first polled, and once it has its place among all writes it is done even if nobody waits for it any more.
/// What it leaves as the time of a change is that of its turn, where it takes a [`WriteTime`](crate::WriteTime).
///
/// # In commit order
///
/// Some operations take a closure `in_commit_order`. It is called between the changes of the operation and its commit, where no other
/// write can come in between: what it does to memory happens in the order in which the changes happen to the state, and before
/// anybody can read them. So whoever reads a run as running finds it in memory, and no write that is enqueued behind the deletion of a
/// thread can bring part of it back. It must be quick, as it holds up all other writes, and it must bear that the commit fails after it.
#[derive(Clone)]
pub struct Store {
    pub(crate) backend: Backend,
}

/// Where the state is. No operation compiles that has not been written for each of them.
#[derive(Clone)]
pub(crate) enum Backend {
    /// In a folder of this machine.
    Sqlite(Arc<Sqlite>),
    /// In a database that servers on other machines can reach, too.
    #[cfg(feature = "postgres")]
    Postgres(Arc<Postgres>),
}

impl Store {
    /// Opens the state in `dir`, creating what is not there, and holds it until [`Store::close`] or the process ends.
    /// What cannot be read is refused, never replaced. Who gets the authority beside it says what callers may see.
    pub fn open(dir: &Path) -> Result<(Self, Authority)> {
        let backend = Backend::Sqlite(Arc::new(Sqlite::open(dir)?));
        Ok((Self { backend }, Authority::new()))
    }

    /// Opens the state in a Postgres database, until [`Store::close`] or the process ends.
    #[cfg(feature = "postgres")]
    pub async fn connect(address: &DatabaseAddress, how: Connecting) -> Result<(Self, Authority)> {
        let postgres = Postgres::open(address, how).await?;
        let backend = Backend::Postgres(Arc::new(postgres));
        Ok((Self { backend }, Authority::new()))
    }

    /// Brings the tables of a Postgres database up to date; how many steps that were.
    #[cfg(feature = "postgres")]
    pub async fn migrate(address: &DatabaseAddress) -> Result<u32> {
        crate::postgres::migrate(address).await
    }

    /// This program knows no Postgres.
    #[cfg(not(feature = "postgres"))]
    #[expect(clippy::unused_async, reason = "with it, it waits")]
    pub async fn connect(_: &DatabaseAddress, _: Connecting) -> Result<(Self, Authority)> {
        Err(StoreError::NoPostgres)
    }

    /// This program knows no Postgres.
    #[cfg(not(feature = "postgres"))]
    #[expect(clippy::unused_async, reason = "with it, it waits")]
    pub async fn migrate(_: &DatabaseAddress) -> Result<u32> {
        Err(StoreError::NoPostgres)
    }

    /// The folder, where only that will do.
    #[cfg(any(test, feature = "broken-disk"))]
    pub(crate) fn sqlite(&self) -> &Arc<Sqlite> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite,
            #[cfg(feature = "postgres")]
            Backend::Postgres(_) => panic!("the state is not in a folder"),
        }
    }

    /// What keeps the state from being used, as the last use of it met it.
    pub fn trouble(&self) -> watch::Receiver<Option<Unavailable>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.trouble(),
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.trouble(),
        }
    }

    /// Hears from now on what other servers of the same database tell; nothing where there can be no others.
    pub fn hints(&self) -> Hints {
        match &self.backend {
            Backend::Sqlite(_) => Hints::none(),
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.hints(),
        }
    }

    /// Finishes what was begun, and lets go of the state. Later operations fail with `Closed`.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}
