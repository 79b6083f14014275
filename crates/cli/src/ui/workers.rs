//! How it reads when a process that runs the project's code ends, is blocked, or is replaced.

use std::fmt::Write as _;
use std::time::Duration;

use lgx_devserver::{Death, ExecutingRun};

use super::notices::{caution, duration, failure};
use super::style;

/// The new code serves.
pub(super) fn reloaded(took: Duration, old_runs: &[ExecutingRun]) -> String {
    let mut text = format!(
        "{} the new code serves after {}",
        style::success("Reloaded:"),
        duration(took)
    );
    text.push_str(&go_on(old_runs, "with the old code"));
    text
}

/// A process ended.
pub(super) fn died(death: &Death, pause: Option<Duration>) -> String {
    let mut text = if death.by_server {
        format!(
            "{} lgx ended the process that ran the project's code: {}",
            failure(),
            death.how
        )
    } else {
        format!(
            "{} the process that runs the project's code ended by itself ({})",
            failure(),
            death.how
        )
    };
    // The one that was the reason has been named.
    let others = death
        .runs
        .iter()
        .filter(|run| !death.how.contains(&run.run_id.to_string()));
    match (others.count(), death.by_server) {
        (0, _) => {}
        (_, false) => {
            let _ = write!(text, "; {} ended with it", named(&death.runs));
        }
        (1, true) => text.push_str("; one other run ended with it"),
        (more, true) => {
            let _ = write!(text, "; {more} other runs ended with it");
        }
    }
    if let Some(pause) = pause.filter(|pause| !pause.is_zero()) {
        let _ = write!(text, "; the next one starts in {} s", pause.as_secs());
    }
    for line in &death.stderr {
        text.push('\n');
        text.push_str(&style::quiet(format_args!("  {line}")));
    }
    text
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
        caution(),
        duration(time)
    )
}

/// Another process serves instead of a blocked one.
pub(super) fn relieved(took: Duration, old_runs: &[ExecutingRun]) -> String {
    let mut text = format!(
        "{} another process serves after {}",
        style::success("Taken over:"),
        duration(took)
    );
    text.push_str(&go_on(old_runs, "in the blocked process"));
    text
}

/// The code that serves holds a port that the new code needs.
pub(super) fn makes_room(runs: &[ExecutingRun]) -> String {
    let mut text = format!(
        "{} the new code listens on a port that is in use, most likely by the old code; the old code leaves first, and requests wait",
        caution()
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
        style::strong("help:"),
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
            runs: runs.iter().map(|number| run(*number)).collect(),
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_process_that_ended_names_its_runs_its_pause_and_its_last_words() {
        let death = Death {
            stderr: vec!["Killed".to_owned()],
            ..death("signal 9", false, &[1, 2])
        };
        insta::assert_snapshot!(plain(&died(&death, Some(Duration::from_secs(4)))), @"
        error: the process that runs the project's code ended by itself (signal 9); runs 00000000-0000-4000-8000-000000000001, 00000000-0000-4000-8000-000000000002 ended with it; the next one starts in 4 s
          Killed
        ");
    }

    #[test]
    fn a_process_that_lgx_ended_is_told_so() {
        let how = format!("run {} did not stop when it was cancelled", run(1).run_id);
        insta::assert_snapshot!(plain(&died(&death(&how, true, &[1, 2, 3]), None)), @"
        error: lgx ended the process that ran the project's code: run 00000000-0000-4000-8000-000000000001 did not stop when it was cancelled; 2 other runs ended with it
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
