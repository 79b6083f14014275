"""Running graphs: their end, their state, interrupts and commands, and how often the server is asked."""

import asyncio
import sys
import uuid

import pytest

from fake_server import connected
from lgx_worker import frames
from projects import GRAPHS, load, needs_context_in_nodes, run, run_params

has_groups = pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")

GRAPH_IDS = {
    "steps": "steps.py:graph",
    "one": "asks.py:one",
    "many": "asks.py:many",
    "nested": "asks.py:nested",
    "synchronous": "asks.py:synchronous",
    "fails": "fails.py:asynchronous",
    "fails_in_thread": "fails.py:synchronous",
    "unstorable": "forms.py:unstorable",
    "report": "forms.py:reporting",
    "workflow": "forms.py:workflow",
}


@pytest.fixture
async def server():
    """A server whose worker has loaded the graphs above."""
    async with connected() as (server, _):
        loaded = await load(server, GRAPH_IDS)
        assert not [graph for graph in loaded["graphs"].values() if "error" in graph]
        server.seen.clear()
        yield server


async def test_a_run_ends_with_the_values_of_its_root_graph(server):
    answer = await run(server, "steps", {"log": ["in"]})
    assert answer.meta == {
        "status": "success",
        "error": None,
        "diagnostic": None,
        "next": [],
        "interrupts": {},
        "has_values": True,
    }
    assert answer.values == {"log": ["in", "a", "b", "c"]}


async def test_a_run_that_finishes_asks_the_server_nothing_when_its_thread_was_prefetched(server):
    await run(server, "steps", {"log": []}, prefetched=True)
    assert server.seen and all(method.startswith("~") for method in server.seen)


async def test_a_run_that_goes_on_when_nothing_is_left_to_do_tells_of_its_last_step(server):
    params = run_params("steps", {"log": ["in"]}, stream_mode=["updates"])
    done = await server.call("run", params)
    again = await server.call("run", {**params, "input": None})
    assert done.events[-1] == ("updates", {"c": {"log": ["c"]}})
    assert again.events == [("updates", {"c": {"log": ["c"]}, "__metadata__": {"cached": True}})]
    assert again.values == done.values


async def test_a_run_that_begins_at_the_end_of_another_one_tells_of_no_step(server):
    thread = str(uuid.uuid4())
    await run(server, "steps", {"log": ["in"]}, thread_id=thread)
    other = await run(server, "steps", None, thread_id=thread, stream_mode=["updates"])
    assert other.events == []


async def test_a_subgraph_of_an_empty_thread_is_not_looked_up_either(server):
    await run(server, "nested", {"log": []}, prefetched=True)
    assert [method for method in server.seen if not method.startswith("~")] == ["checkpoint.get"], (
        "the only look-up is that of the state it stopped in"
    )


async def test_values_are_told_even_when_no_client_wants_them_streamed(server):
    answer = await run(server, "steps", {"log": []}, stream_mode=["custom"])
    assert answer.events == []
    assert answer.values == {"log": ["a", "b", "c"]}


async def test_a_prefetched_checkpoint_is_where_the_run_goes_on(server):
    thread = str(uuid.uuid4())
    await run(server, "steps", {"log": ["first"]}, thread_id=thread)
    found, sections = server.checkpoints.get({"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": None}, [])
    server.seen.clear()
    params = run_params("steps", {"log": ["second"]}, thread_id=thread, prefetched=True, checkpoint=found["tuple"])
    answer = await server.call("run", params, sections)
    assert answer.values["log"] == ["first", "a", "b", "c", "second", "a", "b", "c"]
    assert "checkpoint.get" not in server.seen


async def test_a_run_from_an_older_checkpoint_looks_it_up(server):
    thread = str(uuid.uuid4())
    await run(server, "steps", {"log": ["x"]}, thread_id=thread)
    older = sorted(key[2] for key in server.checkpoints.rows)[2]
    answer = await run(server, "steps", thread_id=thread, configurable={"checkpoint_id": older})
    assert answer.named("values")[0] == {"log": ["x", "a"]}
    assert answer.values == {"log": ["x", "a", "b", "c"]}


async def test_durability_sync_waits_for_every_write(server):
    await run(server, "steps", {"log": []}, durability="sync", prefetched=True)
    assert set(server.seen) == {"checkpoint.put", "checkpoint.put_writes"}


async def test_durability_exit_writes_only_the_last_checkpoint(server):
    await run(server, "steps", {"log": []}, durability="exit", prefetched=True)
    assert server.seen == ["~checkpoint.put"]


@needs_context_in_nodes
async def test_a_temporary_run_stores_nothing_and_still_tells_its_interrupts(server):
    answer = await run(server, "one", {"log": []}, temporary=True)
    assert server.seen == []
    assert answer.meta["next"] == ["ask"]
    assert [[i["value"] for i in found] for found in answer.meta["interrupts"].values()] == [["question"]]


async def test_a_value_that_cannot_be_stored_is_told_by_channel_and_does_not_trouble_a_temporary_run(server):
    kept = await run(server, "unstorable", {"n": 1}, temporary=True)
    assert (kept.meta["status"], kept.named("values")[-1]) == ("success", {"n": 1, "f": None})
    refused = await run(server, "unstorable", {"n": 1})
    assert refused.meta["error"]["error"] == "TypeError"
    assert "The value of `f` cannot be stored in the thread" in refused.meta["error"]["message"]


async def test_a_refused_write_fails_the_run(server):
    server.fail["checkpoint.put"] = "the disk is full"
    answer = await run(server, "steps", {"log": []}, durability="sync")
    assert answer.meta["status"] == "error"
    assert answer.meta["error"] == {"error": "StoreError", "message": "the disk is full"}


@needs_context_in_nodes
async def test_an_interrupt_is_told_by_task_and_answered_by_a_resume(server):
    thread = str(uuid.uuid4())
    stopped = await run(server, "one", {"log": []}, thread_id=thread, stream_mode=["values", "updates"])
    ((interrupt,),) = stopped.meta["interrupts"].values()
    assert stopped.meta["status"] == "success"
    assert (interrupt["value"], interrupt["response_schema"]) == ("question", None)
    assert stopped.named("updates") == [{"__interrupt__": [interrupt]}]
    assert stopped.named("values")[-1] == {"log": [], "__interrupt__": [interrupt]}
    assert stopped.values == {"log": []}
    resumed = await run(server, "one", thread_id=thread, command={"resume": "yes"})
    assert resumed.values == {"log": ["answer:yes", "done"]}
    assert resumed.meta["interrupts"] == {}


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="from Python 3.11 on langgraph gives async runs their config")
@pytest.mark.parametrize("graph_id", ["one", "nested"])
async def test_an_interrupt_that_this_python_does_not_have_is_an_error_that_says_which_has(server, graph_id):
    end = (await run(server, graph_id, {"log": []})).meta
    assert end["status"] == "error" and "Use Python 3.11 or newer." in end["diagnostic"]["hint"]


@needs_context_in_nodes
async def test_answers_by_interrupt_id_may_come_one_at_a_time(server):
    thread = str(uuid.uuid4())
    stopped = await run(server, "many", {"items": ["x", "y"]}, thread_id=thread)
    ids = {i["value"]: i["id"] for found in stopped.meta["interrupts"].values() for i in found}
    first = await run(server, "many", thread_id=thread, command={"resume": {ids["x"]: "1"}})
    assert [[i["id"] for i in found] for found in first.meta["interrupts"].values()] == [[ids["y"]]]
    second = await run(server, "many", thread_id=thread, command={"resume": {ids["y"]: "2"}})
    assert second.values["log"] == ["x:1", "y:2"]


@needs_context_in_nodes
async def test_an_interrupt_in_a_subgraph_stops_the_root_and_resumes_there(server):
    thread = str(uuid.uuid4())
    stopped = await run(server, "nested", {"log": []}, thread_id=thread, subgraphs=True)
    names = [name.partition(":")[0] for name, _ in stopped.events]
    assert names == ["values", "values|child", "values|child", "values"]
    assert stopped.meta["next"] == ["child"]
    resumed = await run(server, "nested", thread_id=thread, command={"resume": "deep"})
    assert resumed.values == {"log": ["answer:deep"]}


@needs_context_in_nodes
async def test_a_synchronous_node_can_invoke_a_graph_that_interrupts(server):
    thread = str(uuid.uuid4())
    stopped = await run(server, "synchronous", {"log": []}, thread_id=thread)
    assert stopped.meta["next"] == ["calls_child"], stopped.meta
    resumed = await run(server, "synchronous", thread_id=thread, command={"resume": "yes"})
    assert resumed.values == {"log": ["answer:yes"]}


async def test_breakpoints_stop_a_run_with_work_left(server):
    thread = str(uuid.uuid4())
    stopped = await run(server, "steps", {"log": []}, thread_id=thread, interrupt_before=["b"])
    assert (stopped.meta["next"], stopped.meta["interrupts"]) == (["b"], {})
    assert stopped.values == {"log": ["a"]}
    again = await run(server, "steps", thread_id=thread, interrupt_after="*", stream_mode=["updates"])
    assert again.named("updates") == [{"b": {"log": ["b"]}}, {"__interrupt__": []}]
    assert again.meta["next"] == ["c"]


async def test_a_command_can_update_and_go_to_nodes(server):
    thread = str(uuid.uuid4())
    await run(server, "steps", {"log": []}, thread_id=thread)
    command = {"update": [["log", ["u"]]], "goto": ["c", {"node": "b", "input": {"log": []}}], "resume": None}
    answer = await run(server, "steps", thread_id=thread, command=command)
    assert answer.values["log"][:4] == ["a", "b", "c", "u"]
    assert sorted(answer.values["log"][4:]) == ["b", "c", "c"]


@pytest.mark.parametrize("command", [{}, {"update": None, "goto": None, "resume": None}])
async def test_an_empty_command_only_tells_the_values(server, command):
    thread = str(uuid.uuid4())
    await run(server, "steps", {"log": []}, thread_id=thread)
    answer = await run(server, "steps", {"log": ["ignored"]}, thread_id=thread, command=command)
    assert answer.named("values") == [{"log": ["a", "b", "c"]}]


async def test_nothing_to_do_on_an_empty_thread_is_an_error_without_values(server):
    answer = await run(server, "steps", None, prefetched=True)
    assert answer.meta["error"] == {"error": "EmptyInputError", "message": "Received no input for __start__"}
    assert (answer.meta["has_values"], answer.sections) == (False, [])


@pytest.mark.parametrize("graph_id", ["fails", "fails_in_thread"])
@pytest.mark.parametrize(
    ("raises", "error"),
    [
        ("ValueError", {"error": "ValueError", "message": "kaboom"}),
        ("Mine", {"error": "Mine", "message": "kaboom"}),
        ("OSError", {"error": "OSError", "message": "kaboom"}),
        pytest.param("group", {"error": "ValueError", "message": "first"}, marks=has_groups),
    ],
)
async def test_an_exception_is_shown_with_its_text_and_its_place(server, graph_id, raises, error):
    answer = await run(server, graph_id, {"raises": raises})
    assert answer.meta["status"] == "error"
    assert answer.meta["error"] == error
    assert answer.meta["diagnostic"]["file"] == str(GRAPHS / "fails.py")
    assert answer.meta["diagnostic"]["function"] == "throw"
    assert answer.meta["next"] == ["fail" if graph_id == "fails" else "fail_in_thread"]
    assert answer.values == {"raises": raises, "ok": True}


async def test_a_node_that_raises_cancelled_error_by_itself_fails_the_run(server):
    answer = await run(server, "fails", {"raises": "CancelledError"})
    assert answer.meta["status"] == "error"
    assert answer.meta["error"]["error"] in ("NodeCancelledError", "CancelledError")


async def test_an_unknown_graph_fails_the_run(server):
    answer = await run(server, "nope", {})
    assert answer.meta["error"] == {"error": "UnknownGraph", "message": "There is no graph `nope` in this project."}


async def test_the_recursion_limit_of_the_config_counts(server):
    answer = await run(server, "steps", {"log": []}, config={"recursion_limit": 2})
    assert answer.meta["error"]["error"] == "GraphRecursionError"
    assert answer.meta["next"] == ["c"]


async def test_context_is_coerced_and_the_user_is_an_object(server):
    user = {"identity": "ann", "display_name": "Ann", "is_authenticated": True, "permissions": []}
    answer = await run(server, "report", {}, context={"model": "big", "unknown": 1}, user=user)
    assert answer.values == {"out": "Context(model='big') ann report"}, answer.meta["error"]
    assert (await run(server, "report", {})).values == {"out": "None None report"}


async def test_an_entrypoint_gets_what_it_returned_before(server):
    thread = str(uuid.uuid4())
    assert (await run(server, "workflow", 2, thread_id=thread)).values == 2
    assert (await run(server, "workflow", 3, thread_id=thread)).values == 5


async def test_runs_of_one_worker_overlap(server):
    answers = await asyncio.gather(*(run(server, "steps", {"log": [str(n)]}) for n in range(20)))
    assert [answer.values["log"][0] for answer in answers] == [str(n) for n in range(20)]


async def test_a_frame_that_is_too_large_fails_its_run_alone(server, monkeypatch):
    monkeypatch.setattr(frames, "MAX_LENGTH", 1024 * 1024)
    thread, big = str(uuid.uuid4()), "x" * (600 * 1024)
    assert (await run(server, "steps", {"log": [big]}, thread_id=thread)).meta["status"] == "success"
    larger = await run(server, "steps", {"log": [big]}, thread_id=thread)
    assert larger.meta["error"]["error"] == "FrameTooLarge"
    assert "1.2 MiB do not fit" in larger.meta["error"]["message"]
    assert (await run(server, "steps", {"log": []})).meta["status"] == "success"
