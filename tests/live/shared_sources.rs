//! The worker's own sources and their bytecode are shared by all projects of a user, wherever that can be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};
use lgx_tests::{DevServer, Project, python_env};
use rustix::process::Signal;
use serde_json::json;

/// Serves a project for a user with this home until it has answered once. Gives what it said.
fn answer_once(project: &Project, home: &Path) -> Result<String> {
    let mut command = DevServer::command(project, &[])?;
    command
        .env("LGX_PYTHON", python_env()?.python())
        .env("HOME", home)
        .env_remove("XDG_CACHE_HOME")
        .env_remove("PYTHONPYCACHEPREFIX");
    let server = DevServer::spawn(command)?;
    let given =
        json!({"assistant_id": "echo", "input": {"messages": [{"role": "user", "content": "hi"}]}});
    server.client().post("/runs/wait", &given)?.ok()?;
    let said = server.stderr().text();
    server.stop(Signal::TERM)?;
    Ok(said)
}

fn caches_of(home: &Path) -> PathBuf {
    home.join(if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    })
}

/// The files below a directory, and when each was written.
fn files(directory: &Path) -> Result<BTreeMap<PathBuf, SystemTime>> {
    let mut found = BTreeMap::new();
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.append(&mut files(&entry.path())?);
        } else {
            found.insert(entry.path(), entry.metadata()?.modified()?);
        }
    }
    Ok(found)
}

fn sources_in(directory: &Path) -> Result<usize> {
    let is_source = |path: &&PathBuf| path.extension().is_some_and(|suffix| suffix == "py");
    Ok(files(directory)?.keys().filter(is_source).count())
}

#[test]
fn a_second_project_finds_the_bytecode_that_the_first_one_made() -> Result<()> {
    let home = tempfile::tempdir()?;
    let (first, second) = (Project::copy_of("bench")?, Project::copy_of("bench")?);
    answer_once(&first, home.path())?;
    let shared = caches_of(home.path()).join("lgx");
    let made = files(&shared)?;
    let compiled = |module: &str| {
        made.keys().any(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            name.is_some_and(|name| name.starts_with(&format!("{module}.cpython-")))
        })
    };
    for module in ["main", "handlers", "loader", "runner", "temporary_saver"] {
        ensure!(compiled(module), "{module} was compiled: {made:?}");
    }

    answer_once(&second, home.path())?;
    let present = files(&shared)?;
    for (path, written) in &made {
        let now = present.get(path).context("nothing is removed")?;
        ensure!(now == written, "{} was written again", path.display());
    }
    assert_eq!(sources_in(&second.dir().join(".lgx"))?, 0);
    Ok(())
}

#[test]
fn where_there_is_no_place_to_share_them_a_project_has_its_own_and_nobody_is_bothered() -> Result<()>
{
    let home = tempfile::tempdir()?;
    let caches = caches_of(home.path());
    fs_err::create_dir_all(caches.parent().context("it has a parent")?)?;
    // Not even root can make a directory below a file.
    fs_err::write(&caches, "")?;
    let project = Project::copy_of("bench")?;
    let said = answer_once(&project, home.path())?;
    for word in ["warning", "cache", "shared"] {
        ensure!(!said.contains(word), "{said}");
    }
    ensure!(sources_in(&project.dir().join(".lgx"))? > 50);
    Ok(())
}
