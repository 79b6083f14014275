//! What a torture came to, for a person to read.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::record::Record;
use super::target::Blows;
use super::{Setting, Torture};

/// What was done, and that it was survived.
#[derive(Debug)]
pub struct Summary {
    seed: u64,
    kills: Vec<(&'static str, usize)>,
    restarts: Vec<Duration>,
    checked: usize,
    counts: BTreeMap<String, u64>,
    records: usize,
}

impl Summary {
    pub(super) fn of(
        torture: &Torture,
        setting: &Setting,
        blows: Blows,
        records: &[Box<dyn Record>],
    ) -> Self {
        let mut restarts = blows.restarts;
        restarts.sort();
        Self {
            seed: torture.seed,
            kills: blows.struck,
            restarts,
            checked: blows.checked,
            counts: setting.served.counts(),
            records: records.len(),
        }
    }

    /// How many kills there were.
    pub fn kills(&self) -> usize {
        self.kills.iter().map(|(_, count)| count).sum()
    }

    /// How often something was acknowledged, or happened, whose name begins like this.
    pub fn count(&self, begin: &str) -> u64 {
        let named = self
            .counts
            .iter()
            .filter(|(what, _)| what.starts_with(begin));
        named.map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} kills, seed {}", self.kills(), self.seed)?;
        for (victim, count) in &self.kills {
            writeln!(f, "{count:>8}  {victim}")?;
        }
        if let (Some(first), Some(last)) = (self.restarts.first(), self.restarts.last()) {
            let median = self.restarts[self.restarts.len() / 2];
            writeln!(
                f,
                "ready again after {} ms at best, {} ms in the middle, {} ms at worst",
                first.as_millis(),
                median.as_millis(),
                last.as_millis()
            )?;
        }
        writeln!(
            f,
            "{} times the database was checked, and that no process was left",
            self.checked
        )?;
        writeln!(
            f,
            "{} objects were verified at last; answers that clients had:",
            self.records
        )?;
        for (what, count) in &self.counts {
            writeln!(f, "{count:>8}  {what}")?;
        }
        Ok(())
    }
}
