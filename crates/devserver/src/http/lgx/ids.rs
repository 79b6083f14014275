//! What tells one start of a server from the next, and one project from another.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use uuid::Uuid;

/// Under which ids a server goes by with its page.
#[derive(Debug, Clone)]
pub(crate) struct ServerIds {
    /// Fresh with every start: what counts up within one life of the server begins anew.
    pub server: Uuid,
    /// Of the project's folder. All projects have the same origin, one after the other, so the page keeps what it keeps under this.
    pub project: Uuid,
}

impl ServerIds {
    /// Those of a server that starts over the project in this folder.
    pub(crate) fn of(root: &Path) -> Self {
        Self {
            server: Uuid::new_v4(),
            project: Uuid::new_v5(&Uuid::NAMESPACE_URL, root.as_os_str().as_bytes()),
        }
    }
}
