//! The packages of the JavaScript tests: installed once from `package-lock.json`, kept under the target folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::{EndsInTime, profile_dir};

const MANIFESTS: [&str; 2] = ["package.json", "package-lock.json"];
/// Before it there is no `toSorted`, and the test runner has no suites.
const OLDEST_NODE: u32 = 20;

/// Why this machine cannot run the JavaScript tests, if it cannot: it has no Node, or an old one.
pub fn why_no_node() -> Option<String> {
    let Ok(version) = node_version() else {
        return Some(format!(
            "there is no Node; install {OLDEST_NODE} or newer, with npm"
        ));
    };
    let major = version.trim_start_matches('v').split('.').next();
    let major: Option<u32> = major.and_then(|major| major.parse().ok());
    (major < Some(OLDEST_NODE))
        .then(|| format!("Node {version} is too old; {OLDEST_NODE} is needed"))
}

/// The copy of a folder of JavaScript tests that has their packages installed.
pub fn node_env(folder: &str) -> Result<PathBuf> {
    let version = node_version()?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut digest = Sha256::new_with_prefix(&version);
    for name in MANIFESTS {
        digest.update(fs_err::read(source.join(name))?);
    }
    let mut key = String::new();
    for byte in digest.finalize().iter().take(8) {
        write!(key, "{byte:02x}")?;
    }
    let home = profile_dir()?.join("node-envs");
    let dir = home.join(&key);
    fs_err::create_dir_all(&dir)?;
    let guard = std::fs::File::create(home.join(format!("{key}.lock")))?;
    guard
        .lock()
        .context("could not lock the folder of the packages")?;
    // The tests find their packages beside them, so they are run from here, as they are now.
    for entry in fs_err::read_dir(&source)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            bring_up_to_date(&entry.path(), &dir.join(entry.file_name()))?;
        }
    }
    let complete = dir.join("complete");
    if !complete.is_file() {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        output(npm.current_dir(&dir))?;
        fs_err::write(complete, "")?;
    }
    Ok(dir)
}

/// Makes `copy` what `file` is. Other tests may be running from it: it is written only where it differs, and at no time half.
fn bring_up_to_date(file: &Path, copy: &Path) -> Result<()> {
    let wanted = fs_err::read(file)?;
    if fs_err::read(copy).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    let mut fresh = copy.to_owned().into_os_string();
    fresh.push(".fresh");
    fs_err::copy(file, &fresh)?;
    Ok(fs_err::rename(fresh, copy)?)
}

fn node_version() -> Result<String> {
    output(Command::new("node").arg("--version"))
}

fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output_in_time()
        .with_context(|| format!("could not start {command:?}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed:\n{stderr}");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
