//! What may be sent into a stream: each direction of each call has credit of its own, in bytes.
//!
//! Everything that a worker and the server say goes over one connection, and whoever reads it must never wait for one call, or all others
//! wait with it. So a receiver takes what arrives at once, into a queue without a bound; and the bound is kept by the sender, who stops when
//! it has used up its credit, and goes on when the receiver, having worked something off, grants more. A queue is never longer than the
//! [`WINDOW`] and one frame: credit is spent before it is known how much a frame takes, so that a large one fits too. A call that was
//! cancelled needs no credit, so that it never waits for a reader that has left; what it sends beyond this bound is dropped.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tokio::sync::watch;

/// The credit that each direction of a stream begins with, in bytes.
pub const WINDOW: usize = 1024 * 1024;
/// What has to be worked off before more is granted: seldom enough to cost nothing, early enough that a sender need not stop.
const GRANTED_AT_ONCE: usize = WINDOW / 2;

/// The sender's side: what it has left.
#[derive(Debug)]
pub struct Credit {
    sent: u64,
    granted: watch::Receiver<u64>,
}

/// Where what the receiver grants arrives. When it is dropped, the stream is over.
#[derive(Debug)]
pub struct Grants(watch::Sender<u64>);

/// The call was answered, or ended otherwise: nobody takes its data any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call is over")]
pub struct Over;

impl Credit {
    /// The credit of a new stream.
    pub fn new() -> (Grants, Self) {
        let (sender, granted) = watch::channel(WINDOW as u64);
        (Grants(sender), Self { sent: 0, granted })
    }

    /// Waits until something is left, and spends so many bytes of it, or more than there are.
    pub async fn spend(&mut self, bytes: usize) -> Result<(), Over> {
        let sent = self.sent;
        let granted = self.granted.wait_for(|granted| *granted > sent).await;
        granted.map_err(|_| Over)?;
        self.sent += bytes as u64;
        Ok(())
    }
}

impl Grants {
    /// So many bytes more may be sent.
    pub fn add(&self, bytes: u64) {
        self.0
            .send_modify(|granted| *granted = granted.saturating_add(bytes));
    }
}

/// The receiver's side, as whoever reads the connection sees it: what the sender has left.
#[derive(Debug)]
pub(crate) struct Allowance {
    left: AtomicI64,
    lifted: AtomicBool,
}

/// What is to be done with data that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It was granted.
    Take,
    /// It needed no grant, and whoever it is for does not keep up with it.
    Drop,
    /// It was not granted.
    Refuse,
}

impl Allowance {
    pub(crate) fn new() -> Self {
        Self {
            left: AtomicI64::new(signed(WINDOW)),
            lifted: AtomicBool::new(false),
        }
    }

    /// So many bytes have arrived. Only whoever reads the connection spends.
    pub(crate) fn spend(&self, bytes: usize) -> Admission {
        if self.left.load(Ordering::Relaxed) > 0 {
            self.left.fetch_sub(signed(bytes), Ordering::Relaxed);
            Admission::Take
        } else if self.lifted.load(Ordering::Acquire) {
            Admission::Drop
        } else {
            Admission::Refuse
        }
    }

    fn add(&self, bytes: usize) {
        self.left.fetch_add(signed(bytes), Ordering::Relaxed);
    }

    /// From now on the sender needs no credit.
    pub(crate) fn lift(&self) {
        self.lifted.store(true, Ordering::Release);
    }
}

/// The receiver's side, as whoever works the data off sees it.
#[derive(Debug, Default)]
pub(crate) struct WorkedOff(usize);

impl WorkedOff {
    /// So many bytes are worked off. Gives what is to be granted now, if it is time.
    pub(crate) fn add(&mut self, bytes: usize, allowance: &Allowance) -> Option<usize> {
        self.0 += bytes;
        (self.0 >= GRANTED_AT_ONCE).then(|| {
            let granted = std::mem::take(&mut self.0);
            allowance.add(granted);
            granted
        })
    }
}

/// No frame is so long that this would not fit.
fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_pending(waiting: impl Future) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        std::pin::pin!(waiting)
            .as_mut()
            .poll(&mut context)
            .is_pending()
    }

    #[test]
    fn a_sender_may_overdraw_once_and_then_waits_for_more_than_it_owes() {
        let (grants, mut credit) = Credit::new();
        assert!(!is_pending(credit.spend(WINDOW - 1)));
        assert!(!is_pending(credit.spend(10)));
        assert!(is_pending(credit.spend(1)));
        grants.add(9);
        assert!(is_pending(credit.spend(1)));
        grants.add(1);
        assert!(!is_pending(credit.spend(1)));
    }

    #[test]
    fn a_sender_that_waits_hears_that_the_call_is_over() {
        let (grants, mut credit) = Credit::new();
        assert!(!is_pending(credit.spend(WINDOW)));
        drop(grants);
        let mut context = Context::from_waker(Waker::noop());
        let spent = std::pin::pin!(credit.spend(1)).as_mut().poll(&mut context);
        assert_eq!(spent, Poll::Ready(Err(Over)));
    }

    #[test]
    fn what_is_worked_off_is_granted_in_large_pieces() {
        let (allowance, mut worked_off) = (Allowance::new(), WorkedOff::default());
        assert_eq!(allowance.spend(WINDOW), Admission::Take);
        assert_eq!(allowance.spend(1), Admission::Refuse);
        assert_eq!(worked_off.add(WINDOW / 2 - 1, &allowance), None);
        assert_eq!(worked_off.add(2, &allowance), Some(WINDOW / 2 + 1));
        assert_eq!(allowance.spend(1), Admission::Take);
    }

    #[test]
    fn what_needs_no_credit_is_taken_while_it_is_worked_off() {
        let (allowance, mut worked_off) = (Allowance::new(), WorkedOff::default());
        allowance.lift();
        assert_eq!(allowance.spend(WINDOW), Admission::Take);
        assert_eq!(allowance.spend(1), Admission::Drop);
        worked_off.add(WINDOW, &allowance);
        assert_eq!(allowance.spend(1), Admission::Take);
    }
}
