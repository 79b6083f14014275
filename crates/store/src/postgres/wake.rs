//! Wake-ups between the servers of one database: hints, by NOTIFY and LISTEN on one channel, on one connection of their own.
//!
//! A NOTIFY within a transaction would have all commits wait for each other. So hints are gathered behind commits and sent together, every
//! ten milliseconds at most. Nobody depends on them: see [`Hint`].

mod batch;
mod hearing;
mod line;
mod outbox;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::outbox::Outbox;
use super::connections::Connector;
use crate::Hints;
use crate::instances::Hint;

/// How many hints are held for one who hears them slowly.
const HELD: usize = 4096;
/// How often everybody is told to look again though hints are heard: those of a server that was killed are lost.
const LOOKS_EACH: Duration = Duration::from_secs(5);
/// How often while none are heard.
const LOOKS_DEAF_EACH: Duration = Duration::from_secs(1);

/// Tells other servers what to look at, and hears what they tell.
pub(crate) struct WakeUps {
    inner: Arc<Inner>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

struct Inner {
    /// Who this is among those who tell.
    sender: Uuid,
    outbox: Outbox,
    told: broadcast::Sender<Hint>,
    /// Whether what others tell is heard.
    hears: watch::Sender<bool>,
}

impl WakeUps {
    /// Begins to listen; for as long as that does not work, it is tried again.
    pub(crate) fn start(connector: Connector, sender: Uuid) -> Self {
        let inner = Arc::new(Inner {
            sender,
            outbox: Outbox::default(),
            told: broadcast::Sender::new(HELD),
            hears: watch::Sender::new(false),
        });
        let stopping = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(line::keep(Arc::clone(&inner), connector, stopping.clone()));
        let looking = Arc::clone(&inner);
        let until = stopping.clone();
        tasks.spawn(async move { until.run_until_cancelled(looking.look_again()).await });
        Self {
            inner,
            stopping,
            tasks,
        }
    }

    /// Tells the others, soon. To be called when what it is about is committed.
    pub(crate) fn tell(&self, hints: impl IntoIterator<Item = Hint>) {
        self.inner.outbox.put(hints);
    }

    /// Hears what others tell from now on.
    pub(crate) fn hints(&self) -> Hints {
        Hints::of(self.inner.told.subscribe())
    }

    /// Whether what others tell is heard.
    #[cfg(test)]
    pub(crate) fn hears(&self) -> watch::Receiver<bool> {
        self.inner.hears.subscribe()
    }

    /// Who this is among those who tell.
    #[cfg(test)]
    pub(crate) fn sender(&self) -> String {
        self.inner.sender.simple().to_string()
    }

    /// Tells what there is to tell, if that can be done now, and ends.
    pub(crate) async fn close(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for WakeUps {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl Inner {
    /// Passes on what others have told.
    fn hear(&self, hints: impl IntoIterator<Item = Hint>) {
        for hint in hints {
            // Nobody may want to know.
            let _ = self.told.send(hint);
        }
    }

    /// From now on hints are heard.
    fn hears_now(&self) {
        self.hears
            .send_if_modified(|hears| !std::mem::replace(hears, true));
    }

    /// Hints are not heard any more. Says whether they were.
    fn is_deaf(&self) -> bool {
        self.hears.send_if_modified(std::mem::take)
    }

    /// Has everybody look every now and then, and when hints are heard again: some may have been missed.
    async fn look_again(&self) {
        let mut hears = self.hears.subscribe();
        loop {
            let pause = if *hears.borrow_and_update() {
                LOOKS_EACH
            } else {
                LOOKS_DEAF_EACH
            };
            tokio::select! {
                _ = hears.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
            self.hear([Hint::LookAgain]);
        }
    }
}

#[cfg(test)]
mod tests {
    use lgx_tls::Roots;
    use tokio::time::Instant;

    use super::*;
    use crate::DatabaseAddress;

    #[tokio::test]
    async fn who_hears_nothing_looks_each_second() {
        let nowhere = "postgres://lgx@/lgx?host=/nowhere".to_owned();
        let address = DatabaseAddress::new(nowhere, Roots::default());
        let wake = WakeUps::start(Connector::to(&address).unwrap(), Uuid::nil());
        let (mut hints, began) = (wake.hints(), Instant::now());
        for second in 1..=2 {
            assert_eq!(hints.next().await, Hint::LookAgain);
            assert!(began.elapsed().as_secs() >= second);
        }
        wake.close().await;
    }
}
