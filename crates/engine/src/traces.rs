//! Runs that have ended, sent as traces of OpenTelemetry where the environment of the project asks for that.
//!
//! The variables are those that the project's code gets, so that its `.env` can name the receiver; when the configuration has been read
//! again, they count as they are then. Without them there is nothing here: no task, no connection, and no run is looked at.

use std::sync::{Arc, Mutex, PoisonError};

use lgx_config::Config;
use lgx_otlp::{Counts, EndedRun, Exporter, Settings};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::notice::{Notice, Observer, TraceNotice};
use crate::options::Options;

/// Sends traces, if anybody wants them.
pub struct Traces {
    options: Options,
    observer: Arc<dyn Observer>,
    counts: Arc<Counts>,
    present: Mutex<Present>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// What the configuration came to that was read last.
#[derive(Default)]
struct Present {
    config: Option<Arc<Config>>,
    settings: Option<Settings>,
    exporter: Option<Arc<Exporter>>,
}

/// How many spans have been sent, and how many were given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceCounts {
    /// Receivers have taken these.
    pub sent: u64,
    /// Nobody has taken these.
    pub dropped: u64,
}

impl Traces {
    /// Nothing is sent before somebody looks at the configuration.
    pub(crate) fn new(options: Options, observer: Arc<dyn Observer>) -> Self {
        Self {
            options,
            observer,
            counts: Arc::default(),
            present: Mutex::default(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// From now on traces go where this configuration says.
    pub(crate) fn look_at(&self, config: &Arc<Config>) {
        let _ = self.exporter(config);
    }

    /// A run has ended, which is only put together if it is sent.
    pub(crate) fn ended(&self, config: &Arc<Config>, run: impl FnOnce() -> EndedRun) {
        if let Some(exporter) = self.exporter(config) {
            exporter.take(run());
        }
    }

    /// How many spans were sent; none if none are to be.
    pub fn counts(&self) -> Option<TraceCounts> {
        let present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = TraceCounts {
            sent: self.counts.sent(),
            dropped: self.counts.dropped(),
        };
        let has_counted = counts.sent + counts.dropped > 0;
        (has_counted || present.exporter.is_some()).then_some(counts)
    }

    /// What waits is sent, if it goes quickly.
    pub(crate) async fn close(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn exporter(&self, config: &Arc<Config>) -> Option<Arc<Exporter>> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let known = present.config.as_ref();
        if !known.is_some_and(|known| Arc::ptr_eq(known, config)) {
            present.config = Some(Arc::clone(config));
            self.read(config, &mut present);
        }
        present.exporter.clone()
    }

    fn read(&self, config: &Config, present: &mut Present) {
        let service = config.root.file_name().unwrap_or_default();
        let lookup = |name: &str| {
            let mut own = config.env.iter().rev();
            let own = own.find(|(present, _)| present == name);
            own.map(|(_, value)| value.as_str())
                .or_else(|| self.options.variable(name))
                .map(str::to_owned)
        };
        let read = Settings::read(&lookup, &service.to_string_lossy());
        if present.settings == read.settings
            && (read.settings.is_some() || read.problems.is_empty())
        {
            return;
        }
        for problem in read.problems {
            self.tell(TraceNotice::Setting { problem });
        }
        // The one before, if there is one, sends what it has and ends.
        present.exporter = read
            .settings
            .as_ref()
            .and_then(|settings| self.start(settings));
        present.settings = read.settings;
    }

    fn start(&self, settings: &Settings) -> Option<Arc<Exporter>> {
        let endpoint = settings.shown_endpoint();
        let (observer, receiver) = (Arc::clone(&self.observer), endpoint.clone());
        let started = Exporter::start(
            settings,
            self.options.version,
            Arc::clone(&self.counts),
            Box::new(move |reason| {
                observer.notice(Notice::Traces(TraceNotice::Undelivered {
                    endpoint: receiver.clone(),
                    reason,
                }));
            }),
            &self.tasks,
            self.stopping.clone(),
        );
        match started {
            Ok(exporter) => {
                let with_content = settings.with_content;
                self.tell(TraceNotice::Sends {
                    endpoint,
                    with_content,
                });
                Some(Arc::new(exporter))
            }
            Err(reason) => {
                self.tell(TraceNotice::Undelivered { endpoint, reason });
                None
            }
        }
    }

    fn tell(&self, notice: TraceNotice) {
        self.observer.notice(Notice::Traces(notice));
    }
}
