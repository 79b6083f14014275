"""What the documentation of Starlette and FastAPI shows works as it is shown; each test is run with its own example served."""

import httpx
from websockets.asyncio.client import connect

from conftest import SOCKETS


async def test_starlette_middleware(client: httpx.AsyncClient) -> None:
    home = await client.get("/home")
    assert home.text == "Hello, world! " * 100
    assert (home.headers["custom"], home.headers["content-encoding"]) == ("Customized", "gzip")
    assert (await client.get("/forbidden")).status_code == 403
    info = await client.get("/info")
    assert (info.status_code, info.headers["custom"]) == (200, "Customized")
    asked = {"assistant_id": "agent", "input": {}, "stream_mode": "updates"}
    async with client.stream("POST", "/runs/stream", json=asked) as answer:
        assert answer.headers["custom"] == "Customized"
        events = [line async for line in answer.aiter_lines() if line.startswith("event:")]
    assert events == ["event: metadata", "event: updates"]


async def test_starlette_lifespan(client: httpx.AsyncClient) -> None:
    assert (await client.get("/home")).text == "6"
    page = await client.get("/numbers")
    assert page.text == "<html><body><ul><li>1</li><li>2</li><li>3</li></ul></body></html>"
    assert page.headers["content-type"].startswith("text/html")
    assert (await client.get("/mail")).json() == {"to": "ann@example.com"}


async def test_starlette_websocket(client: httpx.AsyncClient) -> None:
    assert (await client.get("/home")).text == "<h1>Chat</h1>"
    async with connect(f"{SOCKETS}/ws") as socket:
        await socket.send("hello")
        assert await socket.recv() == "Message text was: hello"


async def test_fastapi_middleware(client: httpx.AsyncClient) -> None:
    predicted = await client.get("/predict", params={"x": 2})
    assert predicted.json() == {"result": 84.0}
    assert float(predicted.headers["x-process-time"]) >= 0
    assert "x-process-time" in (await client.post("/threads", json={})).headers
    sent = await client.post("/send-notification/ann", params={"q": "bread"})
    assert sent.json() == {"message": "Notification sent in the background"}
    notes = [(await client.get("/note")).json() for _ in range(2)]
    assert notes == ["notification for log: found query: bread", "notification for ann: some notification"]
    assert (await client.post("/login", data={"username": "ann"})).json() == {"username": "ann"}
    async with connect(f"{SOCKETS}/ws/7") as socket:
        await socket.send("hi")
        assert await socket.recv() == "You wrote: hi, 7"
