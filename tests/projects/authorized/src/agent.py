"""Says what it is given: its input, its configuration and context, and the user."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    text: str
    messages: list[Any]
    seen: dict[str, Any]


class Context(TypedDict, total=False):
    tenant: str


async def look(state: State, config: RunnableConfig, runtime: Runtime[Context]) -> State:
    configurable = config["configurable"]
    user = configurable["langgraph_auth_user"]
    info = getattr(runtime, "server_info", None)
    return {
        "seen": {
            "text": state.get("text"),
            "tenant": configurable.get("tenant"),
            "context": dict(runtime.context or {}),
            "user": [user.identity, configurable["langgraph_auth_user_id"], configurable["user_id"]],
            "server_info": info and info.user and info.user.identity,
            "cron": "cron_id" in configurable,
        }
    }


graph = StateGraph(State, context_schema=Context).add_node(look).add_edge(START, "look").compile(name="agent")
