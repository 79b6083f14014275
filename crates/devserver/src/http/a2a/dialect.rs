//! The two versions of the protocol that clients speak, and what each of them calls the same thing.
//!
//! Version 1.0 gave everything new names: methods, states, roles, the wrappers of results. What a request is written in is what it is
//! answered in, and the name of its method tells which that is. Everything else in this folder knows one set of words.

use http::HeaderMap;
use serde_json::{Value, json};

use super::failure::AgentFailure;

/// The header with which clients say which version they speak.
const VERSION_HEADER: &str = "a2a-version";

/// A version of the protocol, as far as its words go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum A2aVersion {
    /// 0.3, with `kind` in everything.
    V0_3,
    /// 1.0, as protocol buffers are written in JSON.
    V1_0,
}

/// What a client may ask of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AgentMethod {
    /// Send a message, and get the task.
    Send,
    /// Send a message, and follow the task.
    Stream,
    /// Get a task.
    Get,
    /// List tasks.
    List,
    /// Cancel a task.
    Cancel,
    /// Follow a task.
    Subscribe,
    /// Anything about push notifications, of which there are none.
    PushNotifications,
    /// Get the card for those who are known, which is the same as that for all.
    ExtendedCard,
}

impl AgentMethod {
    /// The method of this name, and the dialect that has it.
    pub(super) fn named(name: &str) -> Option<(A2aVersion, Self)> {
        use A2aVersion::{V0_3, V1_0};
        Some(match name {
            "message/send" => (V0_3, Self::Send),
            "message/stream" => (V0_3, Self::Stream),
            "tasks/get" => (V0_3, Self::Get),
            "tasks/cancel" => (V0_3, Self::Cancel),
            "tasks/resubscribe" => (V0_3, Self::Subscribe),
            "agent/getAuthenticatedExtendedCard" => (V0_3, Self::ExtendedCard),
            "SendMessage" => (V1_0, Self::Send),
            "SendStreamingMessage" => (V1_0, Self::Stream),
            "GetTask" => (V1_0, Self::Get),
            "ListTasks" => (V1_0, Self::List),
            "CancelTask" => (V1_0, Self::Cancel),
            "SubscribeToTask" => (V1_0, Self::Subscribe),
            "GetExtendedAgentCard" => (V1_0, Self::ExtendedCard),
            name if name.starts_with("tasks/pushNotificationConfig/") => {
                (V0_3, Self::PushNotifications)
            }
            "CreateTaskPushNotificationConfig"
            | "GetTaskPushNotificationConfig"
            | "ListTaskPushNotificationConfigs"
            | "DeleteTaskPushNotificationConfig" => (V1_0, Self::PushNotifications),
            _ => return None,
        })
    }

    /// Whether it makes a run, which executes the project's code.
    pub(super) const fn makes_run(self) -> bool {
        matches!(self, Self::Send | Self::Stream)
    }
}

/// Refuses clients that say they speak a version that is neither.
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), AgentFailure> {
    let Some(version) = headers.get(VERSION_HEADER) else {
        return Ok(());
    };
    let version = version.to_str().unwrap_or_default().trim();
    let major = version.split('.').next().unwrap_or_default();
    if matches!(major, "" | "1") || version == "0.3" || version.starts_with("0.3.") {
        return Ok(());
    }
    Err(AgentFailure::new(
        AgentFailure::VERSION_NOT_SUPPORTED,
        format!("A2A version {version} is not supported; this server speaks 0.3 and 1.0"),
    ))
}

/// Where a task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskState {
    /// Its run waits for its turn.
    Submitted,
    /// Its run executes.
    Working,
    /// The graph asks something, or stopped at a breakpoint.
    InputRequired,
    /// It has its result.
    Completed,
    /// It ended by an error.
    Failed,
    /// It was cancelled.
    Canceled,
}

impl TaskState {
    const ALL: [Self; 6] = [
        Self::Submitted,
        Self::Working,
        Self::InputRequired,
        Self::Completed,
        Self::Failed,
        Self::Canceled,
    ];

    /// The word for it.
    pub(super) const fn word(self, dialect: A2aVersion) -> &'static str {
        match (dialect, self) {
            (A2aVersion::V0_3, Self::Submitted) => "submitted",
            (A2aVersion::V0_3, Self::Working) => "working",
            (A2aVersion::V0_3, Self::InputRequired) => "input-required",
            (A2aVersion::V0_3, Self::Completed) => "completed",
            (A2aVersion::V0_3, Self::Failed) => "failed",
            (A2aVersion::V0_3, Self::Canceled) => "canceled",
            (A2aVersion::V1_0, Self::Submitted) => "TASK_STATE_SUBMITTED",
            (A2aVersion::V1_0, Self::Working) => "TASK_STATE_WORKING",
            (A2aVersion::V1_0, Self::InputRequired) => "TASK_STATE_INPUT_REQUIRED",
            (A2aVersion::V1_0, Self::Completed) => "TASK_STATE_COMPLETED",
            (A2aVersion::V1_0, Self::Failed) => "TASK_STATE_FAILED",
            (A2aVersion::V1_0, Self::Canceled) => "TASK_STATE_CANCELED",
        }
    }

    /// The state of this word, in either dialect.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| {
            state.word(A2aVersion::V0_3) == word || state.word(A2aVersion::V1_0) == word
        })
    }

    /// Whether nothing can happen to the task any more.
    pub(super) const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }

    /// Whether a run of the task is under way, or will be.
    pub(super) const fn is_under_way(self) -> bool {
        matches!(self, Self::Submitted | Self::Working)
    }
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The client.
    User,
    /// The graph.
    Agent,
}

impl Role {
    /// The word for it.
    pub(super) const fn word(self, dialect: A2aVersion) -> &'static str {
        match (dialect, self) {
            (A2aVersion::V0_3, Self::User) => "user",
            (A2aVersion::V0_3, Self::Agent) => "agent",
            (A2aVersion::V1_0, Self::User) => "ROLE_USER",
            (A2aVersion::V1_0, Self::Agent) => "ROLE_AGENT",
        }
    }
}

/// What a stream tells next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UpdateKind {
    /// The whole task.
    Task,
    /// A change of its status.
    Status,
    /// An artifact, or more of one.
    Artifact,
}

impl A2aVersion {
    /// An object of this kind: version 0.3 names the kind in every one.
    pub(super) fn with_kind(self, kind: &str, mut object: Value) -> Value {
        if self == Self::V0_3 {
            object["kind"] = json!(kind);
        }
        object
    }

    /// The result that tells this: version 1.0 says what it is in a wrapper around it.
    pub(super) fn wrapped(self, told: UpdateKind, object: Value) -> Value {
        match (self, told) {
            (Self::V0_3, _) => object,
            (Self::V1_0, UpdateKind::Task) => json!({"task": object}),
            (Self::V1_0, UpdateKind::Status) => json!({"statusUpdate": object}),
            (Self::V1_0, UpdateKind::Artifact) => json!({"artifactUpdate": object}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_method_tells_the_dialect() {
        for (name, method) in [
            ("message/send", (A2aVersion::V0_3, AgentMethod::Send)),
            ("SendMessage", (A2aVersion::V1_0, AgentMethod::Send)),
            (
                "tasks/resubscribe",
                (A2aVersion::V0_3, AgentMethod::Subscribe),
            ),
            (
                "SubscribeToTask",
                (A2aVersion::V1_0, AgentMethod::Subscribe),
            ),
            (
                "tasks/pushNotificationConfig/set",
                (A2aVersion::V0_3, AgentMethod::PushNotifications),
            ),
        ] {
            assert_eq!(AgentMethod::named(name), Some(method), "{name}");
        }
        for name in ["", "message", "sendMessage", "tasks/list"] {
            assert_eq!(AgentMethod::named(name), None, "{name}");
        }
    }

    #[test]
    fn states_are_read_in_both_dialects() {
        for state in TaskState::ALL {
            for dialect in [A2aVersion::V0_3, A2aVersion::V1_0] {
                assert_eq!(TaskState::from_word(state.word(dialect)), Some(state));
            }
            assert!(!(state.is_terminal() && state.is_under_way()));
        }
        assert_eq!(TaskState::from_word("TASK_STATE_REJECTED"), None);
    }

    #[test]
    fn other_versions_are_refused() {
        let with = |version: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(VERSION_HEADER, version.parse().unwrap());
            check_version(&headers)
        };
        for version in ["1.0", "1.0.0", "1.1", "1", "0.3", "0.3.0", ""] {
            with(version).unwrap();
        }
        for version in ["2.0", "0.2", "0.30", "x"] {
            let failure = with(version).unwrap_err();
            assert_eq!(
                failure.code(),
                AgentFailure::VERSION_NOT_SUPPORTED,
                "{version}"
            );
        }
        check_version(&HeaderMap::new()).unwrap();
    }
}
