//! What a person at the terminal is told, and those who subscribed are told too.

use std::sync::Arc;

use lgx_model::{LineLevel, LineStream, SaidLine};
use lgx_worker::{LogLine, LogStream};

use super::Announcements;
use super::log_ring::{LoggedLine, entry};
use super::server_event::ServerEvent;
use crate::notice::{Notice, Observer, StateNotice};
use crate::question::Question;
use crate::runs::keeper::Keeper;
use crate::runs::registry::Registry;

/// Tells the terminal, and announces.
pub(crate) struct AlsoAnnounced {
    pub(crate) terminal: Arc<dyn Observer>,
    pub(crate) announcements: Arc<Announcements>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) keeper: Arc<Keeper>,
}

impl Observer for AlsoAnnounced {
    fn notice(&self, notice: Notice) {
        if let Notice::Log(line) = &notice {
            self.log(line);
        } else if let Some(event) = announced(&notice) {
            self.announcements.tell(event);
        }
        self.terminal.notice(notice);
    }

    fn ask(&self, question: Question) {
        self.terminal.ask(question);
    }

    fn questions_closed(&self) {
        self.terminal.questions_closed();
    }
}

impl AlsoAnnounced {
    fn log(&self, line: &LogLine) {
        let stream = match line.stream {
            LogStream::Stdout => LineStream::Stdout,
            LogStream::Stderr => LineStream::Stderr,
            LogStream::Logging => LineStream::Log,
            // A debugger talks to the person at its prompt.
            LogStream::Terminal => return,
        };
        let run_id = line.run_id.as_deref().and_then(|id| id.parse().ok());
        let run = run_id.and_then(|run_id| self.registry.get(run_id));
        let generation = run
            .as_ref()
            .and_then(|run| run.told().as_ref()?.generation());
        let said = SaidLine {
            level: LineLevel::of(&line.level),
            logger: line.logger.clone(),
            message: line.text.clone(),
            stream,
            node: line.node.clone(),
            task_id: line.task_id.clone(),
            generation,
        };
        let told = self.announcements.logs().push(LoggedLine {
            said,
            run: run.as_ref().map(|run| (run.run_id, run.thread_id)),
        });
        if let Some(run) = run {
            run.recording().say(entry(&told));
            self.keeper.note(&run);
        }
    }
}

/// What is announced of a notice. Ends of runs are announced where they are stored, not here.
fn announced(notice: &Notice) -> Option<ServerEvent> {
    let event = match notice {
        Notice::Reloading { changed } => ServerEvent::Reloading {
            changed: changed.clone(),
        },
        Notice::Reloaded {
            timeline,
            generation,
            old_runs,
        } => ServerEvent::Reloaded {
            generation: *generation,
            took: timeline.served,
            old_runs: old_runs.iter().map(|run| run.run_id).collect(),
        },
        Notice::ReloadFailed(failure) | Notice::RestartFailed(failure) => {
            ServerEvent::ReloadFailed(failure.clone())
        }
        Notice::GraphFailed {
            graph_id,
            diagnostic,
        } => ServerEvent::GraphFailed {
            graph_id: graph_id.clone(),
            diagnostic: diagnostic.clone(),
        },
        Notice::WorkerDied { death, pause } => ServerEvent::WorkerDied {
            death: death.clone(),
            pause: *pause,
        },
        Notice::RequestFailed {
            request,
            diagnostic,
        } => ServerEvent::RequestFailed {
            request: request.clone(),
            diagnostic: diagnostic.clone(),
        },
        Notice::State(StateNotice::Unavailable(unavailable)) => ServerEvent::StateUnavailable {
            message: unavailable.to_string(),
        },
        _ => return None,
    };
    Some(event)
}
