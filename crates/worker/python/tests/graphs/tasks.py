"""Graphs whose tasks come in all forms: functions, many at once, left by a command, remembered, without end."""

import asyncio
import operator
from typing import Annotated

from langgraph.cache.memory import InMemoryCache
from langgraph.func import entrypoint, task
from langgraph.graph import START, StateGraph
from langgraph.types import CachePolicy, Command, Send
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    items: list[str]
    log: Annotated[list[str], operator.add]


@task
async def double(n: int) -> int:
    return 2 * n


@entrypoint()
async def functions(n: int) -> int:
    return sum([await double(i) for i in range(n)])


def fan(state: State):
    return [Send("worker", item) for item in state["items"]]


spread = (
    StateGraph(State)
    .add_node("worker", lambda item: {"log": [item]})
    .add_conditional_edges(START, fan, ["worker"])
    .compile(name="spread")
)


async def leaves(state: State) -> Command:
    return Command(graph=Command.PARENT, goto="after", update={"log": ["left"]})


_child = StateGraph(State).add_node(leaves).add_edge(START, "leaves").compile()
leaves_child = (
    StateGraph(State)
    .add_node("child", _child, destinations=("after",))
    .add_node("after", lambda state: {"log": ["after"]})
    .add_edge(START, "child")
    .compile(name="leaves_child")
)

cached = (
    StateGraph(State)
    .add_node("slow", lambda state: {"log": ["slow"]}, cache_policy=CachePolicy())
    .add_edge(START, "slow")
    .compile(name="cached", cache=InMemoryCache())
)


async def for_ever(state: State):
    await asyncio.Event().wait()


waits = StateGraph(State).add_node(for_ever).add_edge(START, "for_ever").compile(name="waits")
