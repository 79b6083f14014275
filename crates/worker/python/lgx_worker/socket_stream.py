"""The socket: read on the event loop, and by whoever waits for the server while the loop cannot.

Synchronous code may wait for the server in any thread, even on the loop's own (an async node with a plain
`subgraph.invoke`). So a waiting thread reads for itself: it must not need a loop that may be waiting for it.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import threading
from collections import deque
from collections.abc import Callable

HIGH_WATER = 1024 * 1024
LOW_WATER = 256 * 1024
READ_SIZE = 256 * 1024
MOST_OFFERED = 8 * 1024 * 1024
"""Bytes that may wait to be written before `offer` leaves things out."""
PATIENCE = 1000
"""Milliseconds that `offer` waits for a server that reads nothing."""


class SocketStream:
    """A connected socket. Any thread writes; `on_data` is called by one thread at a time, in the order of the bytes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        *,
        on_data: Callable[[bytes, bool], None],
        on_resumed: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        """`on_resumed` and `on_lost` are called on the event loop. `on_data` is told whether it is too."""
        self._loop = loop
        self._socket = sock
        self._on_data = on_data
        self._on_resumed = on_resumed
        self._on_lost = on_lost
        self._reading = threading.Lock()
        self._writing = threading.RLock()
        self._busy = False
        """Whether the thread that holds the lock is in the midst of writing."""
        self._soon: list[bytes] = []
        """To be written together with what is written next."""
        self._late: deque[bytes] = deque()
        """Written in the midst of a write of the same thread: by a finalizer that prints."""
        self._stalled = False
        """The server has read nothing for as long as `offer` is patient."""
        self._waiting: deque[memoryview] = deque()
        self._size = 0
        self._closing = False
        self.closed = False
        self.paused = False
        """More waits to be written than is good; `on_resumed` tells when it has been."""
        sock.setblocking(False)
        loop.add_reader(sock, self._readable)

    def write(self, data: bytes) -> None:
        """Send, or keep what the socket does not take yet. Frames keep the order of the calls."""
        with self._writing:
            if self._busy:
                self._late.append(data)
                return
            self._busy = True
            try:
                if self._soon:
                    data, self._soon = b"".join((*self._soon, data)), []
                self._put(data)
                while self._late:
                    self._put(self._late.popleft())
            finally:
                self._busy = False

    def write_soon(self, data: bytes) -> None:
        """Send with what is written next, in one system call, or once the event loop has turned; on its thread."""
        with self._writing:
            self._soon.append(data)
            if len(self._soon) == 1:
                self._loop.call_soon(self._write_soon)

    def _write_soon(self) -> None:
        if self._soon:
            self.write(b"")

    def offer(self, data: bytes) -> bool:
        """Send what can be left out, and wait until the socket takes it; False when there is no room even to keep it."""
        if self._size > MOST_OFFERED and not self._make_room():
            return False
        self.write(data)
        if self._waiting:
            self._make_room()
        return True

    def _make_room(self) -> bool:
        """Wait until all is written; not for long, and not again before a server that reads nothing reads something."""
        poll = select.poll()
        while self._waiting and not self.closed:
            poll.register(self._socket, select.POLLOUT)
            ready = poll.poll(0 if self._stalled else PATIENCE)
            if not ready or not self._flush():
                self._stalled = True
                return False
            self._stalled = False
        return True

    def _put(self, data: bytes) -> None:
        if self.closed or self._closing:
            return
        if self._waiting:
            rest = memoryview(data)
        else:
            sent = self._send(data)
            if sent == len(data):
                return
            rest = memoryview(data)[sent:]
            self._loop.call_soon_threadsafe(self._watch_writable)
        self._waiting.append(rest)
        self._size += len(rest)
        self.paused = self.paused or self._size > HIGH_WATER

    def wait(self, done: Callable[[], bool]) -> None:
        """Block this thread, moving bytes in both directions, until `done()` or the connection is lost."""
        while not done() and not self.closed:
            with self._reading:
                if done() or self.closed:
                    return
                poll = select.poll()
                poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._waiting else 0))
                ((_, events),) = poll.poll()
                if events & select.POLLOUT:
                    self._flush()
                if events & ~select.POLLOUT:
                    self._read()

    def close(self) -> None:
        """Hang up once everything is written; on the event loop."""
        self._write_soon()
        self._closing = True
        if not self._waiting:
            self._lost()

    def watch_hang_up(self, then: Callable[[], None]) -> None:
        """Call `then`, on a thread of its own, when the other side leaves, even while the event loop is blocked."""
        threading.Thread(target=_wait_for_hang_up, args=(self._socket, then), name="lgx-hangup", daemon=True).start()

    def _readable(self) -> None:
        # A thread that waits for the server is reading: it hands on what is not its own.
        if self._reading.acquire(blocking=False):
            try:
                self._read(from_loop=True)
            finally:
                self._reading.release()

    def _read(self, *, from_loop: bool = False) -> None:
        if self.closed:
            return
        try:
            data = self._socket.recv(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._on_data(data, from_loop)
        else:
            self._closing = self.closed = True
            self._loop.call_soon_threadsafe(self._lost)

    def _watch_writable(self) -> None:
        if self._waiting and not self.closed:
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        self._flush()
        if not self._waiting:
            self._loop.remove_writer(self._socket)
            if self._closing:
                self._lost()

    def _flush(self) -> bool:
        """Write what waits, as far as the socket takes it; whether it took anything."""
        with self._writing:
            if self._busy:
                return False
            self._busy = True
            before = self._size
            try:
                while self._waiting:
                    first = self._waiting[0]
                    sent = self._send(first)
                    self._size -= sent
                    if sent < len(first):
                        self._waiting[0] = first[sent:]
                        break
                    self._waiting.popleft()
                while self._late:
                    self._put(self._late.popleft())
            finally:
                self._busy = False
            resumed = self.paused and self._size <= LOW_WATER
            if resumed:
                self.paused = False
        if resumed:
            self._loop.call_soon_threadsafe(self._on_resumed)
        return self._size < before

    def _send(self, data: bytes | memoryview) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return len(data)  # nobody will read it; whoever reads finds out the same

    def _lost(self) -> None:
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        with self._writing:
            self._closing = self.closed = True
            self.paused = False
            self._waiting.clear()
            self._socket.close()
        self._on_lost()


def _wait_for_hang_up(sock: socket.socket, then: Callable[[], None]) -> None:
    descriptor = os.dup(sock.fileno())
    poll = select.poll()
    poll.register(descriptor, 0)  # hang-up and errors are always reported
    poll.poll()
    os.close(descriptor)
    then()
