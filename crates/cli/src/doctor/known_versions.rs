//! The versions of langgraph that lgx is known to work with; `docs/compatibility.md` has them for users.

use lgx_config::{Runtime, Version};

/// The versions of a package that were tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownVersions {
    /// The package, as its users install it.
    pub(crate) package: &'static str,
    /// Older ones do not work, if that is known.
    pub(crate) needed: Option<Version>,
    /// The oldest and the newest one that were tried.
    pub(crate) tried: [Version; 2],
}

/// Langgraph for a runtime.
pub(crate) const fn langgraph(runtime: Runtime) -> KnownVersions {
    match runtime {
        Runtime::Python => KnownVersions {
            package: "langgraph",
            needed: Some(version(0, 6)),
            tried: [version(0, 6), version(1, 2)],
        },
        Runtime::Node => KnownVersions {
            package: "@langchain/langgraph",
            needed: None,
            tried: [version(1, 4), version(1, 7)],
        },
    }
}

/// What langgraph for Python keeps checkpoints with.
pub(crate) const CHECKPOINT: KnownVersions = KnownVersions {
    package: "langgraph-checkpoint",
    needed: Some(version(2, 1)),
    tried: [version(2, 1), version(4, 3)],
};

const fn version(major: u32, minor: u32) -> Version {
    Version { major, minor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_have_the_same_versions() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compatibility.md");
        let text = fs_err::read_to_string(file).unwrap();
        let [python, node] = Runtime::ALL.map(langgraph);
        for known in [python, node, CHECKPOINT] {
            let [oldest, newest] = known.tried;
            let needed = known.needed.map(|needed| needed.to_string());
            let row = format!(
                "| `{}` | {} | {oldest} to {newest} |",
                known.package,
                needed.as_deref().unwrap_or("not known"),
            );
            assert!(text.contains(&row), "{row}");
        }
    }
}
