//! Crews that stay although newer code serves, because something of theirs still goes on: of how many versions the streams may stay open.
//!
//! A WebSocket or a stream of events of the project's app goes on for as long as its client likes, and with it the process that it began
//! in. Each save of the code would leave one more behind. So the newest versions keep theirs, and those of older ones are ended: their
//! clients come back to the newest.

use tokio::sync::watch;

/// How many versions of the code keep their streams, beside the one that serves.
const KEPT: usize = 3;

/// Those crews, by number.
pub(super) struct Lingering {
    crews: watch::Sender<Vec<u64>>,
    /// How many there may be before streams are ended.
    most: usize,
}

/// One of them, until it is dropped.
pub(super) struct LingeringPlace<'a> {
    lingering: &'a Lingering,
    number: u64,
}

impl Lingering {
    /// None so far, where so many crews serve.
    pub(super) fn for_crews(count: usize) -> Self {
        Self {
            crews: watch::Sender::default(),
            most: count * KEPT,
        }
    }

    pub(super) fn enter(&self, number: u64) -> LingeringPlace<'_> {
        self.crews.send_modify(|crews| crews.push(number));
        LingeringPlace {
            lingering: self,
            number,
        }
    }

    /// Whether there are enough newer ones.
    fn is_old(&self, crews: &[u64], number: u64) -> bool {
        let newer = crews.iter().filter(|other| **other > number);
        newer.count() >= self.most
    }
}

impl LingeringPlace<'_> {
    /// Waits until there are enough newer ones.
    pub(super) async fn is_old(&self) {
        let mut crews = self.lingering.crews.subscribe();
        let is_old = |crews: &Vec<u64>| self.lingering.is_old(crews, self.number);
        // The sender is `self`: it cannot be gone while we wait.
        let _ = crews.wait_for(is_old).await;
    }
}

impl Drop for LingeringPlace<'_> {
    fn drop(&mut self) {
        let number = self.number;
        self.lingering
            .crews
            .send_modify(|crews| crews.retain(|other| *other != number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_versions_keep_theirs_in_whatever_order_they_leave() {
        let lingering = Lingering::for_crews(1);
        let is_old = |number| lingering.is_old(&lingering.crews.borrow(), number);
        let first = lingering.enter(1);
        let _others = [4, 3].map(|number| lingering.enter(number));
        assert!(!is_old(1));
        let _newer = lingering.enter(2);
        assert!(is_old(1) && !is_old(2) && !is_old(4));
        drop(first);
        let _next = lingering.enter(5);
        assert!(is_old(2) && !is_old(3));
    }
}
