"""Requests that the app has no route for: the server's own routes answer them, behind the app's middleware."""

from __future__ import annotations

import asyncio
from typing import Any

from lgx_worker.app_exchange import ClientLeft, Exchange
from lgx_worker.app_http import AT_ONCE
from lgx_worker.app_scope import header_bytes, request_of
from lgx_worker.outgoing_stream import OutgoingStream

_PIECE = 256 * 1024
_NOT_FOUND = 404
_NOT_FOUND_BODY = b'{"detail":"Not Found"}'
"""What the server says of a path that it does not know; where it knows the path, it says what was not found."""


async def serve(exchange: Exchange, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Have the server answer it: an ASGI app, but for the exchange."""
    first = await receive()
    if first["type"] == "http.disconnect":
        raise ClientLeft
    body = first.get("body", b"")
    whole = not first.get("more_body", False) and len(body) <= AT_ONCE
    stream = await exchange.worker.connection.open(
        "http.serve",
        {"call": exchange.call.id, "request": request_of(scope), "body": "whole" if whole else "streamed"},
        [bytes(body)] if whole else [],
    )
    feeding = asyncio.ensure_future(_feed(exchange, stream, None if whole else first, receive))
    try:
        await _pass_on(stream, send)
    except ClientLeft:
        if feeding.done() and (error := feeding.exception()) is not None:
            raise error from None
        raise
    finally:
        stream.cancel()
        feeding.cancel()
        await asyncio.wait((feeding,))
        if not feeding.cancelled():
            feeding.exception()  # it has been seen


async def serve_if_known(exchange: Exchange, scope: dict[str, Any], receive: Any, send: Any) -> bool:
    """As `serve`, but for a path that the server does not know: then nothing is sent, and it is False."""
    held: list[dict[str, Any]] = []

    async def send_known(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] == _NOT_FOUND:
            held.append(message)
        elif not held or message["body"] != _NOT_FOUND_BODY or message["more_body"]:
            while held:
                await send(held.pop())
            await send(message)

    await serve(exchange, scope, receive, send_known)
    return not held


async def send_refusal(kind: str, send: Any, head: dict[str, Any], body: bytes) -> None:
    """Answer a request, or the handshake of a WebSocket, with this."""
    prefix = "websocket.http.response" if kind == "websocket" else "http.response"
    headers = [*header_bytes(head["headers"]), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{prefix}.start", "status": head["status"], "headers": headers})
    await send({"type": f"{prefix}.body", "body": body, "more_body": False})


async def _feed(exchange: Exchange, stream: OutgoingStream, message: dict[str, Any] | None, receive: Any) -> None:
    """Send the body, beginning with a message of it, then wait for the client to leave. However it ends, the server hears.

    That the client leaves is not asked of `receive`: middleware that has read the body may have put one in its place that gives
    the body again and again.
    """
    try:
        while message is not None:
            body, more = message.get("body", b""), message.get("more_body", False)
            for start in range(0, len(body), _PIECE):
                await stream.send({}, [memoryview(body)[start : start + _PIECE]])
            if not more:
                await stream.send({}, last=True)
                break
            message = await receive()
            if message["type"] == "http.disconnect":
                return
        await exchange.over()
    finally:
        stream.cancel()


async def _pass_on(stream: OutgoingStream, send: Any) -> None:
    """Send on what the server answers, as fast as the client takes it."""
    started = False
    async for frame in stream:
        if not started:
            started = True
            await send(_start(frame.meta))
        await send(_body(frame.sections, more=True))
    meta, sections = stream.reply
    if "status" in meta:
        await send(_start(meta))
    elif stream.cancelled:
        raise ClientLeft
    await send(_body(sections, more=False))


def _start(meta: dict[str, Any]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": meta["status"], "headers": header_bytes(meta["headers"])}


def _body(sections: list[memoryview], *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": b"".join(sections), "more_body": more}
