//! A recording, and the file that it is: JSON that a person reads in a diff.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::error::LibraryError;
use crate::request::Request;
use crate::response::{Body, Response};
use crate::stream;
use crate::tokens::Tokens;

/// The version of the format, which a file says of itself.
const VERSION: u64 = 1;

/// A request with the answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its file, from the folder of the library on: `api.openai.com/3f9c0a51b2d44e77-1.json`.
    pub name: String,
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
    /// The day, as `2026-11-26`.
    pub recorded: String,
    /// What it took, if the answer says so.
    pub tokens: Option<Tokens>,
}

impl Recording {
    /// The JSON of its file.
    pub fn to_json(&self) -> Value {
        let mut request = json!({
            "method": self.request.method(),
            "host": self.request.host(),
            "path": self.request.path(),
        });
        put_bytes(&mut request, self.request.body());
        let headers = self.response.headers().iter();
        let headers: Map<String, Value> = headers
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        let mut response = json!({"status": self.response.status(), "headers": headers});
        let media_type = self.response.media_type();
        match self.response.body() {
            Body::Chunks(chunks) if media_type != "application/json" => {
                response["chunks"] = stream::to_json(&media_type, chunks).into();
            }
            whole => put_bytes(&mut response, &whole.bytes()),
        }
        let tokens = match response.get("chunks") {
            Some(pieces) => Tokens::said_in(stream::documents(pieces)),
            None => Tokens::said_in(response.get("body")),
        };
        let mut document = json!({
            "lgx": VERSION,
            "request": request,
            "response": response,
            "recorded": self.recorded,
        });
        if let Some(tokens) = tokens {
            document["usage"] = json!(tokens);
        }
        document
    }

    /// A recording from the text of its file.
    pub(crate) fn read(name: &str, path: &Path, text: &str) -> Result<Self, LibraryError> {
        let error = |place: String, reason: String| LibraryError::NotARecording {
            path: path.to_owned(),
            place,
            reason,
        };
        let document: Value = serde_json::from_str(text).map_err(|wrong| {
            let reason = wrong.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            error(format!(":{}", wrong.line()), reason.to_owned())
        })?;
        match document.get("lgx").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(other) => {
                let reason =
                    format!("it is of version {other} of the format, this lgx knows {VERSION}");
                return Err(error(String::new(), reason));
            }
            None => {
                let reason = "it is no recording (it has no `lgx`)".to_owned();
                return Err(error(String::new(), reason));
            }
        }
        Self::from_json(name, &document).map_err(|missing| {
            let reason = format!("`{missing}` is missing or not what it should be");
            error(String::new(), reason)
        })
    }

    /// `Err` names what is missing.
    fn from_json(name: &str, document: &Value) -> Result<Self, &'static str> {
        let text = |pointer: &'static str| {
            let found = document.pointer(pointer).and_then(Value::as_str);
            found.ok_or(pointer)
        };
        let request = Request::new(
            text("/request/method")?,
            text("/request/host")?,
            text("/request/path")?,
            bytes_of(&document["request"]).ok_or("/request")?,
        );
        let response = &document["response"];
        let status = response["status"].as_u64().map(u16::try_from);
        let Some(Ok(status)) = status else {
            return Err("/response/status");
        };
        let headers = response["headers"].as_object();
        let headers = headers.ok_or("/response/headers")?.iter();
        let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        let body = match response.get("chunks") {
            Some(pieces) => Body::Chunks(stream::from_json(pieces).ok_or("/response/chunks")?),
            None => Body::Whole(bytes_of(response).ok_or("/response")?),
        };
        Ok(Self {
            name: name.to_owned(),
            request,
            response: Response::new(status, headers, body),
            recorded: text("/recorded")?.to_owned(),
            tokens: document
                .get("usage")
                .and_then(|usage| serde_json::from_value(usage.clone()).ok()),
        })
    }
}

/// Puts bytes where they are read best: JSON as `body`, other text as `text`, anything else as `base64`.
fn put_bytes(place: &mut Value, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
        place["body"] = json;
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        place["text"] = text.into();
    } else {
        place["base64"] = BASE64.encode(bytes).into();
    }
}

fn bytes_of(place: &Value) -> Option<Vec<u8>> {
    if let Some(json) = place.get("body") {
        Some(json.to_string().into_bytes())
    } else if let Some(text) = place.get("text") {
        Some(text.as_str()?.to_owned().into_bytes())
    } else if let Some(coded) = place.get("base64") {
        BASE64.decode(coded.as_str()?).ok()
    } else {
        Some(Vec::new())
    }
}
