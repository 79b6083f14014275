//! An engine for tests that need one whose state is open, and no worker.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lgx_config::Config;

use crate::Engine;
use crate::notice::{Notice, Observer};
use crate::options::Options;
use crate::workers::ProcessSources;

struct Nobody;

impl Observer for Nobody {
    fn notice(&self, _: Notice) {}
}

/// The configuration of a project in this directory.
pub(crate) fn config(directory: &Path) -> Config {
    options(directory).load_config().unwrap().config
}

/// An engine of a project in this directory. It is not started.
pub(crate) fn engine(directory: &Path) -> Engine {
    let options = options(directory);
    let config = options.load_config().unwrap().config;
    let source = Box::new(ProcessSources::new(&options));
    let (engine, _) =
        crate::open(options, config, String::new(), Arc::new(Nobody), source).unwrap();
    engine
}

fn options(directory: &Path) -> Options {
    let config = directory.join("langgraph.json");
    let text = r#"{"dependencies": ["."], "graphs": {"agent": "./graph.py:graph"}}"#;
    std::fs::write(&config, text).unwrap();
    std::fs::write(directory.join("graph.py"), "").unwrap();
    Options {
        config,
        state_dir: None,
        strict: false,
        workers: 1,
        jobs: 1,
        load_timeout: None,
        blocked_after: Duration::MAX,
        redact_errors: false,
        blocking: lgx_worker::Blocking::Warn,
        spare: false,
        keep_events_for: Duration::from_secs(60),
        python: "python3".into(),
        environment: Vec::new(),
        version: "0.0.0-test",
    }
}
