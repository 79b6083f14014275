"""The process that workers are forked from: what it imports, forks and reaps, and what it refuses to fork."""

import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from lgx_worker import frames
from lgx_worker.frames import Kind
from projects import WORKER


class Peer:
    """A connection that is read frame by frame, without an event loop."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.connection.settimeout(60)
        self.received = b""
        self.ids = 0

    def read(self):
        while (length := frames.frame_length(self.received)) is None or len(self.received) < length:
            data = self.connection.recv(65536)
            if not data:
                return None
            self.received += data
        frame, self.received = frames.decode(self.received[:length]), self.received[length:]
        return frame

    def call(self, method, descriptors=(), **params):
        self.ids += 2
        call = frames.encode(Kind.CALL, self.ids, {"method": method, "params": params})
        socket.send_fds(self.connection, [call], list(descriptors))
        while (frame := self.read()).id != self.ids:
            pass
        return frame


@contextmanager
def zygote(**environment):
    ours, theirs = socket.socketpair()
    child = subprocess.Popen(
        [sys.executable, str(WORKER), "zygote"],
        env={**os.environ, "LGX_WORKER_FD": str(theirs.fileno()), **environment},
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    with ours:
        yield Peer(ours)
    assert child.wait(10) == 0


def forked(peer):
    """The answer to a fork, and the server's end of the child's connection."""
    ours, theirs = socket.socketpair()
    given = [theirs.fileno(), *(os.open(os.devnull, os.O_RDWR) for _ in range(4))]
    answer = peer.call("fork", given)
    theirs.close()
    for descriptor in given[1:]:
        os.close(descriptor)
    return answer, Peer(ours)


def test_a_child_is_a_worker_of_its_own_whose_end_is_learnt():
    with zygote() as peer:
        assert peer.read().kind == Kind.HELLO
        preloaded = peer.call("preload", modules=["wave", "no.such.module"]).meta
        assert preloaded["unforkable"] is None
        assert any(file.endswith("wave.py") for file in preloaded["files"])
        (answer, child), (other, another) = forked(peer), forked(peer)
        hello = child.read().meta
        assert answer.meta == {"pid": hello["pid"]} and os.getpgid(hello["pid"]) == hello["pid"]
        assert other.meta["pid"] != hello["pid"]

        end = os.pidfd_open(hello["pid"])
        os.killpg(hello["pid"], signal.SIGKILL)
        select.select([end], [], [], 60)
        os.close(end)
        status = peer.call("reap", pid=hello["pid"]).meta["status"]
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert peer.call("reap", pid=hello["pid"]).meta["type"] == "BadCall"
        # The other one goes with its own connection.
        assert another.read().kind == Kind.HELLO
        another.connection.close()
        assert peer.call("reap", pid=other.meta["pid"]).kind == Kind.REPLY


def test_threads_and_connections_are_not_forked(tmp_path: Path):
    (tmp_path / "site-packages").mkdir()
    for name, text in {
        "starts": "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "connects": "import socket; held = socket.socket()",
    }.items():
        (tmp_path / f"site-packages/{name}.py").write_text(text)
        with zygote(PYTHONPATH=str(tmp_path / "site-packages")) as peer:
            peer.read()
            reason = peer.call("preload", modules=[name]).meta["unforkable"]
            assert ("threads" if name == "starts" else "connections") in reason
            answer, _ = forked(peer)
            assert (answer.kind, answer.meta["type"], answer.meta["message"]) == (Kind.ERROR, "Unforkable", reason)


def test_a_worker_is_reaped_while_packages_are_imported(tmp_path: Path):
    packages = tmp_path / "site-packages"
    packages.mkdir()
    gates = [tmp_path / "first", tmp_path / "second"]
    for gate in gates:
        os.mkfifo(gate)
        (packages / f"{gate.name}_waits.py").write_text(f"open({str(gate)!r}).read()")
    with zygote(PYTHONPATH=str(packages)) as peer:
        peer.read()
        peer.call("preload", modules=[])
        answer, child = forked(peer)
        child.read()
        child.connection.close()
        call = {"method": "preload", "params": {"modules": ["first_waits", "second_waits"]}}
        reap = {"method": "reap", "params": {"pid": answer.meta["pid"]}}
        peer.connection.sendall(frames.encode(Kind.CALL, 98, call) + frames.encode(Kind.CALL, 100, reap))
        gates[0].write_text("")  # lets the first module end
        assert peer.read().id == 100
        gates[1].write_text("")
        assert peer.read().id == 98
