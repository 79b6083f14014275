"""Reports the user that the server handed to the graph."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    seen: dict[str, Any]


async def look(state: State, config: RunnableConfig) -> State:
    configurable = config["configurable"]
    user = configurable["langgraph_auth_user"]
    return {
        "seen": {
            "identity": user.identity,
            "display_name": user["display_name"],
            "knows_secret": "secret" in user and user["secret"] == f"secret of {user.identity}",
            "user_id": configurable["langgraph_auth_user_id"],
            "permissions": list(configurable["langgraph_auth_permissions"]),
        }
    }


graph = StateGraph(State).add_node(look).add_edge(START, "look").compile(name="whoami")
