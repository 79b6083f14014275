//! Editing a project while it is served: new code, broken code, langgraph.json and `.env`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, Project};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
const GRAPH: &str = "src/agent/graph.py";

#[test]
fn an_edit_is_served_and_no_request_fails_meanwhile() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    assert_eq!(answer(&client)?, "echo: hi");
    for (old, new) in [
        ("echo: ", "anew: "),
        ("anew: ", "echo: "),
        ("echo: ", "last: "),
    ] {
        project.edit(GRAPH, old, new)?;
        until_answer_is(&client, &format!("{old}hi"), &format!("{new}hi"))?;
        // Once the new code has answered, the old never does again.
        for _ in 0..20 {
            assert_eq!(answer(&client)?, format!("{new}hi"));
        }
    }
    Ok(())
}

#[test]
fn a_run_that_is_going_when_the_code_changes_goes_to_its_end() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let slow = json!({"assistant_id": "multi", "input": {"log": ["in"], "delay": 3}, "stream_mode": ["updates", "values"]});
    let thread = client.new_thread()?;
    let mut events = client.events(&format!("/threads/{thread}/runs/stream"), &slow)?;
    let begun = events.by_ref().find(|event| {
        event
            .as_ref()
            .is_ok_and(|event| event.data.get("a").is_some())
    });
    ensure!(begun.is_some(), "the run ended before its slow node began");
    let before = server.stderr().len();
    project.edit(GRAPH, "echo: ", "anew: ")?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    assert_eq!(answer(&client)?, "anew: hi");
    let last = events.last().context("the stream goes on")??;
    assert_eq!(
        (last.event.as_str(), &last.data["log"]),
        ("values", &json!(["in", "a", "slow", "b"]))
    );
    Ok(())
}

#[test]
fn broken_code_is_reported_with_its_place_and_the_old_code_serves_on() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let whole = project.read(GRAPH)?;

    let before = server.stderr().len();
    project.write(GRAPH, &format!("{whole}\ndef broken(:\n    pass\n"))?;
    let line = whole.lines().count() + 2;
    server.wait_for_stderr(before, &["graph.py", &format!(":{line}")])?;
    assert_eq!(answer(&client)?, "echo: hi");

    let before = server.stderr().len();
    project.write(GRAPH, &format!("import no_such_module\n{whole}"))?;
    server.wait_for_stderr(before, &["graph.py", ":1"])?;
    server.wait_for_stderr(before, &["ModuleNotFoundError", "no_such_module"])?;
    assert_eq!(answer(&client)?, "echo: hi");

    let before = server.stderr().len();
    project.write(GRAPH, &whole.replace("echo: ", "mended: "))?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    assert_eq!(answer(&client)?, "mended: hi");
    Ok(())
}

#[test]
fn a_graph_added_to_langgraph_json_is_served() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let ask = json!({"assistant_id": "agent2", "input": {"messages": [{"role": "user", "content": "hi"}]}});
    assert_eq!(client.post("/runs/wait", &ask)?.status, 422);
    let before = server.stderr().len();
    project.edit(
        "langgraph.json",
        r#""agent":"#,
        r#""agent2": "./src/agent/graph.py:graph", "agent":"#,
    )?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    client.post("/runs/wait", &ask)?.ok()?;

    let before = server.stderr().len();
    project.edit("langgraph.json", r#""agent2": "#, r#""agent2" "#)?;
    server.wait_for_stderr(before, &["langgraph.json:"])?;
    assert_eq!(client.post("/runs/wait", &ask)?.status, 200);
    Ok(())
}

#[test]
fn an_edit_of_the_env_file_reaches_the_graphs() -> Result<()> {
    let project = project()?;
    project.edit(
        "langgraph.json",
        r#""dependencies""#,
        r#""env": ".env", "dependencies""#,
    )?;
    project.write(".env", "GREETING='one: '\n")?;
    project.edit(GRAPH, r#""echo: ""#, r#"os.environ["GREETING"]"#)?;
    project.edit(
        GRAPH,
        "from typing import Annotated",
        "import os\nfrom typing import Annotated",
    )?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    assert_eq!(answer(&client)?, "one: hi");
    let before = server.stderr().len();
    project.write(".env", "GREETING='two: '\n")?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    assert_eq!(answer(&client)?, "two: hi");
    Ok(())
}

#[test]
fn state_that_an_older_version_of_a_class_wrote_is_read_and_goes_on() -> Result<()> {
    let project = project()?;
    let notes = "src/notes.py";
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let thread = client.new_thread()?;
    let run = json!({"assistant_id": "notes", "input": {}});
    client
        .post(&format!("/threads/{thread}/runs/wait"), &run)?
        .ok()?;

    let before = server.stderr().len();
    let whole = project.read(notes)?;
    let changed = whole
        .replace(
            "    text: str\n",
            "    text: str\n    by: str = \"nobody\"\n",
        )
        .replace("    title: str\n", "    title: str\n    owner: str\n")
        .replace("class Gone(BaseModel):\n    word: str\n\n\n", "")
        .replace("RED = \"red\"", "BLUE = \"blue\"")
        .replace(
            "[Note(\"n\"), Card(title=\"t\"), Color.RED, Gone(word=\"w\")]",
            "[Color.BLUE]",
        );
    ensure!(
        changed.len() < whole.len(),
        "{notes} is not what this test knows"
    );
    project.write(notes, &changed)?;
    server.wait_for_stderr(before, &["Reloaded"])?;

    // What fits is read as the class is now; what does not, as the data that it was.
    let kept = json!([{"text": "n", "by": "nobody"}, {"title": "t"}, "red", {"word": "w"}]);
    let state = client.get(&format!("/threads/{thread}/state"))?.ok()?;
    assert_eq!(state["values"]["kept"], kept);
    let history = client
        .post(&format!("/threads/{thread}/history"), &json!({"limit": 10}))?
        .ok()?;
    assert_eq!(history[0]["values"]["kept"], kept);
    let values = client
        .post(&format!("/threads/{thread}/runs/wait"), &run)?
        .ok()?;
    let seen = json!([
        "Note(text='n', by='nobody')",
        "Card(title='t')",
        "'red'",
        "{'word': 'w'}"
    ]);
    assert_eq!(values["seen"], seen);
    assert_eq!(values["kept"][4], "blue");
    Ok(())
}

#[test]
fn without_reload_an_edit_changes_nothing_until_the_next_start() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    project.edit(GRAPH, "echo: ", "anew: ")?;
    for _ in 0..20 {
        assert_eq!(answer(&server.client())?, "echo: hi");
    }
    drop(server);
    let server = DevServer::start(&project, &["--no-reload"])?;
    assert_eq!(answer(&server.client())?, "anew: hi");
    Ok(())
}

/// The fixtures' chatbot, its slow graph, and the one that keeps objects.
fn project() -> Result<Project> {
    let project = Project::copy_of("fixtures")?;
    let graphs = json!({"agent": "./src/agent/graph.py:graph", "multi": "./src/multi.py:graph",
        "notes": "./src/notes.py:graph"});
    project.write(
        "langgraph.json",
        &json!({"dependencies": ["."], "graphs": graphs})
            .to_string()
            .replace("\":", "\": "),
    )?;
    Ok(project)
}

/// What the chatbot says to "hi".
fn answer(client: &Client) -> Result<String> {
    let ask = json!({"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "hi"}]}});
    let values: Value = client.post("/runs/wait", &ask)?.ok()?;
    Ok(values["messages"][1]["content"]
        .as_str()
        .with_context(|| format!("no answer in {values}"))?
        .to_owned())
}

/// Asks one question after another until the answer is `new`; until then every answer must be `old`. Nothing is waited for here:
/// that requests go on while the code changes is what is tested.
fn until_answer_is(client: &Client, old: &str, new: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let answer = answer(client)?;
        if answer == new {
            return Ok(());
        }
        ensure!(
            answer == old,
            "{answer:?} is neither the old code's answer nor the new's"
        );
        ensure!(begun.elapsed() < PATIENCE, "nothing ever answers {new:?}");
    }
}
