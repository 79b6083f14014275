"""What an update of a state writes reaches the server as a whole."""

from __future__ import annotations

import pytest

from fake_server import connected
from lgx_worker import update_saver
from lgx_worker.errors import CallFailed
from projects import load, run

THREAD = {"graph_id": "steps", "thread_id": "t", "config": {}}


@pytest.fixture
async def server():
    async with connected() as (server, _):
        await load(server, {"steps": "steps.py:graph"})
        # Cut off before its first node: what an update as that node writes is what the node would have written.
        await run(server, "steps", {"log": ["in"]}, thread_id="t", interrupt_before=["a"])
        server.seen.clear()
        yield server


def written(server):
    table = server.checkpoints
    return sorted(table.rows), {key: sorted(writes) for key, writes in table.writes.items()}


async def log(server):
    return (await server.call("state.get", THREAD)).values["values"]["log"]


async def test_an_update_is_one_message(server):
    await server.call("state.update", {**THREAD, "values": {"log": ["new"]}, "as_node": "a"})
    assert [method for method in server.seen if method != "checkpoint.get"] == ["checkpoint.put_update"]
    assert await log(server) == ["in", "new"]


async def test_an_update_that_is_not_stored_leaves_nothing(server):
    before = written(server)
    server.fail["checkpoint.put_update"] = "the disk is full"
    with pytest.raises(CallFailed, match="the disk is full"):
        await server.call("state.update", {**THREAD, "values": {"log": ["new"]}, "as_node": "a"})
    assert written(server) == before
    assert await log(server) == ["in"]


async def test_each_superstep_is_one_message(server):
    supersteps = [{"updates": [{"values": {"log": [node]}, "as_node": node}]} for node in ("a", "b")]
    await server.call("state.bulk_update", {**THREAD, "supersteps": supersteps})
    assert [method for method in server.seen if method != "checkpoint.get"] == ["checkpoint.put_update"] * 2
    assert await log(server) == ["in", "a", "b"]


async def test_what_fits_into_no_message_comes_in_several(server, monkeypatch):
    monkeypatch.setattr(update_saver, "MAX_SECTIONS", 1)
    await server.call("state.update", {**THREAD, "values": {"log": ["new"]}, "as_node": "a"})
    assert server.seen.count("checkpoint.put_update") > 1
    assert await log(server) == ["in", "new"]
