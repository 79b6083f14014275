//! Forms of values in requests that JSON allows and clients use: absent told apart from null, whole floats, one value or a list.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// For optional fields that may be left out but not be null: deserializes what is there.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// An integer that may be written with a fraction of zero (`2.0`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegralFloat(pub i64);

impl<'de> Deserialize<'de> for IntegralFloat {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be whole and small enough"
    )]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        if let Some(integer) = number.as_i64() {
            return Ok(Self(integer));
        }
        match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Ok(Self(float as i64)),
            _ => Err(D::Error::custom(format!(
                "{number} is not of type \"integer\""
            ))),
        }
    }
}

impl JsonSchema for IntegralFloat {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "integer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        i64::json_schema(generator)
    }
}

/// A single value, or a list of them.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(inline, untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Any number.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

// Not derived: the error of an untagged enum does not say what is wrong with the value.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a single value, or a list of them")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
        T::deserialize(word.into_deserializer()).map(OneOrMany::One)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(OneOrMany::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, words: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(words)).map(OneOrMany::Many)
    }
}
