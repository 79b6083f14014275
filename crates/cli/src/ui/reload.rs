//! How it reads that the project's code is loaded again, or cannot be.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lgx_devserver::{Diagnostic, ExecutingRun, ReloadFailure, Timeline};

use super::diagnostic::{self, indented};
use super::{project, style, workers};

/// New code is brought up, because of these files or because somebody asked for it.
pub(super) fn begun(changed: &[PathBuf], root: &Path) -> String {
    let what = if changed.is_empty() {
        "as asked".to_owned()
    } else {
        names(changed, root)
    };
    format!("{} {what}", style::place("Reloading:"))
}

/// The new code serves.
pub(super) fn done(timeline: &Timeline, old_runs: &[ExecutingRun]) -> String {
    let slowest = timeline.slowest.first().map(|(file, took)| {
        let name = file.file_name().unwrap_or(file.as_os_str()).display();
        format!(" ({name}: {})", style::duration(*took))
    });
    format!(
        "{} in {}{}{}",
        style::success("Reloaded"),
        style::duration(timeline.saved.unwrap_or_default() + timeline.served),
        slowest.unwrap_or_default(),
        workers::go_on(old_runs, "with the old code")
    )
}

/// What took how long of that.
pub(super) fn in_detail(timeline: &Timeline, root: &Path) -> String {
    let at = |time: Duration| format!("{:>6.1} ms", time.as_secs_f64() * 1000.0);
    let mut lines = Vec::new();
    if let Some(saved) = timeline.saved {
        lines.push(format!("{}  before: saved", at(saved)));
    }
    lines.push(format!("{}  the change is seen", at(Duration::ZERO)));
    let worker = if timeline.imported_ahead {
        "a worker that was ready is taken"
    } else {
        "a worker has started"
    };
    lines.push(format!("{}  {worker}", at(timeline.started)));
    lines.push(format!("{}  the project is loaded", at(timeline.loaded)));
    for (file, took) in &timeline.slowest {
        let file = file.strip_prefix(root).unwrap_or(file).display();
        lines.push(format!(
            "{:11}{} of that: {file}",
            "",
            at(*took).trim_start()
        ));
    }
    lines.push(format!("{}  it serves", at(timeline.served)));
    format!("  {}", lines.join("\n  "))
}

/// What was saved cannot be used; what served until now does so still.
pub(super) fn failed(reason: &ReloadFailure, root: &Path) -> String {
    let what = match reason {
        ReloadFailure::Config(_) => {
            "the new configuration cannot be used; the old one stays in effect"
        }
        ReloadFailure::Code(_) | ReloadFailure::Worker(_) => {
            "the new code cannot be loaded; the old code keeps serving"
        }
        ReloadFailure::Died(_) => "the new code is not loaded; the old code keeps serving",
    };
    not_loaded(what, reason, root)
}

/// It takes long, and nothing else serves.
pub(super) fn loads_long(place: &Diagnostic, root: &Path) -> String {
    format!(
        "{} the project is still being loaded, and waited for; a save starts it anew, unless reload is off\n{}",
        style::warning(),
        diagnostic::render(place, root)
    )
}

/// No other process can take over from a blocked one.
pub(super) fn relief_failed(reason: &ReloadFailure, root: &Path) -> String {
    let what = "no other process can take over from the one that is blocked; a change of the code tries again";
    not_loaded(what, reason, root)
}

/// One of several processes ended or is blocked, and no other can take its place.
pub(super) fn reinforcement_failed(reason: &ReloadFailure, root: &Path) -> String {
    let what =
        "no other process can take the place of the one that is gone; those that are left serve";
    not_loaded(what, reason, root)
}

/// The process that was to take its place among several has loaded other code than they have.
pub(super) fn other_code(changed: &[PathBuf], root: &Path) -> String {
    format!(
        "{} the code has changed since it was loaded ({}); the process that was to join the others has loaded it as it is now, so all are \
         replaced and run the same",
        style::warning(),
        names(changed, root)
    )
}

/// The process ended, and no other can take its place.
pub(super) fn restart_failed(reason: &ReloadFailure, root: &Path) -> String {
    let what = match reason {
        ReloadFailure::Died(_) => "the project's code is not loaded again yet",
        _ => "the project's code cannot be loaded any more",
    };
    not_loaded(what, reason, root)
}

fn not_loaded(what: &str, reason: &ReloadFailure, root: &Path) -> String {
    let why = match reason {
        ReloadFailure::Config(problems) => {
            let lines: Vec<_> = problems
                .iter()
                .map(|problem| project::named_from(problem, root))
                .map(|problem| format!("  {}", indented(&problem, "  ")))
                .collect();
            lines.join("\n")
        }
        ReloadFailure::Code(diagnostic) => diagnostic::render(diagnostic, root),
        // What it wrote was shown as it came.
        ReloadFailure::Died(death) => {
            let ended = format!("  the process for it {}", workers::ended_loading(death));
            match &death.crash {
                Some(crash) => format!("{ended}\n{}", diagnostic::render(crash, root)),
                None => ended,
            }
        }
        ReloadFailure::Worker(reason) => format!("  {}", indented(reason, "  ")),
    };
    format!("{} {what}\n{why}", style::error())
}

/// The first few files, and how many more there are.
fn names(files: &[PathBuf], root: &Path) -> String {
    const SHOWN: usize = 3;
    let names: Vec<String> = files
        .iter()
        .take(SHOWN)
        .map(|file| file.strip_prefix(root).unwrap_or(file))
        .map(|file| file.display().to_string())
        .collect();
    let names = names.join(", ");
    match files.len().saturating_sub(SHOWN) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
