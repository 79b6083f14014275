//! Whether a program is a Python at all; asked once it has failed to run the project's code.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// How long a Python may take for one line.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether the program runs a line of Python.
pub(crate) async fn is_python(program: &Path) -> bool {
    let asked = Command::new(program)
        .args(["-I", "-S", "-c", "print('py' + 'thon')"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(output)) => output.stdout.trim_ascii() == b"python",
        Ok(Err(_)) | Err(_) => false,
    }
}
