"""RunsClient, async and sync: every option of a run, whichever of the three ways it is started."""

import re
from typing import Any
from uuid import uuid4

import pytest
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

from both_clients import Both, new_thread
from language import either
from streams import collect, of, start_slow

WHOLE = ["in", "a", "slow", "b"]
INPUT = {"log": ["in"]}
# langgraph in JavaScript checks a context by its schema, and then gives it to the graph as it came.
DEFAULTS = either({"temp": 0.5}, {})
NAMED = {"metadata": {"m": 1}, "config": {"tags": ["t"], "recursion_limit": 17, "configurable": {"model": "c"}}}


async def result(both: Both, how: str, thread_id: str | None, graph: str, **options: Any) -> Any:
    """The values a run ends with, whichever of the three ways it was started."""
    if how == "wait":
        return await both.runs.wait(thread_id, graph, **options)
    if how == "stream":
        shown = of(await collect(both.runs.stream(thread_id, graph, **options)), "values")
        # Graphs in JavaScript show an interrupt alone, after their values.
        return next(values for values in reversed(shown) if values.keys() != {"__interrupt__"})
    run = await both.runs.create(thread_id, graph, **options)
    return await both.runs.join(run["thread_id"], run["run_id"])


each_way = pytest.mark.parametrize("how", ["wait", "stream", "create"])


@each_way
async def test_input_config_metadata_and_who_is_told_the_id(both: Both, how: str):
    thread_id = await new_thread(both)
    told: list[Any] = []
    values = await result(both, how, thread_id, "ctx", input={}, on_run_created=told.append, **NAMED)
    (run,) = await both.runs.list(thread_id)
    assert told == [{"run_id": run["run_id"], "thread_id": thread_id}]
    assert run["metadata"] == run["metadata"] | {"m": 1, "graph_id": "ctx", "created_by": "system"}
    seen = values["seen"]
    assert seen["context"] == {"model": "c", **DEFAULTS}
    assert (seen["config"]["tags"], seen["config"]["recursion_limit"]) == (["t"], 17)
    metadata = seen["config"]["metadata"]
    assert (metadata["m"], metadata["run_id"], metadata["thread_id"]) == (1, run["run_id"], thread_id)
    assert (metadata["run_attempt"], metadata["langgraph_host"]) == (1, "self-hosted")
    assert re.fullmatch(r"\d+\.\d+\.\d+", metadata["langgraph_version"])
    assert metadata["langgraph_api_url"].startswith("http://127.0.0.1:")


@each_way
async def test_context(both: Both, how: str):
    given = {"model": "m", "temp": 0.1, "more": 1}
    values = await result(both, how, await new_thread(both), "ctx", input={}, context=given)
    assert values["seen"]["context"] == either({"model": "m", "temp": 0.1}, given)
    assert values["seen"].get("context_type") == either("Ctx", None)


@each_way
async def test_a_command_resumes(both: Both, how: str):
    thread_id = await new_thread(both)
    await both.runs.wait(thread_id, "hitl", input={"question": "name"})
    command = {"resume": "Bob", "update": {"question": "changed"}, "goto": None}
    values = await result(both, how, thread_id, "hitl", command=command, strict_resume=False)
    assert values == {"question": "changed", "answer": "Bob", "final": "answer=Bob"}


@each_way
async def test_breakpoints(both: Both, how: str):
    thread_id = await new_thread(both)
    values = await result(both, how, thread_id, "multi", input=INPUT, interrupt_before=["slow"])
    assert values["log"] == ["in", "a"]
    values = await result(both, how, thread_id, "multi", interrupt_after="*")
    assert values["log"] == ["in", "a", "slow"]


@each_way
async def test_an_older_checkpoint(both: Both, how: str):
    thread_id = await new_thread(both)
    await both.runs.wait(thread_id, "multi", input=INPUT)
    past = (await both.threads.get_history(thread_id))[2]
    values = await result(both, how, thread_id, "multi", input={"log": ["fork"]}, checkpoint=past["checkpoint"])
    assert values["log"] == ["in", "a", "fork", "a", "slow", "b"]
    values = await result(both, how, thread_id, "multi", checkpoint_id=past["checkpoint_id"])
    assert values["log"] == WHOLE
    with pytest.raises((UnprocessableEntityError, Exception), match=r"422|Invalid checkpoint ID"):
        await result(both, how, thread_id, "multi", checkpoint_id="not-a-uuid")


@each_way
@pytest.mark.filterwarnings("ignore:`checkpoint_during` is deprecated")
async def test_when_checkpoints_are_written(both: Both, how: str):
    for options, steps in (
        ({"durability": "sync"}, [3, 2, 1, 0, -1]),
        ({"durability": "async"}, [3, 2, 1, 0, -1]),
        ({"durability": "exit"}, [3]),
        ({"checkpoint_during": False}, [3]),
        ({"checkpoint_during": True}, [3, 2, 1, 0, -1]),
    ):
        thread_id = await new_thread(both)
        await result(both, how, thread_id, "multi", input=INPUT, **options)
        states = await both.threads.get_history(thread_id)
        assert [state["metadata"]["step"] for state in states] == steps, options


@each_way
async def test_a_run_may_make_its_thread(both: Both, how: str):
    thread_id = str(uuid4())
    with pytest.raises((NotFoundError, Exception), match=r"404|not found"):
        await result(both, how, thread_id, "multi", input=INPUT, if_not_exists="reject")
    values = await result(
        both, how, thread_id, "multi", input=INPUT, if_not_exists="create", metadata={"made": "by run"}
    )
    assert values["log"] == WHOLE
    thread = await both.threads.get(thread_id)
    assert (thread["status"], thread["metadata"]["made"]) == ("idle", "by run")


@each_way
async def test_a_run_that_is_due_later_waits(both: Both, how: str):
    thread_id = await new_thread(both)
    values = await result(both, how, thread_id, "multi", input=INPUT, after_seconds=1)
    assert values["log"] == WHOLE
    (run,) = await both.runs.list(thread_id)
    assert run["created_at"] < run["updated_at"]
    assert run["kwargs"]["config"]["configurable"]["__after_seconds__"] == 1


@each_way
async def test_double_texting(both: Both, how: str):
    thread_id = await new_thread(both)
    first = await start_slow(both, thread_id, 60, "one")
    second = {"input": {"log": ["two"], "delay": 0}}
    with pytest.raises((ConflictError, Exception), match=r"409|already running"):
        await result(both, how, thread_id, "multi", multitask_strategy="reject", **second)
    assert (await both.threads.get(thread_id))["status"] == "busy"
    assert [run["run_id"] for run in await both.runs.list(thread_id)] == [first]
    values = await result(both, how, thread_id, "multi", multitask_strategy="interrupt", **second)
    assert values["log"] == ["one", "a", "two", "a", "slow", "b"]
    assert (await both.runs.get(thread_id, first))["status"] == "interrupted"


@each_way
async def test_a_stateless_run_may_leave_its_thread(both: Both, how: str):
    for on_completion in ("delete", "keep"):
        mark = str(uuid4())
        values = await result(
            both, how, None, "multi", input=INPUT, on_completion=on_completion, metadata={"mark": mark}
        )
        if how == "create" and on_completion == "delete":
            # The run may have gone, thread and all, before it was joined.
            assert values == {"log": WHOLE} or values["__error__"]["message"] == "404: Run not found"
        else:
            assert values["log"] == WHOLE
        kept = await both.threads.search(metadata={"mark": mark})
        assert len(kept) == (1 if on_completion == "keep" else 0)
        for thread in kept:
            assert (await both.threads.get_state(thread["thread_id"]))["values"]["log"] == WHOLE


@each_way
async def test_the_trace_goes_to_a_project(both: Both, how: str):
    thread_id = await new_thread(both)
    example = str(uuid4())
    tracing = {"project_name": "mine", "example_id": example}
    values = await result(both, how, thread_id, "ctx", input={}, langsmith_tracing=tracing)
    configurable = values["seen"]["config"]["configurable"]
    assert (configurable["__langsmith_project__"], configurable["__langsmith_example_id__"]) == ("mine", example)


@each_way
async def test_a_webhook_may_not_be_local(both: Both, how: str):
    with pytest.raises((UnprocessableEntityError, Exception), match=r"422|localhost"):
        await result(both, how, await new_thread(both), "multi", input=INPUT, webhook="http://localhost/hook")


@pytest.mark.parametrize("how", ["wait", "stream"])
async def test_what_becomes_of_a_run_whose_client_stays(both: Both, how: str):
    for on_disconnect in ("cancel", "continue"):
        values = await result(both, how, await new_thread(both), "multi", input=INPUT, on_disconnect=on_disconnect)
        assert values["log"] == WHOLE


async def test_context_reaches_the_graph_and_server_keys_cannot_be_spoofed(both: Both, thread_id: str):
    values = await both.runs.wait(thread_id, "ctx", input={}, context={"model": "m1"})
    assert values["seen"]["context"] == {"model": "m1", **DEFAULTS}
    values = await both.runs.wait(
        thread_id, "ctx", input={}, config={"tags": ["t"], "configurable": {"temp": 0.9, "run_id": "spoofed"}}
    )
    assert values["seen"]["context"]["temp"] == 0.9
    configurable = values["seen"]["config"]["configurable"]
    assert configurable["run_id"] != "spoofed"
    assert configurable["thread_id"] == thread_id
    assert configurable["graph_id"] == "ctx"
    assert configurable["langgraph_auth_user_id"] == ""
