"""Requests that the project's own app answers, and those that it leaves to the server."""

import httpx
import pytest

PAGE = "http://localhost:3000"


async def test_its_routes_answer_with_what_its_lifespan_has_made(client: httpx.AsyncClient) -> None:
    answer = await client.get("/hello", params={"name": "Zoë"})
    assert (answer.status_code, answer.json()) == (200, {"text": "welcome, Zoë", "version": "one"})
    head = await client.head("/redoc")
    assert head.status_code == 405 or head.content == b""


async def test_models_are_checked_as_ever(client: httpx.AsyncClient) -> None:
    made = await client.post("/things", json={"name": "bread"})
    assert (made.status_code, made.json()) == (201, {"name": "bread", "price": 1.0})
    wrong = await client.post("/things", json={"price": "much"})
    assert wrong.status_code == 422
    assert [error["loc"] for error in wrong.json()["detail"]] == [["body", "name"], ["body", "price"]]


async def test_its_routes_win_and_what_they_do_not_match_is_the_servers(client: httpx.AsyncClient) -> None:
    thread = (await client.post("/threads", json={})).json()
    assert (await client.post("/threads/search", json={})).json() == []
    assert (await client.get(f"/threads/{thread['thread_id']}")).json()["thread_id"] == thread["thread_id"]
    assert (await client.get("/nowhere")).json() == {"detail": "Not Found"}
    # A method that its route does not have is as if there were no route.
    assert (await client.delete("/hello")).status_code == 404
    assert (await client.get("/threads/search")).status_code in (404, 405, 422)


async def test_health_and_the_description_stay_the_servers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/ok")).json()["ok"] is True
    assert "lgx" in (await client.get("/docs")).text


async def test_middleware_marks_every_answer(client: httpx.AsyncClient) -> None:
    asked = {"assistant_id": "agent", "input": {}}
    answers = [
        await client.get("/hello"),
        await client.get("/info"),
        await client.get("/nowhere"),
        await client.post("/runs/wait", json=asked),
        await client.get("/static/digits.txt"),
        await client.options("/threads", headers={"origin": PAGE, "access-control-request-method": "POST"}),
    ]
    for answer in answers:
        assert answer.headers.get("x-app") == "one", answer.request.url
    assert answers[-1].headers["access-control-allow-origin"]
    assert answers[3].json()["mark"] == "one", "what a graph asks its own server goes through it too"


async def test_no_header_takes_a_request_past_the_middleware(client: httpx.AsyncClient) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "x"}
    made = await client.post("/threads", json={}, headers=upgrade)
    assert (made.status_code, made.headers.get("x-app")) == (200, "one")
    thread = made.json()["thread_id"]
    events = await client.post(f"/threads/{thread}/stream/events", json={}, headers=upgrade)
    assert events.headers.get("x-app") == "one"
    for path in (f"/threads/{thread}", "/info", f"/threads/{thread}/more/stream/events"):
        refused = await client.get(path, headers=upgrade)
        assert refused.status_code in (400, 404), path
        assert thread not in refused.text


async def test_middleware_marks_streams_of_runs_and_lets_them_through_as_they_come(client: httpx.AsyncClient) -> None:
    asked = {"assistant_id": "agent", "input": {}, "stream_mode": ["updates"]}
    async with client.stream("POST", "/runs/stream", json=asked) as answer:
        assert answer.headers["x-app"] == "one"
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in answer.aiter_lines() if line.startswith("event: ")]
    assert lines == ["event: metadata", "event: updates"]


async def test_exceptions_are_answered_as_the_app_says(client: httpx.AsyncClient) -> None:
    sold = await client.get("/sold")
    assert (sold.status_code, sold.json()) == (410, {"sold": "out of bread"})
    teapot = await client.get("/teapot")
    assert (teapot.status_code, teapot.json()) == (418, {"detail": "short and stout"})
    assert teapot.headers["x-spout"] == "yes"


async def test_a_crash_is_json_that_a_page_can_read(client: httpx.AsyncClient) -> None:
    crash = await client.get("/crash", headers={"origin": PAGE})
    assert crash.status_code == 500
    assert crash.json()["detail"]
    assert crash.headers["content-type"] == "application/json"
    assert crash.headers["access-control-allow-origin"] in ("*", PAGE)


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [("bytes=2-4", 206, "234"), ("bytes=-2", 206, "89"), ("bytes=20-", 416, None), (None, 200, "0123456789")],
)
async def test_files_are_served_in_ranges(
    client: httpx.AsyncClient, asked: str | None, status: int, body: str | None
) -> None:
    answer = await client.get("/static/digits.txt", headers={"range": asked} if asked else {})
    assert answer.status_code == status
    assert body is None or answer.text == body


async def test_a_head_request_says_how_long_the_file_is(client: httpx.AsyncClient) -> None:
    head = await client.head("/static/digits.txt")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10", b"")
    again = await client.get("/static/digits.txt", headers={"if-none-match": head.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_what_it_does_in_the_background_goes_on_after_its_answer(client: httpx.AsyncClient) -> None:
    assert (await client.post("/order")).json() == "ordered"
    await client.post("/release")
    assert (await client.get("/happened/background")).json() == "delivered"
