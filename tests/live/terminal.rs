//! The person at the terminal: asked by code, and at the debugger's prompt. The server's own keys are in `keys.rs`.

use anyhow::{Context, Result, ensure};
use lgx_tests::{Client, DevServer, Project, Terminal};
use rustix::process::Signal;
use serde_json::{Value, json};

fn serve() -> Result<(Project, DevServer, Terminal)> {
    let project = Project::copy_of("terminal")?;
    let (server, terminal) = DevServer::start_on_terminal(&project, &["--no-reload"])?;
    Ok((project, server, terminal))
}

/// Starts a run on a new thread, and does not wait for it.
fn begin(client: &Client, graph: &str) -> Result<(String, String)> {
    let thread = client.new_thread()?;
    let ask = json!({"assistant_id": graph, "input": {}});
    let run = client
        .post(&format!("/threads/{thread}/runs"), &ask)?
        .ok()?;
    let run = run["run_id"]
        .as_str()
        .context("a run has an id")?
        .to_owned();
    Ok((thread, run))
}

fn ended(client: &Client, (thread, run): &(String, String)) -> Result<Value> {
    client
        .get(&format!("/threads/{thread}/runs/{run}/join"))?
        .ok()
}

fn tag(run: &str) -> String {
    format!("[run {}]", &run[run.len() - 6..])
}

#[test]
fn a_breakpoint_is_a_prompt_in_the_terminal_and_other_lines_wait_for_it() -> Result<()> {
    let (_project, server, mut terminal) = serve()?;
    let client = server.client();
    for graph in ["stopping", "stopping_in_thread"] {
        let run = begin(&client, graph)?;
        server.wait_for_prompt(&format!("{} (Pdb) ", tag(&run.1)))?;
        let from = server.stderr().len();
        terminal.enter("p answer")?;
        server.wait_for_stderr(from, &["'before'"])?;
        server.wait_for_prompt("(Pdb) ")?;
        terminal.enter("answer = 'changed'")?;
        server.wait_for_stderr(from, &["(Pdb) answer = 'changed'"])?;
        server.wait_for_prompt("(Pdb) ")?;
        terminal.enter("n")?;
        server.wait_for_stderr(from, &["-> return"])?;
        server.wait_for_prompt("(Pdb) ")?;
        terminal.enter("c")?;
        assert_eq!(ended(&client, &run)?, json!({"answer": "after changed"}));
    }
    let text = server.stderr().text();
    ensure!(!text.contains("blocked the event loop"), "{text}");
    Ok(())
}

#[test]
fn two_runs_that_ask_are_asked_one_after_the_other() -> Result<()> {
    let (_project, server, mut terminal) = serve()?;
    let client = server.client();
    let first = begin(&client, "asking_in_thread")?;
    server.wait_for_prompt(&format!("{} Name? ", tag(&first.1)))?;
    let second = begin(&client, "asking_in_thread")?;
    terminal.enter("Ada")?;
    assert_eq!(ended(&client, &first)?, json!({"answer": "Ada"}));
    server.wait_for_prompt(&format!("{} Name? ", tag(&second.1)))?;
    terminal.enter("Bob")?;
    assert_eq!(ended(&client, &second)?, json!({"answer": "Bob"}));
    Ok(())
}

#[test]
fn ctrl_d_ends_the_input_and_the_server_goes_on() -> Result<()> {
    let (_project, server, mut terminal) = serve()?;
    let client = server.client();
    let run = begin(&client, "asking")?;
    server.wait_for_prompt("Name? ")?;
    terminal.press("\x04")?;
    assert_eq!(ended(&client, &run)?["__error__"]["error"], "EOFError");
    let run = begin(&client, "stopping")?;
    server.wait_for_prompt("(Pdb) ")?;
    terminal.press("\x04")?;
    let error = &ended(&client, &run)?["__error__"];
    assert_eq!(error["error"], "BdbQuit");
    ensure!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains("debugger was left")),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_run_that_is_cancelled_leaves_its_prompt_to_the_next() -> Result<()> {
    let (_project, server, mut terminal) = serve()?;
    let client = server.client();
    for graph in ["stopping", "stopping_in_thread"] {
        let run = begin(&client, graph)?;
        server.wait_for_prompt("(Pdb) ")?;
        let from = server.stderr().len();
        client
            .post(
                &format!("/threads/{}/runs/{}/cancel?wait=true", run.0, run.1),
                &json!({}),
            )?
            .ok()?;
        server.wait_for_stderr(from, &[&tag(&run.1), "was stopped, and asks no more"])?;
        let shown = client
            .get(&format!("/threads/{}/runs/{}", run.0, run.1))?
            .ok()?;
        assert_eq!(shown["status"], "interrupted");
    }
    let run = begin(&client, "asking")?;
    server.wait_for_prompt("Name? ")?;
    terminal.enter("Ada")?;
    assert_eq!(ended(&client, &run)?, json!({"answer": "Ada"}));
    Ok(())
}

#[test]
fn a_reload_leaves_the_prompt_to_the_old_code_and_serves_with_the_new() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let (server, mut terminal) = DevServer::start_on_terminal(&project, &[])?;
    let client = server.client();
    let run = begin(&client, "asking")?;
    server.wait_for_prompt("Name? ")?;
    project.edit("src/output.py", "naïve ☃", "new ☃")?;
    // What is told of the reload waits for the answer.
    terminal.enter("Ada")?;
    assert_eq!(ended(&client, &run)?, json!({"answer": "Ada"}));
    server.wait_for_stderr(0, &["Reloaded in"])?;
    let from = server.stderr().len();
    let ask = json!({"assistant_id": "printer", "input": {}});
    client.post("/runs/wait", &ask)?.ok()?;
    server.wait_for_stderr(from, &["new ☃ 0"])?;
    Ok(())
}

#[test]
fn interrupting_the_server_at_a_prompt_stops_it_and_the_run_goes_on_at_the_next_start() -> Result<()>
{
    let project = Project::copy_of("terminal")?;
    let (server, terminal) = DevServer::start_on_terminal(&project, &["--no-reload"])?;
    let run = begin(&server.client(), "stopping")?;
    server.wait_for_prompt("(Pdb) ")?;
    assert_eq!(server.stop(Signal::INT)?.code(), Some(130));
    drop(terminal);

    let (server, mut terminal) = DevServer::start_on_terminal(&project, &["--no-reload"])?;
    server.wait_for_prompt(&format!("{} (Pdb) ", tag(&run.1)))?;
    terminal.enter("c")?;
    assert_eq!(
        ended(&server.client(), &run)?,
        json!({"answer": "after before"})
    );
    Ok(())
}

#[test]
fn without_a_terminal_code_that_asks_fails_at_once_and_says_what_to_do() -> Result<()> {
    let project = Project::copy_of("terminal")?;
    let server = DevServer::start(&project, &["--no-reload"])?;
    for (graph, advice) in [
        ("asking", "interrupt("),
        ("asking_in_thread", "interrupt("),
        ("stopping", "debugpy.listen"),
        ("stopping_in_thread", "debugpy.listen"),
    ] {
        let ask = json!({"assistant_id": graph, "input": {}});
        let answer = server.client().post("/runs/wait", &ask)?.ok()?;
        let error = &answer["__error__"];
        assert_eq!(error["error"], "NoTerminalError");
        let message = error["message"].as_str().unwrap_or_default();
        ensure!(
            message.contains(advice) && message.contains("lgx dev"),
            "{message}"
        );
    }
    Ok(())
}

#[test]
fn tokens_grow_on_one_line_while_they_come() -> Result<()> {
    let (_project, server, _terminal) = serve()?;
    let (_, run) = begin(&server.client(), "dotter")?;
    server.wait_for_prompt(&format!("{} .....", tag(&run)))?;
    server.kill_everything()
}
