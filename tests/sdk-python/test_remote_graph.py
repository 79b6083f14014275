"""`RemoteGraph` of langgraph: a served graph used like a local one, alone and as a node of another."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph.types import Command
from typing_extensions import TypedDict

from conftest import URL
from language import either

LOG = ["in", "a", "slow", "b"]
UPDATES = [{"a": {"log": ["a"]}}, {"slow": {"log": ["slow"]}}, {"b": {"log": ["b"]}}]


class Asked(TypedDict, total=False):
    """The state of a parent of `hitl`."""

    question: str
    answer: str
    final: str


@pytest.fixture
def remote() -> Callable[[str], RemoteGraph]:
    """Makes the remote form of a graph."""
    return lambda graph: RemoteGraph(graph, url=URL, api_key="none")


@pytest.fixture
def thread() -> dict[str, Any]:
    """The config of a new thread, which the first run makes."""
    return {"configurable": {"thread_id": str(uuid4())}}


async def collected(stream: AsyncIterator[Any]) -> list[Any]:
    return [chunk async for chunk in stream]


async def test_invoke(remote, thread):
    graph = remote("multi")
    assert graph.invoke({"log": ["in"]}, thread)["log"] == LOG
    assert (await graph.ainvoke({"log": ["more"]}, thread))["log"] == [*LOG, "more", "a", "slow", "b"]
    assert graph.invoke({"log": ["in"]})["log"] == LOG, "without a thread of its own"
    output = graph.invoke({"log": ["in"]}, version="v2")
    assert (output.value["log"], output.interrupts) == (LOG, ())


async def test_config_and_context_reach_the_graph(remote, thread):
    config = {**thread, "tags": ["t"], "metadata": {"m": 1}, "recursion_limit": 9}
    seen = (await remote("ctx").ainvoke({}, config, context={"model": "m"}))["seen"]
    assert seen["context"] == {"model": "m", **either({"temp": 0.5}, {})}
    assert (seen["config"]["tags"], seen["config"]["recursion_limit"]) == (["t"], 9)
    assert seen["config"]["metadata"]["m"] == 1
    bound = remote("ctx").with_config({"configurable": {"model": "bound"}})
    assert bound.invoke({})["seen"]["context"]["model"] == "bound"


async def test_stream_in_every_form(remote, thread):
    graph = remote("multi")
    given = {"log": ["in"]}
    assert list(graph.stream(given)) == UPDATES
    assert await collected(graph.astream(given, thread)) == UPDATES
    values = list(graph.stream(given, stream_mode="values"))
    assert [value["log"] for value in values] == [LOG[:n] for n in range(1, 5)]
    both = await collected(graph.astream(given, stream_mode=["values", "updates"]))
    assert [part.event for part in both] == ["values", *["updates", "values"] * 3]
    parts = await collected(graph.astream(given, stream_mode="updates", version="v2"))
    assert [(part["type"], part["ns"], part["data"]) for part in parts] == [("updates", (), data) for data in UPDATES]


async def test_stream_of_subgraphs(remote):
    chunks = await collected(remote("nested").astream({"log": ["in"]}, stream_mode="updates", subgraphs=True))
    namespaces = [namespace for namespace, _ in chunks]
    assert namespaces[0] == namespaces[-1] == ()
    assert {namespace[0].split(":")[0] for namespace in namespaces[1:-2]} == {"child"}


async def test_stream_of_messages(remote):
    given = {"messages": [{"role": "user", "content": "good day"}]}
    for chunks in (
        list(remote("chat").stream(given, stream_mode="messages")),
        await collected(remote("chat").astream(given, stream_mode="messages-tuple")),
    ):
        assert "".join(message["content"] for message, _ in chunks) == "You said: good day"
        assert {metadata["langgraph_node"] for _, metadata in chunks} == {"model"}


async def test_an_error_is_raised(remote, thread):
    with pytest.raises(RemoteException, match="kaboom"):
        remote("boom").invoke({}, thread)
    with pytest.raises(RemoteException, match="ValueError"):
        await remote("boom").ainvoke({})


async def test_state_history_and_update(remote, thread):
    graph = remote("multi")
    graph.invoke({"log": ["in"]}, thread, interrupt_before=["b"])
    state = graph.get_state(thread)
    assert (state.values["log"], state.next, state.metadata["source"]) == (LOG[:3], ("b",), "loop")
    assert state.config["configurable"]["thread_id"] == thread["configurable"]["thread_id"]
    assert await graph.aget_state(state.config) == state
    history = list(graph.get_state_history(thread))
    assert [snapshot.metadata["step"] for snapshot in history] == [2, 1, 0, -1]
    assert [snapshot async for snapshot in graph.aget_state_history(thread, limit=2)] == history[:2]
    assert list(graph.get_state_history(thread, before=history[1].config)) == history[2:]
    assert list(graph.get_state_history(thread, filter={"source": "input"})) == history[3:]
    assert graph.get_state(history[2].config).values == history[2].values

    config = graph.update_state(thread, {"log": ["mine"]}, as_node="a")
    assert graph.get_state(config).next == ("slow",)
    fork = await graph.aupdate_state(history[1].config, {"log": ["fork"]})
    assert (await graph.aget_state(fork)).values["log"] == ["in", "a", "fork"]
    assert graph.invoke(None, thread)["log"] == ["in", "a", "fork", "slow", "b"], "the newest checkpoint is the fork"


async def test_the_state_of_subgraphs(remote, thread):
    graph = remote("nested")
    graph.invoke({"log": ["in"], "ask": True}, thread)
    (task,) = graph.get_state(thread).tasks
    assert task.state["configurable"]["checkpoint_ns"] == f"child:{task.id}"
    (task,) = (await graph.aget_state(thread, subgraphs=True)).tasks
    assert task.state.next == ("c2",)


async def test_the_drawing(remote):
    graph = remote("nested").get_graph()
    assert list(graph.nodes) == ["__start__", "before", "child", "after", "__end__"]
    assert "before --> child" in graph.draw_mermaid().replace(";", "")
    assert "child:c1" in (await remote("nested").aget_graph(xray=True)).nodes


async def test_an_interrupt_and_its_answer(remote, thread):
    graph = remote("hitl")
    paused = graph.invoke({"question": "name"}, thread)
    assert [asked["value"] for asked in paused["__interrupt__"]] == [{"q": "name"}]
    (asked,) = graph.get_state(thread).interrupts
    assert asked.value == {"q": "name"}
    assert (await graph.ainvoke(Command(resume="Bob"), thread))["final"] == "answer=Bob"
    output = await graph.ainvoke({"question": "again"}, thread, version="v2")
    assert [interrupt.value for interrupt in output.interrupts] == [{"q": "again"}]


def parent_of(remote: RemoteGraph) -> Any:
    """A local graph with a remote one as its only node."""
    return StateGraph(Asked).add_node("inner", remote).add_edge(START, "inner").compile(checkpointer=InMemorySaver())


async def test_a_node_of_a_parent_graph_passes_its_interrupt_on(remote, thread):
    parent = parent_of(remote("hitl"))
    stopped = await parent.ainvoke({"question": "name"}, thread)
    assert [asked.value for asked in stopped["__interrupt__"]] == [{"q": "name"}]
    assert parent.get_state(thread).next == ("inner",)
    # The node runs on a thread of the same id, where its question is answered.
    assert (await remote("hitl").ainvoke(Command(resume="Bob"), thread))["final"] == "answer=Bob"


def test_a_node_of_a_parent_graph_works_synchronously(remote, thread):
    parent = parent_of(remote("hitl"))
    assert [asked.value for asked in parent.invoke({"question": "name"}, thread)["__interrupt__"]] == [{"q": "name"}]
    assert remote("hitl").get_state(thread).interrupts[0].value == {"q": "name"}


async def test_a_node_of_a_parent_graph_streams_into_it(remote, thread):
    parent = parent_of(remote("hitl"))
    chunks = await collected(parent.astream({"question": "name"}, thread, stream_mode="updates", subgraphs=True))
    inner = [data for namespace, data in chunks if namespace]
    assert [interrupt["value"] for data in inner for interrupt in data["__interrupt__"]] == [{"q": "name"}]


async def test_an_error_in_a_node_of_a_parent_graph(remote, thread):
    class State(TypedDict, total=False):
        ok: str

    parent = StateGraph(State).add_node("inner", remote("boom")).add_edge(START, "inner").compile()
    with pytest.raises(RemoteException, match="kaboom"):
        await parent.ainvoke({}, thread)
