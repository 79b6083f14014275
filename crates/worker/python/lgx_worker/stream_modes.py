"""Stream modes: what to ask langgraph for, and how its chunks become the events that clients see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lgx_worker.message_stream import MessageSnapshots

INTERRUPT = "__interrupt__"
_SAME_NAME = {"values", "updates", "custom", "debug", "tasks", "checkpoints"}


class Stream:
    """The stream of one run. It also learns what the end of the run has to tell: the newest values, and whether the
    graph stopped early. So `values` and `updates` are always asked for, and cost next to nothing unless a client
    wants them encoded.
    """

    def __init__(self, modes: Sequence[str], subgraphs: bool) -> None:
        self.subgraphs = subgraphs
        self._wanted = set(modes)
        self._tuples = "messages-tuple" in self._wanted
        self._snapshots = MessageSnapshots() if "messages" in self._wanted and not self._tuples else None
        self.has_events = "events" in self._wanted
        self.has_updates = "updates" in self._wanted
        self.has_checkpoints = not self._wanted.isdisjoint(("checkpoints", "debug"))
        self.graph_modes = sorted({"values", "updates"} | (self._wanted & _SAME_NAME))
        if self._tuples or self._snapshots is not None:
            self.graph_modes.append("messages")
        self.values: Any = None
        """The newest values of the root graph."""
        self.has_values = False
        self.interrupted = False
        """The root graph stopped at an interrupt or a breakpoint."""

    def events(self, chunk: Any) -> Iterator[tuple[str, Any, bool]]:
        """The events that one chunk of `Pregel.astream` becomes: name, data, and whether they are the root's values."""
        namespace, mode, data = chunk if self.subgraphs else ((), *chunk)
        root = not namespace
        if root and mode == "values":
            self.values = data
            self.has_values = True
        elif root and mode == "updates" and isinstance(data, dict) and INTERRUPT in data:
            self.interrupted = True
        if mode == "messages":
            if self._tuples:
                yield _named("messages", namespace), data, False
            elif self._snapshots is not None:
                for name, payload in self._snapshots.events(*data):
                    yield name, payload, False
        elif mode in self._wanted:
            if mode == "debug":
                data = _with_addresses(data)
            yield _named(mode, namespace), data, root and mode == "values"


def _named(mode: str, namespace: Sequence[str]) -> str:
    return "|".join((mode, *namespace)) if namespace else mode


def _with_addresses(debug: dict[str, Any]) -> dict[str, Any]:
    """Checkpoints in `debug` say their own, their parent's and their subgraphs' address apart from the config."""
    if debug.get("type") != "checkpoint":
        return debug
    payload = debug["payload"]
    return {
        **debug,
        "payload": {
            **payload,
            "tasks": [_with_address(task) for task in payload["tasks"]],
            "checkpoint": _address(payload["config"]),
            "parent_checkpoint": _address(payload.get("parent_config")),
        },
    }


def _with_address(task: dict[str, Any]) -> dict[str, Any]:
    state = task.get("state")
    if not isinstance(state, dict) or "configurable" not in state:
        return task
    return {**{key: value for key, value in task.items() if key != "state"}, "checkpoint": _address(state)}


def _address(config: dict[str, Any] | None) -> dict[str, Any] | None:
    if not config:
        return None
    configurable = config.get("configurable") or {}
    keys = ("checkpoint_id", "thread_id", "checkpoint_ns", "checkpoint_map")
    return {key: configurable[key] for key in keys if key in configurable}
