//! A replay where there is no network at all: in a namespace of its own, in which only loopback is there.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Result, ensure};
use lgx_tests::{EndsInTime, ModelProvider, record_env};

use crate::recorded_answers::answer;
use crate::recorded_exec::RecordedProject;

const CODE: &str = r#"
import openai
from langchain_anthropic import ChatAnthropic
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    by: str
    said: str


async def act(state: State):
    messages = [{"role": "user", "content": "hello"}]
    if state["by"] == "openai":
        answer = await openai.AsyncOpenAI().chat.completions.create(model="m", messages=messages)
        return {"said": answer.choices[0].message.content}
    return {"said": "".join(chunk.text for chunk in ChatAnthropic(model="m").stream(messages))}


graph = StateGraph(State).add_node(act).add_edge(START, "act").compile()
"#;
const TEST: &str = r#"
import os

import pytest
from langgraph_sdk import get_sync_client


@pytest.mark.parametrize(("by", "said"), [("openai", "heard hello"), ("anthropic", "Hello")])
def test_the_agent(by, said):
    client = get_sync_client(url=os.environ["LGX_URL"])
    assert client.runs.wait(None, "agent", input={"by": by})["said"] == said
"#;
/// Brings up loopback, and becomes the command that its arguments are.
const ALONE: &str = r#"
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, UP = 0x8914, 0x1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", UP))
os.execvp(sys.argv[1], sys.argv[1:])
"#;
/// Ends well where nothing can be sent anywhere. The address is one for documentation.
const IS_CUT_OFF: &str = r#"
import errno, socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    sys.exit(any_socket.connect_ex(("192.0.2.1", 9)) != errno.ENETUNREACH)
"#;

#[test]
fn tests_pass_with_recordings_where_there_is_no_network() -> Result<()> {
    let env = record_env()?;
    let python = env.python().display().to_string();
    let alone = ["unshare", "-rn", &python, "-c", ALONE].map(str::to_owned);
    let mut control = Command::new(&alone[0]);
    let control = control.args(&alone[1..]).args([&python, "-c", IS_CUT_OFF]);
    let control = control.output_in_time();
    if !control.as_ref().is_ok_and(|it| it.status.success()) {
        writeln!(
            std::io::stderr(),
            "SKIPPED: a replay is not tried without a network: this machine gives no namespace to anybody ({control:?})"
        )?;
        return Ok(());
    }

    let mut place = RecordedProject::in_python(CODE, &env)?;
    place.project.write("test_agent.py", TEST)?;
    let pytest = ["pytest", "-q", "-p", "no:cacheprovider", "test_agent.py"];
    let provider = ModelProvider::start(answer)?;
    let recorded = place.exec_of("record", Some(&provider), &pytest)?;
    ensure!(
        recorded.code == Some(0) && recorded.stdout.contains("2 passed"),
        "{}{}",
        recorded.stdout,
        recorded.stderr
    );
    drop(provider);

    place.within = alone.to_vec();
    let played = place.exec_of("replay", None, &pytest)?;
    ensure!(
        played.code == Some(0) && played.stdout.contains("2 passed"),
        "{}{}",
        played.stdout,
        played.stderr
    );
    Ok(())
}
