"""What is remembered of each user: items of the server's store, which finds them by what they are about."""

from dataclasses import dataclass
from uuid import uuid4

from langchain.tools import ToolRuntime
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.store.base import BaseStore

MOST_RECALLED = 3


@dataclass
class Context:
    """What a run is told by who asks for it."""

    user_id: str = "somebody"


def namespace(config: RunnableConfig, context: Context | None) -> tuple[str, str]:
    """Where the memories of the user are. Whoever was authenticated is who they are, whatever the request says."""
    authenticated = config.get("configurable", {}).get("langgraph_auth_user_id")
    return ("memories", authenticated or (context or Context()).user_id)


@tool
async def remember(text: str, runtime: ToolRuntime[Context]) -> str:
    """Remember a fact about the user, as one sentence that can be understood by itself."""
    await _store(runtime).aput(namespace(runtime.config, runtime.context), str(uuid4()), {"text": text})
    return "remembered"


@tool
async def recall(about: str, runtime: ToolRuntime[Context]) -> str:
    """Recall what is known about the user, by what it is about."""
    found = await _store(runtime).asearch(namespace(runtime.config, runtime.context), query=about, limit=MOST_RECALLED)
    return "\n".join(item.value["text"] for item in found) or "nothing"


def _store(runtime: ToolRuntime[Context]) -> BaseStore:
    if runtime.store is None:
        raise RuntimeError("the graph has no store: serve it, or compile it with one")
    return runtime.store
