//! The one timestamp format of the API: ISO 8601, UTC as `+00:00`, microseconds, the fraction dropped only when zero.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant with microsecond precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "date-time"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// The present.
    pub fn now() -> Self {
        Self(Utc::now().timestamp_micros())
    }

    /// An instant `micros` microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by `seconds`, which may be negative; saturates at the ends of the range.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float that does not fit saturates, as intended"
    )]
    #[must_use]
    pub fn plus_seconds(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * 1e6) as i64))
    }

    /// Seconds from now until this instant, zero if it has passed.
    pub fn until(self, now: Self) -> std::time::Duration {
        std::time::Duration::from_micros(u64::try_from(self.0.saturating_sub(now.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::<Utc>::from_timestamp_micros(self.0).unwrap_or_default();
        if self.0 % 1_000_000 == 0 {
            write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S+00:00"))
        } else {
            write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.6f+00:00"))
        }
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|time| Self(time.timestamp_micros()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fraction_is_dropped_only_when_zero() {
        for text in [
            "2026-11-23T15:48:13.976632+00:00",
            "2027-01-01T00:00:00+00:00",
            "2026-11-23T15:48:13.000001+00:00",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!(
            "2027-01-01T01:00:00+01:00"
                .parse::<Timestamp>()
                .unwrap()
                .to_string(),
            "2027-01-01T00:00:00+00:00"
        );
    }

    #[test]
    fn moving_by_seconds_may_go_back() {
        let time = Timestamp::from_micros(10_000_000);
        assert_eq!(time.plus_seconds(-0.5).micros(), 9_500_000);
        assert_eq!(
            time.until(time.plus_seconds(1.0)),
            std::time::Duration::ZERO
        );
        assert_eq!(
            time.plus_seconds(1.5).until(time),
            std::time::Duration::from_millis(1500)
        );
    }
}
