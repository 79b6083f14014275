//! How each of the server's notices reads as lines of a terminal.

use std::path::PathBuf;

use lgx_config::Severity;
use lgx_devserver::{DebuggerNotice, LogStream, Notice, TraceNotice};

use super::{
    components, debugging, log_line, project, reload, requests, runs, state_notice, traces,
    watching, workers,
};
use crate::args::code::LogLevel;

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
    /// The text for a notice, if the person wants to see it.
    pub(crate) fn render(&self, notice: &Notice) -> Option<String> {
        if matches!(notice, Notice::RunEnded { .. }) && !self.shows_runs {
            return None;
        }
        (level(notice) <= self.level).then(|| self.text(notice))
    }

    fn text(&self, notice: &Notice) -> String {
        let root = &self.root;
        match notice {
            Notice::Config(problem) => project::config(problem, root),
            Notice::OtherRuntime {
                runtime,
                wanted_by,
                wanted,
                found,
            } => project::other_runtime(*runtime, *wanted_by, wanted, found),
            Notice::GraphFailed {
                graph_id,
                diagnostic,
            } => project::graph_failed(graph_id, diagnostic, root),
            Notice::NotRecorded { what, lack } => project::not_recorded(what, lack),
            Notice::GraphNotice { graph_id, text } => project::graph_notice(graph_id, text),
            Notice::Loading { what } => format!("loading {what}"),
            Notice::LoadingEnded => "loaded".to_owned(),
            Notice::Debugger(about) => debugging::text(about),
            Notice::LoadsLong(place) => reload::loads_long(place, root),
            Notice::Polling(reason) => watching::polls(reason),
            Notice::Reloading { changed } => reload::begun(changed, root),
            Notice::ReloadFailed(reason) => reload::failed(reason, root),
            Notice::ReliefFailed(reason) => reload::relief_failed(reason, root),
            Notice::ReinforcementFailed(reason) => reload::reinforcement_failed(reason, root),
            Notice::OtherCode { changed } => reload::other_code(changed, root),
            Notice::RestartFailed(reason) => reload::restart_failed(reason, root),
            Notice::MakesRoom { runs } => workers::makes_room(runs),
            Notice::Reloaded {
                timeline, old_runs, ..
            } if self.level == LogLevel::Debug => {
                format!(
                    "{}\n{}",
                    reload::done(timeline, old_runs),
                    reload::in_detail(timeline, root)
                )
            }
            Notice::Reloaded {
                timeline, old_runs, ..
            } => reload::done(timeline, old_runs),
            Notice::WorkerDied { death, pause } => workers::died(death, *pause, root),
            Notice::WorkerBlocked { time, runs } => workers::blocked(*time, runs),
            Notice::WorkerRelieved { took, old_runs } => workers::relieved(*took, old_runs),
            Notice::Log(line) => log_line::text(line),
            Notice::RunEnded {
                run_id,
                graph_id,
                status,
                took,
            } => runs::ended(run_id, graph_id, status, *took),
            Notice::RunPlaced { run_id, pid } => runs::placed(run_id, *pid),
            Notice::RunFailed { run_id, diagnostic } => runs::failed(run_id, diagnostic, root),
            Notice::RunLost { run_id, reason } => runs::lost(run_id, reason),
            Notice::WebhookFailed { run_id, reason } => runs::webhook_failed(run_id, reason),
            Notice::UiUnavailable { reason } => components::unavailable(reason),
            Notice::UiFailed {
                name,
                errors,
                serves_last,
            } => components::failed(name, errors, *serves_last, root),
            Notice::UiBuilt { name, took } => components::built(name, *took),
            Notice::State(about) => state_notice::text(about),
            Notice::Traces(about) => traces::text(about),
            Notice::AuthChanged { auth } => requests::auth_changed(auth.as_deref()),
            Notice::Request {
                method,
                path,
                status,
                took,
                detail,
                headers,
                ..
            } => requests::answered(method, path, *status, *took, detail.as_deref(), headers),
            Notice::RequestFailed {
                request,
                diagnostic,
            } => requests::failed(request, diagnostic, root),
            Notice::OutOfDescriptors { limit } => requests::out_of_descriptors(*limit),
            Notice::OriginRefused { origin } => requests::origin_refused(origin),
            Notice::HostRefused { host } => requests::host_refused(host),
        }
    }
}

/// How closely a person has to look to see this.
pub(super) fn level(notice: &Notice) -> LogLevel {
    match notice {
        Notice::Config(problem) if problem.severity == Severity::Error => LogLevel::Error,
        Notice::Config(_)
        | Notice::OtherRuntime { .. }
        | Notice::Debugger(DebuggerNotice::StaysAway)
        | Notice::OriginRefused { .. }
        | Notice::HostRefused { .. }
        | Notice::Polling(_)
        | Notice::LoadsLong(_)
        | Notice::OtherCode { .. }
        | Notice::MakesRoom { .. }
        | Notice::WorkerBlocked { .. }
        | Notice::WorkerRelieved { .. }
        | Notice::WebhookFailed { .. }
        | Notice::UiUnavailable { .. }
        | Notice::Traces(TraceNotice::Setting { .. } | TraceNotice::Undelivered { .. })
        | Notice::AuthChanged { auth: None } => LogLevel::Warning,
        Notice::GraphFailed { .. }
        | Notice::ReloadFailed(_)
        | Notice::WorkerDied { .. }
        | Notice::ReliefFailed(_)
        | Notice::ReinforcementFailed(_)
        | Notice::RestartFailed(_)
        | Notice::RunFailed { .. }
        | Notice::RunLost { .. }
        | Notice::State(_)
        | Notice::OutOfDescriptors { .. }
        | Notice::UiFailed { .. }
        | Notice::RequestFailed { .. }
        // Nothing goes on before somebody does something about it.
        | Notice::Debugger(DebuggerNotice::Awaited { .. }) => LogLevel::Error,
        // What the code prints is always shown: whoever wrote `print` wants to see it.
        Notice::Log(line) if line.stream != LogStream::Logging => LogLevel::Error,
        Notice::GraphNotice { .. }
        | Notice::Debugger(DebuggerNotice::Attached { .. } | DebuggerNotice::Left { .. })
        | Notice::NotRecorded { .. }
        | Notice::Reloading { .. }
        | Notice::Reloaded { .. }
        | Notice::UiBuilt { .. }
        | Notice::RunEnded { .. }
        | Notice::Traces(TraceNotice::Sends { .. })
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
        Notice::Request { .. }
        | Notice::RunPlaced { .. }
        | Notice::Loading { .. }
        | Notice::LoadingEnded => LogLevel::Debug,
        Notice::Log(line) => match line.level.to_ascii_lowercase().as_str() {
            "debug" | "notset" | "trace" => LogLevel::Debug,
            "warning" | "warn" => LogLevel::Warning,
            "error" | "critical" | "fatal" => LogLevel::Error,
            _ => LogLevel::Info,
        },
    }
}

/// Whether nobody would see it, and there are so many of its kind that the printing thread had better sleep.
pub(super) fn passes_unseen(notice: &Notice, shown: LogLevel) -> bool {
    let of_many = matches!(notice, Notice::Request { .. } | Notice::RunPlaced { .. });
    of_many && level(notice) > shown
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lgx_config::Runtime;
    use lgx_devserver::{Death, Diagnostic, LogLine, ReloadFailure, WantedBy};

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
            node: None,
            task_id: None,
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
            headers: Vec::new(),
        }
    }

    fn killed(how: &str) -> ReloadFailure {
        ReloadFailure::Died(Box::new(Death {
            stderr: vec!["shown before".to_owned()],
            ..Death::with_cause(how)
        }))
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
    fn a_process_that_ended_while_it_loaded_is_no_code_that_cannot_be_loaded() {
        insta::assert_snapshot!(shown(&Notice::ReloadFailed(killed("signal 9 (SIGKILL)"))), @"
        error: the new code is not loaded; the old code keeps serving
          the process for it was killed while it loaded the project (signal 9 (SIGKILL), which lgx did not send: the system does when memory runs out)
        ");
        insta::assert_snapshot!(shown(&Notice::RestartFailed(killed("exit code 3"))), @"
        error: the project's code is not loaded again yet
          the process for it ended while it loaded the project (exit code 3)
        ");
    }

    #[test]
    fn a_load_that_takes_long_is_told_with_its_line() {
        let place = Diagnostic {
            kind: "LoadTimeout".to_owned(),
            message: "not loaded after 30 s; it is in socket.py:833 in create_connection"
                .to_owned(),
            hint: None,
            traceback: String::new(),
            ..diagnostic()
        };
        insta::assert_snapshot!(shown(&Notice::LoadsLong(place)), @"
        warning: the project is still being loaded, and waited for; a save starts it anew, unless reload is off
          src/agent/graph.py:3 in build
            import nowhere
          LoadTimeout: not loaded after 30 s; it is in socket.py:833 in create_connection
        ");
    }

    #[test]
    fn a_process_that_cannot_take_its_place_among_several_says_that_the_others_serve() {
        let told = |failure| shown(&Notice::ReinforcementFailed(failure));
        insta::assert_snapshot!(told(ReloadFailure::Code(Diagnostic { traceback: String::new(), ..diagnostic() })), @"
        error: no other process can take the place of the one that is gone; those that are left serve
          src/agent/graph.py:3 in build
            import nowhere
          ModuleNotFoundError: No module named 'nowhere'
          help: install it
        ");
        insta::assert_snapshot!(told(killed("signal 9 (SIGKILL)")), @"
        error: no other process can take the place of the one that is gone; those that are left serve
          the process for it was killed while it loaded the project (signal 9 (SIGKILL), which lgx did not send: the system does when memory runs out)
        ");
        insta::assert_snapshot!(told(ReloadFailure::Worker("it keeps ending by itself".to_owned())), @"
        error: no other process can take the place of the one that is gone; those that are left serve
          it keeps ending by itself
        ");
    }

    #[test]
    fn a_process_that_was_to_join_and_has_other_code_names_what_has_changed() {
        let changed = vec!["/p/src/agent.py".into(), "/p/prompts/one.md".into()];
        insta::assert_snapshot!(shown(&Notice::OtherCode { changed }), @"warning: the code has changed since it was loaded (src/agent.py, prompts/one.md); the process that was to join the others has loaded it as it is now, so all are replaced and run the same");
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
    fn an_interpreter_of_another_version_comes_with_the_ways_out() {
        let other = |runtime, wanted_by, wanted: &str, found: &str| {
            let (wanted, found) = (wanted.to_owned(), found.to_owned());
            shown(&Notice::OtherRuntime {
                runtime,
                wanted_by,
                wanted,
                found,
            })
        };
        insta::assert_snapshot!(other(Runtime::Python, WantedBy::Configuration, "3.12", "3.11.7"), @r#"
        warning: `python_version` of langgraph.json is 3.12, and the project runs on Python 3.11.7
          help: name another interpreter with --python, or say "3.11" there
        "#);
        insta::assert_snapshot!(other(Runtime::Node, WantedBy::Engines, ">=22", "20.20.2"), @"
        warning: `engines.node` of package.json is >=22, and the project runs on Node.js 20.20.2
          help: name another interpreter with --node
        ");
    }

    #[test]
    fn requests_that_nobody_would_see_are_passed_over_and_failures_never() {
        let answered = |status| Notice::Request {
            method: "GET".to_owned(),
            path: "/threads".to_owned(),
            status,
            took: Duration::from_millis(1),
            detail: None,
            told: false,
            headers: Vec::new(),
        };
        assert!(passes_unseen(&answered(200), LogLevel::Info));
        assert!(!passes_unseen(&answered(200), LogLevel::Debug));
        assert!(!passes_unseen(&answered(500), LogLevel::Error));
        // It also ends the progress that is shown while code is loaded.
        assert!(!passes_unseen(&Notice::LoadingEnded, LogLevel::Info));
    }

    #[test]
    fn a_want_of_descriptors_comes_with_the_way_to_raise_the_limit() {
        insta::assert_snapshot!(shown(&Notice::OutOfDescriptors { limit: Some(4096) }), @"
        error: no further connection can be accepted before others end: lgx has as many files and connections open as it may (4096)
          help: start it from a shell with a higher limit: ulimit -Hn 65536
        ");
    }

    #[test]
    fn a_refused_page_comes_with_the_way_to_let_it_in() {
        insta::assert_snapshot!(shown(&Notice::OriginRefused { origin: "https://x.example".to_owned() }), @r#"
        warning: refused a request of a page at https://x.example
          help: to let it in, put it in langgraph.json: "http": {"cors": {"allow_origins": ["https://x.example"]}}
        "#);
    }
}
