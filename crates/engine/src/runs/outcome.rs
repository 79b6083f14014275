//! How a run ended, and what `/wait` and `/join` answer with.

use std::fmt::Write as _;

use bytes::Bytes;
use lgx_model::{RawJson, RunError, RunStatus};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::events::event::End;

/// The name of the error that those hear who wait for a run that goes on without them.
const STOPPED: &str = "ServerStopped";

/// What is known of a run once it has ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The status it was left with.
    pub status: RunStatus,
    /// The root values that the run streamed last, as they were streamed: of a graph whose output is not all of its state, the
    /// output.
    pub shown: Option<Bytes>,
    /// The newest root values, all of them: what the thread keeps.
    pub values: Option<RawJson>,
    /// Pending interrupts, flattened in task order.
    pub interrupts: Vec<Box<RawValue>>,
    /// The nodes that come next, of a run that stopped before its graph was done.
    pub next: Vec<String>,
    /// Why it failed.
    pub error: Option<RunError>,
}

impl Outcome {
    /// A run stopped before it did anything.
    pub const fn cancelled() -> Self {
        Self {
            status: RunStatus::Interrupted,
            shown: None,
            values: None,
            interrupts: Vec::new(),
            next: Vec::new(),
            error: None,
        }
    }

    /// The run failed.
    pub fn failed(error: RunError) -> Self {
        Self {
            status: RunStatus::Error,
            error: Some(error),
            ..Self::cancelled()
        }
    }

    /// The server stops; the run goes on when it starts again, so it has not ended.
    pub(crate) fn suspended() -> Self {
        Self {
            status: RunStatus::Pending,
            ..Self::failed(RunError::new(
                STOPPED,
                "The server was stopped; the run continues when it starts again.",
            ))
        }
    }

    /// The run is not this server's any more; another one has it, or will.
    pub(crate) fn moved() -> Self {
        Self {
            status: RunStatus::Pending,
            ..Self::failed(RunError::new(
                STOPPED,
                "The others could not hear of the server that executed the run, so it goes on at another one.",
            ))
        }
    }

    /// Whether it has not ended, but goes on at the next start, or at another instance.
    pub fn is_suspended(&self) -> bool {
        let error = self.error.as_ref();
        self.status == RunStatus::Pending && error.is_some_and(|error| error.error == STOPPED)
    }

    /// The run, or its thread, is not there (any more).
    pub fn gone() -> Self {
        Self::failed(RunError::new("HTTPException", "404: Run not found"))
    }

    /// The end as the thread's log tells it.
    pub fn end(&self) -> End {
        match (&self.error, self.status) {
            (Some(error), _) => End::Failed {
                error: error.message.clone(),
            },
            (None, RunStatus::Success) => End::Completed,
            (None, _) => End::Interrupted,
        }
    }

    /// The body of `/wait`: what the run showed last, else all values; an interrupt among them, or `__error__`.
    pub fn wait_body(&self) -> Bytes {
        if let Some(error) = &self.error {
            return error_body(error).into();
        }
        let kept = || self.values.as_ref().map_or("{}", RawJson::get);
        match (self.interrupts.as_slice(), &self.shown) {
            ([], Some(shown)) => shown.clone(),
            ([], None) => Bytes::copy_from_slice(kept().as_bytes()),
            ([_], Some(shown)) if names_interrupt(shown) => shown.clone(),
            ([only], Some(shown)) => with_interrupt(&String::from_utf8_lossy(shown), only).into(),
            ([only], None) => with_interrupt(kept(), only).into(),
            // Values are left out when several tasks were interrupted: clients read them from the state.
            (many, _) => interrupts_body(many).into(),
        }
    }
}

/// `{"__error__": …}`, which makes both SDKs raise.
pub fn error_body(error: &RunError) -> String {
    format!(r#"{{"__error__":{}}}"#, RawJson::of(error).get())
}

/// `{"__interrupt__": […]}`.
pub fn interrupts_body(interrupts: &[Box<RawValue>]) -> String {
    format!(r#"{{"__interrupt__":{}}}"#, list(interrupts))
}

fn list(items: &[Box<RawValue>]) -> String {
    let mut out = String::from("[");
    for (i, item) in items.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{}", item.get());
    }
    out.push(']');
    out
}

/// Whether streamed values name the interrupt that the graph stopped at, as those of its last step do.
fn names_interrupt(shown: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Shown {
        #[serde(rename = "__interrupt__")]
        _interrupt: IgnoredAny,
    }
    serde_json::from_slice::<Shown>(shown).is_ok()
}

/// The values object with `__interrupt__` added at its end; values of another kind give way to the interrupt.
fn with_interrupt(values: &str, interrupt: &RawValue) -> String {
    let list = format!(r#""__interrupt__":[{}]"#, interrupt.get());
    match values.trim_end().strip_suffix('}') {
        Some(open) if open.trim_end().ends_with('{') => format!("{{{list}}}"),
        Some(open) => format!("{open},{list}}}"),
        None => format!("{{{list}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(values: &str, interrupts: &[&str]) -> Outcome {
        Outcome {
            status: RunStatus::Success,
            shown: None,
            values: Some(RawJson::from_text(values.to_owned()).unwrap()),
            interrupts: interrupts
                .iter()
                .map(|text| RawValue::from_string((*text).to_owned()).unwrap())
                .collect(),
            next: Vec::new(),
            error: None,
        }
    }

    #[test]
    fn the_body_of_wait_follows_the_table_of_outcomes() {
        assert_eq!(outcome(r#"{"a":1}"#, &[]).wait_body(), r#"{"a":1}"#);
        assert_eq!(
            outcome(r#"{"a":1}"#, &["7"]).wait_body(),
            r#"{"a":1,"__interrupt__":[7]}"#
        );
        assert_eq!(
            outcome("{}", &["7"]).wait_body(),
            r#"{"__interrupt__":[7]}"#
        );
        assert_eq!(
            outcome("[1]", &["7"]).wait_body(),
            r#"{"__interrupt__":[7]}"#
        );
        assert_eq!(
            outcome(r#"{"a":1}"#, &["7", "8"]).wait_body(),
            r#"{"__interrupt__":[7,8]}"#
        );
        assert_eq!(Outcome::cancelled().wait_body(), "{}");
        assert_eq!(
            Outcome::gone().wait_body(),
            r#"{"__error__":{"error":"HTTPException","message":"404: Run not found"}}"#
        );
    }

    #[test]
    fn what_was_shown_comes_before_what_the_thread_keeps() {
        let asked = r#"{"s":1,"__interrupt__":[7]}"#;
        for (shown, interrupts, body) in [
            (r#"{"s":1}"#, &[][..], r#"{"s":1}"#),
            ("12", &[], "12"),
            (asked, &["7"], asked),
            (r#"{"s":1}"#, &["7"], asked),
            ("12", &["7"], r#"{"__interrupt__":[7]}"#),
            (asked, &["7", "8"], r#"{"__interrupt__":[7,8]}"#),
        ] {
            let outcome = Outcome {
                shown: Some(Bytes::from_static(shown.as_bytes())),
                ..outcome(r#"{"s":1,"private":2}"#, interrupts)
            };
            assert_eq!(outcome.wait_body(), body, "{shown} {interrupts:?}");
        }
    }
}
