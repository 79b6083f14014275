//! Assistants in memory.

use std::collections::BTreeMap;

use lgx_model::query::{AssistantQuery, AssistantSort, Page};
use lgx_model::{Assistant, AssistantId, AssistantVersion, JsonObject, ThreadId, Timestamp};
use lgx_store::Creation;
use lgx_store::assistants::DefaultAssistant;
use serde_json::json;

use super::{Memory, contains, may_see, page_of, sort_by};
use crate::operation::Caller;

/// An assistant with all its versions.
pub(super) struct KeptAssistant {
    sequence: u64,
    is_default: bool,
    pub(super) assistant: Assistant,
    versions: BTreeMap<i64, AssistantVersion>,
}

fn version_of(assistant: &Assistant) -> AssistantVersion {
    let assistant = assistant.clone();
    AssistantVersion {
        assistant_id: assistant.assistant_id,
        graph_id: assistant.graph_id,
        config: assistant.config,
        context: assistant.context,
        metadata: assistant.metadata,
        name: assistant.name,
        created_at: assistant.updated_at,
        version: assistant.version,
        description: assistant.description,
    }
}

fn with_version(version: AssistantVersion, created_at: Timestamp, now: Timestamp) -> Assistant {
    Assistant {
        assistant_id: version.assistant_id,
        graph_id: version.graph_id,
        config: version.config,
        context: version.context,
        metadata: version.metadata,
        name: version.name,
        created_at,
        updated_at: now,
        version: version.version,
        description: version.description,
    }
}

impl Memory {
    fn insert_assistant(&mut self, assistant: Assistant, is_default: bool) {
        let sequence = self.next_sequence();
        let version = version_of(&assistant);
        let kept = KeptAssistant {
            sequence,
            is_default,
            versions: BTreeMap::from([(assistant.version, version)]),
            assistant: assistant.clone(),
        };
        self.assistants.insert(assistant.assistant_id, kept);
    }

    pub(super) fn sync_defaults(&mut self, graphs: &[DefaultAssistant], now: Timestamp) {
        let wanted: Vec<Assistant> = graphs
            .iter()
            .map(|graph| Assistant {
                assistant_id: AssistantId::of_graph(&graph.graph_id),
                graph_id: graph.graph_id.clone(),
                config: JsonObject::new(),
                context: JsonObject::new(),
                metadata: json!({"created_by": "system"}).as_object().unwrap().clone(),
                name: graph.name.clone(),
                created_at: now,
                updated_at: now,
                version: 1,
                description: graph.description.clone(),
            })
            .collect();
        let of_id = |id| wanted.iter().find(|wanted| wanted.assistant_id == id);
        self.assistants.retain(|&id, kept| match of_id(id) {
            Some(wanted) => {
                let wanted = Assistant {
                    created_at: kept.assistant.created_at,
                    updated_at: kept.assistant.updated_at,
                    ..wanted.clone()
                };
                kept.assistant == wanted
            }
            None => !kept.is_default,
        });
        for assistant in wanted {
            if !self.assistants.contains_key(&assistant.assistant_id) {
                self.insert_assistant(assistant, true);
            }
        }
    }

    pub(super) fn create_assistant(
        &mut self,
        assistant: Assistant,
        caller: Caller,
    ) -> Creation<Assistant> {
        match self.assistants.get(&assistant.assistant_id) {
            Some(kept) if may_see(caller, &kept.assistant.metadata) => {
                Creation::Existing(Box::new(kept.assistant.clone()))
            }
            Some(_) => Creation::Hidden,
            None => {
                self.insert_assistant(assistant.clone(), false);
                Creation::Created(Box::new(assistant))
            }
        }
    }

    fn kept_assistant(&mut self, id: AssistantId, caller: Caller) -> Option<&mut KeptAssistant> {
        let kept = self.assistants.get_mut(&id);
        kept.filter(|kept| may_see(caller, &kept.assistant.metadata))
    }

    pub(super) fn assistant(&mut self, id: AssistantId, caller: Caller) -> Option<Assistant> {
        self.kept_assistant(id, caller)
            .map(|kept| kept.assistant.clone())
    }

    pub(super) fn runnable_assistant(&self, id: AssistantId, caller: Caller) -> Option<Assistant> {
        let kept = self.assistants.get(&id)?;
        let runnable = kept.is_default || may_see(caller, &kept.assistant.metadata);
        runnable.then(|| kept.assistant.clone())
    }

    pub(super) fn change_assistant(
        &mut self,
        id: AssistantId,
        name: String,
        metadata: JsonObject,
        now: Timestamp,
        caller: Caller,
    ) -> Option<Assistant> {
        let kept = self.kept_assistant(id, caller)?;
        kept.assistant.name = name;
        kept.assistant.metadata.extend(metadata);
        kept.assistant.updated_at = now;
        kept.assistant.version = kept.versions.keys().max()? + 1;
        let version = version_of(&kept.assistant);
        kept.versions.insert(version.version, version);
        Some(kept.assistant.clone())
    }

    pub(super) fn assistant_versions(
        &mut self,
        id: AssistantId,
        metadata: &JsonObject,
        page: Page,
        caller: Caller,
    ) -> Option<Vec<AssistantVersion>> {
        let kept = self.kept_assistant(id, caller)?;
        let matching = kept.versions.values().rev();
        let matching = matching.filter(|version| contains(&version.metadata, metadata));
        Some(page_of(matching.cloned().collect(), page))
    }

    pub(super) fn restore_version(
        &mut self,
        id: AssistantId,
        version: i64,
        now: Timestamp,
        caller: Caller,
    ) -> Option<Assistant> {
        let kept = self.kept_assistant(id, caller)?;
        let version = kept.versions.get(&version)?.clone();
        kept.assistant = with_version(version, kept.assistant.created_at, now);
        Some(kept.assistant.clone())
    }

    pub(super) fn assistants_that_match(
        &self,
        query: &AssistantQuery,
        caller: Caller,
    ) -> Vec<Assistant> {
        let matches = |assistant: &&KeptAssistant| {
            let assistant = &assistant.assistant;
            let name = query.name.as_ref().map(|name| name.to_lowercase());
            query
                .graph_id
                .as_ref()
                .is_none_or(|graph_id| assistant.graph_id == *graph_id)
                && name.is_none_or(|name| assistant.name.to_lowercase().contains(&name))
                && contains(&assistant.metadata, &query.metadata)
                && may_see(caller, &assistant.metadata)
        };
        let matching = self.assistants.values().filter(matches);
        let mut matching: Vec<(u64, Assistant)> = matching
            .map(|kept| (kept.sequence, kept.assistant.clone()))
            .collect();
        let (all, order) = (&mut matching, query.sort_order);
        match query.sort_by {
            AssistantSort::AssistantId => sort_by(all, order, true, |found| found.assistant_id),
            AssistantSort::CreatedAt => sort_by(all, order, true, |found| found.created_at),
            AssistantSort::UpdatedAt => sort_by(all, order, true, |found| found.updated_at),
            AssistantSort::Name => sort_by(all, order, false, |found| found.name.to_lowercase()),
            AssistantSort::GraphId => sort_by(all, order, false, |found| found.graph_id.clone()),
        }
        matching
            .into_iter()
            .map(|(_, assistant)| assistant)
            .collect()
    }

    pub(super) fn delete_assistant(
        &mut self,
        id: AssistantId,
        with_threads: bool,
        now: Timestamp,
        caller: Caller,
    ) -> Option<Vec<ThreadId>> {
        self.kept_assistant(id, caller)?;
        let mut ended = Vec::new();
        if with_threads {
            let label = json!({"assistant_id": id.to_string()});
            ended = self.threads_with(label.as_object()?, caller);
            for &thread_id in &ended {
                self.remove_thread(thread_id);
            }
        }
        self.crons
            .retain(|_, (_, stored)| stored.cron.assistant_id != id);
        let sequence = self.next_sequence();
        let kept = self.assistants.get_mut(&id)?;
        let first = kept.versions.get(&1).filter(|_| kept.is_default).cloned();
        if let Some(first) = first {
            kept.assistant = with_version(first, now, now);
            kept.versions = BTreeMap::from([(1, version_of(&kept.assistant))]);
            kept.sequence = sequence;
        } else {
            self.assistants.remove(&id);
        }
        Some(ended)
    }
}
