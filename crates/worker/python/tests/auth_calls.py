"""Calls of `auth` against handlers that a test writes down."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph_sdk import Auth

from lgx_worker.auth import LoadedAuth, authorize, load
from lgx_worker.errors import CallFailed

REQUEST = {
    "method": "POST",
    "path": "/threads/t1",
    "query": "a=b&a=c",
    "headers": [["Authorization", "Bearer tok"], ["host", "localhost:2024"], ["x-api-key", "k"]],
    "path_params": {"thread_id": "t1"},
    "client": ["127.0.0.1", 50123],
}


def loaded(auth: Auth, root: Path | None = None) -> LoadedAuth:
    return load({"module": "project.auth", "attribute": "auth"}, root or Path(__file__).parent, lambda spec: auth)


def authenticated_by(handler: Any) -> LoadedAuth:
    auth = Auth()
    auth.authenticate(handler)
    return loaded(auth)


def call(auth: LoadedAuth | None, **params: Any) -> dict[str, Any]:
    worker: Any = SimpleNamespace(auth=auth)
    meta, sections = asyncio.run(authorize(worker, {"method": "auth", "request": REQUEST, **params}, []))
    assert sections == []
    return meta


def authenticate(handler: Any, **params: Any) -> dict[str, Any]:
    return call(authenticated_by(handler), authenticate=True, **params)["user"]


def refused(auth: LoadedAuth | None, **params: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        call(auth, **params)
    return caught.value


def raising(exc: BaseException) -> Any:
    async def handler() -> Any:
        raise exc

    return handler


def auth_on(handler: Any, resource: str = "threads", action: str = "create") -> LoadedAuth:
    auth = Auth()
    auth.authenticate(raising(RuntimeError("not asked")))
    auth._handlers[(resource, action)] = [handler]
    return loaded(auth)


def check(handler: Any, value: Any = None, resource: str = "threads", action: str = "create") -> dict[str, Any]:
    checks = [{"resource": resource, "action": action, "value": {} if value is None else value}]
    return call(auth_on(handler, resource, action), user={"identity": "alice"}, checks=checks)["checks"][0]


def check_refused(handler: Any) -> CallFailed:
    checks = [{"resource": "threads", "action": "create", "value": {}}]
    return refused(auth_on(handler), user={"identity": "alice"}, checks=checks)
