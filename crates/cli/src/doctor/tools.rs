//! Programs that are of use and need not be there.

use super::examined::Examined;
use super::program::asked;
use crate::context::Context;

/// The programs, and what they are for.
const TOOLS: [(&str, &str); 3] = [
    ("uv", "`lgx new --dev` then installs with venv and pip"),
    (
        "cloudflared",
        "it is what makes a server reachable from elsewhere",
    ),
    ("docker", "lgx itself needs none"),
];

/// A line for each.
pub(super) async fn look(context: &Context) -> Vec<Examined> {
    let mut rows = Vec::new();
    for (name, without) in TOOLS {
        rows.push(match context.find_command(name) {
            None => Examined::note(name, format!("not on the PATH: {without}")),
            Some(path) => match asked(&path, &["--version"], None).await {
                Ok(said) => Examined::note(name, said.lines().next().unwrap_or_default()),
                Err(why) => Examined::note(name, format!("{} does not run: {why}", path.display())),
            },
        });
    }
    rows
}
