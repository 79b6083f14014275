//! Who asks, as the app learns it: not at all, for its own routes, or in front of its middleware.

use anyhow::Result;
use lgx_tests::{Client, DevServer, Project};
use serde_json::{Value, json};

use super::{project, serve};

/// A server of the shop with auth and these keys of `http`.
fn shop(keys: &Value) -> Result<(Project, DevServer)> {
    let project = project()?;
    let mut http = json!({"app": "./src/app.py:app"});
    if let (Some(http), Some(keys)) = (http.as_object_mut(), keys.as_object()) {
        http.extend(keys.clone());
    }
    let config = json!({
        "dependencies": ["."],
        "graphs": {"agent": "./src/graph.py:graph"},
        "auth": {"path": "./src/auth.py:auth"},
        "http": http,
    });
    project.write("langgraph.json", &config.to_string())?;
    let server = serve(&project)?;
    Ok((project, server))
}

fn ann(server: &DevServer) -> Client {
    server.client().with_header("authorization", "Bearer ann")
}

#[test]
fn without_a_key_its_routes_are_open_and_nobody_is_known() -> Result<()> {
    let (_project, server) = shop(&json!({}))?;
    let nobody = json!({"route": null, "middleware": null});
    assert_eq!(server.client().get("/whoami")?.ok()?, nobody);
    assert_eq!(ann(&server).get("/whoami")?.ok()?, nobody);
    // The server's own routes ask as ever, behind the middleware.
    let refused = server.client().post("/threads", &json!({}))?;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()?, json!({"detail": "who are you?"}));
    assert_eq!(refused.header("x-app"), Some("one"));
    let thread = ann(&server).post("/threads", &json!({}))?;
    assert_eq!(thread.status, 200);
    assert_eq!(thread.header("x-seen"), Some("None"));
    Ok(())
}

#[test]
fn its_routes_ask_who_it_is_if_they_are_to() -> Result<()> {
    let (_project, server) = shop(&json!({"enable_custom_route_auth": true}))?;
    let known = json!({"route": "ann", "middleware": null});
    assert_eq!(ann(&server).get("/whoami")?.ok()?, known);
    for path in ["/whoami", "/hello", "/static/digits.txt"] {
        let refused = server.client().get(path)?;
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.json()?, json!({"detail": "who are you?"}));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        assert_eq!(refused.header("x-app"), Some("one"), "{path}");
    }
    for open in ["/ok", "/info", "/docs"] {
        assert_eq!(server.client().get(open)?.status, 200, "{open}");
    }
    Ok(())
}

#[test]
fn it_asks_the_server_as_whoever_asks_it_and_afterwards_as_nobody() -> Result<()> {
    for keys in [json!({}), json!({"enable_custom_route_auth": true})] {
        let (_project, server) = shop(&keys)?;
        let nothing = json!({});
        for name in ["ann", "bob"] {
            let token = format!("Bearer {name}");
            let client = server.client().with_header("authorization", &token);
            let mine = client.post("/mine", &nothing)?;
            assert_eq!(mine.ok()?, json!({"owner": name}));
            assert_eq!(ann(&server).get("/happened/background")?.ok()?, "401");
        }
        assert_ne!(server.client().post("/mine", &nothing)?.status, 200);
    }
    Ok(())
}

#[test]
fn auth_may_come_before_the_middleware() -> Result<()> {
    let keys = json!({"enable_custom_route_auth": true, "middleware_order": "auth_first"});
    let (_project, server) = shop(&keys)?;
    let known = json!({"route": "ann", "middleware": "ann"});
    assert_eq!(ann(&server).get("/whoami")?.ok()?, known);
    let thread = ann(&server).post("/threads", &json!({}))?;
    assert_eq!((thread.status, thread.header("x-seen")), (200, Some("ann")));
    for (method, path) in [("GET", "/whoami"), ("POST", "/threads")] {
        let refused = server.client().ask(method, path, Some(&json!({})))?;
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.json()?, json!({"detail": "who are you?"}));
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        assert_eq!(
            refused.header("x-app"),
            None,
            "the middleware has seen {path}"
        );
    }
    Ok(())
}
