//! One attempt of a trial: an engine on an empty state, which loads the project once and is closed again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lgx_config::{Config, Loaded};
use lgx_model::Runtime;
use lgx_store::StoreError;
use lgx_worker::{CallError, Death, Diagnostic};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::{Inquiry, TrialPart, TriedPart, parts_of};
use crate::Engine;
use crate::notice::{Notice, Observer};
use crate::options::Options;
use crate::workers::{Fatal, ProcessSources};

/// Where code that is being imported would reach the server: nobody listens there.
const NOBODY: &str = "http://127.0.0.1:1";

/// What came of an attempt.
pub(super) struct Attempted {
    pub(super) ended: AttemptEnd,
    /// The versions of the runtimes that were started.
    pub(super) versions: Vec<(Runtime, String)>,
}

/// How an attempt ended.
pub(super) enum AttemptEnd {
    /// With all parts; graphs may have failed.
    Loaded(Vec<TriedPart>),
    /// At a part that nothing loads with.
    At(Box<TriedPart>),
    /// Elsewhere.
    Fatal(Arc<Fatal>),
}

/// Loads what the configuration names.
pub(super) async fn attempt(
    options: &Options,
    config: &Config,
    inquiry: Inquiry,
    observer: &Arc<dyn Observer>,
) -> Result<Attempted, StoreError> {
    let (hangs, mut hanging) = unbounded_channel();
    let seen = Arc::new(LoadListener {
        observer: Arc::clone(observer),
        hangs,
        record: Mutex::default(),
    });
    let loaded = Loaded {
        config: config.clone(),
        warnings: Vec::new(),
    };
    let sources = Box::new(ProcessSources::new(options));
    let telling = Arc::clone(&seen) as Arc<dyn Observer>;
    let (engine, _) =
        crate::open(options.clone(), loaded, NOBODY.to_owned(), telling, sources).await?;
    engine.start(None).await?;
    let ended = tokio::select! {
        biased;
        first = engine.workers.first() => match first {
            Ok(_) => AttemptEnd::Loaded(loaded_parts(&engine, config, inquiry, &seen).await),
            Err(fatal) => seen.ended_with(fatal),
        },
        Some(place) = hanging.recv() => seen.ended_at(place),
    };
    let version = |runtime| Some((runtime, engine.workers.runtime_version(runtime)?));
    let versions = Runtime::ALL.into_iter().filter_map(version).collect();
    engine.stop().await;
    engine.close().await;
    Ok(Attempted { ended, versions })
}

/// The parts of a project that has been loaded, whose graphs are asked one after the other.
async fn loaded_parts(
    engine: &Engine,
    config: &Config,
    inquiry: Inquiry,
    seen: &LoadListener,
) -> Vec<TriedPart> {
    let mut parts = Vec::new();
    for part in parts_of(config) {
        let mut tried = seen.tried(part);
        if let (TrialPart::Graph(id), None) = (&tried.part, &tried.failure) {
            tried.answer = Some(inquiry.of(engine, id).await);
        }
        parts.push(tried);
    }
    parts
}

/// What is told while the project is loaded.
struct LoadListener {
    observer: Arc<dyn Observer>,
    hangs: UnboundedSender<Diagnostic>,
    record: Mutex<LoadRecord>,
}

#[derive(Default)]
struct LoadRecord {
    /// What was begun, and when; the end of it all is nothing.
    begun: Vec<(Option<TrialPart>, Instant)>,
    failed: Vec<(String, Diagnostic)>,
    notices: Vec<(String, String)>,
}

impl Observer for LoadListener {
    fn notice(&self, notice: Notice) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        match &notice {
            Notice::Loading { what } => record.begun.push((part_named(what), Instant::now())),
            Notice::LoadingEnded => record.begun.push((None, Instant::now())),
            Notice::GraphFailed {
                graph_id,
                diagnostic,
            } => record.failed.push((graph_id.clone(), diagnostic.clone())),
            Notice::GraphNotice { graph_id, text } => {
                record.notices.push((graph_id.clone(), text.clone()));
            }
            // Whoever hears of it gives up; there may be nobody any more.
            Notice::LoadsLong(place) => drop(self.hangs.send(place.clone())),
            _ => {}
        }
        drop(record);
        self.observer.notice(notice);
    }
}

impl LoadListener {
    /// Why nothing was loaded, and at which part, where that is known.
    fn ended_with(&self, fatal: Arc<Fatal>) -> AttemptEnd {
        let (part, failure) = match &*fatal {
            Fatal::Auth(found) => (Some(TrialPart::Auth), (**found).clone()),
            Fatal::StoreIndex(found) => (Some(TrialPart::Embeddings), (**found).clone()),
            Fatal::App(found) => (Some(TrialPart::App), (**found).clone()),
            Fatal::Load(CallError::Died(death)) => (self.last_begun(), ended(death)),
            _ => return AttemptEnd::Fatal(fatal),
        };
        match part {
            Some(part) => self.failed(part, failure),
            None => AttemptEnd::Fatal(fatal),
        }
    }

    /// It hangs here.
    fn ended_at(&self, place: Diagnostic) -> AttemptEnd {
        match self.last_begun() {
            Some(part) => self.failed(part, place),
            None => AttemptEnd::Fatal(Arc::new(Fatal::Hangs(Box::new(place)))),
        }
    }

    fn failed(&self, part: TrialPart, failure: Diagnostic) -> AttemptEnd {
        AttemptEnd::At(Box::new(TriedPart {
            failure: Some(failure),
            ..self.tried(part)
        }))
    }

    /// What is known of a part.
    fn tried(&self, part: TrialPart) -> TriedPart {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut failure, mut notices) = (None, Vec::new());
        if let TrialPart::Graph(id) = &part {
            let failed = record.failed.iter().find(|(failed, _)| failed == id);
            failure = failed.map(|(_, diagnostic)| diagnostic.clone());
            let about = record.notices.iter().filter(|(about, _)| about == id);
            notices = about.map(|(_, text)| text.clone()).collect();
        }
        TriedPart {
            took: record.took(&part),
            part,
            failure,
            notices,
            answer: None,
        }
    }

    /// The part that was being loaded last.
    fn last_begun(&self) -> Option<TrialPart> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let mut latest_first = record.begun.iter().rev();
        latest_first.find_map(|(part, _)| part.clone())
    }
}

impl LoadRecord {
    /// How long a part took; the app has two pieces.
    fn took(&self, part: &TrialPart) -> Option<Duration> {
        let ends = self.begun.iter().skip(1).map(|(_, instant)| *instant);
        let ends = ends.chain([Instant::now()]);
        let pieces = self.begun.iter().zip(ends);
        let of_part = pieces.filter(|((begun, _), _)| begun.as_ref() == Some(part));
        of_part
            .map(|((_, began), end)| end - *began)
            .reduce(|sum, piece| sum + piece)
    }
}

/// A process that ended while it was importing.
fn ended(death: &Death) -> Diagnostic {
    let without_line = || {
        let message = format!("the process that was importing it ended: {death}");
        Diagnostic::without_line("ProcessEnded", message)
    };
    let crash = death.crash.as_deref().cloned();
    crash.unwrap_or_else(without_line)
}

/// The part that a worker is about to import, by the name it has for it.
fn part_named(what: &str) -> Option<TrialPart> {
    match what {
        "auth" => Some(TrialPart::Auth),
        "the embeddings" => Some(TrialPart::Embeddings),
        "the app" | "the app's lifespan" => Some(TrialPart::App),
        other => {
            let id = other.strip_prefix("the graph ")?;
            Some(TrialPart::Graph(id.to_owned()))
        }
    }
}
