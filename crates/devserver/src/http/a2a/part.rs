//! The parts of a message: text, data and files, as clients of either version write them.

use lgx_model::JsonObject;
use serde_json::{Value, json};

use super::dialect::A2aVersion;

/// One part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MessagePart {
    /// What is in it.
    pub(super) content: PartContent,
    /// What is said about it.
    pub(super) metadata: Option<JsonObject>,
}

/// What is in a part.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PartContent {
    /// Text.
    Text(String),
    /// JSON.
    Data(Value),
    /// A file, in the part or elsewhere.
    File(PartFile),
}

/// A file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PartFile {
    /// Its name.
    pub(super) name: Option<String>,
    /// Its media type.
    pub(super) media_type: Option<String>,
    /// Where it is.
    pub(super) place: FilePlace,
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FilePlace {
    /// Here, in base64.
    Here(String),
    /// At a URL.
    At(String),
}

impl From<PartContent> for MessagePart {
    fn from(content: PartContent) -> Self {
        Self {
            content,
            metadata: None,
        }
    }
}

impl MessagePart {
    /// A part of text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        PartContent::Text(text.into()).into()
    }

    /// Reads a part, in either dialect.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(part: &Value) -> Result<Self, String> {
        let text = |object: &Value, key: &str| object[key].as_str().map(str::to_owned);
        // Version 1.0 has a file's fields in the part itself.
        let file = part.get("file").unwrap_or(part);
        let place = text(file, "bytes")
            .or_else(|| text(file, "raw"))
            .map(FilePlace::Here)
            .or_else(|| {
                let url = text(file, "uri").or_else(|| text(file, "url"));
                url.map(FilePlace::At)
            });
        let content = if let Some(text) = text(part, "text") {
            PartContent::Text(text)
        } else if let Some(data) = part.get("data") {
            PartContent::Data(data.clone())
        } else if let Some(place) = place {
            PartContent::File(PartFile {
                name: text(file, "name").or_else(|| text(file, "filename")),
                media_type: text(file, "mimeType").or_else(|| text(file, "mediaType")),
                place,
            })
        } else {
            return Err(
                "a part is text (`text`), data (`data`) or a file (`file` with `bytes` or `uri`; in version 1.0 `raw` or `url`)"
                    .into(),
            );
        };
        Ok(Self {
            content,
            metadata: part["metadata"].as_object().cloned(),
        })
    }

    /// The part as a client of this dialect reads it.
    pub(super) fn written(&self, dialect: A2aVersion) -> Value {
        let mut part = match (&self.content, dialect) {
            (PartContent::Text(text), _) => dialect.with_kind("text", json!({"text": text})),
            (PartContent::Data(data), A2aVersion::V1_0) => json!({"data": data}),
            // Version 0.3 has objects only.
            (PartContent::Data(data @ Value::Object(_)), A2aVersion::V0_3) => {
                dialect.with_kind("data", json!({"data": data}))
            }
            (PartContent::Data(data), A2aVersion::V0_3) => {
                dialect.with_kind("text", json!({"text": data.to_string()}))
            }
            (PartContent::File(file), _) => file.written(dialect),
        };
        if let Some(metadata) = &self.metadata {
            part["metadata"] = json!(metadata);
        }
        part
    }
}

impl PartFile {
    fn written(&self, dialect: A2aVersion) -> Value {
        let (here, at, name, media_type) = match dialect {
            A2aVersion::V0_3 => ("bytes", "uri", "name", "mimeType"),
            A2aVersion::V1_0 => ("raw", "url", "filename", "mediaType"),
        };
        let mut file = match &self.place {
            FilePlace::Here(bytes) => json!({here: bytes}),
            FilePlace::At(url) => json!({at: url}),
        };
        if let Some(given) = &self.name {
            file[name] = json!(given);
        }
        if let Some(given) = &self.media_type {
            file[media_type] = json!(given);
        }
        match dialect {
            A2aVersion::V0_3 => dialect.with_kind("file", json!({"file": file})),
            A2aVersion::V1_0 => file,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_and_written_in_both_dialects() {
        for (old, new) in [
            (json!({"text": "a", "kind": "text"}), json!({"text": "a"})),
            (
                json!({"data": {"a": 1}, "kind": "data", "metadata": {"b": 2}}),
                json!({"data": {"a": 1}, "metadata": {"b": 2}}),
            ),
            (
                json!({"file": {"bytes": "aGk=", "name": "a.txt", "mimeType": "text/plain"}, "kind": "file"}),
                json!({"raw": "aGk=", "filename": "a.txt", "mediaType": "text/plain"}),
            ),
            (
                json!({"file": {"uri": "https://a.example/b"}, "kind": "file"}),
                json!({"url": "https://a.example/b"}),
            ),
        ] {
            let read = MessagePart::read(&old).unwrap();
            assert_eq!(read, MessagePart::read(&new).unwrap());
            assert_eq!(read.written(A2aVersion::V0_3), old);
            assert_eq!(read.written(A2aVersion::V1_0), new);
        }
    }

    #[test]
    fn data_that_is_no_object_is_text_in_the_old_dialect() {
        let part = MessagePart::read(&json!({"data": [1]})).unwrap();
        assert_eq!(
            part.written(A2aVersion::V0_3),
            json!({"text": "[1]", "kind": "text"})
        );
        assert_eq!(part.written(A2aVersion::V1_0), json!({"data": [1]}));
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for part in [
            json!({}),
            json!(7),
            json!("text"),
            json!({"kind": "file", "file": {"name": "a"}}),
            json!({"text": 7}),
        ] {
            let wrong = MessagePart::read(&part).unwrap_err();
            assert!(wrong.contains("`text`"), "{part}: {wrong}");
        }
    }
}
