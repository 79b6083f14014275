//! A thread's time to live in requests and answers.

use lgx_model::forms::given;
use lgx_model::{PruneStrategy, Thread, ThreadTtl, TimeToLive};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::{ApiError, Call};

/// How long a thread lives after its last change.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
pub(super) struct ThreadLifetime {
    /// Minutes, more than 0; what `checkpointer.ttl` of langgraph.json says when absent.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(extend("exclusiveMinimum" = 0))]
    ttl: Option<f64>,
    /// What becomes of it then.
    #[serde(default)]
    strategy: PruneStrategy,
}

impl ThreadLifetime {
    /// The time to live it asks for.
    pub(super) fn checked(self, default: Option<TimeToLive>) -> Result<TimeToLive, ApiError> {
        let minutes = self.ttl.or(default.map(|default| default.minutes));
        match minutes {
            Some(minutes) if minutes > 0.0 => Ok(TimeToLive {
                strategy: self.strategy,
                minutes,
            }),
            Some(minutes) => Err(ApiError::invalid(format!(
                "{minutes} is not a time to live: it is counted in minutes and more than 0\n\nOn instance: ttl.ttl"
            ))),
            None => Err(ApiError::invalid(
                "`ttl.ttl` says how many minutes; without it, `checkpointer.ttl.default_ttl` of langgraph.json counts, which is not set\n\nOn instance: ttl",
            )),
        }
    }
}

/// Whether a request wants to see the time to live: `?include=ttl`, in a list, or as JSON.
pub(super) fn is_included(call: &Call) -> bool {
    call.query_values("include")
        .iter()
        .any(|given| names_ttl(given))
}

fn names_ttl(given: &str) -> bool {
    serde_json::from_str::<Vec<String>>(given).map_or_else(
        |_| given.split(',').any(|name| name.trim() == "ttl"),
        |names| names.iter().any(|name| name == "ttl"),
    )
}

/// A thread with its time to live, if it has one.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ThreadWithTtl")]
pub(in crate::http) struct WithTtl {
    #[serde(flatten)]
    pub(super) thread: Thread,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ttl: Option<ThreadTtl>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn include_is_read_in_all_its_spellings() {
        for given in ["ttl", "a,ttl", "ttl, b", r#"["ttl"]"#] {
            assert!(names_ttl(given), "{given}");
        }
        for given in ["", "ttls", r#"["a"]"#, r#""ttl""#] {
            assert!(!names_ttl(given), "{given}");
        }
    }

    #[test]
    fn a_time_to_live_is_more_than_nothing() {
        let ttl = |minutes| ThreadLifetime {
            ttl: minutes,
            strategy: PruneStrategy::KeepLatest,
        };
        let default = TimeToLive {
            strategy: PruneStrategy::Delete,
            minutes: 7.0,
        };
        assert_eq!(
            ttl(None).checked(Some(default)).unwrap(),
            TimeToLive {
                strategy: PruneStrategy::KeepLatest,
                minutes: 7.0
            }
        );
        assert!((ttl(Some(0.5)).checked(None).unwrap().minutes - 0.5).abs() < f64::EPSILON);
        for wrong in [None, Some(0.0), Some(-1.0)] {
            assert_eq!(
                ttl(wrong).checked(None).unwrap_err().status,
                422,
                "{wrong:?}"
            );
        }
    }
}
