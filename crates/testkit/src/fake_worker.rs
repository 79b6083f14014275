//! A worker without Python: speaks the protocol over a pipe in memory, runs small graphs, and does what a test tells it.
//!
//! It keeps no state, as the real one: what its graphs remember is in the checkpoints that it puts and gets. Graphs, by id
//! (or, when no graph has that id, by attribute): `agent` and `echo` (answer the last message), `log` and `multi` (a → slow → b
//! with an appending `log`; `slow` waits at [`FakeWorker::slow`]), `boom` (raises), `hitl` (interrupts, then reports the answer),
//! `narrow` (slow → done, of which `values` shows `final` only), `tokens` and `custom` (`count` stream events), `stuck` (waits at
//! [`FakeWorker::stuck`] and ignores cancelling), `spin` (does that while it blocks its worker's event loop), `die` (waits at
//! [`FakeWorker::dying`], then takes its worker along). The app of a project that has one is described in `app`.

mod app;
mod auth;
mod checkpoints;
mod connection;
mod describe;
mod embed;
mod gate;
mod graphs;
mod load;
mod message;
mod run;
mod script;
mod snapshot;
mod state;

use std::sync::Arc;

use lgx_worker::{BoxFuture, Diagnostic, RemoteError, Start, StartError, Worker, WorkerSource};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use gate::Gate;
use script::Script;

/// A source of fake workers, and the handle that controls all of them. Cheap to clone.
#[derive(Clone, Default)]
pub struct FakeWorker {
    script: Arc<Script>,
}

/// Makes a [`FakeWorker`] that differs from the default one.
#[derive(Default)]
pub struct Builder {
    script: Script,
}

impl Builder {
    /// Decides `auth` calls: gets the call's JSON, gives `{"user", "checks"}`. Without it every `Bearer NAME` is the user `NAME`,
    /// nobody else gets in, and every check passes.
    #[must_use]
    pub fn auth(
        mut self,
        decide: impl Fn(&Value) -> Result<Value, RemoteError> + Send + Sync + 'static,
    ) -> Self {
        self.script.auth = Box::new(decide);
        self
    }

    /// Every `Bearer NAME` is the user `NAME`, who sees only what has that name as its `owner`; and what they make has it.
    #[must_use]
    pub fn owners(self) -> Self {
        self.auth(auth::owners)
            .auth_handlers(&[("assistants", "*"), ("threads", "*")])
    }

    /// What users make has their name as its `owner`, and only these checks (`threads.read`) hold them to it: all else is open to everybody.
    #[must_use]
    pub fn owners_by(self, filtering: &'static [&'static str]) -> Self {
        self.auth(move |request| auth::owners_by(request, filtering))
            .auth_handlers(&[("assistants", "*"), ("threads", "*")])
    }

    /// The `@auth.on` handlers that loading reports, as pairs of resource and action.
    #[must_use]
    pub fn auth_handlers(mut self, handlers: &[(&str, &str)]) -> Self {
        self.script.auth_handlers = handlers
            .iter()
            .map(|(resource, action)| ((*resource).to_owned(), (*action).to_owned()))
            .collect();
        self
    }

    /// The project's app has middleware, which marks all answers with `x-app`.
    #[must_use]
    pub const fn wraps(mut self) -> Self {
        self.script.wraps = true;
        self
    }

    /// A factory makes this graph, for each run anew.
    #[must_use]
    pub fn factory(mut self, graph_id: &str) -> Self {
        self.script.factories.insert(graph_id.to_owned());
        self
    }

    /// The installed packages lack what it takes to record this of runs, `steps` or `calls`.
    #[must_use]
    pub fn cannot_record(mut self, what: &str, lack: &str) -> Self {
        self.script
            .unrecorded
            .insert(what.to_owned(), lack.to_owned());
        self
    }

    /// Every worker prints this when it loads.
    #[must_use]
    pub fn prints(mut self, text: &str) -> Self {
        self.script.print = Some(text.to_owned());
        self
    }

    /// The source.
    pub fn build(self) -> FakeWorker {
        FakeWorker {
            script: Arc::new(self.script),
        }
    }
}

impl FakeWorker {
    /// A source whose workers do what their graphs say.
    pub fn new() -> Self {
        Self::default()
    }

    /// A source that is told more first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// What the server is given.
    pub fn source(&self) -> Arc<dyn WorkerSource> {
        Arc::new(self.clone())
    }

    /// Where the step `slow` of the graph `log` waits. Open until closed.
    pub fn slow(&self) -> &Gate {
        &self.script.slow
    }

    /// Where the graphs `stuck` and `spin` wait, whatever stops them. Closed until opened.
    pub fn stuck(&self) -> &Gate {
        &self.script.stuck
    }

    /// Where loading waits. Open until closed.
    pub fn loading(&self) -> &Gate {
        &self.script.loading
    }

    /// Where the graph `die` waits. Open until closed.
    pub fn dying(&self) -> &Gate {
        &self.script.dying
    }

    /// Where the auth handlers wait. Open until closed.
    pub fn deciding(&self) -> &Gate {
        &self.script.deciding
    }

    /// Where routes of the app wait. Open until closed.
    pub fn answering(&self) -> &Gate {
        &self.script.answering
    }

    /// Where those of the app's requests arrive whose clients have left. Open until closed.
    pub fn left(&self) -> &Gate {
        &self.script.left
    }

    /// From the next load on, this graph does not load.
    pub fn break_graph(&self, graph_id: &str, diagnostic: Diagnostic) {
        self.script
            .faults()
            .graphs
            .insert(graph_id.to_owned(), diagnostic);
    }

    /// From the next load on, this graph loads again.
    pub fn repair_graph(&self, graph_id: &str) {
        self.script.faults().graphs.remove(graph_id);
    }

    /// From the next load on, auth does not load.
    pub fn break_auth(&self, diagnostic: Diagnostic) {
        self.script.faults().auth = Some(diagnostic);
    }

    /// From the next load on, auth loads again.
    pub fn repair_auth(&self) {
        self.script.faults().auth = None;
    }

    /// What is broken is so in the worker of this number alone: the first one that was started is 1.
    pub fn break_only_in(&self, number: usize) {
        self.script.faults().only_in = Some(number);
    }

    /// Where loading waits, only workers from this number on do.
    pub fn hold_only_from(&self, number: usize) {
        self.script.faults().held_from = number;
    }

    /// The next worker does not start.
    pub fn fail_next_start(&self, error: StartError) {
        self.script.faults().starts.push_back(error);
    }

    /// All workers that live now die.
    pub fn crash(&self) {
        for alive in self.script.take_alive(|_| true) {
            alive.cancel();
        }
    }

    /// The worker of this number dies.
    pub fn crash_one(&self, number: usize) {
        for alive in self.script.take_alive(|one| one == number) {
            alive.cancel();
        }
    }

    /// The worker that was started last dies.
    pub fn crash_newest(&self) {
        if let Some(alive) = self.script.take_newest() {
            alive.cancel();
        }
    }

    /// How many workers have been started.
    pub fn starts(&self) -> usize {
        self.script.starts()
    }

    /// How many workers have come to their end.
    pub fn ends(&self) -> usize {
        *self.script.ends().borrow()
    }

    /// Resolves when this many workers have come to their end.
    pub async fn ended(&self, count: usize) {
        let mut ends = self.script.ends();
        let ended = ends.wait_for(|ended| *ended >= count);
        // The sender is `self`: it cannot be gone while we wait.
        let _ = crate::within(&format!("the end of {count} workers"), ended).await;
    }

    /// The calls of `method` so far, of all workers, as JSON.
    pub fn requests(&self, method: &str) -> Vec<Value> {
        let requests = self.script.requests(method).into_iter();
        requests.map(|(_, request)| request).collect()
    }

    /// The numbers of the workers that the calls of `method` went to so far, in their order.
    pub fn asked(&self, method: &str) -> Vec<usize> {
        let requests = self.script.requests(method).into_iter();
        requests.map(|(number, _)| number).collect()
    }
}

impl WorkerSource for FakeWorker {
    fn start<'a>(&'a self, start: Start<'a>) -> BoxFuture<'a, Result<Worker, StartError>> {
        Box::pin(async move {
            if let Some(error) = self.script.faults().starts.pop_front() {
                return Err(error);
            }
            let (server, worker) = tokio::io::duplex(64 * 1024);
            let alive = CancellationToken::new();
            let number = self.script.started(alive.clone());
            let script = Arc::clone(&self.script);
            tokio::spawn(async move {
                connection::serve(worker, number, Arc::clone(&script), alive).await;
                script.ended();
            });
            let worker = Worker::over(server, start.callbacks).await?;
            (start.introduced)(worker.hello());
            Ok(worker)
        })
    }
}

/// What a handler that raises an HTTP exception answers.
pub fn http_exception(status: u16, detail: &str) -> RemoteError {
    connection::refusal("HTTPException", detail, Some(status))
}

/// A diagnostic as a broken module gives it.
pub fn diagnostic(kind: &str, message: &str, file: &str, line: u32) -> Diagnostic {
    Diagnostic {
        kind: kind.to_owned(),
        message: message.to_owned(),
        file: Some(file.to_owned()),
        line: Some(line),
        column: None,
        source: None,
        function: Some("<module>".to_owned()),
        traceback: format!(
            "Traceback (most recent call last):\n  File \"{file}\", line {line}, in <module>\n{kind}: {message}\n"
        ),
        hint: None,
    }
}
