"""The calls `state.*`: reading, listing and updating the checkpoints of a thread."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from langgraph.errors import InvalidUpdateError
from langgraph.types import Interrupt, StateSnapshot, StateUpdate

from lgx_worker.auth_user import user_object
from lgx_worker.diagnostics import diagnose, in_project, message_of
from lgx_worker.disclosure import told_repr
from lgx_worker.encode import to_json
from lgx_worker.errors import CallFailed
from lgx_worker.root_state import interrupt_json, snapshot_state
from lgx_worker.run_input import graph_command

if TYPE_CHECKING:
    from langgraph.pregel import Pregel

    from lgx_worker.worker import Access, Worker

# In the order in which clients see them.
_CHECKPOINT_KEYS = ("checkpoint_id", "thread_id", "checkpoint_ns", "checkpoint_map")
# What the client can have caused with its values: unknown nodes, the wrong kind of value, a reducer that refuses it.
_CLIENT_MISTAKES = (InvalidUpdateError, ValueError, TypeError, NotImplementedError)

Reply = tuple[dict[str, Any], list[bytes]]


async def get(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`state.get`: the state at a checkpoint, or the newest one."""
    config = _config(params, params.get("checkpoint"))
    async with _open(worker, params, "threads.read") as graph:
        snapshot = await graph.aget_state(config, subgraphs=bool(params.get("subgraphs")))
    return {}, [to_json(thread_state(snapshot, asked_for=config["configurable"]))]


async def history(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`state.history`: past states, newest first."""
    config = _config(params, params.get("checkpoint"))
    before = _config(params, params["before"]) if params.get("before") else None
    async with _open(worker, params, "threads.read") as graph:
        snapshots = graph.aget_state_history(
            config, filter=params.get("metadata") or None, before=before, limit=params.get("limit")
        )
        states = [thread_state(snapshot) async for snapshot in snapshots]
    return {}, [to_json(states)]


async def update(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`state.update`: a new checkpoint with values written as if by a node."""
    updates = [StateUpdate(params.get("values"), params.get("as_node"))]
    return await _write(worker, params, _config(params, params.get("checkpoint")), [updates])


async def bulk_update(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`state.bulk_update`: several supersteps, one checkpoint each."""
    supersteps = [[_state_update(item) for item in step.get("updates") or ()] for step in params["supersteps"]]
    return await _write(worker, params, _config(params, None), supersteps)


def thread_state(snapshot: StateSnapshot, asked_for: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The ThreadState of the API; `asked_for` are the checkpoint keys that an empty answer echoes."""
    checkpoint = _checkpoint(snapshot.config)
    if snapshot.created_at is None:
        checkpoint = _checkpoint({"configurable": asked_for}) if asked_for else None
    parent = _checkpoint(snapshot.parent_config)
    tasks = [
        {
            "id": task.id,
            "name": task.name,
            "path": task.path,
            "error": None if task.error is None else told_repr(task.error),
            "interrupts": [_interrupt(interrupt) for interrupt in task.interrupts],
            "checkpoint": task.state["configurable"] if isinstance(task.state, dict) else None,
            "state": thread_state(task.state) if isinstance(task.state, StateSnapshot) else None,
            "result": task.result,
        }
        for task in snapshot.tasks
    ]
    return {
        "values": snapshot.values,
        "next": snapshot.next,
        "tasks": tasks,
        # The saver leaves the thread out, since it is the key of the checkpoint; clients read it here too.
        "metadata": snapshot.metadata
        and {"thread_id": snapshot.config["configurable"]["thread_id"], **snapshot.metadata},
        "created_at": snapshot.created_at,
        "checkpoint": checkpoint,
        "parent_checkpoint": parent,
        "interrupts": [interrupt for task in tasks for interrupt in task["interrupts"]],
        "checkpoint_id": checkpoint and checkpoint["checkpoint_id"],
        "parent_checkpoint_id": parent and parent["checkpoint_id"],
    }


async def _write(
    worker: Worker, params: dict[str, Any], config: dict[str, Any], steps: list[list[StateUpdate]]
) -> Reply:
    config["metadata"] = params.get("metadata") or {}
    async with _open(worker, params, "threads.update") as graph:
        try:
            written = await graph.abulk_update_state(config, steps)
        except _CLIENT_MISTAKES as exc:
            # A reducer or a branch of the project may have raised it: then its line is worth a look in the log.
            found = diagnose(exc, worker.root)
            diagnostic = found if in_project(found, worker.root) else None
            raise CallFailed(message_of(exc), status=400, type=type(exc).__name__, diagnostic=diagnostic) from exc
        newest = await graph.aget_state({"configurable": {"thread_id": params["thread_id"], "checkpoint_ns": ""}})
    meta, sections = snapshot_state(newest)
    configurable = written["configurable"]
    keys = ("thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map")
    meta["configurable"] = {key: configurable[key] for key in keys if configurable.get(key) is not None}
    return meta, sections


def _open(worker: Worker, params: dict[str, Any], access: Access) -> AbstractAsyncContextManager[Pregel]:
    config = params.get("config") or {}
    configurable = {**(config.get("configurable") or {}), "thread_id": params["thread_id"]}
    return worker.open_graph(
        params["graph_id"],
        config={**config, "configurable": configurable},
        user=user_object(params.get("user")),
        access=access,
    )


def _config(params: Mapping[str, Any], checkpoint: Mapping[str, Any] | None) -> dict[str, Any]:
    """The config of an operation. The assistant's own is for its factory: here it would end up in the checkpoint."""
    configurable: dict[str, Any] = {"thread_id": params["thread_id"], "checkpoint_ns": ""}
    for key in ("checkpoint_ns", "checkpoint_id", "checkpoint_map"):
        if checkpoint and checkpoint.get(key) is not None:
            configurable[key] = checkpoint[key]
    return {"configurable": configurable}


def _state_update(item: Mapping[str, Any]) -> StateUpdate:
    command = item.get("command")
    if command is None:
        return StateUpdate(item.get("values"), item.get("as_node"))
    unknown = sorted(set(command) - {"update", "resume", "goto"})
    if unknown:
        raise CallFailed(
            f"A command has no `{unknown[0]}`; it has `update`, `resume` and `goto`.", status=400, type="InvalidCommand"
        )
    try:
        return StateUpdate(graph_command(command), item.get("as_node"))
    except (KeyError, TypeError) as exc:
        raise CallFailed(
            "A `goto` is the name of a node, an object with `node` and `input`, or a list of those; an `update` is an "
            "object, or a list of pairs.",
            status=400,
            type="InvalidCommand",
        ) from exc


def _checkpoint(config: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The part of a config that names a checkpoint; null if it names none."""
    configurable = config["configurable"] if config else {}
    if not configurable.get("checkpoint_id"):
        return None
    return {key: configurable[key] for key in _CHECKPOINT_KEYS if configurable.get(key) is not None}


def _interrupt(interrupt: Interrupt) -> dict[str, Any]:
    """An interrupt as threads and states show it: without a `response_schema` that is not there."""
    found = interrupt_json(interrupt)
    return found if found["response_schema"] is not None else {"id": found["id"], "value": found["value"]}
