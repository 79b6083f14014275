"""RunsClient, async and sync: every method with every parameter, each seen to do what it says."""

import asyncio
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

from both_clients import Both
from streams import collect, of

WHOLE = ["in", "a", "slow", "b"]
INPUT = {"log": ["in"]}
NAMED = {"metadata": {"m": 1}, "config": {"tags": ["t"], "recursion_limit": 17, "configurable": {"model": "c"}}}


async def new(both: Both) -> str:
    """A new thread's id."""
    return (await both.threads.create())["thread_id"]


async def result(both: Both, how: str, thread_id: str | None, graph: str, **options: Any) -> Any:
    """The values a run ends with, whichever of the three ways it was started."""
    if how == "wait":
        return await both.runs.wait(thread_id, graph, **options)
    if how == "stream":
        return of(await collect(both.runs.stream(thread_id, graph, **options)), "values")[-1]
    run = await both.runs.create(thread_id, graph, **options)
    return await both.runs.join(run["thread_id"], run["run_id"])


each_way = pytest.mark.parametrize("how", ["wait", "stream", "create"])


async def begun(both: Both, thread_id: str, word: str = "in", **options: Any) -> str:
    """Starts a run of `multi` that stays in its second node until it is stopped, and returns its id."""
    options = {"input": {"log": [word], "delay": 60}, "stream_resumable": True, "stream_mode": "updates", **options}
    run = await both.runs.create(thread_id, "multi", **options)
    parts = both.runs.join_stream(thread_id, run["run_id"], last_event_id="-1")
    async for part in parts:
        if part.event == "updates" and "a" in part.data:
            await parts.aclose()  # type: ignore[attr-defined]
            return run["run_id"]
    raise AssertionError("the run ended before its slow node began")


@each_way
async def test_input_config_metadata_and_who_is_told_the_id(both: Both, how: str):
    thread_id = await new(both)
    told: list[Any] = []
    values = await result(both, how, thread_id, "ctx", input={}, on_run_created=told.append, **NAMED)
    (run,) = await both.runs.list(thread_id)
    assert told == [{"run_id": run["run_id"], "thread_id": thread_id}]
    assert run["metadata"] == run["metadata"] | {"m": 1, "graph_id": "ctx", "created_by": "system"}
    seen = values["seen"]
    assert seen["context"] == {"model": "c", "temp": 0.5}
    assert (seen["config"]["tags"], seen["config"]["recursion_limit"]) == (["t"], 17)
    metadata = seen["config"]["metadata"]
    assert (metadata["m"], metadata["run_id"], metadata["thread_id"]) == (1, run["run_id"], thread_id)
    assert (metadata["run_attempt"], metadata["langgraph_host"]) == (1, "self-hosted")
    assert re.fullmatch(r"\d+\.\d+\.\d+", metadata["langgraph_version"])
    assert metadata["langgraph_api_url"].startswith("http://127.0.0.1:")


@each_way
async def test_context(both: Both, how: str):
    values = await result(both, how, await new(both), "ctx", input={}, context={"model": "m", "temp": 0.1, "more": 1})
    assert values["seen"]["context"] == {"model": "m", "temp": 0.1}
    assert values["seen"]["context_type"] == "Ctx"


@each_way
async def test_a_command_resumes(both: Both, how: str):
    thread_id = await new(both)
    await both.runs.wait(thread_id, "hitl", input={"question": "name"})
    command = {"resume": "Bob", "update": {"question": "changed"}, "goto": None}
    values = await result(both, how, thread_id, "hitl", command=command, strict_resume=False)
    assert values == {"question": "changed", "answer": "Bob", "final": "answer=Bob"}


@each_way
async def test_breakpoints(both: Both, how: str):
    thread_id = await new(both)
    values = await result(both, how, thread_id, "multi", input=INPUT, interrupt_before=["slow"])
    assert values["log"] == ["in", "a"]
    values = await result(both, how, thread_id, "multi", interrupt_after="*")
    assert values["log"] == ["in", "a", "slow"]


@each_way
async def test_an_older_checkpoint(both: Both, how: str):
    thread_id = await new(both)
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
        thread_id = await new(both)
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
    assert (await both.threads.get(thread_id))["metadata"]["made"] == "by run"


@each_way
async def test_a_run_that_is_due_later_waits(both: Both, how: str):
    thread_id = await new(both)
    values = await result(both, how, thread_id, "multi", input=INPUT, after_seconds=1)
    assert values["log"] == WHOLE
    (run,) = await both.runs.list(thread_id)
    assert run["created_at"] < run["updated_at"]
    assert run["kwargs"]["config"]["configurable"]["__after_seconds__"] == 1


@each_way
async def test_double_texting(both: Both, how: str):
    thread_id = await new(both)
    first = await begun(both, thread_id, "one")
    second = {"input": {"log": ["two"], "delay": 0}}
    with pytest.raises((ConflictError, Exception), match=r"409|already running"):
        await result(both, how, thread_id, "multi", multitask_strategy="reject", **second)
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
        assert await both.threads.count(metadata={"mark": mark}) == (1 if on_completion == "keep" else 0)


@each_way
async def test_the_trace_goes_to_a_project(both: Both, how: str):
    thread_id = await new(both)
    example = str(uuid4())
    tracing = {"project_name": "mine", "example_id": example}
    values = await result(both, how, thread_id, "ctx", input={}, langsmith_tracing=tracing)
    configurable = values["seen"]["config"]["configurable"]
    assert (configurable["__langsmith_project__"], configurable["__langsmith_example_id__"]) == ("mine", example)


@each_way
async def test_a_webhook_may_not_be_local(both: Both, how: str):
    with pytest.raises((UnprocessableEntityError, Exception), match=r"422|localhost"):
        await result(both, how, await new(both), "multi", input=INPUT, webhook="http://localhost/hook")


@pytest.mark.parametrize("how", ["wait", "stream"])
async def test_what_becomes_of_a_run_whose_client_stays(both: Both, how: str):
    for on_disconnect in ("cancel", "continue"):
        values = await result(both, how, await new(both), "multi", input=INPUT, on_disconnect=on_disconnect)
        assert values["log"] == WHOLE


async def test_a_stream_that_is_dropped_cancels_its_run_if_so_asked(both: Both):
    thread_id = await new(both)
    parts = both.runs.stream(
        thread_id, "multi", input={"log": ["in"], "delay": 60}, stream_mode="updates", on_disconnect="cancel"
    )
    async for part in parts:
        if part.event == "updates":
            break
    await parts.aclose()  # type: ignore[attr-defined]
    (run,) = await both.runs.list(thread_id)
    await both.runs.join(thread_id, run["run_id"])
    assert (await both.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"


async def test_a_joined_stream_that_is_dropped_cancels_its_run_if_so_asked(both: Both):
    thread_id = await new(both)
    run_id = await begun(both, thread_id)
    parts = both.runs.join_stream(
        thread_id, run_id, cancel_on_disconnect=True, stream_mode=["updates"], last_event_id="-1"
    )
    async for _ in parts:
        break
    await parts.aclose()  # type: ignore[attr-defined]
    await both.runs.join(thread_id, run_id)
    assert (await both.runs.get(thread_id, run_id))["status"] == "interrupted"


async def test_stream_modes_subgraphs_and_feedback(both: Both):
    thread_id = await new(both)
    parts = await collect(
        both.runs.stream(
            thread_id,
            "nested",
            input=INPUT,
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
    thread_id = await new(both)
    run = await both.runs.create(
        thread_id, "nested", input=INPUT, stream_mode="updates", stream_subgraphs=True, stream_resumable=True
    )
    parts = await collect(both.runs.join_stream(thread_id, run["run_id"], last_event_id="-1"))
    assert {part.event.split(":")[0] for part in parts} == {"metadata", "updates", "updates|child"}


async def test_streams_in_the_second_form(both: Both):
    thread_id = await new(both)
    parts = await collect(
        both.runs.stream(thread_id, "hitl", input={"question": "name"}, stream_mode=["values", "updates"], version="v2")
    )
    assert [part["type"] for part in parts] == ["metadata", "values", "updates", "values"]
    last = parts[-1]
    assert (last["ns"], last["data"]) == ([], {"question": "name"})
    assert [interrupt["value"] for interrupt in last["interrupts"]] == [{"q": "name"}]


async def test_wait_may_return_the_error(both: Both):
    thread_id = await new(both)
    with pytest.raises(Exception, match="ValueError: kaboom"):
        await both.runs.wait(thread_id, "boom", input={}, raise_error=True)
    error = await both.runs.wait(thread_id, "boom", input={}, raise_error=False)
    assert error == {"__error__": {"error": "ValueError", "message": "kaboom"}}


async def test_a_batch(both: Both):
    mark = str(uuid4())
    payloads = [
        {
            "assistant_id": "multi",
            "input": INPUT,
            "metadata": {"mark": mark},
            "config": {"tags": ["t"]},
            "webhook": None,
        },
        {"assistant_id": "ctx", "input": {}, "context": {"model": "m"}, "metadata": {"mark": mark}},
    ]
    runs = await both.runs.create_batch(payloads)
    assert [run["metadata"]["graph_id"] for run in runs] == ["multi", "ctx"]
    assert runs[0]["kwargs"]["config"]["tags"] == ["t"]
    assert runs[1]["kwargs"]["context"] == {"model": "m"}
    assert len({run["kwargs"]["config"]["configurable"]["langgraph_request_id"] for run in runs}) == 1
    with pytest.raises(UnprocessableEntityError):
        await both.runs.create_batch([payloads[0], {"assistant_id": "no-such-graph"}])


async def test_list_and_get(both: Both):
    thread_id = await new(both)
    made = []
    for graph in ("multi", "multi", "boom"):
        made.append((await both.runs.create(thread_id, graph, input=INPUT))["run_id"])
        await both.runs.join(thread_id, made[-1])
    assert [run["run_id"] for run in await both.runs.list(thread_id)] == made[::-1]
    assert [run["run_id"] for run in await both.runs.list(thread_id, limit=1, offset=1)] == [made[1]]
    assert [run["run_id"] for run in await both.runs.list(thread_id, status="error")] == [made[2]]
    assert await both.runs.list(thread_id, select=["run_id", "status"], limit=1) == [
        {"run_id": made[2], "status": "error"}
    ]
    run = await both.runs.get(thread_id, made[0])
    assert list(run) == [
        "run_id",
        "thread_id",
        "assistant_id",
        "metadata",
        "status",
        "kwargs",
        "multitask_strategy",
        "created_at",
        "updated_at",
        "langsmith_session_name",
    ]
    assert list(run["kwargs"]) == [
        "input",
        "command",
        "config",
        "context",
        "stream_mode",
        "interrupt_before",
        "interrupt_after",
        "webhook",
        "feedback_keys",
        "temporary",
        "subgraphs",
        "resumable",
        "checkpoint_during",
        "durability",
    ]
    assert UUID(run["run_id"]).version == 7
    with pytest.raises(NotFoundError):
        await both.runs.get(thread_id, str(uuid4()))
    with pytest.raises(NotFoundError):
        await both.runs.list(str(uuid4()))


async def test_cancel_in_both_ways(both: Both):
    thread_id = await new(both)
    run_id = await begun(both, thread_id)
    await both.runs.cancel(thread_id, run_id, wait=False, action="interrupt")
    await both.runs.join(thread_id, run_id)
    assert (await both.runs.get(thread_id, run_id))["status"] == "interrupted"
    values = await both.runs.wait(thread_id, "multi", input={"log": ["more"], "delay": 0})
    run_id = await begun(both, thread_id, "gone")
    assert await both.runs.cancel(thread_id, run_id, wait=True, action="rollback") == values
    with pytest.raises(NotFoundError):
        await both.runs.get(thread_id, run_id)
    with pytest.raises(NotFoundError):
        await both.runs.cancel(thread_id, run_id)


async def test_cancel_many_by_id(both: Both):
    thread_id = await new(both)
    first = await begun(both, thread_id)
    second = (await both.runs.create(thread_id, "multi", input=INPUT))["run_id"]
    await both.runs.cancel_many(thread_id=thread_id, run_ids=[first, second])
    await both.runs.join(thread_id, first)
    assert [run["status"] for run in await both.runs.list(thread_id)] == ["interrupted"] * 2
    run_id = await begun(both, thread_id)
    await both.runs.cancel_many(thread_id=thread_id, run_ids=[run_id], action="rollback")
    await both.runs.join(thread_id, run_id)
    assert run_id not in [run["run_id"] for run in await both.runs.list(thread_id)]
    thread = await both.threads.get(thread_id)
    assert (thread["status"], thread["values"]["log"]) == ("interrupted", ["in", "a"]), "as the first run left it"
    with pytest.raises(NotFoundError):
        await both.runs.cancel_many(thread_id=thread_id, run_ids=[first])


async def test_cancel_many_by_status(both: Both):
    thread_id = await new(both)
    first = await begun(both, thread_id)
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


async def test_several_may_join(both: Both):
    thread_id = await new(both)
    run = await both.runs.create(thread_id, "multi", input={"log": ["in"], "delay": 0.2})
    joined = await asyncio.gather(*(both.runs.join(thread_id, run["run_id"]) for _ in range(3)))
    assert [values["log"] for values in joined] == [WHOLE] * 3


async def test_delete(both: Both):
    thread_id = await new(both)
    run_id = await begun(both, thread_id)
    await both.runs.delete(thread_id, run_id)
    with pytest.raises(NotFoundError):
        await both.runs.get(thread_id, run_id)
    assert (await both.threads.get(thread_id))["status"] == "idle"
    with pytest.raises(NotFoundError):
        await both.runs.delete(thread_id, run_id)
