"""Code that asks the person at the terminal: `input()`, `sys.stdin` and the debugger, answered, stopped and refused."""

import asyncio

import pytest

from lgx_worker.watchdog import BusySelector
from projects import load, process, start

EVERYWHERE = ["asking", "asking_in_thread"]
STOPS = ["stopping", "stopping_in_thread"]


@pytest.fixture
async def server(graph_id):
    """A server that has loaded this graph of questions.py."""
    async with process() as worker:
        await load(worker.server, {"g": f"questions.py:{graph_id}"})
        yield worker.server


@pytest.mark.parametrize("graph_id", EVERYWHERE)
async def test_input_is_what_is_typed(server):
    pending = start(server, "g", {})
    server.typed(await server.asked("Name? "), "Ada\n")
    assert (await pending.answer).values == {"answer": "Ada"}


@pytest.mark.parametrize("graph_id", EVERYWHERE)
async def test_ctrl_d_ends_the_input(server):
    pending = start(server, "g", {})
    server.typed(await server.asked("Name? "), "")
    assert (await pending.answer).meta["error"]["error"] == "EOFError"


@pytest.mark.parametrize(
    ("graph_id", "advice"), [(g, "interrupt(") for g in EVERYWHERE] + [(g, "debugpy") for g in STOPS]
)
async def test_where_there_is_no_terminal_the_run_fails_and_says_what_to_do(server, advice):
    pending = start(server, "g", {})
    id_, _ = await server.questions.get()
    server.refuse(id_, "NoTerminal")
    error = (await pending.answer).meta["error"]
    assert error["error"] == "NoTerminalError"
    assert "lgx dev" in error["message"] and advice in error["message"]
    diagnostic = (await pending.answer).meta["diagnostic"]
    assert diagnostic["file"].endswith("questions.py")


@pytest.mark.parametrize("graph_id", EVERYWHERE + STOPS)
async def test_a_run_that_is_cancelled_leaves_its_prompt(server):
    pending = start(server, "g", {})
    id_, _ = await server.questions.get()
    server.cancel(pending)
    server.refuse(id_, "Cancelled")
    assert (await pending.answer).meta["status"] == "cancelled"


@pytest.mark.parametrize("graph_id", ["asking"])
async def test_pings_are_answered_while_a_person_thinks_on_the_event_loop(server):
    pending = start(server, "g", {})
    question = await server.asked("Name? ")
    server.send(9, 77, {})
    assert await server.pong == 77
    server.typed(question, "Ada\n")
    await pending.answer


@pytest.mark.parametrize("graph_id", ["asking_in_thread"])
async def test_a_run_that_asks_in_a_thread_keeps_nobody_waiting(server):
    first = start(server, "g", {})
    question = await server.asked("Name? ")
    second = start(server, "g", {})
    server.typed(await server.asked("Name? "), "Bob\n")
    assert (await second.answer).values == {"answer": "Bob"}
    server.typed(question, "Ada\n")
    assert (await first.answer).values == {"answer": "Ada"}


@pytest.mark.parametrize("graph_id", ["reading"])
async def test_sys_stdin_is_what_is_typed_too_and_its_prompt_is_seen(server):
    pending = start(server, "g", {})
    for text in ("one\n", "two\n", ""):
        id_ = await server.asked("")
        assert [(line["text"], line["open"]) for line in server.logs] == [("Name? ", True)]
        server.typed(id_, text)
    assert (await pending.answer).values == {"answer": "one\n|two\n"}


@pytest.mark.parametrize("graph_id", ["hiding"])
async def test_getpass_asks_as_well(server):
    pending = start(server, "g", {})
    server.typed(await server.asked(""), "xyzzy\n")
    assert (await pending.answer).values == {"answer": "xyzzy"}
    assert any(line["text"].endswith("Secret? ") and line["open"] for line in server.logs if "open" in line)


@pytest.mark.parametrize("graph_id", STOPS)
async def test_a_breakpoint_has_a_prompt_that_prints_steps_and_goes_on(server):
    pending = start(server, "g", {})
    for command in ("p answer", "n", "p answer", "answer = 'changed'", "c"):
        server.typed(await server.asked("(Pdb) "), f"{command}\n")
    assert (await pending.answer).values == {"answer": "changed"}
    tagged = [line["text"] for line in server.logs if line["stream"] == "stdout"]
    assert len(tagged) == 1 and tagged[0].startswith("stopped at a breakpoint")
    said = [line["text"] for line in server.logs if line["stream"] == "terminal"]
    assert "'before'" in said and "'after before'" in said
    assert any("questions.py(" in text for text in said)
    assert {line["run_id"] for line in server.logs} != {None}


@pytest.mark.parametrize("graph_id", STOPS)
@pytest.mark.parametrize("typed", ["q\n", ""])
async def test_leaving_the_debugger_ends_the_run_and_says_so(server, typed):
    pending = start(server, "g", {})
    server.typed(await server.asked("(Pdb) "), typed)
    error = (await pending.answer).meta["error"]
    assert error["error"] == "BdbQuit" and "debugger was left" in error["message"]
    again = start(server, "g", {})
    server.typed(await server.asked("(Pdb) "), "c\n")
    assert (await again.answer).values == {"answer": "after before"}


async def test_an_import_can_ask(tmp_path):
    (tmp_path / "asks.py").write_text("graph = input('Which? ')\n")
    async with process() as worker:
        server = worker.server
        graphs = {"asks": "asks.py:graph"}
        loading = asyncio.ensure_future(load(server, graphs, root=tmp_path, sys_path=[str(tmp_path)]))
        server.typed(await server.asked("Which? "), "this\n")
        assert "str" in (await loading)["graphs"]["asks"]["error"]["message"]


def test_a_loop_whose_person_thinks_is_not_blocked():
    selector = BusySelector()
    selector.busy_since = 1.0
    with selector.not_blocked():
        assert selector.busy_since is None
    assert selector.busy_since is not None and selector.busy_since > 1.0
    selector.busy_since = None
    with selector.not_blocked():
        pass
    assert selector.busy_since is None, "an import does not block the loop"
    selector.close()
