"""What runs tell of the tasks that they execute, whatever they stream."""

import asyncio

import pytest

from fake_server import connected
from lgx_worker import run_steps, streams
from projects import load, needs_context_in_nodes, run, run_params
from test_handlers import MESSAGES

GRAPH_IDS = {
    "steps": "steps.py:graph",
    "one": "asks.py:one",
    "many": "asks.py:many",
    "nested": "asks.py:nested",
    "synchronous": "asks.py:synchronous",
    "fails": "fails.py:asynchronous",
    "fails_in_thread": "fails.py:synchronous",
    "functions": "tasks.py:functions",
    "spread": "tasks.py:spread",
    "leaves_child": "tasks.py:leaves_child",
    "cached": "tasks.py:cached",
    "waits": "tasks.py:waits",
}


@pytest.fixture
async def server():
    """A server whose worker has loaded the graphs above."""
    async with connected() as (server, _):
        loaded = await load(server, GRAPH_IDS)
        assert not [graph for graph in loaded["graphs"].values() if "error" in graph]
        yield server


@pytest.mark.parametrize(
    "streaming",
    [
        {"stream_mode": ["values"]},
        {"stream_mode": ["messages-tuple", "custom"], "subgraphs": True},
        {"stream_mode": ["events"]},
        {"stream_mode": ["tasks", "debug"]},
        {"stream_mode": [], "event_streaming": True},
    ],
)
async def test_every_task_is_told_with_its_start_and_its_end_whatever_is_streamed(server, streaming):
    answer = await run(server, "steps", {"log": []}, **streaming)
    assert answer.steps.all() == [("", "a", "success"), ("", "b", "success"), ("", "c", "success")]
    starts, ends = answer.steps.started, answer.steps.ended
    assert [start["step"] for start in starts] == [1, 2, 3]
    times = [time for start, end in zip(starts, ends, strict=True) for time in (start["at"], end["at"])]
    assert times == sorted(times)
    assert not [event for event, _ in answer.events if event == "steps"]
    asked = "tasks" in streaming["stream_mode"]
    assert bool(answer.named("tasks")) is asked


@pytest.mark.parametrize("subgraphs", [True, False])
@needs_context_in_nodes
async def test_nodes_of_subgraphs_are_told_with_their_namespace(server, subgraphs):
    answer = await run(server, "nested", {"log": []}, subgraphs=subgraphs)
    assert answer.steps.all() == [("", "child", "interrupted"), ("child", "ask", "interrupted")]
    child, ask = answer.steps.started
    assert ask["ns"] == f"child:{child['task_id']}"


@needs_context_in_nodes
async def test_subgraphs_of_synchronous_nodes_are_told_from_their_threads(server):
    answer = await run(server, "synchronous", {"log": []})
    assert answer.steps.all() == [("", "calls_child", "interrupted"), ("calls_child", "ask", "interrupted")]


@needs_context_in_nodes
async def test_a_task_that_is_answered_is_executed_once_more_and_what_was_done_is_not(server):
    params = run_params("many", {"items": ["x", "y"]})
    asked = await server.call("run", params)
    assert asked.steps.all() == [("", "worker", "interrupted"), ("", "worker", "interrupted")]
    first, second = [id_ for ids in asked.meta["interrupts"].values() for id_ in ids]
    again = {**params, "input": None, "command": {"resume": {first["id"]: "yes"}}}
    answered = await server.call("run", again)
    assert sorted(answered.steps.all()) == [("", "worker", "interrupted"), ("", "worker", "success")]
    last = await server.call("run", {**params, "input": None, "command": {"resume": {second["id"]: "no"}}})
    assert last.steps.all() == [("", "worker", "success")]


@pytest.mark.parametrize("graph", ["fails", "fails_in_thread"])
async def test_what_a_task_raised_is_told_in_one_line(server, graph):
    answer = await run(server, graph, {})
    (end,) = [end for end in answer.steps.ended if end["status"] == "error"]
    error = answer.meta["error"]
    assert end["error"] == f"{error['error']}: {error['message']}".partition("\n")[0]


@needs_context_in_nodes
async def test_functions_of_the_functional_api_are_tasks(server):
    answer = await run(server, "functions", 3)
    ended = answer.steps.all()
    assert ended[0] == ("", "functions", "success")
    assert ended[1:] == [("", "double", "success")] * 3


async def test_more_tasks_than_are_kept_are_counted(server, monkeypatch):
    monkeypatch.setattr(run_steps, "MOST", 5)
    answer = await run(server, "spread", {"items": [str(n) for n in range(9)]})
    assert (len(answer.steps.started), len(answer.steps.ended), answer.steps.dropped) == (5, 5, 4)


@needs_context_in_nodes
async def test_a_node_that_leaves_its_subgraph_by_a_command_has_ended_well(server):
    answer = await run(server, "leaves_child", {"log": []})
    assert answer.meta["status"] == "success"
    assert answer.steps.all() == [("", "child", "success"), ("child", "leaves", "success"), ("", "after", "success")]


async def test_a_task_whose_result_was_remembered_has_ended(server):
    for _ in range(2):
        answer = await run(server, "cached", {"log": []})
        assert answer.steps.all() == [("", "slow", "success")]


async def test_the_first_node_is_told_before_it_is_executed_and_a_cancelled_one_is_left_open(server):
    pending = server.start("run", run_params("waits", {"log": []}))
    while not pending.steps.started:
        pending.arrived.clear()
        await pending.arrived.wait()
    assert not pending.answer.done()
    server.cancel(pending)
    answer = await pending.answer
    assert answer.meta["status"] == "cancelled"
    assert answer.steps.all()[0][2] in ("running", "cancelled")


async def test_steps_wait_for_credit_as_all_that_is_streamed(server, monkeypatch):
    monkeypatch.setattr(streams, "WINDOW", 300)
    pending = server.start("run", run_params("spread", {"items": [str(n) for n in range(50)]}), grants=False)
    for _ in range(50):
        await asyncio.sleep(0)
    while pending.size < 300:
        pending.arrived.clear()
        await pending.arrived.wait()
    server.grant(pending, 1_000_000)
    answer = await pending.answer
    assert answer.steps.all() == [("", "worker", "success")] * 50


async def test_what_is_told_has_the_form_of_the_golden_message(server):
    (golden,) = [message["meta"]["steps"] for message in MESSAGES if message["name"] == "steps of a run"]
    answer = await run(server, "fails", {})
    assert {tuple(start) for start in answer.steps.started} == {tuple(start) for start in golden["started"]}
    assert {tuple(end) for end in answer.steps.ended} == {tuple(end) for end in golden["ended"]}
