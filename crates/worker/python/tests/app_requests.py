"""Requests for a project's HTTP app, and the server's part in them: its own routes, and who asks."""

from __future__ import annotations

import asyncio
import json
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lgx_worker import frames
from lgx_worker.frames import Kind

if TYPE_CHECKING:
    from fake_server import Answer, FakeServer, Pending

Headers = Sequence[tuple[str, str]]


@dataclass
class Served:
    """A call `http.serve`: what the app left to the server."""

    id: int
    params: dict[str, Any]
    body: bytearray
    send: Callable[..., None]
    body_over: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False
    grants: bool = True
    size: int = 0
    """The bytes of its data so far."""
    credit: int = 1024 * 1024
    """What may be sent of the answer."""

    def answer(self, body: bytes, status: int = 200, headers: Headers = ()) -> None:
        """Answer all of it at once."""
        self.send(Kind.REPLY, self.id, _head(status, headers), [body])

    def start(self, body: bytes = b"", status: int = 200, headers: Headers = ()) -> None:
        """Begin an answer that comes in pieces."""
        self.send(Kind.DATA, self.id, _head(status, headers), [body])

    def piece(self, body: bytes) -> None:
        """A piece of it."""
        self.send(Kind.DATA, self.id, {}, [body])
        self.credit -= len(frames.encode(Kind.DATA, self.id, {}, [body]))

    def end(self) -> None:
        """The end of it."""
        self.send(Kind.REPLY, self.id, {})

    async def until(self, condition: Callable[[Served], bool]) -> None:
        """Wait for something to become of it."""
        while not condition(self):
            self.changed.clear()
            await self.changed.wait()


@dataclass
class ServedSocket:
    """A call `websocket.serve`: a WebSocket that the app left to the server."""

    id: int
    params: dict[str, Any]
    send: Callable[..., None]
    heard: list[dict[str, Any] | bytes] = field(default_factory=list)
    """What the client has said: messages, and at the end how it has closed."""
    over: bool = False
    """The worker has sent the last of it."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False
    grants: bool = True
    size: int = 0
    credit: int = 1024 * 1024

    def accept(self, headers: Headers = ()) -> None:
        """Let the client in."""
        accept = {"subprotocol": None, "headers": [list(pair) for pair in headers]}
        self.send(Kind.DATA, self.id, {"accept": accept})

    def say(self, text: str) -> None:
        """Send a message."""
        self.send(Kind.DATA, self.id, {"text": text})
        self.credit -= len(frames.encode(Kind.DATA, self.id, {"text": text}))

    def close(self, code: int, reason: str = "") -> None:
        """End it."""
        self.send(Kind.REPLY, self.id, {"close": {"code": code, "reason": reason}})

    def refuse(self, status: int, body: bytes, headers: Headers = ()) -> None:
        """Answer the handshake with this."""
        self.send(Kind.REPLY, self.id, _head(status, headers), [body])

    async def until(self, condition: Callable[[ServedSocket], bool]) -> None:
        """Wait for something to become of it."""
        while not condition(self):
            self.changed.clear()
            await self.changed.wait()


def _head(status: int, headers: Headers) -> dict[str, Any]:
    return {"status": status, "headers": [list(pair) for pair in headers]}


class AppCalls:
    """What a worker asks of the server for its app. By itself the server knows all paths, and nobody who asks."""

    def __init__(self, send: Callable[..., None]) -> None:
        self.served: list[Served] = []
        self.sockets: list[ServedSocket] = []
        """WebSockets of the event protocol; there are no others."""
        self.new = asyncio.Event()
        self.asked: list[dict[str, Any]] = []
        """The parameters of `http.authenticate`."""
        self.user: dict[str, Any] | None = None
        """Who asks."""
        self.refusal: dict[str, Any] | None = None
        """The error that whoever asks is refused with."""
        self.by_itself = True
        """Whether requests are answered at once, with what they were."""
        self._send = send

    def call(self, id: int, method: str, params: dict[str, Any], sections: list[bytes]) -> None:
        if method == "http.authenticate":
            self.asked.append(params)
            if self.refusal is not None:
                self._send(Kind.ERROR, id, self.refusal)
            else:
                self._send(Kind.REPLY, id, {"user": self.user})
            return None
        if method == "websocket.serve":
            return self._socket(ServedSocket(id, params, self._send))
        assert method == "http.serve", method
        served = Served(id, params, bytearray(b"".join(sections)), self._send)
        self.served.append(served)
        self.new.set()
        if params["body"] == "whole":
            assert len(sections) == 1
            self._body_over(served)

    def _socket(self, socket: ServedSocket) -> None:
        if socket.params["request"]["path"].endswith("/stream/events"):
            self.sockets.append(socket)
            self.new.set()
        else:
            socket.refuse(404, b'{"detail":"Not Found"}', [("content-type", "application/json")])

    def data(self, frame: frames.Frame) -> None:
        served = self._served(frame.id)
        served.size += frame.size
        served.changed.set()
        if isinstance(served, ServedSocket):
            served.heard.append(frame.meta or b"".join(frame.sections))
            served.over = frame.last
        else:
            assert served.params["body"] == "streamed"
            served.body += b"".join(frame.sections)
            if frame.last:
                self._body_over(served)
        if frame.last:
            return
        if served.grants:
            self._send(Kind.CREDIT, served.id, {"bytes": frame.size})

    def control(self, frame: frames.Frame) -> None:
        served = self._served(frame.id)
        if frame.kind == Kind.CANCEL:
            served.cancelled = True
        else:
            served.credit += frame.meta["bytes"]
        served.changed.set()

    def _body_over(self, served: Served) -> None:
        served.body_over.set()
        if self.by_itself:
            request = served.params["request"]
            told = {"server": f"{request['method']} {request['path']}", "got": len(served.body)}
            served.answer(json.dumps(told).encode(), headers=[("content-type", "application/json")])

    def _served(self, id: int) -> Served | ServedSocket:
        return next(served for served in (*self.served, *self.sockets) if served.id == id)

    async def socket(self, index: int = 0) -> ServedSocket:
        """Wait for the next WebSocket that the app leaves to the server."""
        while len(self.sockets) <= index:
            self.new.clear()
            await self.new.wait()
        return self.sockets[index]

    async def next(self, index: int = 0) -> Served:
        """Wait for the next request that the app leaves to the server."""
        while len(self.served) <= index:
            self.new.clear()
            await self.new.wait()
        return self.served[index]


@dataclass
class Response:
    """The answer to a request, from whatever frames it came in."""

    status: int
    headers: dict[str, str]
    body: bytes
    pieces: int
    """In how many frames it came before the last; 0: all at once."""
    route: str | None
    """The path of the app's own route that has answered."""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def app_params(path: Path, attribute: str = "app", **changes: Any) -> dict[str, Any]:
    """The parameter `app` of `load`."""
    target = {"file": str(path), "attribute": attribute}
    return {"target": target, "auth": False, "auth_first": False, "prefix": "", **changes}


async def load_app(
    server: FakeServer,
    root: Path,
    source: str,
    *,
    attribute: str = "app",
    api_url: str = "http://127.0.0.1:2024",
    **changes: Any,
) -> dict[str, Any]:
    """Write `app.py`, and load it as the project's app; what the answer says of it."""
    from projects import load_params

    path = root / "app.py"
    path.write_text(textwrap.dedent(source))
    params = load_params({}, root, app=app_params(path, attribute, **changes), api_url=api_url)
    reply: dict[str, Any] = (await server.call("load", params)).meta
    assert str(path) in reply["files"]
    return reply["app"]


def request_params(
    method: str, path: str, headers: Headers = (), *, query: str = "", host: str = "127.0.0.1:2024"
) -> dict[str, Any]:
    """A request as the server describes it."""
    return {
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode().decode("latin-1") if path.isascii() else "/raw",
        "query": query,
        "headers": [["host", host], *(list(pair) for pair in headers)],
        "client": ["127.0.0.1", 50123],
        "server": ["127.0.0.1", 2024],
        "http_version": "1.1",
    }


def start(
    server: FakeServer,
    method: str,
    path: str,
    body: bytes | None = b"",
    headers: Headers = (),
    *,
    query: str = "",
    host: str = "127.0.0.1:2024",
    grants: bool = True,
    request_pass: str | None = None,
) -> Pending:
    """Ask the app without waiting; a body that is None comes later, as data."""
    params = {
        "request": request_params(method, path, headers, query=query, host=host),
        "body": "streamed" if body is None else "whole",
        "user": None,
    }
    if request_pass is not None:
        params["pass"] = request_pass
    return server.start("http", params, [] if body is None else [body], grants=grants)


async def ask(
    server: FakeServer, method: str, path: str, body: bytes = b"", headers: Headers = (), *, query: str = ""
) -> Response:
    """Ask the app and wait for its answer."""
    pending = start(server, method, path, body, headers, query=query)
    return response(pending, await pending.answer)


async def end_of(pending: Pending) -> Response:
    """The answer to a request that was started."""
    return response(pending, await pending.answer)


def response(pending: Pending, answer: Answer) -> Response:
    assert pending.pieces is not None
    frames_of = [*pending.pieces, (answer.meta, answer.sections)]
    head = frames_of[0][0]
    assert all("status" not in meta for meta, _ in frames_of[1:])
    body = b"".join(b"".join(sections) for _, sections in frames_of)
    headers = dict(head["headers"])
    return Response(head["status"], headers, body, len(pending.pieces), head.get("route"))


def connect(
    server: FakeServer,
    path: str,
    headers: Headers = (),
    subprotocols: Sequence[str] = (),
    *,
    query: str = "",
    request_pass: str | None = None,
) -> Pending:
    """Open a WebSocket."""
    request = {**request_params("", path, headers, query=query), "subprotocols": list(subprotocols)}
    del request["method"]
    told = {} if request_pass is None else {"pass": request_pass}
    return server.start("websocket", {"request": request, "user": None, **told})
