//! A ring of the last things that happened, with ids, and those who read it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lgx_model::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How many are handed out at once.
const BATCH: usize = 256;

/// One thing that happened.
#[derive(Debug)]
pub struct Announced<T> {
    /// One more than that of the last one.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: T,
}

/// The last things that happened, so many and so many bytes of them at most.
pub struct Ring<T> {
    held: Mutex<RingState<T>>,
    /// The id of the last one; wakes who reads.
    last: watch::Sender<u64>,
    /// Cancelled when nobody is to read any more.
    closed: CancellationToken,
    most: usize,
    most_bytes: usize,
    /// Ids come after this one.
    before: u64,
}

struct RingState<T> {
    kept: VecDeque<(Arc<Announced<T>>, usize)>,
    bytes: usize,
    last: u64,
}

/// What there is for a reader.
#[derive(Debug)]
pub enum News<T> {
    /// These, the oldest first; one at least.
    Told(Vec<Arc<Announced<T>>>),
    /// Some are not kept any more. What comes next is after them.
    Missed,
    /// Nothing more comes: the server stops.
    Closed,
}

impl<T> Ring<T> {
    /// One whose ids count from 1.
    pub(super) fn new(most: usize, most_bytes: usize) -> Arc<Self> {
        Self::numbered(most, most_bytes, 0)
    }

    /// One whose ids come after this one.
    pub(super) fn numbered(most: usize, most_bytes: usize, before: u64) -> Arc<Self> {
        Arc::new(Self {
            held: Mutex::new(RingState {
                kept: VecDeque::new(),
                bytes: 0,
                last: before,
            }),
            last: watch::Sender::new(before),
            closed: CancellationToken::new(),
            most,
            most_bytes,
            before,
        })
    }

    /// Adds one, of about so many bytes, and wakes who reads.
    pub(super) fn push(&self, what: T, bytes: usize) -> Arc<Announced<T>> {
        let at = Timestamp::now();
        let mut held = self.lock();
        held.last += 1;
        let told = Arc::new(Announced {
            id: held.last,
            at,
            what,
        });
        held.bytes += bytes;
        held.kept.push_back((Arc::clone(&told), bytes));
        while held.kept.len() > self.most || (held.bytes > self.most_bytes && held.kept.len() > 1) {
            if let Some((_, bytes)) = held.kept.pop_front() {
                held.bytes -= bytes;
            }
        }
        // Within the lock, so that the ids that wake grow.
        self.last.send_replace(told.id);
        drop(held);
        told
    }

    /// The id of the last one; 0 when there was none.
    pub fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// Ends all readers, also those to come.
    pub(super) fn close(&self) {
        self.closed.cancel();
    }

    /// Resolves when nobody is to read any more.
    pub(super) fn closed(&self) -> impl Future<Output = ()> + Send + use<T> {
        self.closed.clone().cancelled_owned()
    }

    /// All that are kept, the oldest first.
    pub fn kept(&self) -> Vec<Arc<Announced<T>>> {
        let held = self.lock();
        held.kept.iter().map(|(told, _)| Arc::clone(told)).collect()
    }

    /// How many came before those that are kept, of which this is the oldest.
    pub fn dropped(&self, oldest: Option<&Announced<T>>) -> u64 {
        oldest.map_or(0, |oldest| oldest.id - self.before - 1)
    }

    /// What comes after the one of this id.
    fn after(&self, id: u64) -> News<T> {
        let held = self.lock();
        let first = held.kept.front().map_or(held.last + 1, |(told, _)| told.id);
        if id + 1 < first {
            return News::Missed;
        }
        let skipped = usize::try_from(id + 1 - first).unwrap_or(usize::MAX);
        let kept = held.kept.iter().skip(skipped).take(BATCH);
        News::Told(kept.map(|(told, _)| Arc::clone(told)).collect())
    }

    fn lock(&self) -> MutexGuard<'_, RingState<T>> {
        // Changed by code alone that cannot panic half-way.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who reads a ring.
pub struct RingReader<T> {
    ring: Arc<Ring<T>>,
    /// The last one that was read.
    after: u64,
    news: watch::Receiver<u64>,
}

impl<T> RingReader<T> {
    /// Reads what comes after the one of this id. An id that has not been given yet is that of another life of the server.
    pub(super) fn of(ring: &Arc<Ring<T>>, after: u64) -> Self {
        Self {
            after: after.clamp(ring.before, ring.last()),
            news: ring.last.subscribe(),
            ring: Arc::clone(ring),
        }
    }

    /// What comes next; waits for it. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> News<T> {
        let after = self.after;
        tokio::select! {
            () = self.ring.closed.cancelled() => return News::Closed,
            // The ring, which this holds, has the sender.
            _ = self.news.wait_for(|last| *last > after) => {}
        }
        let news = self.ring.after(after);
        match &news {
            News::Told(told) => self.after = told.last().map_or(after, |told| told.id),
            News::Missed => self.after = self.ring.last(),
            News::Closed => {}
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(news: News<&'static str>) -> Option<Vec<u64>> {
        match news {
            News::Told(told) => Some(told.iter().map(|told| told.id).collect()),
            News::Missed | News::Closed => None,
        }
    }

    #[tokio::test]
    async fn who_reads_gets_what_comes_after_what_it_has() {
        let ring = Ring::new(3, 1_000);
        ring.push("a", 1);
        ring.push("b", 1);
        let mut all = RingReader::of(&ring, 0);
        assert_eq!(ids(all.next().await), Some(vec![1, 2]));
        let mut rest = RingReader::of(&ring, 1);
        assert_eq!(ids(rest.next().await), Some(vec![2]));
        let waiting = tokio::spawn(async move { ids(all.next().await) });
        tokio::task::yield_now().await;
        ring.push("c", 1);
        assert_eq!(waiting.await.unwrap(), Some(vec![3]));
    }

    #[tokio::test]
    async fn who_is_too_slow_hears_that_it_missed_some_and_goes_on() {
        let ring = Ring::new(2, 1_000);
        let mut slow = RingReader::of(&ring, 0);
        for what in ["a", "b", "c"] {
            ring.push(what, 1);
        }
        assert_eq!(ids(slow.next().await), None);
        ring.push("d", 1);
        assert_eq!(ids(slow.next().await), Some(vec![4]));
    }

    #[tokio::test]
    async fn large_ones_push_others_out_and_are_kept_themselves() {
        let ring = Ring::new(10, 100);
        ring.push("a", 60);
        ring.push("b", 60);
        ring.push("c", 900);
        let kept: Vec<u64> = ring.kept().iter().map(|told| told.id).collect();
        assert_eq!(kept, [3]);
        let mut reader = RingReader::of(&ring, 2);
        assert_eq!(ids(reader.next().await), Some(vec![3]));
    }

    #[tokio::test]
    async fn ids_may_go_on_from_those_of_an_earlier_life() {
        let ring = Ring::numbered(2, 100, 500);
        let mut all = RingReader::of(&ring, 0);
        for what in ["a", "b", "c"] {
            ring.push(what, 1);
        }
        let kept = ring.kept();
        assert_eq!(ring.dropped(kept.first().map(|oldest| &**oldest)), 1);
        assert_eq!(ids(all.next().await), None);
        let mut rest = RingReader::of(&ring, 502);
        assert_eq!(ids(rest.next().await), Some(vec![503]));
    }

    #[tokio::test]
    async fn an_id_of_another_life_is_as_good_as_the_last_one() {
        let ring = Ring::new(10, 100);
        ring.push("a", 1);
        let mut reader = RingReader::of(&ring, 700);
        ring.push("b", 1);
        assert_eq!(ids(reader.next().await), Some(vec![2]));
    }
}
