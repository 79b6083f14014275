//! `/openapi.json` describes the server's routes and the app's.

use anyhow::Result;
use lgx_tests::DevServer;
use serde_json::json;

use super::{APP, project};

#[test]
fn the_description_is_the_servers_and_the_apps_and_follows_a_reload() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let document = client.get("/openapi.json")?.ok()?;
    let info = json!({"title": "Shop", "version": "7.1", "description": "Sells things."});
    assert_eq!(document["info"], info);
    assert_eq!(document["servers"], json!([{"url": server.url()}]));
    let paths = &document["paths"];
    assert_eq!(
        paths["/things"]["post"]["responses"]["201"]["description"],
        "Successful Response"
    );
    assert_eq!(
        paths["/threads/{thread_id}"]["get"]["summary"],
        "Get a thread"
    );
    // The app's own route of that path wins.
    assert_eq!(
        paths["/threads/search"]["post"]["summary"],
        "Search For Nothing"
    );
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"").skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        let target = document.pointer(pointer.trim_start_matches('#'));
        assert!(target.is_some(), "{pointer} leads nowhere");
    }

    let before = server.stderr().len();
    let failing =
        "\n\ndef fails():\n    raise RuntimeError(\"no words\")\n\n\napp.openapi = fails\n";
    let whole = project.read(APP)?;
    project.write(APP, &format!("{whole}{failing}"))?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    let document = client.get("/openapi.json")?.ok()?;
    assert_eq!(document["paths"]["/things"], json!(null));
    assert_eq!(
        document["paths"]["/threads/{thread_id}"]["get"]["summary"],
        "Get a thread"
    );
    server.wait_for_stderr(before, &["openapi", "no words"])?;
    Ok(())
}
