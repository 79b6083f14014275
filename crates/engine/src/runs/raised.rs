//! What a failed run raised, as it is kept beside the run for who develops the project.

use lgx_model::{RawJson, RunError};
use lgx_worker::{Diagnostic, RunEnd};

use super::outcome::Outcome;

/// What is kept, if the run failed. `redacts`: of an exception whose message clients are not told, nothing is kept that says it.
pub(super) fn kept(end: Option<&RunEnd>, outcome: &Outcome, redacts: bool) -> Option<RawJson> {
    let error = outcome.error.as_ref()?;
    let raised = end.and_then(|end| Some((end.diagnostic.clone()?, end.error.as_ref()?)));
    let diagnostic = match raised {
        Some((diagnostic, told)) if redacts => redacted(diagnostic, told),
        Some((diagnostic, _)) => diagnostic,
        None => return Some(without_line(error)),
    };
    Some(RawJson::of(&diagnostic))
}

/// Without what clients are not told, also of the exceptions that led to it.
fn redacted(diagnostic: Diagnostic, told: &RunError) -> Diagnostic {
    Diagnostic {
        message: told.message.clone(),
        traceback: String::new(),
        hint: None,
        ..diagnostic
    }
}

/// An error that no line of the project raised.
pub(super) fn without_line(error: &RunError) -> RawJson {
    RawJson::of(&Diagnostic::without_line(&error.error, &error.message))
}
