//! What a thread becomes when a run is admitted on it, and what the run has of its thread.

use lgx_model::{JsonObject, Run, Thread, ThreadStatus, Timestamp};
use serde_json::Value;

use super::NewRun;
use crate::threads::NewThread;

impl NewRun {
    /// The thread that is made for this run, and its config.
    pub(crate) fn new_thread(&self, now: Timestamp) -> (NewThread, JsonObject) {
        let mut metadata = self.thread_metadata.clone();
        self.label(&mut metadata);
        let thread = NewThread {
            thread_id: self.run.thread_id,
            metadata,
            ttl: self.thread_ttl,
            now,
        };
        let config = joined_config(JsonObject::new(), &self.config_for_thread);
        (thread, config)
    }

    /// A thread that is there, with this run on it.
    pub(crate) fn occupied(&self, mut thread: Thread, now: Timestamp) -> Thread {
        self.label(&mut thread.metadata);
        thread.config = joined_config(thread.config, &self.config_for_thread);
        thread.status = ThreadStatus::Busy;
        thread.updated_at = now;
        thread
    }

    /// Notes on the thread the graph and the assistant of its last run.
    fn label(&self, metadata: &mut JsonObject) {
        metadata.insert("graph_id".to_owned(), self.graph_id.clone().into());
        metadata.insert(
            "assistant_id".to_owned(),
            self.run.assistant_id.to_string().into(),
        );
    }
}

/// Gives the run the metadata of its thread, over its assistant's and under its own.
pub(crate) fn inherit(run: &mut Run, on_thread: JsonObject, own: JsonObject) {
    run.metadata.extend(on_thread);
    run.metadata.extend(own);
    let whole = Value::Object(run.metadata.clone());
    run.kwargs.config.insert("metadata".to_owned(), whole);
}

/// A thread's config once a run has brought its own.
fn joined_config(mut present: JsonObject, brought: &JsonObject) -> JsonObject {
    let mut configurable = brought
        .get("configurable")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    if let Some(Value::Object(kept)) = present.remove("configurable") {
        configurable.extend(kept);
    }
    present.extend(brought.clone());
    present.insert("configurable".to_owned(), configurable.into());
    present
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn joined(present: Value, brought: Value) -> Value {
        let (Value::Object(present), Value::Object(brought)) = (present, brought) else {
            panic!("objects")
        };
        joined_config(present, &brought).into()
    }

    #[test]
    fn a_run_replaces_its_threads_config_but_not_its_configurable() {
        assert_eq!(joined(json!({}), json!({})), json!({"configurable": {}}));
        assert_eq!(
            joined(
                json!({"tags": ["old"], "run_name": "kept", "configurable": {"model": "old"}}),
                json!({"tags": ["new"], "configurable": {"model": "new", "voice": "new"}}),
            ),
            json!({"tags": ["new"], "run_name": "kept", "configurable": {"model": "old", "voice": "new"}}),
        );
    }
}
