//! When schedules are due.

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

#[test]
fn a_zone_is_named_as_the_database_names_it() {
    for name in [
        "UTC",
        "Europe/Berlin",
        "US/Eastern",
        "Etc/GMT+5",
        "Asia/Calcutta",
    ] {
        assert!(Schedule::parse("@daily", Some(name)).is_ok(), "{name}");
    }
    for name in ["europe/berlin", "Etc/Unknown", "+05:00", "Mars/Olympus"] {
        assert!(Schedule::parse("@daily", Some(name)).is_err(), "{name}");
    }
}
