//! A place in a graph where runs wait until the test lets them go on.

use tokio::sync::watch;

#[derive(Clone, Copy)]
struct State {
    open: bool,
    /// How many may pass although it is closed.
    passes: usize,
    arrived: usize,
}

/// A place where runs wait. Nothing about it depends on time.
pub struct Gate {
    state: watch::Sender<State>,
}

impl Gate {
    pub(super) fn new(open: bool) -> Self {
        Self {
            state: watch::Sender::new(State {
                open,
                passes: 0,
                arrived: 0,
            }),
        }
    }

    /// From now on, whoever arrives waits.
    pub fn close(&self) {
        self.state.send_modify(|state| state.open = false);
    }

    /// Whoever waits goes on, and whoever arrives does not wait.
    pub fn open(&self) {
        self.state.send_modify(|state| state.open = true);
    }

    /// One that waits, or arrives later, goes on; the others stay.
    pub fn let_one_pass(&self) {
        self.state.send_modify(|state| state.passes += 1);
    }

    /// How many have arrived since the beginning.
    pub fn arrivals(&self) -> usize {
        self.state.borrow().arrived
    }

    /// Resolves when this many have arrived since the beginning.
    pub async fn arrived(&self, count: usize) {
        let mut state = self.state.subscribe();
        let arrived = state.wait_for(|state| state.arrived >= count);
        // The sender is `self`: it cannot be gone while we wait.
        let _ = crate::within(&format!("arrival {count} at a gate"), arrived).await;
    }

    pub(super) async fn pass(&self) {
        let mut changes = self.state.subscribe();
        self.state.send_modify(|state| state.arrived += 1);
        loop {
            let mut passed = false;
            self.state.send_if_modified(|state| {
                passed = state.open || state.passes > 0;
                if passed && !state.open {
                    state.passes -= 1;
                }
                false
            });
            if passed || changes.changed().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn one_passes_a_closed_gate_and_all_pass_an_open_one() {
        let gate = Arc::new(Gate::new(false));
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let gate = Arc::clone(&gate);
            waiting.spawn(async move { gate.pass().await });
        }
        gate.arrived(3).await;
        gate.let_one_pass();
        waiting.join_next().await.unwrap().unwrap();
        assert_eq!(waiting.len(), 2);
        assert!(waiting.try_join_next().is_none());
        gate.open();
        while waiting.join_next().await.is_some() {}
        gate.pass().await;
        assert_eq!(gate.arrivals(), 4);
    }
}
