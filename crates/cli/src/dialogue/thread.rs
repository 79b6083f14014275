//! The thread that a graph is talked to on.

use anyhow::Context as _;
use serde_json::json;

use super::turn::advised;
use crate::client::AgentClient;

/// The one that was named, which the first run makes if it is not there; else a new one.
pub(crate) async fn settle(client: &AgentClient, named: Option<&str>) -> anyhow::Result<String> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let thread = client.post("/threads", &json!({})).await.map_err(advised)?;
    let id = thread["thread_id"].as_str();
    Ok(id
        .context("the server made a thread without an id")?
        .to_owned())
}

/// Whether this can be the id of a thread: nothing else may come into an address.
pub(crate) fn is_id(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    let is_hexadecimal = |character: char| character.is_ascii_hexdigit() || character == '-';
    parts == [8, 4, 4, 4, 12] && text.chars().all(is_hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_named_by_a_uuid() {
        assert!(is_id("01a2211f-5ff1-7474-a124-b5c58269e01a"));
        for wrong in [
            "",
            "mine",
            "../../threads",
            "01a2211f-5ff1-7474-a124-b5c58269e01g",
        ] {
            assert!(!is_id(wrong), "{wrong}");
        }
    }
}
