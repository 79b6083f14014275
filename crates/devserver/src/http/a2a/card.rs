//! The agent card: what an agent is called, what it can do, and where and how it is spoken to.

use axum::response::Response;
use http::HeaderMap;
use lgx_config::Config;
use lgx_model::Assistant;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::agent::Agent;
use super::input::InputFields;
use super::view::HISTORY_SCOPE;
use crate::http::entrance::Entrance;
use crate::http::{ApiError, Call, host, reply};

/// What goes in and out.
const MODES: [&str; 2] = ["application/json", "text/plain"];
/// The extension by which a client says how much of the history it wants.
const HISTORY_EXTENSION: &str = "https://langchain.com/a2a/extensions/history-scope/v1";

/// The card of an agent. Version 0.3 of the protocol reads `url`, `preferredTransport` and `protocolVersion`, version 1.0 reads
/// `supportedInterfaces`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct AgentCard {
    name: String,
    description: String,
    /// Where to send messages.
    url: String,
    preferred_transport: &'static str,
    protocol_version: &'static str,
    /// The same for each version that is spoken.
    supported_interfaces: Vec<Value>,
    capabilities: Value,
    default_input_modes: [&'static str; 2],
    default_output_modes: [&'static str; 2],
    skills: Vec<Value>,
    /// How clients say who they are, as `auth.openapi` of langgraph.json has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    security_schemes: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security: Option<Value>,
    /// That of the server.
    version: &'static str,
}

/// `GET /a2a/{assistant_id}` and `/a2a/{assistant_id}/.well-known/agent-card.json`
pub(in crate::http) async fn of_path(call: Call) -> Result<Response, ApiError> {
    let name = call.path_text("assistant_id").to_owned();
    answer(call, &name).await
}

/// `GET /.well-known/agent-card.json?assistant_id=…`
pub(in crate::http) async fn of_query(call: Call) -> Result<Response, ApiError> {
    let Some(name) = call.query_values("assistant_id").pop() else {
        call.authenticate().await?;
        return Err(ApiError::bad_request(
            "Missing required query parameter: assistant_id",
        ));
    };
    answer(call, &name).await
}

async fn answer(call: Call, name: &str) -> Result<Response, ApiError> {
    let agent = Agent::named(&call, name).await?;
    let fields = agent.input_fields(&call).await?;
    let config = call.app.engine.workers.config();
    let base = base_url(
        &call.headers,
        call.peer.entrance,
        &call.app.url,
        &config.http.mount_prefix,
    );
    let version = call.app.engine.options.version;
    Ok(reply::json(&card(
        &agent.assistant,
        &fields,
        &config,
        &base,
        version,
    )))
}

fn card(
    assistant: &Assistant,
    fields: &InputFields,
    config: &Config,
    base: &str,
    version: &'static str,
) -> AgentCard {
    let id = assistant.assistant_id;
    let url = format!("{base}/a2a/{id}");
    let interface = |version: &str| json!({"url": url, "protocolBinding": "JSONRPC", "protocolVersion": version});
    let name = &assistant.name;
    let of_graph = config.graph(&assistant.graph_id);
    let description = assistant
        .description
        .clone()
        .or_else(|| of_graph.and_then(|graph| graph.description.clone()))
        .filter(|description| !description.is_empty())
        .unwrap_or_else(|| format!("{name} assistant"));
    let auth = config.auth.as_ref().and_then(|auth| auth.openapi.as_ref());
    let of_auth = |key: &str| auth.and_then(|auth| auth.get(key)).cloned();
    AgentCard {
        name: name.clone(),
        supported_interfaces: vec![interface("1.0"), interface("0.3")],
        url,
        preferred_transport: "JSONRPC",
        protocol_version: "0.3.0",
        capabilities: json!({
            "streaming": true, "pushNotifications": false, "stateTransitionHistory": false,
            "extensions": [{
                "uri": HISTORY_EXTENSION, "required": false,
                "description": "Choose the messages of the task alone, or all of its context",
                "params": {"header": HISTORY_SCOPE, "values": ["context", "task"], "default": "context"},
            }],
        }),
        default_input_modes: MODES,
        default_output_modes: MODES,
        skills: vec![json!({
            "id": format!("{id}-main"), "name": format!("{name} Capabilities"), "description": description,
            "tags": ["assistant", "langgraph"], "examples": [], "inputModes": MODES, "outputModes": MODES,
            "metadata": {"inputSchema": {
                "required": fields.required, "properties": fields.names.clone().unwrap_or_default(),
                "supportsA2A": fields.take_messages(),
            }},
        })],
        description,
        security_schemes: of_auth("securitySchemes"),
        security: of_auth("security"),
        version,
    }
}

/// Where the client that asks reaches the server: under the name it has just used, which the guard has let in. A proxy or a tunnel says
/// whether it is spoken to in https.
fn base_url(headers: &HeaderMap, entrance: Entrance, own: &str, prefix: &str) -> String {
    let Some(host) = host::of(headers) else {
        return format!("{own}{prefix}");
    };
    let is_https = headers
        .get("x-forwarded-proto")
        .is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
    let scheme = if is_https { "https" } else { entrance.scheme() };
    format!("{scheme}://{host}{prefix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_the_one_that_the_client_can_reach() {
        let with = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                let value = http::HeaderValue::from_static(value);
                (http::HeaderName::from_static(name), value)
            });
            let headers: HeaderMap = pairs.collect();
            let own = "http://127.0.0.1:1";
            let over_tls = base_url(&headers, Entrance::Tls, "https://127.0.0.1:1", "/pre");
            assert!(over_tls.starts_with("https://"), "{over_tls}");
            base_url(&headers, Entrance::Plain, own, "/pre")
        };
        assert_eq!(with(&[]), "http://127.0.0.1:1/pre");
        assert_eq!(with(&[("host", "localhost:1")]), "http://localhost:1/pre");
        assert_eq!(
            with(&[("host", "a.example"), ("x-forwarded-proto", "https")]),
            "https://a.example/pre"
        );
    }
}
