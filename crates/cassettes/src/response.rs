//! What a model answered: its status, the few headers that clients go by, and its body, whole or as it came.

use std::time::Duration;

/// The headers that are kept: what the SDKs of models decide by. All others, cookies and the ids of accounts among them, are dropped.
const KEPT_HEADERS: [&str; 5] = [
    "content-type",
    "retry-after",
    "retry-after-ms",
    "x-amzn-errortype",
    "x-should-retry",
];

/// An answer. The body is what it is after decompression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

/// The bytes of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it at once.
    Whole(Vec<u8>),
    /// A stream.
    Chunks(Vec<Chunk>),
}

/// A piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When it came, from the head of the answer on.
    pub after: Duration,
    /// What came.
    pub bytes: Vec<u8>,
}

impl Response {
    /// An answer with those of its headers that are kept, in the order of their names.
    pub fn new<'a>(
        status: u16,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: Body,
    ) -> Self {
        let mut headers: Vec<(String, String)> = headers
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str()))
            .collect();
        headers.sort();
        Self {
            status,
            headers,
            body,
        }
    }

    /// The status of HTTP.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers that are kept, their names in small letters.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The bytes.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Takes the bytes out.
    pub fn into_body(self) -> Body {
        self.body
    }

    /// The value of a header that is kept.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the answer is what was asked for, and no error.
    pub fn is_success(&self) -> bool {
        self.status < 400
    }

    /// The type of the body without its parameters, in small letters.
    pub(crate) fn media_type(&self) -> String {
        let whole = self.header("content-type").unwrap_or_default();
        let name = whole.split(';').next().unwrap_or_default();
        name.trim().to_ascii_lowercase()
    }
}

impl Body {
    /// All bytes, those of a stream one after the other.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Body::Whole(bytes) => bytes.clone(),
            Body::Chunks(chunks) => chunks
                .iter()
                .flat_map(|chunk| chunk.bytes.clone())
                .collect(),
        }
    }
}
