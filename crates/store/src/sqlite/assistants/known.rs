//! Assistants that are remembered: every run asks for one, and they seldom change.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lgx_model::AssistantId;

use crate::assistants::KnownAssistant;

/// How many are remembered. Beyond that all are forgotten, which costs each one look-up.
const MOST: usize = 1024;

/// What was found of assistants since one was last changed. Only the process that has the database changes it.
#[derive(Debug, Default)]
pub(crate) struct KnownAssistants {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    found: HashMap<AssistantId, KnownAssistant>,
    changes: u64,
}

/// How often assistants had changed when a look-up began: what it finds is of yesterday if one has changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Changes(u64);

impl KnownAssistants {
    /// The assistant, if it is remembered.
    pub(crate) fn get(&self, assistant_id: AssistantId) -> Option<KnownAssistant> {
        self.lock().found.get(&assistant_id).cloned()
    }

    /// To be asked before the look-up whose result is remembered.
    pub(crate) fn changes(&self) -> Changes {
        Changes(self.lock().changes)
    }

    /// Remembers what was found, unless an assistant has changed since the look-up began.
    pub(crate) fn remember(&self, found: &KnownAssistant, before: Changes) {
        let mut known = self.lock();
        if known.changes != before.0 {
            return;
        }
        if known.found.len() >= MOST {
            known.found.clear();
        }
        let assistant_id = found.assistant.assistant_id;
        known.found.insert(assistant_id, found.clone());
    }

    /// Forgets all of them: one has changed. To be called once the change is committed and before anybody is told of it.
    pub(crate) fn changed(&self) {
        let mut known = self.lock();
        known.found.clear();
        known.changes += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use lgx_model::{Assistant, JsonObject, Timestamp};

    use super::*;

    fn found(graph: &str) -> KnownAssistant {
        let now = Timestamp::now();
        KnownAssistant {
            assistant: Assistant {
                assistant_id: AssistantId::of_graph(graph),
                graph_id: graph.to_owned(),
                config: JsonObject::new(),
                context: JsonObject::new(),
                metadata: JsonObject::new(),
                name: graph.to_owned(),
                created_at: now,
                updated_at: now,
                version: 1,
                description: None,
            },
            is_default: true,
        }
    }

    #[test]
    fn what_was_found_is_remembered_until_an_assistant_changes() {
        let known = KnownAssistants::default();
        let agent = found("agent");
        let id = agent.assistant.assistant_id;
        known.remember(&agent, known.changes());
        assert_eq!(known.get(id).unwrap().assistant.graph_id, "agent");
        known.changed();
        assert!(known.get(id).is_none());
    }

    #[test]
    fn what_was_found_before_a_change_is_not_remembered_after_it() {
        let known = KnownAssistants::default();
        let before = known.changes();
        known.changed();
        let agent = found("agent");
        known.remember(&agent, before);
        assert!(known.get(agent.assistant.assistant_id).is_none());
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let known = KnownAssistants::default();
        for number in 0..=MOST {
            known.remember(&found(&number.to_string()), known.changes());
        }
        assert_eq!(known.lock().found.len(), 1);
    }
}
