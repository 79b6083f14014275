"""The checkpointer passes langgraph's own conformance suite, with every optional capability."""

import asyncio
import copy

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from fake_server import connected
from projects import load, run

conformance = pytest.importorskip("langgraph.checkpoint.conformance")


@conformance.checkpointer_test(name="RemoteSaver")
async def remote_saver():
    async with connected() as (_, worker):
        yield worker.saver()


@conformance.checkpointer_test(name="RemoteSaver, behind")
async def remote_saver_behind():
    async with connected() as (_, worker):
        yield worker.saver(behind=True)


@conformance.checkpointer_test(name="RemoteSaver, one checkpoint a message")
async def remote_saver_in_pieces():
    async with connected() as (server, worker):
        server.checkpoints.most_listed = 1
        yield worker.saver()


@pytest.mark.parametrize(
    "saver", [remote_saver, remote_saver_behind, remote_saver_in_pieces], ids=lambda saver: saver.name
)
def test_the_saver_conforms_in_every_capability(saver):
    report = asyncio.run(conformance.validate(saver))
    failures = {name: result.failures for name, result in report.results.items() if result.failures}
    assert failures == {}
    assert all(result.passed for result in report.results.values()), report.results


@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
async def test_delta_channels_are_rebuilt_from_history_as_with_the_saver_of_langgraph(durability):
    pytest.importorskip("langgraph.channels.delta")
    async with connected() as (server, worker):
        await load(server, {"deltas": "deltas.py:graph"})
        graph = copy.copy(worker.graphs.loaded["deltas"].source)
        graph.checkpointer = InMemorySaver()
        config = {"configurable": {"thread_id": "t"}}
        for n in range(5):
            given = {"log": [f"in{n}"]}
            expected = await graph.ainvoke(given, config, durability=durability)
            answer = await run(server, "deltas", given, thread_id="t", durability=durability)
            assert answer.values == expected
            state = await server.call("state.get", {"graph_id": "deltas", "thread_id": "t", "config": {}})
            assert state.values["values"] == expected
