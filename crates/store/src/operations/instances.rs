//! Operations of one of several servers on a database. A store that nobody shares answers at once: everything is here.
//!
//! None takes a scope: where a thread is live is nobody's secret, and who asks has been let in to it, or is the server itself.

#[cfg(feature = "postgres")]
use std::time::Instant;

use lgx_model::ThreadId;
use tokio::sync::watch;

use crate::instances::{Beat, Duty, Executing, Home, Instance, KnownInstance};
#[cfg(feature = "postgres")]
use crate::postgres::{instances as in_postgres, membership::Membership, runs as pg};
use crate::runs::Claim;
use crate::sqlite::runs as sql;
use crate::store::Backend;
use crate::{Result, Store};

impl Store {
    /// Which instance this is, if it is one of several.
    pub fn instance(&self) -> Option<&Instance> {
        match &self.backend {
            Backend::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.member().map(|of| &of.instance),
        }
    }

    /// Whether this server may act as one that is there: the others have heard of it lately.
    pub fn is_in_force(&self) -> bool {
        match &self.backend {
            Backend::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.member().is_none_or(Membership::is_in_force),
        }
    }

    /// Whether it is this server's turn to do what one does for all, from now on.
    pub fn on_duty(&self) -> watch::Receiver<bool> {
        match &self.backend {
            Backend::Sqlite(_) => watch::Sender::new(true).subscribe(),
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => match postgres.member() {
                Some(of) => of.on_duty.subscribe(),
                None => watch::Sender::new(true).subscribe(),
            },
        }
    }

    /// Shows the others that this instance is there, and looks what executes on it. `let_go` is called if they did not know that: before
    /// anything new can begin here, as nothing is its own any more that was.
    pub async fn beat(&self, let_go: impl FnOnce() + Send) -> Result<Beat> {
        match &self.backend {
            Backend::Sqlite(_) => {
                // Nobody else could have taken anything.
                drop(let_go);
                Ok(Beat {
                    is_new: false,
                    executing: self.list_executing_runs().await?,
                })
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let mut is_new = false;
                if let Some(of) = postgres.member() {
                    let set_out = Instant::now();
                    let session = postgres.look().await?;
                    is_new = in_postgres::beat(&session, of).await?;
                    if is_new {
                        let_go();
                    }
                    of.was_heard(set_out, is_new);
                }
                Ok(Beat {
                    is_new,
                    executing: self.list_executing_runs().await?,
                })
            }
        }
    }

    /// Fails, and takes this instance away again, if others are there that have another secret.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "with it, it waits")
    )]
    pub async fn check_secret(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let Some(of) = postgres.member() else {
                    return Ok(());
                };
                let session = postgres.look().await?;
                if in_postgres::has_stranger(&session, of).await? {
                    in_postgres::leave(&session, of.id()).await?;
                    return Err(crate::StoreError::OtherSecret);
                }
                Ok(())
            }
        }
    }

    /// The runs that execute here, as far as the database knows.
    pub async fn list_executing_runs(&self) -> Result<Vec<Executing>> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(sql::executing).await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let session = postgres.look().await?;
                pg::executing(&session, postgres.member().map(Membership::id)).await
            }
        }
    }

    /// Takes a duty, or keeps it, unless another instance has it.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "with it, it waits")
    )]
    pub async fn take_duty(&self, duty: Duty) -> Result<bool> {
        match &self.backend {
            Backend::Sqlite(_) => {
                let _ = duty;
                Ok(true)
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let Some(of) = postgres.member() else {
                    return Ok(true);
                };
                let taken = in_postgres::take_duty(&postgres.look().await?, duty, of.id()).await;
                let taken = taken.inspect_err(|_| {
                    of.on_duty.send_replace(false);
                })?;
                of.on_duty
                    .send_if_modified(|present| std::mem::replace(present, taken) != taken);
                Ok(taken)
            }
        }
    }

    /// Whether a thread is known to be at home here. It may be so without being known.
    pub fn is_home_of(&self, thread_id: ThreadId) -> bool {
        match &self.backend {
            Backend::Sqlite(_) => {
                let _ = thread_id;
                true
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let member = postgres.member();
                member.is_none_or(|of| of.is_home_of(thread_id))
            }
        }
    }

    /// Where a thread is live. Nothing is asked where it is known to be here.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "with it, it waits")
    )]
    pub async fn home_of(&self, thread_id: ThreadId) -> Result<Home> {
        if self.is_home_of(thread_id) {
            return Ok(Home::Here);
        }
        match &self.backend {
            Backend::Sqlite(_) => Ok(Home::Here),
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let Some(of) = postgres.member() else {
                    return Ok(Home::Here);
                };
                in_postgres::home_of(&postgres.look().await?, thread_id, of.id()).await
            }
        }
    }

    /// The instances that are there; none where nobody shares the store.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "with it, it waits")
    )]
    pub async fn list_instances(&self) -> Result<Vec<KnownInstance>> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(Vec::new()),
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => in_postgres::list(&postgres.look().await?).await,
        }
    }

    /// Whether there is such a thread, whoever may see it: it can have a home then.
    pub async fn is_thread_there(&self, thread_id: ThreadId) -> Result<bool> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let look =
                    move |connection: &_| crate::sqlite::threads::is_there(connection, thread_id);
                sqlite.read(look).await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                in_postgres::is_thread_there(&postgres.look().await?, thread_id).await
            }
        }
    }

    /// Has a thread live here, unless it is live elsewhere, and says where it is then; nobody's if it is not there.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "with it, it waits")
    )]
    pub async fn take_home(&self, thread_id: ThreadId) -> Result<Home> {
        if self.is_home_of(thread_id) {
            return Ok(Home::Here);
        }
        match &self.backend {
            Backend::Sqlite(_) => Ok(Home::Here),
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let Some(of) = postgres.member() else {
                    return Ok(Home::Here);
                };
                let me = of.id();
                let take = move |session| async move {
                    let home = in_postgres::take_home(&session, thread_id, me).await?;
                    session.commit(home).await
                };
                let home = postgres.write([thread_id], take).await?;
                if home == Home::Here {
                    of.is_home(thread_id);
                }
                Ok(home)
            }
        }
    }

    /// Puts a run back in the queue that executes under this claim, as if it had not been claimed: that was no attempt at it. One that is to
    /// stop stays as it is, unless nobody had begun it. False if it is not this server's any more.
    pub async fn hand_back(&self, claim: Claim, was_not_begun: bool) -> Result<bool> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| sql::hand_back(connection, claim, was_not_begun))
                    .await
            }
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let write = move |session| async move {
                    let handed_back = pg::hand_back(&session, claim, was_not_begun).await?;
                    session.commit(handed_back).await
                };
                postgres.write([claim.thread_id], write).await
            }
        }
    }

    /// Nothing new begins here: other instances may take the threads that are at home here, but for what still executes.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "with it, it waits")
    )]
    pub async fn drain(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                let Some(of) = postgres.member() else {
                    return Ok(());
                };
                of.leaves();
                in_postgres::drain(&postgres.look().await?, of.id()).await
            }
        }
    }

    /// No thread is known to be at home here any more.
    pub fn forget_homes(&self) {
        match &self.backend {
            Backend::Sqlite(_) => {}
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => {
                if let Some(of) = postgres.member() {
                    of.forget_homes();
                }
            }
        }
    }
}
