"""State that outlives the code it was made by: what cannot be read any more is shown as that, kept, and not in the way."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from fake_server import Answer, FakeServer, connected
from lgx_worker.errors import CallFailed
from lgx_worker.unreadable import UnreadableValue, UnreadableValueError
from projects import load, run


async def ask(server: FakeServer, method: str, graph: str, **params: Any) -> Answer:
    return await server.call(method, {"graph_id": graph, "thread_id": "t", "config": {}, **params})


def stored(server: FakeServer, channel: str) -> set[tuple[str, bytes]]:
    return {blob for key, blob in server.checkpoints.blobs.items() if key[2] == channel}


async def test_a_class_that_is_gone_costs_only_its_own_value(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected() as (server, _):
        await load(server, {"g": "changes.py:graph"})
        await run(server, "g", {"text": "make"}, thread_id="t")
        kept = stored(server, "thing")
        assert len(kept) == 1
        monkeypatch.delattr(sys.modules["changes"], "Old")

        shown = (await ask(server, "state.get", "g")).values["values"]
        assert shown["text"] == "make"
        assert shown["thing"]["error"] == "AttributeError"
        assert "Old" in shown["thing"]["message"]
        history = (await ask(server, "state.history", "g", limit=10)).values
        assert [state["values"].get("thing") for state in history] == [shown["thing"], None, None]

        other = await run(server, "g", {"text": "other"}, thread_id="t")
        assert other.meta["status"] == "success"
        assert other.values == {"text": "other", "thing": shown["thing"]}
        updated = await ask(server, "state.update", "g", values={"text": "updated"}, as_node="work", metadata={})
        assert updated.values["text"] == "updated"
        copied = await run(server, "g", {"text": "copy"}, thread_id="t")
        assert copied.values["copy"] == {**shown["thing"], "message": copied.values["copy"]["message"]}

        used = await run(server, "g", {"text": "use"}, thread_id="t")
        error = used.meta["error"]
        assert error["error"] == "UnreadableValueError"
        assert "`thing` in the thread's state" in error["message"]
        assert "Old" in error["message"]
        assert used.meta["diagnostic"]["function"] == "work"

        # Nothing was written over it, and what was copied is the same.
        assert stored(server, "thing") == stored(server, "copy") == kept
        monkeypatch.undo()
        assert (await run(server, "g", {"text": "other"}, thread_id="t")).values["thing"] is None


async def test_a_model_with_one_more_required_field_does_not_hide_older_threads() -> None:
    async with connected() as (server, _):
        await load(server, {"before": "changes.py:before", "now": "changes.py:now"})
        await run(server, "before", {"text": "hi"}, thread_id="t")
        for subgraphs in (False, True):
            states = [(await ask(server, "state.get", g, subgraphs=subgraphs)).values for g in ("before", "now")]
            assert states[0] == states[1]
            assert states[1]["values"] == {"text": "hi"}
            assert states[1]["next"] == ["child"]
        assert (await ask(server, "state.history", "now", limit=10)).values[0]["values"] == {"text": "hi"}
        resumed = await run(server, "now", command={"resume": "x"}, thread_id="t")
        assert "needed" in resumed.meta["error"]["message"]
        await ask(server, "state.update", "now", values={"needed": 1}, as_node="__start__", metadata={})
        assert (await ask(server, "state.get", "now")).values["values"] == {"text": "hi", "needed": 1}


async def test_a_thread_of_javascript_is_neither_read_nor_written_over() -> None:
    async with connected() as (server, _):
        await load(server, {"g": "changes.py:graph"})
        await run(server, "g", {"text": "make"}, thread_id="t")
        for row in server.checkpoints.rows.values():
            row["encoding"] = "json"
        before = dict(server.checkpoints.rows)
        update = {"values": {"text": "x"}, "as_node": "work", "metadata": {}}
        for method, params in (("state.get", {}), ("state.history", {"limit": 10}), ("state.update", update)):
            with pytest.raises(CallFailed, match="a graph in JavaScript") as refused:
                await ask(server, method, "g", **params)
            assert (refused.value.status, refused.value.type) == (409, "ForeignThread")
        failed = await run(server, "g", {"text": "other"}, thread_id="t")
        assert failed.meta["error"]["error"] == "ForeignThread"
        assert server.checkpoints.rows == before


def test_every_use_of_a_value_that_cannot_be_read_names_it() -> None:
    value = UnreadableValue("log", ("pickle", b"x"), ImportError("No module named 'gone'"))
    uses: list[Any] = [
        lambda: value.size,
        lambda: value["size"],
        lambda: value + [1],  # noqa: RUF005 - the operator is what is tried
        lambda: [1] + value,  # type: ignore[operator] # it raises  # noqa: RUF005 - the operator is what is tried
        lambda: list(value),
        lambda: len(value),
        lambda: bool(value),
        lambda: value(),  # noqa: PLW0108 - the call is what is tried
        lambda: "x" in value,
        lambda: value < 1,
    ]
    for use in uses:
        with pytest.raises(UnreadableValueError, match=r"`log` .* ImportError: No module named 'gone'"):
            use()
    assert not hasattr(value, "size")
    assert "No module named 'gone'" in repr(value)
