//! What one run of lgx has asked, played and kept.

use std::collections::{BTreeSet, HashMap};

/// What a run has used of its library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// How many requests were answered from recordings.
    pub hits: usize,
    /// The files that were written.
    pub new: Vec<String>,
    /// The files that were played or written.
    pub used: Vec<String>,
    /// The files that were neither.
    pub unused: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Session {
    sequences: HashMap<String, Sequence>,
    hits: usize,
    played: BTreeSet<String>,
    kept: BTreeSet<String>,
}

/// Equal requests of this run.
#[derive(Debug, Default)]
struct Sequence {
    played: usize,
    kept: usize,
}

impl Session {
    /// How many equal requests were answered before.
    pub(super) fn asked(&mut self, key: &str) -> usize {
        let sequence = self.sequences.entry(key.to_owned()).or_default();
        sequence.played += 1;
        sequence.played - 1
    }

    pub(super) fn played(&mut self, name: &str) {
        self.hits += 1;
        self.played.insert(name.to_owned());
    }

    /// The number of the answer that is to be kept next.
    pub(super) fn keeps(&mut self, key: &str) -> usize {
        let sequence = self.sequences.entry(key.to_owned()).or_default();
        sequence.kept += 1;
        sequence.kept
    }

    pub(super) fn kept(&mut self, name: &str) {
        self.kept.insert(name.to_owned());
    }

    pub(super) fn uses(&self, names: Vec<String>) -> Uses {
        let (used, unused) = names
            .into_iter()
            .partition(|name| self.played.contains(name) || self.kept.contains(name));
        Uses {
            hits: self.hits,
            new: self.kept.iter().cloned().collect(),
            used,
            unused,
        }
    }
}
