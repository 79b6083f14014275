"""Runs of the event protocol: what they send, and how they end."""

import asyncio

import pytest

from fake_server import connected
from projects import load, needs_context_in_nodes, run, start

GRAPH_IDS = {
    "steps": "steps.py:graph",
    "chat": "chat.py:graph",
    "one": "asks.py:one",
    "nested": "asks.py:nested",
    "fails": "fails.py:synchronous",
    "cancellable": "waits.py:cancellable",
    "swallowing": "waits.py:swallowing",
    "shown": "shows.py:graph",
}
HELLO = {"messages": [{"role": "user", "content": "good day"}]}


def in_worker(test):
    """Run a coroutine with a server and a worker that has loaded the graphs above."""

    async def prepared():
        async with connected() as (server, _):
            loaded = await load(server, GRAPH_IDS)
            assert not [graph for graph in loaded["graphs"].values() if "error" in graph]
            return await test(server)

    return asyncio.run(prepared())


def streamed(graph_id, given, **changes):
    """A run to its end."""
    return in_worker(lambda server: run(server, graph_id, given, event_streaming=True, subgraphs=True, **changes))


def test_a_graph_without_transformers_tells_its_values():
    answer = streamed("steps", {"log": ["in"]})
    assert answer.events == [
        ("values", {"log": ["in"]}),
        ("values", {"log": ["in", "a"]}),
        ("values", {"log": ["in", "a", "b"]}),
        ("values", {"log": ["in", "a", "b", "c"]}),
    ]
    assert (answer.meta["status"], answer.values) == ("success", {"log": ["in", "a", "b", "c"]})


@needs_context_in_nodes
def test_models_are_told_block_by_block():
    answer = streamed("chat", HELLO)
    said = [data for name, data in answer.events if name == "messages"]
    assert [data["event"] for data in said] == [
        "message-start",
        "content-block-start",
        *["content-block-delta"] * 4,
        "content-block-finish",
        "message-finish",
    ]
    assert "".join(data["delta"]["text"] for data in said[2:6]) == "You said: good day"


@needs_context_in_nodes
def test_a_question_is_told_before_the_values_and_left_out_of_them():
    answer = streamed("one", {"log": []})
    names = [name for name, _ in answer.events]
    asked = dict(answer.events)["input"]
    assert [interrupt["value"] for interrupt in asked] == ["question"]
    assert names[-2:] == ["input", "values"]
    assert "__interrupt__" not in answer.events[-1][1]
    assert answer.meta["next"] == ["ask"]
    assert [[each["value"] for each in found] for found in answer.meta["interrupts"].values()] == [["question"]]


@needs_context_in_nodes
def test_subgraphs_start_and_end():
    answer = streamed("nested", {"log": []})
    children = [(name.split("|")[1], data) for name, data in answer.events if name.startswith("lifecycle|")]
    (place, started), (same, ended) = children
    assert place == same
    node, task = place.split(":")
    assert started == {"event": "started", "namespace": [place], "graph_name": node, "trigger_call_id": task}
    assert ended == {"event": "interrupted", "graph_name": node}


@needs_context_in_nodes
def test_transformers_of_the_graph_add_their_events():
    answer = streamed("shown", {"log": []})
    by_name = {}
    for name, data in answer.events:
        by_name.setdefault(name, []).append(data)
    assert by_name["updates"] == [{"node": {"log": ["node"]}}]
    assert by_name["custom"] == ["written"]
    assert by_name["custom:lengths"] == [0, 1]
    started, finished = by_name["tasks"]
    assert (started["name"], finished["result"]) == ("node", {"log": ["node"]})
    assert [each["next"] for each in by_name["checkpoints"]][-1] == []


def test_a_failure_is_the_runs_own():
    answer = streamed("fails", {"raises": "KeyError"})
    assert answer.meta["status"] == "error"
    assert answer.meta["error"] == {"error": "KeyError", "message": "'kaboom'"}
    assert answer.meta["diagnostic"]["file"].endswith("fails.py")


@needs_context_in_nodes
@pytest.mark.parametrize("graph", ["cancellable", "swallowing"])
def test_a_cancelled_run_has_stopped_when_it_says_so(graph):
    async def test(server):
        pending = start(server, graph, {}, event_streaming=True)
        # Its first node is done: the second one waits.
        while ("values", {"before": True}) not in pending.events:
            pending.arrived.clear()
            await pending.arrived.wait()
        server.cancel(pending)
        answer = await pending.answer
        assert answer.meta["status"] == "cancelled"
        assert answer.values["before"] is True
        return [task for task in asyncio.all_tasks() if "pregel" in repr(task)]

    assert in_worker(test) == []
