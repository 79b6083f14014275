//! Calls of models that are recorded or played while a server runs.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use lgx_cassettes::{Library, Rules};
use lgx_devserver::{EngineOptions, EnvironmentOverlay};
use lgx_record::{RecordOptions, RecordingProxy, Teller};

use crate::project;
use crate::settings::cassettes::FOLDER;
use crate::settings::record::RecordSettings;

/// A proxy beside a server, and the recordings that it uses.
pub(crate) struct Recorded {
    proxy: RecordingProxy,
    library: Arc<Library>,
}

impl Recorded {
    /// Starts one for a project; none if its configuration cannot be read, which its server tells. `command` records what is missing.
    pub(crate) async fn start(
        settings: &RecordSettings,
        engine: &EngineOptions,
        command: String,
        teller: Teller,
    ) -> anyhow::Result<Option<Self>> {
        let Ok(loaded) = engine.load_config() else {
            return Ok(None);
        };
        let config = loaded.config;
        let library = Library::open(folder(settings, engine), settings.mode);
        let library = Arc::new(library.with_rules(Rules {
            allowed: config.record.allow.clone(),
            ignores_dates: config.record.ignores_dates,
        }));
        let mut variables = engine.environment.clone();
        variables.extend((config.env.iter()).map(|(name, value)| (name.into(), value.into())));
        let proxy = RecordingProxy::start(RecordOptions {
            library: Arc::clone(&library),
            state_dir: engine.state_dir(&config),
            hosts: config.record.hosts,
            variables,
            command,
            teller,
        });
        let proxy = proxy.await.context("calls of models cannot be recorded")?;
        Ok(Some(Self { proxy, library }))
    }

    /// What brings the calls of workers to it.
    pub(crate) fn overlay(&self) -> EnvironmentOverlay {
        let variables = self.proxy.variables().clone();
        EnvironmentOverlay::new(move |environment| variables.lay_over(environment))
    }

    /// The recordings.
    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// Ends it, when the workers have left.
    pub(crate) async fn close(self) -> Arc<Library> {
        self.proxy.close().await;
        self.library
    }
}

fn folder(settings: &RecordSettings, engine: &EngineOptions) -> PathBuf {
    let beside = || project::directory_of(&engine.config).join(FOLDER);
    settings.cassettes.clone().unwrap_or_else(beside)
}
