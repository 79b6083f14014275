//! A server never runs with auth it could not load.

use anyhow::Result;
use lgx_tests::Project;

use crate::refusal::refuses;

#[test]
fn an_auth_file_that_is_not_there_stops_the_server() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.edit(
        "langgraph.json",
        "./src/auth.py:auth",
        "./src/nowhere.py:auth",
    )?;
    refuses(&project, &["nowhere.py"])
}

#[test]
fn an_attribute_that_is_not_there_stops_the_server() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.edit("langgraph.json", "./src/auth.py:auth", "./src/auth.py:gate")?;
    refuses(&project, &["gate", "auth.py"])
}

#[test]
fn an_object_that_is_not_auth_stops_the_server() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.write("src/auth.py", "\"\"\"No auth here.\"\"\"\n\nauth = 7\n")?;
    refuses(&project, &["auth.py", "int"])
}

#[test]
fn auth_that_authenticates_nobody_stops_the_server() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.write(
        "src/auth.py",
        "\"\"\"An empty gate.\"\"\"\n\nfrom langgraph_sdk import Auth\n\nauth = Auth()\n",
    )?;
    refuses(&project, &["authenticate"])
}

#[test]
fn auth_that_does_not_load_stops_the_server_and_names_the_line() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.edit(
        "src/auth.py",
        "auth = Auth()\n",
        "auth = Auth()\nnonsense()\n",
    )?;
    refuses(&project, &["auth.py:6", "nonsense"])
}

#[test]
fn a_handler_that_asks_for_what_it_cannot_have_stops_the_server() -> Result<()> {
    let project = Project::copy_of("auth")?;
    project.edit("src/auth.py", "method: str,", "method: str, weather: str,")?;
    refuses(&project, &["weather"])
}
