//! What `lgx run` and `lgx chat` are to say to a graph, and where.

use std::path::PathBuf;

use http::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::server::{self, ServerSettings};
use crate::args::code::CodeArgs;
use crate::args::dev_server::DevServerArgs;
use crate::args::interpreters::InterpreterArgs;
use crate::args::talk::{ChatArgs, RunArgs, StreamedMode, TalkArgs};
use crate::context::Context;
use crate::dialogue::input::{self, Given, WrongInput};
use crate::dialogue::thread::is_id;

/// One run.
#[derive(Debug)]
pub(crate) struct RunSettings {
    /// The graph or assistant.
    pub(crate) graph: String,
    /// What goes in.
    pub(crate) given: Given,
    /// What to print of the run.
    pub(crate) printed: Printed,
    /// Say nothing but what went wrong.
    pub(crate) quiet: bool,
    /// Where, and what else.
    pub(crate) talk: TalkSettings,
}

/// A chat.
#[derive(Debug)]
pub(crate) struct ChatSettings {
    /// The graph or assistant.
    pub(crate) graph: String,
    /// Where, and what else.
    pub(crate) talk: TalkSettings,
}

/// What of a run goes to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Printed {
    /// What it says, or its final values.
    Answer,
    /// The data of events.
    Data,
    /// Events with their names.
    Events,
}

/// Where the graph is, and what it is told beside its input.
#[derive(Debug)]
pub(crate) struct TalkSettings {
    /// The thread to go on with.
    pub(crate) thread: Option<String>,
    /// The context of each run.
    pub(crate) context: Option<Value>,
    /// The `configurable` of each run.
    pub(crate) configurable: Option<Value>,
    /// The configuration or the project's directory, as far as it was named, made absolute.
    pub(crate) named: Option<PathBuf>,
    /// A server that is to be used.
    pub(crate) url: Option<String>,
    /// What says who asks; the developer where there is nothing.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Show what a server of its own says.
    pub(crate) verbose: bool,
    /// What to stream, in the words of the API, and whether with subgraphs.
    pub(crate) streams: Streamed,
    /// How to serve it where nobody does. Without a folder for its state, that is the project's own or a temporary one.
    pub(crate) serve: ServerSettings,
}

/// What a run streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Streamed {
    /// In the words of the API.
    pub(crate) modes: Vec<&'static str>,
    /// Whether with what subgraphs do.
    pub(crate) subgraphs: bool,
}

impl Streamed {
    /// What an answer is told from: pieces of messages, nodes, and whether the state has messages.
    fn for_answer() -> Self {
        Self {
            modes: vec!["messages-tuple", "tasks", "values"],
            subgraphs: true,
        }
    }
}

/// What programs get unless they say otherwise.
const USUAL: [&str; 4] = ["values", "updates", "messages-tuple", "custom"];

/// Settles the arguments of `lgx run`, with its input read.
pub(crate) fn resolve_run(args: RunArgs, context: &Context) -> Result<RunSettings, WrongInput> {
    let RunArgs {
        graph,
        input,
        message,
        resume,
        stream,
        subgraphs,
        json,
        quiet,
        talk,
    } = args;
    let given = match (input, message, resume) {
        (_, _, Some(answer)) => Given::Resume(input::answer("--resume", &answer)?),
        (_, Some(text), _) => Given::message(&text),
        (Some(input), ..) => Given::Input(input::read(&input, context)?),
        (None, None, None) => Given::Nothing,
    };
    let printed = match (json, stream.is_empty()) {
        (true, _) => Printed::Events,
        (false, false) => Printed::Data,
        (false, true) => Printed::Answer,
    };
    let mut streams = Streamed::for_answer();
    if printed != Printed::Answer {
        streams.subgraphs = subgraphs;
        streams.modes = stream.into_iter().map(StreamedMode::word).collect();
        if streams.modes.is_empty() {
            streams.modes = USUAL.to_vec();
        }
    }
    Ok(RunSettings {
        graph,
        given,
        printed,
        quiet,
        talk: resolve_talk(talk, streams, context)?,
    })
}

/// Settles the arguments of `lgx chat`.
pub(crate) fn resolve_chat(args: ChatArgs, context: &Context) -> Result<ChatSettings, WrongInput> {
    Ok(ChatSettings {
        graph: args.graph,
        talk: resolve_talk(args.talk, Streamed::for_answer(), context)?,
    })
}

fn resolve_talk(
    args: TalkArgs,
    streams: Streamed,
    context: &Context,
) -> Result<TalkSettings, WrongInput> {
    let TalkArgs {
        thread,
        context: run_context,
        configurable,
        config,
        url,
        header,
        state_dir,
        verbose,
        python,
        node,
    } = args;
    if let Some(wrong) = thread.as_ref().filter(|thread| !is_id(thread)) {
        return Err(WrongInput::NoThread(wrong.clone()));
    }
    let serve = DevServerArgs {
        port: Some(0),
        no_browser: true,
        no_reload: true,
        // Nothing is saved for which something could be imported ahead.
        no_spare: true,
        // The other graphs are not asked.
        no_strict: true,
        state_dir,
        ..DevServerArgs::default()
    };
    let code = CodeArgs {
        interpreters: InterpreterArgs { python, node },
        ..CodeArgs::default()
    };
    let json =
        |flag: &str, text: Option<String>| text.map(|text| input::parse(flag, &text)).transpose();
    Ok(TalkSettings {
        thread,
        context: json("--context", run_context)?,
        configurable: json("--configurable", configurable)?,
        named: config.map(|path| context.absolute(&path)),
        url,
        headers: header,
        verbose,
        streams,
        serve: server::resolve(serve, code, context),
    })
}
