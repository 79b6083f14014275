//! `lgx run`: a graph is run once, with its questions put to the person at the terminal.

use std::io;

use anyhow::Context as _;
use rustix::process::Signal;
use serde_json::json;

use crate::args::talk::RunArgs;
use crate::context::Context;
use crate::dialogue::asking;
use crate::dialogue::input::Given;
use crate::dialogue::outlet::Outlet;
use crate::dialogue::question::Interrupt;
use crate::dialogue::reached::{self, Errand, Reached, ServerWanted};
use crate::dialogue::thread;
use crate::dialogue::turn::{GraphTalk, TurnEnd};
use crate::dialogue::typist::Typist;
use crate::exit::Outcome;
use crate::settings::talk::{self, Printed, RunSettings};
use crate::signals::StopSignals;
use crate::ui::style;

/// Runs the command.
pub(crate) fn run(args: RunArgs, context: &Context) -> anyhow::Result<Outcome> {
    let graph = args.graph.clone();
    let settings = match talk::resolve_run(args, context) {
        Ok(settings) => settings,
        Err(wrong) => return Ok(wrong.tell(&graph)),
    };
    let wanted = ServerWanted {
        command: "run",
        graph: &settings.graph,
        keeps: settings.talk.thread.is_some(),
        settings: &settings.talk,
    };
    let errand = OneRun {
        settings: &settings,
        context,
    };
    reached::with_server(&wanted, &errand, context)
}

struct OneRun<'a> {
    settings: &'a RunSettings,
    context: &'a Context,
}

impl Errand for OneRun<'_> {
    async fn run(
        &self,
        server: &Reached<'_>,
        signals: &mut StopSignals,
    ) -> anyhow::Result<Outcome> {
        let settings = self.settings;
        let named = settings.talk.thread.as_deref();
        let mut talk = GraphTalk {
            client: &server.client,
            graph: &settings.graph,
            settings: &settings.talk,
            printed: settings.printed,
            project: server.project,
            outlet: Outlet::new(self.context.terminal, settings.quiet),
            thread: thread::settle(&server.client, named).await?,
        };
        let mut given = match &settings.given {
            // A new thread has nothing to go on with.
            Given::Nothing if named.is_none() => Given::Input(json!({})),
            given => given.clone(),
        };
        let can_ask = self.context.can_ask() && settings.printed == Printed::Answer;
        let mut typist = None;
        loop {
            let interrupts = match talk.turn(&given, signals).await? {
                TurnEnd::Asks(interrupts) => interrupts,
                other => return Ok(end(other, &mut talk, server.keeps)),
            };
            if !can_ask {
                return wait(&interrupts, &mut talk, server.keeps);
            }
            let typist = match &mut typist {
                Some(typist) => typist,
                none => none.insert(Typist::new(self.context.terminal.stdout)?),
            };
            let answer = tokio::task::block_in_place(|| asking::ask(&interrupts, typist))?;
            let Some(answer) = answer else {
                talk.tell_how_to_answer(&interrupts, server.keeps);
                return Ok(Outcome::Interrupted);
            };
            given = Given::Resume(answer);
        }
    }
}

/// Leaves the questions to whoever reads what was printed.
fn wait(
    interrupts: &[Interrupt],
    talk: &mut GraphTalk<'_>,
    keeps: bool,
) -> anyhow::Result<Outcome> {
    match talk.print_questions(interrupts) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => {
            talk.tell_how_to_answer(interrupts, keeps);
            Ok(Outcome::Waiting)
        }
    }
}

/// What the command comes to.
fn end(ended: TurnEnd, talk: &mut GraphTalk<'_>, keeps: bool) -> Outcome {
    match ended {
        TurnEnd::Done => {
            if keeps {
                let thread = format!("Thread {}", talk.thread);
                talk.remark(&style::quiet(thread));
            }
            Outcome::Success
        }
        // Who closes a pipe has seen enough.
        TurnEnd::Unread => Outcome::Success,
        TurnEnd::Stops(next) => {
            talk.tell_how_to_continue(&next, keeps);
            Outcome::Waiting
        }
        TurnEnd::Asks(_) => Outcome::Waiting,
        TurnEnd::Cut(Signal::INT) => Outcome::Interrupted,
        TurnEnd::Failed | TurnEnd::Cut(_) => Outcome::Failure,
    }
}
