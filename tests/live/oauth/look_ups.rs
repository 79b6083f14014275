//! The look-up of one request holds up no other, however long it takes and however it ends.

use std::thread::{JoinHandle, spawn};

use anyhow::{Result, ensure};
use lgx_tests::{Answer, DevServer, Project};
use serde_json::json;

use super::held_provider::HeldProvider;

const AT_ONCE: usize = 50;

/// The handler of the tutorial's third part with a client that blocks, and would wait for ever.
const BLOCKING_AUTH: &str = r#"
import os

import requests
from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def get_current_user(authorization: str | None):
    assert authorization
    answer = requests.get(os.environ["USERINFO_URL"], headers={"Authorization": authorization})
    return {"identity": answer.json()["sub"]}
"#;

/// The template, which asks `provider` and waits for its answer as `timeout` says.
fn project(provider: &HeldProvider, timeout: &str) -> Result<Project> {
    let project = Project::scaffold("oauth-python", "chatbot")?;
    let local = "http://127.0.0.1:9999/auth/v1/user";
    project.edit(".env", local, provider.url())?;
    let timeout = format!("timeout={timeout}");
    project.edit("src/security/auth.py", "timeout=5", &timeout)?;
    Ok(project)
}

fn serve(project: &Project) -> Result<DevServer> {
    DevServer::start(project, &["--no-reload"])
}

/// A request with this token, on its way.
fn search(server: &DevServer, token: &str) -> JoinHandle<Result<Answer>> {
    let client = server
        .client()
        .with_header("authorization", &format!("Bearer {token}"));
    spawn(move || client.post("/threads/search", &json!({})))
}

/// How a request ended.
fn ended(request: JoinHandle<Result<Answer>>) -> Result<Answer> {
    request
        .join()
        .map_err(|_| anyhow::anyhow!("the thread of the request panicked"))?
}

#[test]
fn fifty_look_ups_are_under_way_at_once() -> Result<()> {
    let provider = HeldProvider::start()?;
    let project = project(&provider, "60")?;
    let server = serve(&project)?;
    let requests: Vec<_> = (0..AT_ONCE)
        .map(|number| search(&server, &format!("user-{number}")))
        .collect();
    // None is answered before the last one is there.
    let held = (0..AT_ONCE)
        .map(|_| provider.next())
        .collect::<Result<Vec<_>>>()?;
    for look_up in held {
        look_up.confirm();
    }
    for request in requests {
        assert_eq!(ended(request)?.status, 200);
    }
    Ok(())
}

#[test]
fn a_provider_that_hangs_for_one_user_answers_for_another() -> Result<()> {
    let provider = HeldProvider::start()?;
    let project = project(&provider, "60")?;
    let server = serve(&project)?;
    let hung = search(&server, "hung");
    let look_up = provider.next()?;
    assert_eq!(look_up.token, "hung");

    let quick = search(&server, "quick");
    provider.next()?.confirm();
    assert_eq!(ended(quick)?.status, 200);

    let unknown = search(&server, "unknown");
    provider.next()?.answer_with(401, &json!({}));
    let refused = ended(unknown)?;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));

    // It hangs up without a word, which is no refusal of the user.
    drop(look_up);
    let answer = ended(hung)?;
    assert_eq!(answer.status, 503, "{}", answer.body);
    ensure!(
        answer
            .body
            .contains("The identity provider does not say whose token it is"),
        "{}",
        answer.body
    );
    Ok(())
}

#[test]
fn a_provider_that_does_not_answer_or_is_not_there_is_told_as_that() -> Result<()> {
    let provider = HeldProvider::start()?;
    let project = project(&provider, "httpx.Timeout(60, read=0.3)")?;
    let server = serve(&project)?;
    let answer = ended(search(&server, "hung"))?;
    assert_eq!(answer.status, 503, "{}", answer.body);
    ensure!(answer.body.contains("(ReadTimeout)"), "{}", answer.body);
    drop(server);

    // Nothing listens on that port.
    project.edit(".env", provider.url(), "http://127.0.0.1:1/userinfo")?;
    let server = serve(&project)?;
    let answer = ended(search(&server, "anybody"))?;
    assert_eq!(answer.status, 503, "{}", answer.body);
    ensure!(answer.body.contains("(ConnectError)"), "{}", answer.body);
    Ok(())
}

#[test]
fn a_handler_that_blocks_keeps_one_process_busy_and_the_others_serve() -> Result<()> {
    let provider = HeldProvider::start()?;
    let project = project(&provider, "60")?;
    project.write("src/security/auth.py", BLOCKING_AUTH)?;
    let server = serve(&project)?;
    let hung = search(&server, "hung");
    let look_up = provider.next()?;
    server.wait_for_stderr(
        0,
        &[
            "auth.py:13 in get_current_user has blocked the event loop for ",
            "Use `httpx.AsyncClient` there",
            "or make the handler a plain `def`",
        ],
    )?;

    for token in ["first", "second"] {
        let quick = search(&server, token);
        // What hangs has not come along to the process that took over: it would be the next to block.
        let next = provider.next()?;
        assert_eq!(next.token, token);
        next.confirm();
        assert_eq!(ended(quick)?.status, 200);
    }
    let told = server.stderr().text();
    assert_eq!(
        told.matches("another process takes over").count(),
        1,
        "{told}"
    );

    look_up.confirm();
    assert_eq!(ended(hung)?.status, 200);
    Ok(())
}

#[test]
fn a_plain_handler_may_block_and_fifty_of_them_at_once() -> Result<()> {
    let provider = HeldProvider::start()?;
    let project = project(&provider, "60")?;
    project.write(
        "src/security/auth.py",
        &BLOCKING_AUTH.replace("async def", "def"),
    )?;
    let server = serve(&project)?;
    let requests: Vec<_> = (0..AT_ONCE)
        .map(|number| search(&server, &format!("user-{number}")))
        .collect();
    let held = (0..AT_ONCE)
        .map(|_| provider.next())
        .collect::<Result<Vec<_>>>()?;
    for look_up in held {
        look_up.confirm();
    }
    for request in requests {
        assert_eq!(ended(request)?.status, 200);
    }
    let told = server.stderr().text();
    ensure!(!told.contains("blocked"), "{told}");
    Ok(())
}
