//! Postgres as the backend: a database that servers on other machines can reach, too.
//!
//! - **Many connections** (`pool`), one for each thing that is done at a time (`session`). A write is one transaction; it is a task of its
//!   own, so that it is done even if nobody waits for it any more.
//! - **Order** is kept where it matters, in the lane of each thread (`lanes`). Between servers, and between threads, the rows decide: whatever
//!   changes a thread or its runs locks the thread's row first. So two that concern the same thread never meet in the midst, what an
//!   operation does "in commit order" happens while it holds that row, and no two can wait for each other.
//! - **Fencing** of a run's writes is where they are written: in their transaction, with the row of the run.

pub(crate) mod address;
mod any_text;
pub(crate) mod assistants;
pub(crate) mod checkpoints;
pub(crate) mod columns;
mod connections;
pub(crate) mod crons;
mod deployments;
pub(crate) mod events;
mod failure;
mod hold;
pub(crate) mod instances;
pub(crate) mod items;
mod lanes;
pub(crate) mod membership;
mod migrate;
mod patience;
pub(crate) mod reports;
pub(crate) mod runs;
pub(crate) mod search;
mod session;
pub(crate) mod standing;
#[cfg(test)]
mod tests;
pub(crate) mod threads;
mod tls;
pub(crate) mod transfer;
pub(crate) mod truncate;
mod wake;

use std::sync::Arc;

use deadpool_postgres::{Object, Pool};
use futures_util::future::BoxFuture;
use lgx_model::ThreadId;
use tokio::sync::{oneshot, watch};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::connections::Connector;
use self::hold::{Hold, HoldKind};
use self::lanes::{Lanes, Place};
use self::membership::Membership;
pub(crate) use self::session::{Parameter, Session};
use self::wake::WakeUps;
use crate::instances::{Hint, Sharing};
use crate::pending::Pending;
use crate::runs::Admission;
use crate::{Connecting, DatabaseAddress, Hints, Result, StoreError, Unavailable};

const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const WRITE: &str = "BEGIN";

/// One database with the connections to it.
pub(crate) struct Postgres {
    pool: Pool,
    /// None where anybody may use it, too.
    hold: Option<Hold>,
    /// Which of several instances this is, if it is one.
    member: Option<Membership>,
    /// Tells the others what commits here have changed, and hears from them, if there are any.
    wake: Option<Arc<WakeUps>>,
    lanes: Arc<Lanes>,
    writes: TaskTracker,
    trouble: watch::Sender<Option<Unavailable>>,
    log_bytes: runs::LogBytes,
}

impl Postgres {
    /// Takes the database of this address.
    pub(crate) async fn open(address: &DatabaseAddress, how: Connecting) -> Result<Self> {
        let connector = Connector::to(address)?;
        let pool = connector.pool()?;
        let hold = match how.sharing {
            Sharing::Alone => Some(Hold::take(&pool, HoldKind::Alone).await?),
            Sharing::With(_) => Some(Hold::take(&pool, HoldKind::Shared).await?),
            Sharing::Beside => None,
        };
        let member = match how.sharing {
            Sharing::With(instance) => Some(Membership::of(instance)),
            Sharing::Alone | Sharing::Beside => None,
        };
        if how.migrates {
            migrate_with(&pool).await?;
        } else {
            migrate::check(&Session::bare(pool.get().await?)).await?;
        }
        Ok(Self {
            pool,
            hold,
            wake: member
                .as_ref()
                .map(|of| Arc::new(WakeUps::start(connector, of.id()))),
            member,
            lanes: Arc::default(),
            writes: TaskTracker::new(),
            trouble: watch::Sender::new(None),
            log_bytes: runs::LogBytes::default(),
        })
    }

    pub(crate) fn trouble(&self) -> watch::Receiver<Option<Unavailable>> {
        self.trouble.subscribe()
    }

    /// Which of several instances this is, if it is one.
    pub(crate) const fn member(&self) -> Option<&Membership> {
        self.member.as_ref()
    }

    /// Its id, as statements take it.
    pub(crate) fn me(&self) -> Option<Uuid> {
        self.member().map(Membership::id)
    }

    /// What other instances tell from now on.
    pub(crate) fn hints(&self) -> Hints {
        let wake = self.wake.as_ref();
        wake.map_or_else(Hints::none, |wake| wake.hints())
    }

    /// A connection for one statement that reads.
    pub(crate) async fn look(&self) -> Result<Session> {
        Ok(Session::bare(self.connection().await?))
    }

    /// A connection on which everything that is read is of one moment.
    pub(crate) async fn read(&self) -> Result<Session> {
        Ok(Session::begun(self.connection().await?, READ))
    }

    /// Reads behind what was begun on this thread before.
    pub(crate) fn read_behind<T, Reading>(
        self: &Arc<Self>,
        thread_id: ThreadId,
        read: impl FnOnce(Session) -> Reading + Send + 'static,
    ) -> Pending<T>
    where
        T: Send + 'static,
        Reading: Future<Output = Result<T>> + Send + 'static,
    {
        let postgres = Arc::clone(self);
        self.in_turn(
            [thread_id],
            async move { read(postgres.read().await?).await },
        )
    }

    /// Writes, once it is the turn of these threads; `write` commits what it has done. Begun when first polled; from then on it is done
    /// even if the future is dropped.
    pub(crate) async fn write<T, Writing>(
        self: &Arc<Self>,
        threads: impl IntoIterator<Item = ThreadId>,
        write: impl FnOnce(Session) -> Writing + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
        Writing: Future<Output = Result<T>> + Send + 'static,
    {
        self.enqueue(threads, write).await
    }

    /// The same, with its place in the lanes taken when this returns.
    pub(crate) fn enqueue<T, Writing>(
        self: &Arc<Self>,
        threads: impl IntoIterator<Item = ThreadId>,
        write: impl FnOnce(Session) -> Writing + Send + 'static,
    ) -> Pending<T>
    where
        T: Send + 'static,
        Writing: Future<Output = Result<T>> + Send + 'static,
    {
        let postgres = Arc::clone(self);
        self.in_turn(threads, async move { write(postgres.begin().await?).await })
    }

    /// Does something on the turn of these threads.
    fn in_turn<T: Send + 'static>(
        self: &Arc<Self>,
        threads: impl IntoIterator<Item = ThreadId>,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Pending<T> {
        if self.writes.is_closed() {
            return Pending::failed(StoreError::Closed);
        }
        let place = self.lanes.place(threads);
        let (reply, result) = oneshot::channel();
        // Boxed, as the binary would hold what a task takes for each operation otherwise.
        let turn = take_turn(Arc::clone(self), place, Box::pin(work), reply);
        let turn: BoxFuture<'static, ()> = Box::pin(turn);
        self.writes.spawn(turn);
        Pending(result)
    }

    /// A connection with a transaction that writes.
    async fn begin(&self) -> Result<Session> {
        if let Some(hold) = &self.hold {
            hold.keep(&self.pool).await?;
        }
        let session = Session::begun(self.connection().await?, WRITE);
        Ok(session.telling(self.wake.clone()))
    }

    async fn connection(&self) -> Result<Object> {
        let connection = self.pool.get().await.map_err(StoreError::from);
        self.note(&connection);
        connection
    }

    /// Notes whether the database could be used.
    fn note<T>(&self, result: &Result<T>) {
        self.note_failure(result.as_ref().err());
    }

    fn note_failure(&self, failure: Option<&StoreError>) {
        let trouble = failure.and_then(StoreError::unavailable);
        if failure.is_some() && trouble.is_none() {
            // The operation is at fault.
            return;
        }
        self.trouble.send_if_modified(|present| {
            let changed = present.as_ref() != trouble;
            if changed {
                *present = trouble.cloned();
            }
            changed
        });
    }

    /// Finishes what was begun, and lets go of the database.
    pub(crate) async fn close(&self) {
        self.writes.close();
        self.writes.wait().await;
        if let Some(of) = &self.member {
            self.leave(of).await;
        }
        if let Some(wake) = &self.wake {
            wake.close().await;
        }
        if let Some(hold) = &self.hold {
            hold.let_go().await;
        }
        self.pool.close();
    }
}

impl Postgres {
    /// A run was admitted; its thread may be at home here since.
    pub(crate) fn has_admitted(&self, admission: &Admission) {
        if let (Some(of), Admission::Started(admitted) | Admission::Queued(admitted)) =
            (&self.member, admission)
        {
            of.is_home(admitted.run.thread_id);
        }
    }

    /// Tells the others that this instance is not there any more. One that cannot is taken for dead after a while.
    async fn leave(&self, of: &Membership) {
        of.leaves();
        // What it still had is free for others from then on.
        if let Ok(session) = self.begin().await
            && instances::leave(&session, of.id()).await.is_ok()
        {
            session.hint([Hint::Work]);
            let _ = session.commit(()).await;
        }
    }
}

/// Does something once it is its turn, and answers.
async fn take_turn<T>(
    postgres: Arc<Postgres>,
    mut place: Place,
    work: BoxFuture<'static, Result<T>>,
    reply: oneshot::Sender<Result<T>>,
) {
    place.turn().await;
    let done = work.await;
    postgres.note(&done);
    drop(place);
    // Nobody waits any more when the caller went away; the change stays.
    let _ = reply.send(done);
}

/// Brings the schema of a database up to date; how many steps that were.
pub(crate) async fn migrate(address: &DatabaseAddress) -> Result<u32> {
    migrate_with(&Connector::to(address)?.pool()?).await
}

async fn migrate_with(pool: &Pool) -> Result<u32> {
    let session = Session::begun(pool.get().await?, WRITE);
    let steps = migrate::migrate(&session).await?;
    session.commit(steps.unsigned_abs()).await
}
