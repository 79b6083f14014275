"""A shop of its own beside the graph: routes, middleware, a lifespan, streams and WebSockets of FastAPI."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from httpx import HTTPStatusError
from langgraph_sdk import get_client
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

VERSION = "one"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict]:
    print(f"the shop opens ({VERSION})", flush=True)
    yield {"greeting": "welcome", "visits": []}
    print(f"the shop closes ({VERSION})", flush=True)


app = FastAPI(title="Shop", version="7.1", description="Sells things.", lifespan=lifespan)


class Mark:
    """Marks every answer, and remembers whom it sees."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def marked(message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
                message["headers"] = [
                    *(message.get("headers") or ()),
                    (b"x-app", VERSION.encode()),
                    (b"x-seen", f"{seen}".encode()),
                ]
            await send(message)

        scope["seen_by_middleware"] = seen = getattr(scope.get("user"), "identity", None)
        await self.app(scope, receive, marked)


app.add_middleware(Mark)


class Sold(Exception):
    """There is none left."""


@app.exception_handler(Sold)
async def sold(request: Request, error: Sold) -> JSONResponse:
    return JSONResponse({"sold": str(error)}, status_code=410)


class Thing(BaseModel):
    name: str
    price: float = 1.0


@app.get("/hello")
async def hello(request: Request, name: str = "you") -> dict:
    return {"text": f"{request.state.greeting}, {name}", "version": VERSION}


@app.get("/whoami")
async def whoami(request: Request) -> dict:
    user = request.scope.get("user")
    return {"route": getattr(user, "identity", None), "middleware": request.scope["seen_by_middleware"]}


@app.post("/mine")
async def mine(tasks: BackgroundTasks) -> dict:
    """Makes a thread, and says whose it is; in the background it tries again."""
    client = get_client()

    async def afterwards() -> None:
        try:
            await client.threads.create()
        except HTTPStatusError as refused:
            happenings["background"].happens(f"{refused.response.status_code}")

    tasks.add_task(afterwards)
    made = await client.threads.create()
    return {"owner": made["metadata"]["owner"]}


@app.post("/things", status_code=201)
async def add(thing: Thing) -> Thing:
    return thing


@app.post("/threads/search")
async def search_for_nothing() -> list:
    return []


@app.get("/sold")
async def sold_out() -> None:
    raise Sold("out of bread")


@app.get("/teapot")
async def teapot() -> None:
    raise HTTPException(418, "short and stout", headers={"x-spout": "yes"})


@app.get("/crash")
async def crash() -> None:
    raise RuntimeError("the shop is on fire")


@app.post("/upload")
async def upload(request: Request) -> dict:
    size = crc = 0
    async for piece in request.stream():
        if not size and piece:
            happenings["upload"].happens("begun")
        size += len(piece)
        crc = zlib.crc32(piece, crc)
    return {"size": size, "crc": crc, "version": VERSION}


class Mirrored(Response):
    """Sends each piece of a request back before it takes the next one."""

    async def __call__(self, scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        more = True
        while more:
            message = await receive()
            more = message.get("more_body", False)
            await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": more})


@app.post("/mirror", response_class=Mirrored)
async def mirror() -> Mirrored:
    return Mirrored()


@app.get("/ticker/{port}")
async def ticker(port: int) -> StreamingResponse:
    """Passes on, as they come, the lines that somebody sends from a port of this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def events() -> AsyncIterator[str]:
        async for line in reader:
            yield f'event: tick\ndata: "{VERSION} {line.decode().strip()}"\n\n'
        writer.close()

    return StreamingResponse(events(), media_type="text/event-stream")


class Once:
    """Something that happens, and can be waited for."""

    def __init__(self) -> None:
        self.happened = asyncio.Event()
        self.what = ""

    def happens(self, what: str = "") -> None:
        self.what = what
        self.happened.set()

    async def seen(self) -> str:
        await asyncio.wait_for(self.happened.wait(), 30)
        self.happened.clear()
        return self.what


happenings = {name: Once() for name in ("waits", "left", "background", "socket", "upload", "receives", "broken-off")}


@app.get("/happened/{name}")
async def happened(name: str) -> str:
    return await happenings[name].seen()


@app.get("/patient")
async def patient(request: Request) -> None:
    """Answers only when nobody waits for it any more."""
    happenings["waits"].happens()
    while not await request.is_disconnected():
        await asyncio.sleep(0.01)
    happenings["left"].happens("the client has left")


@app.post("/breaks-off")
async def breaks_off(request: Request) -> None:
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            happenings["receives"].happens("begun")
    except ClientDisconnect:
        happenings["broken-off"].happens(f"{size} bytes, then the client left")


@app.post("/order")
async def order(tasks: BackgroundTasks) -> str:
    released = asyncio.Event()

    async def deliver() -> None:
        await released.wait()
        happenings["background"].happens("delivered")

    tasks.add_task(deliver)
    app.state.release = released.set
    return "ordered"


@app.post("/release")
async def release() -> None:
    app.state.release()


@app.websocket("/ws/echo")
async def echo(socket: WebSocket) -> None:
    offered = socket.scope["subprotocols"]
    await socket.accept(subprotocol="shop" if "shop" in offered else None, headers=[(b"x-socket", b"yes")])
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"], message.get("reason"))
            if message.get("text") == "close":
                await socket.close(4001, "as you wish")
                return
            if message.get("text") == "crash":
                raise RuntimeError("the counter is on fire")
            if message.get("text") is not None:
                await socket.send_text(f"{VERSION}: {message['text']}")
            else:
                await socket.send_bytes(message["bytes"][::-1])
    except WebSocketDisconnect as left:
        happenings["socket"].happens(f"{left.code} {left.reason}")


@app.websocket("/ws/closed")
async def closed(socket: WebSocket) -> None:
    await socket.close()


app.mount("/static", StaticFiles(directory=Path(__file__).parent.parent / "static"))
