//! A line that says what takes time: moving on a screen, plain elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{printer, style};

/// Something that takes time.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    label: String,
}

impl Progress {
    /// Begins it. `moving` is for a screen that a person looks at.
    pub(crate) fn begin(label: impl Into<String>, moving: bool) -> Self {
        let label = label.into();
        let bar = moving.then(|| spinner(&label, Duration::ZERO));
        if bar.is_none() {
            printer::say(format_args!("{label}…"));
        }
        Self { bar, label }
    }

    /// Shows, on a screen, what has been taking time for a while.
    pub(crate) fn since(label: String, elapsed: Duration) -> Self {
        Self {
            bar: Some(spinner(&label, elapsed)),
            label,
        }
    }

    /// It is at something else now.
    pub(crate) fn relabel(&self, label: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(label);
        }
    }

    /// It is done.
    pub(crate) fn done(self) {
        if let Some(bar) = self.bar {
            let took = bar.elapsed();
            bar.finish_and_clear();
            printer::say(format_args!(
                "{} {} {}",
                style::success("✓"),
                self.label,
                style::quiet(format_args!("{:.1} s", took.as_secs_f64()))
            ));
        }
    }

    /// It failed; what follows says how.
    pub(crate) fn failed(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn spinner(label: &str, elapsed: Duration) -> ProgressBar {
    let bar = ProgressBar::new_spinner()
        .with_message(label.to_owned())
        .with_elapsed(elapsed);
    if let Ok(look) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
        bar.set_style(look);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
