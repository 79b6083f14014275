"""The connection itself: bytes in any pieces, calls from anywhere, a full socket, and a server that leaves."""

import asyncio
import socket
import sys
import threading

import pytest

from fake_server import connected
from lgx_worker import frames
from lgx_worker.calls import Call
from lgx_worker.connection import Connection
from lgx_worker.errors import CallFailed, ConnectionClosed
from lgx_worker.frames import Kind
from lgx_worker.socket_stream import SocketStream
from projects import load, process, run, run_params

CALL = {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": None}


class Raw:
    """A connection whose other end is a bare socket."""

    def __init__(self, handle=None):
        self.server, theirs = socket.socketpair()
        self.server.settimeout(5)
        self.lost = asyncio.Event()

        async def echo(method, params, sections):
            return {"method": method, **params}, sections

        self.connection = Connection(
            asyncio.get_running_loop(),
            theirs,
            handle or echo,
            on_shutdown=lambda: None,
            on_lost=self.lost.set,
        )

    async def receive(self):
        """The next frame of the worker."""
        return frames.decode(await asyncio.to_thread(self.receive_bytes))

    def receive_bytes(self):
        data = b""
        while (length := frames.frame_length(data)) is None or len(data) < length:
            data += self.server.recv(16 if length is None else length - len(data))
        return data


@pytest.fixture
async def ends():
    """A connection and the bare socket at its other end; it ends with the socket."""
    made = Raw()
    yield made
    made.server.close()
    await made.lost.wait()


async def test_frames_may_arrive_in_any_pieces(ends):
    call = frames.encode(Kind.CALL, 5, {"method": "echo", "params": {"word": "é"}}, [b"a", b"", b"bc"])
    for piece in range(1, len(call) * 3, 7):
        data = call * 3
        for start in range(0, len(data), piece):
            ends.server.send(data[start : start + piece])
            await asyncio.sleep(0)
        for _ in range(3):
            reply = await ends.receive()
            assert (reply.kind, reply.id, reply.meta["word"]) == (Kind.REPLY, 5, "é")
            assert [bytes(section) for section in reply.sections] == [b"a", b"", b"bc"]


async def test_bytes_that_are_no_frame_end_the_connection(ends):
    ends.server.send(b"HTTP/1.1 200 OK\r\n\r\n" * 3)
    await ends.lost.wait()
    assert ends.server.recv(1) == b""


async def test_calls_of_both_sides_may_cross():
    async with connected() as (server, worker):
        await load(server, {"steps": "steps.py:graph"})
        answers = await asyncio.gather(
            *(worker.connection.call("checkpoint.get", CALL) for _ in range(5)),
            *(run(server, "steps", {"log": []}) for _ in range(5)),
        )
        assert [meta for meta, _ in answers[:5]] == [{"tuple": None}] * 5
        assert [answer.meta["status"] for answer in answers[5:]] == ["success"] * 5


async def test_what_must_not_be_done_twice_is_announced_before_it_is_done_and_reads_are_not():
    async with connected() as (server, _):
        await load(server, {"steps": "steps.py:graph"})
        started = server.start("run", run_params("steps", {"log": []}))
        await started.answer
        assert server.begun == [started.id]
        await server.call("state.get", {"graph_id": "steps", "thread_id": "t", "config": {}, "user": None})
        assert server.begun == [started.id]


async def test_a_run_begins_once_and_not_at_all_when_it_is_cancelled_before():
    async with connected() as (server, _):
        await load(server, {"steps": "steps.py:graph"})
        run = server.start("run", run_params("steps", {"log": []}))
        await run.answer
        assert server.begun == [run.id]
        cancelled = server.start("run", run_params("steps", {"log": []}))
        server.cancel(cancelled)
        assert (await cancelled.answer).meta["status"] == "cancelled"
        assert server.begun == [run.id]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="nodes have no tasks of their own before Python 3.11")
async def test_a_run_that_was_sent_with_one_that_blocks_has_not_begun_unless_it_was_taken_back_often():
    async with process() as worker:
        server = worker.server
        await load(server, {"spins": "ends.py:spinning", "steps": "steps.py:graph"})
        with server.together():
            spinning = server.start("run", run_params("spins", {}, prefetched=True))
            for temporary in (False, False, True):
                server.start("run", run_params("steps", {"log": []}, prefetched=True, temporary=temporary))
            often = server.start("run", run_params("steps", {"log": []}, moves=3))
        await server.log("spin")
        assert server.begun == [often.id, spinning.id]


async def test_an_update_that_is_taken_back_before_it_began_is_not_done():
    async with connected() as (server, _):
        await load(server, {"steps": "steps.py:graph"})
        update = {"graph_id": "steps", "thread_id": "t", "config": {}, "user": None, "values": {"log": ["no"]}}
        taken_back = server.start("state.update", update)
        server.cancel(taken_back)
        with pytest.raises(CallFailed, match="before it began"):
            await taken_back.answer
        assert server.begun == [] and not any("put" in method for method in server.seen)


async def test_an_error_of_the_server_is_raised_where_the_call_was_made():
    async with connected() as (server, worker):
        server.fail["checkpoint.get"] = "no such table"
        with pytest.raises(CallFailed, match="no such table") as raised:
            await worker.connection.call("checkpoint.get", CALL)
        assert raised.value.type == "StoreError"
        with pytest.raises(CallFailed, match="no such table"):
            await asyncio.to_thread(worker.connection.call_sync, "checkpoint.get", CALL)


async def test_a_synchronous_call_works_on_the_event_loop_and_keeps_what_else_arrives(ends):
    ends.server.send(frames.encode(Kind.CALL, 8, {"method": "meanwhile", "params": {}}))
    answerer = threading.Thread(target=lambda: ends.server.send(frames.encode(Kind.REPLY, 1, {"tuple": None})))
    answerer.start()
    assert ends.connection.call_sync("checkpoint.get", CALL) == ({"tuple": None}, [])
    answerer.join()
    assert (await ends.receive()).meta["method"] == "checkpoint.get"
    assert (await ends.receive()).meta["method"] == "meanwhile"


async def test_many_threads_may_wait_at_once():
    async with connected() as (_, worker):
        calls = (asyncio.to_thread(worker.connection.call_sync, "checkpoint.get", CALL) for _ in range(50))
        assert await asyncio.gather(*calls) == [({"tuple": None}, [])] * 50


async def test_frames_from_threads_and_from_the_loop_keep_their_order():
    async with connected() as (server, worker):
        note = {"thread_ids": [], "strategy": "delete"}
        worker.connection.note("checkpoint.prune", note)
        await asyncio.to_thread(worker.connection.note, "checkpoint.delete_thread", {"thread_id": "t"})
        await worker.connection.call("checkpoint.get", CALL)
        assert server.seen == ["~checkpoint.prune", "~checkpoint.delete_thread", "checkpoint.get"]


async def test_events_wait_while_the_socket_is_full(ends):
    sent = 0
    call = Call(2, "run", ends.connection)
    call.granted(20 * 500_000)

    async def send():
        nonlocal sent
        for _ in range(20):
            await call.send(b"{}", (bytes(500_000),))
            sent += 1

    sending = asyncio.ensure_future(send())
    while not ends.connection.paused:  # the loop turns; nothing tells that it has come to this
        await asyncio.sleep(0)
    assert 0 < sent < 20
    for _ in range(20):
        assert len((await ends.receive()).sections[0]) == 500_000
    await sending
    assert not ends.connection.paused


async def test_a_large_frame_is_written_even_by_a_call_that_blocks_the_event_loop(ends):
    def serve():
        frame = frames.decode(ends.receive_bytes())
        ends.server.send(frames.encode(Kind.REPLY, frame.id, {"size": len(frame.sections[0])}))

    server = threading.Thread(target=serve)
    server.start()
    assert ends.connection.call_sync("checkpoint.put", {}, [bytes(5_000_000)]) == ({"size": 5_000_000}, [])
    server.join()


async def test_when_the_server_leaves_every_call_that_waits_fails(ends):
    waiting = [
        asyncio.ensure_future(ends.connection.call("checkpoint.get", CALL)),
        asyncio.ensure_future(asyncio.to_thread(ends.connection.call_sync, "checkpoint.get", CALL)),
    ]
    await ends.receive()
    await ends.receive()
    ends.server.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionClosed, ConnectionClosed]
    with pytest.raises(ConnectionClosed):
        await ends.connection.call("checkpoint.get", CALL)


async def test_a_cancelled_caller_does_not_mind_a_late_reply(ends):
    calling = asyncio.ensure_future(ends.connection.call("checkpoint.get", CALL))
    call = await ends.receive()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    ends.server.send(frames.encode(Kind.REPLY, call.id, {}) + frames.encode(Kind.PING, 3, {}))
    assert (await ends.receive()).kind == Kind.PONG


async def test_what_another_thread_has_read_is_handled_before_what_the_event_loop_reads_next():
    handled, done = [], asyncio.Event()

    async def note(method, params, sections):
        handled.append(method)
        if method == "second":
            done.set()
        return {}, []

    ends = Raw(note)
    calls = {id_: frames.encode(Kind.CALL, id_, {"method": name}) for id_, name in ((2, "first"), (4, "second"))}
    reader = threading.Thread(target=ends.connection._data, args=(calls[2], False))
    reader.start()
    reader.join()
    ends.connection._data(calls[4], True)
    await asyncio.wait_for(done.wait(), 10)
    assert handled == ["first", "second"]
    ends.server.close()
    await ends.lost.wait()


async def test_what_may_wait_goes_with_what_is_written_next_or_with_the_next_turn_of_the_loop():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # one message for each system call
    ours.settimeout(5)
    lost = asyncio.Event()
    stream = SocketStream(
        asyncio.get_running_loop(), theirs, on_data=lambda *_: None, on_resumed=lambda: None, on_lost=lost.set
    )
    stream.write_soon(b"a")
    stream.write_soon(b"b")
    stream.write(b"c")
    assert ours.recv(10) == b"abc"
    stream.write_soon(b"d")
    assert await asyncio.to_thread(ours.recv, 10) == b"d"
    stream.write_soon(b"e")
    stream.close()
    assert ours.recv(10) == b"e"
    await lost.wait()
    ours.close()
