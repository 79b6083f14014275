"""The calls `state.*`: reading, listing and updating the checkpoints of a thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

from langgraph.errors import InvalidUpdateError
from langgraph.types import Interrupt, StateSnapshot, StateUpdate

from lgx_worker.auth_user import user_object
from lgx_worker.diagnostics import diagnose, in_project, message_of
from lgx_worker.disclosure import client_repr
from lgx_worker.encode import to_json
from lgx_worker.errors import CallFailed, ConnectionClosed, FrameTooLarge
from lgx_worker.root_state import interrupt_json, snapshot_state
from lgx_worker.run_input import graph_command
from lgx_worker.unreadable import UnreadableValueError
from lgx_worker.without_input import without_input

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.pregel import Pregel

    from lgx_worker.saver import RemoteSaver
    from lgx_worker.worker import Access, Worker

# In the order in which clients see them.
_CHECKPOINT_KEYS = ("checkpoint_id", "thread_id", "checkpoint_ns", "checkpoint_map")
# What the client can have caused with its values: unknown nodes, the wrong kind of value, a reducer that refuses it.
_CLIENT_MISTAKES = (InvalidUpdateError, ValueError, TypeError, NotImplementedError)
# Between this process and the server.
_OURS = (CallFailed, ConnectionClosed, FrameTooLarge)
# How much of a history goes into one answer, in bytes: the server asks for the rest. A message has room for more,
# as one state has to fit.
_HISTORY_PAGE = 48 * 1024 * 1024
# A message to the server, less what is around the state in it.
_LARGEST_STATE = 255 * 1024 * 1024

Reply = tuple[dict[str, Any], list[bytes]]


async def get(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`state.get`: the state at a checkpoint, or the newest one."""
    config = _config(params, params.get("checkpoint"))
    async with _reading(worker, params) as graph:
        snapshot = await graph.aget_state(config, subgraphs=bool(params.get("subgraphs")))
        return {}, [_fitting(to_json(thread_state(snapshot, asked_for=config["configurable"])))]


async def history(worker: Worker, params: dict[str, Any], _sections: list[memoryview]) -> Reply:
    """`state.history`: past states, newest first, as many as fit."""
    config = _config(params, params.get("checkpoint"))
    before = _config(params, params["before"]) if params.get("before") else None
    states: list[bytes] = []
    more = False
    async with _reading(worker, params) as graph:
        snapshots = graph.aget_state_history(
            config, filter=params.get("metadata") or None, before=before, limit=params.get("limit")
        )
        last, room = None, _HISTORY_PAGE
        async with aclosing(snapshots) as past:  # type: ignore[type-var] # it is an async generator, and typed as an iterator
            async for snapshot in past:
                state = _fitting(to_json(thread_state(snapshot)))
                room -= len(state)
                more = bool(states) and room < 0
                if more:
                    break
                states.append(state)
                last = _checkpoint(snapshot.config)
    return {"count": len(states), "last": last, "more": more}, [b"[%b]" % b",".join(states)]


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
    tasks: list[dict[str, Any]] = [
        {
            "id": task.id,
            "name": task.name,
            "path": task.path,
            "error": None if task.error is None else client_repr(task.error),
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
    worker: Worker, params: dict[str, Any], config: RunnableConfig, steps: list[list[StateUpdate]]
) -> Reply:
    config["metadata"] = params.get("metadata") or {}
    async with _open(worker, params, "threads.update", worker.update_saver()) as graph:
        if config["configurable"].get("checkpoint_id"):
            # What is made now is newer than the newest, also if it branches off an older one; reading tells that.
            await graph.aget_state(_newest(params, config["configurable"]["checkpoint_ns"]))
        try:
            written = await graph.abulk_update_state(config, steps)
        except _OURS:
            raise
        except Exception as exc:
            raise _refused(exc, worker) from exc
        newest = await graph.aget_state(_newest(params, ""))
    meta, sections = snapshot_state(newest)
    configurable = written["configurable"]
    keys = ("thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map")
    meta["configurable"] = {key: configurable[key] for key in keys if configurable.get(key) is not None}
    return meta, sections


def _refused(exc: Exception, worker: Worker) -> Exception:
    """The answer to values that do not go into the state: a reducer, an edge or langgraph itself refused them."""
    found = diagnose(exc, worker.root)
    ours = in_project(found, worker.root)
    if isinstance(exc, _CLIENT_MISTAKES):
        message = message_of(exc)
    elif ours or isinstance(exc, UnreadableValueError):
        # The text of a KeyError is a key.
        message = f"{type(exc).__name__}: {message_of(exc)}"
    else:
        return exc
    # A line of the project is worth a look in the log.
    return CallFailed(message, status=400, type=type(exc).__name__, diagnostic=found if ours else None)


@asynccontextmanager
async def _reading(worker: Worker, params: dict[str, Any]) -> AsyncIterator[Pregel]:
    try:
        async with _open(worker, params, "threads.read") as graph:
            yield graph
    except UnreadableValueError as exc:
        raise CallFailed(message_of(exc), status=409, type=type(exc).__name__) from exc


def _fitting(state: bytes) -> bytes:
    """A state as it is; one that fits into no message is the client's to know about."""
    if len(state) > _LARGEST_STATE:
        raise CallFailed(
            f"This state has {len(state) / 1048576:.1f} MiB, and at most {_LARGEST_STATE // 1048576} MiB of a state can be "
            "shown. Keep large data outside the state and pass a reference to it.",
            status=413,
            type="StateTooLarge",
        )
    return state


@asynccontextmanager
async def _open(
    worker: Worker, params: dict[str, Any], access: Access, saver: RemoteSaver | None = None
) -> AsyncIterator[Pregel]:
    config = params.get("config") or {}
    configurable = {**(config.get("configurable") or {}), "thread_id": params["thread_id"]}
    async with worker.open_graph(
        params["graph_id"],
        config={**config, "configurable": configurable},
        user=user_object(params.get("user")),
        access=access,
        saver=saver,
    ) as graph:
        # No node runs here: one whose input takes another form than the state had is no obstacle.
        yield without_input(graph)


def _newest(params: Mapping[str, Any], namespace: str) -> RunnableConfig:
    return {"configurable": {"thread_id": params["thread_id"], "checkpoint_ns": namespace}}


def _config(params: Mapping[str, Any], checkpoint: Mapping[str, Any] | None) -> RunnableConfig:
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
        # langgraph takes commands too, though its type does not say so.
        return StateUpdate(graph_command(command), item.get("as_node"))  # type: ignore[arg-type] # as said above
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
