"""A project's auth loads or the server does not start, and says who the caller is."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import threading
import types
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph_sdk import Auth

from auth_calls import REQUEST, authenticate, authenticated_by, loaded, raising, refused
from lgx_worker.auth import AuthLoadError, authorize, load

# ---- loading


def test_a_project_whose_auth_cannot_be_used_does_not_start(tmp_path: Path) -> None:
    def load_error(spec: dict[str, str], target: Any) -> AuthLoadError:
        with pytest.raises(AuthLoadError) as caught:
            load(spec, tmp_path, target)
        assert caught.value.to_meta()["type"] == "AuthLoadError"
        assert caught.value.diagnostic is not None
        return caught.value

    missing = {"file": str(tmp_path / "auth.py"), "attribute": "auth"}
    assert "no file" in load_error(missing, lambda spec: Auth()).message
    (tmp_path / "auth.py").write_text("")
    assert "is a dict, not an `Auth`" in load_error(missing, lambda spec: {}).message
    nobody = load_error(missing, lambda spec: Auth())
    assert "no authenticate handler" in nobody.message
    assert nobody.diagnostic is not None
    assert nobody.diagnostic["traceback"] == "", "the message is told once"


def test_an_import_error_comes_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "auth.py"
    file.write_text("x = 1\nboom()\n")

    def import_target(spec: Mapping[str, str]) -> Any:
        exec(compile(file.read_text(), str(file), "exec"), {})  # noqa: S102 - as a loader does

    with pytest.raises(AuthLoadError) as caught:
        load({"file": str(file), "attribute": "auth"}, tmp_path, import_target)
    assert "NameError" in caught.value.message
    assert caught.value.diagnostic is not None
    assert (caught.value.diagnostic["file"], caught.value.diagnostic["line"]) == (str(file), 2)


def test_required_parameters_that_nobody_can_give_are_refused_at_load() -> None:
    async def wants_more(authorization: str, kw: int, **rest: Any) -> str:
        return ""

    with pytest.raises(AuthLoadError) as caught:
        authenticated_by(wants_more)
    assert "`kw`, `rest`" in caught.value.message
    assert "query_params" in caught.value.message
    assert caught.value.diagnostic is not None
    assert caught.value.diagnostic["file"] == __file__


def test_load_tells_which_pairs_have_a_handler() -> None:
    auth = Auth()
    auth.authenticate(raising(RuntimeError()))

    @auth.on
    async def everything(ctx: Any, value: Any) -> None: ...

    @auth.on.threads.create
    async def create(ctx: Any, value: Any) -> None: ...

    @auth.on.store
    async def store(ctx: Any, value: Any) -> None: ...

    assert loaded(auth).handlers == [["threads", "create"], ["store", "*"], ["*", "*"]]


# ---- authenticate: parameters


def test_the_handler_gets_what_it_asks_for_by_name() -> None:
    seen: dict[str, Any] = {}

    async def handler(
        authorization: str | None,
        headers: dict[Any, Any],
        path: str,
        method: str,
        path_params: dict[str, str],
        query_params: Any,
        body: Any,
        scope: dict[str, Any],
        scopes: list[str],
        user: Any,
        other: int = 7,
    ) -> str:
        seen.update(locals())
        return "u"

    authenticate(handler, body={"n": 1})
    assert (seen["authorization"], seen["path"], seen["method"]) == ("Bearer tok", "/threads/t1", "POST")
    assert (seen["path_params"], seen["body"], seen["other"]) == ({"thread_id": "t1"}, {"n": 1}, 7)
    assert (seen["scopes"], seen["user"]) == ([], None)
    assert seen["query_params"].getlist("a") == ["b", "c"]
    assert seen["query_params"]["a"] == "c"
    assert seen["scope"]["type"] == "http"
    assert seen["scope"]["server"] == ("localhost", 2024)


def test_headers_answer_to_bytes_and_to_text() -> None:
    seen: dict[Any, Any] = {}

    async def handler(headers: Any) -> str:
        seen["headers"] = headers
        return "u"

    authenticate(handler)
    headers = seen["headers"]
    assert headers[b"x-api-key"] == b"k"
    assert headers["X-Api-Key"] == "k"
    assert headers.get("x-api-key") == "k"
    assert headers.get("missing") is None
    assert headers.get(b"missing", b"d") == b"d"
    assert set(headers) == {b"authorization", b"host", b"x-api-key"}


@pytest.mark.parametrize("starlette", [True, False])
def test_the_request_is_starlettes_when_there_is_one(starlette: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if starlette:
        pytest.importorskip("starlette")
    else:
        monkeypatch.setitem(sys.modules, "starlette.requests", None)
        monkeypatch.setitem(sys.modules, "starlette.datastructures", None)
    seen: dict[str, Any] = {}

    async def handler(request: Any, query_params: Any) -> str:
        seen.update(request=request, json=await request.json(), body=await request.body(), query=query_params)
        return "u"

    authenticate(handler, body={"n": 1})
    request = seen["request"]
    assert type(request).__module__ == ("starlette.requests" if starlette else "lgx_worker.auth_request")
    assert (seen["json"], seen["body"]) == ({"n": 1}, b'{"n":1}')
    assert request.headers["AUTHORIZATION"] == "Bearer tok"
    assert request.headers.get("missing") is None
    assert (request.method, request.path_params) == ("POST", {"thread_id": "t1"})
    assert str(request.url) == "http://localhost:2024/threads/t1?a=b&a=c"
    assert request.query_params["a"] == seen["query"]["a"] == "c"
    assert tuple(request.client) == ("127.0.0.1", 50123)


# ---- authenticate: results


class Account:
    def __init__(self) -> None:
        self.identity = "obj"
        self.org = "acme"
        self._token = "hidden"

    @property
    def permissions(self) -> list[str]:
        return ["read"]


@dataclasses.dataclass
class Row:
    identity: uuid.UUID
    team: str = "x"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("ann", {"identity": "ann", "display_name": "ann", "is_authenticated": True, "permissions": []}),
        (
            {"identity": "ann", "permissions": ["p"], "token": "t", "display_name": "Ann"},
            {"identity": "ann", "display_name": "Ann", "is_authenticated": True, "permissions": ["p"], "token": "t"},
        ),
        (
            {"identity": "a", "permissions": "abc"},
            {"identity": "a", "display_name": "a", "is_authenticated": True, "permissions": ["a", "b", "c"]},
        ),
        (
            (["write"], {"identity": "a", "permissions": ["read"], "k": 1}),
            {"identity": "a", "display_name": "a", "is_authenticated": True, "permissions": ["write"], "k": 1},
        ),
        (
            Account(),
            {
                "identity": "obj",
                "display_name": "obj",
                "is_authenticated": True,
                "permissions": ["read"],
                "org": "acme",
            },
        ),
        (
            Row(uuid.UUID(int=1)),
            {
                "identity": str(uuid.UUID(int=1)),
                "display_name": str(uuid.UUID(int=1)),
                "is_authenticated": True,
                "permissions": [],
                "team": "x",
            },
        ),
    ],
)
def test_every_way_to_name_the_caller(result: Any, expected: dict[str, Any]) -> None:
    async def handler() -> Any:
        return result

    told = authenticate(handler)
    told.pop("__source__", None)
    assert told == expected


@pytest.mark.parametrize(
    "result",
    [
        "",
        {"identity": ""},
        {"identity": "a", "is_authenticated": False},
        (["read"], {"identity": ""}),
        types.SimpleNamespace(identity="a", is_authenticated=False),
    ],
)
def test_nobody_in_particular_does_not_come_in(result: Any) -> None:
    async def handler() -> Any:
        return result

    refusal = refused(authenticated_by(handler), authenticate=True)
    assert (refusal.status, refusal.message) == (401, "Unauthorized")


@pytest.mark.parametrize("result", [None, 5, {}, {"name": "x"}, [], ("a", "b", "c"), {"identity": None}])
def test_what_does_not_name_the_caller_is_400(result: Any) -> None:
    async def handler() -> Any:
        return result

    assert refused(authenticated_by(handler), authenticate=True).status == 400


def test_a_plain_function_may_authenticate_and_does_not_block_the_loop() -> None:
    threads: list[int] = []

    def handler(authorization: str) -> str:
        threads.append(threading.get_ident())
        return authorization

    assert authenticate(handler)["identity"] == "Bearer tok"
    assert threads != [threading.get_ident()]


def test_a_plain_function_is_asked_however_many_plain_nodes_block() -> None:
    over = threading.Event()

    async def main() -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        node = loop.run_in_executor(None, over.wait)
        try:
            worker: Any = SimpleNamespace(auth=authenticated_by(lambda authorization: authorization))
            asked = authorize(worker, {"authenticate": True, "request": REQUEST}, [])
            meta, _ = await asyncio.wait_for(asked, 30)
            return meta
        finally:
            over.set()
            await node

    assert asyncio.run(main())["user"]["identity"] == "Bearer tok"


# ---- authenticate: errors


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 422, 429, 500, 503])
def test_any_status_of_the_sdk_is_kept_with_its_headers(status: int) -> None:
    exc = Auth.exceptions.HTTPException(status, detail="no", headers={"WWW-Authenticate": "Bearer"})
    found = refused(authenticated_by(raising(exc)), authenticate=True)
    assert (found.status, found.message, found.headers) == (status, "no", {"WWW-Authenticate": "Bearer"})


def test_the_default_of_the_sdk_is_401_unauthorized() -> None:
    found = refused(authenticated_by(raising(Auth.exceptions.HTTPException())), authenticate=True)
    assert (found.status, found.message, found.headers) == (401, "Unauthorized", None)


def test_a_refusal_with_a_status_of_success_is_an_error() -> None:
    found = refused(authenticated_by(raising(Auth.exceptions.HTTPException(200, "fine"))), authenticate=True)
    assert found.status == 500


@pytest.mark.parametrize(
    ("exc", "status", "message"),
    [
        (AssertionError(), 401, "Unauthorized"),
        (Auth.exceptions.HTTPException(401, detail=""), 401, "Unauthorized"),
        (ValueError(), 400, "Bad Request"),
        (AssertionError("who?"), 401, "who?"),
        (ValueError("not enough values to unpack"), 400, "not enough values to unpack"),
    ],
)
def test_assertions_and_value_errors_are_the_clients(exc: BaseException, status: int, message: str) -> None:
    found = refused(authenticated_by(raising(exc)), authenticate=True)
    assert (found.status, found.message, found.diagnostic) == (status, message, None)


@pytest.mark.parametrize("exc", [KeyError("secret"), RuntimeError("secret"), PermissionError("secret"), SystemExit(1)])
def test_other_exceptions_are_500_and_tell_only_the_log(exc: BaseException) -> None:
    found = refused(authenticated_by(raising(exc)), authenticate=True)
    assert found.status == 500
    assert "secret" not in found.message
    assert type(exc).__name__ in found.message
    assert found.diagnostic is not None
    assert found.diagnostic["source"].strip() == "raise exc"
    assert "raise exc" in found.diagnostic["traceback"]


def test_starlettes_exceptions_mean_what_they_say() -> None:
    pytest.importorskip("starlette")
    from starlette.authentication import AuthenticationError
    from starlette.exceptions import HTTPException

    found = refused(authenticated_by(raising(HTTPException(429, "slow down", {"Retry-After": "3"}))), authenticate=True)
    assert (found.status, found.message, found.headers) == (429, "slow down", {"Retry-After": "3"})
    found = refused(authenticated_by(raising(AuthenticationError("m"))), authenticate=True)
    assert (found.status, found.message) == (403, "m")
