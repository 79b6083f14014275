"""What cannot be recorded of runs is said when the project is loaded, and never costs a run anything."""

import pytest
from langchain_core.callbacks import manager
from langgraph.pregel import _loop

from fake_server import connected
from lgx_worker import call_hooks, run_steps
from lgx_worker.run_steps import RunSteps
from lgx_worker.traced_calls import TracedCalls
from projects import WORKER, load, run

GRAPHS = {"asked": "calling.py:asked", "steps": "steps.py:graph"}


HOOKED = [(_loop.PregelLoop, "_emit"), (_loop.PregelLoop, "output_writes")]
for kind in (manager.CallbackManager, manager.AsyncCallbackManager):
    HOOKED += [(kind, name) for name in vars(kind) if name.startswith("on_") and name.endswith("_start")]
for kind in ("LLM", "Tool", "Retriever"):
    for owner in (f"CallbackManagerFor{kind}Run", f"AsyncCallbackManagerFor{kind}Run"):
        HOOKED += [(getattr(manager, owner), name) for name in vars(getattr(manager, owner)) if name.startswith("on_")]


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Hooks are installed once in a process: here as if they had not been, and afterwards as they were."""
    run_steps.install()
    call_hooks.install()
    for owner, name in HOOKED:
        hooked = getattr(owner, name)
        is_ours = hooked.__code__.co_filename.startswith(str(WORKER))
        monkeypatch.setattr(owner, name, hooked.__wrapped__ if is_ours else hooked)
    monkeypatch.setattr(run_steps, "install", run_steps.install.__wrapped__)
    monkeypatch.setattr(call_hooks, "install", call_hooks.install.__wrapped__)


LACKS = [
    (_loop, "map_debug_tasks", "steps", "langgraph {} has no map_debug_tasks"),
    (_loop.PregelLoop, "_emit", "steps", "langgraph {} has no PregelLoop._emit"),
    (_loop.PregelLoop, "output_writes", "steps", "langgraph {} has no PregelLoop.output_writes"),
    (manager.CallbackManager, "on_tool_start", "calls", "langchain-core {} has no CallbackManager.on_tool_start"),
    (
        manager.AsyncCallbackManagerForLLMRun,
        "on_llm_end",
        "calls",
        "langchain-core {} has no AsyncCallbackManagerForLLMRun.on_llm_end",
    ),
    (manager, "CallbackManagerForToolRun", "calls", "langchain-core {} has no CallbackManagerForToolRun.on_tool_end"),
]


@pytest.mark.parametrize(
    ("owner", "name", "what", "told"), LACKS, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_what_a_package_lacks_is_said_with_its_version(monkeypatch, owner, name, what, told):
    monkeypatch.delattr(owner, name)
    package = "langgraph" if what == "steps" else "langchain_core"
    async with connected() as (server, worker):
        loaded = await load(server, {}, traces=True)
        assert loaded["unrecorded"] == {what: told.format(loaded["versions"][package])}
        assert len(worker.record) == 1


async def test_where_nothing_is_lacking_nothing_is_said():
    async with connected() as (server, worker):
        loaded = await load(server, {}, traces=True)
        assert loaded["unrecorded"] == {}
        assert len(worker.record) == 2


async def test_calls_that_are_not_wanted_are_not_missed(monkeypatch):
    monkeypatch.delattr(manager.CallbackManager, "on_tool_start")
    async with connected() as (server, _):
        assert (await load(server, {}))["unrecorded"] == {}


@pytest.mark.parametrize("recorder", [RunSteps, TracedCalls])
@pytest.mark.parametrize("broken", ["begin", "end"])
async def test_what_goes_wrong_in_recording_costs_no_run(monkeypatch, caplog, recorder, broken):
    names = {
        RunSteps: {"begin": "begin_tasks", "end": "end_task"},
        TracedCalls: {"begin": "begin_model", "end": "end_model"},
    }

    def breaks(*_):
        raise AttributeError("another version")

    async with connected() as (server, _):
        await load(server, GRAPHS, traces=True)
        monkeypatch.setattr(recorder, names[recorder][broken], breaks)
        for graph, given in (("asked", {"text": "hi"}), ("steps", {"log": []})):
            answer = await run(server, graph, given)
            assert answer.meta["status"] == "success"
    said = [record for record in caplog.records if "could not be recorded" in record.message]
    assert said
    assert all("another version" in str(record.exc_info[1]) for record in said)
