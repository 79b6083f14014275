//! How it reads on a terminal that the state cannot be saved, or can be again.

use lgx_devserver::{StateNotice, Unavailable};

use super::style;

/// The text for such a notice.
pub(super) fn text(about: &StateNotice) -> String {
    match about {
        StateNotice::Unavailable(unavailable) => format!(
            "{} nothing can be saved: {unavailable}\n  {} {}",
            style::error(),
            style::help(),
            advice(unavailable)
        ),
        StateNotice::RunEndUnsaved { run_id, reason } => {
            format!(
                "{} the end of run {run_id} could not be saved: {reason}",
                style::error()
            )
        }
        StateNotice::RunEndSaved { run_id, after } => format!(
            "{} the end of run {run_id}, {} after it",
            style::success("Saved:"),
            style::duration(*after)
        ),
    }
}

const fn advice(unavailable: &Unavailable) -> &'static str {
    match unavailable {
        Unavailable::DiskFull => {
            "make room; until then requests that need it are answered with 507, and runs fail. What was acknowledged is kept"
        }
        Unavailable::Locked => {
            "let go of it there; until then requests that change something are answered with 503"
        }
        Unavailable::Gone(_) => {
            "put the file back, or restart to begin with no state; until then requests are answered with 503"
        }
        Unavailable::Unreachable(_) => {
            "start it, or mend the way to it; until then requests are answered with 503. What was acknowledged is kept"
        }
        Unavailable::Failing(_) => {
            "until it can be used again, requests are answered with 503. What was acknowledged is kept"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shown(about: &StateNotice) -> String {
        anstream::adapter::strip_str(&text(about)).to_string()
    }

    #[test]
    fn what_keeps_the_state_from_being_saved_is_named_with_what_to_do() {
        insta::assert_snapshot!(shown(&StateNotice::Unavailable(Unavailable::DiskFull)), @"
        error: nothing can be saved: the disk is full
          help: make room; until then requests that need it are answered with 507, and runs fail. What was acknowledged is kept
        ");
        let gone = Unavailable::Gone("/p/.lgx/state.db".into());
        insta::assert_snapshot!(shown(&StateNotice::Unavailable(gone)), @"
        error: nothing can be saved: the state database /p/.lgx/state.db was deleted or replaced while the server used it
          help: put the file back, or restart to begin with no state; until then requests are answered with 503
        ");
    }

    #[test]
    fn an_end_that_is_saved_late_is_told_twice() {
        let run_id = || "0199".to_owned();
        let unsaved = StateNotice::RunEndUnsaved {
            run_id: run_id(),
            reason: "the disk is full".to_owned(),
        };
        insta::assert_snapshot!(shown(&unsaved), @"error: the end of run 0199 could not be saved: the disk is full");
        let saved = StateNotice::RunEndSaved {
            run_id: run_id(),
            after: Duration::from_millis(2500),
        };
        insta::assert_snapshot!(shown(&saved), @"Saved: the end of run 0199, 2.5 s after it");
    }
}
