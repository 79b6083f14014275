"""A WebSocket that the app serves: the handshake, messages in both directions, and the end, which either side may bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgx_worker.app_exchange import Answer, ClientLeft, Exchange
from lgx_worker.app_scope import header_texts, socket_scope
from lgx_worker.calls import Call
from lgx_worker.frames import encode_meta

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

_GONE = 1006
"""The code that stands for an end without one: the connection broke off."""
_REFUSAL, _REFUSAL_BODY = "websocket.http.response.start", "websocket.http.response.body"


class SocketExchange(Exchange):
    """A handshake that the app accepts or refuses, and what follows."""

    def __init__(self, worker: Worker, call: Call, params: dict[str, Any], sections: list[memoryview]) -> None:
        app = worker.app
        assert app is not None, "checked by the handler"
        super().__init__(worker, call, params, socket_scope(params["request"], app.prefix, app.state))
        self._connected = False
        self._accepted = False
        self._refusal: dict[str, Any] | None = None
        """The head of the answer that refuses the handshake."""
        self._refusal_body = bytearray()
        self._told = False
        """The app knows that the client has closed it."""

    async def receive(self) -> dict[str, Any]:
        """`websocket.connect`, then what the client sends, and `websocket.disconnect` at its end."""
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        if not self._told and not self.is_over:
            try:
                frame = await self.call.received.__anext__()
            except StopAsyncIteration:
                return self._disconnect()
            if "closed" not in frame.meta:
                text = frame.meta.get("text")
                return {
                    "type": "websocket.receive",
                    "text": text,
                    "bytes": b"".join(frame.sections) if text is None else None,
                }
        self._told = True
        return self._disconnect()

    async def send(self, message: dict[str, Any]) -> None:
        """Take what the app sends. `ClientLeft` once nobody is there: an app that only sends would go on for ever."""
        kind = message["type"]
        if self.left or (self._closed() and kind == "websocket.send"):
            raise ClientLeft("the client of this WebSocket has left")
        if self.answered:
            raise RuntimeError(f"This WebSocket is closed, and the app has sent `{kind}`.")
        if kind == "websocket.accept" and not self._accepted and self._refusal is None:
            await self._accept(message)
        elif kind == "websocket.send" and self._accepted:
            await self._message(message)
        elif kind == "websocket.close" and self._refusal is None:
            if not self._accepted and self.route is not None:
                self.call.offer(self.take_route())
            self.reply(_close(message.get("code", 1000), message.get("reason") or ""))
        elif kind == _REFUSAL and not self._accepted and self._refusal is None:
            head = {"status": int(message["status"]), "headers": header_texts(message.get("headers") or ())}
            self._refusal = {**head, **self.take_route()}
        elif kind == _REFUSAL_BODY and self._refusal is not None:
            self._refusal_body += message.get("body", b"")
            if not message.get("more_body", False):
                self.reply(self._refusal, (bytes(self._refusal_body),))
        else:
            state = "accepted" if self._accepted else "being refused" if self._refusal else "not accepted yet"
            raise RuntimeError(f"The app has sent {kind!r}, and this WebSocket is {state}.")

    async def _accept(self, message: dict[str, Any]) -> None:
        self._accepted = True
        headers = header_texts(message.get("headers") or ())
        accept = {"subprotocol": message.get("subprotocol"), "headers": headers, **self.take_route()}
        await self.call.send(encode_meta({"accept": accept}))

    async def _message(self, message: dict[str, Any]) -> None:
        if (text := message.get("text")) is not None:
            await self.call.send(encode_meta({"text": text}))
        else:
            await self.call.send(b"{}", (bytes(message["bytes"]),))

    def _disconnect(self) -> dict[str, Any]:
        closed = self._closed() or {"code": _GONE}
        return {"type": "websocket.disconnect", "code": closed["code"], "reason": closed.get("reason") or ""}

    def _closed(self) -> dict[str, Any] | None:
        """How the client has closed it, if it has, also if there are messages that the app has not taken yet."""
        last = self.call.received.last
        return None if last is None else last.meta["closed"]

    @property
    def is_left(self) -> bool:
        """Also when the client has closed it properly."""
        return self.left or self._closed() is not None

    def complete(self) -> Answer | None:
        """An app that returns has done with the socket; one that has not accepted it owes an answer."""
        if (closed := self._closed()) is not None:
            return _close(closed["code"], closed.get("reason") or ""), ()
        return (_close(1000, ""), ()) if self._accepted else None


def _close(code: int, reason: str) -> dict[str, Any]:
    return {"close": {"code": code, "reason": reason}}
