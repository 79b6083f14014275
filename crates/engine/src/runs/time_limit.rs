//! How long a run may take: a day, or what `BG_JOB_TIMEOUT_SECS` says in the project's environment.

use std::time::Duration;

use lgx_config::Config;

use super::registry::{Stop, StopAction};
use crate::options::Options;

const VARIABLE: &str = "BG_JOB_TIMEOUT_SECS";
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The limit of a run that starts now; langgraph.json's `env` wins over the environment of the server.
pub(super) fn of(config: &Config, options: &Options) -> Duration {
    let own = config.env.iter().find(|(name, _)| name == VARIABLE);
    own.map(|(_, value)| value.as_str())
        .or_else(|| options.variable(VARIABLE))
        .and_then(seconds)
        .unwrap_or(A_DAY)
}

/// The stop of a run that has reached its limit.
pub(super) fn stop(limit: Duration) -> Stop {
    Stop {
        action: StopAction::TimeOut,
        reason: format!(
            "the run took longer than {} seconds, the limit that {VARIABLE} sets",
            limit.as_secs_f64()
        ),
    }
}

/// A positive number of seconds; anything else is as if nothing were said.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_positive_number_is_a_limit() {
        assert_eq!(seconds("5"), Some(Duration::from_secs(5)));
        assert_eq!(seconds(" 0.5 "), Some(Duration::from_millis(500)));
        for text in ["", "0", "-1", "soon", "inf", "nan", "1e300"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
