//! What counts as an edit beside the code itself, and what watching costs.

use anyhow::{Result, ensure};
use lgx_tests::{DevServer, Project};
use serde_json::{Value, json};

const GRAPH: &str = r#"from pathlib import Path

from langgraph.graph import START, StateGraph

GREETING = Path("prompts/greeting.md").read_text()

graph = StateGraph(dict).add_node("greet", lambda state: {"out": GREETING}).add_edge(START, "greet").compile()
"#;

const AUTH: &str = "from langgraph_sdk import Auth\n\nauth = Auth()\n\n\n@auth.authenticate\nasync def who():\n    return 'me'\n";

fn project() -> Result<Project> {
    let project = Project::copy_of("bench")?;
    project.write("greets.py", GRAPH)?;
    project.write("auth.py", AUTH)?;
    project.write("prompts/greeting.md", "hello")?;
    let config = r#"{"dependencies": ["."], "graphs": {"agent": "./greets.py:graph"}, "auth": {"path": "./auth.py:auth"}}"#;
    project.write("langgraph.json", config)?;
    Ok(project)
}

fn answer(server: &DevServer) -> Result<Value> {
    let body = json!({"assistant_id": "agent", "input": {}});
    Ok(server.client().post("/runs/wait", &body)?.ok()?["out"].take())
}

#[test]
fn an_edit_of_a_prompt_that_was_read_at_import_reaches_the_graph() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    assert_eq!(answer(&server)?, "hello");
    let before = server.stderr().len();
    project.write("prompts/unread.md", "nobody reads it")?;
    project.write("prompts/greeting.md", "good evening")?;
    server.wait_for_stderr(before, &["Reloading", "prompts/greeting.md"])?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    assert_eq!(answer(&server)?, "good evening");
    let told = server.stderr().text();
    ensure!(!told.contains("unread.md"), "{told}");
    Ok(())
}

#[test]
fn a_file_that_was_missing_when_code_was_loaded_is_a_change_when_it_appears() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    for (code, missing) in [("greets.py", "extra.md"), ("auth.py", "users.json")] {
        let before = server.stderr().len();
        let whole = project.read(code)?;
        project.write(code, &format!("open({missing:?}).close()\n{whole}"))?;
        server.wait_for_stderr(before, &["FileNotFoundError", missing])?;
        assert_eq!(answer(&server)?, "hello", "the old code serves");
        let before = server.stderr().len();
        project.write(missing, "{}")?;
        server.wait_for_stderr(before, &["Reloading", missing])?;
        server.wait_for_stderr(before, &["Reloaded"])?;
    }
    Ok(())
}

#[test]
#[cfg(target_os = "linux")]
fn saves_leave_no_watches_behind() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    let watches = || -> Result<usize> {
        let mut found = 0;
        for entry in fs_err::read_dir(format!("/proc/{}/fdinfo", server.pid()))? {
            let text = fs_err::read_to_string(entry?.path()).unwrap_or_default();
            found += text.matches("inotify wd:").count();
        }
        Ok(found)
    };
    let before = watches()?;
    ensure!(before >= 2, "the project and its prompts: {before}");
    let code = project.read("greets.py")?;
    for number in 0..1000 {
        project.write("greets.py.tmp", &code)?;
        fs_err::rename(project.path("greets.py.tmp"), project.path("greets.py"))?;
        project.write(&format!("branch{number}/package/module.txt"), "")?;
        fs_err::remove_dir_all(project.path(&format!("branch{number}")))?;
    }
    // What was saved held the same; this does not.
    let told = server.stderr().len();
    project.write("prompts/greeting.md", "good night")?;
    server.wait_for_stderr(told, &["Reloading: prompts/greeting.md"])?;
    assert_eq!(watches()?, before);
    Ok(())
}
