//! What becomes of a cron that is made or changed: its payload, and when it is due. Pure.

use lgx_model::{CronId, JsonObject, Schedule, ScheduleError, Timestamp};
use lgx_store::crons::StoredCron;
use serde_json::{Value, json};

use super::body::{CronPatch, EndTime};
use crate::http::ApiError;

impl From<ScheduleError> for ApiError {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::NoZone => Self::bad_request(error.to_string()),
            ScheduleError::Expression { .. } | ScheduleError::Zone(_) => {
                Self::invalid(error.to_string())
            }
        }
    }
}

/// When a cron is due.
pub(in crate::http) struct Timing {
    schedule: Schedule,
    text: String,
    /// The instant from which on it is not.
    pub ends_at: Option<Timestamp>,
}

impl Timing {
    /// Reads a schedule, its time zone, and its end.
    pub(in crate::http) fn of(
        schedule: &str,
        timezone: Option<&str>,
        end_time: Option<&str>,
    ) -> Result<Self, ApiError> {
        let text = schedule.to_owned();
        let schedule = Schedule::parse(schedule, timezone)?;
        let ends_at = end_time
            .map(|end| {
                schedule.instant(end).ok_or_else(|| {
                    ApiError::invalid(format!(
                        "Invalid end_time: '{end}'. Use ISO 8601, as in '2027-01-31T18:00:00Z'."
                    ))
                })
            })
            .transpose()?;
        Ok(Self {
            schedule,
            text,
            ends_at,
        })
    }

    /// When it is due next, if it is before its end; 400 for a schedule that never comes at all.
    pub(super) fn next(&self, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
        let Some(next) = self.schedule.next(now, None) else {
            return Err(ApiError::bad_request(format!(
                "The schedule '{}' has no date in the future.",
                self.text
            )));
        };
        Ok(Some(next).filter(|next| self.ends_at.is_none_or(|end| *next < end)))
    }

    /// When it is due the next times, if so many come before its end; 400 for a schedule that never comes at all.
    pub(in crate::http) fn coming(
        &self,
        now: Timestamp,
        count: usize,
    ) -> Result<Vec<Timestamp>, ApiError> {
        let first = self.next(now)?;
        let after = |last: &Timestamp| self.schedule.next(*last, self.ends_at);
        Ok(std::iter::successors(first, after).take(count).collect())
    }
}

/// Puts the cron's id where its runs find it.
pub(super) fn name_cron(payload: &mut JsonObject, cron_id: CronId) {
    let mut config = object_at(payload, "config");
    let mut configurable = object_at(&config, "configurable");
    configurable.insert("cron_id".into(), json!(cron_id));
    config.insert("configurable".into(), configurable.into());
    payload.insert("config".into(), config.into());
}

fn object_at(object: &JsonObject, key: &str) -> JsonObject {
    match object.get(key) {
        Some(Value::Object(found)) => found.clone(),
        _ => JsonObject::new(),
    }
}

/// Changes a cron as asked. `fields` is the request as it was sent, `metadata` what is added to the cron's.
pub(super) fn apply(
    stored: &mut StoredCron,
    body: CronPatch,
    mut fields: JsonObject,
    metadata: JsonObject,
    now: Timestamp,
) -> Result<(), ApiError> {
    let cron = &mut stored.cron;
    // A cron that was away comes back at its next time: what it missed meanwhile, it was not meant to do.
    let comes_back = body.enabled == Some(true) && !cron.enabled;
    // Only a new schedule has to have a date: the last one of an old schedule may be over.
    let is_rescheduled = body.schedule.is_some() || body.timezone.is_some();
    let is_retimed = is_rescheduled || !matches!(body.end_time, EndTime::Same) || comes_back;
    // A cron stays with the assistant it was made for.
    fields.shift_remove("assistant_id");
    cron.payload.extend(fields);
    name_cron(&mut cron.payload, cron.cron_id);
    if !metadata.is_empty() {
        cron.metadata.extend(metadata);
        let all = cron.metadata.clone();
        cron.payload.insert("metadata".into(), all.into());
    }
    if let Some(schedule) = body.schedule {
        cron.schedule = schedule;
    }
    if let Some(timezone) = body.timezone {
        cron.timezone = Some(timezone);
    }
    match body.end_time {
        EndTime::Same => {}
        EndTime::Never => cron.end_time = None,
        EndTime::At(end_time) => cron.end_time = Some(end_time),
    }
    if let Some(enabled) = body.enabled {
        cron.enabled = enabled;
    }
    if cron.thread_id.is_none()
        && let Some(on_run_completed) = body.on_run_completed
    {
        cron.on_run_completed = Some(on_run_completed);
    }
    cron.updated_at = now;
    if is_retimed {
        let timing = Timing::of(
            &cron.schedule,
            cron.timezone.as_deref(),
            cron.end_time.as_deref(),
        )?;
        cron.next_run_date = match timing.next(now) {
            Err(error) if is_rescheduled => return Err(error),
            next => next.unwrap_or(None),
        };
        stored.ends_at = timing.ends_at;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use lgx_model::{AssistantId, Cron, OnRunCompleted, ThreadId};

    use super::*;

    fn object(value: Value) -> JsonObject {
        serde_json::from_value(value).unwrap()
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A cron at midnight of the first of January, with `{"a": 1, "b": 1}` as its metadata.
    fn cron() -> StoredCron {
        let now = time("2026-11-24T12:00:00Z");
        StoredCron {
            cron: Cron {
                cron_id: CronId::fresh(),
                assistant_id: AssistantId::of_graph("agent"),
                thread_id: None,
                user_id: String::new(),
                end_time: None,
                schedule: "0 0 1 1 *".into(),
                timezone: None,
                payload: object(json!({"schedule": "0 0 1 1 *", "metadata": {"a": 1, "b": 1}})),
                next_run_date: Some(time("2027-01-01T00:00:00Z")),
                metadata: object(json!({"a": 1, "b": 1})),
                on_run_completed: Some(OnRunCompleted::Delete),
                enabled: true,
                created_at: now,
                updated_at: now,
            },
            ends_at: None,
            permissions: Vec::new(),
        }
    }

    fn change(stored: &mut StoredCron, fields: Value, now: &str) -> Result<(), ApiError> {
        let body: CronPatch = serde_json::from_value(fields.clone()).unwrap();
        let metadata = body.metadata.clone().unwrap_or_default();
        apply(stored, body, object(fields), metadata, time(now))
    }

    const NOW: &str = "2026-11-25T12:00:00Z";

    #[test]
    fn runs_find_the_id_of_their_cron_whatever_the_config_was() {
        let id = CronId::fresh();
        for (config, expected) in [
            (json!({}), json!({"configurable": {"cron_id": id}})),
            (
                json!({"config": {"tags": ["t"], "configurable": {"k": 1, "cron_id": "spoofed"}}}),
                json!({"tags": ["t"], "configurable": {"k": 1, "cron_id": id}}),
            ),
        ] {
            let mut payload = object(config);
            name_cron(&mut payload, id);
            assert_eq!(payload["config"], expected);
        }
    }

    #[test]
    fn metadata_is_merged_in_the_payload_as_in_the_cron() {
        let mut stored = cron();
        change(
            &mut stored,
            json!({"metadata": {"b": 2, "c": {"d": 1}}}),
            NOW,
        )
        .unwrap();
        let merged = json!({"a": 1, "b": 2, "c": {"d": 1}});
        assert_eq!(Value::from(stored.cron.metadata.clone()), merged);
        assert_eq!(stored.cron.payload["metadata"], merged);
        assert_eq!(stored.cron.updated_at, time(NOW));
        assert_eq!(
            stored.cron.next_run_date,
            Some(time("2027-01-01T00:00:00Z"))
        );
    }

    #[test]
    fn a_new_config_replaces_the_old_one_but_for_the_id() {
        let mut stored = cron();
        change(&mut stored, json!({"config": {"tags": ["x"]}}), NOW).unwrap();
        change(&mut stored, json!({"config": {}, "foo": 1}), NOW).unwrap();
        let id = stored.cron.cron_id;
        assert_eq!(
            stored.cron.payload["config"],
            json!({"configurable": {"cron_id": id}})
        );
        assert_eq!(stored.cron.payload["foo"], 1);
    }

    #[test]
    fn the_next_date_follows_the_schedule_the_zone_and_the_end() {
        let mut stored = cron();
        for (fields, expected) in [
            (
                json!({"schedule": "0 9 * * *"}),
                Some("2026-11-26T09:00:00Z"),
            ),
            (
                json!({"timezone": "America/New_York"}),
                Some("2026-11-25T14:00:00Z"),
            ),
            (json!({"end_time": "2026-11-25T14:00:00Z"}), None),
            (
                json!({"end_time": "2026-11-25T10:00:00"}),
                Some("2026-11-25T14:00:00Z"),
            ),
            (json!({"end_time": "2020-01-01"}), None),
            (json!({"end_time": null}), Some("2026-11-25T14:00:00Z")),
        ] {
            change(&mut stored, fields.clone(), NOW).unwrap();
            assert_eq!(stored.cron.next_run_date, expected.map(time), "{fields}");
        }
        assert_eq!((stored.cron.end_time, stored.ends_at), (None, None));
    }

    #[test]
    fn a_cron_that_is_enabled_again_does_not_make_up_for_what_it_missed() {
        let mut stored = cron();
        change(
            &mut stored,
            json!({"schedule": "@hourly", "enabled": false}),
            NOW,
        )
        .unwrap();
        assert_eq!(
            stored.cron.next_run_date,
            Some(time("2026-11-25T13:00:00Z"))
        );
        change(
            &mut stored,
            json!({"enabled": true}),
            "2026-11-27T12:30:00Z",
        )
        .unwrap();
        assert_eq!(
            stored.cron.next_run_date,
            Some(time("2026-11-27T13:00:00Z"))
        );
        change(
            &mut stored,
            json!({"enabled": true}),
            "2026-11-27T15:30:00Z",
        )
        .unwrap();
        assert_eq!(
            stored.cron.next_run_date,
            Some(time("2026-11-27T13:00:00Z")),
            "it was enabled all the time, and is due"
        );
    }

    #[test]
    fn a_schedule_that_never_comes_is_refused() {
        let mut stored = cron();
        let refused = change(&mut stored, json!({"schedule": "0 0 30 2 *"}), NOW).unwrap_err();
        assert_eq!(refused.status, 400);
    }

    #[test]
    fn only_stateless_crons_have_something_to_do_with_threads_of_runs() {
        let mut stored = cron();
        change(&mut stored, json!({"on_run_completed": "keep"}), NOW).unwrap();
        assert_eq!(stored.cron.on_run_completed, Some(OnRunCompleted::Keep));
        stored.cron.thread_id = Some(ThreadId::fresh());
        stored.cron.on_run_completed = None;
        change(&mut stored, json!({"on_run_completed": "keep"}), NOW).unwrap();
        assert_eq!(stored.cron.on_run_completed, None);
    }
}
