//! Graphs in TypeScript and JavaScript, served as those in Python are: runs, questions, state, reload, errors, auth, kill -9.

use std::io::Write as _;

use anyhow::{Context, Result, ensure};
use lgx_tests::{DevServer, Project, node_env, why_no_node};
use serde_json::{Value, json};

/// The project, with its packages beside it; none where there is no Node.
pub(super) fn project() -> Result<Option<Project>> {
    if let Some(reason) = why_no_node() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: graphs in JavaScript are not served: {reason}"
        )?;
        return Ok(None);
    }
    let packages = node_env("projects/javascript")?.join("node_modules");
    let project = Project::copy_of("javascript")?;
    fs_err::os::unix::fs::symlink(packages, project.path("node_modules"))?;
    Ok(Some(project))
}

pub(super) fn serve(project: &Project, arguments: &[&str]) -> Result<DevServer> {
    DevServer::spawn(DevServer::command(project, arguments)?)
}

pub(super) fn greet(server: &DevServer, name: &str) -> Result<Value> {
    let body = json!({"assistant_id": "greets", "input": {"name": name}});
    server.client().post("/runs/wait", &body)?.ok()
}

#[test]
fn typescript_runs_and_its_errors_name_its_own_lines() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let server = serve(&project, &["--no-reload"])?;
    let greeted = greet(&server, "ada")?;
    ensure!(
        greeted == json!({"name": "ada", "text": "hello ada", "tone": "warm"}),
        "{greeted}"
    );
    let failed = greet(&server, "nobody")?;
    ensure!(
        failed["__error__"] == json!({"error": "RangeError", "message": "nobody to greet"}),
        "{failed}"
    );
    server.wait_for_stderr(0, &["src/greets.ts:11:11"])?;
    Ok(())
}

#[test]
fn a_question_is_answered_and_what_was_is_read() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let server = serve(&project, &["--no-reload"])?;
    let client = server.client();
    let thread = client.post("/threads", &json!({}))?.ok()?;
    let thread = thread["thread_id"].as_str().context("a thread has an id")?;
    let run = |body: Value| {
        let path = format!("/threads/{thread}/runs/wait");
        client.post(&path, &body)?.ok()
    };
    let asked = run(json!({"assistant_id": "asks", "input": {"topic": "cats"}}))?;
    ensure!(
        asked["__interrupt__"][0]["value"] == json!({"question": "what of cats?"}),
        "{asked}"
    );
    let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
    ensure!(state["next"] == json!(["ask"]), "{state}");
    let answered = run(json!({"assistant_id": "asks", "command": {"resume": "fine"}}))?;
    ensure!(answered["log"] == json!(["fine"]), "{answered}");
    let past = client
        .post(&format!("/threads/{thread}/history"), &json!({"limit": 10}))?
        .ok()?;
    let steps: Vec<_> = past.as_array().into_iter().flatten().collect();
    ensure!(
        steps
            .iter()
            .map(|state| &state["metadata"]["step"])
            .eq([&json!(1), &json!(0), &json!(-1)]),
        "{past}"
    );
    Ok(())
}

#[test]
fn a_save_serves_new_code_and_a_broken_one_leaves_the_old() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let server = serve(&project, &[])?;
    greet(&server, "ada")?;
    project.edit("src/greets.ts", "hello", "good day")?;
    server.wait_for_stderr(0, &["Reloaded"])?;
    let greeted = greet(&server, "ada")?;
    ensure!(greeted["text"] == "good day ada", "{greeted}");
    project.edit("src/tone.ts", "Warm = \"warm\"", "Warm = = \"warm\"")?;
    server.wait_for_stderr(0, &["src/tone.ts:4:"])?;
    let greeted = greet(&server, "ada")?;
    ensure!(greeted["text"] == "good day ada", "{greeted}");
    Ok(())
}

#[test]
fn a_run_goes_on_where_it_was_when_the_server_was_killed() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let server = serve(&project, &["--no-reload"])?;
    let thread = server.client().post("/threads", &json!({}))?.ok()?;
    let thread = thread["thread_id"]
        .as_str()
        .context("a thread has an id")?
        .to_owned();
    let body = json!({"assistant_id": "waits", "input": {"log": []}});
    let run = server
        .client()
        .post(&format!("/threads/{thread}/runs"), &body)?
        .ok()?;
    let run = run["run_id"]
        .as_str()
        .context("a run has an id")?
        .to_owned();
    server.wait_for_stderr(0, &["it waits"])?;
    server.kill()?;
    project.write("killed", "")?;
    let server = serve(&project, &["--no-reload"])?;
    let joined = server
        .client()
        .get(&format!("/threads/{thread}/runs/{run}/join"))?
        .ok()?;
    ensure!(joined["log"] == json!(["first", "second"]), "{joined}");
    Ok(())
}

#[test]
fn auth_guards_threads_and_items_are_found_by_meaning() -> Result<()> {
    let Some(project) = project()? else {
        return Ok(());
    };
    let mut config: Value = serde_json::from_str(&project.read("langgraph.json")?)?;
    config["auth"] = json!({"path": "./src/auth.ts:auth"});
    config["store"] =
        json!({"index": {"embed": "./src/embed.ts:embed", "dims": 3, "fields": ["$"]}});
    project.write("langgraph.json", &config.to_string())?;
    let server = serve(&project, &["--no-reload"])?;
    let refused = server.client().post("/threads", &json!({}))?;
    ensure!(refused.status == 401, "{}", refused.status);
    ensure!(refused.json()?["detail"] == "who are you?");
    let of = |name: &str| {
        let token = format!("Bearer {name}");
        server.client().with_header("authorization", &token)
    };
    let (alice, bob) = (of("alice"), of("bob"));
    let thread = alice.new_thread()?;
    ensure!(bob.get(&format!("/threads/{thread}"))?.status == 404);
    ensure!(alice.get(&format!("/threads/{thread}"))?.status == 200);
    for (key, text) in [("1", "a cat"), ("2", "a dog")] {
        let item = json!({"namespace": ["pets"], "key": key, "value": {"text": text}});
        let put = alice.ask("PUT", "/store/items", Some(&item))?;
        ensure!(put.status == 204, "{}", put.status);
    }
    let query = json!({"namespace_prefix": ["pets"], "query": "my dog"});
    let found = alice.post("/store/items/search", &query)?.ok()?;
    ensure!(
        found["items"][0]["value"] == json!({"text": "a dog"}),
        "{found}"
    );
    Ok(())
}
