//! The `dependencies` of a package.json, and whether they lie in a `node_modules`.

use std::path::Path;

use serde_json::Value;

use super::{Dependency, at};
use crate::disk::{Disk, Probe as _};

/// What the project's own package.json asks for.
pub(super) fn asked_for(root: &Path) -> Vec<Dependency> {
    let file = root.join("package.json");
    let Some(text) = Disk.read(&file) else {
        return Vec::new();
    };
    let manifest: Value = serde_json::from_str(&text).unwrap_or_default();
    let Some(dependencies) = manifest["dependencies"].as_object() else {
        return Vec::new();
    };
    let dependency = |name: &String| Dependency {
        name: name.clone(),
        place: at(&file, &text, &format!("\"{name}\"")),
        always: true,
    };
    dependencies.keys().map(dependency).collect()
}

/// Whether Node.js finds a package from the project. What Yarn keeps elsewhere counts as installed: only Yarn knows.
pub(super) fn is_installed(name: &str, root: &Path) -> bool {
    let mut above = root.ancestors();
    above.any(|directory| {
        Disk.exists(&directory.join("node_modules").join(name))
            || Disk.exists(&directory.join(".pnp.cjs"))
    })
}
