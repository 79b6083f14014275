"""ThreadsClient, async and sync: every method with every parameter; the streams of whole threads have suites of their own."""

from uuid import uuid4

import pytest
from langgraph_sdk.errors import BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError

from both_clients import Both

LOG = ["in", "a", "slow", "b"]


async def new(both: Both, **given) -> str:
    """A new thread's id."""
    return (await both.threads.create(**given))["thread_id"]


async def test_create_keeps_all_it_is_given(both: Both):
    thread_id = str(uuid4())
    thread = await both.threads.create(
        thread_id=thread_id, metadata={"topic": "tea"}, graph_id="multi", ttl={"ttl": 30, "strategy": "delete"}
    )
    assert thread["thread_id"] == thread_id
    assert thread["metadata"] == {"topic": "tea", "graph_id": "multi"}
    assert (thread["status"], thread["values"], thread["interrupts"]) == ("idle", None, {})
    with pytest.raises(ConflictError):
        await both.threads.create(thread_id=thread_id, if_exists="raise")
    again = await both.threads.create(thread_id=thread_id, if_exists="do_nothing", metadata={"topic": "coffee"})
    assert again["metadata"] == thread["metadata"]


async def test_how_long_a_thread_lives_is_shown_when_asked_for(both: Both):
    thread_id = await new(both, ttl=30)
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
    thread_id = await new(both, metadata={"a": {"x": 1}, "b": 1})
    patched = await both.threads.update(thread_id, metadata={"a": {"y": 2}, "c": None})
    assert patched["metadata"] == {"a": {"y": 2}, "b": 1, "c": None}
    assert not await both.threads.update(thread_id, metadata={"b": 2}, return_minimal=True)
    assert (await both.threads.get(thread_id))["metadata"]["b"] == 2
    with pytest.raises(NotFoundError):
        await both.threads.update(str(uuid4()), metadata={})


async def test_search_and_count_by_every_filter(both: Both):
    mark = str(uuid4())
    metadata = {"mark": mark}
    made = [await new(both, metadata={**metadata, "n": n}) for n in range(3)]
    await both.runs.wait(made[0], "multi", input={"log": [mark]})
    await both.runs.wait(made[1], "hitl", input={"question": mark})
    values = {"log": [mark, "a", "slow", "b"]}

    async def found(**query) -> list[str]:
        return [thread["thread_id"] for thread in await both.threads.search(**query)]

    assert set(await found(metadata=metadata)) == set(made)
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
    with pytest.raises(UnprocessableEntityError):
        await both.threads.search(extract={"nowhere": "elsewhere.x"})

    assert await both.threads.count(metadata=metadata) == 3
    assert await both.threads.count(metadata=metadata, status="idle") == 2
    assert await both.threads.count(values=values) == 1


async def test_a_copy_goes_its_own_way(both: Both):
    thread_id = await new(both, metadata={"topic": "tea"})
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
    kept, gone = await new(both), await new(both)
    for thread_id in (kept, gone):
        await both.runs.wait(thread_id, "multi", input={"log": ["in"]})
    assert await both.threads.prune([gone, gone, str(uuid4())]) == {"pruned_count": 1}
    with pytest.raises(NotFoundError):
        await both.threads.get(gone)
    assert await both.threads.prune([kept], strategy="keep_latest") == {"pruned_count": 1}
    (state,) = await both.threads.get_history(kept)
    assert state["values"]["log"] == LOG
    assert (await both.runs.wait(kept, "multi", input={"log": ["more"]}))["log"] == [*LOG, "more", "a", "slow", "b"]


async def test_delete(both: Both):
    thread_id = await new(both)
    await both.threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        await both.threads.delete(thread_id)


async def test_the_state_at_a_checkpoint_and_with_its_subgraphs(both: Both):
    thread_id = await new(both)
    await both.runs.wait(thread_id, "nested", input={"log": ["in"], "ask": True})
    now = await both.threads.get_state(thread_id)
    (task,) = now["tasks"]
    assert (task["name"], task["state"], task["checkpoint"]["checkpoint_ns"]) == ("child", None, f"child:{task['id']}")
    (whole,) = (await both.threads.get_state(thread_id, subgraphs=True))["tasks"]
    assert (whole["state"]["next"], whole["checkpoint"]) == (["c2"], None)
    inner = await both.threads.get_state(thread_id, checkpoint=task["checkpoint"])
    assert (inner["values"], inner["next"]) == (whole["state"]["values"], ["c2"])
    assert inner["checkpoint"]["checkpoint_map"].keys() == {"", f"child:{task['id']}"}
    past = (await both.threads.get_history(thread_id))[1]
    at_checkpoint = await both.threads.get_state(thread_id, checkpoint=past["checkpoint"], subgraphs=True)
    assert at_checkpoint["values"] == past["values"]
    assert (await both.threads.get_state(thread_id, checkpoint_id=past["checkpoint_id"]))["next"] == past["next"]
    some = await both.threads.get_state(thread_id, select=["values", "next"])
    assert (some["values"], some["next"]) == (now["values"], now["next"])


async def test_update_state_with_every_address(both: Both):
    thread_id = await new(both)
    await both.runs.wait(thread_id, "multi", input={"log": ["in"]}, interrupt_before=["b"])
    past = (await both.threads.get_history(thread_id))[1]
    updated = await both.threads.update_state(thread_id, {"log": ["mine"]}, as_node="a")
    assert updated["checkpoint"]["thread_id"] == thread_id
    assert (await both.threads.get_state(thread_id))["next"] == ["slow"]
    by_checkpoint = await both.threads.update_state(thread_id, {"log": ["fork"]}, checkpoint=past["checkpoint"])
    by_id = await both.threads.update_state(thread_id, {"log": ["fork"]}, checkpoint_id=past["checkpoint_id"])
    forks = [await both.threads.get_state(thread_id, checkpoint=one["checkpoint"]) for one in (by_checkpoint, by_id)]
    assert [fork["values"]["log"] for fork in forks] == [["in", "a", "fork"]] * 2
    assert [fork["parent_checkpoint_id"] for fork in forks] == [past["checkpoint_id"]] * 2
    await both.threads.update_state(thread_id, None, as_node="__copy__")
    assert (await both.threads.get_state(thread_id))["metadata"]["source"] == "fork"


async def test_the_state_of_a_subgraph_can_be_changed(both: Both):
    thread_id = await new(both)
    await both.runs.wait(thread_id, "nested", input={"log": ["in"], "ask": True})
    (task,) = (await both.threads.get_state(thread_id))["tasks"]
    updated = await both.threads.update_state(
        thread_id, {"log": ["changed"]}, as_node="c1", checkpoint=task["checkpoint"]
    )
    assert updated["checkpoint"]["checkpoint_map"]
    values = await both.runs.wait(thread_id, "nested", command={"resume": "yes"})
    assert "changed" in values["log"]


async def test_history_by_every_filter(both: Both):
    thread_id = await new(both)
    await both.runs.wait(thread_id, "multi", input={"log": ["in"]})
    states = await both.threads.get_history(thread_id)
    assert [state["metadata"]["step"] for state in states] == [3, 2, 1, 0, -1]
    assert await both.threads.get_history(thread_id, limit=2) == states[:2]
    before = states[1]["checkpoint"]
    for form in (before, before["checkpoint_id"], {"configurable": before}):
        assert await both.threads.get_history(thread_id, before=form) == states[2:]
    assert await both.threads.get_history(thread_id, metadata={"source": "input"}) == states[4:]
    assert await both.threads.get_history(thread_id, checkpoint=states[2]["checkpoint"]) == [states[2]]
    assert [state["next"] for state in await both.threads.get_history(thread_id, select=["next"])] == [
        state["next"] for state in states
    ]


async def test_what_is_refused(both: Both):
    unknown = str(uuid4())
    for ask in (both.threads.get, both.threads.get_state, both.threads.delete, both.threads.get_history):
        with pytest.raises(NotFoundError):
            await ask(unknown)
        with pytest.raises(UnprocessableEntityError):
            await ask("not-a-uuid")
    with pytest.raises(BadRequestError):
        await both.threads.search(ids=["not-a-uuid"])
    with pytest.raises(BadRequestError):
        await both.threads.update_state(await new(both), {"log": ["no graph yet"]})
