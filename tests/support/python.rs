//! The Python environment of the live tests: made once from `requirements.lock`, kept under the target folder.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::{EndsInTime, profile_dir};

const LOCK: &str = include_str!("../requirements.lock");
const AGENTS_LOCK: &str = include_str!("../requirements.agents.lock");
const RECORD_LOCK: &str = include_str!("../requirements.record.lock");
const DEBUG_LOCK: &str = include_str!("../requirements.debug.lock");
const A2A_LOCK: &str = include_str!("../requirements.a2a.lock");
const MCP_LOCK: &str = include_str!("../requirements.mcp.lock");
const OLDEST_LOCK: &str = include_str!("../requirements.oldest.lock");
const PACKAGES_LOCK: &str = include_str!("../requirements.packages.lock");

/// A virtual environment.
pub struct PythonEnv {
    dir: PathBuf,
}

impl PythonEnv {
    /// Its interpreter.
    pub fn python(&self) -> PathBuf {
        self.dir.join("bin/python")
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes a virtual environment in `dir`, to install into.
    pub fn create(dir: &Path) -> Result<Self> {
        Self::made(dir, &[])
    }

    /// Makes one into which nothing is installed, in a tenth of the time.
    pub fn bare(dir: &Path) -> Result<Self> {
        Self::made(dir, &["--without-pip"])
    }

    /// `how` is for Python's own `venv`; `uv` never installs an installer.
    fn made(dir: &Path, how: &[&str]) -> Result<Self> {
        let mut command = if has_uv() {
            arguments("uv", &["venv", "--quiet", "--python", &base_python()])
        } else {
            arguments(base_python(), &[&["-m", "venv"], how].concat())
        };
        succeed(command.arg(dir))?;
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    /// Installs what `what` says (as for `pip install`), at the versions of `requirements.lock`.
    pub fn install(&self, what: &[&str], project: &Path) -> Result<()> {
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("requirements.lock");
        let lock = lock.to_string_lossy();
        self.install_exactly(&[&["--constraint", &*lock], what].concat(), project)
    }

    /// The same at the versions that `what` itself says.
    fn install_exactly(&self, what: &[&str], project: &Path) -> Result<()> {
        let mut command = if has_uv() {
            arguments("uv", &["pip", "install", "--quiet"])
        } else {
            arguments(
                self.python(),
                &[
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ],
            )
        };
        command.env("VIRTUAL_ENV", &self.dir).current_dir(project);
        succeed(command.args(what)).map(drop)
    }
}

/// The environment with everything of `requirements.lock`; made by the first test that asks, for all test processes.
pub fn python_env() -> Result<PythonEnv> {
    env_with(LOCK, &[&["--requirement", "requirements.lock"]])
}

/// The same with langchain and deepagents, for `projects/agents`; apart, as other tests are about what happens without them.
pub fn agents_env() -> Result<PythonEnv> {
    env_with_more(AGENTS_LOCK, "requirements.agents.lock")
}

/// The same with the SDKs of model providers, whose calls are recorded.
pub fn record_env() -> Result<PythonEnv> {
    env_with_more(RECORD_LOCK, "requirements.record.lock")
}

/// The same with both of the former: all that the templates in Python ask for.
pub fn templates_env() -> Result<PythonEnv> {
    env_with(
        &format!("{LOCK}\n{AGENTS_LOCK}\n{RECORD_LOCK}"),
        &[
            &["--requirement", "requirements.lock"],
            &["--no-deps", "--requirement", "requirements.agents.lock"],
            &["--no-deps", "--requirement", "requirements.record.lock"],
        ],
    )
}

/// The same with debugpy, so that a debugger can attach.
pub fn debug_env() -> Result<PythonEnv> {
    env_with_more(DEBUG_LOCK, "requirements.debug.lock")
}

/// The same with the official client of A2A, for `a2a`.
pub fn a2a_env() -> Result<PythonEnv> {
    env_with_more(A2A_LOCK, "requirements.a2a.lock")
}

/// The same with the official client of MCP, for `mcp-python`.
pub fn mcp_env() -> Result<PythonEnv> {
    env_with_more(MCP_LOCK, "requirements.mcp.lock")
}

/// The same with the oldest langgraph that is promised to work.
pub fn oldest_env() -> Result<PythonEnv> {
    env_with_more(OLDEST_LOCK, "requirements.oldest.lock")
}

/// An environment with nothing but what makes the wheel, for `packages`.
pub fn packages_env() -> Result<PythonEnv> {
    env_with(
        PACKAGES_LOCK,
        &[&["--requirement", "requirements.packages.lock"]],
    )
}

/// The environment with everything of `requirements.lock` and of this lock, which lies in that file.
fn env_with_more(lock: &str, file: &str) -> Result<PythonEnv> {
    env_with(
        &format!("{LOCK}\n{lock}"),
        &[
            &["--requirement", "requirements.lock"],
            &["--no-deps", "--requirement", file],
        ],
    )
}

/// An environment that `steps` of installing make, kept for as long as `locks` says the same.
fn env_with(locks: &str, steps: &[&[&str]]) -> Result<PythonEnv> {
    let version = succeed(&mut arguments(
        base_python(),
        &["-c", "import sys; print(sys.version)"],
    ))?;
    let mut key = String::new();
    for byte in Sha256::digest(format!("{locks}\n{version}")).iter().take(8) {
        write!(key, "{byte:02x}")?;
    }
    let home = profile_dir()?.join("python-envs");
    fs_err::create_dir_all(&home)?;
    let guard = std::fs::File::create(home.join(format!("{key}.lock")))?;
    guard
        .lock()
        .context("could not lock the environment's folder")?;
    let dir = home.join(&key);
    let complete = dir.join("complete");
    if complete.is_file() {
        return Ok(PythonEnv { dir });
    }
    if dir.exists() {
        fs_err::remove_dir_all(&dir)?;
    }
    let env = PythonEnv::create(&dir)?;
    for step in steps {
        env.install_exactly(step, Path::new(env!("CARGO_MANIFEST_DIR")))?;
    }
    fs_err::write(complete, "")?;
    Ok(env)
}

/// The interpreter environments are made from: `LGX_TEST_PYTHON`, else `python3`.
fn base_python() -> String {
    std::env::var("LGX_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn has_uv() -> bool {
    Command::new("uv")
        .arg("--version")
        .output_in_time()
        .is_ok_and(|output| output.status.success())
}

fn arguments(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn succeed(command: &mut Command) -> Result<String> {
    let output = command
        .output_in_time()
        .with_context(|| format!("could not start {command:?}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed:\n{stderr}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
