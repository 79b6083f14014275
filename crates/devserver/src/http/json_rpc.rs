//! JSON-RPC 2.0, which the protocols for agents and tools are spoken in: reading one message, and writing what answers it.

use bytes::Bytes;
use lgx_model::json_words;
use lgx_model::{JsonObject, RawJson};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::readable;

/// The only version there is.
const VERSION: &str = "2.0";

/// A request or a notification, as the description of the API has it.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "describes what `read` reads")]
pub(crate) struct JsonRpcBody {
    /// `2.0`
    jsonrpc: String,
    /// Text or a number; a message without it wants no answer.
    #[serde(default)]
    id: Value,
    /// What is to be done.
    method: String,
    /// With what.
    #[serde(default)]
    params: JsonObject,
}

/// An answer with a result, as the description of the API has it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JsonRpcReply {
    /// `2.0`
    jsonrpc: String,
    /// That of the request.
    id: Value,
    /// What the method gives.
    result: Value,
}

/// An answer without a result, as the description of the API has it.
#[derive(Debug, Serialize, JsonSchema)]
#[cfg_attr(not(test), expect(dead_code, reason = "tests describe it"))]
pub(crate) struct JsonRpcRefusal {
    /// `2.0`
    jsonrpc: String,
    /// That of the request; null where it could not be read that far.
    id: Value,
    /// Why there is no result.
    error: JsonRpcError,
}

/// A message that a client has sent.
#[derive(Debug)]
pub(crate) enum JsonRpcMessage {
    /// It wants an answer under this id.
    Request(RawJson, JsonRpcCall),
    /// It wants none.
    Notification(JsonRpcCall),
    /// It answers something that the server would have had to ask.
    Answer,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct JsonRpcCall {
    /// The name of the method.
    pub method: String,
    /// What it takes; null where the message has none.
    pub params: RawJson,
}

impl JsonRpcCall {
    /// What the method takes, in this form. Where the message has no `params`, they are an empty object.
    ///
    /// # Errors
    /// `INVALID_PARAMS`, with what is wrong.
    pub(crate) fn params<'a, T: Deserialize<'a>>(&'a self) -> Result<T, JsonRpcError> {
        let text = if self.params.is_null() {
            "{}"
        } else {
            self.params.get()
        };
        serde_json::from_str(text).map_err(|error| {
            let why = json_words::of(&error);
            JsonRpcError::new(
                JsonRpcError::INVALID_PARAMS,
                format!("Invalid params: {why}"),
            )
        })
    }
}

/// Why a request is not answered with a result.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct JsonRpcError {
    /// Which kind of error it is, for programs.
    pub code: i32,
    /// What is wrong, for people.
    pub message: String,
    /// More about it, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl JsonRpcError {
    /// The message is no JSON.
    pub(crate) const PARSE_ERROR: i32 = -32700;
    /// It is JSON, but no message.
    pub(crate) const INVALID_REQUEST: i32 = -32600;
    /// There is no such method.
    pub(crate) const METHOD_NOT_FOUND: i32 = -32601;
    /// The method takes something else.
    pub(crate) const INVALID_PARAMS: i32 = -32602;
    /// It is not the client's fault.
    pub(crate) const INTERNAL_ERROR: i32 = -32603;

    /// An error of this kind that says `message`.
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// There is no method of this name.
    pub(crate) fn no_such_method(method: &str) -> Self {
        Self::new(
            Self::METHOD_NOT_FOUND,
            format!("Method not found: {method}"),
        )
    }

    /// The answer that says so to the request of this id; null where the request could not be read that far.
    pub(crate) fn answer(&self, id: &RawJson) -> Bytes {
        written(&WrittenError {
            jsonrpc: VERSION,
            id,
            error: self,
        })
    }
}

/// The answer with a result, to the request of this id.
pub(crate) fn answer<T: Serialize>(id: &RawJson, result: &T) -> Bytes {
    written(&WrittenResult {
        jsonrpc: VERSION,
        id,
        result,
    })
}

/// A message to the client that wants no answer.
pub(crate) fn notification<T: Serialize>(method: &str, params: &T) -> Bytes {
    written(&WrittenNotification {
        jsonrpc: VERSION,
        method,
        params,
    })
}

/// Reads one message.
///
/// # Errors
/// What to answer instead, and the id that the answer is for: null where it cannot be told.
pub(crate) fn read(body: &[u8]) -> Result<JsonRpcMessage, (RawJson, JsonRpcError)> {
    let unparsable = |why: String| {
        let error = JsonRpcError::new(JsonRpcError::PARSE_ERROR, format!("Invalid JSON: {why}"));
        (RawJson::null(), error)
    };
    readable::check(body).map_err(|why| unparsable(why.to_string()))?;
    let message: &RawValue =
        serde_json::from_slice(body).map_err(|error| unparsable(error.to_string()))?;
    let no_message = || invalid(RawJson::null(), "expected a single JSON-RPC message");
    // A struct could also be read from a list.
    if !message.get().starts_with('{') {
        return Err(no_message());
    }
    let message: Received = serde_json::from_str(message.get()).map_err(|_| no_message())?;
    message.check()
}

fn invalid(id: RawJson, why: &str) -> (RawJson, JsonRpcError) {
    let code = JsonRpcError::INVALID_REQUEST;
    (
        id,
        JsonRpcError::new(code, format!("Invalid request: {why}")),
    )
}

/// A message as it comes, of which nothing is known yet.
#[derive(Deserialize)]
struct Received {
    #[serde(default)]
    jsonrpc: Option<RawJson>,
    #[serde(default)]
    id: Option<RawJson>,
    #[serde(default)]
    method: Option<RawJson>,
    #[serde(default)]
    params: Option<RawJson>,
    #[serde(default)]
    result: Option<RawJson>,
    #[serde(default)]
    error: Option<RawJson>,
}

impl Received {
    fn check(self) -> Result<JsonRpcMessage, (RawJson, JsonRpcError)> {
        let id = match self.id {
            Some(id) if id.get().starts_with(['"', '-']) => Some(id),
            Some(id) if id.get().starts_with(|first: char| first.is_ascii_digit()) => Some(id),
            Some(_) => {
                return Err(invalid(
                    RawJson::null(),
                    "`id` is neither text nor a number",
                ));
            }
            None => None,
        };
        let known = || id.clone().unwrap_or_else(RawJson::null);
        if self
            .jsonrpc
            .is_none_or(|version| version.get() != r#""2.0""#)
        {
            return Err(invalid(known(), "`jsonrpc` is not \"2.0\""));
        }
        let Some(method) = self.method else {
            return match self.result.or(self.error) {
                Some(_) => Ok(JsonRpcMessage::Answer),
                None => Err(invalid(known(), "`method` is missing")),
            };
        };
        let Ok(method) = method.parse() else {
            return Err(invalid(known(), "`method` is not text"));
        };
        let params = self.params.unwrap_or_else(RawJson::null);
        let call = JsonRpcCall { method, params };
        Ok(match id {
            Some(id) => JsonRpcMessage::Request(id, call),
            None => JsonRpcMessage::Notification(call),
        })
    }
}

#[derive(Serialize)]
struct WrittenResult<'a, T> {
    jsonrpc: &'static str,
    id: &'a RawJson,
    result: &'a T,
}

#[derive(Serialize)]
struct WrittenError<'a> {
    jsonrpc: &'static str,
    id: &'a RawJson,
    error: &'a JsonRpcError,
}

#[derive(Serialize)]
struct WrittenNotification<'a, T> {
    jsonrpc: &'static str,
    method: &'a str,
    params: &'a T,
}

fn written<T: Serialize>(message: &T) -> Bytes {
    // Everything that is answered has keys of text.
    serde_json::to_vec(message).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(body: &str) -> (Value, i32) {
        let (id, error) = read(body.as_bytes()).unwrap_err();
        (id.parse().unwrap(), error.code)
    }

    #[test]
    fn a_message_is_a_request_a_notification_or_an_answer() {
        let request = read(br#"{"jsonrpc": "2.0", "id": 7, "method": "ping"}"#).unwrap();
        let JsonRpcMessage::Request(id, call) = request else {
            panic!("{request:?}");
        };
        assert_eq!((id.get(), &*call.method), ("7", "ping"));
        assert_eq!(call.params::<Value>().unwrap(), json!({}));
        let told = read(br#"{"jsonrpc": "2.0", "method": "a", "params": {"b": 1}}"#).unwrap();
        let JsonRpcMessage::Notification(call) = told else {
            panic!("{told:?}");
        };
        assert_eq!(call.params::<Value>().unwrap(), json!({"b": 1}));
        for answer in [
            r#"{"jsonrpc": "2.0", "id": "a", "result": {}}"#,
            r#"{"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}}"#,
        ] {
            let answer = read(answer.as_bytes()).unwrap();
            assert!(matches!(answer, JsonRpcMessage::Answer), "{answer:?}");
        }
    }

    #[test]
    fn what_is_no_message_is_told_so_under_its_id() {
        let null = Value::Null;
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for (body, id, code) in [
            ("", null.clone(), JsonRpcError::PARSE_ERROR),
            ("{", null.clone(), JsonRpcError::PARSE_ERROR),
            (&deep, null.clone(), JsonRpcError::PARSE_ERROR),
            ("[]", null.clone(), JsonRpcError::INVALID_REQUEST),
            ("[{}]", null.clone(), JsonRpcError::INVALID_REQUEST),
            ("7", null.clone(), JsonRpcError::INVALID_REQUEST),
            ("{}", null.clone(), JsonRpcError::INVALID_REQUEST),
            (
                r#"{"jsonrpc": "2.0", "id": 3}"#,
                json!(3),
                JsonRpcError::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc": "1.0", "id": "x", "method": "ping"}"#,
                json!("x"),
                JsonRpcError::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc": "2.0", "id": 1, "method": 5}"#,
                json!(1),
                JsonRpcError::INVALID_REQUEST,
            ),
            (
                r#"{"jsonrpc": "2.0", "id": {}, "method": "ping"}"#,
                null,
                JsonRpcError::INVALID_REQUEST,
            ),
        ] {
            assert_eq!(refusal(body), (id, code), "{body}");
        }
    }

    #[test]
    fn params_that_do_not_fit_are_told_so() {
        let call = JsonRpcCall {
            method: "a".into(),
            params: RawJson::of(&json!([1])),
        };
        let error = call.params::<lgx_model::JsonObject>().unwrap_err();
        assert_eq!(error.code, JsonRpcError::INVALID_PARAMS);
    }

    #[test]
    fn answers_have_the_id_as_it_came() {
        let id = RawJson::from_text("12345678901234567890123".into()).unwrap();
        assert_eq!(
            answer(&id, &json!({})),
            r#"{"jsonrpc":"2.0","id":12345678901234567890123,"result":{}}"#
        );
        assert_eq!(
            JsonRpcError::no_such_method("nope").answer(&id),
            r#"{"jsonrpc":"2.0","id":12345678901234567890123,"error":{"code":-32601,"message":"Method not found: nope"}}"#
        );
        assert_eq!(
            notification("a/b", &json!({"c": 1})),
            r#"{"jsonrpc":"2.0","method":"a/b","params":{"c":1}}"#
        );
    }
}
