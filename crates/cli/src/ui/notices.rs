//! How each of the server's notices reads as lines of a terminal.

use std::path::PathBuf;
use std::time::Duration;

use lgx_config::{Problem, Severity};
use lgx_devserver::{LogLine, LogStream, Notice, ReloadFailure};

use super::diagnostic::{self, indented};
use super::{requests, runs, state_notice, style, workers};
use crate::args::serve::LogLevel;

/// From where a person looks at the server, and how closely.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// How much the server says.
    pub(crate) level: LogLevel,
    /// The current directory: paths under it are named from there.
    pub(crate) root: PathBuf,
    /// Whether each run is a line.
    pub(crate) shows_runs: bool,
}

impl View {
    /// The text for a notice, if the person wants to know of it.
    pub(crate) fn render(&self, notice: &Notice) -> Option<String> {
        if matches!(notice, Notice::RunEnded { .. }) && !self.shows_runs {
            return None;
        }
        (level(notice) <= self.level).then(|| self.text(notice))
    }

    fn text(&self, notice: &Notice) -> String {
        match notice {
            Notice::Config(problem) => {
                let word = match problem.severity {
                    Severity::Error => failure(),
                    Severity::Warning => caution(),
                };
                format!("{word} {}", self.problem(problem))
            }
            Notice::OtherPython { wanted, found } => format!(
                "{} `python_version` of langgraph.json is {wanted}, and the project runs on Python {found}\n  {} name \
                 another interpreter with --python, or say \"{}\" there",
                caution(),
                style::strong("help:"),
                major_minor(found),
            ),
            Notice::GraphFailed {
                graph_id,
                diagnostic,
            } => {
                let said = diagnostic::render(diagnostic, &self.root);
                format!(
                    "{} the graph `{graph_id}` cannot be loaded\n{said}",
                    failure()
                )
            }
            Notice::GraphNotice { graph_id, text } => {
                format!(
                    "{} graph `{graph_id}`: {}",
                    style::strong("note:"),
                    indented(text, "  ")
                )
            }
            Notice::Loading { what } => format!("loading {what}"),
            Notice::LoadingEnded => "loaded".to_owned(),
            Notice::MakesRoom { runs } => workers::makes_room(runs),
            Notice::Reloading { changed } => {
                let what = if changed.is_empty() {
                    "as asked".to_owned()
                } else {
                    self.names(changed)
                };
                format!("{} {what}", style::place("Reloading:"))
            }
            Notice::Reloaded { took, old_runs } => workers::reloaded(*took, old_runs),
            Notice::ReloadFailed(reason) => self.not_loaded(what_stays(reason), reason),
            Notice::WorkerDied { death, pause } => workers::died(death, *pause, &self.root),
            Notice::WorkerBlocked { time, runs } => workers::blocked(*time, runs),
            Notice::WorkerRelieved { took, old_runs } => workers::relieved(*took, old_runs),
            Notice::ReliefFailed(reason) => self.not_loaded(
                "no other process can take over from the one that is blocked; a change of the code tries again",
                reason,
            ),
            Notice::RestartFailed(reason) => {
                self.not_loaded("the project's code cannot be loaded any more", reason)
            }
            Notice::Log(line) => log(line),
            Notice::RunEnded {
                run_id,
                graph_id,
                status,
                took,
            } => runs::ended(run_id, graph_id, status, *took),
            Notice::RunFailed { run_id, diagnostic } => {
                format!(
                    "{} run {run_id} failed\n{}",
                    failure(),
                    diagnostic::render(diagnostic, &self.root)
                )
            }
            Notice::State(about) => state_notice::text(about),
            Notice::RequestFailed {
                request,
                diagnostic,
            } => {
                let said = diagnostic::render(diagnostic, &self.root);
                format!(
                    "{} {request} failed in the project's code\n{said}",
                    failure()
                )
            }
            Notice::WebhookFailed { run_id, reason } => runs::webhook_failed(run_id, reason),
            Notice::AuthChanged { auth } => requests::auth_changed(auth.as_deref()),
            Notice::Request {
                method,
                path,
                status,
                took,
                detail,
                ..
            } => requests::answered(method, path, *status, *took, detail.as_deref()),
            Notice::OriginRefused { origin } => format!(
                "{} refused a request of a page at {origin}\n  {} to let it in, put it in langgraph.json: \
                 \"http\": {{\"cors\": {{\"allow_origins\": [\"{origin}\"]}}}}",
                caution(),
                style::strong("help:"),
            ),
            Notice::HostRefused { host } => host_refused(host),
        }
    }

    fn not_loaded(&self, what: &str, reason: &ReloadFailure) -> String {
        format!("{} {what}\n{}", failure(), self.reload_failure(reason))
    }

    fn reload_failure(&self, reason: &ReloadFailure) -> String {
        match reason {
            ReloadFailure::Config(problems) => {
                let lines: Vec<_> = problems
                    .iter()
                    .map(|problem| format!("  {}", indented(&self.problem(problem), "  ")))
                    .collect();
                lines.join("\n")
            }
            ReloadFailure::Code(diagnostic) => diagnostic::render(diagnostic, &self.root),
            ReloadFailure::Worker(reason) => format!("  {}", indented(reason, "  ")),
        }
    }

    /// The problem, its file named as the person would.
    fn problem(&self, problem: &Problem) -> String {
        let file = problem
            .file
            .strip_prefix(&self.root)
            .unwrap_or(&problem.file)
            .to_owned();
        Problem {
            file,
            ..problem.clone()
        }
        .to_string()
    }

    /// The first few files, and how many more there are.
    fn names(&self, files: &[PathBuf]) -> String {
        const SHOWN: usize = 3;
        let name = |file: &PathBuf| {
            file.strip_prefix(&self.root)
                .unwrap_or(file)
                .display()
                .to_string()
        };
        let names = files
            .iter()
            .take(SHOWN)
            .map(name)
            .collect::<Vec<_>>()
            .join(", ");
        match files.len().saturating_sub(SHOWN) {
            0 => names,
            more => format!("{names} and {more} more"),
        }
    }
}

/// What a reload that failed leaves as it was.
const fn what_stays(reason: &ReloadFailure) -> &'static str {
    match reason {
        ReloadFailure::Config(_) => {
            "the new configuration cannot be used; the old one stays in effect"
        }
        ReloadFailure::Code(_) | ReloadFailure::Worker(_) => {
            "the new code cannot be loaded; the old code keeps serving"
        }
    }
}

/// How closely a person has to look to see this.
fn level(notice: &Notice) -> LogLevel {
    match notice {
        Notice::Config(problem) if problem.severity == Severity::Error => LogLevel::Error,
        Notice::Config(_)
        | Notice::OtherPython { .. }
        | Notice::OriginRefused { .. }
        | Notice::HostRefused { .. }
        | Notice::MakesRoom { .. }
        | Notice::WorkerBlocked { .. }
        | Notice::WorkerRelieved { .. }
        | Notice::WebhookFailed { .. }
        | Notice::AuthChanged { auth: None } => LogLevel::Warning,
        Notice::GraphFailed { .. }
        | Notice::ReloadFailed(_)
        | Notice::WorkerDied { .. }
        | Notice::ReliefFailed(_)
        | Notice::RestartFailed(_)
        | Notice::RunFailed { .. }
        | Notice::State(_)
        | Notice::RequestFailed { .. } => LogLevel::Error,
        // What the code prints is always shown: whoever wrote `print` wants to see it.
        Notice::Log(line) if line.stream != LogStream::Logging => LogLevel::Error,
        Notice::GraphNotice { .. }
        | Notice::Reloading { .. }
        | Notice::Reloaded { .. }
        | Notice::RunEnded { .. }
        | Notice::AuthChanged { auth: Some(_) }
        | Notice::Request {
            status: 401 | 403,
            detail: Some(_),
            ..
        } => LogLevel::Info,
        // `/ok?ready=1` answers so until the graphs are loaded, which is what scripts ask it for.
        Notice::Request {
            path, status: 503, ..
        } if path == "/ok" => LogLevel::Debug,
        Notice::Request {
            status,
            told: false,
            ..
        } if *status >= 500 => LogLevel::Error,
        Notice::Request { .. } | Notice::Loading { .. } | Notice::LoadingEnded => LogLevel::Debug,
        Notice::Log(line) => match line.level.to_ascii_lowercase().as_str() {
            "debug" | "notset" | "trace" => LogLevel::Debug,
            "warning" | "warn" => LogLevel::Warning,
            "error" | "critical" | "fatal" => LogLevel::Error,
            _ => LogLevel::Info,
        },
    }
}

fn host_refused(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    format!(
        "{} refused a request for the host `{host}`, which is not a name of this server\n  {} use the address that the \
         server showed when it started; to let the name in, start with --allow-host {name}, or put it in langgraph.json: \
         \"http\": {{\"allow_hosts\": [\"{name}\"]}}",
        caution(),
        style::strong("help:"),
    )
}

/// Who writes.
pub(super) fn tag(line: &LogLine) -> String {
    run_tag(line.run_id.as_deref())
}

/// A run is told by the end of its id: ids begin with the time and look alike.
pub(super) fn run_tag(run_id: Option<&str>) -> String {
    style::quiet(match run_id {
        None => "[project]".to_owned(),
        Some(run) => format!("[run {}]", short_id(run)),
    })
}

fn log(line: &LogLine) -> String {
    let tag = tag(line);
    let text = indented(&line.text, "  ");
    if line.stream != LogStream::Logging {
        return format!("{tag} {text}");
    }
    let logger = line.logger.as_deref().unwrap_or("root");
    let level = line.level.to_ascii_lowercase();
    let level = match level.as_str() {
        "error" | "critical" | "fatal" => style::failure(level),
        "warning" | "warn" => style::caution(level),
        "info" => style::success(level),
        _ => style::quiet(level),
    };
    format!("{tag} {level} {logger}: {text}")
}

/// `3.11` of `3.11.7`.
fn major_minor(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map(|(index, _)| index);
    &version[..end.unwrap_or(version.len())]
}

/// The end of a run's id: ids begin with the time, and so they begin alike.
pub(super) fn short_id(id: &str) -> &str {
    const TOLD: usize = 6;
    let from = id.char_indices().rev().nth(TOLD - 1);
    &id[from.map_or(0, |(at, _)| at)..]
}

pub(super) fn failure() -> String {
    style::failure("error:")
}

pub(super) fn caution() -> String {
    style::caution("warning:")
}

pub(super) fn duration(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use lgx_devserver::Diagnostic;

    use super::*;

    fn shown_at(level: LogLevel, notice: &Notice) -> Option<String> {
        let text = View {
            level,
            root: "/p".into(),
            shows_runs: true,
        }
        .render(notice)?;
        Some(anstream::adapter::strip_str(&text).to_string())
    }

    fn shown(notice: &Notice) -> String {
        shown_at(LogLevel::Info, notice).expect("it is shown")
    }

    fn diagnostic() -> Diagnostic {
        Diagnostic {
            kind: "ModuleNotFoundError".to_owned(),
            message: "No module named 'nowhere'".to_owned(),
            file: Some("/p/src/agent/graph.py".to_owned()),
            line: Some(3),
            column: None,
            source: Some("    import nowhere".to_owned()),
            function: Some("build".to_owned()),
            traceback: "Traceback (most recent call last):\n  File \"/p/src/agent/graph.py\", line 3, in build\n".to_owned(),
            hint: Some("install it".to_owned()),
        }
    }

    fn log(stream: LogStream, level: &str, text: &str) -> Notice {
        Notice::Log(LogLine {
            run_id: (stream == LogStream::Stdout).then(|| "0199".to_owned()),
            stream,
            level: level.to_owned(),
            logger: (stream == LogStream::Logging).then(|| "agent".to_owned()),
            text: text.to_owned(),
            open: false,
        })
    }

    fn request(status: u16) -> Notice {
        let took = Duration::from_millis(3);
        Notice::Request {
            method: "GET".to_owned(),
            path: "/threads".to_owned(),
            status,
            took,
            detail: None,
            told: false,
        }
    }

    #[test]
    fn a_failure_of_the_projects_code_starts_with_the_persons_own_line() {
        insta::assert_snapshot!(
            shown(&Notice::GraphFailed { graph_id: "agent".to_owned(), diagnostic: diagnostic() }), @r#"
        error: the graph `agent` cannot be loaded
          src/agent/graph.py:3 in build
            import nowhere
          ModuleNotFoundError: No module named 'nowhere'
          help: install it
          Traceback (most recent call last):
            File "/p/src/agent/graph.py", line 3, in build
        "#);
    }

    #[test]
    fn a_failed_reload_says_that_the_old_code_serves() {
        insta::assert_snapshot!(
            shown(&Notice::ReloadFailed(ReloadFailure::Worker("it ended".to_owned()))), @"
        error: the new code cannot be loaded; the old code keeps serving
          it ended
        ");
    }

    #[test]
    fn a_configuration_that_cannot_be_used_is_not_called_code() {
        let told = shown(&Notice::ReloadFailed(ReloadFailure::Config(Vec::new())));

        assert!(
            told.starts_with("error: the new configuration cannot be used; the old one stays"),
            "{told}"
        );
    }

    #[test]
    fn what_the_code_prints_carries_its_run_and_is_shown_at_every_level() {
        let printed = log(LogStream::Stdout, "info", "one\ntwo\n");

        assert_eq!(shown(&printed), "[run 0199] one\n  two");
        assert!(shown_at(LogLevel::Error, &printed).is_some());
    }

    #[test]
    fn a_run_is_told_by_the_end_of_its_id_and_a_failed_one_by_all_of_it() {
        let run_id = "01a21846-967a-7414-ad43-2c7d970442ab";
        let mut line = match log(LogStream::Stdout, "info", "said") {
            Notice::Log(line) => line,
            other => panic!("{other:?}"),
        };
        line.run_id = Some(run_id.to_owned());
        let failed = Notice::RunFailed {
            run_id: run_id.to_owned(),
            diagnostic: diagnostic(),
        };

        assert_eq!(shown(&Notice::Log(line)), "[run 0442ab] said");
        assert!(shown(&failed).starts_with(&format!("error: run {run_id} failed")));
    }

    #[test]
    fn what_the_code_logs_is_shown_from_the_level_on() {
        let logged = log(LogStream::Logging, "WARNING", "careful");

        assert_eq!(shown(&logged), "[project] warning agent: careful");
        assert_eq!(shown_at(LogLevel::Error, &logged), None);
        assert_eq!(
            shown_at(LogLevel::Info, &log(LogStream::Logging, "DEBUG", "x")),
            None
        );
    }

    #[test]
    fn requests_are_for_those_who_look_closely_and_failures_for_everyone() {
        assert_eq!(shown_at(LogLevel::Info, &request(404)), None);
        assert_eq!(
            shown_at(LogLevel::Debug, &request(200)).as_deref(),
            Some("GET /threads 200 3 ms")
        );
        assert_eq!(
            shown_at(LogLevel::Error, &request(500)).as_deref(),
            Some("GET /threads 500 3 ms")
        );
    }

    #[test]
    fn a_server_that_is_not_ready_yet_is_no_failure() {
        let mut not_ready = request(503);
        assert!(shown_at(LogLevel::Error, &not_ready).is_some());
        if let Notice::Request { path, .. } = &mut not_ready {
            "/ok".clone_into(path);
        }
        assert_eq!(shown_at(LogLevel::Info, &not_ready), None);
    }

    #[test]
    fn a_change_names_the_first_files() {
        let changed = |count: usize| Notice::Reloading {
            changed: (0..count)
                .map(|number| PathBuf::from(format!("/p/{number}.py")))
                .collect(),
        };

        assert_eq!(shown(&changed(1)), "Reloading: 0.py");
        assert_eq!(shown(&changed(5)), "Reloading: 0.py, 1.py, 2.py and 2 more");
    }

    #[test]
    fn a_python_of_another_version_comes_with_both_ways_out() {
        let (wanted, found) = ("3.12".to_owned(), "3.11.7".to_owned());
        insta::assert_snapshot!(shown(&Notice::OtherPython { wanted, found }), @r#"
        warning: `python_version` of langgraph.json is 3.12, and the project runs on Python 3.11.7
          help: name another interpreter with --python, or say "3.11" there
        "#);
    }

    #[test]
    fn a_refused_page_comes_with_the_way_to_let_it_in() {
        insta::assert_snapshot!(shown(&Notice::OriginRefused { origin: "https://x.example".to_owned() }), @r#"
        warning: refused a request of a page at https://x.example
          help: to let it in, put it in langgraph.json: "http": {"cors": {"allow_origins": ["https://x.example"]}}
        "#);
    }
}
