//! Bringing up a generation: start its crews, let each load the project, put the default assistants in place.

mod doubt;
mod error;
mod first_load;
mod first_start;
mod one_part;
mod recruit;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use lgx_config::Config;
use lgx_model::Timestamp;
use lgx_store::assistants::DefaultAssistant;
use lgx_worker::{Loaded, LoadedGraph, Unrecorded};
use tokio::time::Instant;

use self::recruit::{Code, LoadedCrews};
use super::carried_on::CarriedOn;
use super::crew::{Crew, Processes};
use super::load_limit::{LoadLimit, Overdue};
use super::loaded_code::LoadedCode;
use super::team::Team;
use super::watching::{Sources, named_files};
use super::{Generation, Timeline, Workers};
use crate::notice::{Notice, Observer};

pub(super) use self::error::BringUpError;
pub use self::error::Fatal;
pub(super) use self::first_start::accept_first;

/// Starts the crews of a new generation, which load within `limit`. `previous` is what must not get worse: a graph that it serves has to
/// load. `carried` goes on in it. Whoever drops this before its end ends the workers that it has started.
pub(super) async fn bring_up(
    workers: &Workers,
    config: Arc<Config>,
    previous: Option<&Generation>,
    carried: &CarriedOn,
    limit: LoadLimit,
) -> Result<Team, BringUpError> {
    workers.watcher(|watcher| {
        watcher.also(Sources {
            files: named_files(&config),
            listed: Vec::new(),
            since: SystemTime::now(),
        });
    });
    let _loading = Loading(&*workers.observer);
    let secret = carried.secret();
    let (began, since) = (Instant::now(), SystemTime::now());
    let count = workers.options.workers;
    let code = Code::new(workers, &config, &secret, limit, carried);
    let LoadedCrews {
        loaded,
        started,
        first,
        others,
    } = code
        .crews(count, true)
        .await?
        .that_run(|id| previous.is_some_and(|previous| previous.serves(id)))
        .await?;
    let ahead = first.have_imported_ahead();
    let timeline = Timeline::loaded(began, started, &loaded, ahead);
    tell_of_graphs(workers, &loaded);
    if previous.is_none_or(|previous| previous.loaded().unrecorded != loaded.unrecorded) {
        tell_of_unrecorded(workers, &loaded.unrecorded);
    }
    let defaults = defaults(&config, &loaded.graphs);
    workers
        .store
        .sync_default_assistants(defaults, Timestamp::now())
        .await
        .map_err(|error| BringUpError::Fatal(Fatal::State(error)))?;
    let code = LoadedCode::from(&loaded.sources.files, since);
    let generation = Generation::new(
        workers.generations.fetch_add(1, Ordering::Relaxed) + 1,
        loaded,
        config,
        secret,
        timeline,
        code,
    );
    Ok(team(workers, &generation, first, others))
}

/// Starts so many crews more, one at least, of a generation that is there already: they load the same, and must be able to run what it
/// runs. What there is to tell has been told.
pub(super) async fn reinforce(
    workers: &Workers,
    generation: &Arc<Generation>,
    count: usize,
) -> Result<Team, BringUpError> {
    let took = generation.timeline().load_took();
    let limit = LoadLimit::of(workers.options.load_timeout, took, Overdue::GiveUp);
    let fresh = CarriedOn::default();
    let (config, secret) = (generation.config(), generation.secret());
    let code = Code::new(workers, config, secret, limit, &fresh);
    let LoadedCrews { first, others, .. } = code
        .crews(count, false)
        .await?
        .that_run(|id| generation.serves(id))
        .await?;
    Ok(team(workers, generation, first, others))
}

/// The same, if they have loaded the very code that the generation was loaded from.
pub(super) async fn reinforce_alike(
    workers: &Workers,
    generation: &Arc<Generation>,
    count: usize,
) -> Result<Team, BringUpError> {
    let team = reinforce(workers, generation, count).await?;
    let changed = generation.code().changed();
    if changed.is_empty() {
        return Ok(team);
    }
    team.dismiss().await;
    Err(BringUpError::OtherCode(changed))
}

/// Crews that have loaded this and are about to serve.
fn team(
    workers: &Workers,
    generation: &Arc<Generation>,
    first: Processes,
    others: Vec<Processes>,
) -> Team {
    let most_runs = workers.options.jobs;
    let crew = |processes| Crew::new(processes, Arc::clone(generation), most_runs);
    Team::new(crew(first), others.into_iter().map(crew).collect())
}

fn tell_of_graphs(workers: &Workers, loaded: &Loaded) {
    for (id, diagnostic) in loaded.failed() {
        workers.notice(Notice::GraphFailed {
            graph_id: id.clone(),
            diagnostic: diagnostic.clone(),
        });
    }
    for (graph_id, graph) in &loaded.graphs {
        if let LoadedGraph::Ready { notices, .. } = graph {
            for text in notices {
                workers.notice(Notice::GraphNotice {
                    graph_id: graph_id.clone(),
                    text: text.clone(),
                });
            }
        }
    }
}

fn tell_of_unrecorded(workers: &Workers, unrecorded: &Unrecorded) {
    let Unrecorded { steps, calls } = unrecorded;
    for (what, lack) in [("steps", steps), ("calls", calls)] {
        if let Some(lack) = lack.clone() {
            workers.notice(Notice::NotRecorded { what, lack });
        }
    }
}

/// The project is being loaded, until this is dropped.
struct Loading<'a>(&'a dyn Observer);

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.0.notice(Notice::LoadingEnded);
    }
}

fn defaults(config: &Config, loaded: &BTreeMap<String, LoadedGraph>) -> Vec<DefaultAssistant> {
    config
        .graphs
        .iter()
        .map(|graph| DefaultAssistant {
            graph_id: graph.id.clone(),
            name: match loaded.get(&graph.id) {
                Some(LoadedGraph::Ready { name, .. }) => name.clone(),
                _ => graph.id.clone(),
            },
            description: graph.description.clone(),
        })
        .collect()
}
