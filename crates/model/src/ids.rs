//! Identifiers: UUIDs with a type of their own, so that a run id cannot be passed where a thread id is meant.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a UUID in any accepted spelling (dashed, 32 hex digits, braced; any case).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a UUID")]
pub struct NotAUuid(pub String);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline, with = "Uuid_")]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh, time-ordered id (UUID version 7).
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl FromStr for $name {
            type Err = NotAUuid;

            fn from_str(text: &str) -> Result<Self, NotAUuid> {
                Uuid::try_parse(text).map(Self).map_err(|_| NotAUuid(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

/// How an id looks in the JSON Schema: a string of format `uuid`.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
#[expect(dead_code, reason = "exists only for its schema")]
struct Uuid_(#[schemars(extend("format" = "uuid"))] String);

id!(
    /// Names a thread.
    ThreadId
);
id!(
    /// Names a run.
    RunId
);
id!(
    /// Names an assistant.
    AssistantId
);
id!(
    /// Names a cron.
    CronId
);

id!(
    /// Names one life of a server: of those that share a database, each start has one of its own.
    InstanceId
);

/// The namespace under which the ids of default assistants are derived from graph ids; the official server's value.
const GRAPH_NAMESPACE: Uuid = Uuid::from_u128(0x6ba7_b821_9dad_11d1_80b4_00c0_4fd4_30c8);

impl AssistantId {
    /// The id of the default assistant of graph `graph_id`: the same on every Agent Server.
    pub fn of_graph(graph_id: &str) -> Self {
        Self(Uuid::new_v5(&GRAPH_NAMESPACE, graph_id.as_bytes()))
    }

    /// A fresh random id (UUID version 4), as the official server gives assistants that users create.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl ThreadId {
    /// A fresh random id (UUID version 4), as the official server gives copies of threads.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_assistant_ids_equal_the_official_ones() {
        for (graph, id) in [
            ("agent", "fe096781-5601-53d2-b2f6-0d3403f7e9ca"),
            ("multi", "22d81be9-5a50-5e0f-a8f3-ed6c25b4e9e9"),
            ("My Graph-1", "f2174017-cae1-5b24-8b54-cd3245f6a2d6"),
        ] {
            assert_eq!(AssistantId::of_graph(graph).to_string(), id);
        }
    }

    #[test]
    fn every_accepted_spelling_is_shown_in_the_canonical_one() {
        let canonical = "fe096781-5601-53d2-b2f6-0d3403f7e9ca";
        for text in [
            canonical,
            "FE096781-5601-53D2-B2F6-0D3403F7E9CA",
            "fe096781560153d2b2f60d3403f7e9ca",
            "{fe096781-5601-53d2-b2f6-0d3403f7e9ca}",
        ] {
            assert_eq!(text.parse::<ThreadId>().unwrap().to_string(), canonical);
        }
        for text in ["", "agent", "fe096781-5601-53d2-b2f6-0d3403f7e9c"] {
            assert!(text.parse::<ThreadId>().is_err(), "{text}");
        }
    }
}
