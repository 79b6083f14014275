//! The arguments of `lgx graph`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::interpreters::InterpreterArgs;

/// Draw the graphs of the project in this directory
///
/// Their code is imported, so that they are drawn as a server would draw them; but no port is opened, and nothing is kept.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GraphArgs {
    /// The graph to draw, by its id in langgraph.json [default: all]
    pub(crate) graph: Option<String>,

    /// The project's configuration, or the directory it is in [default: langgraph.json, here or above]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// How it is drawn [default: mermaid, or what the file of --check ends in]
    #[arg(long, value_enum)]
    pub(crate) format: Option<GraphFormat>,

    /// Draw what is in subgraphs, so many levels down [all, if no number is given]
    #[arg(long, value_name = "LEVELS", num_args = 0..=1, require_equals = true, default_missing_value = "0",
          value_parser = clap::value_parser!(u32))]
    pub(crate) xray: Option<u32>,

    /// Print only what is other in this file, and exit with 1 then
    #[arg(long, value_name = "FILE")]
    pub(crate) check: Option<PathBuf>,

    /// Give up a graph that has not loaded after so many seconds; 0 never does [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) load_timeout: Option<u32>,

    #[command(flatten)]
    pub(crate) interpreters: InterpreterArgs,
}

/// How a graph is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// The text that langgraph's `draw_mermaid()` writes
    Mermaid,
    /// Text, in characters that every font has
    Ascii,
    /// Text, in characters made for boxes and lines
    Unicode,
    /// An image that stands by itself, for light and dark pages
    Svg,
    /// What the server answers for `/assistants/{id}/graph`
    Json,
}

const EXAMPLES: &str = "\
Examples:
  lgx graph --format unicode
  lgx graph agent --format svg > docs/agent.svg
  lgx graph agent --check docs/agent.mmd    (for CI)";
