"""ThreadsClient, async and sync: every method with every parameter; the streams of whole threads have a suite of their own.

What concerns the state of threads is in test_thread_state.py.
"""

from uuid import uuid4

import pytest
from langgraph_sdk.errors import BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError

from both_clients import Both, new_thread
from streams import start_slow

LOG = ["in", "a", "slow", "b"]


async def test_create_keeps_all_it_is_given(both: Both):
    thread_id = str(uuid4())
    thread = await both.threads.create(
        thread_id=thread_id, metadata={"topic": "tea"}, graph_id="multi", ttl={"ttl": 30, "strategy": "delete"}
    )
    assert thread["thread_id"] == thread_id
    assert thread["metadata"] == {"topic": "tea", "graph_id": "multi"}
    assert (thread["status"], thread["values"], thread["interrupts"]) == ("idle", None, {})
    assert await both.threads.get(thread_id) == thread
    for options in ({}, {"if_exists": "raise"}):
        with pytest.raises(ConflictError):
            await both.threads.create(thread_id=thread_id, **options)
    again = await both.threads.create(thread_id=thread_id, if_exists="do_nothing", metadata={"topic": "coffee"})
    assert again["metadata"] == thread["metadata"]


async def test_a_new_thread_has_no_state(both: Both):
    state = await both.threads.get_state(await new_thread(both))
    assert (state["values"], state["next"], state["checkpoint"]) == ({}, [], None)


async def test_how_long_a_thread_lives_is_shown_when_asked_for(both: Both):
    thread_id = await new_thread(both, ttl=30)
    shown = (await both.threads.get(thread_id, include=["ttl"]))["ttl"]
    assert (shown["strategy"], shown["ttl_minutes"]) == ("delete", 30)
    assert "ttl" not in await both.threads.get(thread_id)
    await both.threads.update(thread_id, metadata={}, ttl={"ttl": 60, "strategy": "keep_latest"})
    later = (await both.threads.get(thread_id, include=["ttl"]))["ttl"]
    assert (later["strategy"], later["ttl_minutes"]) == ("keep_latest", 60)
    assert later["expires_at"] > shown["expires_at"]


async def test_a_thread_may_begin_with_a_past(both: Both):
    steps = [
        {"updates": [{"values": {"log": ["in"]}, "as_node": "__input__"}]},
        {"updates": [{"values": {"log": ["in"]}, "as_node": "__start__"}]},
        {"updates": [{"values": {"log": ["mine"]}, "as_node": "a"}]},
        {"updates": [{"values": None, "command": {"update": {"log": ["by command"]}}, "as_node": "slow"}]},
    ]
    thread = await both.threads.create(graph_id="multi", supersteps=steps)
    assert (thread["values"], thread["status"]) == ({"log": ["in", "mine", "by command"]}, "interrupted")
    states = await both.threads.get_history(thread["thread_id"])
    assert [state["metadata"]["source"] for state in states] == ["update", "update", "update", "input"]
    assert (await both.runs.wait(thread["thread_id"], "multi", input=None))["log"][-1] == "b"

    before = await both.threads.count()
    for bad in ([{"updates": [{"values": {}, "as_node": "nowhere"}]}], [{"updates": []}]):
        with pytest.raises(BadRequestError):
            await both.threads.create(graph_id="multi", supersteps=bad)
    with pytest.raises((BadRequestError, NotFoundError)):
        await both.threads.create(graph_id="no-such-graph", supersteps=steps)
    assert await both.threads.count() == before


async def test_update_merges_metadata_and_may_answer_nothing(both: Both):
    thread = await both.threads.create(metadata={"a": {"x": 1}, "b": 1})
    thread_id = thread["thread_id"]
    patched = await both.threads.update(thread_id, metadata={"a": {"y": 2}, "c": None})
    assert patched["metadata"] == {"a": {"y": 2}, "b": 1, "c": None}
    assert patched["updated_at"] > thread["updated_at"]
    assert not await both.threads.update(thread_id, metadata={"b": 2}, return_minimal=True)
    assert (await both.threads.get(thread_id))["metadata"]["b"] == 2
    with pytest.raises(NotFoundError):
        await both.threads.update(str(uuid4()), metadata={})


async def test_search_and_count_by_every_filter(both: Both):
    mark = str(uuid4())
    metadata = {"mark": mark}
    made = [await new_thread(both, metadata={**metadata, "n": n}) for n in range(3)]
    await both.runs.wait(made[0], "multi", input={"log": [mark]})
    await both.runs.wait(made[1], "hitl", input={"question": mark})
    values = {"log": [mark, "a", "slow", "b"]}

    async def found(**query) -> list[str]:
        return [thread["thread_id"] for thread in await both.threads.search(**query)]

    assert set(await found(metadata=metadata)) == set(made)
    assert await found(metadata={**metadata, "n": 2}) == [made[2]]
    assert await found(values=values) == [made[0]]
    assert await found(metadata=metadata, status="interrupted") == [made[1]]
    assert await found(ids=[made[2], str(uuid4())]) == [made[2]]
    assert await found(metadata=metadata, sort_by="created_at", sort_order="asc", limit=1, offset=1) == [made[1]]
    assert await found(metadata=metadata, sort_by="created_at", sort_order="desc") == made[::-1]
    (row,) = await both.threads.search(ids=[made[0]], select=["thread_id", "status"])
    assert row == {"thread_id": made[0], "status": "idle"}
    paths = {"last": "values.log[-1]", "mark": "metadata.mark", "none": "values.nowhere.at"}
    (row,) = await both.threads.search(ids=[made[0]], select=["thread_id"], extract=paths)
    assert row == {"thread_id": made[0], "extracted": {"last": "b", "mark": mark, "none": None}}
    (row,) = await both.threads.search(ids=[made[1]], extract={"asked": "interrupts"})
    assert row["extracted"]["asked"] == row["interrupts"] != {}
    for wrong in ({"extract": {"nowhere": "elsewhere.x"}}, {"limit": 0}, {"sort_by": "zap"}):
        with pytest.raises(UnprocessableEntityError):
            await both.threads.search(**wrong)

    assert await both.threads.count(metadata=metadata) == 3
    assert await both.threads.count(metadata=metadata, status="idle") == 2
    assert await both.threads.count(values=values) == 1


async def test_a_copy_goes_its_own_way(both: Both):
    thread_id = await new_thread(both, metadata={"topic": "tea"})
    paused = await both.runs.wait(thread_id, "hitl", input={"question": "name"})
    copied = await both.threads.copy(thread_id)
    assert copied["thread_id"] != thread_id
    assert (copied["status"], copied["metadata"]["topic"]) == ("interrupted", "tea")
    state = await both.threads.get_state(copied["thread_id"])
    assert state["interrupts"][0]["id"] == paused["__interrupt__"][0]["id"]
    values = await both.runs.wait(copied["thread_id"], "hitl", command={"resume": "Bob"})
    assert values["answer"] == "Bob"
    assert (await both.threads.get(thread_id))["status"] == "interrupted"
    with pytest.raises(NotFoundError):
        await both.threads.copy(str(uuid4()))


async def test_prune_deletes_threads_or_all_but_their_latest_state(both: Both):
    kept, gone = await new_thread(both), await new_thread(both)
    for thread_id in (kept, gone):
        await both.runs.wait(thread_id, "multi", input={"log": ["in"]})
    assert await both.threads.prune([gone, gone, str(uuid4())]) == {"pruned_count": 1}
    with pytest.raises(NotFoundError):
        await both.threads.get(gone)
    assert await both.threads.prune([kept], strategy="keep_latest") == {"pruned_count": 1}
    (state,) = await both.threads.get_history(kept)
    assert state["values"]["log"] == LOG
    assert (await both.runs.wait(kept, "multi", input={"log": ["more"]}))["log"] == [*LOG, "more", "a", "slow", "b"]


async def test_a_deleted_thread_is_gone_with_its_runs(both: Both):
    thread_id = await new_thread(both)
    await both.runs.wait(thread_id, "multi", input={"log": ["in"]})
    await both.threads.delete(thread_id)
    threads = both.threads
    for ask in (threads.get, threads.get_state, threads.get_history, threads.delete, both.runs.list):
        with pytest.raises(NotFoundError):
            await ask(thread_id)


async def test_a_busy_thread_can_be_deleted(both: Both, thread_id: str):
    await start_slow(both, thread_id, 60, "in")
    await both.threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        await both.threads.get(thread_id)


async def test_what_is_refused(both: Both):
    unknown = str(uuid4())
    for ask in (both.threads.get, both.threads.get_state, both.threads.delete, both.threads.get_history):
        with pytest.raises(NotFoundError):
            await ask(unknown)
        with pytest.raises(UnprocessableEntityError):
            await ask("not-a-uuid")
    with pytest.raises(BadRequestError):
        await both.threads.search(ids=["not-a-uuid"])
    thread_id = await new_thread(both)
    with pytest.raises(BadRequestError):
        await both.threads.update_state(thread_id, {"log": ["no graph yet"]})
    await both.runs.wait(thread_id, "multi", input={"log": ["in"]})
    with pytest.raises(BadRequestError, match="nowhere"):
        await both.threads.update_state(thread_id, {"log": ["x"]}, as_node="nowhere")
