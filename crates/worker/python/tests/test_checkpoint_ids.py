"""The newest checkpoint of a thread is the one that was written last, whatever the clock says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from langgraph.checkpoint.base import id as generator

from fake_server import FakeServer, connected
from lgx_worker.checkpoint_ids import follow
from projects import load, run, run_params

MINUTE = 60 * 10**9


class Clock:
    """The clock of langgraph's generator, which has just been started with its process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_750_000_000 * 10**9
        monkeypatch.setattr(generator, "time", SimpleNamespace(time_ns=self.read))
        monkeypatch.setattr(generator, "_last_v6_timestamp", None)

    def read(self) -> int:
        self.now += 1000
        return self.now

    def goes_back_with_a_new_worker(self) -> None:
        self.now -= 20 * MINUTE
        generator._last_v6_timestamp = None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def log(server: FakeServer) -> list[str]:
    state = await server.call("state.get", {"graph_id": "steps", "thread_id": "t", "config": {}})
    return state.values["values"]["log"]


async def turn(server: FakeServer, text: str, *, prefetched: bool) -> None:
    params, sections = run_params("steps", {"log": [text]}, thread_id="t", prefetched=prefetched), []
    if prefetched:
        newest = {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": None}
        found, sections = server.checkpoints.get(newest, [])
        params["checkpoint"] = found.get("tuple")
    answer = await server.call("run", params, sections)
    assert answer.meta["status"] == "success"


@pytest.mark.parametrize("prefetched", [False, True])
async def test_a_run_after_the_clock_went_back_is_the_newest(clock: Clock, prefetched: bool) -> None:
    async with connected() as (server, _):
        await load(server, {"steps": "steps.py:graph"})
        expected: list[str] = []
        for text in ("one", "two", "three"):
            await turn(server, text, prefetched=prefetched)
            expected += [text, "a", "b", "c"]
            assert await log(server) == expected
            clock.goes_back_with_a_new_worker()


async def test_an_update_of_an_older_checkpoint_after_the_clock_went_back_is_the_newest(clock: Clock) -> None:
    async with connected() as (server, _):
        await load(server, {"steps": "steps.py:graph"})
        await run(server, "steps", {}, thread_id="t")
        ask: dict[str, Any] = {"graph_id": "steps", "thread_id": "t", "config": {}}
        oldest = (await server.call("state.history", {**ask, "limit": 10})).values[-1]["checkpoint"]
        clock.goes_back_with_a_new_worker()
        update = {**ask, "checkpoint": oldest, "values": None, "as_node": "__copy__", "metadata": {}}
        made = await server.call("state.update", update)
        newest = await server.call("state.get", ask)
        assert newest.values["checkpoint_id"] == made.meta["configurable"]["checkpoint_id"]


def test_ids_are_followed_upwards_only(clock: Clock) -> None:
    ahead = str(generator.uuid6())
    clock.goes_back_with_a_new_worker()
    behind = str(generator.uuid6())
    assert behind < ahead
    for odd in ("no id at all", "b4b1d2a0-0d57-4b9e-8f3b-0a3f0f6f9a11"):
        follow(odd)
        assert str(generator.uuid6()) < ahead
    follow(ahead)
    follow(behind)
    assert str(generator.uuid6()) > ahead
