//! How it reads when a process that runs the project's code ends, is blocked, or is replaced.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use lgx_devserver::{Death, ExecutingRun};

use super::{diagnostic, style};

/// A process ended. What it wrote to stderr has been shown as it came.
pub(super) fn died(death: &Death, pause: Option<Duration>, root: &Path) -> String {
    let text = died_briefly(death, pause);
    match &death.crash {
        Some(crash) => format!("{text}\n{}", diagnostic::render(crash, root)),
        None => text,
    }
}

/// The same on one line, without the place of a crash.
pub(super) fn died_briefly(death: &Death, pause: Option<Duration>) -> String {
    let mut text = if death.by_server {
        format!(
            "{} lgx ended the process that ran the project's code: {}",
            style::error(),
            death.how
        )
    } else {
        let verb = if death.crash.is_some() {
            "crashed"
        } else {
            "ended by itself"
        };
        format!(
            "{} the process that runs the project's code {verb} ({})",
            style::error(),
            how(death)
        )
    };
    // Each of the others says for itself how it ends.
    if !death.going_on.is_empty() {
        let verb = if death.going_on.len() == 1 {
            "goes"
        } else {
            "go"
        };
        let _ = write!(
            text,
            "; {} {verb} on in another one",
            named(&death.going_on)
        );
    }
    if let Some(pause) = pause.filter(|pause| !pause.is_zero()) {
        let _ = write!(text, "; the next one starts in {} s", pause.as_secs());
    }
    text
}

/// What ended a process.
fn how(death: &Death) -> String {
    // Nothing else ends a process without a word.
    let reason = if death.is_kill() {
        ", which lgx did not send: the system does when memory runs out"
    } else {
        ""
    };
    format!("{}{reason}", death.how)
}

/// `was killed while it loaded the project (signal 9 …)`
pub(crate) fn ended_loading(death: &Death) -> String {
    let verb = match death {
        Death { crash: Some(_), .. } => "crashed",
        killed if killed.is_kill() => "was killed",
        _ => "ended",
    };
    format!("{verb} while it loaded the project ({})", how(death))
}

/// The process that serves is blocked.
pub(super) fn blocked(time: Duration, runs: &[ExecutingRun]) -> String {
    let by = match runs {
        [] => String::new(),
        [_] => format!(" by {}", named(runs)),
        _ => format!(" by one of {}", named(runs)),
    };
    format!(
        "{} the event loop of the project's code has been blocked{by} for {} while others wait; another process takes over",
        style::warning(),
        style::duration(time)
    )
}

/// Another process serves instead of a blocked one.
pub(super) fn relieved(took: Duration, old_runs: &[ExecutingRun]) -> String {
    let mut text = format!(
        "{} another process serves after {}",
        style::success("Taken over:"),
        style::duration(took)
    );
    text.push_str(&go_on(old_runs, "in the blocked process"));
    text
}

/// The code that serves holds a port that the new code needs.
pub(super) fn makes_room(runs: &[ExecutingRun]) -> String {
    let mut text = format!(
        "{} the new code listens on a port that is in use, most likely by the old code; the old code leaves first, and requests wait",
        style::warning()
    );
    text.push_str(&go_on(runs, "until then"));
    text
}

/// Which runs go on elsewhere, and how they are stopped.
pub(super) fn go_on(runs: &[ExecutingRun], with: &str) -> String {
    let Some(first) = runs.first() else {
        return String::new();
    };
    let verb = if runs.len() == 1 { "goes" } else { "go" };
    format!(
        "; {} {verb} on {with}\n  {} to stop it: POST /threads/{}/runs/{}/cancel",
        named(runs),
        style::help(),
        first.thread_id,
        first.run_id
    )
}

/// The first few runs, and how many more there are.
fn named(runs: &[ExecutingRun]) -> String {
    const SHOWN: usize = 3;
    let names: Vec<String> = runs
        .iter()
        .take(SHOWN)
        .map(|run| run.run_id.to_string())
        .collect();
    let noun = if runs.len() == 1 { "run" } else { "runs" };
    match runs.len().saturating_sub(SHOWN) {
        0 => format!("{noun} {}", names.join(", ")),
        more => format!("{noun} {} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use lgx_devserver::Diagnostic;

    use super::*;

    fn run(number: u8) -> ExecutingRun {
        let id = |last: u8| format!("00000000-0000-4000-8000-0000000000{last:02}");
        ExecutingRun {
            run_id: id(number).parse().unwrap(),
            thread_id: id(number + 50).parse().unwrap(),
        }
    }

    fn death(how: &str, by_server: bool, runs: &[u8]) -> Death {
        Death {
            how: how.to_owned(),
            stderr: Vec::new(),
            by_server,
            because_of: None,
            runs: runs.iter().map(|number| run(*number)).collect(),
            going_on: runs.iter().map(|number| run(*number)).collect(),
            crash: None,
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn told(death: &Death, pause: Option<Duration>) -> String {
        plain(&died(death, pause, Path::new("/p")))
    }

    #[test]
    fn a_process_that_ended_names_its_runs_and_its_pause_and_does_not_repeat_what_it_wrote() {
        let death = Death {
            stderr: vec!["written before".to_owned()],
            ..death("exit code 5", false, &[1, 2])
        };
        insta::assert_snapshot!(told(&death, Some(Duration::from_secs(4))), @"
        error: the process that runs the project's code ended by itself (exit code 5); runs 00000000-0000-4000-8000-000000000001, 00000000-0000-4000-8000-000000000002 go on in another one; the next one starts in 4 s
        ");
    }

    #[test]
    fn a_process_that_may_have_ended_for_want_of_memory_is_told_so() {
        insta::assert_snapshot!(told(&death("signal 9 (SIGKILL)", false, &[]), None), @"
        error: the process that runs the project's code ended by itself (signal 9 (SIGKILL), which lgx did not send: the system does when memory runs out)
        ");
    }

    #[test]
    fn a_crash_is_told_with_the_persons_own_line() {
        let crash = Diagnostic {
            kind: "Segmentation fault".to_owned(),
            message: String::new(),
            file: Some("/p/src/brain.py".to_owned()),
            line: Some(59),
            column: None,
            source: Some("    ctypes.string_at(0)".to_owned()),
            function: Some("act".to_owned()),
            traceback: "The lines that ran, innermost first:\n  File \"/usr/lib/ctypes.py\", line 519 in string_at".to_owned(),
            hint: None,
        };
        let death = Death {
            crash: Some(Box::new(crash)),
            ..death("signal 11 (SIGSEGV)", false, &[1])
        };
        insta::assert_snapshot!(told(&death, None), @r#"
        error: the process that runs the project's code crashed (signal 11 (SIGSEGV)); run 00000000-0000-4000-8000-000000000001 goes on in another one
          src/brain.py:59 in act
            ctypes.string_at(0)
          Segmentation fault
          The lines that ran, innermost first:
            File "/usr/lib/ctypes.py", line 519 in string_at
        "#);
    }

    #[test]
    fn a_process_that_lgx_ended_is_told_so() {
        let how = format!("run {} did not stop when it was cancelled", run(1).run_id);
        let ended = Death {
            going_on: vec![run(2), run(3)],
            ..death(&how, true, &[1, 2, 3])
        };
        insta::assert_snapshot!(told(&ended, None), @"
        error: lgx ended the process that ran the project's code: run 00000000-0000-4000-8000-000000000001 did not stop when it was cancelled; runs 00000000-0000-4000-8000-000000000002, 00000000-0000-4000-8000-000000000003 go on in another one
        ");
    }

    #[test]
    fn a_blocked_process_names_the_run_and_how_to_stop_it() {
        insta::assert_snapshot!(plain(&blocked(Duration::from_secs(5), &[run(1)])), @"
        warning: the event loop of the project's code has been blocked by run 00000000-0000-4000-8000-000000000001 for 5.0 s while others wait; another process takes over
        ");
        insta::assert_snapshot!(plain(&relieved(Duration::from_millis(1200), &[run(1)])), @"
        Taken over: another process serves after 1.2 s; run 00000000-0000-4000-8000-000000000001 goes on in the blocked process
          help: to stop it: POST /threads/00000000-0000-4000-8000-000000000051/runs/00000000-0000-4000-8000-000000000001/cancel
        ");
    }
}
