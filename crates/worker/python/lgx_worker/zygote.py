"""The process that workers are forked from: it has imported what they need of installed packages, and nothing of the project's.

It speaks the worker's protocol on a connection of its own, one call after the other and without an event loop, because it
must have a single thread when it forks. It knows three calls: `preload`, `fork` and `reap`. A child is a worker like any
other, with its own connection, which the server sends along with the call. The server ends it by its process group, then has
its status read here: until then the number of the process stays its own.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from lgx_worker import environment_reads, frames
from lgx_worker.errors import CallFailed
from lgx_worker.frames import Kind
from lgx_worker.preload import imported_files, preload, unforkable, without_collecting

_DESCRIPTORS_OF_A_WORKER = 5
_AT_ONCE = 256 * 1024


@dataclass(frozen=True)
class Descriptors:
    """What a worker is given."""

    connection: int
    crash_report: int
    lifeline: int
    stdout: int
    stderr: int


class Zygote:
    """Answers the server's calls."""

    def __init__(self, connection: socket.socket, lifeline: int | None) -> None:
        self._connection = connection
        self._lifeline = lifeline
        self._received = bytearray()
        self._descriptors: list[int] = []

    def hello(self, meta: dict[str, Any]) -> None:
        """Introduce itself as a worker does."""
        self._send(Kind.HELLO, 0, meta)

    def serve(self) -> Descriptors:
        """Answer calls until the server hangs up. Returns in the child of each fork, with what it is to use."""
        while True:
            frame = self._next()
            if frame.kind == Kind.SHUTDOWN:
                _leave()
            if frame.kind != Kind.CALL:
                continue
            params = frame.meta.get("params", {})
            try:
                if frame.meta["method"] == "fork":
                    child = self._fork(frame.id)
                    if child is not None:
                        return child
                elif frame.meta["method"] == "preload":
                    self._send(Kind.REPLY, frame.id, self._preload(params["modules"]))
                else:
                    self._reap(frame.id, params["pid"])
            except CallFailed as failure:
                self._send(Kind.ERROR, frame.id, failure.to_meta())

    def _preload(self, modules: list[str]) -> dict[str, Any]:
        with without_collecting(), environment_reads.recorded():
            preload(modules, self._reap_meanwhile)
        return {"unforkable": self._unforkable(), "files": imported_files()}

    def _unforkable(self, given: Sequence[int] = ()) -> str | None:
        return unforkable([self._connection.fileno(), *given])

    def _fork(self, call: int) -> Descriptors | None:
        given, self._descriptors = self._descriptors, []
        if len(given) != _DESCRIPTORS_OF_A_WORKER:
            raise CallFailed(f"A worker needs {_DESCRIPTORS_OF_A_WORKER} descriptors.", type="BadCall")
        reason = self._unforkable(given)
        pid = -1
        if reason is None:
            sys.stdout.flush()
            sys.stderr.flush()
            pid = os.fork()
            if pid == 0:
                return self._become_worker(Descriptors(*given))
        for descriptor in given:
            os.close(descriptor)
        if reason is not None:
            raise CallFailed(reason, type="Unforkable")
        self._send(Kind.REPLY, call, {"pid": pid})
        return None

    def _become_worker(self, descriptors: Descriptors) -> Descriptors:
        """In the child: leave what belongs to the parent."""
        os.setpgid(0, 0)
        self._connection.close()
        if self._lifeline is not None:
            os.close(self._lifeline)
        for standard, descriptor in ((1, descriptors.stdout), (2, descriptors.stderr)):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        _forget_randomness()
        return descriptors

    def _reap(self, call: int, pid: int) -> None:
        try:
            _, status = os.waitpid(pid, 0)
        except ChildProcessError:
            raise CallFailed(f"{pid} is no child of this process.", type="BadCall") from None
        self._send(Kind.REPLY, call, {"status": status})

    def _reap_meanwhile(self) -> None:
        """Between two imports: the end of a worker is not kept waiting for all of them. Nothing else is asked meanwhile."""
        self._connection.setblocking(False)
        try:
            self._receive()
        except BlockingIOError:
            pass
        finally:
            self._connection.setblocking(True)
        while (frame := self._whole()) is not None:
            if frame.meta.get("method") == "reap":
                self._reap(frame.id, frame.meta["params"]["pid"])

    def _next(self) -> frames.Frame:
        while (frame := self._whole()) is None:
            self._receive()
        return frame

    def _whole(self) -> frames.Frame | None:
        length = frames.frame_length(self._received)
        if length is None or len(self._received) < length:
            return None
        frame = frames.decode(bytes(self._received[:length]))
        del self._received[:length]
        return frame

    def _receive(self) -> None:
        data, descriptors, _, _ = socket.recv_fds(self._connection, _AT_ONCE, _DESCRIPTORS_OF_A_WORKER)
        if not data:
            _leave()
        self._received += data
        self._descriptors += descriptors

    def _send(self, kind: Kind, id_: int, meta: dict[str, Any]) -> None:
        self._connection.sendall(frames.encode(kind, id_, meta))


def _forget_randomness() -> None:
    """Generators that do not notice a fork themselves; `random` and OpenSSL do."""
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(struct.unpack("=I", os.urandom(4))[0])


def _leave() -> NoReturn:
    os._exit(0)
