"""Streams of calls: each direction has credit of its own, and one that stops holds up nobody else."""

import asyncio

import pytest

from fake_server import connected
from lgx_worker import frames
from lgx_worker.calls import current_call
from lgx_worker.errors import CallFailed, ConnectionClosed
from lgx_worker.frames import Kind
from lgx_worker.streams import WINDOW
from projects import load, needs_context_in_nodes, run, run_params
from test_connection import Raw

GRAPHS = {"floods": "floods.py:floods", "in_thread": "floods.py:floods_in_thread", "steps": "steps.py:graph"}
PIECE, PIECES = 50_000, 40
"""What both flood with."""
PART = b"x" * (WINDOW // 10)


async def stalled(server, graph):
    """A run that has used up its credit."""
    started = server.start("run", run_params(graph, {}, stream_mode=["custom"]), grants=False)
    while started.size < WINDOW:
        started.arrived.clear()
        await started.arrived.wait()
    return started


@needs_context_in_nodes
@pytest.mark.parametrize("graph", ["floods", "in_thread"])
async def test_a_run_whose_events_nobody_takes_stops_alone_and_goes_on_when_they_are_taken(graph):
    async with connected() as (server, _):
        await load(server, GRAPHS)
        stopped = await stalled(server, graph)
        others = await asyncio.gather(
            *(run(server, "steps", {"log": []}) for _ in range(3)),
            server.call("state.get", {"graph_id": "steps", "thread_id": "t", "config": {}, "user": None}),
        )
        assert [answer.meta.get("status", "read") for answer in others] == ["success"] * 3 + ["read"]
        # A frame at most beyond the window.
        assert not stopped.answer.done()
        assert WINDOW <= stopped.size < WINDOW + PIECE + 100
        server.grant(stopped, 3 * WINDOW)
        answer = await stopped.answer
        assert answer.meta["status"] == "success"
        assert [len(data) for data in answer.named("custom")] == [PIECE] * PIECES


@needs_context_in_nodes
async def test_a_run_that_is_cancelled_while_it_waits_for_credit_answers():
    async with connected() as (server, _):
        await load(server, GRAPHS)
        stopped = await stalled(server, "floods")
        server.cancel(stopped)
        assert (await stopped.answer).meta["status"] == "cancelled"


async def test_what_the_server_sends_into_a_call_arrives_in_order_and_is_granted_as_it_is_taken():
    taking = asyncio.Event()

    async def handle(method, params, sections):
        if method == "other":
            return {}, []
        await taking.wait()
        sizes = [len(frame.sections[0]) async for frame in current_call().received if frame.sections]
        return {"sizes": sizes}, []

    ends = Raw(handle)
    ends.server.send(frames.encode(Kind.CALL, 2, {"method": "run", "params": {}}))
    part = frames.encode_raw(Kind.DATA, 2, b"{}", [PART])
    for _ in range(10):
        await asyncio.to_thread(ends.server.sendall, part)
    # Nobody takes it, and another call comes by.
    ends.server.send(frames.encode(Kind.CALL, 4, {"method": "other", "params": {}}))
    assert (await ends.receive()).id == 4
    taking.set()
    for _ in range(2):
        granted = await ends.receive()
        assert (granted.kind, granted.id, granted.meta) == (Kind.CREDIT, 2, {"bytes": 5 * len(part)})
    ends.server.send(part + frames.encode_raw(Kind.DATA, 2, b"{}", last=True))
    assert (await ends.receive()).meta == {"sizes": [len(PART)] * 11}
    ends.server.close()
    await ends.lost.wait()


async def test_data_that_was_not_granted_ends_the_connection():
    async def handle(method, params, sections):
        await asyncio.Event().wait()

    ends = Raw(handle)
    ends.server.send(frames.encode(Kind.CALL, 2, {"method": "run", "params": {}}))
    for _ in range(11):
        await asyncio.to_thread(ends.server.sendall, frames.encode_raw(Kind.DATA, 2, b"{}", [PART]))
    await ends.lost.wait()


async def test_data_for_a_call_that_does_not_stream_ends_the_connection():
    async def handle(method, params, sections):
        await asyncio.Event().wait()

    ends = Raw(handle)
    ends.server.send(frames.encode(Kind.CALL, 2, {"method": "state.get", "params": {}}))
    ends.server.send(frames.encode_raw(Kind.DATA, 2, b"{}", [PART]))
    await asyncio.wait_for(ends.lost.wait(), 10)


async def test_data_for_a_call_that_is_over_is_left_out():
    ends = Raw()
    ends.server.send(frames.encode_raw(Kind.DATA, 2, b"{}", [PART]) + frames.encode(Kind.PING, 1, {}))
    assert (await ends.receive()).kind == Kind.PONG
    ends.server.close()
    await ends.lost.wait()


async def test_both_directions_of_a_call_are_independent():
    async def handle(method, params, sections):
        call = current_call()
        async for frame in call.received:
            if frame.sections:
                await call.send(frames.encode_meta({"back": bytes(frame.sections[0]).decode()}))
        return {}, []

    ends = Raw(handle)
    ends.server.send(frames.encode(Kind.CALL, 2, {"method": "run", "params": {}}))
    for word in ("a", "b"):
        ends.server.send(frames.encode_raw(Kind.DATA, 2, b"{}", [word.encode()]))
        assert (await ends.receive()).meta == {"back": word}
    ends.server.send(frames.encode_raw(Kind.DATA, 2, b"{}", last=True))
    assert (await ends.receive()).kind == Kind.REPLY
    ends.server.close()
    await ends.lost.wait()


# ---- calls of the worker


async def opened(ends):
    """A call of the worker that streams, and what the server sees of it."""
    stream = await ends.connection.open("http.serve", {"call": 2})
    call = await ends.receive()
    assert (call.kind, call.id, call.meta) == (Kind.CALL, stream.id, {"method": "http.serve", "params": {"call": 2}})
    return stream


async def test_a_call_of_the_worker_sends_as_far_as_it_is_granted_and_stops_when_it_is_answered():
    ends = Raw()
    stream = await opened(ends)

    async def feed():
        for _ in range(30):
            await stream.send({}, [PART])
        await stream.send({}, last=True)

    feeding = asyncio.ensure_future(feed())
    size = 0
    while size < WINDOW:
        size += (await ends.receive()).size
    ends.server.send(frames.encode(Kind.PING, 7, {}))
    assert (await ends.receive()).kind == Kind.PONG, "it waits"
    ends.server.send(frames.encode(Kind.CREDIT, stream.id, {"bytes": 2 * len(PART)}))
    assert (await ends.receive()).kind == Kind.DATA
    ends.server.send(frames.encode(Kind.REPLY, stream.id, {"status": 413}, [b"enough"]))
    await feeding
    assert [frame async for frame in stream] == []
    assert (stream.reply[0], bytes(stream.reply[1][0])) == ({"status": 413}, b"enough")
    stream.cancel()  # it is over: there is nothing to tell
    ends.server.send(frames.encode(Kind.PING, 9, {}))
    while (last := await ends.receive()).kind == Kind.DATA:
        size += last.size
    assert last.id == 9
    assert size < 30 * len(PART)
    ends.server.close()
    await ends.lost.wait()


async def test_a_call_of_the_worker_grants_what_it_has_taken():
    ends = Raw()
    stream = await opened(ends)
    part = frames.encode_raw(Kind.DATA, stream.id, b"{}", [PART])
    for _ in range(5):
        await asyncio.to_thread(ends.server.sendall, part)
    for _ in range(5):
        assert bytes((await stream.__anext__()).sections[0]) == PART
    granted = await ends.receive()
    assert (granted.kind, granted.id, granted.meta) == (Kind.CREDIT, stream.id, {"bytes": 5 * len(part)})
    ends.server.send(frames.encode(Kind.ERROR, stream.id, {"type": "Broken", "message": "broke off", "status": 502}))
    with pytest.raises(CallFailed, match="broke off"):
        await stream.__anext__()
    ends.server.close()
    await ends.lost.wait()


async def test_a_call_of_the_worker_that_is_cancelled_drops_what_still_comes():
    ends = Raw()
    stream = await opened(ends)
    stream.cancel()
    cancelled = await ends.receive()
    assert (cancelled.kind, cancelled.id) == (Kind.CANCEL, stream.id)
    for _ in range(20):  # more than was granted: the server may have sent it before it heard
        await asyncio.to_thread(ends.server.sendall, frames.encode_raw(Kind.DATA, stream.id, b"{}", [PART]))
    ends.server.send(frames.encode(Kind.ERROR, stream.id, {"type": "Cancelled", "message": "cancelled"}))
    assert [frame async for frame in stream] == []
    ends.server.send(frames.encode(Kind.PING, 9, {}))
    assert (await ends.receive()).id == 9
    ends.server.close()
    await ends.lost.wait()


async def test_calls_of_the_worker_end_with_the_connection():
    ends = Raw()
    stream = await opened(ends)
    ends.server.close()
    with pytest.raises(ConnectionClosed):
        await stream.__anext__()
    with pytest.raises(ConnectionClosed):
        await (await ends.connection.open("http.serve", {})).__anext__()


@pytest.mark.parametrize("method", ["http.serve", "checkpoint.get"])
async def test_data_that_a_call_of_the_worker_has_not_granted_ends_the_connection(method):
    ends = Raw()
    stream = await opened(ends) if method == "http.serve" else None
    waiting = None if stream else asyncio.ensure_future(ends.connection.call(method, {}))
    id_ = stream.id if stream else (await ends.receive()).id
    for _ in range(11 if stream else 1):
        await asyncio.to_thread(ends.server.sendall, frames.encode_raw(Kind.DATA, id_, b"{}", [PART]))
    await asyncio.wait_for(ends.lost.wait(), 10)
    if waiting is not None:
        with pytest.raises(ConnectionClosed):
            await waiting
