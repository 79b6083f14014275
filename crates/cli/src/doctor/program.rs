//! Programs that are asked for their version: with an end, whatever they do.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// How long one may take to answer. An interpreter on a cold disk takes seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a program prints, or why it does not.
pub(super) async fn asked(
    program: &Path,
    arguments: &[&str],
    environment: Option<Vec<(OsString, OsString)>>,
) -> Result<String, String> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(environment) = environment {
        command.env_clear().envs(environment);
    }
    match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(output)) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty());
            Err(last.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned()))
        }
    }
}
