//! Importing ahead: a reload imports the project's own modules alone, and comes to what a cold start would come to.

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, EndsInTime, Project, PythonEnv, python_env};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

const GRAPH: &str = "graph.py";
const CODE: &str = r#"
import os
# begin
# end
from langgraph.graph import StateGraph

VERSION = 1

def say(state):
    return {"version": VERSION, "parent": os.getppid(), "seen": globals().get("SEEN")}

graph = StateGraph(dict).add_node("say", say).add_edge("__start__", "say").compile()
"#;

/// A project whose interpreter has packages that the test may change.
struct Setting {
    project: Project,
    environment: PythonEnv,
    _temp: TempDir,
}

impl Setting {
    fn new(begin: &str) -> Result<Self> {
        let project = Project::copy_of("bench")?;
        let graphs =
            json!({"dependencies": ["."], "env": ".env", "graphs": {"agent": "./graph.py:graph"}});
        project.write("langgraph.json", &graphs.to_string())?;
        project.write(".env", "FROM_ENV=one\n")?;
        project.write(GRAPH, &CODE.replace("# begin", begin))?;
        let temp = TempDir::new()?;
        let environment = PythonEnv::bare(&temp.path().join("env"))?;
        let setting = Self {
            project,
            environment,
            _temp: temp,
        };
        // What is installed for all tests is there, behind what this one installs.
        let shared = packages_of(&python_env()?)?;
        setting.install("shared.pth", &format!("{shared}\n"))?;
        Ok(setting)
    }

    /// Puts a file among the installed packages.
    fn install(&self, name: &str, text: &str) -> Result<()> {
        let packages = packages_of(&self.environment)?;
        Ok(fs_err::write(format!("{packages}/{name}"), text)?)
    }

    fn start(&self, arguments: &[&str]) -> Result<DevServer> {
        let mut command = DevServer::command(&self.project, arguments)?;
        command.env("LGX_PYTHON", self.environment.python());
        command.env("LGX_LOG", "lgx_worker=debug");
        DevServer::spawn(command)
    }

    /// Saves the next version of the code, and waits until it serves.
    fn save(&self, server: &DevServer) -> Result<()> {
        let code = self.project.read(GRAPH)?;
        let version = code
            .lines()
            .find_map(|line| line.strip_prefix("VERSION = "))
            .context("the code has a version")?;
        let next: u32 = version.parse::<u32>()? + 1;
        let before = server.stderr().len();
        self.project.edit(
            GRAPH,
            &format!("VERSION = {version}"),
            &format!("VERSION = {next}"),
        )?;
        server.wait_for_stderr(before, &["Reloaded in"])?;
        ensure!(
            said(&server.client())?.version == next,
            "the new code serves"
        );
        Ok(())
    }
}

fn packages_of(environment: &PythonEnv) -> Result<String> {
    let script = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
    let output = std::process::Command::new(environment.python())
        .args(["-c", script])
        .output_in_time()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// What the graph says of its process.
#[derive(Debug)]
struct Said {
    version: u32,
    parent: u32,
    seen: Option<String>,
}

fn said(client: &Client) -> Result<Said> {
    let values = client
        .post("/runs/wait", &json!({"assistant_id": "agent", "input": {}}))?
        .ok()?;
    let number = |name: &str| u32::try_from(values[name].as_u64()?).ok();
    Ok(Said {
        version: number("version").context("there is a version")?,
        parent: number("parent").context("there is a parent")?,
        seen: values["seen"].as_str().map(str::to_owned),
    })
}

#[test]
fn workers_are_forked_from_one_process_that_has_imported_what_they_use() -> Result<()> {
    let setting = Setting::new("")?;
    let server = setting.start(&["--server-log-level", "debug"])?;
    let zygote = said(&server.client())?.parent;
    ensure!(zygote != server.pid(), "the first worker is forked, too");
    for _ in 0..3 {
        setting.save(&server)?;
        assert_eq!(said(&server.client())?.parent, zygote);
    }
    server.wait_for_stderr(0, &["ms  a worker that was ready is taken"])?;
    server.wait_for_stderr(0, &["of that: graph.py"])?;
    // It counts once it is ready, which takes its time.
    let told = server.stderr().text();
    let lines: Vec<_> = told.lines().collect();
    let is_taken = |line: &&str| line.contains("a worker that was ready is taken pid=");
    let taken = lines.iter().rposition(is_taken).context("one was taken")?;
    server.wait_for_stderr(taken, &["a worker is ready for the next change"])?;
    let metrics = server.client().get("/metrics")?;
    assert!(
        metrics.body.contains("lgx_spare_processes 2"),
        "{}",
        metrics.body
    );
    assert!(
        metrics.body.contains("lgx_spare_memory_bytes "),
        "{}",
        metrics.body
    );
    assert!(
        setting
            .project
            .read(".lgx/runtime/imports.json")?
            .contains("langgraph.graph"),
        "what is used is remembered"
    );
    Ok(())
}

#[test]
fn without_a_spare_every_worker_is_a_child_of_the_server() -> Result<()> {
    let setting = Setting::new("")?;
    for by_flag in [true, false] {
        let server = if by_flag {
            setting.start(&["--no-spare"])?
        } else {
            let mut command = DevServer::command(&setting.project, &[])?;
            command.env("LGX_PYTHON", setting.environment.python());
            command.env("LGX_SPARE", "0");
            DevServer::spawn(command)?
        };
        assert_eq!(said(&server.client())?.parent, server.pid());
        setting.save(&server)?;
        assert_eq!(said(&server.client())?.parent, server.pid());
    }
    Ok(())
}

#[test]
fn an_installed_module_that_has_changed_is_imported_anew() -> Result<()> {
    let setting = Setting::new("from changes import SEEN")?;
    setting.install("changes.py", "SEEN = 'one'\n")?;
    let server = setting.start(&[])?;
    assert_eq!(said(&server.client())?.seen.as_deref(), Some("one"));
    setting.save(&server)?;
    setting.install("changes.py", "SEEN = 'another'\n")?;
    setting.save(&server)?;
    assert_eq!(said(&server.client())?.seen.as_deref(), Some("another"));
    setting.save(&server)?;
    assert_eq!(said(&server.client())?.seen.as_deref(), Some("another"));
    Ok(())
}

#[test]
fn a_package_sees_the_environment_that_it_would_see_in_a_cold_start() -> Result<()> {
    let setting = Setting::new("from reads import SEEN")?;
    setting.install("reads.py", "import os\nSEEN = os.environ['FROM_ENV']\n")?;
    let server = setting.start(&[])?;
    assert_eq!(said(&server.client())?.seen.as_deref(), Some("one"));
    let before = server.stderr().len();
    setting.project.write(".env", "FROM_ENV=two\n")?;
    server.wait_for_stderr(before, &["Reloaded in"])?;
    assert_eq!(said(&server.client())?.seen.as_deref(), Some("two"));

    // Set by the project, before it imports what reads it.
    setting.project.edit(
        GRAPH,
        "from reads import SEEN",
        "os.environ['FROM_ENV'] = 'three'\nfrom reads import SEEN",
    )?;
    for _ in 0..2 {
        setting.save(&server)?;
        assert_eq!(said(&server.client())?.seen.as_deref(), Some("three"));
    }
    Ok(())
}

#[test]
fn a_package_that_starts_a_thread_is_imported_by_a_process_of_its_own() -> Result<()> {
    let setting = Setting::new("import starts")?;
    setting.install(
        "starts.py",
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n",
    )?;
    let server = setting.start(&[])?;
    setting.save(&server)?;
    setting.save(&server)?;
    assert_eq!(said(&server.client())?.parent, server.pid());
    server.wait_for_stderr(
        0,
        &["workers are not forked: what it imports starts threads"],
    )?;
    server.wait_for_stderr(0, &["a worker that was ready is taken"])?;
    drop(server);

    // The next start knows it from the beginning.
    let server = setting.start(&[])?;
    assert_eq!(said(&server.client())?.parent, server.pid());
    Ok(())
}

#[test]
fn when_what_is_forked_from_dies_the_worker_serves_on_and_the_next_change_is_loaded() -> Result<()>
{
    let setting = Setting::new("")?;
    let server = setting.start(&[])?;
    let zygote = said(&server.client())?.parent;
    let pid = Pid::from_raw(i32::try_from(zygote)?).context("it is a process")?;
    kill_process(pid, Signal::KILL)?;
    assert_eq!(said(&server.client())?.version, 1);
    setting.save(&server)?;
    setting.save(&server)?;
    Ok(())
}

#[test]
fn many_saves_leave_no_process_behind() -> Result<()> {
    let setting = Setting::new("")?;
    let server = setting.start(&[])?;
    for _ in 0..20 {
        setting.save(&server)?;
    }
    // The one that serves, the one that is ready, and what they are forked from. Nobody is told when a process has gone; the
    // system is asked again and again.
    let begun = std::time::Instant::now();
    while server.children()?.len() > 3 {
        ensure!(
            begun.elapsed() < std::time::Duration::from_secs(60),
            "there are more: {:?}",
            server.children()?
        );
    }
    Ok(())
}

#[test]
fn an_import_ahead_that_hangs_is_given_up_and_told_once_and_the_next_change_is_loaded() -> Result<()>
{
    let setting = Setting::new("import waits")?;
    // It hangs where the project has not been imported before it: in what workers are forked from, and in a spare.
    setting.install(
        "waits.py",
        "import sys, threading\n'graph' in sys.modules or threading.Event().wait()\n",
    )?;
    let server = setting.start(&["--load-timeout", "1"])?;
    setting.save(&server)?;
    server.wait_for_stderr(
        0,
        &["were still being imported ahead after 10 s: that is given up"],
    )?;
    assert_eq!(said(&server.client())?.parent, server.pid());
    setting.save(&server)?;
    let told = server.stderr().text();
    assert_eq!(told.matches("that is given up").count(), 1, "{told}");
    Ok(())
}
