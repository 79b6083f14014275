//! `lgx chat`: a graph is talked to on one thread, message by message.

use rustix::process::Signal;

use crate::args::talk::ChatArgs;
use crate::context::Context;
use crate::dialogue::asking;
use crate::dialogue::input::Given;
use crate::dialogue::outlet::Outlet;
use crate::dialogue::question::Interrupt;
use crate::dialogue::reached::{self, Errand, Reached, ServerWanted};
use crate::dialogue::thread;
use crate::dialogue::turn::{GraphTalk, TurnEnd};
use crate::dialogue::typist::{Typed, Typist};
use crate::exit::Outcome;
use crate::settings::talk::{self, ChatSettings, Printed};
use crate::shell;
use crate::signals::StopSignals;
use crate::ui::{error, style};

/// Where a message is typed.
const PROMPT: &str = "› ";

/// Runs the command.
pub(crate) fn run(args: ChatArgs, context: &Context) -> anyhow::Result<Outcome> {
    let graph = args.graph.clone();
    let settings = match talk::resolve_chat(args, context) {
        Ok(settings) => settings,
        Err(wrong) => return Ok(wrong.tell(&graph)),
    };
    let wanted = ServerWanted {
        command: "chat",
        graph: &settings.graph,
        keeps: true,
        settings: &settings.talk,
    };
    let errand = Chat {
        settings: &settings,
        context,
    };
    reached::with_server(&wanted, &errand, context)
}

struct Chat<'a> {
    settings: &'a ChatSettings,
    context: &'a Context,
}

impl Errand for Chat<'_> {
    async fn run(
        &self,
        server: &Reached<'_>,
        signals: &mut StopSignals,
    ) -> anyhow::Result<Outcome> {
        let named = self.settings.talk.thread.as_deref();
        let mut talk = GraphTalk {
            client: &server.client,
            graph: &self.settings.graph,
            settings: &self.settings.talk,
            printed: Printed::Answer,
            project: server.project,
            outlet: Outlet::new(self.context.terminal, false),
            thread: thread::settle(&server.client, named).await?,
        };
        let typist = &mut Typist::new(self.context.terminal.stdout)?;
        let outcome = self.converse(&mut talk, typist, signals).await?;
        let command = ["lgx", "chat", talk.graph, "--thread", &talk.thread];
        let command = style::place(shell::command(command));
        talk.outlet
            .say(&format!("The thread is kept; it goes on with: {command}"));
        Ok(outcome)
    }
}

impl Chat<'_> {
    /// Message by message, to the end of the chat.
    async fn converse(
        &self,
        talk: &mut GraphTalk<'_>,
        typist: &mut Typist,
        signals: &mut StopSignals,
    ) -> anyhow::Result<Outcome> {
        loop {
            let line = match tokio::task::block_in_place(|| typist.line(PROMPT, ""))? {
                Typed::Line(line) => line,
                Typed::Interrupt => return Ok(Outcome::Interrupted),
                Typed::End => return Ok(Outcome::Success),
            };
            let message = line.trim();
            if message.is_empty() {
                continue;
            }
            let given = Given::message(message);
            if let Some(outcome) = self.answered(given, talk, typist, signals).await? {
                return Ok(outcome);
            }
        }
    }

    /// One message with its answer, and the questions on the way; an outcome where the chat is over with it.
    async fn answered(
        &self,
        mut given: Given,
        talk: &mut GraphTalk<'_>,
        typist: &mut Typist,
        signals: &mut StopSignals,
    ) -> anyhow::Result<Option<Outcome>> {
        loop {
            let ended = match talk.turn(&given, signals).await {
                Ok(ended) => ended,
                // The next message may be a better one.
                Err(refused) => {
                    talk.outlet.say(&error::render(&refused));
                    return Ok(None);
                }
            };
            match ended {
                TurnEnd::Done | TurnEnd::Failed => return Ok(None),
                TurnEnd::Asks(interrupts) => match self.ask(&interrupts, talk, typist)? {
                    Ok(next) => given = next,
                    Err(outcome) => return Ok(Some(outcome)),
                },
                TurnEnd::Stops(next) => {
                    talk.tell_how_to_continue(&next, true);
                    return Ok(Some(Outcome::Waiting));
                }
                TurnEnd::Cut(Signal::INT) => {
                    talk.outlet
                        .say(&style::quiet("Stopped; Ctrl-D ends the chat"));
                    return Ok(None);
                }
                TurnEnd::Cut(_) => return Ok(Some(Outcome::Failure)),
                TurnEnd::Unread => return Ok(Some(Outcome::Success)),
            }
        }
    }

    /// The answers to questions, or what the chat comes to where there are none.
    fn ask(
        &self,
        interrupts: &[Interrupt],
        talk: &mut GraphTalk<'_>,
        typist: &mut Typist,
    ) -> anyhow::Result<Result<Given, Outcome>> {
        let outcome = if self.context.can_ask() {
            match tokio::task::block_in_place(|| asking::ask(interrupts, typist))? {
                Some(answer) => return Ok(Ok(Given::Resume(answer))),
                None => Outcome::Interrupted,
            }
        } else {
            talk.print_questions(interrupts)?;
            Outcome::Waiting
        };
        talk.tell_how_to_answer(interrupts, true);
        Ok(Err(outcome))
    }
}
