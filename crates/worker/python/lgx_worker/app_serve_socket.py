"""WebSockets that the app has no route for: the server's own answers, or refuses, behind the app's middleware."""

from __future__ import annotations

import asyncio
from typing import Any

from lgx_worker.app_exchange import ClientLeft, Exchange
from lgx_worker.app_scope import header_bytes, request_of
from lgx_worker.outgoing_stream import OutgoingStream


async def serve_socket(exchange: Exchange, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Have the server's own WebSocket answer: an ASGI app, but for the exchange."""
    if (await receive())["type"] == "websocket.disconnect":
        raise ClientLeft
    params = {"call": exchange.call.id, "request": request_of(scope)}
    stream = await exchange.worker.connection.open("websocket.serve", params)
    hearing = asyncio.ensure_future(_hear(stream, receive))
    try:
        await _speak(stream, hearing, send)
    finally:
        stream.cancel()
        hearing.cancel()
        await asyncio.wait((hearing,))
        failed = None if hearing.cancelled() else hearing.exception()
    if failed is not None:
        raise failed


async def _hear(stream: OutgoingStream, receive: Any) -> None:
    """Pass on what the client sends, as fast as the server takes it, and how it has closed. Is over only then."""
    try:
        while (message := await receive())["type"] != "websocket.disconnect":
            if (text := message.get("text")) is not None:
                await stream.send({"text": text})
            else:
                await stream.send({}, [message.get("bytes") or b""])
    except BaseException:
        stream.cancel()
        raise
    closed = {"code": message.get("code", 1005), "reason": message.get("reason") or ""}
    await stream.send({"closed": closed}, last=True)


async def _speak(stream: OutgoingStream, hearing: asyncio.Future[None], send: Any) -> None:
    """Send on what the server says, as fast as the client takes it, to the end."""
    async for frame in stream:
        if (accept := frame.meta.get("accept")) is not None:
            headers = header_bytes(accept["headers"])
            await send({"type": "websocket.accept", "subprotocol": accept["subprotocol"], "headers": headers})
        elif (text := frame.meta.get("text")) is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": b"".join(frame.sections)})
    meta, sections = stream.reply
    if "status" in meta:
        head = {"status": meta["status"], "headers": header_bytes(meta["headers"])}
        await send({"type": "websocket.http.response.start", **head})
        await send({"type": "websocket.http.response.body", "body": b"".join(sections), "more_body": False})
    elif not stream.cancelled and not hearing.done():
        # To a client that has closed it nothing can be said.
        await send({"type": "websocket.close", **meta["close"]})
