//! One event of a run as clients see it, its id, and how a run ended as the log of its thread tells it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use lgx_model::Timestamp;
use serde::{Deserialize, Serialize};

/// The id of an event: milliseconds since the epoch and a serial number, strictly increasing within a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// Milliseconds since the Unix epoch.
    pub millis: i64,
    /// Tells apart events of one millisecond.
    pub serial: u32,
}

impl EventId {
    /// The id of an event of now, or right behind the last one.
    pub fn behind(last: Option<Self>) -> Self {
        let millis = Timestamp::now().micros() / 1000;
        match last {
            Some(last) if last.millis >= millis => Self {
                serial: last.serial + 1,
                ..last
            },
            _ => Self { millis, serial: 0 },
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.serial)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (millis, serial) = text.split_once('-').ok_or(())?;
        Ok(Self {
            millis: millis.parse().map_err(|_| ())?,
            serial: serial.parse().map_err(|_| ())?,
        })
    }
}

/// One event of a run's stream. The data is final JSON text, passed through as the worker wrote it.
#[derive(Debug, Clone)]
pub struct Event {
    /// The event's name: a stream mode, perhaps with `|namespace`, or `metadata` or `error`.
    pub name: Arc<str>,
    /// The data.
    pub data: Bytes,
    /// Its id.
    pub id: EventId,
}

/// How a run came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum End {
    /// The graph finished, or stopped at a breakpoint.
    Completed,
    /// It was stopped.
    Interrupted,
    /// It failed.
    Failed {
        /// The message.
        error: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_also_within_a_millisecond_and_when_the_clock_goes_back() {
        let ahead = EventId {
            millis: i64::MAX,
            serial: 3,
        };
        let next = EventId::behind(Some(ahead));
        assert_eq!((next.millis, next.serial), (i64::MAX, 4));
        assert!(EventId::behind(None).millis > 0);
    }

    #[test]
    fn ids_are_read_back() {
        assert_eq!(
            "1795449260485-3".parse(),
            Ok(EventId {
                millis: 1_795_449_260_485,
                serial: 3
            })
        );
        for text in ["", "x", "1", "-1", "a-b"] {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }
}
