//! Where workers come from: the project's own interpreters, in the environment of its langgraph.json.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lgx_config::Config;
use lgx_model::Runtime;
use lgx_worker::{
    Launch, NoInterpreter, ProcessSource, SpareMemory, Spares, Transpiler, WorkerSource,
};

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

/// Workers of the project's own interpreters, with langgraph.json's environment laid over the given one.
pub struct ProcessSources {
    options: Options,
    /// What is kept ready of each runtime, if anything is.
    spares: Vec<(Runtime, Arc<Spares>)>,
    transpiler: Transpiler,
}

impl ProcessSources {
    /// With these settings.
    pub fn new(options: &Options) -> Self {
        let spares = || Arc::new(Spares::new(options.load_timeout.map(|set| set.max(AHEAD))));
        let runtimes = Runtime::ALL.into_iter().filter(|_| options.spare);
        Self {
            options: options.clone(),
            spares: runtimes.map(|runtime| (runtime, spares())).collect(),
            transpiler: Transpiler::default(),
        }
    }
}

impl WorkerSources for ProcessSources {
    fn of(&self, config: &Config, runtime: Runtime) -> Arc<dyn WorkerSource> {
        let Some(program) = self.options.interpreters.of(runtime) else {
            return Arc::new(NoInterpreter(runtime));
        };
        let mut environment = self.options.environment.clone();
        for (name, value) in &config.env {
            environment.retain(|(present, _)| present != OsStr::new(name));
            environment.push((name.into(), value.into()));
        }
        if let Some(overlay) = &self.options.overlay {
            overlay.lay_over(&mut environment);
        }
        let launch = Launch {
            runtime,
            program: program.to_owned(),
            shared_dir: (self.options.cache_dir.as_ref()).map(|cache| cache.join("worker")),
            runtime_dir: runtime_dir(&self.options.state_dir(config), runtime),
            cwd: config.root.clone(),
            environment,
            transpiler: self.transpiler.clone(),
            node_loader: config.node_loader.clone(),
            debugs: self.options.debug.is_some(),
        };
        let mut spares = self.spares.iter();
        let spares = spares.find(|(of, _)| *of == runtime);
        let spares = spares.map(|(_, spares)| Arc::clone(spares));
        Arc::new(ProcessSource { launch, spares })
    }

    fn spare_memory(&self) -> Option<SpareMemory> {
        let memories = self.spares.iter().filter_map(|(_, spares)| spares.memory());
        memories.reduce(SpareMemory::and)
    }
}

/// What is kept for workers of a runtime, each of which remembers what it imports ahead.
fn runtime_dir(state_dir: &Path, runtime: Runtime) -> PathBuf {
    let directory = state_dir.join("runtime");
    match runtime {
        Runtime::Python => directory,
        Runtime::Node => directory.join("node"),
    }
}
