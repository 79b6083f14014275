//! How many connections there are at once. For one more than that, the one that has been idle longest is closed.
//!
//! A client may open as many connections as it likes and say nothing, and a browser keeps some for later. What is idle costs nobody
//! anything when it is closed, because clients have to reckon with it; what is being answered is never closed for another one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The number of a connection that is not idle.
const BUSY: u64 = 0;

/// All connections.
pub(crate) struct Places {
    most: usize,
    table: Mutex<Occupancy>,
}

#[derive(Default)]
struct Occupancy {
    /// How many there are.
    taken: usize,
    /// The last number that was given.
    last: u64,
    /// Those that are idle, by numbers that say since when.
    idle: BTreeMap<u64, CancellationToken>,
}

impl Places {
    /// For so many connections.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            table: Mutex::default(),
        })
    }

    /// A place for one more connection, which is idle; none if all are busy.
    pub(super) fn take(self: &Arc<Self>) -> Option<ConnectionPlace> {
        let mut table = self.lock();
        if table.taken >= self.most {
            let (_, wanted) = table.idle.pop_first()?;
            wanted.cancel();
        }
        table.taken += 1;
        let wanted = CancellationToken::new();
        let number = table.now_idle(&wanted);
        Some(ConnectionPlace {
            places: Arc::clone(self),
            number: AtomicU64::new(number),
            wanted,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Occupancy> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Occupancy {
    fn now_idle(&mut self, wanted: &CancellationToken) -> u64 {
        self.last += 1;
        self.idle.insert(self.last, wanted.clone());
        self.last
    }
}

/// The place of one connection, free again when this is dropped.
pub(super) struct ConnectionPlace {
    places: Arc<Places>,
    /// Since when it is idle. Changed only while the table is locked.
    number: AtomicU64,
    wanted: CancellationToken,
}

impl ConnectionPlace {
    /// Resolves when the place is wanted for another connection.
    pub(super) async fn wanted(&self) {
        self.wanted.cancelled().await;
    }

    /// Whether no request is being answered.
    pub(super) fn is_idle(&self) -> bool {
        self.number.load(Ordering::Relaxed) != BUSY
    }

    /// A request has come. The connection is busy until what this gives back is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Answering {
        let mut table = self.places.lock();
        let number = self.number.swap(BUSY, Ordering::Relaxed);
        table.idle.remove(&number);
        Answering {
            place: Arc::clone(self),
            for_good: false,
        }
    }

    fn end(&self) {
        let mut table = self.places.lock();
        let number = table.now_idle(&self.wanted);
        self.number.store(number, Ordering::Relaxed);
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        let mut table = self.places.lock();
        table.taken -= 1;
        table.idle.remove(self.number.get_mut());
    }
}

/// A request that is being answered.
pub(super) struct Answering {
    place: Arc<ConnectionPlace>,
    for_good: bool,
}

impl Answering {
    /// The connection has become another thing, and stays busy for as long as it is there.
    pub(super) fn for_good(mut self) {
        self.for_good = true;
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if !self.for_good {
            self.place.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_wanted(place: &ConnectionPlace) -> bool {
        place.wanted.is_cancelled()
    }

    #[test]
    fn the_connection_that_has_been_idle_longest_makes_room() {
        let places = Places::new(2);
        let first = Arc::new(places.take().unwrap());
        let second = Arc::new(places.take().unwrap());
        drop(first.begin());
        let third = places.take().unwrap();
        assert!(is_wanted(&second) && !is_wanted(&first) && !is_wanted(&third));
        drop(second);
        // There are two again; the first has been idle for longer than the third.
        let _fourth = places.take().unwrap();
        assert!(is_wanted(&first) && !is_wanted(&third));
    }

    #[test]
    fn a_connection_that_is_busy_is_never_closed_for_another() {
        let places = Places::new(1);
        let only = Arc::new(places.take().unwrap());
        let answering = only.begin();
        assert!(!only.is_idle());
        assert!(places.take().is_none());
        drop(answering);
        assert!(only.is_idle());
        assert!(places.take().is_some());
        assert!(is_wanted(&only));
    }

    #[test]
    fn a_place_is_free_when_its_connection_has_gone() {
        let places = Places::new(1);
        drop(places.take().unwrap());
        let socket = Arc::new(places.take().unwrap());
        socket.begin().for_good();
        assert!(places.take().is_none(), "a socket is not idle");
        drop(socket);
        assert!(places.take().is_some());
        assert_eq!(places.lock().taken, 0);
        assert!(places.lock().idle.is_empty());
    }
}
