//! When what happened on the way from a save to the code that serves.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use lgx_worker::Loaded;
use tokio::time::Instant;

/// A save that is older was made when nobody looked, or carries the time of another.
const OLDEST_SAVE: Duration = Duration::from_secs(10);

/// What is known of bringing up one generation; times are since it began.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// How long before that the newest of the files was written.
    pub saved: Option<Duration>,
    /// Whether the worker had imported installed modules ahead.
    pub imported_ahead: bool,
    /// When the worker was there.
    pub started: Duration,
    /// When it had loaded the project.
    pub loaded: Duration,
    /// When it served.
    pub served: Duration,
    /// The files of the project that took the longest to import, without those that they import, the longest first.
    pub slowest: Vec<(PathBuf, Duration)>,
}

impl Timeline {
    /// A worker was there at `started` and has just loaded the project.
    pub(super) fn loaded(
        began: Instant,
        started: Instant,
        loaded: &Loaded,
        imported_ahead: bool,
    ) -> Self {
        Self {
            imported_ahead,
            started: started.duration_since(began),
            loaded: began.elapsed(),
            slowest: loaded
                .slowest
                .iter()
                .map(|(file, took)| (file.into(), Duration::from_secs_f64(took.max(0.0) / 1000.0)))
                .collect(),
            ..Self::default()
        }
    }

    /// How long the project took to load, without the start of its worker.
    pub(super) fn load_took(&self) -> Duration {
        self.loaded.saturating_sub(self.started)
    }
}

/// How long ago the newest of these files was written, if that is what was seen of them.
pub(super) fn since_saved(files: &[PathBuf]) -> Option<Duration> {
    let written = |file: &PathBuf| std::fs::metadata(file).ok()?.modified().ok();
    let newest = files.iter().filter_map(written).max()?;
    let ago = SystemTime::now().duration_since(newest).ok()?;
    (ago < OLDEST_SAVE).then_some(ago)
}
