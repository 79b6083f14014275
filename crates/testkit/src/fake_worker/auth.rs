//! `auth` calls: the test decides, or every bearer is who the token says.

use lgx_worker::RemoteError;
use serde_json::{Value, json};

use super::connection::{Answer, refusal};
use super::script::Script;

pub(super) async fn auth(script: &Script, request: &Value) -> Answer {
    script.deciding.pass().await;
    (script.auth)(request).map(|answer| (answer, Vec::new()))
}

/// Every `Bearer NAME` is the user `NAME`; every check passes.
pub(super) fn any_bearer(request: &Value) -> Result<Value, RemoteError> {
    let user = if request["authenticate"] == true {
        let headers = request["request"]["headers"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let token = headers
            .iter()
            .find(|header| header[0] == "authorization")
            .and_then(|header| header[1].as_str());
        match token.and_then(|token| token.strip_prefix("Bearer ")) {
            Some(name) => user(name),
            None => return Err(refusal("HTTPException", "Unauthorized", Some(401))),
        }
    } else if request["studio"] == true {
        user("langgraph-studio-user")
    } else {
        request["user"].clone()
    };
    let checks: Vec<Value> = checks(request)
        .map(|check| json!({"filter": null, "value": check["value"]}))
        .collect();
    Ok(json!({"user": user, "checks": checks}))
}

/// As [`any_bearer`], but everyone sees only what has their name as its `owner`, and what they make has it. Their items are in a namespace of
/// their name.
pub(super) fn owners(request: &Value) -> Result<Value, RemoteError> {
    let mut answer = any_bearer(request)?;
    let owner = answer["user"]["identity"].clone();
    let checks: Vec<Value> = checks(request)
        .map(|check| {
            let mut value = check["value"].clone();
            if check["resource"] == "store" {
                let namespace = value["namespace"].as_array().into_iter().flatten();
                let below: Vec<&Value> = [&owner].into_iter().chain(namespace).collect();
                let below = json!(below);
                value["namespace"] = below;
                return json!({"filter": null, "value": value});
            }
            value["metadata"]["owner"] = owner.clone();
            json!({"filter": {"owner": owner}, "value": value})
        })
        .collect();
    answer["checks"] = json!(checks);
    Ok(answer)
}

/// As [`owners`], but only these checks (`threads.read`) filter, and nothing else is narrowed down.
pub(super) fn owners_by(request: &Value, filtering: &[&str]) -> Result<Value, RemoteError> {
    let mut answer = owners(request)?;
    let answers = answer["checks"].as_array_mut().into_iter().flatten();
    for (check, answer) in checks(request).zip(answers) {
        let word = |key: &str| check[key].as_str().unwrap_or_default();
        let (resource, action) = (word("resource"), word("action"));
        if !filtering.contains(&&*format!("{resource}.{action}")) {
            answer["filter"] = Value::Null;
        }
        if !action.starts_with("create") {
            answer["value"] = check["value"].clone();
        }
    }
    Ok(answer)
}

fn checks(request: &Value) -> impl Iterator<Item = &Value> {
    request["checks"].as_array().into_iter().flatten()
}

fn user(identity: &str) -> Value {
    json!({"identity": identity, "display_name": identity, "is_authenticated": true, "permissions": []})
}
