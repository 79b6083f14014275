"""The state of threads and its history, through both clients: read, changed, and gone back to."""

import itertools

import pytest
from langgraph_sdk.errors import ConflictError

from both_clients import Both, new_thread
from streams import start_slow

LOG = ["in", "a", "slow", "b"]


async def test_the_state_at_a_checkpoint_and_with_its_subgraphs(both: Both):
    thread_id = await new_thread(both)
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


async def test_state_at_a_checkpoint(both: Both, thread_id: str):
    await both.runs.wait(thread_id, "multi", input={"log": ["in"]})
    states = await both.threads.get_history(thread_id)
    past = states[2]
    assert (past["values"]["log"], past["next"]) == (["in", "a"], ["slow"])
    assert (await both.threads.get_state(thread_id, checkpoint=past["checkpoint"]))["values"] == past["values"]
    assert (await both.threads.get_state(thread_id, checkpoint_id=past["checkpoint_id"]))["values"] == past["values"]


async def test_history_is_newest_first_and_has_every_filter(both: Both):
    thread_id = await new_thread(both)
    await both.runs.wait(thread_id, "multi", input={"log": ["in"]})
    states = await both.threads.get_history(thread_id)
    assert [state["metadata"]["step"] for state in states] == [3, 2, 1, 0, -1]
    assert [state["metadata"]["source"] for state in states] == ["loop"] * 4 + ["input"]
    assert states[0]["values"]["log"] == LOG
    for newer, older in itertools.pairwise(states):
        assert newer["parent_checkpoint"] == older["checkpoint"]
    assert await both.threads.get_history(thread_id, limit=2) == states[:2]
    before = states[1]["checkpoint"]
    for form in (before, before["checkpoint_id"], {"configurable": before}):
        assert await both.threads.get_history(thread_id, before=form) == states[2:]
    assert await both.threads.get_history(thread_id, metadata={"source": "input"}) == states[4:]
    assert await both.threads.get_history(thread_id, metadata={"step": 0}) == [states[3]]
    assert await both.threads.get_history(thread_id, checkpoint=states[2]["checkpoint"]) == [states[2]]
    assert [state["next"] for state in await both.threads.get_history(thread_id, select=["next"])] == [
        state["next"] for state in states
    ]


async def test_update_state_with_every_address(both: Both):
    thread_id = await new_thread(both)
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
    thread_id = await new_thread(both)
    await both.runs.wait(thread_id, "nested", input={"log": ["in"], "ask": True})
    (task,) = (await both.threads.get_state(thread_id))["tasks"]
    updated = await both.threads.update_state(
        thread_id, {"log": ["changed"]}, as_node="c1", checkpoint=task["checkpoint"]
    )
    assert updated["checkpoint"]["checkpoint_map"]
    values = await both.runs.wait(thread_id, "nested", command={"resume": "yes"})
    assert "changed" in values["log"]


async def test_a_checkpoint_says_of_which_run_it_is(both: Both, thread_id: str):
    run = await both.runs.create(thread_id, "multi", input={"log": []}, metadata={"mine": 1})
    await both.runs.join(thread_id, run["run_id"])
    for state in await both.threads.get_history(thread_id):
        metadata = state["metadata"]
        assert (metadata["run_id"], metadata["graph_id"]) == (run["run_id"], "multi")
        assert metadata["mine"] == 1


async def test_an_update_changes_what_comes_next(both: Both, thread_id: str):
    await both.runs.wait(thread_id, "multi", input={"log": ["in"]}, interrupt_before=["b"])
    updated = await both.threads.update_state(thread_id, {"log": ["mine"]}, as_node="a")
    state = await both.threads.get_state(thread_id)
    assert state["checkpoint"]["checkpoint_id"] == updated["checkpoint"]["checkpoint_id"]
    assert (state["values"]["log"], state["next"]) == (["in", "a", "slow", "mine"], ["slow"])
    assert state["metadata"]["source"] == "update"
    thread = await both.threads.get(thread_id)
    assert (thread["status"], thread["values"]) == ("interrupted", state["values"])
    values = await both.runs.wait(thread_id, "multi", input=None)
    assert values["log"] == ["in", "a", "slow", "mine", "slow", "b"]


async def test_time_travel_branches_off(both: Both, thread_id: str):
    await both.runs.wait(thread_id, "multi", input={"log": ["in"]})
    past = (await both.threads.get_history(thread_id))[2]
    fork = await both.threads.update_state(thread_id, {"log": ["fork"]}, checkpoint=past["checkpoint"])
    values = await both.runs.wait(thread_id, "multi", input=None, checkpoint=fork["checkpoint"])
    assert values["log"] == ["in", "a", "fork", "slow", "b"]
    replayed = await both.runs.wait(thread_id, "multi", input=None, checkpoint_id=past["checkpoint_id"])
    assert replayed["log"] == LOG


async def test_messages_are_updated_by_their_ids(both: Both, thread_id: str):
    hello = {"role": "user", "content": "hello", "id": "m1"}
    await both.runs.wait(thread_id, "agent", input={"messages": [hello]})
    await both.threads.update_state(thread_id, {"messages": [{**hello, "content": "changed"}]})
    state = await both.threads.get_state(thread_id)
    assert [message["content"] for message in state["values"]["messages"]] == ["changed", "echo: hello"]


async def test_the_state_of_a_busy_thread_can_be_read_but_not_changed(both: Both, thread_id: str):
    run_id = await start_slow(both, thread_id, 60, "in")
    assert (await both.threads.get_state(thread_id))["values"]["log"] == ["in", "a"]
    with pytest.raises(ConflictError):
        await both.threads.update_state(thread_id, {"log": ["x"]})
    await both.runs.cancel(thread_id, run_id, wait=True)
