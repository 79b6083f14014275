//! What `auth.openapi` of langgraph.json says, put into the description: the schemes, and who may ask for what.

use serde_json::Value;

use super::merge::shape;

/// The schemes, and what is asked for where nothing else is said.
pub(crate) fn describe(document: &mut Value, auth: &Value) {
    if let Some(schemes) = auth.get("securitySchemes") {
        document["components"]["securitySchemes"] = schemes.clone();
    }
    if let Some(security) = auth.get("security") {
        document["security"] = security.clone();
    }
}

/// What single operations ask for, the project's own app's too, whatever its placeholders are called here and there. Operations that
/// there are not stay so.
pub(crate) fn describe_operations(document: &mut Value, auth: &Value) {
    let named = auth.get("paths").and_then(Value::as_object);
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for (path, methods) in named.into_iter().flatten() {
        let same = paths
            .iter_mut()
            .filter(|(known, _)| shape(known) == shape(path));
        for (_, operations) in same {
            for (method, security) in methods.as_object().into_iter().flatten() {
                if let Some(operation) = operations.get_mut(method.to_ascii_lowercase()) {
                    operation["security"] = security.clone();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_asks_for_what_is_said_of_it_and_the_rest_for_what_is_said_of_all() {
        let mut document = json!({
            "paths": {
                "/threads": {"post": {"summary": "Create"}},
                "/threads/{thread_id}": {"get": {"security": []}, "patch": {}},
            },
            "components": {"schemas": {}},
        });
        let auth = json!({
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "security": [{"token": []}],
            "paths": {
                "/threads": {"POST": [{"token": ["write"]}], "get": [{"token": []}]},
                "/threads/{id}": {"get": [{"token": ["read"]}]},
                "/nowhere": {"get": []},
            },
        });
        describe(&mut document, &auth);
        describe_operations(&mut document, &auth);
        let expected = json!({
            "paths": {
                "/threads": {"post": {"summary": "Create", "security": [{"token": ["write"]}]}},
                "/threads/{thread_id}": {"get": {"security": [{"token": ["read"]}]}, "patch": {}},
            },
            "components": {
                "schemas": {},
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"token": []}],
        });
        assert_eq!(document, expected);
    }
}
