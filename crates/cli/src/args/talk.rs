//! The arguments of `lgx run` and `lgx chat`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use http::header::{HeaderName, HeaderValue};

use crate::env_names;

/// Run a graph once and print what it answers
///
/// Uses the server that serves this project, or one of its own for as long as the run takes. What the graph says goes to stdout as it comes, and everything else to stderr; a graph without messages prints its final values as JSON.
///
/// When the graph asks for something, the question is put to you on a terminal. Elsewhere the questions are printed as JSON, and the exit code is 3; --thread and --resume answer them.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct RunArgs {
    /// The graph, as langgraph.json names it, or the id of an assistant
    pub(crate) graph: String,

    /// What goes in, as JSON: the text itself, @FILE, or - for stdin
    #[arg(allow_hyphen_values = true, conflicts_with_all = ["message", "resume"])]
    pub(crate) input: Option<String>,

    /// Send this as a message of the user
    #[arg(
        short,
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        conflicts_with = "resume"
    )]
    pub(crate) message: Option<String>,

    /// Answer what the thread waits for, with JSON or a text
    #[arg(
        long,
        value_name = "JSON",
        allow_hyphen_values = true,
        requires = "thread"
    )]
    pub(crate) resume: Option<String>,

    /// Print what the run streams in this mode, as JSON, one event a line
    #[arg(long, value_name = "MODE", value_enum, value_delimiter = ',')]
    pub(crate) stream: Vec<StreamedMode>,

    /// Stream what subgraphs do, too
    #[arg(long)]
    pub(crate) subgraphs: bool,

    /// Print every event as a line of JSON with `event` and `data`, and nothing else
    #[arg(long)]
    pub(crate) json: bool,

    /// Say nothing on stderr but what went wrong
    #[arg(short, long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// Talk to a graph, message by message
///
/// Keeps one thread on the server that serves this project, or on one of its own, which keeps it in `.lgx`. Ctrl-C stops an answer; Ctrl-D, or Ctrl-C at the prompt, ends it.
#[derive(Debug, Args)]
pub(crate) struct ChatArgs {
    /// The graph, as langgraph.json names it, or the id of an assistant
    pub(crate) graph: String,

    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

/// Where the graph is, and what it is told beside its input.
#[derive(Debug, Default, Args)]
pub(crate) struct TalkArgs {
    /// The thread to go on with; a new one where there is none of this id
    #[arg(long, value_name = "ID")]
    pub(crate) thread: Option<String>,

    /// The context of the run, as JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) context: Option<String>,

    /// The `configurable` of the run's config, as JSON
    #[arg(long, value_name = "JSON", conflicts_with = "context")]
    pub(crate) configurable: Option<String>,

    /// The project's configuration, or the directory it is in [default: langgraph.json, here or above]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[arg(
        long,
        value_name = "URL",
        env = env_names::LGX_URL,
        hide_env = true,
        help = "A server to use, whichever project it serves [env: LGX_URL]"
    )]
    pub(crate) url: Option<String>,

    /// A header for the project's auth, in place of the developer's way in
    #[arg(long, value_name = "NAME:VALUE", value_parser = parse_header)]
    pub(crate) header: Vec<(HeaderName, HeaderValue)>,

    /// Where the server of this project keeps its state [default: .lgx beside the configuration]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Show what a server of its own says
    #[arg(short, long)]
    pub(crate) verbose: bool,

    #[arg(
        long,
        value_name = "PATH",
        help = "The Python of a server of its own: an executable or a virtual environment [env: LGX_PYTHON]"
    )]
    pub(crate) python: Option<PathBuf>,

    #[arg(
        long,
        value_name = "PATH",
        help = "The Node.js of a server of its own: an executable or the directory that it is installed in [env: LGX_NODE]"
    )]
    pub(crate) node: Option<PathBuf>,
}

/// What a run streams, in the words of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StreamedMode {
    /// The state after each step
    Values,
    /// What each node writes
    Updates,
    /// Messages, as far as they have come
    Messages,
    /// Messages in pieces, as they come
    MessagesTuple,
    /// The beginning and end of each node
    Tasks,
    /// Each checkpoint
    Checkpoints,
    /// What nodes write to the stream
    Custom,
    /// Events of langchain
    Events,
    /// Tasks and checkpoints
    Debug,
}

impl StreamedMode {
    /// What the API calls it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Updates => "updates",
            Self::Messages => "messages",
            Self::MessagesTuple => "messages-tuple",
            Self::Tasks => "tasks",
            Self::Checkpoints => "checkpoints",
            Self::Custom => "custom",
            Self::Events => "events",
            Self::Debug => "debug",
        }
    }
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong command line or input, 3 the graph waits for an answer, 130 interrupted with Ctrl-C";

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("give a name and a value: 'authorization: Bearer …'")?;
    let name = HeaderName::try_from(name.trim())
        .map_err(|_| format!("`{}` is no name of a header", name.trim()))?;
    let mut value = HeaderValue::try_from(value.trim())
        .map_err(|_| "the value holds characters that headers cannot have".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_and_a_value() {
        let (name, value) = parse_header("Authorization: Bearer a:b").unwrap();
        assert_eq!(
            (name.as_str(), &value),
            ("authorization", &"Bearer a:b".parse().unwrap())
        );
        for wrong in ["authorization", "a b: c", ": c", "a: b\nc"] {
            assert!(parse_header(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_mode_is_called_as_on_the_command_line() {
        for mode in StreamedMode::value_variants() {
            let named = mode.to_possible_value().unwrap();
            assert_eq!(named.get_name(), mode.word());
        }
    }
}
