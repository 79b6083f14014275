//! What a client may wish for an item that it puts: by which texts it is found, and how long it lives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What of an item is embedded.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged, expecting = "it is neither false nor a list of paths")]
#[schemars(inline)]
pub(super) enum Index {
    /// Nothing.
    Off(False),
    /// The texts at these paths.
    Fields(Vec<String>),
}

/// `false`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "bool", into = "bool")]
#[schemars(inline, extend("const" = false))]
pub(super) struct False;

impl TryFrom<bool> for False {
    type Error = &'static str;

    fn try_from(flag: bool) -> Result<Self, Self::Error> {
        if flag {
            Err("true says nothing")
        } else {
            Ok(Self)
        }
    }
}

impl From<False> for bool {
    fn from(_: False) -> Self {
        false
    }
}

/// How long an item is to live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(try_from = "Option<f64>")]
pub(super) enum ItemTtl {
    /// As long as langgraph.json says.
    #[default]
    Configured,
    /// For ever.
    Unlimited,
    /// So many minutes.
    Minutes(f64),
}

impl TryFrom<Option<f64>> for ItemTtl {
    type Error = String;

    fn try_from(minutes: Option<f64>) -> Result<Self, Self::Error> {
        match minutes {
            None => Ok(Self::Unlimited),
            Some(minutes) if minutes > 0.0 => Ok(Self::Minutes(minutes)),
            Some(minutes) => Err(format!(
                "{minutes} is not a time to live: it is counted in minutes and more than 0"
            )),
        }
    }
}

impl ItemTtl {
    /// How many minutes, none for ever.
    pub(super) const fn minutes(self, configured: Option<f64>) -> Option<f64> {
        match self {
            Self::Configured => configured,
            Self::Unlimited => None,
            Self::Minutes(minutes) => Some(minutes),
        }
    }
}
