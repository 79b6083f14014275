"""An HTTP request that the app answers: the ASGI messages of both directions, and the frames that they come and go in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgx_worker.app_exchange import Answer, Exchange
from lgx_worker.app_scope import header_texts, http_scope
from lgx_worker.calls import Call
from lgx_worker.frames import encode_meta

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

AT_ONCE = 1024 * 1024
"""Bytes of a body that may go in one frame."""
_PIECE = 256 * 1024
_START, _BODY = "http.response.start", "http.response.body"


class HttpExchange(Exchange):
    """A request whose body is there, or comes, and an answer that is given at once or piece by piece."""

    def __init__(self, worker: Worker, call: Call, params: dict[str, Any], sections: list[memoryview]) -> None:
        app = worker.app
        assert app is not None, "checked by the handler"
        super().__init__(worker, call, params, http_scope(params["request"], app.prefix, app.state))
        self._heads = app.late_heads
        self._whole = None if params["body"] == "streamed" else b"".join(sections)
        self._body_over = False
        self._started = False
        self._head: dict[str, Any] | None = None
        """What was sent first, while it waits for what follows."""
        self._no_body = params["request"]["method"] == "HEAD"

    async def receive(self) -> dict[str, Any]:
        """The body in its pieces, then `http.disconnect`, which waits for the client to leave or the answer to end."""
        if not self._body_over and not self.is_over:
            if self._whole is not None:
                self._body_over = True
                return {"type": "http.request", "body": self._whole, "more_body": False}
            try:
                frame = await self.call.received.__anext__()
            except StopAsyncIteration:
                return {"type": "http.disconnect"}
            self._body_over = frame.last
            body = b"".join(frame.sections)
            return {"type": "http.request", "body": body, "more_body": not frame.last}
        await self.over()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Take the start of the answer, or a piece of its body. Extensions that the scope does not offer are ignored."""
        kind = message["type"]
        if self.left:
            return
        if kind == _START:
            self._start(message)
        elif kind == _BODY:
            await self._body(message)
        elif not kind.startswith("http.response."):
            raise RuntimeError(f"An HTTP app sends `{_START}` and `{_BODY}`, and not {kind!r}.")

    def _start(self, message: dict[str, Any]) -> None:
        if self._started:
            raise RuntimeError(f"An HTTP app sends `{_START}` once, and this one has sent it again.")
        self._started = True
        head = {"status": int(message["status"]), "headers": header_texts(message.get("headers") or ())}
        self._head = {**head, **self.take_route()}
        self._heads.add(self)

    async def _body(self, message: dict[str, Any]) -> None:
        if not self._started:
            raise RuntimeError(f"An HTTP app sends `{_START}` first, and this one has sent `{_BODY}`.")
        if self.answered:
            if self._no_body:
                return
            raise RuntimeError(f"This answer is complete, and the HTTP app has sent another `{_BODY}`.")
        body = message.get("body", b"")
        if not isinstance(body, (bytes, bytearray, memoryview)):
            raise TypeError(f"The body of `{_BODY}` is bytes, and not {type(body).__name__}.")
        more = message.get("more_body", False)
        if self._no_body:
            self.reply(self._take_head(), (b"",))
        elif self._head is not None and not more and len(body) <= AT_ONCE:
            self.reply(self._take_head(), (bytes(body),))
        else:
            await self._send_pieces(bytes(body))
            if not more:
                self.reply({})

    async def _send_pieces(self, body: bytes) -> None:
        for start in range(0, len(body), _PIECE) if body or self._head is None else (0,):
            if self.left:
                return
            await self.call.send(encode_meta(self._take_head()), (memoryview(body)[start : start + _PIECE],))

    def _take_head(self) -> dict[str, Any]:
        """The head, if it has not been sent."""
        head, self._head = self._head, None
        if head is None:
            return {}
        self._heads.discard(self)
        return head

    def send_head(self) -> None:
        """The body lets wait for itself: clients of a stream want to know that it is open."""
        if self._head is None or self.is_over:
            return
        if self._no_body:
            self.reply(self._take_head(), (b"",))
        else:
            self.call.offer(self._take_head(), (b"",))  # there is credit: nothing was sent before

    def complete(self) -> Answer | None:
        """Nothing completes the answer of an app that has not."""
        return None
