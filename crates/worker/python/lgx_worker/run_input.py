"""What a run is started with: the graph's input or command, and its config, from the parameters of the call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langgraph.types import Command, Send

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig


def graph_input(params: dict[str, Any]) -> Any:
    """The input, or the `Command` that takes its place; a command of nothing just continues."""
    command = params.get("command")
    if command is None:
        return params.get("input")
    return graph_command(command) if any(value is not None for value in command.values()) else None


def graph_command(command: dict[str, Any]) -> Command[Any]:
    """A command from its JSON; a null is the same as nothing."""
    given: dict[str, Any] = {key: command[key] for key in ("update", "resume") if command.get(key) is not None}
    if isinstance(given.get("update"), list):
        given["update"] = [tuple(pair) for pair in given["update"]]
    if (goto := command.get("goto")) is not None:
        given["goto"] = [_target(one) for one in goto] if isinstance(goto, list) else _target(goto)
    return Command(**given)


def run_config(params: dict[str, Any], user: Any, server: Mapping[str, Any]) -> RunnableConfig:
    """The config the graph runs with: the server's, with the ids and the user in their Python form, and with the keys
    that tell of the server in its metadata.
    """
    config = dict(params.get("config") or {})
    configurable = dict(config.get("configurable") or {})
    configurable["thread_id"] = params["thread_id"]
    if user is not None:
        configurable["langgraph_auth_user"] = user
    config["configurable"] = configurable
    config["metadata"] = {**(config.get("metadata") or {}), **server}
    config["run_id"] = uuid.UUID(params["run_id"])
    return config  # type: ignore[return-value] # a `RunnableConfig`, and what the client put beside


def _target(goto: Any) -> Any:
    return Send(goto["node"], goto.get("input")) if isinstance(goto, dict) else goto
