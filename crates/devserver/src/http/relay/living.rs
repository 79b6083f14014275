//! Which instances are there: whoever waits for one that stands still is not kept waiting for ever.
//!
//! A process that is stopped, or a machine that is gone from the network, closes no connection. It is taken for dead once the database has
//! heard nothing of it for a while; then those who wait for its answers are let go of.

use std::time::Duration;

use lgx_model::{InstanceId, ThreadId};
use lgx_store::Store;
use lgx_store::instances::KnownInstance;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::OtherHome;
use super::election::elected;

/// How often it is looked: as often as instances show that they are there.
const LOOK: Duration = Duration::from_secs(5);

/// The instances that are there.
pub(super) struct Living {
    own: InstanceId,
    there: watch::Receiver<Vec<KnownInstance>>,
    _looking: AbortOnDropHandle<()>,
}

impl Living {
    /// Looks from now on, as this instance.
    pub(super) fn watch(store: Store, own: InstanceId, stopping: CancellationToken) -> Self {
        let (tell, there) = watch::channel(Vec::new());
        let looking = tokio::spawn(look(store, tell, stopping));
        Self {
            own,
            there,
            _looking: AbortOnDropHandle::new(looking),
        }
    }

    /// Resolves when an instance that is there is not there any more.
    pub(super) fn gone(&self, instance: InstanceId) -> impl Future<Output = ()> + Send + use<> {
        let mut there = self.there.clone();
        // What was seen before may be older than the instance.
        there.mark_unchanged();
        async move {
            while there.changed().await.is_ok() {
                let there = there.borrow_and_update();
                if !there.iter().any(|known| known.instance_id == instance) {
                    return;
                }
            }
            // This server stops, and whoever waits ends with it.
            std::future::pending::<()>().await;
        }
    }

    /// Where a thread goes that is not there yet, if that is not here.
    pub(super) fn elected(&self, thread_id: ThreadId) -> Option<OtherHome> {
        let there = self.there.borrow();
        let elected = elected(thread_id, present(&there))?;
        let known = there.iter().find(|known| known.instance_id == elected)?;
        (elected != self.own).then(|| OtherHome {
            instance: elected,
            url: known.url.clone(),
        })
    }

    /// Where a thread that is not there yet goes now.
    pub(super) fn election(&self, thread_id: ThreadId) -> Election {
        let there = self.there.clone();
        let now = elected(thread_id, present(&there.borrow()));
        Election {
            there,
            thread_id,
            now,
        }
    }
}

/// Where a thread that is not there yet goes, as it was at some moment.
pub(in crate::http) struct Election {
    there: watch::Receiver<Vec<KnownInstance>>,
    thread_id: ThreadId,
    now: Option<InstanceId>,
}

impl Election {
    /// Resolves when it would go to another instance.
    pub(in crate::http) async fn has_changed(&mut self) {
        while self.there.changed().await.is_ok() {
            let elected = elected(self.thread_id, present(&self.there.borrow_and_update()));
            if elected != self.now {
                return;
            }
        }
        // This server stops, and whoever waits ends with it.
        std::future::pending::<()>().await;
    }
}

/// Those that take threads.
fn present(there: &[KnownInstance]) -> impl Iterator<Item = InstanceId> {
    let stay = there.iter().filter(|known| !known.is_leaving);
    stay.map(|known| known.instance_id)
}

async fn look(store: Store, tell: watch::Sender<Vec<KnownInstance>>, stopping: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = looks.tick() => {}
        }
        match store.list_instances().await {
            Ok(instances) => {
                tell.send_replace(instances);
            }
            Err(error) => tracing::debug!("which instances are there cannot be told: {error}"),
        }
    }
}
