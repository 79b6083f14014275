//! The hold on a database: one server uses it at a time, or several that know of each other.
//!
//! It is a lock of a session of its own, so that it goes with the server however that ends, whatever any clock says. When that session breaks
//! off, as all do when the database restarts, nothing is written before it is taken again; a server that finds it taken by another one by
//! then writes nothing any more.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;

use crate::{Result, StoreError, Unavailable};

/// A server that was killed has it until the database has seen that.
const WITHIN: &str = "SET lock_timeout = '5s'";
/// The way to the database and back included.
const WITHIN_AT_MOST: Duration = Duration::from_secs(15);
/// "lgx" and "hold", as numbers.
const TAKE: &str = "SELECT pg_advisory_lock(7104376, 1752132708)";
const SHARE: &str = "SELECT pg_advisory_lock_shared(7104376, 1752132708)";
/// It has no other.
const LET_GO: &str = "SELECT pg_advisory_unlock_all()";

/// The session that has the lock.
pub(super) struct Hold {
    kind: HoldKind,
    session: Mutex<ClientWrapper>,
}

/// Whom it keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HoldKind {
    /// Everybody who has a hold.
    Alone,
    /// Whoever wants to be alone.
    Shared,
}

impl Hold {
    /// Takes it.
    pub(super) async fn take(pool: &Pool, kind: HoldKind) -> Result<Self> {
        Ok(Self {
            kind,
            session: Mutex::new(taken(pool, kind).await?),
        })
    }

    /// Takes it again if its session has broken off; those who write meanwhile wait for that.
    pub(super) async fn keep(&self, pool: &Pool) -> Result<()> {
        let mut session = self.session.lock().await;
        if session.is_closed() {
            // Whoever writes waits for this, though not for ever.
            let Ok(taken) = timeout(WITHIN_AT_MOST, taken(pool, self.kind)).await else {
                return Err(
                    Unavailable::Unreachable("it did not answer in time".to_owned()).into(),
                );
            };
            *session = taken?;
        }
        Ok(())
    }

    /// Lets go of it: the next server need not wait.
    pub(super) async fn let_go(&self) {
        let session = self.session.lock().await;
        // A session that has broken off has let go of it already.
        let _ = session.batch_execute(LET_GO).await;
    }
}

async fn taken(pool: &Pool, kind: HoldKind) -> Result<ClientWrapper> {
    let session = Object::take(pool.get().await?);
    session.batch_execute(WITHIN).await?;
    let take = match kind {
        HoldKind::Alone => TAKE,
        HoldKind::Shared => SHARE,
    };
    match session.batch_execute(take).await {
        Ok(()) => Ok(session),
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
            Err(StoreError::DatabaseInUse)
        }
        Err(error) => Err(error.into()),
    }
}
