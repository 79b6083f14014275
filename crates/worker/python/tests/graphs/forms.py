"""Every form a graph can have in langgraph.json."""

import contextlib
from dataclasses import dataclass

from langchain_core.runnables import RunnableConfig
from langgraph.func import entrypoint
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph_sdk.runtime import ServerRuntime
from typing_extensions import TypedDict


@dataclass
class Context:
    model: str = "default"


class State(TypedDict, total=False):
    out: str


def build(out: str):
    return StateGraph(State).add_node("node", lambda _: {"out": out}).add_edge(START, "node")


compiled = build("compiled").compile(name="named")
builder = build("builder")


@entrypoint()
async def workflow(n: int, *, previous: int | None = None):
    return n + (previous or 0)


def nothing():
    return build("nothing").compile()


def with_config(config: RunnableConfig):
    return build(config["configurable"].get("word", "?"))


async def asynchronous(runtime: ServerRuntime):
    return build(f"{runtime.access_context} {runtime.execution_runtime is not None} {runtime.user}")


@contextlib.contextmanager
def managed(config):
    yield build("managed")
    closed.append("managed")


@contextlib.asynccontextmanager
async def async_managed(runtime: "ServerRuntime[Context]", config: RunnableConfig):
    context = runtime.execution_runtime.context if runtime.execution_runtime else None
    yield build(f"{context}").compile()
    closed.append("async_managed")


def with_runtime(*, runtime: Runtime[Context], optional: int = 7):
    return build(f"{runtime.context} {optional}")


def wrong():
    return 7


def broken():
    raise LookupError("no model today")


def too_many(a, b, c):
    return None


closed: list[str] = []
not_a_graph = 7


async def report(state: State, runtime: Runtime[Context], config: RunnableConfig):
    user = config["configurable"].get("langgraph_auth_user")
    return {"out": f"{runtime.context} {user and user.identity} {runtime.server_info and runtime.server_info.graph_id}"}


reporting = StateGraph(State, context_schema=Context).add_node(report).add_edge(START, "report").compile()


class WithFunction(TypedDict, total=False):
    n: int
    f: object


unstorable = (
    StateGraph(WithFunction).add_node("make", lambda state: {"f": lambda: state}).add_edge(START, "make").compile()
)
