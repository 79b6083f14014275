//! Whether a program is an interpreter at all; asked once it has failed to run the project's code.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lgx_config::Runtime;
use tokio::process::Command;

use crate::env_names;

/// How long an interpreter may take for one line.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether the program runs a line of the language.
pub(crate) async fn is_one_of(runtime: Runtime, program: &Path) -> bool {
    let (arguments, answer): (&[&str], &[u8]) = match runtime {
        Runtime::Python => (&["-I", "-S", "-c", "print('py' + 'thon')"], b"python"),
        Runtime::Node => (&["-p", "'no' + 'de'"], b"node"),
    };
    let asked = Command::new(program)
        .args(arguments)
        // What a person adds to every start of Node.js may be what fails.
        .env_remove(env_names::NODE_OPTIONS)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(output)) => output.stdout.trim_ascii() == answer,
        Ok(Err(_)) | Err(_) => false,
    }
}
