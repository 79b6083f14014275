//! What is said when something was to become of a state that a server uses.

use super::error::Advised;

/// That a server uses the state in `folder`, and what therefore did not become of it: `removed`.
pub(crate) fn untouched(folder: &str, pid: Option<u32>, undone: &str) -> Advised {
    let process = pid.map(|pid| format!(" (process {pid})"));
    let process = process.unwrap_or_default();
    Advised::new(
        format!("a server{process} uses {folder}; nothing was {undone}"),
        "stop it first, with Ctrl-C where it runs",
    )
}
