//! Images without Docker: each step that `lgx dockerfile` writes is performed, in a root of its own, up to a server that answers.
//!
//! `container.py` performs them, which needs root on Linux, and an index of packages. What stays untried is what Docker itself does.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, EndsInTime, Lines, end_in_time, lgx, packages_env, why_no_node};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{said, stripped};

/// Packages are downloaded meanwhile.
const PATIENCE: Duration = Duration::from_secs(500);

const PYTHON: &str = "from typing import TypedDict

from langgraph.graph import StateGraph


class State(TypedDict):
    text: str


def answer(state: State) -> State:
    return {'text': state['text'] + '!'}


graph = StateGraph(State).add_node('answer', answer).set_entry_point('answer').compile()
";
const JAVASCRIPT: &str = r#"import { Annotation, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ text: Annotation<string>() });
export const graph = new StateGraph(State)
  .addNode("answer", ({ text }) => ({ text: text + "?" }))
  .addEdge("__start__", "answer")
  .compile();
"#;
const PACKAGE_JSON: &str = r#"{"name": "agent", "private": true, "type": "module", "dependencies": {"@langchain/core": "^1.4.0", "@langchain/langgraph": "^1.7.3"}}"#;
const PYPROJECT: &str = "[build-system]
requires = ['hatchling']
build-backend = 'hatchling.build'

[project]
name = 'agent'
version = '0.1.0'
requires-python = '>=3.11'
dependencies = ['langgraph>=1']
";

/// Why nothing of this can be tried here.
fn why_not() -> Option<String> {
    if !cfg!(target_os = "linux") || !rustix::process::geteuid().is_root() {
        return Some("overlays and chroot need root on Linux".to_owned());
    }
    let mut namespace = Command::new("unshare");
    namespace.args(["--mount", "--pid", "--fork", "true"]);
    match namespace.output_in_time() {
        Ok(output) if output.status.success() => None,
        _ => Some("`unshare --mount --pid` does not work".to_owned()),
    }
}

/// Whether it cannot be tried; a line says why.
fn is_skipped() -> Result<bool> {
    let Some(reason) = why_not() else {
        return Ok(false);
    };
    writeln!(std::io::stderr(), "SKIPPED: no image is tried: {reason}")?;
    Ok(true)
}

/// A project with its Dockerfile, and lgx to build it with.
struct ImageProject {
    temp: TempDir,
}

impl ImageProject {
    fn with(files: &[(&str, &str)]) -> Result<Self> {
        let project = Self {
            temp: TempDir::with_prefix("lgx-image-")?,
        };
        for (file, text) in files {
            let path = project.folder().join(file);
            fs_err::create_dir_all(path.parent().context("a file lies in a folder")?)?;
            fs_err::write(path, text)?;
        }
        let bin = project.temp.path().join("bin");
        fs_err::create_dir(&bin)?;
        stripped(&bin)?;
        Ok(project)
    }

    fn folder(&self) -> PathBuf {
        self.temp.path().join("project")
    }

    /// Performs the steps of its image, and waits until the server in it is ready.
    fn run(&self, secrets: &[&str]) -> Result<Container> {
        let dockerfile = self.temp.path().join("Dockerfile");
        let mut write = lgx()?;
        write
            .current_dir(self.folder())
            .arg("dockerfile")
            .arg(&dockerfile);
        said(&mut write)?;
        let replaced = format!("lgx={}", self.temp.path().join("bin").display());
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--propagation", "private", "--pid", "--fork"])
            .args(["--kill-child", "python3"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("packages/container.py"))
            .arg(&dockerfile)
            .arg(self.folder())
            .args(["--build-context", &replaced])
            // Its own port is one of all of this machine, as no network is apart.
            .args(["--env", "PORT=0", "--argument=--no-auth"]);
        for secret in secrets {
            let file = self.folder().join(secret);
            command.arg(format!("--secret={}={}", "pip_config", file.display()));
        }
        Container::start(command)
    }
}

/// A server in the image.
struct Container {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines,
    stderr: Lines,
    client: Client,
}

impl Container {
    fn start(mut command: Command) -> Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let stdin = child.stdin.take();
        let stdout = Lines::of(child.stdout.take().context("stdout is piped")?);
        let stderr = Lines::of(child.stderr.take().context("stderr is piped")?);
        let mut container = Self {
            child,
            stdin,
            stdout,
            stderr,
            client: Client::new(""),
        };
        let ready = container.next_line(0)?;
        let url = ready["url"].as_str().context("the URL is told")?;
        container.client = Client::new(url);
        Ok(container)
    }

    fn next_line(&self, from: usize) -> Result<Value> {
        let line = self
            .stdout
            .wait_for(from, PATIENCE, |line| line.starts_with('{'))
            .with_context(|| format!("what it said:\n{}", self.stderr.text()))?;
        Ok(serde_json::from_str(&line)?)
    }

    /// What a run answers.
    fn answer(&self, graph: &str) -> Result<Value> {
        let body = json!({"assistant_id": graph, "input": {"text": "hi"}});
        self.client.post("/runs/wait", &body)?.ok()
    }

    /// Runs a command beside the server, or the health check.
    fn exec(&mut self, command: Option<&[&str]>) -> Result<(i64, String)> {
        let from = self.stdout.len();
        let stdin = self.stdin.as_mut().context("it is not stopped")?;
        writeln!(stdin, "{}", json!(command))?;
        let ran = self.next_line(from)?;
        let code = ran["code"].as_i64().context("a command ends with a code")?;
        Ok((code, ran["printed"].as_str().unwrap_or_default().to_owned()))
    }

    fn shell(&mut self, script: &str) -> Result<String> {
        let (code, printed) = self.exec(Some(&["sh", "-c", script]))?;
        ensure!(code == 0, "{script} ended with {code}: {printed}");
        Ok(printed.trim().to_owned())
    }

    /// What holds for each image: it is healthy, has no rights, and no secrets or tools.
    fn keeps_its_promises(&mut self) -> Result<()> {
        let (code, printed) = self.exec(None)?;
        ensure!(code == 0, "the health check ended with {code}: {printed}");
        assert_eq!(self.shell("id -u; id -g")?, "10001\n10001");
        assert_eq!(self.shell("stat -c %u%a /data/state")?, "10001700");
        let writable =
            self.shell("for f in /app /opt /usr/local; do ! [ -w $f ] || echo $f; done")?;
        assert_eq!(writable, "", "folders that the server may write to");
        let secrets = self.shell(
            "grep -rl planted-secret /app /opt /etc /data /home /root 2>/dev/null || true",
        )?;
        assert_eq!(secrets, "", "files with what was to be kept out");
        assert_eq!(self.shell("command -v pip uv || true")?, "");
        Ok(())
    }

    /// Stops it as `docker stop` does.
    fn stop(mut self) -> Result<()> {
        drop(self.stdin.take());
        let status = end_in_time(&mut self.child)?;
        ensure!(status.success(), "{status}: {}", self.stderr.text());
        Ok(())
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
    }
}

fn langgraph_json(graphs: &Value) -> String {
    let version = "import sys; print('%d.%d' % sys.version_info[:2])";
    let version = said(Command::new("python3").args(["-c", version]));
    json!({
        "dependencies": ["."],
        "graphs": graphs,
        "env": ".env",
        "python_version": version.unwrap_or_default(),
    })
    .to_string()
}

/// A file that no image may hold.
const SECRETS: &str = "KEY=planted-secret\n";

#[test]
fn requirements_are_installed_and_the_project_is_served() -> Result<()> {
    if is_skipped()? {
        return Ok(());
    }
    let project = ImageProject::with(&[
        (
            "langgraph.json",
            &langgraph_json(&json!({"agent": "./agent.py:graph"})),
        ),
        ("agent.py", PYTHON),
        ("requirements.txt", "langgraph>=1\n"),
        (".env", SECRETS),
    ])?;
    let mut container = project.run(&[])?;
    assert_eq!(container.answer("agent")?, json!({"text": "hi!"}));
    container.keeps_its_promises()?;
    container.stop()
}

#[test]
fn a_lock_of_uv_is_installed_to_the_letter_with_the_project_itself() -> Result<()> {
    if is_skipped()? {
        return Ok(());
    }
    let project = ImageProject::with(&[
        (
            "langgraph.json",
            &langgraph_json(&json!({"agent": "agent.graph:graph"})),
        ),
        ("src/agent/__init__.py", ""),
        ("src/agent/graph.py", PYTHON),
        ("pyproject.toml", PYPROJECT),
        (".env", SECRETS),
    ])?;
    let uv = packages_env()?.dir().join("bin/uv");
    said(Command::new(uv).arg("lock").current_dir(project.folder()))?;
    let mut container = project.run(&[])?;
    assert_eq!(container.answer("agent")?, json!({"text": "hi!"}));
    let lock = fs_err::read_to_string(project.folder().join("uv.lock"))?;
    let installed = container.shell("python -c \"import importlib.metadata as m; print(m.version('langgraph'), m.version('agent'))\"")?;
    let (langgraph, agent) = installed.split_once(' ').context("two versions")?;
    ensure!(
        lock.contains(&format!("name = \"langgraph\"\nversion = \"{langgraph}\"")),
        "{installed}"
    );
    assert_eq!(agent, "0.1.0");
    container.keeps_its_promises()?;
    container.stop()
}

#[test]
fn what_pip_is_configured_by_reaches_its_steps_and_not_the_image() -> Result<()> {
    if is_skipped()? {
        return Ok(());
    }
    let mut written: Value =
        serde_json::from_str(&langgraph_json(&json!({"agent": "./agent.py:graph"})))?;
    written["pip_config_file"] = json!("pip.conf");
    written["dockerfile_lines"] = json!(["ENV GREETING=hello", "RUN echo 1 > /etc/of-a-line"]);
    written["keep_pkg_tools"] = json!(["setuptools"]);
    let project = ImageProject::with(&[
        ("langgraph.json", &written.to_string()),
        ("agent.py", PYTHON),
        ("requirements.txt", "langgraph>=1\n"),
        (
            "pip.conf",
            "# planted-secret\n[global]\nno-index = false\n[install]\nreport = /opt/venv/report.json\n",
        ),
        (".env", SECRETS),
    ])?;
    let mut container = project.run(&["pip.conf"])?;
    assert_eq!(container.answer("agent")?, json!({"text": "hi!"}));
    assert_eq!(
        container.shell("echo $GREETING; cat /etc/of-a-line")?,
        "hello\n1"
    );
    // Only that file asks for a report.
    container.shell("test -s /opt/venv/report.json")?;
    container.shell("/usr/local/bin/python3 -c 'import setuptools'")?;
    container.keeps_its_promises()?;
    container.stop()
}

/// Whether there is no Node.js to build an image with; a line says so.
fn is_without_node() -> Result<bool> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: no image of JavaScript is tried: {reason}"
        )?;
        return Ok(true);
    }
    is_skipped()
}

/// Has a program that installs packages write its lock.
fn lock_by(manager: &str, arguments: &[&str], project: &ImageProject) -> Result<()> {
    let tools = project.temp.path().join("tools");
    let (name, _) = manager.split_once('@').context("with a version")?;
    let mut install = Command::new("npm");
    said(
        install
            .args(["install", "--silent", "--prefix"])
            .arg(&tools)
            .arg(manager),
    )?;
    let mut lock = Command::new(tools.join("node_modules/.bin").join(name));
    said(lock.args(arguments).current_dir(project.folder()))?;
    Ok(())
}

fn javascript_project(package_json: &str) -> Result<ImageProject> {
    let node = said(Command::new("node").args(["-p", "process.versions.node.split('.')[0]"]))?;
    let written = json!({
        "graphs": {"agent": "./agent.ts:graph"},
        "node_version": node,
        "env": ".env",
    });
    ImageProject::with(&[
        ("langgraph.json", &written.to_string()),
        ("agent.ts", JAVASCRIPT),
        ("package.json", package_json),
        (".env", SECRETS),
    ])
}

fn answers_in_javascript(project: &ImageProject) -> Result<()> {
    // What is installed here is no part of the image.
    fs_err::remove_dir_all(project.folder().join("node_modules")).or_else(|error| {
        (error.kind() == std::io::ErrorKind::NotFound)
            .then_some(())
            .ok_or(error)
    })?;
    let mut container = project.run(&[])?;
    assert_eq!(container.answer("agent")?, json!({"text": "hi?"}));
    container.keeps_its_promises()?;
    container.stop()
}

#[test]
fn a_lock_of_npm_is_installed_and_typescript_served() -> Result<()> {
    if is_without_node()? {
        return Ok(());
    }
    let project = javascript_project(PACKAGE_JSON)?;
    let mut lock = Command::new("npm");
    lock.args(["install", "--silent", "--package-lock-only"]);
    said(lock.current_dir(project.folder()))?;
    answers_in_javascript(&project)
}

#[test]
fn a_lock_of_pnpm_is_installed_and_typescript_served() -> Result<()> {
    if is_without_node()? {
        return Ok(());
    }
    let pinned = PACKAGE_JSON.replacen('{', r#"{"packageManager": "pnpm@10.20.0", "#, 1);
    let project = javascript_project(&pinned)?;
    lock_by("pnpm@10.20.0", &["install", "--lockfile-only"], &project)?;
    answers_in_javascript(&project)
}

#[test]
fn a_lock_of_yarn_is_installed_and_typescript_served() -> Result<()> {
    if is_without_node()? {
        return Ok(());
    }
    let project = javascript_project(PACKAGE_JSON)?;
    lock_by(
        "yarn@1.22.22",
        &["install", "--silent", "--ignore-engines"],
        &project,
    )?;
    answers_in_javascript(&project)
}

#[test]
fn python_and_javascript_are_served_from_one_image() -> Result<()> {
    if is_without_node()? {
        return Ok(());
    }
    let graphs = json!({"python": "./agent.py:graph", "javascript": "./agent.ts:graph"});
    let project = ImageProject::with(&[
        ("langgraph.json", &langgraph_json(&graphs)),
        ("agent.py", PYTHON),
        ("requirements.txt", "langgraph>=1\n"),
        ("agent.ts", JAVASCRIPT),
        ("package.json", PACKAGE_JSON),
        (".env", SECRETS),
    ])?;
    let mut lock = Command::new("npm");
    lock.args(["install", "--silent", "--package-lock-only"]);
    said(lock.current_dir(project.folder()))?;
    let mut container = project.run(&[])?;
    assert_eq!(container.answer("python")?, json!({"text": "hi!"}));
    assert_eq!(container.answer("javascript")?, json!({"text": "hi?"}));
    container.keeps_its_promises()?;
    container.stop()
}
