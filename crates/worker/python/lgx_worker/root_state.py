"""The state of a thread's root graph as the server keeps it in the thread's row: values, what is next, interrupts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgx_worker.encode import to_json

if TYPE_CHECKING:
    from langgraph.types import Interrupt, StateSnapshot


def finished_state(values: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The reply's keys and section for a graph that has nothing left to do; `values` is JSON already."""
    return {"next": [], "interrupts": {}, "has_values": True}, [values]


def unknown_state() -> tuple[dict[str, Any], list[bytes]]:
    """The reply's keys when there is no state to tell about."""
    return {"next": [], "interrupts": {}, "has_values": False}, []


def without_values(state: tuple[dict[str, Any], list[bytes]]) -> tuple[dict[str, Any], list[bytes]]:
    """The same without the values."""
    return {**state[0], "has_values": False}, []


def snapshot_state(snapshot: StateSnapshot) -> tuple[dict[str, Any], list[bytes]]:
    """The reply's keys and section for a snapshot of the root graph."""
    if snapshot.metadata is None:  # no checkpoint yet
        return unknown_state()
    meta = {
        "next": list(snapshot.next),
        "interrupts": {
            task.id: [interrupt_json(interrupt) for interrupt in task.interrupts]
            for task in snapshot.tasks
            if task.interrupts
        },
        "has_values": True,
    }
    return meta, [to_json(snapshot.values)]


def interrupt_json(interrupt: Interrupt) -> dict[str, Any]:
    """An interrupt as the protocol and streams show it; older versions of langgraph have no `response_schema`."""
    return {
        "id": interrupt.id,
        "value": interrupt.value,
        "response_schema": getattr(interrupt, "response_schema", None),
    }
