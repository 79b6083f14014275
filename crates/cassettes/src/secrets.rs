//! The scan of a recording before it is written: shapes of keys, and what the request itself was allowed with.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use regex_lite::Regex;
use serde_json::Value;

use crate::digest;
use crate::stream;

/// What keys look like: a part that each of them has, what to call them, and all of it. The scan is for them alone, so that a text
/// without the part costs little.
const SHAPES: [(&str, &str, &str); 18] = [
    (
        "sk-ant-",
        "an API key of Anthropic",
        r"sk-ant-[0-9A-Za-z_-]{16,}",
    ),
    ("sk-", "an API key", r"sk-[0-9A-Za-z_-]{20,}"),
    ("AIza", "an API key of Google", r"AIza[0-9A-Za-z_-]{30,}"),
    ("KIA", "an access key of AWS", r"AKIA[0-9A-Z]{16}"),
    ("SIA", "an access key of AWS", r"ASIA[0-9A-Z]{16}"),
    ("gh", "a token of GitHub", r"gh[pousr]_[0-9A-Za-z]{30,}"),
    (
        "github_pat_",
        "a token of GitHub",
        r"github_pat_[0-9A-Za-z_]{30,}",
    ),
    ("glpat-", "a token of GitLab", r"glpat-[0-9A-Za-z_-]{20,}"),
    ("xox", "a token of Slack", r"xox[abeoprs]-[0-9A-Za-z-]{10,}"),
    ("hf_", "a token of Hugging Face", r"hf_[0-9A-Za-z]{30,}"),
    (
        "lsv2_",
        "an API key of LangSmith",
        r"lsv2_(?:pt|sk)_[0-9a-f_]{32,}",
    ),
    ("gsk_", "an API key of Groq", r"gsk_[0-9A-Za-z]{40,}"),
    ("xai-", "an API key of xAI", r"xai-[0-9A-Za-z]{40,}"),
    ("tvly-", "an API key of Tavily", r"tvly-[0-9A-Za-z-]{20,}"),
    (
        "pplx-",
        "an API key of Perplexity",
        r"pplx-[0-9A-Za-z]{40,}",
    ),
    (
        "k_live_",
        "an API key of Stripe",
        r"[sr]k_live_[0-9A-Za-z]{16,}",
    ),
    (
        "eyJ",
        "a JSON web token",
        r"eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
    ),
    (
        "earer ",
        "a bearer token",
        r"[Bb]earer [0-9A-Za-z._~+/-]{20,}",
    ),
];

/// How a private key begins. It has no digit, so it is not in the list.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Knows the shapes of secrets.
#[derive(Debug)]
pub(crate) struct Scan {
    shapes: Vec<(&'static str, &'static str, Regex)>,
    allowed: Vec<String>,
}

/// What a text has in it.
struct Found {
    what: &'static str,
    digest: Option<String>,
}

/// A secret: where, what it is, and the digest that allows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    pub(crate) place: String,
    pub(crate) what: &'static str,
    pub(crate) digest: Option<String>,
}

impl Found {
    fn at(self, place: &str) -> Secret {
        Secret {
            place: place.to_owned(),
            what: self.what,
            digest: self.digest,
        }
    }
}

impl Scan {
    /// `allowed` are digests of texts that are no secret, whatever they look like.
    pub(crate) fn new(allowed: Vec<String>) -> Self {
        let shapes = SHAPES.iter().filter_map(|(part, what, shape)| {
            // What stands before a key is no part of a word: `task-…` has no `sk-…` in it.
            let shape = Regex::new(&format!("(?:^|[^0-9A-Za-z_-])({shape})")).ok()?;
            Some((*part, *what, shape))
        });
        Self {
            shapes: shapes.collect(),
            allowed,
        }
    }

    /// The first secret in the document of a recording. `credentials` are values that are secret whatever they look like.
    pub(crate) fn first_in(&self, document: &Value, credentials: &[String]) -> Option<Secret> {
        let look = Look {
            scan: self,
            credentials,
        };
        look.within(document, "").or_else(|| look.across(document))
    }

    fn shape_in(&self, text: &str) -> Option<Found> {
        // Nobody knows where it ends, so all of the text stands for it.
        let key = text.contains(PRIVATE_KEY);
        let key = key.then(|| self.found("a private key", text)).flatten();
        let shapes = || {
            let shapes = self.shapes.iter().filter(|(part, ..)| text.contains(part));
            shapes.flat_map(|(_, what, shape)| {
                let all = shape.captures_iter(text).filter_map(|found| found.get(1));
                all.map(|found| (*what, found.as_str()))
            })
        };
        key.or_else(|| {
            shapes()
                .filter(|(_, found)| found.bytes().any(|byte| byte.is_ascii_digit()))
                .find_map(|(what, found)| self.found(what, found))
        })
    }

    /// What was found, if it is not allowed.
    fn found(&self, what: &'static str, text: &str) -> Option<Found> {
        let digest = digest::of_text(text);
        let digest = Some(digest).filter(|digest| !self.allowed.contains(digest))?;
        Some(Found {
            what,
            digest: Some(digest),
        })
    }
}

/// One look through a document.
struct Look<'a> {
    scan: &'a Scan,
    credentials: &'a [String],
}

impl Look<'_> {
    fn text(&self, text: &str) -> Option<Found> {
        if self
            .credentials
            .iter()
            .any(|value| text.contains(value.as_str()))
        {
            return Some(Found {
                what: "the key that the request was made with",
                digest: None,
            });
        }
        self.scan.shape_in(text)
    }

    fn within(&self, value: &Value, place: &str) -> Option<Secret> {
        let here = |found: Found| found.at(place);
        match value {
            Value::String(text) => self.text(text).map(here),
            Value::Number(number) => self.text(&number.to_string()).map(here),
            Value::Array(items) => {
                let mut items = items.iter().enumerate();
                items.find_map(|(number, item)| self.within(item, &format!("{place}[{number}]")))
            }
            Value::Object(fields) => fields.iter().find_map(|(name, value)| {
                // A name that is secret is not told in the place either.
                if let Some(found) = self.text(name) {
                    return Some(here(found));
                }
                let place = joined(place, name);
                let coded = (name == "base64").then(|| value.as_str()).flatten();
                let bytes = coded.and_then(|coded| BASE64.decode(coded).ok());
                match bytes.and_then(|bytes| self.text(&String::from_utf8_lossy(&bytes))) {
                    Some(found) => Some(found.at(&place)),
                    None => self.within(value, &place),
                }
            }),
            Value::Null | Value::Bool(_) => None,
        }
    }

    /// Looks for what is told bit by bit, in the texts that the events of a stream add up to.
    fn across(&self, document: &Value) -> Option<Secret> {
        let pieces = document.pointer("/response/chunks")?;
        let mut texts = BTreeMap::new();
        for event in stream::documents(pieces) {
            add_texts(event, "response.chunks[].data", &mut texts);
        }
        let plain = pieces.as_array()?.iter();
        let plain: String = plain.filter_map(|piece| piece.get(1)?.as_str()).collect();
        texts.insert("response.chunks".to_owned(), plain);
        let mut texts = texts.into_iter();
        texts.find_map(|(place, text)| self.text(&text).map(|found| found.at(&place)))
    }
}

fn add_texts(value: &Value, place: &str, texts: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => texts.entry(place.to_owned()).or_default().push_str(text),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                add_texts(item, &format!("{place}[{number}]"), texts);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                add_texts(value, &joined(place, name), texts);
            }
        }
        _ => {}
    }
}

fn joined(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}
