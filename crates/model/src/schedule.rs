//! When a cron is due: a cron expression in a time zone, and the first instant after another that it names.

mod expression;
#[cfg(test)]
mod tests;

use croner::Cron;
use jiff::civil;
use jiff::tz::TimeZone;

use self::expression::expression;
use crate::Timestamp;

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The expression cannot be read.
    #[error(
        "Invalid cron schedule: '{text}'. {why}. Use five fields (minute hour day-of-month month day-of-week), optionally followed by seconds and a year, or one of @hourly, @daily, @weekly, @monthly, @yearly."
    )]
    Expression {
        /// The expression.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The time zone has no name.
    #[error("The timezone is empty. Leave it out for UTC, or name one, as in 'America/New_York'.")]
    NoZone,
    /// There is no such time zone.
    #[error("Invalid timezone: '{0}'. Use a name of the IANA database, as in 'America/New_York'.")]
    Zone(String),
}

/// A cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    times: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Reads an expression and the name of its time zone, UTC when there is none.
    pub fn parse(text: &str, timezone: Option<&str>) -> Result<Self, ScheduleError> {
        let times = expression(text).map_err(|why| ScheduleError::Expression {
            text: text.to_owned(),
            why,
        })?;
        let zone = match timezone {
            None => TimeZone::UTC,
            Some("") => return Err(ScheduleError::NoZone),
            // Names are looked up in any case, and are written in one.
            Some(name) => TimeZone::get(name)
                .ok()
                .filter(|zone| zone.iana_name() == Some(name) && !zone.is_unknown())
                .ok_or_else(|| ScheduleError::Zone(name.to_owned()))?,
        };
        Ok(Self { times, zone })
    }

    /// The first time after `now`, and before `end` if there is one.
    ///
    /// Where clocks go forward, a time of day that is skipped counts as the first one after the gap; where they go back, a
    /// time of day that comes twice counts once, but "every hour" and the like count all hours that pass.
    pub fn next(&self, now: Timestamp, end: Option<Timestamp>) -> Option<Timestamp> {
        let now = jiff::Timestamp::from_microsecond(now.micros()).ok()?;
        let now = now.to_zoned(self.zone.clone());
        let next = self.times.find_next_occurrence(&now, false).ok()?;
        let next = Timestamp::from_micros(next.timestamp().as_second() * 1_000_000);
        end.is_none_or(|end| next < end).then_some(next)
    }

    /// The instant that an ISO 8601 text means; without an offset it is a time in the schedule's zone.
    pub fn instant(&self, text: &str) -> Option<Timestamp> {
        let absolute = text.parse().ok();
        let absolute = absolute.or_else(|| {
            let local: civil::DateTime = text.parse().ok()?;
            // A time that clocks skip is read as if they had not been changed.
            self.zone.to_timestamp(local).ok()
        });
        Some(Timestamp::from_micros(absolute?.as_microsecond()))
    }
}
