//! Apps that do not load: they stop a server that starts, and leave one that serves with the code it has.

use anyhow::Result;
use lgx_tests::{DevServer, EndsInTime, python_env};
use serde_json::json;

use super::{APP, project};
use crate::refusal::refuses;

#[test]
fn an_app_that_cannot_be_used_stops_the_server_and_names_the_place() -> Result<()> {
    let at_import = ("VERSION = \"one\"\n", "VERSION = nothing_of_the_kind\n");
    let at_start = (
        "    print(f\"the shop opens",
        "    1 / 0\n    print(f\"the shop opens",
    );
    let line_of = |text: &str, part: &str| {
        let before = text.split(part).next().unwrap_or_default();
        before.lines().count() + 1
    };
    for (from, to, why) in [
        (at_import.0, at_import.1, "nothing_of_the_kind"),
        (at_start.0, at_start.1, "ZeroDivisionError"),
    ] {
        let project = project()?;
        let line = line_of(&project.read(APP)?, from);
        project.edit(APP, from, to)?;
        refuses(&project, &[&format!("app.py:{line}"), why])?;
    }
    for (target, parts) in [
        (
            "./src/nowhere.py:app",
            &["langgraph.json:4", "nowhere.py"][..],
        ),
        ("./src/app.py:shop", &["app.py", "shop"]),
        ("./src/app.py:VERSION", &["app.py:VERSION", "ASGI"]),
    ] {
        let project = project()?;
        project.edit("langgraph.json", "./src/app.py:app", target)?;
        refuses(&project, parts)?;
    }
    Ok(())
}

#[test]
fn an_edit_that_does_not_load_leaves_the_app_as_it_was() -> Result<()> {
    let project = project()?;
    let server = DevServer::start(&project, &[])?;
    let client = server.client();
    let whole = project.read(APP)?;
    let one = json!({"text": "welcome, you", "version": "one"});

    for (broken, parts) in [
        (format!("{whole}\nbroken(\n"), ["app.py:", "SyntaxError"]),
        (
            whole.replace(
                "    print(f\"the shop opens",
                "    1 / 0\n    print(f\"the shop opens",
            ),
            ["app.py", "ZeroDivisionError"],
        ),
    ] {
        let before = server.stderr().len();
        project.write(APP, &broken)?;
        for part in parts {
            server.wait_for_stderr(before, &[part])?;
        }
        let answer = client.get("/hello")?;
        assert_eq!(answer.ok()?, one);
    }

    let before = server.stderr().len();
    project.write(
        APP,
        &whole.replace("VERSION = \"one\"", "VERSION = \"two\""),
    )?;
    server.wait_for_stderr(before, &["Reloaded"])?;
    assert_eq!(client.get("/hello")?.ok()?["version"], "two");
    // The old one has served its last request, so it may end what it began.
    server.wait_for_stderr(before, &["the shop closes (one)"])?;
    Ok(())
}

/// An app that imports nothing slow, so that a second is enough for all of it but a lifespan that hangs.
const SMALL: &str = "import asyncio


async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        await receive()
        # starts
        await send({'type': 'lifespan.startup.complete'})
        await receive()
        await send({'type': 'lifespan.shutdown.complete'})
    else:
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        await send({'type': 'http.response.body', 'body': b'1'})
";

#[test]
fn a_lifespan_that_never_starts_is_named_with_its_line_and_old_code_goes_on() -> Result<()> {
    let project = project()?;
    let hangs = SMALL.replace("# starts", "await asyncio.Event().wait()");
    let why = "the app's lifespan has not started up after";
    project.write(APP, &hangs)?;

    let output = DevServer::command(&project, &["--load-timeout", "1"])?
        .env("LGX_PYTHON", python_env()?.python())
        .env("CI", "true")
        .output_in_time()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in ["src/app.py:7", why, "--load-timeout"] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }

    project.write(APP, SMALL)?;
    let server = DevServer::start(&project, &["--load-timeout", "1"])?;
    let client = server.client();
    assert_eq!(client.get("/hello")?.ok()?, 1);

    let before = server.stderr().len();
    project.write(APP, &hangs)?;
    let keeps = "the new code cannot be loaded; the old code keeps serving";
    for part in [keeps, "src/app.py:7", why] {
        server.wait_for_stderr(before, &[part])?;
    }
    assert_eq!(client.get("/hello")?.ok()?, 1);
    Ok(())
}
