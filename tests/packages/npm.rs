//! The npm packages: the wrapper finds the binary, is transparent, and says what to do where there is none; `lgx/testing` serves a project.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use lgx_tests::{Project, end_in_time, processes_below, python_env, why_no_node};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{VERSION, run, said, script, stripped, target};

const SERVES: &str = r#"import { serve } from "lgx/testing";

const server = await serve({ project: process.env.PROJECT, flags: ["--no-trace"] });
const post = async (path, body) => (await fetch(server.url + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).json();
await post("/threads", {});
const before = await post("/threads/search", {});
await server.reset();
const after = await post("/threads/search", {});
await server.stop();
const gone = await fetch(`${server.url}/ok`).then(() => "answers", () => "gone");
let refused = "";
try {
  await serve({ project: "no-such-project" });
} catch (error) {
  refused = error.message;
}
console.log(JSON.stringify({ before: before.length, after: after.length, gone, refused }));
"#;

/// Packs the wrapper and this machine's platform package, and gives both files; none where there is nothing to pack or to pack with.
fn pack(temp: &Path) -> Result<Option<[PathBuf; 2]>> {
    let (Some(target), None) = (target(), why_no_node()) else {
        return Ok(None);
    };
    let out = temp.join("npm");
    let binary = stripped(temp)?;
    let given = format!("{target}={}", binary.display());
    said(script("npm_packages.py").arg(&out).arg(given))?;
    let mut platforms = Vec::new();
    for entry in fs_err::read_dir(&out)? {
        platforms.push(entry?.path());
    }
    let platform = platforms
        .iter()
        .find(|folder| !folder.ends_with("lgx"))
        .context("the package of this platform")?;
    Ok(Some([
        tarball(&out.join("lgx"), temp)?,
        tarball(platform, temp)?,
    ]))
}

fn tarball(folder: &Path, into: &Path) -> Result<PathBuf> {
    let mut npm = Command::new("npm");
    npm.current_dir(folder)
        .args(["pack", "--silent", "--pack-destination"]);
    Ok(into.join(said(npm.arg(into))?))
}

/// A project with these packages installed, and nothing else.
fn installed(tarballs: &[&PathBuf]) -> Result<TempDir> {
    let project = TempDir::new()?;
    fs_err::write(
        project.path().join("package.json"),
        r#"{"private": true, "type": "module"}"#,
    )?;
    let mut npm = Command::new("npm");
    npm.current_dir(project.path())
        .args(["install", "--offline", "--no-audit", "--no-fund"]);
    said(npm.args(tarballs))?;
    Ok(project)
}

#[test]
fn they_are_installed_offline_and_run_and_the_wrapper_is_transparent() -> Result<()> {
    let temp = TempDir::new()?;
    let Some([wrapper, platform]) = pack(temp.path())? else {
        return Ok(());
    };
    let project = installed(&[&wrapper, &platform])?;
    let lgx = project.path().join("node_modules/.bin/lgx");
    assert_eq!(said(Command::new(&lgx).arg("--version"))?, VERSION);
    assert_eq!(
        run(Command::new(&lgx).arg("no-such-command"))?
            .status
            .code(),
        Some(2)
    );
    let mut other = Command::new(&lgx);
    assert_eq!(
        said(other.env("LGX_BINARY", "/bin/echo").args(["a", "b"]))?,
        "a b"
    );
    let mut absent = Command::new(&lgx);
    let absent = run(absent.env("LGX_BINARY", "/no/such/file"))?;
    let error = String::from_utf8_lossy(&absent.stderr);
    assert_eq!(absent.status.code(), Some(1), "{error}");

    ends_with_its_server(&lgx)?;
    serves_for_tests(project.path())
}

/// A signal to the wrapper stops the server as one to the server does, and leaves no process.
fn ends_with_its_server(lgx: &Path) -> Result<()> {
    let project = Project::copy_of("bench")?;
    let mut child = Command::new(lgx)
        .current_dir(project.dir())
        .env("LGX_PYTHON", python_env()?.python())
        .args(["dev", "--no-browser", "--port", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = child.stdout.take().context("stdout is piped")?;
    let line = BufReader::new(stdout).lines().next();
    let line = line.context("it says that it is ready")??;
    ensure!(line.contains("\"ready\""), "{line}");
    let below = processes_below(child.id())?;
    ensure!(!below.is_empty(), "the server has workers");
    #[cfg(target_os = "linux")]
    let below = lgx_tests::Alive::of(&below)?;
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::TERM)?;
    assert_eq!(end_in_time(&mut child)?.code(), Some(0));
    #[cfg(target_os = "linux")]
    below.gone()?;
    Ok(())
}

fn serves_for_tests(packages: &Path) -> Result<()> {
    let project = Project::copy_of("bench")?;
    fs_err::write(packages.join("serves.js"), SERVES)?;
    let mut node = Command::new("node");
    node.current_dir(packages)
        .arg("serves.js")
        .env("PROJECT", project.dir())
        .env("LGX_PYTHON", python_env()?.python())
        .env_remove("LGX_URL");
    let told: serde_json::Value = serde_json::from_str(&said(&mut node)?)?;
    assert_eq!(told["before"], 1, "{told}");
    assert_eq!(told["after"], 0, "{told}");
    assert_eq!(told["gone"], "gone", "{told}");
    let refused = told["refused"].as_str().unwrap_or_default();
    ensure!(
        refused.contains("lgx could not serve the project") && refused.contains("no-such-project"),
        "{told}"
    );
    Ok(())
}

#[test]
fn where_there_is_no_binary_the_wrapper_says_what_to_do() -> Result<()> {
    let temp = TempDir::new()?;
    let Some([wrapper, _]) = pack(temp.path())? else {
        return Ok(());
    };
    let project = installed(&[&wrapper])?;
    let alone = run(Command::new(project.path().join("node_modules/.bin/lgx")).arg("--version"))?;
    let error = String::from_utf8_lossy(&alone.stderr);
    assert_eq!(alone.status.code(), Some(1), "{error}");
    ensure!(
        error.contains("@lgx/") && error.contains("npm install lgx"),
        "{error}"
    );
    let asks = |platform: &str, arch: &str| {
        let code = format!(
            r#"import {{ packageFor }} from "./node_modules/lgx/binary.js";
try {{ console.log(packageFor("{platform}", "{arch}", "musl")); }} catch (error) {{ console.log(error.message); }}"#
        );
        let mut node = Command::new("node");
        node.current_dir(project.path())
            .args(["--input-type=module", "-e", &code]);
        said(&mut node)
    };
    assert_eq!(asks("linux", "arm64")?, "@lgx/linux-arm64-musl");
    assert_eq!(asks("darwin", "x64")?, "@lgx/darwin-x64");
    ensure!(asks("win32", "x64")?.contains("WSL"));
    ensure!(asks("sunos", "x64")?.contains("cargo build"));
    Ok(())
}
