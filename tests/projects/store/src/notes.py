"""Graphs that put a note into the store and look for others: each way langgraph has of getting at the store."""

from typing import Any

from langgraph.config import get_store
from langgraph.func import entrypoint, task
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore, PutOp, SearchOp
from langgraph_sdk.runtime import ServerRuntime
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    """A note to put, and what to look for."""

    space: str
    note: str
    ttl: float | None
    about: str
    found: list[str]


async def keep(state: State, runtime: Runtime) -> State:
    """Through the runtime, asynchronously."""
    namespace = ("notes", state["space"])
    await runtime.store.aput(namespace, state["note"], {"text": state["note"]}, ttl=state.get("ttl"))
    found = await runtime.store.asearch(namespace, query=state.get("about"))
    return {"found": [item.key for item in found]}


def keep_in_thread(state: State, *, store: BaseStore) -> State:
    """Through a parameter, in a thread, as a batch: a search in a batch does not see what the batch puts."""
    namespace = ("notes", state["space"])
    put = PutOp(namespace, state["note"], {"text": state["note"]})
    before, _ = store.batch([SearchOp(namespace), put])
    found = store.search(namespace, query=state.get("about"))
    assert {item.key for item in found} == {state["note"], *(item.key for item in before)}
    return {"found": [item.key for item in found]}


graph = StateGraph(State).add_node("keep", keep).add_edge(START, "keep").compile()
in_thread = StateGraph(State).add_node("keep", keep_in_thread).add_edge(START, "keep").compile()


@task
async def put(space: str, note: str) -> None:
    """Through the function that langgraph has for it."""
    await get_store().aput(("notes", space), note, {"text": note})


@entrypoint()
async def functional(state: State, *, store: BaseStore) -> State:
    """Through the parameter of an entrypoint, and in its task."""
    await put(state["space"], state["note"])
    found = await store.asearch(("notes", state["space"]), query=state.get("about"))
    return {"found": [item.key for item in found]}


async def make(runtime: ServerRuntime) -> Any:
    """A factory that reads what has been kept about how to build the graph."""
    item = await runtime.store.aget(("settings",), "made")
    suffix = item.value["suffix"] if item else ""

    async def keep_with_suffix(state: State, runtime: Runtime) -> State:
        return await keep({**state, "note": state["note"] + suffix}, runtime)

    return StateGraph(State).add_node("keep", keep_with_suffix).add_edge(START, "keep").compile()
