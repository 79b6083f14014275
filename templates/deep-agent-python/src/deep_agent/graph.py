"""A deep agent: it works on files in a folder, has a researcher and a critic to delegate to, and asks before it acts."""

import os

from deepagents import create_deep_agent
from deepagents.backends import LocalShellBackend
from langchain.agents.middleware import InterruptOnConfig
from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph_sdk.runtime import ServerRuntime

from deep_agent.folder import folder_of
from deep_agent.model import load_model
from deep_agent.subagents import CRITIC, RESEARCHER

SYSTEM_PROMPT = """You work on files for the user. Have the researcher find out what you do not know.
When you have written a file, have the critic review it, and tell the user in a sentence what it says."""

# What changes something waits until somebody has approved, edited or rejected it.
INTERRUPT_ON: dict[str, bool | InterruptOnConfig] = {"write_file": True, "edit_file": True, "execute": True}


def get_agent(config: RunnableConfig, runtime: ServerRuntime) -> CompiledStateGraph:
    """Make the agent for one run, or for whoever asks what it looks like.

    An assistant may name another model, as `model` in its `configurable`. Each user has a folder of their own, if there is auth.
    """
    folder = folder_of(runtime.user.identity if runtime.user else None, os.environ)
    # Its commands run on this machine, as the user who serves. They see no variables, so no keys.
    backend = LocalShellBackend(folder, virtual_mode=True, inherit_env=False, env={"PATH": os.defpath})
    return create_deep_agent(
        load_model(os.environ, config.get("configurable", {}).get("model")),
        system_prompt=SYSTEM_PROMPT,
        subagents=[RESEARCHER, CRITIC],
        backend=backend,
        interrupt_on=INTERRUPT_ON,
        name="agent",
    )
