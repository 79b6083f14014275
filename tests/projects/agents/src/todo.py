"""`create_agent` with middleware that has private and omitted state beside langchain's own list of things to do."""

import sys
from pathlib import Path
from typing import Annotated, Any

sys.path.insert(0, str(Path(__file__).parent))
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState, TodoListMiddleware
from langchain.agents.middleware.types import OmitFromInput, OmitFromOutput, PrivateStateAttr
from langchain_core.messages import AIMessage
from typing_extensions import NotRequired

from fake_model import ScriptedModel


class MemoryState(AgentState[Any]):
    memory: NotRequired[Annotated[dict[str, str], PrivateStateAttr]]
    budget: Annotated[NotRequired[int], OmitFromOutput]
    calls: Annotated[NotRequired[int], OmitFromInput]


class Memory(AgentMiddleware[MemoryState]):
    state_schema = MemoryState

    def before_agent(self, state: MemoryState, runtime: Any) -> dict[str, Any]:
        return {"memory": {"user": "likes tea"}, "budget": state.get("budget", 3), "calls": 0}

    def after_model(self, state: MemoryState, runtime: Any) -> dict[str, Any]:
        return {"calls": state.get("calls", 0) + 1, "budget": state["budget"] - 1}


model = ScriptedModel(
    script=[
        AIMessage(
            "planning",
            tool_calls=[
                {"name": "write_todos", "args": {"todos": [{"content": "tea", "status": "pending"}]}, "id": "call_1"}
            ],
        ),
        AIMessage("ready"),
    ]
)
graph = create_agent(model, [], middleware=[TodoListMiddleware(), Memory()])
