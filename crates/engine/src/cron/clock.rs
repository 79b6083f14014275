//! Crons and a clock that is set back: a date computed before that may lie far ahead, and nothing would fire until then.

use std::time::Duration;

use lgx_model::{Schedule, Timestamp};
use lgx_store::crons::StoredCron;

/// How far the clock on the wall may lag behind a timer without having been set: it is slewed, and timers are late.
const SLACK: f64 = 1.0;

/// Whether the clock was set back during a nap of at least `slept`.
pub(super) fn went_back(before: Timestamp, slept: Duration, after: Timestamp) -> bool {
    after < before.plus_seconds(slept.as_secs_f64() - SLACK)
}

/// The next date of a cron as of now, when it comes before the one that the cron has. Seen from an earlier now it could only
/// be earlier still: the one it has was computed by a clock that was ahead.
pub(super) fn sooner(stored: &StoredCron, now: Timestamp) -> Option<Timestamp> {
    let planned = stored.cron.next_run_date?;
    let schedule = Schedule::parse(&stored.cron.schedule, stored.cron.timezone.as_deref()).ok()?;
    schedule
        .next(now, stored.ends_at)
        .filter(|next| *next < planned)
}

#[cfg(test)]
mod tests {
    use lgx_model::{AssistantId, Cron, CronId, JsonObject};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_clock_that_lags_behind_a_timer_was_set_back() {
        let nap = Duration::from_secs(60);
        for (after, expected) in [
            (60, false),
            (59, false),
            (3600, false),
            (58, true),
            (-20, true),
        ] {
            assert_eq!(went_back(at(0), nap, at(after)), expected, "{after}");
        }
    }

    #[test]
    fn a_date_that_lies_ahead_of_the_schedule_is_brought_forward() {
        let cron = |next: Option<i64>, schedule: &str| StoredCron {
            cron: Cron {
                cron_id: CronId::fresh(),
                assistant_id: AssistantId::of_graph("agent"),
                thread_id: None,
                user_id: String::new(),
                end_time: None,
                schedule: schedule.into(),
                timezone: None,
                payload: JsonObject::new(),
                next_run_date: next.map(at),
                metadata: JsonObject::new(),
                on_run_completed: None,
                enabled: true,
                created_at: at(0),
                updated_at: at(0),
            },
            ends_at: None,
            permissions: Vec::new(),
        };
        for (next, schedule, expected) in [
            (Some(60), "* * * * *", None),
            (Some(3660), "* * * * *", Some(60)),
            (Some(3660), "no schedule", None),
            (None, "* * * * *", None),
        ] {
            let found = sooner(&cron(next, schedule), at(30));
            assert_eq!(found, expected.map(at), "{next:?} {schedule}");
        }
    }
}
