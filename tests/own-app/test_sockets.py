"""WebSockets of the project's own app."""

import json
import os

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode

from conftest import SOCKETS

os.environ["NO_PROXY"] = "*"


async def test_text_and_bytes_go_both_ways() -> None:
    async with connect(f"{SOCKETS}/ws/echo") as socket:
        assert socket.response is not None
        assert socket.response.headers["x-socket"] == "yes"
        assert socket.subprotocol is None
        await socket.send("hé")
        assert await socket.recv() == "one: hé"
        await socket.send(b"\x00\xff\x01")
        assert await socket.recv() == b"\x01\xff\x00"
        long = "x" * 1_000_000
        await socket.send(long)
        assert await socket.recv() == f"one: {long}"


async def test_a_subprotocol_is_agreed_on() -> None:
    async with connect(f"{SOCKETS}/ws/echo", subprotocols=["other", "shop"]) as socket:
        assert socket.subprotocol == "shop"


async def test_codes_and_reasons_of_an_end_reach_the_other_side(client: httpx.AsyncClient) -> None:
    async with connect(f"{SOCKETS}/ws/echo") as socket:
        await socket.send("close")
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "as you wish")
    socket = await connect(f"{SOCKETS}/ws/echo")
    await socket.close(4002, "bye")
    assert socket.close_code == 4002, "the server has answered it"
    assert (await client.get("/happened/socket")).json() == "4002 bye"


async def test_a_crash_closes_it_as_one() -> None:
    async with connect(f"{SOCKETS}/ws/echo") as socket:
        await socket.send("crash")
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CloseCode.INTERNAL_ERROR


async def test_the_server_s_own_goes_through_the_middleware(client: httpx.AsyncClient) -> None:
    thread = (await client.post("/threads", json={})).json()["thread_id"]
    async with connect(f"{SOCKETS}/threads/{thread}/stream/events") as socket:
        assert socket.response is not None
        assert socket.response.headers["x-app"] == "one"
        for number, (method, params) in enumerate(
            [
                ("subscription.subscribe", {"channels": ["lifecycle"]}),
                ("run.start", {"assistant_id": "agent", "input": {}}),
            ]
        ):
            await socket.send(json.dumps({"id": number, "method": method, "params": params}))
            assert json.loads(await socket.recv())["type"] == "success"
        events = [json.loads(await socket.recv())["params"]["data"]["event"] for _ in range(2)]
        assert (events[0], len(events)) == ("running", 2)
        assert (await client.delete(f"/threads/{thread}")).status_code == 204
        assert [message async for message in socket] == [], "which ends when it is closed in order"
        assert socket.close_code == CloseCode.NORMAL_CLOSURE


async def test_the_server_s_own_refuses_behind_the_middleware() -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{SOCKETS}/threads/7/stream/events")
    response = refused.value.response
    assert (response.status_code, response.headers["x-app"]) == (422, "one")
    assert "UUID" in json.loads(response.body or b"{}")["detail"]


@pytest.mark.parametrize(("path", "status"), [("/ws/closed", 403), ("/ws/nowhere", 404)])
async def test_it_may_be_refused(path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{SOCKETS}{path}")
    assert refused.value.response.status_code == status
