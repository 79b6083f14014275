//! Which runs are sent, where not all of them are to be.

use lgx_model::RunId;

use crate::trace_parent::TraceParent;

/// Which runs are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampler {
    /// Whether a run that was asked for within a trace goes with that trace.
    is_parent_based: bool,
    /// The share of the others that is sent, from 0 to 1.
    ratio: f64,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            is_parent_based: true,
            ratio: 1.0,
        }
    }
}

impl Sampler {
    /// The one that `OTEL_TRACES_SAMPLER` names; a ratio is only for those that take one.
    pub(crate) fn named(word: &str, ratio: f64) -> Option<Self> {
        let (is_parent_based, word) = match word.strip_prefix("parentbased_") {
            Some(word) => (true, word),
            None => (false, word),
        };
        let ratio = match word {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => ratio,
            _ => return None,
        };
        Some(Self {
            is_parent_based,
            ratio,
        })
    }

    /// Whether a run is sent.
    pub(crate) fn takes(&self, run_id: RunId, parent: Option<TraceParent>) -> bool {
        if let Some(parent) = parent.filter(|_| self.is_parent_based) {
            return parent.is_sampled;
        }
        let trace_id = parent.map_or(*run_id.uuid().as_bytes(), |parent| parent.trace_id);
        // The last bits are random in ids of runs too: those before them count within a millisecond.
        let [.., a, b, c, d] = trace_id;
        let share = f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX);
        share < self.ratio || self.ratio >= 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(flags: &str) -> Option<TraceParent> {
        let text = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        text.parse().ok()
    }

    #[test]
    fn a_share_of_the_runs_is_a_share() {
        let half = Sampler::named("traceidratio", 0.5).unwrap();
        let taken = (0..1000).filter(|_| half.takes(RunId::fresh(), None));
        assert!((350..650).contains(&taken.count()));
        for (word, expected) in [("always_on", true), ("always_off", false)] {
            let sampler = Sampler::named(word, 0.5).unwrap();
            assert_eq!(sampler.takes(RunId::fresh(), None), expected, "{word}");
        }
        assert_eq!(Sampler::named("sometimes", 0.5), None);
    }

    #[test]
    fn a_run_within_a_trace_goes_with_it_if_that_is_asked_for() {
        let run_id = RunId::fresh();
        let off = Sampler::named("parentbased_always_off", 1.0).unwrap();
        assert!(off.takes(run_id, parent("01")) && !off.takes(run_id, None));
        assert!(!Sampler::default().takes(run_id, parent("00")));
        let on = Sampler::named("always_on", 1.0).unwrap();
        assert!(on.takes(run_id, parent("00")));
    }
}
