//! A server for one fake worker: loads every graph, starts runs, collects what they stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use lgx_model::{JsonObject, RawJson, RunId, ThreadId};
use lgx_testkit::FakeWorker;
use lgx_worker::{
    CallError, GraphSpec, LoadError, LoadRequest, Loaded, Message, Method, RunCall, RunEnd,
    RunRequest, Start, Step, Target, Worker,
};
use serde_json::{Value, json};

use crate::memory::{Memory, Store};

pub(crate) struct Server {
    pub(crate) fake: FakeWorker,
    pub(crate) worker: Worker,
    pub(crate) memory: Arc<Memory>,
    pub(crate) thread_id: ThreadId,
}

/// A run that is over: the names and data of its events, how it ended, and with which values.
pub(crate) struct Ended {
    pub(crate) events: Vec<(String, Value)>,
    pub(crate) end: RunEnd,
    pub(crate) values: Value,
}

pub(crate) fn load_request(graph_ids: &[&str], auth: bool) -> LoadRequest {
    let target = |attribute: &str| Target::File {
        file: "/project/graph.py".into(),
        attribute: attribute.into(),
    };
    let graphs = graph_ids.iter().map(|id| {
        (
            (*id).to_owned(),
            GraphSpec {
                target: target("graph"),
                description: None,
            },
        )
    });
    LoadRequest {
        app: None,
        root: "/project".into(),
        sys_path: vec![],
        graphs: graphs.collect::<BTreeMap<_, _>>(),
        auth: auth.then(|| target("auth")),
        store: None,
        jobs: 10,
        api_url: "http://127.0.0.1:2024".into(),
        user_agent_version: "0.1.0".into(),
        data_suffixes: Vec::new(),
        client_secret: None,
        patience_ms: None,
        redact_errors: false,
        traces: false,
        blocking: lgx_worker::Blocking::Warn,
    }
}

/// What a worker of these callbacks is started with.
pub(crate) fn with(callbacks: Arc<Store>) -> Start<'static> {
    Start {
        callbacks,
        introduced: &|_| (),
        cold: false,
    }
}

pub(crate) async fn start(fake: &FakeWorker) -> Server {
    let memory = Arc::<Memory>::default();
    let worker = fake
        .source()
        .start(with(Arc::new(Store(Arc::clone(&memory)))))
        .await
        .unwrap();
    Server {
        fake: fake.clone(),
        worker,
        memory,
        thread_id: ThreadId::fresh(),
    }
}

/// A server whose worker has loaded these graphs.
pub(crate) async fn serving(graph_ids: &[&str]) -> Server {
    let server = start(&FakeWorker::new()).await;
    server.load(graph_ids, false).await.unwrap();
    server
}

impl Server {
    pub(crate) async fn load(&self, graph_ids: &[&str], auth: bool) -> Result<Loaded, LoadError> {
        self.worker
            .load(&load_request(graph_ids, auth), |_| ())
            .await
    }

    pub(crate) fn request(&self, graph_id: &str, input: &Value) -> RunRequest {
        RunRequest {
            run_id: RunId::fresh(),
            thread_id: self.thread_id,
            graph_id: graph_id.into(),
            input: RawJson::of(input),
            command: RawJson::null(),
            config: JsonObject::new(),
            context: None,
            user: None,
            stream_mode: ["values", "updates", "custom", "messages-tuple"]
                .map(Into::into)
                .into(),
            event_streaming: false,
            subgraphs: false,
            interrupt_before: RawJson::null(),
            interrupt_after: RawJson::null(),
            durability: "async".into(),
            prefetched: true,
            temporary: false,
            moves: 0,
        }
    }

    pub(crate) async fn begin(&self, request: &RunRequest) -> RunCall {
        self.worker
            .run(request, self.memory.newest(self.thread_id).as_ref())
            .await
            .unwrap()
    }

    pub(crate) async fn run(&self, request: &RunRequest) -> Ended {
        finish(self.begin(request).await).await
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        mut params: Value,
    ) -> Result<Message, CallError> {
        params["thread_id"] = json!(self.thread_id);
        self.worker.call(method, &params).await
    }

    /// The first section of the reply to `method`.
    pub(crate) async fn section(&self, method: Method, params: Value) -> Value {
        serde_json::from_slice(&self.call(method, params).await.unwrap().sections[0]).unwrap()
    }
}

pub(crate) async fn finish(mut run: RunCall) -> Ended {
    let mut events = Vec::new();
    loop {
        match run.next().await {
            Step::Event { name, data } => {
                events.push((name, serde_json::from_slice(&data).unwrap()));
            }
            Step::End(end, values) => {
                let values = values.map_or(Value::Null, |values| values.parse().unwrap());
                return Ended {
                    events,
                    end: *end,
                    values,
                };
            }
            Step::News(_) => {}
            Step::Opened => panic!("no fake graph has a factory"),
            Step::Failed(error) => panic!("{error}"),
        }
    }
}
