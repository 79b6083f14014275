"""A deep agent that writes a file; its memory and its skills are private to it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from deepagents import create_deep_agent
from langchain_core.messages import AIMessage

from fake_model import ScriptedModel

model = ScriptedModel(
    script=[
        AIMessage(
            "writing",
            tool_calls=[{"name": "write_file", "args": {"file_path": "/tea.md", "content": "green"}, "id": "call_1"}],
        ),
        AIMessage("written"),
    ]
)
graph = create_deep_agent(model=model, memory=["/memory/AGENTS.md"], skills=["/skills/"])
