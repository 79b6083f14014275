//! What the `package.json` of a project says of the Node.js that it runs on.

use std::path::Path;

use serde_json::Value;

use crate::node_range::NodeRange;
use crate::plain_file::read_plain_file;

/// `engines.node` of the nearest package.json. What is not understood there is for npm to complain of.
pub(crate) fn node_range(root: &Path) -> Option<NodeRange> {
    let mut places = root.ancestors().map(|folder| folder.join("package.json"));
    let nearest = read_plain_file(&places.find(|path| path.is_file())?).ok()?;
    let manifest: Value = serde_json::from_slice(&nearest).ok()?;
    NodeRange::read(manifest.pointer("/engines/node")?.as_str()?)
}
