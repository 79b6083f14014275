//! What a server writes, nobody else on the machine can read, whatever the umask of the shell that started it.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, Project, python_env};
use serde_json::json;

fn mode(metadata: &Metadata) -> u32 {
    metadata.permissions().mode() & 0o777
}

/// Checks a directory and all that lies in it; gives how many files there are.
fn check(directory: &Path) -> Result<usize> {
    let found = mode(&fs_err::metadata(directory)?);
    ensure!(found == 0o700, "{} has mode {found:o}", directory.display());
    let mut files = 0;
    for entry in fs_err::read_dir(directory)? {
        let path = entry?.path();
        let metadata = fs_err::symlink_metadata(&path)?;
        if metadata.is_dir() {
            files += check(&path)?;
        } else {
            let found = mode(&metadata);
            ensure!(found == 0o600, "{} has mode {found:o}", path.display());
            files += 1;
        }
    }
    Ok(files)
}

#[test]
fn the_state_and_all_other_files_of_a_server_are_its_users_alone() -> Result<()> {
    let project = Project::copy_of("fixtures")?;
    let cache = tempfile::tempdir()?;
    let asked = DevServer::command(&project, &["--no-reload"])?;
    // Everything that does not say who may read it can be read and written by everybody.
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(asked.get_program())
        .args(asked.get_args())
        .current_dir(project.dir())
        .env("LGX_PYTHON", python_env()?.python())
        .env("XDG_CACHE_HOME", cache.path().join("of-user"));
    let server = DevServer::spawn(command)?;
    let run = json!({"assistant_id": "multi", "input": {"log": ["in"]}});
    server.client().post("/runs/wait", &run)?.ok()?;

    let files = check(&project.path(".lgx"))?;
    // The database with its log and its index, the lock, and what hides them from git.
    ensure!(files >= 5, "{files} files");
    let ready = mode(&fs_err::metadata(server.ready_file())?);
    ensure!(ready == 0o600, "the ready file has mode {ready:o}");
    if cfg!(target_os = "linux") {
        let sources = check(&cache.path().join("of-user/lgx"))?;
        ensure!(sources > 10, "{sources} files");
    }
    Ok(())
}
