//! Commands of the event protocol as they arrive, and their answers.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::http::readable::Unreadable;
use crate::http::{ApiError, readable};

/// A command.
#[derive(Debug)]
pub(super) struct Command {
    /// The client's number for it.
    pub(super) id: u64,
    /// What is to be done.
    pub(super) method: String,
    /// With what; raw, because graphs get it as it was written.
    pub(super) params: Box<RawValue>,
}

/// Why a command was not carried out.
#[derive(Debug)]
pub(super) struct Failure {
    /// A word for programs.
    pub(super) code: &'static str,
    /// A sentence for people.
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The command does not have the right form.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("invalid_argument", message)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        if let Some(inside) = &error.inside {
            tracing::error!("a command failed: {inside:?}");
        }
        let message = format!("{}: {}", error.status.as_u16(), error.detail);
        Self::new("unknown_error", message)
    }
}

/// Why something is no command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It is not JSON.
    NotJson,
    /// It is JSON that nothing after this could read.
    Unreadable(Unreadable),
    /// It has no number, or no method; the number, if it has that.
    NoCommand(Option<u64>),
}

impl Command {
    /// Reads a command.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Broken> {
        #[derive(Deserialize)]
        struct Envelope {
            #[serde(default)]
            id: Value,
            #[serde(default)]
            method: Value,
            #[serde(default)]
            params: Option<Box<RawValue>>,
        }
        readable::check(text).map_err(Broken::Unreadable)?;
        let whole: &RawValue = serde_json::from_slice(text).map_err(|_| Broken::NotJson)?;
        let envelope: Envelope =
            serde_json::from_str(whole.get()).map_err(|_| Broken::NoCommand(None))?;
        let (Some(id), Value::String(method)) = (envelope.id.as_u64(), envelope.method) else {
            return Err(Broken::NoCommand(envelope.id.as_u64()));
        };
        Ok(Self {
            id,
            method,
            params: envelope.params.unwrap_or_else(|| RawValue::NULL.to_owned()),
        })
    }
}

impl Broken {
    /// The answer to what is no command.
    pub(super) fn answer(&self) -> Value {
        let (id, message) = match self {
            Self::NotJson => (None, "Protocol commands must be valid JSON.".to_owned()),
            Self::Unreadable(why) => (
                None,
                format!("Protocol commands must be valid JSON: {why}."),
            ),
            Self::NoCommand(id) => (
                *id,
                "Protocol commands must include an integer id and string method.".to_owned(),
            ),
        };
        json!({"type": "error", "id": id, "error": "invalid_argument", "message": message})
    }
}

/// The answer to a command. `through` is the number of the last event that the connection has brought; requests that are no
/// connection say 0, because clients begin to read there.
pub(super) fn answer(id: u64, outcome: Result<Value, Failure>, through: u64) -> Value {
    match outcome {
        Ok(result) => {
            json!({"type": "success", "id": id, "result": result, "meta": {"applied_through_seq": through}})
        }
        Err(Failure { code, message }) => {
            json!({"type": "error", "id": id, "error": code, "message": message})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_a_number_and_a_method() {
        let command = Command::parse(br#"{"id":7,"method":"run.start","params":{"n":1e300}}"#);
        let command = command.unwrap();
        assert_eq!((command.id, &*command.method), (7, "run.start"));
        assert_eq!(command.params.get(), r#"{"n":1e300}"#);
        assert_eq!(
            Command::parse(br#"{"id":7,"method":"x"}"#)
                .unwrap()
                .params
                .get(),
            "null"
        );
        for (text, broken) in [
            ("nope", Broken::NotJson),
            ("[]", Broken::NoCommand(None)),
            (
                r#"{"id":3,"method":"x","params":{"n":"\ud83d"}}"#,
                Broken::Unreadable(Unreadable::HalfOfAPair(r"\ud83d".into())),
            ),
            (r#"{"method":"x"}"#, Broken::NoCommand(None)),
            (r#"{"id":3}"#, Broken::NoCommand(Some(3))),
            (r#"{"id":-3,"method":"x"}"#, Broken::NoCommand(None)),
        ] {
            assert_eq!(
                Command::parse(text.as_bytes()).unwrap_err(),
                broken,
                "{text}"
            );
        }
    }

    #[test]
    fn answers_have_their_keys_in_order() {
        assert_eq!(
            answer(1, Ok(json!({})), 0).to_string(),
            r#"{"type":"success","id":1,"result":{},"meta":{"applied_through_seq":0}}"#
        );
        let failure = Failure::new("unknown_command", "Unknown protocol command: foo.bar");
        assert_eq!(
            answer(7, Err(failure), 0).to_string(),
            r#"{"type":"error","id":7,"error":"unknown_command","message":"Unknown protocol command: foo.bar"}"#
        );
    }
}
