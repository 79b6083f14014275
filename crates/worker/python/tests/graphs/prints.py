"""Nodes that print and log: on the event loop, in threads, in tools, in a subgraph, side by side."""

import asyncio
import contextvars
import logging
import threading

from langchain_core.runnables import RunnableLambda
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    n: int


async def on_loop(state: State):
    print("from on_loop")
    await asyncio.to_thread(print, "from a thread of on_loop")
    logging.getLogger("mine").warning("logged by on_loop")
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(print, "from a context that was copied"))
    thread.start()
    thread.join()


def in_thread(state: State):
    print("from in_thread")
    RunnableLambda(lambda _: print("from a runnable within in_thread")).invoke(None)


async def inner(state: State):
    print("from inner")


async def beside(state: State):
    await asyncio.sleep(0)
    print("from beside")


def _graph(**nodes):
    graph = StateGraph(State)
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_edge(START, name)
    return graph.compile()


child = _graph(inner=inner)
printing = _graph(on_loop=on_loop, in_thread=in_thread, child=child, beside=beside)
