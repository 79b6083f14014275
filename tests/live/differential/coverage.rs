//! Whether the scenarios ask every endpoint that the server describes.

use serde_json::Value;

use super::scenario::Scenario;

/// What cannot be compared: the official server has neither the first nor plain answers to the second. MCP, A2A and UI components are what
/// their official clients make of them, which are tested, and differ nearly everywhere from what that server answers.
const NOT_COMPARED: [&str; 9] = [
    "POST /internal/truncate",
    "GET /threads/{thread_id}/stream/events",
    "POST /mcp",
    "POST /a2a/{assistant_id}",
    "GET /a2a/{assistant_id}",
    "GET /a2a/{assistant_id}/.well-known/agent-card.json",
    "GET /.well-known/agent-card.json",
    "POST /ui/{graph_id}",
    "GET /ui/{graph_id}/{file}",
];

/// What the local Studio asks is this server's own.
const OF_STUDIO: &str = "/lgx/";

/// The endpoints that no scenario asks, and those that are said not to be compared but are.
pub(super) fn gaps(description: &Value, scenarios: &[Scenario]) -> Vec<String> {
    let steps = scenarios.iter().flat_map(|scenario| &scenario.steps);
    let requests: Vec<&str> = steps.map(|step| step.request.as_str()).collect();
    let mut gaps = Vec::new();
    let paths = description["paths"].as_object().into_iter().flatten();
    for (path, operations) in paths.filter(|(path, _)| !path.starts_with(OF_STUDIO)) {
        for method in operations
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys())
        {
            let endpoint = format!("{} {path}", method.to_uppercase());
            let asked = requests.iter().any(|request| is_of(request, &endpoint));
            if asked == NOT_COMPARED.contains(&endpoint.as_str()) {
                gaps.push(format!("{endpoint}: asked by a scenario: {asked}"));
            }
        }
    }
    gaps
}

/// Whether a request is one of an endpoint, whose path has `{placeholders}`.
fn is_of(request: &str, endpoint: &str) -> bool {
    let path = request.split('?').next().unwrap_or_default();
    let (asked, wanted) = (path.split('/'), endpoint.split('/'));
    asked.clone().count() == wanted.clone().count()
        && asked
            .zip(wanted)
            .all(|(asked, wanted)| wanted.starts_with('{') || asked == wanted)
}
