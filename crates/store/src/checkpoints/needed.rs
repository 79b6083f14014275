//! Which checkpoints are left when only the newest one is to be.

use std::collections::HashSet;

use lgx_model::JsonObject;

use crate::Result;

/// What a checkpoint stands on.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// The checkpoint before it.
    pub(crate) parent: Option<String>,
    /// The versions of its channels.
    pub(crate) versions: JsonObject,
}

/// The checkpoint and the ancestors without which it could not be read: a channel that has no value at its version may be one that
/// langgraph rebuilds from the writes since the nearest ancestor that has one. `link` finds a checkpoint, `valued` the channels that have a
/// value at these versions.
pub(crate) fn needed(
    newest: String,
    mut link: impl FnMut(&str) -> Result<Option<Link>>,
    mut valued: impl FnMut(&JsonObject) -> Result<HashSet<String>>,
) -> Result<Vec<String>> {
    let mut needed = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Option<HashSet<String>> = None;
    let mut next = Some(newest);
    while let Some(checkpoint_id) = next.take() {
        // One that is among its own ancestors, as nothing keeps a graph from writing, has no more of them.
        if !seen.insert(checkpoint_id.clone()) {
            break;
        }
        let Some(Link { parent, versions }) = link(&checkpoint_id)? else {
            break;
        };
        let valued = valued(&versions)?;
        let open = open.get_or_insert_with(|| {
            let channels = versions.keys().filter(|channel| !is_transient(channel));
            channels.cloned().collect()
        });
        open.retain(|channel| !valued.contains(channel));
        needed.push(checkpoint_id);
        if !open.is_empty() {
            next = parent;
        }
    }
    Ok(needed)
}

/// Whether a channel only carries a signal from one step to the next, as langgraph makes them for itself: once read it is
/// empty, and has nothing to rebuild.
fn is_transient(channel: &str) -> bool {
    channel == "__start__" || channel == "__pregel_tasks" || channel.starts_with("branch:to:")
}
