"""Human in the loop through the Python SDK: interrupts, resuming, breakpoints, commands."""

import pytest
from langgraph_sdk.client import LangGraphClient

from language import LANGUAGE, either
from streams import collect, of


async def test_an_interrupt_waits_for_its_answer(client: LangGraphClient, thread_id: str):
    paused = await client.runs.wait(thread_id, "hitl", input={"question": "name"})
    (asked,) = paused["__interrupt__"]
    assert (asked["value"], paused["question"]) == ({"q": "name"}, "name")
    thread = await client.threads.get(thread_id)
    assert thread["status"] == "interrupted"
    ((shown,),) = thread["interrupts"].values()
    assert (shown["id"], shown["value"]) == (asked["id"], asked["value"])
    state = await client.threads.get_state(thread_id)
    assert state["next"] == ["ask"]
    assert state["interrupts"] == state["tasks"][0]["interrupts"]
    assert (await client.runs.list(thread_id))[0]["status"] == "success"

    values = await client.runs.wait(thread_id, "hitl", command={"resume": "Bob"})
    assert values == {"question": "name", "answer": "Bob", "final": "answer=Bob"}
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["interrupts"]) == ("idle", {})


async def test_a_stream_tells_of_the_interrupt(client: LangGraphClient, thread_id: str):
    stream = client.runs.stream(thread_id, "hitl", input={"question": "name"}, stream_mode=["values", "updates"])
    parts = await collect(stream)
    (asked,) = of(parts, "updates")[-1]["__interrupt__"]
    assert (asked["value"], set(asked)) == ({"q": "name"}, {"value", "id"} | either({"response_schema"}, set()))
    assert of(parts, "values")[-1]["__interrupt__"] == [asked]


async def test_several_interrupts_are_answered_by_their_ids(client: LangGraphClient, thread_id: str):
    paused = await client.runs.wait(thread_id, "hitl_many", input={"items": ["x", "y"]})
    ids = {asked["value"]["item"]: asked["id"] for asked in paused["__interrupt__"]}
    assert set(ids) == {"x", "y"}
    if LANGUAGE == "python":  # In JavaScript that answers all of them.
        with pytest.raises(Exception, match="multiple pending interrupts"):
            await client.runs.wait(thread_id, "hitl_many", command={"resume": "both?"})
    partly = await client.runs.wait(thread_id, "hitl_many", command={"resume": {ids["x"]: "A"}})
    assert [asked["id"] for asked in partly["__interrupt__"]] == [ids["y"]]
    assert (await client.threads.get(thread_id))["status"] == "interrupted"
    values = await client.runs.wait(thread_id, "hitl_many", command={"resume": {ids["y"]: "B"}})
    assert sorted(values["out"]) == ["x:A", "y:B"]


async def test_answers_may_be_given_while_another_one_is_taken(client: LangGraphClient, thread_id: str):
    paused = await client.runs.wait(thread_id, "hitl_many", input={"items": ["x", "y", "z"]})
    runs = [
        await client.runs.create(thread_id, "hitl_many", command={"resume": {asked["id"]: "yes"}})
        for asked in paused["__interrupt__"]
    ]
    values = await client.runs.join(thread_id, runs[-1]["run_id"])
    assert sorted(values["out"]) == ["x:yes", "y:yes", "z:yes"]


async def test_every_question_can_be_answered_right_after_another_over_the_event_protocol(
    client: LangGraphClient, thread_id: str
):
    paused = await client.runs.wait(thread_id, "hitl_many", input={"items": ["x", "y", "z"]})
    ids = [asked["id"] for asked in paused["__interrupt__"]]

    async def respond(interrupt_id: str) -> dict:
        params = {"interrupt_id": interrupt_id, "response": "yes"}
        command = {"id": 1, "method": "input.respond", "params": params}
        return await client.http.post(f"/threads/{thread_id}/commands", json=command)

    answers = [await respond(interrupt_id) for interrupt_id in ids]
    assert [answer["type"] for answer in answers] == ["success"] * 3, answers
    again = await respond(ids[0])
    assert again["error"] == "no_such_interrupt"
    runs = await client.runs.list(thread_id)
    await client.runs.join(thread_id, runs[0]["run_id"])
    values = (await client.threads.get_state(thread_id))["values"]
    assert sorted(values["out"]) == ["x:yes", "y:yes", "z:yes"]


async def test_a_node_that_asks_twice_asks_anew(client: LangGraphClient, thread_id: str):
    first = (await client.runs.wait(thread_id, "schema_int", input={}))["__interrupt__"][0]
    assert (first["value"], first["response_schema"]) == ("first", {"type": "string"})
    second = (await client.runs.wait(thread_id, "schema_int", command={"resume": "one"}))["__interrupt__"][0]
    assert (second["value"], second.get("response_schema")) == ({"second": "one"}, None)
    assert await client.runs.wait(thread_id, "schema_int", command={"resume": "two"}) == {"a": "one", "b": "two"}


async def test_an_interrupt_in_a_subgraph(client: LangGraphClient, thread_id: str):
    paused = await client.runs.wait(thread_id, "nested", input={"log": ["in"], "ask": True})
    assert paused["__interrupt__"][0]["value"] == "child question"
    state = await client.threads.get_state(thread_id, subgraphs=True)
    inner = state["tasks"][0]["state"]
    assert (inner["next"], inner["values"]["log"]) == (["c2"], ["in", "before", "c1"])
    values = await client.runs.wait(thread_id, "nested", command={"resume": "yes"})
    assert values["log"][-2:] == ["c2:yes", "after"]


async def test_breakpoints_stop_before_and_after_a_node(client: LangGraphClient, thread_id: str):
    values = await client.runs.wait(thread_id, "multi", input={"log": ["in"]}, interrupt_before=["slow"])
    assert values["log"] == ["in", "a"]
    assert (await client.threads.get_state(thread_id))["next"] == ["slow"]
    assert (await client.threads.get(thread_id))["status"] == "interrupted"
    values = await client.runs.wait(thread_id, "multi", input=None, interrupt_after=["slow"])
    assert values["log"] == ["in", "a", "slow"]
    assert (await client.runs.wait(thread_id, "multi", input=None))["log"] == ["in", "a", "slow", "b"]


async def test_new_input_discards_the_question(client: LangGraphClient, thread_id: str):
    await client.runs.wait(thread_id, "hitl", input={"question": "old"})
    paused = await client.runs.wait(thread_id, "hitl", input={"question": "new"})
    assert [asked["value"] for asked in paused["__interrupt__"]] == [{"q": "new"}]


async def test_a_command_sends_a_thread_elsewhere(client: LangGraphClient, thread_id: str):
    assert (await client.runs.wait(thread_id, "goto", input={"to": "right"}))["path"] == "route>right"
    values = await client.runs.wait(thread_id, "goto", command={"goto": "left", "update": {"path": "sent"}})
    assert values["path"] == "sent>left"
