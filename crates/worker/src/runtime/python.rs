//! Python: the worker's sources in it, and what its faulthandler writes while the interpreter goes down.

use std::path::{Path, PathBuf};

use super::Sources;
use crate::Diagnostic;

/// The package, and the `__main__` that the interpreter is told to run.
pub(super) const SOURCES: Sources = include!(concat!(env!("OUT_DIR"), "/python.rs"));

/// What a report says: the fault, and the line of the project in `root` that led to it.
pub(super) fn crash(report: &str, root: &Path, sources: &[PathBuf]) -> Option<Diagnostic> {
    const FAULT: &str = "Fatal Python error: ";
    let report = &report[report.find(FAULT)? + FAULT.len()..];
    let fault = report.lines().next().unwrap_or_default();
    Some(diagnosed(fault, report, root, sources))
}

/// Where a report says that the main thread was when its time was up.
pub(super) fn hang(report: &str, root: &Path, sources: &[PathBuf]) -> Option<Diagnostic> {
    let report = &report[report.rfind("Timeout (")?..];
    let (report, _) = report
        .split_once("Fatal Python error: ")
        .unwrap_or((report, ""));
    // Threads are told the newest first.
    let main_thread = &report[report.rfind("Thread 0x")?..];
    Some(diagnosed("LoadTimeout", main_thread, root, sources))
}

/// The lines of a thread, innermost first, and which of them is the project's.
fn diagnosed(kind: &str, thread: &str, root: &Path, sources: &[PathBuf]) -> Diagnostic {
    let frames: Vec<_> = thread
        .lines()
        .filter_map(|line| Some((line, TracebackLine::read(line)?)))
        .filter(|(_, frame)| {
            !sources
                .iter()
                .any(|sources| Path::new(frame.file).starts_with(sources))
                && !frame.file.starts_with("<frozen")
        })
        .collect();
    let own = frames.iter().find(|(_, frame)| frame.is_in(root));
    let place = own.or(frames.first()).map(|(_, frame)| frame);
    let traceback: Vec<_> = frames.iter().map(|(line, _)| *line).collect();
    Diagnostic {
        kind: kind.to_owned(),
        message: String::new(),
        file: place.map(|frame| frame.file.to_owned()),
        line: place.map(|frame| frame.line),
        column: None,
        source: place.and_then(TracebackLine::source),
        function: place.map(|frame| frame.function.to_owned()),
        traceback: match traceback.as_slice() {
            [] => String::new(),
            lines => format!("The lines that ran, innermost first:\n{}", lines.join("\n")),
        },
        hint: None,
    }
}

/// `  File "/p/graph.py", line 7 in act`
#[derive(Debug, PartialEq, Eq)]
struct TracebackLine<'a> {
    file: &'a str,
    line: u32,
    function: &'a str,
}

impl<'a> TracebackLine<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (file, rest) = line
            .trim_start()
            .strip_prefix("File \"")?
            .split_once("\", line ")?;
        let (line, function) = rest.split_once(" in ")?;
        Some(Self {
            file,
            line: line.parse().ok()?,
            function,
        })
    }

    fn is_in(&self, root: &Path) -> bool {
        let file = Path::new(self.file);
        let is_installed = |part: std::path::Component<'_>| {
            matches!(
                part.as_os_str().to_str(),
                Some("site-packages" | "dist-packages")
            )
        };
        file.starts_with(root) && !file.components().any(is_installed)
    }

    fn source(&self) -> Option<String> {
        let text = fs_err::read_to_string(self.file).ok()?;
        let index = usize::try_from(self.line).ok()?.checked_sub(1)?;
        text.lines().nth(index).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Fatal Python error: Segmentation fault

Current thread 0x00007f5e38d9c740 (most recent call first):
  File \"/usr/lib/python3.11/ctypes/__init__.py\", line 519 in string_at
  File \"/p/.venv/lib/python3.11/site-packages/torch/nn.py\", line 3 in forward
  File \"/p/src/brain.py\", line 59 in act
  File \"/p/.lgx/runtime/1/lgx_worker/runner.py\", line 90 in stream
  File \"/p/src/other.py\", line 1 in outer
  File \"<frozen runpy>\", line 88 in _run_code

Extension modules: _cffi_backend, orjson.orjson (total: 2)
";

    fn crashed(report: &str) -> Option<Diagnostic> {
        crash(report, Path::new("/p"), &["/p/.lgx/runtime".into()])
    }

    #[test]
    fn a_crash_is_at_the_innermost_line_of_the_project() {
        let found = crashed(REPORT).expect("there is a report");
        assert_eq!(found.kind, "Segmentation fault");
        assert_eq!(found.file.as_deref(), Some("/p/src/brain.py"));
        assert_eq!(
            (found.line, found.function.as_deref()),
            (Some(59), Some("act"))
        );
        assert!(
            found.traceback.contains("in string_at")
                && !found.traceback.contains("runner.py")
                && !found.traceback.contains("runpy")
        );
    }

    #[test]
    fn without_a_line_of_the_project_it_is_the_innermost_of_all() {
        let found = crashed(&REPORT.replace("/p/src", "/elsewhere")).expect("there is a report");

        assert_eq!(found.line, Some(519));
    }

    #[test]
    fn a_crash_outside_of_python_has_no_line_and_an_orderly_end_no_report() {
        let report = "Fatal Python error: Aborted\n\nCurrent thread 0x1 (most recent call first):\n  <no Python frame>\n";
        let found = crashed(report).expect("there is a report");

        assert_eq!((found.kind.as_str(), found.file), ("Aborted", None));
        assert_eq!(crashed(""), None);
    }

    #[test]
    fn a_hang_is_at_the_line_of_the_main_thread_and_is_no_crash() {
        let hung = "Timeout (0:00:30)!
Thread 0x00007f5e38d9c741 (most recent call first):
  File \"/p/src/other.py\", line 4 in a_thread_of_the_project
Thread 0x00007f5e38d9c740 (most recent call first):
  File \"/p/.venv/lib/python3.11/site-packages/model/load.py\", line 3 in read
  File \"/p/src/brain.py\", line 59 in <module>
  File \"/p/.lgx/runtime/1/lgx_worker/loader.py\", line 90 in _named
";
        let hang_in = |report: &str| hang(report, Path::new("/p"), &["/p/.lgx/runtime".into()]);
        let found = hang_in(hung).expect("there is a report");
        assert_eq!(
            (found.file.as_deref(), found.line),
            (Some("/p/src/brain.py"), Some(59))
        );
        assert!(found.traceback.contains("in read") && !found.traceback.contains("a_thread"));
        assert_eq!(crashed(hung), None);
        // It went on, and crashed.
        let later = format!("{hung}{REPORT}");
        assert_eq!(hang_in(&later), Some(found));
        assert!(crashed(&later).is_some_and(|crash| crash.function.as_deref() == Some("act")));
        assert_eq!(hang_in(REPORT), None);
    }
}
