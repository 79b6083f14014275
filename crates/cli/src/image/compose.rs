//! The compose file that runs an image of the project on one machine.

use std::fmt::Write as _;

use serde_json::Value;

use super::dockerfile::{MARK, serve};
use super::{DATA, ImagePlan, PORT};

/// The service, by the name that it has with the official commands, so that files that add to it fit.
const SERVICE: &str = "langgraph-api";

/// Where the image comes from.
#[derive(Debug, Clone)]
pub(crate) enum ImageFrom {
    /// It is there, or a registry has it.
    Tag(String),
    /// It is built, from a Dockerfile in a context.
    Built {
        /// The folder that the build is given.
        context: String,
        /// The file, seen from there.
        dockerfile: String,
    },
}

/// The text. Paths in it are seen from the folder that `shown` sees them from.
pub(crate) fn write(
    plan: &ImagePlan<'_>,
    image: &ImageFrom,
    port: u16,
    shown: impl Fn(&std::path::Path) -> String,
) -> String {
    let mut text = format!(
        "{MARK} {} from langgraph.json.\nservices:\n  {SERVICE}:\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut line = |depth: usize, what: &str| {
        let _ = writeln!(text, "{:1$}{what}", "", depth * 2);
    };
    let is_built = matches!(image, ImageFrom::Built { .. });
    match image {
        ImageFrom::Tag(tag) => line(2, &format!("image: {}", quoted(tag))),
        ImageFrom::Built {
            context,
            dockerfile,
        } => {
            line(2, "build:");
            line(3, &format!("context: {}", quoted(context)));
            line(3, &format!("dockerfile: {}", quoted(dockerfile)));
            if !plan.secrets.is_empty() {
                let ids: Vec<_> = plan.secrets.iter().map(|secret| secret.id).collect();
                line(3, &format!("secrets: [{}]", ids.join(", ")));
            }
        }
    }
    line(2, "# Only this machine reaches it.");
    line(2, "ports:");
    line(3, &format!("- \"127.0.0.1:{port}:{PORT}\""));
    if !plan.has_auth() {
        line(
            2,
            "# The project has no `auth`, so whoever reaches the port may use it.",
        );
        let mut command = serve().to_vec();
        command.push("--no-auth".to_owned());
        line(2, &format!("command: {}", Value::from(command)));
    }
    if let Some(file) = &plan.config.env_file {
        line(2, "env_file:");
        line(3, &format!("- path: {}", quoted(&shown(file))));
        line(4, "required: false");
    }
    line(2, "environment:");
    line(3, &format!("PORT: \"{PORT}\""));
    line(2, "volumes:");
    line(3, &format!("- \"state:{DATA}\""));
    line(
        2,
        "# Longer than the server waits for its runs when it is stopped.",
    );
    line(2, "stop_grace_period: 45s");
    if is_built && !plan.secrets.is_empty() {
        line(0, "secrets:");
        for secret in &plan.secrets {
            line(1, &format!("{}:", secret.id));
            line(2, &format!("file: {}", quoted(&shown(&secret.file))));
        }
    }
    line(0, "volumes:");
    line(1, "state:");
    text
}

/// A text that YAML reads as it is: JSON is YAML. A dollar is one that compose leaves alone.
fn quoted(text: &str) -> String {
    Value::from(text.replace('$', "$$")).to_string()
}
