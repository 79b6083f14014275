//! When a cron is due: a cron expression in a time zone, and the first instant after another that it names.

mod expression;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;

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
    zone: Tz,
}

impl Schedule {
    /// Reads an expression and the name of its time zone, UTC when there is none.
    pub fn parse(text: &str, timezone: Option<&str>) -> Result<Self, ScheduleError> {
        let times = expression(text).map_err(|why| ScheduleError::Expression {
            text: text.to_owned(),
            why,
        })?;
        let zone = match timezone {
            None => Tz::UTC,
            Some("") => return Err(ScheduleError::NoZone),
            Some(name) => name
                .parse()
                .map_err(|_| ScheduleError::Zone(name.to_owned()))?,
        };
        Ok(Self { times, zone })
    }

    /// The first time after `now`, and before `end` if there is one.
    ///
    /// Where clocks go forward, a time of day that is skipped counts as the first one after the gap; where they go back, a
    /// time of day that comes twice counts once, but "every hour" and the like count all hours that pass.
    pub fn next(&self, now: Timestamp, end: Option<Timestamp>) -> Option<Timestamp> {
        let now = DateTime::<Utc>::from_timestamp_micros(now.micros())?.with_timezone(&self.zone);
        let next = self.times.find_next_occurrence(&now, false).ok()?;
        let next = Timestamp::from_micros(next.timestamp() * 1_000_000);
        end.is_none_or(|end| next < end).then_some(next)
    }

    /// The instant that an ISO 8601 text means; without an offset it is a time in the schedule's zone.
    pub fn instant(&self, text: &str) -> Option<Timestamp> {
        const WITH_OFFSET: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"];
        const LOCAL: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        let text = text.replacen(' ', "T", 1);
        let absolute = DateTime::parse_from_rfc3339(&text).ok().or_else(|| {
            WITH_OFFSET
                .iter()
                .find_map(|form| DateTime::parse_from_str(&text, form).ok())
        });
        if let Some(absolute) = absolute {
            return Some(Timestamp::from_micros(absolute.timestamp_micros()));
        }
        let local = LOCAL
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
            .or_else(|| text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0))?;
        // A time that clocks skip is read as if they had not been changed.
        let there = |time: NaiveDateTime| time.and_local_timezone(self.zone).earliest();
        let hour = chrono::TimeDelta::hours(1);
        let instant = there(local).or_else(|| there(local - hour).map(|before| before + hour))?;
        Some(Timestamp::from_micros(instant.timestamp_micros()))
    }
}
