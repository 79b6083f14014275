//! `lgx exec`: a command beside a server that lives as long as it does.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lgx_tests::{
    EndsInTime, Lines, NamedPipe, Project, end_in_time, lgx, output_in_time, python_env,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const CODE: &str = r#"
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    op: str


async def act(state: State):
    print("here", flush=True)
    if state.get("op") == "fail":
        raise ValueError("on purpose")
    return {"op": "done"}


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;
/// Asks for a run that does what its argument says, and prints the answer.
const ASK: &str = r#"
import os, sys, urllib.request
body = b'{"assistant_id": "agent", "input": {"op": "%s"}}' % sys.argv[1].encode()
url = os.environ["LANGGRAPH_API_URL"]
assert url == os.environ["LGX_URL"]
request = urllib.request.Request(url + "/runs/wait", body, {"content-type": "application/json"})
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(opener.open(request).read().decode())
"#;

/// A project, and a folder for what is temporary.
struct Place {
    project: Project,
    temporary: TempDir,
}

impl Place {
    fn new() -> Result<Self> {
        let project = Project::copy_of("bench")?;
        project.write("agent.py", CODE)?;
        project.write("ask.py", ASK)?;
        let config = json!({"dependencies": ["."], "graphs": {"agent": "./agent.py:graph"}});
        project.write("langgraph.json", &config.to_string())?;
        let temporary = TempDir::new()?;
        Ok(Self { project, temporary })
    }

    /// `lgx exec` with these arguments.
    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = lgx()?;
        command
            .current_dir(self.project.dir())
            .arg("exec")
            .args(arguments)
            .env("LGX_PYTHON", python_env()?.python())
            .env("TMPDIR", self.temporary.path())
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITHUB_STEP_SUMMARY")
            .env_remove("GITHUB_WORKSPACE")
            .stdin(Stdio::null());
        Ok(command)
    }

    /// The output, once it has ended and left nothing behind.
    fn run(&self, arguments: &[&str]) -> Result<Ran> {
        self.ran(&mut self.command(arguments)?)
    }

    fn ran(&self, command: &mut Command) -> Result<Ran> {
        let ran = Ran::of(&command.output_in_time()?);
        self.left_nothing()?;
        Ok(ran)
    }

    fn left_nothing(&self) -> Result<()> {
        let left = fs_err::read_dir(self.temporary.path())?;
        let left: Vec<PathBuf> = left
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        ensure!(left.is_empty(), "these are left: {left:?}");
        Ok(())
    }
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

#[test]
fn the_command_finds_the_server_and_the_projects_python_and_stdout_is_its_alone() -> Result<()> {
    let place = Place::new()?;

    let ran = place.run(&["--", "python", "ask.py", "pass"])?;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stdout, "{\"op\":\"done\"}\n");
    assert_eq!(ran.stderr, "");
    let python = place.run(&["--", "python", "-c", "import sys; print(sys.prefix)"])?;
    let environment = python_env()?.python();
    let environment = environment.ancestors().nth(2).context("bin/python")?;
    assert_eq!(python.stdout.trim_end(), environment.display().to_string());
    assert!(!place.project.path(".lgx").exists());
    Ok(())
}

#[test]
fn the_exit_code_is_that_of_the_command_and_of_shells() -> Result<()> {
    let place = Place::new()?;
    place.project.write("plain.sh", "exit 0")?;
    for (command, code, said) in [
        (&["sh", "-c", "exit 3"][..], 3, ""),
        (&["sh", "-c", "kill -9 $$"], 137, ""),
        (&["sh", "-c", "kill -INT $$"], 130, ""),
        (
            &["no-such-command"],
            127,
            "there is no command `no-such-command`",
        ),
        (&["./plain.sh"], 126, "plain.sh cannot be run"),
    ] {
        let ran = place.run(&[&["--"], command].concat())?;
        assert_eq!(ran.code, Some(code), "{command:?} {ran:?}");
        assert!(ran.stderr.contains(said), "{ran:?}");
        assert_eq!(ran.stdout, "");
    }
    Ok(())
}

#[test]
fn stdin_is_that_of_the_command() -> Result<()> {
    let place = Place::new()?;
    let mut command = place.command(&["--", "cat"])?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("stdin is piped")?;
    std::io::Write::write_all(&mut stdin, b"from outside\n")?;
    drop(stdin);

    let ran = Ran::of(&output_in_time(child)?);

    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "from outside\n"));
    Ok(())
}

#[test]
fn what_the_server_says_is_shown_when_the_command_fails_or_at_once() -> Result<()> {
    let place = Place::new()?;
    let failing = "python ask.py fail; exit ";

    let passed = place.run(&["--", "sh", "-c", &format!("{failing} 0")])?;
    assert_eq!((passed.code, passed.stderr.as_str()), (Some(0), ""));

    let failed = place.run(&["--", "sh", "-c", &format!("{failing} 4")])?;
    assert_eq!(failed.code, Some(4));
    for part in [
        "note: the command ended with exit code 4; the server said:",
        "] here",
        "agent.py:13:9 in act",
        "ValueError: on purpose",
    ] {
        assert!(
            failed.stderr.contains(part),
            "{part:?} is not in {failed:?}"
        );
    }

    let verbose = place.run(&["-v", "--", "sh", "-c", "python ask.py pass; echo after >&2"])?;
    let told = &verbose.stderr;
    assert!(told.contains("Ready: 1 graph loaded"), "{told}");
    assert!(told.find("] here") < told.find("after"), "{told}");
    Ok(())
}

#[test]
fn a_project_that_does_not_load_is_an_error_and_the_command_never_runs() -> Result<()> {
    let place = Place::new()?;
    place.project.write("agent.py", "graph = = 1\n")?;

    let ran = place.run(&["--", "echo", "never"])?;

    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    for part in [
        "agent.py:1",
        "SyntaxError",
        "error: 1 of 1 graph cannot be loaded",
    ] {
        assert!(ran.stderr.contains(part), "{part:?} is not in {ran:?}");
    }
    place.project.write("langgraph.json", "{ \"graphs\": 3 }")?;
    let ran = place.run(&["--", "echo", "never"])?;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
    assert!(ran.stderr.contains("langgraph.json:1:13"), "{ran:?}");
    Ok(())
}

#[test]
fn a_server_that_ends_first_ends_the_command() -> Result<()> {
    let place = Place::new()?;
    // Its process ends as soon as it has nothing to do, whenever it comes up.
    let code = format!(
        "{CODE}\nimport os, pathlib, threading\n\n\ndef wait():\n    with open('gate') as gate:\n        gate.read()\n    os._exit(7)\n\n\nthreading.Thread(target=wait, daemon=True).start()\n"
    );
    place.project.write("agent.py", &code)?;
    NamedPipe::make(&place.project.path("gate"))?;

    // The gate opens when there is a command, for each process that comes up.
    let command = "while : ; do : > gate; done";
    let ran = place.run(&["--", "sh", "-c", command])?;

    assert_eq!(ran.code, Some(1), "{ran:?}");
    // Whether it had loaded the project the last time is chance.
    let last = ran.stderr.lines().last().context("an error")?;
    assert!(last.starts_with("error: the "), "{ran:?}");
    assert!(last.contains("(exit code 7)"), "{ran:?}");
    assert!(!ran.stderr.contains("the command ended"), "{ran:?}");
    Ok(())
}

#[test]
fn a_workflow_of_github_gets_annotations_and_a_summary() -> Result<()> {
    let place = Place::new()?;
    let summary = place.project.path("summary.md");
    let mut failing =
        place.command(&["--summary", "--", "sh", "-c", "python ask.py fail; exit 1"])?;
    failing
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env(
            "GITHUB_WORKSPACE",
            place.project.dir().parent().context("above")?,
        );

    let ran = place.ran(&mut failing)?;

    let annotation =
        "\n::error file=bench/agent.py,line=13,col=9,title=A run failed::ValueError: on purpose\n";
    assert!(ran.stderr.contains(annotation), "{ran:?}");
    let summary = fs_err::read_to_string(summary)?;
    for part in [
        "### ❌ `lgx exec -- sh -c",
        "| 1 error |",
        "in `bench/agent.py:13`",
    ] {
        assert!(summary.contains(part), "{part:?} is not in {summary}");
    }
    Ok(())
}

#[test]
fn an_interrupt_is_passed_on_and_leaves_no_process() -> Result<()> {
    let place = Place::new()?;
    // The child in the background does not listen to it, as shells have it.
    let script = "sleep 1000 & trap 'echo heard; exit 5' INT; echo ready $! $$; wait";
    let mut command = place.command(&["--", "sh", "-c", script])?;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdout = Lines::of(child.stdout.take().context("stdout is piped")?);
    stdout.wait_for(0, PATIENCE, |line| line.starts_with("ready"))?;
    let id = Pid::from_child(&child);
    #[cfg(target_os = "linux")]
    let alive = {
        let started = lgx_tests::processes_below(child.id())?;
        ensure!(started.len() >= 3, "{started:?}");
        lgx_tests::Alive::of(&started)?
    };

    kill_process(id, Signal::INT)?;

    let status = end_in_time(&mut child)?;
    stdout.wait_for(0, PATIENCE, |line| line == "heard")?;
    assert_eq!(status.code(), Some(5));
    #[cfg(target_os = "linux")]
    alive.gone()?;
    place.left_nothing()
}

#[test]
fn a_command_that_listens_to_nothing_is_ended_by_the_third_signal() -> Result<()> {
    let place = Place::new()?;
    let script = "trap '' INT TERM HUP; echo ready; while : ; do read line < gate; done";
    NamedPipe::make(&place.project.path("gate"))?;
    let mut command = place.command(&["--", "sh", "-c", script])?;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = Lines::of(child.stdout.take().context("stdout is piped")?);
    stdout.wait_for(0, PATIENCE, |line| line == "ready")?;
    let id = Pid::from_child(&child);

    // Of different kinds, as two of one kind that nobody has taken yet are one.
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        kill_process(id, signal)?;
    }

    let code = end_in_time(&mut child)?.code();
    assert_eq!(code, Some(137));
    place.left_nothing()
}

#[test]
fn twenty_at_once_do_not_meet() -> Result<()> {
    let place = Place::new()?;
    let mut running = Vec::new();
    for number in 0..20 {
        let script = format!("python ask.py pass && exit {number}");
        let mut command = place.command(&["--load-timeout", "0", "--", "sh", "-c", &script])?;
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        running.push(command.spawn()?);
    }
    for (number, child) in running.into_iter().enumerate() {
        let ran = Ran::of(&output_in_time(child)?);
        assert_eq!(ran.code, Some(i32::try_from(number)?), "{ran:?}");
        assert_eq!(ran.stdout, "{\"op\":\"done\"}\n");
    }
    place.left_nothing()
}
