//! Where workers come from: the project's own interpreters, in the environment of its langgraph.json.

use std::ffi::OsStr;
use std::sync::Arc;

use lgx_config::Config;
use lgx_model::Runtime;
use lgx_worker::{Launch, ProcessSource, WorkerSource};

use crate::options::Options;

/// Makes the source of workers of a runtime for a configuration: the environment may differ from one to the next.
pub type SourceFor = Box<dyn Fn(&Config, Runtime) -> Arc<dyn WorkerSource> + Send + Sync>;

/// Workers of the project's own interpreter, with langgraph.json's environment laid over the given one.
pub fn process_source(options: &Options) -> SourceFor {
    let options = options.clone();
    Box::new(move |config: &Config, runtime| {
        let mut environment = options.environment.clone();
        for (name, value) in &config.env {
            environment.retain(|(present, _)| present != OsStr::new(name));
            environment.push((name.into(), value.into()));
        }
        let launch = Launch {
            runtime,
            program: match runtime {
                Runtime::Python => options.python.clone(),
            },
            runtime_dir: options.state_dir(config).join("runtime"),
            cwd: config.root.clone(),
            environment,
        };
        Arc::new(ProcessSource { launch }) as Arc<dyn WorkerSource>
    })
}
