//! Where workers come from: the project's own interpreters, in the environment of its langgraph.json.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

use lgx_config::Config;
use lgx_model::Runtime;
use lgx_worker::{Launch, ProcessSource, SpareMemory, Spares, WorkerSource};

use crate::options::Options;

/// What importing ahead may take at least: it begins with the interpreter and with langgraph.
const AHEAD: Duration = Duration::from_secs(10);

/// Makes the sources of workers of each runtime for a configuration: the environment may differ from one to the next.
pub trait WorkerSources: Send + Sync {
    /// The source for a runtime.
    fn of(&self, config: &Config, runtime: Runtime) -> Arc<dyn WorkerSource>;

    /// The memory of what is kept ready for the next generation, where that is known.
    fn spare_memory(&self) -> Option<SpareMemory> {
        None
    }
}

/// The same source, whatever the configuration.
impl<F: Fn() -> Arc<dyn WorkerSource> + Send + Sync> WorkerSources for F {
    fn of(&self, _: &Config, _: Runtime) -> Arc<dyn WorkerSource> {
        self()
    }
}

/// Workers of the project's own interpreter, with langgraph.json's environment laid over the given one.
pub struct ProcessSources {
    options: Options,
    spares: Option<Arc<Spares>>,
}

impl ProcessSources {
    /// With these settings.
    pub fn new(options: &Options) -> Self {
        Self {
            options: options.clone(),
            spares: options
                .spare
                .then(|| Arc::new(Spares::new(options.load_timeout.map(|set| set.max(AHEAD))))),
        }
    }
}

impl WorkerSources for ProcessSources {
    fn of(&self, config: &Config, runtime: Runtime) -> Arc<dyn WorkerSource> {
        let mut environment = self.options.environment.clone();
        for (name, value) in &config.env {
            environment.retain(|(present, _)| present != OsStr::new(name));
            environment.push((name.into(), value.into()));
        }
        let launch = Launch {
            runtime,
            program: match runtime {
                Runtime::Python => self.options.python.clone(),
            },
            shared_dir: (self.options.cache_dir.as_ref()).map(|cache| cache.join("worker")),
            runtime_dir: self.options.state_dir(config).join("runtime"),
            cwd: config.root.clone(),
            environment,
        };
        let spares = self.spares.clone();
        Arc::new(ProcessSource { launch, spares })
    }

    fn spare_memory(&self) -> Option<SpareMemory> {
        self.spares.as_ref()?.memory()
    }
}
