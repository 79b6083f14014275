"""What each stream mode sends: event names, their order and the shape of their data."""

import asyncio
import json
import re
import uuid

import pytest

from fake_server import connected
from projects import load, needs_context_in_nodes, run, run_params

GRAPH_IDS = {
    "steps": "steps.py:graph",
    "chat": "chat.py:graph",
    "nested": "asks.py:nested",
    "fails": "fails.py:synchronous",
    "unnamed": "narrow.py:graph",
    "made": "narrow.py:make",
}
WEATHER = {"messages": [{"role": "user", "content": "weather?"}]}


def streamed(graph_id, input, modes, **changes):
    """The events of one run."""

    async def test():
        async with connected() as (server, _):
            await load(server, GRAPH_IDS)
            return (await run(server, graph_id, input, stream_mode=modes, **changes)).events

    return asyncio.run(test())


def names(events):
    return [name for name, _ in events]


def test_values_are_the_state_after_the_input_and_after_each_step():
    assert streamed("steps", {"log": ["in"]}, ["values"]) == [
        ("values", {"log": ["in"]}),
        ("values", {"log": ["in", "a"]}),
        ("values", {"log": ["in", "a", "b"]}),
        ("values", {"log": ["in", "a", "b", "c"]}),
    ]


def test_updates_are_by_node():
    assert streamed("steps", {"log": []}, ["updates"]) == [
        ("updates", {"a": {"log": ["a"]}}),
        ("updates", {"b": {"log": ["b"]}}),
        ("updates", {"c": {"log": ["c"]}}),
    ]


def test_tasks_start_and_finish():
    started, finished, *_ = (data for _, data in streamed("steps", {"log": []}, ["tasks"]))
    assert (started["name"], started["input"], started["triggers"]) == ("a", {"log": []}, ["branch:to:a"])
    assert finished == {"id": started["id"], "name": "a", "error": None, "result": {"log": ["a"]}, "interrupts": []}


def test_a_failed_task_tells_its_error_as_the_run_does():
    *_, failed = (data for _, data in streamed("fails", {"raises": "KeyError"}, ["tasks"]))
    assert failed["error"] == {"error": "KeyError", "message": "'kaboom'"}
    assert failed["result"] == {}


def test_checkpoints_have_the_whole_configurable_but_nothing_of_langgraphs_own():
    first, second, *_ = (data for _, data in streamed("steps", {"log": []}, ["checkpoints"]))
    assert first["parent_config"] is None
    assert second["parent_config"]["configurable"]["checkpoint_id"] == first["config"]["configurable"]["checkpoint_id"]
    assert {"run_id", "thread_id", "graph_id", "checkpoint_ns"} <= set(second["config"]["configurable"])
    assert not [key for key in second["config"]["configurable"] if key.startswith("__pregel")]
    assert (second["metadata"]["source"], second["metadata"]["step"], second["next"]) == ("loop", 0, ["a"])
    assert [task["name"] for task in second["tasks"]] == ["a"]


def test_debug_wraps_checkpoints_and_tasks_and_gives_checkpoints_an_address():
    events = [data for _, data in streamed("steps", {"log": []}, ["debug"])]
    assert [(event["type"], event["step"]) for event in events[:4]] == [
        ("checkpoint", -1),
        ("checkpoint", 0),
        ("task", 1),
        ("task_result", 1),
    ]
    first, second = events[0]["payload"], events[1]["payload"]
    assert first["parent_checkpoint"] is None
    assert second["parent_checkpoint"] == first["checkpoint"]
    assert set(first["checkpoint"]) == {"checkpoint_id", "thread_id", "checkpoint_ns"}


def test_debug_gives_a_task_with_a_subgraph_the_address_of_its_checkpoints():
    events = [data for _, data in streamed("nested", {"log": []}, ["debug"])]
    (task,) = events[1]["payload"]["tasks"]
    assert task["checkpoint"]["checkpoint_ns"] == f"child:{task['id']}"
    assert "state" not in task


@needs_context_in_nodes
def test_message_tuples_are_chunks_and_whole_messages_with_their_metadata():
    events = streamed("chat", WEATHER, ["messages-tuple"])
    assert set(names(events)) == {"messages"}
    messages = [message for _, (message, _) in events]
    assert [message["type"] for message in messages] == ["AIMessageChunk"] * 4 + ["tool"] + ["AIMessageChunk"] * 7
    assert "".join(message["content"] for message in messages[5:]) == "You said: sunny in Paris"
    metadata = events[0][1][1]
    assert (metadata["langgraph_node"], metadata["langgraph_step"]) == ("model", 1)


@needs_context_in_nodes
def test_messages_accumulate_by_message():
    events = streamed("chat", WEATHER, ["messages"])
    assert names(events) == [
        "messages/metadata",
        *["messages/partial"] * 4,
        "messages/metadata",
        "messages/complete",
        "messages/metadata",
        *["messages/partial"] * 7,
    ]
    assert set(events[0][1].popitem()[1]) == {"metadata"}
    ((called,),) = [data for _, data in events[3:4]]
    assert (called["type"], called["tool_calls"][0]["args"]) == ("ai", {"city": "Paris"})
    assert "tool_call_chunks" not in called
    texts = [data[0]["content"] for name, data in events[8:] if name == "messages/partial"]
    assert texts[:3] == ["You", "You said:", "You said: sunny"]
    assert events[6][1][0]["content"] == "sunny in Paris"


def test_when_both_forms_of_messages_are_wanted_only_tuples_are_sent():
    assert set(names(streamed("chat", WEATHER, ["messages", "messages-tuple"]))) == {"messages"}


def test_events_are_those_of_langchain_without_the_chunks_of_the_root():
    run_id = str(uuid.uuid4())
    events = streamed("steps", {"log": []}, ["events", "values"], run_id=run_id)
    assert names(events)[:2] == ["events", "values"]
    items = [data for name, data in events if name == "events"]
    assert (items[0]["event"], items[0]["run_id"], items[0]["name"]) == ("on_chain_start", run_id, "steps")
    assert (items[-1]["event"], items[-1]["data"]["output"]) == ("on_chain_end", {"log": ["a", "b", "c"]})
    assert [item["name"] for item in items if item["event"] == "on_chain_stream"] == ["a", "b", "c"]
    assert [data for name, data in events if name == "values"][-1] == {"log": ["a", "b", "c"]}


@needs_context_in_nodes
def test_subgraphs_have_their_namespace_in_the_name_when_they_are_wanted():
    deep = names(streamed("nested", {"log": []}, ["values", "updates"], subgraphs=True))
    assert [name.partition(":")[0] for name in deep] == [
        "values",
        "values|child",
        "updates|child",
        "values|child",
        "updates",
        "values",
    ]
    assert "|" not in "".join(names(streamed("nested", {"log": []}, ["values", "updates"])))


@pytest.mark.parametrize("subgraphs", [False, True])
def test_all_modes_can_be_had_at_once(subgraphs):
    events = streamed("chat", WEATHER, MODES, subgraphs=subgraphs)
    assert set(names(events)) == {"values", "updates", "messages", "debug", "tasks", "checkpoints", "events"}


MODES = ["values", "updates", "messages-tuple", "custom", "debug", "tasks", "checkpoints", "events"]


@needs_context_in_nodes
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("graph", ["steps", "chat", "nested", "fails"])
def test_a_stateless_run_streams_what_a_kept_one_streams(graph, mode):
    given = {"steps": {"log": []}, "chat": WEATHER, "nested": {"log": []}, "fails": {"raises": "KeyError"}}[graph]
    kept, temporary = (
        [_without_ids(event) for event in streamed(graph, given, [mode], subgraphs=True, temporary=temporary)]
        for temporary in (False, True)
    )
    assert temporary == kept


_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|\d{4}-\d\d-\d\dT[0-9:.+]+")


def _without_ids(event):
    """The same without what differs between two runs of a graph."""
    return _ID.sub("", json.dumps(event, sort_keys=True))


def test_no_mode_means_values():
    assert set(names(streamed("steps", {"log": []}, []))) == {"values"}


async def test_events_of_a_run_come_before_its_reply_and_wait_for_a_slow_reader():
    async with connected() as (server, worker):
        await load(server, GRAPH_IDS)
        server.transport.pause_reading()
        pending = server.start("run", run_params("steps", {"log": ["x" * 2_000_000]}, prefetched=True))
        while not worker.connection.paused:
            await asyncio.sleep(0)
        assert pending.events == []
        server.transport.resume_reading()
        answer = await pending.answer
        assert [len(data["log"]) for _, data in answer.events] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("graph_id", "config", "name"),
    [
        ("unnamed", {}, "unnamed"),
        ("made", {}, "made"),
        pytest.param("nested", {}, "nested", marks=needs_context_in_nodes),
        ("unnamed", {"run_name": "mine"}, "mine"),
    ],
)
def test_the_root_of_events_is_named_as_the_graph_or_by_its_id(graph_id, config, name):
    events = streamed(graph_id, {"topic": "tea"}, ["events"], config=config)
    roots = [data for name, data in events if name == "events" and not data["parent_ids"]]
    assert [(root["event"], root["name"]) for root in roots] == [("on_chain_start", name), ("on_chain_end", name)]
