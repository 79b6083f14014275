//! `lgx run` and `lgx chat` at a terminal: the graph asks a person, who answers, stops and leaves.

use std::io::Write as _;

use anyhow::{Result, ensure};
use lgx_tests::{AtTerminal, DevServer, Project, output_in_time};
use serde_json::{Value, json};

use super::javascript;
use super::run_command::{command, finished};

/// Enter, for a menu: takes what is proposed. `DOWN` goes to the next.
const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";

/// The fixtures, with a graph that asks whatever it is told to, and one that answers slowly.
fn project() -> Result<Project> {
    let project = Project::copy_of("fixtures")?;
    let studio = lgx_tests::workspace_root().join("tests/studio");
    let mut config: Value = serde_json::from_str(&project.read("langgraph.json")?)?;
    for name in ["review", "story"] {
        let file = format!("{name}.py");
        project.write(&file, &fs_err::read_to_string(studio.join(&file))?)?;
        config["graphs"][name] = json!(format!("./{file}:graph"));
    }
    project.write("langgraph.json", &config.to_string())?;
    Ok(project)
}

fn at_terminal(project: &Project, arguments: &[&str]) -> Result<AtTerminal> {
    AtTerminal::start(&command(project, arguments)?)
}

#[test]
fn questions_are_put_to_the_person_one_after_the_other() -> Result<()> {
    let project = project()?;
    let input = json!({"items": ["a", "b"]}).to_string();
    let mut run = at_terminal(&project, &["run", "hitl_many", &input])?;

    let from = run.wait_for(0, "\"item\": \"a\"")?;
    run.answer("answer: ", "one")?;
    run.wait_for(from, "\"item\": \"b\"")?;
    run.answer("answer: ", "{\"n\": ")?;
    run.wait_for(from, "is not JSON")?;
    run.answer("answer: {\"n\":", "2}")?;

    let (code, shown) = run.wait()?;
    assert_eq!(code, Some(0), "{shown}");
    ensure!(shown.contains("\"a:one\""), "{shown}");
    ensure!(shown.contains("\"b:{'n': 2}\""), "{shown}");
    Ok(())
}

#[test]
fn actions_are_reviewed_from_a_menu() -> Result<()> {
    let project = project()?;
    let question = json!({
        "action_requests": [
            {"name": "send_mail", "args": {"to": "ada"}, "description": "Sends it"},
            {"name": "drop_table", "args": {}},
        ],
        "review_configs": [
            {"action_name": "send_mail", "allowed_decisions": ["approve", "edit", "reject"]},
            {"action_name": "drop_table", "allowed_decisions": ["approve", "reject"]},
        ],
    });
    let input = json!({"question": question}).to_string();
    let mut run = at_terminal(&project, &["run", "review", &input])?;

    run.wait_for(0, "send_mail")?;
    let from = run.wait_for(0, "> approve")?;
    run.keys(ENTER)?;
    run.wait_for(from, "drop_table")?;
    run.wait_for(from, "> approve")?;
    run.keys(DOWN)?;
    run.wait_for(from, "> reject")?;
    run.keys(ENTER)?;
    run.answer("reason: ", "never")?;

    let (code, shown) = run.wait()?;
    assert_eq!(code, Some(0), "{shown}");
    ensure!(shown.contains("\"message\": \"never\""), "{shown}");
    Ok(())
}

#[test]
fn a_question_that_is_left_can_be_answered_later() -> Result<()> {
    let project = project()?;
    let _server = DevServer::start(&project, &["--no-reload"])?;
    let mut run = at_terminal(&project, &["run", "hitl", r#"{"question": "Name?"}"#])?;

    run.press("answer: ", "\x03")?;

    let (code, shown) = run.wait()?;
    assert_eq!(code, Some(130), "{shown}");
    let (_, thread) = shown.split_once("--thread ").unwrap_or_default();
    let thread = thread.split(' ').next().unwrap_or_default();
    let later = command(
        &project,
        &["run", "hitl", "--thread", thread, "--resume", "Ada"],
    )?;
    let later = finished(later)?;
    ensure!(later.stdout.contains("answer=Ada"), "{later:?}");
    Ok(())
}

#[test]
fn ctrl_c_cancels_the_run() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    let run = at_terminal(&project, &["run", "story", "-m", "go"])?;
    run.wait_for_beginning("0 1 2")?;

    run.interrupt()?;

    let (code, shown) = run.wait()?;
    assert_eq!(code, Some(130), "{shown}");
    let threads = server.client().post("/threads/search", &json!({}))?.ok()?;
    let thread = threads[0]["thread_id"].as_str().unwrap_or_default();
    let runs = server
        .client()
        .get(&format!("/threads/{thread}/runs"))?
        .ok()?;
    assert_eq!(runs[0]["status"], "interrupted", "{runs}");
    Ok(())
}

#[test]
fn a_chat_keeps_its_thread_and_goes_on_after_an_answer_was_stopped() -> Result<()> {
    let project = project()?;
    let mut chat = at_terminal(&project, &["chat", "story"])?;

    chat.answer("› ", "tell me")?;
    chat.wait_for_beginning("0 1 2")?;
    chat.interrupt()?;
    let from = chat.wait_for(0, "Stopped; Ctrl-D ends the chat")?;
    chat.answer("› ", "again")?;
    chat.wait_for(from, "38 39")?;
    chat.press("› ", "\x04")?;

    let (code, shown) = chat.wait()?;
    assert_eq!(code, Some(0), "{shown}");
    let (_, thread) = shown
        .split_once("lgx chat story --thread ")
        .unwrap_or_default();
    let state = project.path(".lgx");
    ensure!(state.join("state.db").exists(), "{shown}");
    let mut piped = command(&project, &["chat", "chat", "--thread", thread.trim()])?;
    piped.stdin(std::process::Stdio::piped());
    piped.stdout(std::process::Stdio::piped());
    let mut child = piped.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(b"one\ntwo\n")?;
    }
    let output = output_in_time(child)?;
    let stdout = String::from_utf8(output.stdout)?;
    assert_eq!(stdout, "You said: one\nYou said: two\n");
    Ok(())
}

#[test]
fn graphs_in_javascript_speak_and_ask_the_same_way() -> Result<()> {
    let Some(project) = javascript::project()? else {
        return Ok(());
    };
    let mut asks = at_terminal(&project, &["run", "asks", r#"{"topic": "tea"}"#])?;
    asks.wait_for(0, "what of tea?")?;
    asks.answer("answer: ", "green")?;
    let (code, shown) = asks.wait()?;
    assert_eq!(code, Some(0), "{shown}");
    ensure!(shown.contains("\"green\""), "{shown}");

    let story = [
        "run",
        "story",
        "-q",
        "-m",
        "go",
        "-c",
        "langgraph.studio.json",
    ];
    let story = finished(command(&project, &story)?)?;
    assert_eq!(
        story.stdout, "Once upon a time there was **a graph** that went from start to end.\n",
        "{story:?}"
    );
    let agent = [
        "run",
        "agent",
        "-m",
        "weather?",
        "-c",
        "langgraph.studio.json",
    ];
    let agent = finished(command(&project, &agent)?)?;
    assert_eq!(agent.stdout, "It is sunny in Basel.\n", "{agent:?}");
    ensure!(
        agent.stderr.contains("→ weather {\"city\":\"Basel\"}"),
        "{agent:?}"
    );
    Ok(())
}
