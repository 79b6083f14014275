//! When a cron is due: a cron expression in a time zone, and the first instant after another that it names.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

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

/// A field of an expression.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    /// Words for values, the first of them for `low`.
    words: &'static [&'static str],
    /// What else than digits, `*`, `,`, `-` and `/` may be in it.
    more: &'static [char],
}

const fn field(name: &'static str, low: u32, high: u32) -> Field {
    Field {
        name,
        low,
        high,
        words: &[],
        more: &[],
    }
}

const SECOND: Field = field("second", 0, 59);
const MINUTE: Field = field("minute", 0, 59);
const HOUR: Field = field("hour", 0, 23);
const DAY: Field = Field {
    more: &['L', '?'],
    ..field("day of month", 1, 31)
};
const MONTH: Field = Field {
    words: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    ..field("month", 1, 12)
};
const WEEKDAY: Field = Field {
    words: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    more: &['L', '?', '#'],
    ..field("day of week", 0, 6)
};
/// The years that a schedule without years looks at, so that what never occurs is soon known.
const YEARS: &str = "1970-2099";
const YEAR: Field = field("year", 1970, 2099);

/// Reads five fields, and after them seconds and years; the parser wants seconds first.
fn expression(text: &str) -> Result<Cron, String> {
    let text = text.trim();
    let text = if text.starts_with('@') {
        nickname(text).ok_or("There is no such nickname")?
    } else {
        text
    };
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday, rest @ ..] = fields.as_slice() else {
        return Err(format!("It has {} fields", fields.len()));
    };
    let (second, year) = match rest {
        [] => ("0", YEARS),
        [second] => (*second, YEARS),
        [second, year] => (*second, *year),
        _ => return Err(format!("It has {} fields", fields.len())),
    };
    let plain = [
        (second, SECOND),
        (minute, MINUTE),
        (hour, HOUR),
        (day, DAY),
        (month, MONTH),
        (weekday, WEEKDAY),
        (year, YEAR),
    ]
    .iter()
    .map(|(text, field)| field.plain(text))
    .collect::<Result<Vec<_>, _>>()?;
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .build()
        .parse(&plain.join(" "))
        .map_err(|error| error.to_string().trim_end_matches('.').to_owned())
}

fn nickname(text: &str) -> Option<&'static str> {
    Some(match text.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => return None,
    })
}

impl Field {
    /// The field in what the parser knows: numbers for words, lists for ranges that go over the end, ranges for open steps.
    fn plain(&self, text: &str) -> Result<String, String> {
        let parts: Result<Vec<String>, String> = text
            .to_ascii_uppercase()
            .split(',')
            .map(|part| self.part(part))
            .collect();
        Ok(parts?.join(","))
    }

    fn part(&self, part: &str) -> Result<String, String> {
        let name = self.name;
        let mut part = part.to_owned();
        for (value, word) in (self.low..).zip(self.words) {
            part = part.replace(word, &value.to_string());
        }
        let strange = |letter: &char| {
            !letter.is_ascii_digit()
                && !['*', '-', '/'].contains(letter)
                && !self.more.contains(letter)
        };
        if let Some(strange) = part.chars().find(strange) {
            return Err(format!("The {name} cannot have '{strange}'"));
        }
        if part.is_empty() {
            return Err(format!("The {name} has nothing between its commas"));
        }
        // `L5` and `5L` both mean the last Friday.
        if let Some(day) = part.strip_prefix('L').filter(|day| !day.is_empty()) {
            return Ok(format!("{day}L"));
        }
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part.as_str(), None),
        };
        match (range.split_once('-'), step) {
            (Some((from, to)), step) => match (from.parse::<u32>(), to.parse::<u32>()) {
                (Ok(from), Ok(to)) if from > to => self.around(from, to, step),
                _ => Ok(part),
            },
            (None, Some(step)) if range.parse::<u32>().is_ok() => {
                Ok(format!("{range}-{}/{step}", self.high))
            }
            _ => Ok(part),
        }
    }

    /// The values of a range that goes over the end, as `FRI-MON` or `22-2/2`.
    fn around(&self, from: u32, to: u32, step: Option<&str>) -> Result<String, String> {
        let name = self.name;
        let step: usize = match step.map(str::parse) {
            None => 1,
            Some(Ok(step)) if step > 0 => step,
            Some(_) => return Err(format!("The {name} has a step that is no number above 0")),
        };
        if to < self.low || from > self.high {
            return Err(format!("The {name} is out of its range"));
        }
        let values: Vec<String> = (from..=self.high)
            .chain(self.low..=to)
            .step_by(step)
            .map(|value| value.to_string())
            .collect();
        Ok(values.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The first times of a schedule after an instant.
    fn times(schedule: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(schedule, Some(zone)).unwrap();
        let first = schedule.next(time(after), None);
        std::iter::successors(first, |last| schedule.next(*last, None))
            .take(count)
            .map(|time| time.to_string().replace(":00+00:00", "Z"))
            .collect()
    }

    /// The first time after noon of 24 November 2026, a Tuesday.
    fn next(schedule: &str) -> String {
        times(schedule, "UTC", "2026-11-24T12:00:00Z", 1).remove(0)
    }

    #[test]
    fn five_fields_are_minute_hour_day_month_and_weekday() {
        for (schedule, expected) in [
            ("* * * * *", "2026-11-24T12:01Z"),
            ("*/5 * * * *", "2026-11-24T12:05Z"),
            ("5/20 * * * *", "2026-11-24T12:05Z"),
            ("0,30 9-17 * * *", "2026-11-24T12:30Z"),
            ("0 9 * * 1-5", "2026-11-25T09:00Z"),
            ("0 0 1 1 *", "2027-01-01T00:00Z"),
            ("0 0 31 * *", "2026-12-31T00:00Z"),
            ("0 0 29 2 *", "2028-02-29T00:00Z"),
            ("0 0 ? * *", "2026-11-25T00:00Z"),
            ("0 0 L * *", "2026-11-30T00:00Z"),
            ("  0   0 1 1 *  ", "2027-01-01T00:00Z"),
        ] {
            assert_eq!(next(schedule), expected, "{schedule}");
        }
    }

    #[test]
    fn days_of_the_week_begin_and_end_with_sunday() {
        for (schedule, expected) in [
            ("0 0 * * 0", "2026-11-29T00:00Z"),
            ("0 0 * * 7", "2026-11-29T00:00Z"),
            ("0 0 * * sun", "2026-11-29T00:00Z"),
            ("0 0 * * 1", "2026-11-30T00:00Z"),
            ("0 0 * JAN MON", "2027-01-04T00:00Z"),
            ("0 0 * * MON#2", "2026-12-14T00:00Z"),
            ("0 0 * * L5", "2026-11-27T00:00Z"),
            ("0 0 * * 5L", "2026-11-27T00:00Z"),
        ] {
            assert_eq!(next(schedule), expected, "{schedule}");
        }
    }

    #[test]
    fn of_two_restricted_days_either_will_do() {
        assert_eq!(
            times("0 0 13 * 5", "UTC", "2026-12-05T00:00:00Z", 3),
            [
                "2026-12-11T00:00Z",
                "2026-12-13T00:00Z",
                "2026-12-18T00:00Z"
            ]
        );
    }

    #[test]
    fn ranges_may_go_over_the_end() {
        for (schedule, expected) in [
            ("58-1 * * * *", "2026-11-24T12:01Z"),
            ("0 22-2/2 * * *", "2026-11-24T22:00Z"),
            ("0 0 * * FRI-MON", "2026-11-27T00:00Z"),
            ("0 0 * * 5-7", "2026-11-27T00:00Z"),
            ("0 0 1 NOV-FEB *", "2026-12-01T00:00Z"),
        ] {
            assert_eq!(next(schedule), expected, "{schedule}");
        }
        assert_eq!(
            times("0 22-2/2 * * *", "UTC", "2026-11-24T12:00:00Z", 4),
            [
                "2026-11-24T22:00Z",
                "2026-11-25T00:00Z",
                "2026-11-25T02:00Z",
                "2026-11-25T22:00Z"
            ]
        );
    }

    #[test]
    fn the_sixth_field_is_seconds_and_the_seventh_years() {
        assert_eq!(next("* * * * * 30"), "2026-11-24T12:00:30+00:00");
        assert_eq!(next("0 0 1 1 * 15"), "2027-01-01T00:00:15+00:00");
        assert_eq!(next("0 0 1 1 * * 2030"), "2030-01-01T00:00Z");
        let every = Schedule::parse("* * * * * *", None).unwrap();
        assert_eq!(
            every.next(time("2026-11-24T12:00:00.976632Z"), None),
            Some(time("2026-11-24T12:00:01Z"))
        );
    }

    #[test]
    fn nicknames_stand_for_expressions() {
        for (schedule, expected) in [
            ("@hourly", "2026-11-24T13:00Z"),
            ("@daily", "2026-11-25T00:00Z"),
            ("@midnight", "2026-11-25T00:00Z"),
            ("@weekly", "2026-11-29T00:00Z"),
            ("@monthly", "2026-12-01T00:00Z"),
            ("@yearly", "2027-01-01T00:00Z"),
            ("@Annually", "2027-01-01T00:00Z"),
        ] {
            assert_eq!(next(schedule), expected, "{schedule}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "",
            "   ",
            "bad",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "1 0 0 0 0",
            "0 0 32 * *",
            "0 0 * 13 *",
            "0 0 * * 8",
            "*/0 * * * *",
            "5-1/0 * * * *",
            "H * * * *",
            "@reboot",
            "@every 5m",
            "@",
            "0 0 1 1 * 2030",
            "0 0 1 1 * * 2030 1",
            "1,,2 * * * *",
            "MON * * * *",
            "0 0 * MON *",
            "* * * * +1",
            "0 0 W * *",
            "? * * * *",
            "1-70 * * * *",
            "70-1 * * * *",
        ] {
            let refused = Schedule::parse(text, None);
            assert!(
                matches!(&refused, Err(ScheduleError::Expression { text: told, .. }) if told == text),
                "{text:?}: {refused:?}"
            );
        }
    }

    #[test]
    fn time_zones_are_names_of_the_iana_database() {
        for name in [
            "UTC",
            "EST",
            "Etc/GMT+5",
            "Asia/Kolkata",
            "America/New_York",
        ] {
            assert!(Schedule::parse("@daily", Some(name)).is_ok(), "{name}");
        }
        for name in ["utc", "+05:00", "GMT+2", "Bad/Zone", "america/new_york"] {
            let refused = Schedule::parse("@daily", Some(name)).err();
            assert_eq!(refused, Some(ScheduleError::Zone(name.to_owned())));
        }
        let refused = Schedule::parse("@daily", Some("")).err();
        assert_eq!(refused, Some(ScheduleError::NoZone));
    }

    #[test]
    fn a_time_of_day_is_that_of_the_zone() {
        let noon = "2026-11-24T12:00:00Z";
        assert_eq!(
            times("0 9 * * *", "America/New_York", noon, 1),
            ["2026-11-24T14:00Z"]
        );
        assert_eq!(
            times("0 9 * * *", "Asia/Kolkata", noon, 1),
            ["2026-11-25T03:30Z"]
        );
    }

    #[test]
    fn a_day_keeps_its_hour_when_clocks_change() {
        assert_eq!(
            times("0 9 * * *", "America/New_York", "2026-03-07T00:00:00Z", 3),
            [
                "2026-03-07T14:00Z",
                "2026-03-08T13:00Z",
                "2026-03-09T13:00Z"
            ]
        );
        assert_eq!(
            times("0 9 * * *", "America/New_York", "2026-10-31T00:00:00Z", 3),
            [
                "2026-10-31T13:00Z",
                "2026-11-01T14:00Z",
                "2026-11-02T14:00Z"
            ]
        );
        assert_eq!(
            times("0 9 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
            [
                "2026-03-28T08:00Z",
                "2026-03-29T07:00Z",
                "2026-03-30T07:00Z"
            ]
        );
        assert_eq!(
            times("0 9 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z", 3),
            [
                "2026-10-24T07:00Z",
                "2026-10-25T08:00Z",
                "2026-10-26T08:00Z"
            ]
        );
    }

    #[test]
    fn a_time_that_clocks_skip_is_the_first_one_after() {
        assert_eq!(
            times("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
            ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]
        );
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]
        );
    }

    #[test]
    fn a_time_that_comes_twice_counts_once() {
        assert_eq!(
            times("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2),
            ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]
        );
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]
        );
    }

    #[test]
    fn every_hour_is_every_hour_that_passes() {
        for (zone, after, expected) in [
            (
                "America/New_York",
                "2026-03-08T05:30:00Z",
                [
                    "2026-03-08T06:00Z",
                    "2026-03-08T07:00Z",
                    "2026-03-08T08:00Z",
                ],
            ),
            (
                "America/New_York",
                "2026-11-01T04:30:00Z",
                [
                    "2026-11-01T05:00Z",
                    "2026-11-01T06:00Z",
                    "2026-11-01T07:00Z",
                ],
            ),
            (
                "Europe/Berlin",
                "2026-03-28T23:30:00Z",
                [
                    "2026-03-29T00:00Z",
                    "2026-03-29T01:00Z",
                    "2026-03-29T02:00Z",
                ],
            ),
            (
                "Europe/Berlin",
                "2026-10-24T23:30:00Z",
                [
                    "2026-10-25T00:00Z",
                    "2026-10-25T01:00Z",
                    "2026-10-25T02:00Z",
                ],
            ),
        ] {
            assert_eq!(
                times("0 * * * *", zone, after, 3),
                expected,
                "{zone} {after}"
            );
        }
    }

    #[test]
    fn what_never_comes_has_no_next_time() {
        for schedule in ["0 0 30 2 *", "0 0 31 2,4 *", "0 0 1 1 * * 2020"] {
            let schedule = Schedule::parse(schedule, None).unwrap();
            assert_eq!(schedule.next(time("2026-11-24T12:00:00Z"), None), None);
        }
    }

    #[test]
    fn nothing_comes_at_or_after_the_end() {
        let hourly = Schedule::parse("@hourly", None).unwrap();
        let now = time("2026-11-24T12:00:00Z");
        let at = |end| hourly.next(now, Some(time(end)));
        assert_eq!(
            at("2026-11-24T13:00:01Z"),
            Some(time("2026-11-24T13:00:00Z"))
        );
        assert_eq!(at("2026-11-24T13:00:00Z"), None);
        assert_eq!(at("2020-01-01T00:00:00Z"), None);
    }

    #[test]
    fn ends_are_iso_8601_and_local_without_an_offset() {
        let schedule = Schedule::parse("@daily", Some("America/New_York")).unwrap();
        for (text, expected) in [
            ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
            ("2030-01-01T00:00:00.123456Z", "2030-01-01T00:00:00.123456Z"),
            ("2030-01-01T00:00:00+05:00", "2029-12-31T19:00:00Z"),
            ("2030-01-01T00:00:00+0500", "2029-12-31T19:00:00Z"),
            ("2030-01-01T00:00+05", "2029-12-31T19:00:00Z"),
            ("2030-01-01T00:00:00", "2030-01-01T05:00:00Z"),
            ("2030-01-01 00:00", "2030-01-01T05:00:00Z"),
            ("2030-07-01", "2030-07-01T04:00:00Z"),
            ("2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
        ] {
            assert_eq!(schedule.instant(text), Some(time(expected)), "{text}");
        }
        for text in [
            "",
            "bad",
            "2030-13-01",
            "2030-01-01T25:00:00Z",
            "1893456000",
            "tomorrow",
        ] {
            assert_eq!(schedule.instant(text), None, "{text}");
        }
    }
}
