//! Whether a connection hears what is told on the channel, as far as it hears what it tells itself.
//!
//! A LISTEN can be accepted and do nothing: a pooler in between may give each statement another connection, and one that nothing comes from
//! may be cut off without anybody having noticed. So each batch that is told is waited for, and where there is nothing to tell, an empty
//! one is told every few seconds.

use std::time::Duration;

use tokio::time::Instant;

/// How long nothing is told at most.
const TELLS_EACH: Duration = Duration::from_secs(5);
/// How long what was told takes at most to be heard.
const HEARD_WITHIN: Duration = Duration::from_secs(3);

/// What one connection has told and heard. All decisions here are pure.
#[derive(Debug)]
pub(super) struct Hearing {
    /// The number of the last batch that was told, and when.
    told: Option<(u64, Instant)>,
    /// The oldest batch that is waited for.
    awaited: Option<(u64, Instant)>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ToDo {
    /// An empty batch is to be told.
    Tell,
    /// Nothing is heard: it is to listen once more, and to tell an empty batch.
    ListenAnew,
}

impl Hearing {
    /// Nothing was told yet.
    pub(super) const fn new() -> Self {
        Self {
            told: None,
            awaited: None,
        }
    }

    /// This batch was told.
    pub(super) fn told(&mut self, number: u64, now: Instant) {
        self.told = Some((number, now));
        self.awaited.get_or_insert((number, now));
    }

    /// This batch was heard, and so all before it were.
    pub(super) fn heard(&mut self, number: u64) {
        let Some((awaited, _)) = self.awaited else {
            return;
        };
        // What came behind it is not waited for: it was told on the same connection.
        if number >= awaited {
            self.awaited = None;
        }
    }

    /// When there is something to do, if nothing happens before.
    pub(super) fn due(&self, now: Instant) -> Instant {
        match (self.awaited, self.told) {
            (Some((_, since)), _) => since + HEARD_WITHIN,
            (None, Some((_, at))) => at + TELLS_EACH,
            (None, None) => now,
        }
    }

    /// What that is.
    pub(super) fn act(&mut self) -> ToDo {
        if self.awaited.take().is_none() {
            return ToDo::Tell;
        }
        ToDo::ListenAnew
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_hears_while_it_hears_itself() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut hearing = Hearing::new();
        assert_eq!(hearing.due(begun), begun);
        assert_eq!(hearing.act(), ToDo::Tell);
        hearing.told(1, begun);
        hearing.told(2, at(1));
        assert_eq!(hearing.due(at(1)), at(3), "the first is waited for");
        hearing.heard(1);
        assert_eq!(hearing.due(at(1)), at(6), "five seconds after the last");
        assert_eq!(hearing.act(), ToDo::Tell);
        hearing.told(3, at(6));
        hearing.heard(2);
        assert_eq!(hearing.due(at(6)), at(9), "that was an older one");
        assert_eq!(hearing.act(), ToDo::ListenAnew);
        hearing.told(4, at(9));
        hearing.heard(4);
        assert_eq!(hearing.due(at(9)), at(14));
    }
}
