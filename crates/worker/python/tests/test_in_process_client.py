"""`get_client()` without a URL: where its requests go, and on whose behalf they are made."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from langgraph_sdk import get_client

from fake_server import FakeServer, connected
from lgx_worker.in_process_client import REQUEST_PASS
from lgx_worker.in_process_client import RUN_PASS as PASS
from mirror import mirror
from projects import load, run_params

GRAPHS = {graph: f"calls.py:{graph}" for graph in ("in_loop", "in_thread", "keyed", "remote_graph")}
SECRET = "not to be told"
RUN = "01a20917-f1c1-7070-9aa5-f937e6d62f12"


@asynccontextmanager
async def loaded(client_secret: str | None = SECRET) -> AsyncIterator[tuple[FakeServer, str]]:
    """A worker that has loaded the graphs above, and the URL that it was told."""
    sys.modules.pop("calls", None)  # its client is that of an earlier test
    async with mirror() as url, connected() as (server, _):
        answer = await load(server, GRAPHS, api_url=url, client_secret=client_secret)
        assert not [graph for graph in answer["graphs"].values() if "error" in graph]
        yield server, url


async def seen_by(server: FakeServer, graph: str, run_id: str, **state: Any) -> list[dict[str, Any]]:
    """The requests of one run as they arrived."""
    params = run_params(graph, state)
    answer = await server.call("run", {**params, "run_id": run_id})
    assert answer.meta["status"] == "success", answer.meta
    return answer.values["seen"]


@pytest.mark.parametrize("graph", ["in_loop", "in_thread", "remote_graph"])
async def test_requests_go_to_the_server_on_behalf_of_their_run(graph: str) -> None:
    async with loaded() as (server, url):
        seen = await seen_by(server, graph, RUN)
        assert len(seen) == 2
        for request in seen:
            assert request["target"] == "/seen?by=node"
            assert "http://" + request["headers"]["host"] == url
            assert request["headers"][PASS] == f"{RUN} {SECRET}"


async def test_each_run_has_its_own_pass() -> None:
    async with loaded() as (server, _):
        runs = [str(uuid.uuid4()) for _ in range(5)]
        found = await asyncio.gather(*(seen_by(server, "in_loop", run_id) for run_id in runs))
        for run_id, seen in zip(runs, found, strict=True):
            assert {request["headers"][PASS] for request in seen} == {f"{run_id} {SECRET}"}


async def test_credentials_of_the_caller_are_sent_instead_of_the_pass() -> None:
    async with loaded() as (server, _):
        for headers in ({"authorization": "bearer me"}, {"cookie": "session=1"}):
            _, request = await seen_by(server, "in_loop", RUN, headers=headers)
            assert request["headers"].items() >= headers.items()
            assert PASS not in request["headers"]
        (request,) = await seen_by(server, "keyed", RUN)
        assert request["headers"]["x-api-key"] == "key of the caller"
        assert PASS not in request["headers"]
        # A header of another kind says nothing about who asks; nor can a pass be brought along.
        guessed = {PASS: "somebody guessed", REQUEST_PASS: "7 guessed"}
        _, request = await seen_by(server, "in_loop", RUN, headers={"x-trace": "1", **guessed})
        assert request["headers"]["x-trace"] == "1"
        assert REQUEST_PASS not in request["headers"]
        assert request["headers"][PASS] == f"{RUN} {SECRET}"


async def test_the_key_for_tracing_in_the_environment_is_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_API_KEY", '"lsv2_key"')
    async with loaded() as (server, _):
        for request in await seen_by(server, "in_loop", RUN):
            assert request["headers"]["x-api-key"] == "lsv2_key"
            assert request["headers"][PASS] == f"{RUN} {SECRET}"


async def test_outside_of_a_run_nobody_asks() -> None:
    async with loaded() as (_, url):
        request: Any = await get_client().http.get("/seen")
        assert "http://" + request["headers"]["host"] == url
        assert PASS not in request["headers"]


async def test_a_server_without_a_secret_gets_no_pass() -> None:
    async with loaded(client_secret=None) as (server, _):
        for request in await seen_by(server, "in_loop", RUN):
            assert PASS not in request["headers"]


async def test_proxies_of_the_environment_do_not_see_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with loaded() as (server, _):
        assert len(await seen_by(server, "in_loop", RUN)) == 2


async def test_clients_share_the_connections_of_the_worker_s_loop() -> None:
    async with loaded() as (server, _):
        ports = set()
        for _ in range(3):
            ports |= {request["port"] for request in await seen_by(server, "in_loop", RUN)}
        assert len(ports) == 1
        # A client that is closed leaves them to the others.
        async with get_client() as client:
            request: Any = await client.http.get("/seen")
        assert {request["port"]} == ports
        again: Any = await get_client().http.get("/seen")
        assert {again["port"]} == ports


async def test_a_loop_of_its_own_has_connections_of_its_own_that_end_with_the_client() -> None:
    async with loaded() as (_, url):
        shared: Any = await get_client().http.get("/seen")

        async def elsewhere() -> Any:
            async with get_client() as client:
                return await client.http.get("/seen")

        own = await asyncio.to_thread(asyncio.run, elsewhere())
        assert own["port"] != shared["port"]
        assert f"http://{own['headers']['host']}" == url
