//! The wheel: the binary by both its names and by `python -m`, and the fixtures of pytest.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use lgx_tests::{Project, packages_env, profile_dir, python_env, workspace_root};
use tempfile::TempDir;

use crate::{VERSION, run, said};

/// Tests of a project that use each of the fixtures; the second one sees nothing of the first.
const TESTS: &str = r#"import pytest


@pytest.mark.asyncio
async def test_a_run(lgx_client, lgx_reset):
    thread = await lgx_client.threads.create()
    answer = await lgx_client.runs.wait(thread["thread_id"], "agent", input={"messages": [{"role": "user", "content": "hi"}]})
    assert answer["messages"]


@pytest.mark.asyncio
async def test_nothing_is_left(lgx_client, lgx_reset):
    assert await lgx_client.threads.search() == []


def test_where(lgx_url):
    print(f"served at {lgx_url}")
"#;

/// Makes the wheel of the built binary in this folder.
fn build(folder: &Path) -> Result<PathBuf> {
    let env = packages_env()?;
    let target = profile_dir()?;
    let target = target.parent().context("a profile lies in the target")?;
    let mut maturin = Command::new(env.dir().join("bin/maturin"));
    // What Cargo says to a test would have it build everything once more.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") {
            maturin.env_remove(name);
        }
    }
    maturin
        .current_dir(workspace_root())
        .env_remove("CARGO_MANIFEST_DIR")
        .env("CARGO_TARGET_DIR", target)
        .args(["build", "--profile", "dev", "--strip", "--locked", "--out"])
        .arg(folder);
    said(&mut maturin)?;
    let wheel = fs_err::read_dir(folder)?
        .next()
        .context("there is a wheel")??;
    Ok(wheel.path())
}

fn install(python: &Path, wheel: &Path, more: &[&str]) -> Result<()> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-index"]);
    said(pip.args(more).arg(wheel)).map(drop)
}

#[test]
fn it_is_installed_offline_and_runs_by_each_of_its_names() -> Result<()> {
    let temp = TempDir::new()?;
    let wheel = build(&temp.path().join("wheel"))?;
    let name = wheel.file_name().context("a file has a name")?;
    let name = name.to_string_lossy();
    let beginning = format!("lgx_cli-{}-py3-none-", env!("CARGO_PKG_VERSION"));
    ensure!(name.starts_with(&beginning), "{name}");

    let place = temp.path().join("env");
    said(
        Command::new(packages_env()?.python())
            .args(["-m", "venv"])
            .arg(&place),
    )?;
    let bin = place.join("bin");
    let python = bin.join("python");
    install(&python, &wheel, &[])?;
    for command in ["lgx", "lgx-cli"] {
        assert_eq!(
            said(Command::new(bin.join(command)).arg("--version"))?,
            VERSION
        );
    }
    let mut module = Command::new(&python);
    module.args(["-m", "lgx"]);
    assert_eq!(said(module.arg("--version"))?, VERSION);
    // Its exit codes are those of the binary.
    let refused = run(Command::new(&python).args(["-m", "lgx", "no-such-command"]))?;
    assert_eq!(refused.status.code(), Some(2));
    // Without the binary, it says what to do.
    fs_err::remove_file(bin.join("lgx"))?;
    let refused = run(Command::new(&python).args(["-m", "lgx"]))?;
    let error = String::from_utf8_lossy(&refused.stderr);
    ensure!(
        error.contains("pip install --force-reinstall lgx-cli"),
        "{error}"
    );
    assert_eq!(refused.status.code(), Some(1));

    fixtures_serve_the_project_of_the_tests(&python, &wheel, temp.path())
}

/// `pip` belongs to an interpreter that surely has it.
fn fixtures_serve_the_project_of_the_tests(pip: &Path, wheel: &Path, temp: &Path) -> Result<()> {
    let packages = temp.join("packages");
    install(pip, wheel, &["--target", &packages.to_string_lossy()])?;
    let project = Project::copy_of("bench")?;
    project.write("tests/test_project.py", TESTS)?;
    let python = python_env()?.python();
    let pytest = |program: &Path, before: &[&str]| -> Result<String> {
        let mut command = Command::new(program);
        command
            .current_dir(project.dir())
            .env("PYTHONPATH", &packages)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("LGX_PYTHON", &python)
            .env_remove("LGX_URL")
            .args(before)
            .args(["-m", "pytest", "-s", "-q", "tests"]);
        said(&mut command)
    };
    let told = pytest(&python, &[])?;
    ensure!(told.contains("3 passed"), "{told}");
    // Nothing of it is in the project's own state.
    ensure!(!project.dir().join(".lgx").exists(), "{told}");
    let told = pytest(&packages.join("bin/lgx"), &["exec", "--", "python"])?;
    ensure!(told.contains("3 passed"), "{told}");

    project.edit("langgraph.json", "./src/", "./gone/")?;
    let failed = pytest(&python, &[]).err().context("it cannot be served")?;
    let told = format!("{failed:#}");
    ensure!(
        told.contains("lgx could not serve the project") && told.contains("gone"),
        "{told}"
    );
    Ok(())
}
