"""Runs that are cancelled, by either client: one, many, by a client that leaves, and by a run that comes after them."""

import httpx
import pytest
from langgraph_sdk.errors import NotFoundError, UnprocessableEntityError

from both_clients import Both, new_thread
from streams import start_slow

INPUT = {"log": ["in"]}
WHOLE = ["in", "a", "slow", "b"]


async def status_of(both: Both, thread_id: str) -> str:
    return (await both.threads.get(thread_id))["status"]


async def test_cancelling_stops_a_run_and_the_thread_can_go_on(both: Both, thread_id: str):
    run_id = await start_slow(both, thread_id, 60, "in")
    await both.runs.cancel(thread_id, run_id, wait=True)
    assert (await both.runs.get(thread_id, run_id))["status"] == "interrupted"
    state = await both.threads.get_state(thread_id)
    assert (state["values"]["log"], state["next"]) == (["in", "a"], ["slow"])
    thread = await both.threads.get(thread_id)
    assert thread["status"] == "interrupted"
    assert thread["error"]["error"] == "UserInterrupt"
    await both.threads.update_state(thread_id, {"delay": 0}, as_node="a")
    assert (await both.runs.wait(thread_id, "multi", input=None))["log"] == WHOLE
    assert await status_of(both, thread_id) == "idle"


async def test_cancel_in_both_ways(both: Both):
    thread_id = await new_thread(both)
    run_id = await start_slow(both, thread_id, 60, "in")
    await both.runs.cancel(thread_id, run_id, wait=False, action="interrupt")
    await both.runs.join(thread_id, run_id)
    assert (await both.runs.get(thread_id, run_id))["status"] == "interrupted"
    values = await both.runs.wait(thread_id, "multi", input={"log": ["more"], "delay": 0})
    finished = (await both.runs.list(thread_id))[0]["run_id"]
    with pytest.raises(NotFoundError):
        await both.runs.cancel(thread_id, finished)
    run_id = await start_slow(both, thread_id, 60, "gone")
    assert await both.runs.cancel(thread_id, run_id, wait=True, action="rollback") == values
    state = await both.threads.get_state(thread_id)
    assert (state["values"], state["next"]) == (values, [])
    assert await status_of(both, thread_id) == "idle"
    with pytest.raises(NotFoundError):
        await both.runs.get(thread_id, run_id)
    with pytest.raises(NotFoundError):
        await both.runs.cancel(thread_id, run_id)


async def test_cancel_many_by_id(both: Both):
    thread_id = await new_thread(both)
    first = await start_slow(both, thread_id, 60, "in")
    second = (await both.runs.create(thread_id, "multi", input=INPUT))["run_id"]
    await both.runs.cancel_many(thread_id=thread_id, run_ids=[first, second])
    await both.runs.join(thread_id, first)
    assert [run["status"] for run in await both.runs.list(thread_id)] == ["interrupted"] * 2
    run_id = await start_slow(both, thread_id, 60, "in")
    await both.runs.cancel_many(thread_id=thread_id, run_ids=[run_id], action="rollback")
    await both.runs.join(thread_id, run_id)
    assert run_id not in [run["run_id"] for run in await both.runs.list(thread_id)]
    thread = await both.threads.get(thread_id)
    assert (thread["status"], thread["values"]["log"]) == ("interrupted", ["in", "a"]), "as the first run left it"
    with pytest.raises(NotFoundError):
        await both.runs.cancel_many(thread_id=thread_id, run_ids=[first])


async def test_cancel_many_by_status(both: Both):
    thread_id = await new_thread(both)
    first = await start_slow(both, thread_id, 60, "in")
    second = (await both.runs.create(thread_id, "multi", input=INPUT))["run_id"]
    await both.runs.cancel_many(status="pending")
    assert (await both.runs.get(thread_id, second))["status"] == "interrupted"
    assert (await both.runs.get(thread_id, first))["status"] == "running"
    await both.runs.cancel_many(status="all")
    await both.runs.join(thread_id, first)
    assert (await both.runs.get(thread_id, first))["status"] == "interrupted"
    with pytest.raises(NotFoundError):
        await both.runs.cancel_many(status="running")
    with pytest.raises(UnprocessableEntityError):
        await both.runs.cancel_many(status="all", thread_id=thread_id, run_ids=[first])


@pytest.mark.parametrize("action", ["interrupt", "rollback"])
async def test_who_waits_for_a_run_that_is_cancelled_hears_how_far_it_came(
    both: Both, http: httpx.AsyncClient, thread_id: str, action: str
):
    body = {"assistant_id": "multi", "input": {"log": ["in"], "delay": 60}, "stream_resumable": True}
    async with http.stream("POST", f"/threads/{thread_id}/runs/wait", json=body) as waiting:
        run_id = waiting.headers["content-location"].rpartition("/")[2]
        async for part in both.runs.join_stream(thread_id, run_id, last_event_id="-1"):
            if part.event == "values" and part.data["log"] == ["in", "a"]:
                break
        await both.runs.cancel(thread_id, run_id, action=action)
        await waiting.aread()
        assert waiting.json()["log"] == ["in", "a"]


async def test_a_run_outlives_the_client_that_streams_it(both: Both, thread_id: str):
    parts = both.runs.stream(
        thread_id, "multi", input={"log": ["in"], "delay": 0.3}, stream_mode="updates", on_disconnect="continue"
    )
    async for part in parts:
        if part.event == "updates" and "a" in part.data:
            break
    await parts.aclose()
    (run,) = await both.runs.list(thread_id)
    assert (await both.runs.join(thread_id, run["run_id"]))["log"] == WHOLE


async def test_a_stream_that_is_dropped_cancels_its_run_if_so_asked(both: Both):
    thread_id = await new_thread(both)
    parts = both.runs.stream(
        thread_id, "multi", input={"log": ["in"], "delay": 60}, stream_mode="updates", on_disconnect="cancel"
    )
    async for part in parts:
        if part.event == "updates" and "a" in part.data:
            break
    await parts.aclose()  # type: ignore[attr-defined] # a generator, typed as an iterator
    (run,) = await both.runs.list(thread_id)
    await both.runs.join(thread_id, run["run_id"])
    assert (await both.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"
    assert (await both.threads.get_state(thread_id))["values"]["log"] == ["in", "a"]


async def test_a_joined_stream_that_is_dropped_cancels_its_run_if_so_asked(both: Both):
    thread_id = await new_thread(both)
    run_id = await start_slow(both, thread_id, 60, "in")
    parts = both.runs.join_stream(
        thread_id, run_id, cancel_on_disconnect=True, stream_mode=["updates"], last_event_id="-1"
    )
    async for _ in parts:
        break
    await parts.aclose()  # type: ignore[attr-defined] # a generator, typed as an iterator
    await both.runs.join(thread_id, run_id)
    assert (await both.runs.get(thread_id, run_id))["status"] == "interrupted"


@pytest.mark.parametrize(
    ("strategy", "first_status", "log"),
    [
        ("enqueue", "success", ["one", "a", "slow", "b", "two", "a", "slow", "b"]),
        ("interrupt", "interrupted", ["one", "a", "two", "a", "slow", "b"]),
        ("rollback", None, ["two", "a", "slow", "b"]),
    ],
)
async def test_what_double_texting_leaves_of_the_first_run(
    both: Both, thread_id: str, strategy: str, first_status: str | None, log: list[str]
):
    first = await start_slow(both, thread_id, 1, "one")
    values = await both.runs.wait(thread_id, "multi", input={"log": ["two"], "delay": 0}, multitask_strategy=strategy)
    assert values["log"] == log
    statuses = {run["run_id"]: run["status"] for run in await both.runs.list(thread_id)}
    assert statuses.pop(first, None) == first_status
    assert list(statuses.values()) == ["success"]
    assert await status_of(both, thread_id) == "idle"


async def test_queued_runs_execute_in_the_order_they_came(both: Both, thread_id: str):
    first = await start_slow(both, thread_id, 0.3, "0")
    runs = [await both.runs.create(thread_id, "multi", input={"log": [str(n)], "delay": 0}) for n in (1, 2, 3)]
    values = await both.runs.join(thread_id, runs[-1]["run_id"])
    assert [word for word in values["log"] if word.isdigit()] == ["0", "1", "2", "3"]
    assert {run["status"] for run in await both.runs.list(thread_id)} == {"success"}
    assert first in {run["run_id"] for run in await both.runs.list(thread_id)}
