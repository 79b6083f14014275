//! The one timestamp format of the API: ISO 8601, UTC as `+00:00`, microseconds, the fraction dropped only when zero.

use std::fmt;
use std::str::FromStr;

use jiff::tz::Offset;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant with microsecond precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(inline, with = "String", extend("format" = "date-time"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// The present.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
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
        // The ends of the calendar stand for what is beyond them: its years have four digits.
        let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let time = jiff::Timestamp::from_microsecond(self.0);
        let time = time.unwrap_or(if self.0 < 0 { first } else { last });
        let time = Offset::UTC.to_datetime(time);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        )?;
        match time.subsec_nanosecond() / 1_000 {
            0 => f.write_str("+00:00"),
            micros => write!(f, ".{micros:06}+00:00"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time: jiff::Timestamp = text.parse()?;
        Ok(Self(time.as_microsecond()))
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
    fn what_no_calendar_reaches_is_its_end() {
        let last = Timestamp::from_micros(i64::MAX).to_string();
        assert!(last.starts_with("9999-12-30T"), "{last}");
        assert!(last.parse::<Timestamp>().is_ok());
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
