//! The browser that sees the pages of Studio: found where the system has it, never downloaded.

use std::env;
use std::path::PathBuf;

/// Names it, where it is not on the path.
const VARIABLE: &str = "LGX_CHROMIUM";
const NAMES: [&str; 2] = ["chromium-headless-shell", "chromium"];

/// The Chromium of this machine, if it has one.
pub fn chromium() -> Option<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE) {
        return Some(PathBuf::from(named)).filter(|path| path.is_file());
    }
    NAMES.iter().find_map(|name| on_the_path(name))
}

/// Why this machine cannot run the tests in a browser, if it cannot.
pub fn why_no_browser() -> Option<String> {
    chromium().is_none().then(|| {
        format!(
            "there is no Chromium; install {}, or name one in {VARIABLE}",
            NAMES[1]
        )
    })
}

fn on_the_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
