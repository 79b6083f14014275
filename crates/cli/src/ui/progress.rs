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
        let bar = moving.then(|| {
            let bar = ProgressBar::new_spinner().with_message(label.clone());
            if let Ok(look) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
                bar.set_style(look);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        if bar.is_none() {
            printer::say(format_args!("{label}…"));
        }
        Self { bar, label }
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
