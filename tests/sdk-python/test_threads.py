"""Threads through the Python SDK: making, finding, changing and deleting them; their state and its history."""

import itertools
from uuid import uuid4

import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError

from streams import start_slow

LOG = ["in", "a", "slow", "b"]


async def test_a_new_thread_is_idle_and_empty(client: LangGraphClient):
    thread = await client.threads.create(metadata={"topic": "tea"})
    assert (thread["status"], thread["metadata"], thread["values"]) == ("idle", {"topic": "tea"}, None)
    assert await client.threads.get(thread["thread_id"]) == thread
    state = await client.threads.get_state(thread["thread_id"])
    assert (state["values"], state["next"], state["checkpoint"]) == ({}, [], None)


async def test_a_thread_may_bring_its_id_once(client: LangGraphClient):
    thread_id = str(uuid4())
    thread = await client.threads.create(thread_id=thread_id, metadata={"n": 1})
    assert thread["thread_id"] == thread_id
    with pytest.raises(ConflictError):
        await client.threads.create(thread_id=thread_id)
    again = await client.threads.create(thread_id=thread_id, if_exists="do_nothing", metadata={"n": 2})
    assert again["metadata"] == {"n": 1}


async def test_metadata_is_merged_at_the_top(client: LangGraphClient):
    thread = await client.threads.create(metadata={"a": {"x": 1}, "b": 1})
    patched = await client.threads.update(thread["thread_id"], metadata={"a": {"y": 2}, "c": None})
    assert patched["metadata"] == {"a": {"y": 2}, "b": 1, "c": None}
    assert patched["updated_at"] > thread["updated_at"]


async def test_search_finds_by_metadata_values_and_status(client: LangGraphClient):
    mark = str(uuid4())
    made = [(await client.threads.create(metadata={"mark": mark, "n": n}))["thread_id"] for n in range(3)]
    await client.runs.wait(made[0], "multi", input={"log": [mark]})
    await client.runs.wait(made[1], "hitl", input={"question": mark})

    async def found(**query) -> list[str]:
        return [thread["thread_id"] for thread in await client.threads.search(**query)]

    assert set(await found(metadata={"mark": mark})) == set(made)
    assert await found(metadata={"mark": mark, "n": 2}) == [made[2]]
    assert await found(metadata={"mark": mark}, status="interrupted") == [made[1]]
    assert await found(values={"log": [mark, "a", "slow", "b"]}) == [made[0]]
    assert await found(metadata={"mark": mark}, sort_by="created_at", sort_order="asc", limit=2) == made[:2]
    assert await found(metadata={"mark": mark}, sort_by="created_at", sort_order="asc", offset=2) == made[2:]
    assert await found(ids=[made[2]]) == [made[2]]
    assert await client.threads.count(metadata={"mark": mark}) == 3
    (row,) = await client.threads.search(ids=[made[0]], select=["thread_id", "status"])
    assert row == {"thread_id": made[0], "status": "idle"}


async def test_a_deleted_thread_is_gone_with_its_runs(client: LangGraphClient, thread_id: str):
    await client.runs.wait(thread_id, "multi", input={"log": ["in"]})
    await client.threads.delete(thread_id)
    for ask in (client.threads.get, client.threads.get_state, client.threads.get_history, client.runs.list):
        with pytest.raises(NotFoundError):
            await ask(thread_id)


async def test_a_busy_thread_can_be_deleted(client: LangGraphClient, thread_id: str):
    await start_slow(client, thread_id, 60, "in")
    await client.threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        await client.threads.get(thread_id)


async def test_history_is_newest_first_and_can_be_paged(client: LangGraphClient, thread_id: str):
    await client.runs.wait(thread_id, "multi", input={"log": ["in"]})
    states = await client.threads.get_history(thread_id)
    assert [state["metadata"]["step"] for state in states] == [3, 2, 1, 0, -1]
    assert [state["metadata"]["source"] for state in states] == ["loop"] * 4 + ["input"]
    assert states[0]["values"]["log"] == LOG
    for newer, older in itertools.pairwise(states):
        assert newer["parent_checkpoint"] == older["checkpoint"]
    assert await client.threads.get_history(thread_id, limit=2) == states[:2]
    before = states[1]["checkpoint"]
    for form in (before, before["checkpoint_id"], {"configurable": before}):
        assert await client.threads.get_history(thread_id, before=form) == states[2:]
    (only,) = await client.threads.get_history(thread_id, metadata={"step": 0})
    assert only == states[3]


async def test_state_at_a_checkpoint(client: LangGraphClient, thread_id: str):
    await client.runs.wait(thread_id, "multi", input={"log": ["in"]})
    states = await client.threads.get_history(thread_id)
    past = states[2]
    assert (past["values"]["log"], past["next"]) == (["in", "a"], ["slow"])
    assert (await client.threads.get_state(thread_id, checkpoint=past["checkpoint"]))["values"] == past["values"]
    assert (await client.threads.get_state(thread_id, checkpoint_id=past["checkpoint_id"]))["values"] == past["values"]


async def test_an_update_changes_what_comes_next(client: LangGraphClient, thread_id: str):
    await client.runs.wait(thread_id, "multi", input={"log": ["in"]}, interrupt_before=["b"])
    updated = await client.threads.update_state(thread_id, {"log": ["mine"]}, as_node="a")
    state = await client.threads.get_state(thread_id)
    assert state["checkpoint"]["checkpoint_id"] == updated["checkpoint"]["checkpoint_id"]
    assert (state["values"]["log"], state["next"]) == (["in", "a", "slow", "mine"], ["slow"])
    assert state["metadata"]["source"] == "update"
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["values"]) == ("interrupted", state["values"])
    values = await client.runs.wait(thread_id, "multi", input=None)
    assert values["log"] == ["in", "a", "slow", "mine", "slow", "b"]


async def test_time_travel_branches_off(client: LangGraphClient, thread_id: str):
    await client.runs.wait(thread_id, "multi", input={"log": ["in"]})
    past = (await client.threads.get_history(thread_id))[2]
    fork = await client.threads.update_state(thread_id, {"log": ["fork"]}, checkpoint=past["checkpoint"])
    values = await client.runs.wait(thread_id, "multi", input=None, checkpoint=fork["checkpoint"])
    assert values["log"] == ["in", "a", "fork", "slow", "b"]
    replayed = await client.runs.wait(thread_id, "multi", input=None, checkpoint_id=past["checkpoint_id"])
    assert replayed["log"] == LOG


async def test_messages_are_updated_by_their_ids(client: LangGraphClient, thread_id: str):
    hello = {"role": "user", "content": "hello", "id": "m1"}
    await client.runs.wait(thread_id, "agent", input={"messages": [hello]})
    await client.threads.update_state(thread_id, {"messages": [{**hello, "content": "changed"}]})
    state = await client.threads.get_state(thread_id)
    assert [message["content"] for message in state["values"]["messages"]] == ["changed", "echo: hello"]


async def test_durability_exit_keeps_only_the_end(client: LangGraphClient, thread_id: str):
    await client.runs.wait(thread_id, "multi", input={"log": ["in"]}, durability="exit")
    assert [state["metadata"]["step"] for state in await client.threads.get_history(thread_id)] == [3]


async def test_what_is_refused(client: LangGraphClient, thread_id: str):
    unknown = str(uuid4())
    for ask in (client.threads.get, client.threads.get_state, client.threads.delete, client.threads.get_history):
        with pytest.raises(NotFoundError):
            await ask(unknown)
        with pytest.raises(UnprocessableEntityError):
            await ask("not-a-uuid")
    with pytest.raises(NotFoundError):
        await client.threads.update(unknown, metadata={})
    with pytest.raises(UnprocessableEntityError):
        await client.threads.search(limit=0)
    with pytest.raises(UnprocessableEntityError):
        await client.threads.search(sort_by="zap")
    with pytest.raises(BadRequestError):
        await client.threads.search(ids=["not-a-uuid"])
    with pytest.raises(BadRequestError):
        await client.threads.update_state(thread_id, {"log": ["no graph yet"]})
    await client.runs.wait(thread_id, "multi", input={"log": ["in"]})
    with pytest.raises(BadRequestError, match="nowhere"):
        await client.threads.update_state(thread_id, {"log": ["x"]}, as_node="nowhere")


async def test_the_state_of_a_busy_thread_can_be_read_but_not_changed(client: LangGraphClient, thread_id: str):
    run_id = await start_slow(client, thread_id, 60, "in")
    assert (await client.threads.get_state(thread_id))["values"]["log"] == ["in", "a"]
    with pytest.raises(ConflictError):
        await client.threads.update_state(thread_id, {"log": ["x"]})
    await client.runs.cancel(thread_id, run_id, wait=True)
