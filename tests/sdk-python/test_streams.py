"""Every stream mode through the Python SDK, alone, together and with subgraphs; and what else a stream takes."""

import httpx
from langgraph_sdk.client import LangGraphClient

from both_clients import Both, new_thread
from broken import Breaking
from conftest import URL
from language import either
from streams import collect, names, of

MODES = ["values", "updates", "messages", "messages-tuple", "custom", "debug", "tasks", "checkpoints", "events"]
LOG = [["in"], ["in", "a"], ["in", "a", "slow"], ["in", "a", "slow", "b"]]


async def stream(client: LangGraphClient, thread_id: str, graph: str, given: dict, mode, **options):
    return await collect(client.runs.stream(thread_id, graph, input=given, stream_mode=mode, **options))


def text(chunks: list) -> str:
    kind = either("AIMessageChunk", "ai")
    return "".join(chunk["content"] for chunk, _ in chunks if chunk["type"] == kind)


def said(word: str) -> dict:
    return {"messages": [{"role": "user", "content": word}]}


async def test_the_first_event_names_the_run(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "multi", {"log": ["in"]}, "values")
    (run,) = await client.runs.list(thread_id)
    assert parts[0].event == "metadata"
    assert parts[0].data == {"run_id": run["run_id"], "attempt": 1}
    assert run["status"] == "success"


async def test_values(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "multi", {"log": ["in"]}, "values")
    assert [part.event for part in parts] == ["metadata"] + ["values"] * 4
    assert [values["log"] for values in of(parts, "values")] == LOG


async def test_updates(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "multi", {"log": ["in"]}, "updates")
    assert of(parts, "updates") == [{"a": {"log": ["a"]}}, {"slow": {"log": ["slow"]}}, {"b": {"log": ["b"]}}]


async def test_messages_tuple_carries_tokens_and_where_they_come_from(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "chat", said("good day"), "messages-tuple")
    assert names(parts) == {"metadata", "messages"}
    chunks = of(parts, "messages")
    assert text(chunks) == "You said: good day"
    assert len(chunks) > 4
    where = chunks[0][1]
    assert (where["langgraph_node"], where["graph_id"], where["thread_id"]) == ("model", "chat", thread_id)


async def test_messages_accumulates(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "chat", said("what is the weather"), "messages")
    assert names(parts) == {"metadata", "messages/metadata", "messages/partial", "messages/complete"}
    (tool_result,) = [part[0] for part in of(parts, "messages/complete") if part[0]["type"] == "tool"]
    assert tool_result["content"] == "sunny in Paris"
    last = of(parts, "messages/partial")[-1][0]
    assert (last["type"], last["content"]) == ("ai", "You said: sunny in Paris")


async def test_custom(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "custom", {"n": 0}, "custom")
    assert of(parts, "custom") == [{"progress": 1}, {"name": "status", "payload": {"pct": 50}}, "plain", 7]


async def test_tasks(client: LangGraphClient, thread_id: str):
    tasks = of(await stream(client, thread_id, "multi", {"log": ["in"]}, "tasks"), "tasks")
    assert [task["name"] for task in tasks] == ["a", "a", "slow", "slow", "b", "b"]
    assert tasks[0]["id"] == tasks[1]["id"]
    assert tasks[0]["triggers"] == ["branch:to:a"]
    assert (tasks[1]["result"], tasks[1]["error"], tasks[1]["interrupts"]) == ({"log": ["a"]}, None, [])


async def test_tasks_tell_failures(client: LangGraphClient, thread_id: str):
    tasks = of(await stream(client, thread_id, "boom", {"exc": "KeyError"}, "tasks"), "tasks")
    assert tasks[-1]["error"] == either(
        {"error": "KeyError", "message": "'kaboom'"}, {"name": "KeyError", "message": "kaboom"}
    )


async def test_checkpoints_are_readable_when_they_are_told(client: LangGraphClient, thread_id: str):
    checkpoints = of(await stream(client, thread_id, "multi", {"log": ["in"]}, "checkpoints"), "checkpoints")
    assert [checkpoint["metadata"]["step"] for checkpoint in checkpoints] == [-1, 0, 1, 2, 3]
    assert checkpoints[0]["parent_config"] is None
    assert [checkpoint["next"] for checkpoint in checkpoints[1:]] == [["a"], ["slow"], ["b"], []]
    told = [checkpoint["config"]["configurable"]["checkpoint_id"] for checkpoint in checkpoints]
    history = await client.threads.get_history(thread_id)
    assert [state["checkpoint"]["checkpoint_id"] for state in reversed(history)] == told


async def test_debug(client: LangGraphClient, thread_id: str):
    parts = of(await stream(client, thread_id, "multi", {"log": ["in"]}, "debug"), "debug")
    assert {part["type"] for part in parts} == {"checkpoint", "task", "task_result"}
    assert [part["payload"]["name"] for part in parts if part["type"] == "task"] == ["a", "slow", "b"]


async def test_events(client: LangGraphClient, thread_id: str):
    events = of(await stream(client, thread_id, "chat", said("good day"), "events"), "events")
    kinds = {event["event"] for event in events}
    assert {
        "on_chain_start",
        "on_chain_end",
        "on_chat_model_start",
        "on_chat_model_stream",
        "on_chat_model_end",
    } <= kinds
    tokens = [event["data"]["chunk"]["content"] for event in events if event["event"] == "on_chat_model_stream"]
    assert "".join(tokens) == "You said: good day"


async def test_several_modes_share_one_stream(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "custom", {"n": 0}, ["values", "updates", "custom"])
    assert [part.event for part in parts] == ["metadata", "values", *["custom"] * 4, "updates", "values"]


async def test_all_modes_at_once(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "chat", said("good day"), [mode for mode in MODES if mode != "messages"])
    assert names(parts) == {"metadata", "values", "updates", "messages", "debug", "tasks", "checkpoints", "events"}


async def test_subgraphs_are_streamed_when_asked_for(client: LangGraphClient, thread_id: str):
    modes = ["values", "updates"]
    parts = await stream(client, thread_id, "nested", {"log": ["in"]}, modes, stream_subgraphs=True)
    inner = [part for part in parts if part.event.startswith("updates|child:")]
    assert [part.data for part in inner] == [{"c1": {"log": ["c1"]}}, {"c2": {"log": ["c2:none"]}}]
    assert len({part.event for part in inner}) == 1
    without = await stream(client, thread_id, "nested", {"log": ["in"]}, modes)
    assert not [part.event for part in without if "|" in part.event]


async def test_tokens_of_a_subgraph(client: LangGraphClient, thread_id: str):
    parts = await stream(client, thread_id, "nested_chat", said("good day"), "messages-tuple", stream_subgraphs=True)
    inner = [part for part in parts if part.event.startswith("messages|sub:")]
    assert text([part.data for part in inner]) == "You said: good day"


async def test_a_stream_that_is_joined_late_goes_on_live(client: LangGraphClient, thread_id: str):
    run = await client.runs.create(thread_id, "multi", input={"log": ["in"], "delay": 3})
    parts = await collect(client.runs.join_stream(thread_id, run["run_id"]))
    assert of(parts, "values")[-1]["log"] == LOG[-1]


async def test_a_stream_that_breaks_goes_on_where_it_was(thread_id: str):
    transport = Breaking(400)
    async with LangGraphClient(httpx.AsyncClient(base_url=URL, transport=transport)) as client:
        modes = ["values", "updates"]
        parts = await stream(client, thread_id, "multi", {"log": ["in"]}, modes, stream_resumable=True)
    assert [part.event for part in parts] == ["metadata", "values", *["updates", "values"] * 3]
    assert [values["log"] for values in of(parts, "values")] == LOG
    first, again = transport.asked[:2]
    assert (first.method, again.method) == ("POST", "GET")
    assert again.headers["last-event-id"] in {part.id for part in parts}


async def test_stream_modes_subgraphs_and_feedback(both: Both):
    thread_id = await new_thread(both)
    parts = await collect(
        both.runs.stream(
            thread_id,
            "nested",
            input={"log": ["in"]},
            stream_mode=["updates", "values"],
            stream_subgraphs=True,
            stream_resumable=True,
            feedback_keys=["thumbs"],
        )
    )
    assert {part.event.split(":")[0] for part in parts} == {
        "metadata",
        "values",
        "updates",
        "values|child",
        "updates|child",
    }
    ids = [tuple(map(int, part.id.split("-"))) for part in parts]
    assert ids == sorted(set(ids))
    (run,) = await both.runs.list(thread_id)
    kwargs = run["kwargs"]
    assert (kwargs["subgraphs"], kwargs["resumable"], kwargs["feedback_keys"]) == (True, True, ["thumbs"])
    selected = await collect(
        both.runs.join_stream(thread_id, run["run_id"], stream_mode=["updates", "custom"], last_event_id="0")
    )
    assert [part.data for part in selected] == [part.data for part in parts if part.event.startswith("updates")]
    rest = await collect(both.runs.join_stream(thread_id, run["run_id"], last_event_id=parts[-2].id))
    assert rest == parts[-1:]


async def test_a_background_run_streams_as_it_was_asked_to(both: Both):
    thread_id = await new_thread(both)
    run = await both.runs.create(
        thread_id, "nested", input={"log": ["in"]}, stream_mode="updates", stream_subgraphs=True, stream_resumable=True
    )
    parts = await collect(both.runs.join_stream(thread_id, run["run_id"], last_event_id="-1"))
    assert {part.event.split(":")[0] for part in parts} == {"metadata", "updates", "updates|child"}


async def test_streams_in_the_second_form(both: Both):
    thread_id = await new_thread(both)
    parts = await collect(
        both.runs.stream(thread_id, "hitl", input={"question": "name"}, stream_mode=["values", "updates"], version="v2")
    )
    assert [part["type"] for part in parts] == ["metadata", "values", "updates", "values"]
    last = parts[-1]
    # langgraph in JavaScript shows the values before the interrupt and then the interrupt alone.
    assert (last["ns"], last["data"]) == ([], either({"question": "name"}, {}))
    assert [interrupt["value"] for interrupt in last["interrupts"]] == [{"q": "name"}]
