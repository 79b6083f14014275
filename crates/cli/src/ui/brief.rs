//! A notice on one line: it has been shown in full, and has come again.

use std::path::Path;

use lgx_devserver::{Diagnostic, Notice};

use super::notices::View;
use super::runs::short_id;
use super::{diagnostic, style, workers};

impl View {
    /// The line for a notice that has come this many times, if the person wants to see it.
    pub(crate) fn render_briefly(&self, notice: &Notice, times: u64) -> Option<String> {
        let often = match times {
            0 | 1 => String::new(),
            more => format!(" ({more} times by now)"),
        };
        let line = match notice {
            Notice::GraphFailed {
                graph_id,
                diagnostic,
            } => format!(
                "{} the graph `{graph_id}` still cannot be loaded: {}",
                style::error(),
                reference(diagnostic, &self.root)
            ),
            Notice::RunFailed { run_id, diagnostic } => format!(
                "{} run {} failed: {}",
                style::error(),
                short_id(run_id),
                reference(diagnostic, &self.root)
            ),
            Notice::WorkerDied { death, pause } => {
                let line = workers::died_briefly(death, *pause);
                match &death.crash {
                    Some(crash) => format!("{line}: {}", reference(crash, &self.root)),
                    None => line,
                }
            }
            Notice::RequestFailed {
                request,
                diagnostic,
            } => format!(
                "{} {request} failed: {}{often}",
                style::error(),
                reference(diagnostic, &self.root)
            ),
            Notice::Request { .. } | Notice::WebhookFailed { .. } => {
                return self.render(notice).map(|text| format!("{text}{often}"));
            }
            other => return self.render(other),
        };
        Some(line)
    }
}

/// `ValueError: no (graph.py:3 in act; told above)`: the message's first line only.
fn reference(diagnostic: &Diagnostic, root: &Path) -> String {
    let place = diagnostic::place_of(diagnostic, root)
        .map_or_else(String::new, |place| format!("{}; ", style::place(place)));
    let message = diagnostic.message.lines().next().unwrap_or_default();
    let kind = style::strong(&diagnostic.kind);
    let what = if message.is_empty() {
        kind
    } else {
        format!("{kind}: {message}")
    };
    format!("{what} ({place}told above)")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lgx_devserver::Death;

    use super::*;
    use crate::args::code::LogLevel;

    fn shown(notice: &Notice, times: u64) -> String {
        let view = View {
            level: LogLevel::Info,
            root: "/p".into(),
            shows_runs: true,
        };
        let text = view.render_briefly(notice, times).expect("it is shown");
        anstream::adapter::strip_str(&text).to_string()
    }

    fn diagnostic() -> Diagnostic {
        Diagnostic {
            kind: "ValueError".to_owned(),
            message: "no such city\nReally.".to_owned(),
            file: Some("/p/graph.py".to_owned()),
            line: Some(3),
            column: None,
            source: None,
            function: Some("act".to_owned()),
            traceback: "long".to_owned(),
            hint: None,
        }
    }

    #[test]
    fn what_has_been_told_is_referred_to_on_one_line() {
        let run = Notice::RunFailed {
            run_id: "01a218e2-943e-728f-b5e0-a04dc4fe46a1".to_owned(),
            diagnostic: diagnostic(),
        };
        assert_eq!(
            shown(&run, 2),
            "error: run fe46a1 failed: ValueError: no such city (graph.py:3 in act; told above)"
        );

        let request = Notice::RequestFailed {
            request: "GET /assistants/agent/schemas".to_owned(),
            diagnostic: Diagnostic {
                file: None,
                line: None,
                ..diagnostic()
            },
        };
        assert_eq!(
            shown(&request, 100),
            "error: GET /assistants/agent/schemas failed: ValueError: no such city (told above) (100 times by now)"
        );
    }

    #[test]
    fn a_process_that_crashes_again_at_the_same_line_is_told_on_one_line() {
        let crash = Diagnostic {
            kind: "Segmentation fault".to_owned(),
            message: String::new(),
            ..diagnostic()
        };
        let died = Notice::WorkerDied {
            death: Death {
                crash: Some(Box::new(crash)),
                ..Death::with_cause("signal 11 (SIGSEGV)")
            },
            pause: None,
        };
        assert_eq!(
            shown(&died, 2),
            "error: the process that runs the project's code crashed (signal 11 (SIGSEGV)): Segmentation fault (graph.py:3 in act; told above)"
        );
    }

    #[test]
    fn a_refused_request_is_told_with_the_reason() {
        let refused = Notice::Request {
            method: "POST".to_owned(),
            path: "/threads/search".to_owned(),
            status: 401,
            took: Duration::from_millis(2),
            detail: Some("Invalid token".to_owned()),
            told: false,
            headers: Vec::new(),
        };
        assert_eq!(
            shown(&refused, 10),
            "refused: POST /threads/search 401: Invalid token (10 times by now)"
        );
    }
}
