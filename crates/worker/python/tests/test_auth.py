"""Auth is enforced as the project wrote it: who the caller is, which handler decides, and what a refusal looks like."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph_sdk import Auth
from langgraph_sdk.auth import is_studio_user
from langgraph_sdk.auth.types import BaseUser
from langgraph_sdk.auth.types import StudioUser as SdkStudioUser

from lgx_worker.auth import AuthLoadError, LoadedAuth, authorize, load
from lgx_worker.auth_filter import InvalidFilter, check_filter
from lgx_worker.auth_user import StudioUser, User, user_from_result, user_json, user_object
from lgx_worker.errors import CallFailed

THREAD = "01a20917-f1c1-7070-9aa5-f937e6d62f12"
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
    assert "no authenticate handler" in load_error(missing, lambda spec: Auth()).message


def test_an_import_error_comes_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "auth.py"
    file.write_text("x = 1\nboom()\n")

    def import_target(spec: Mapping[str, str]) -> Any:
        exec(compile(file.read_text(), str(file), "exec"), {})  # noqa: S102

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

    def may(self, what: str) -> bool:
        return what in self.permissions


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
        ({"identity": ""}, {"identity": "", "display_name": "", "is_authenticated": True, "permissions": []}),
        (
            {"identity": "a", "is_authenticated": False, "permissions": "abc"},
            {"identity": "a", "display_name": "a", "is_authenticated": False, "permissions": ["a", "b", "c"]},
        ),
        (
            (["write"], {"identity": "a", "permissions": ["read"], "k": 1}),
            {"identity": "a", "display_name": "a", "is_authenticated": True, "permissions": ["write"], "k": 1},
        ),
        (
            Account(),
            {"identity": "obj", "display_name": "obj", "is_authenticated": True, "permissions": ["read"], "org": "acme"},
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

    assert authenticate(handler) == expected


@pytest.mark.parametrize("result", [None, 5, {}, {"name": "x"}, [], ("a", "b", "c"), {"identity": None}])
def test_what_does_not_name_the_caller_is_400(result: Any) -> None:
    async def handler() -> Any:
        return result

    assert refused(authenticated_by(handler), authenticate=True).status == 400


def test_a_plain_function_may_authenticate_and_does_not_block_the_loop() -> None:
    import threading

    threads: list[int] = []

    def handler(authorization: str) -> str:
        threads.append(threading.get_ident())
        return authorization

    assert authenticate(handler)["identity"] == "Bearer tok"
    assert threads != [threading.get_ident()]


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
    assert found.diagnostic["file"] == __file__
    assert "raise exc" in found.diagnostic["traceback"]


def test_starlettes_exceptions_mean_what_they_say() -> None:
    pytest.importorskip("starlette")
    from starlette.authentication import AuthenticationError
    from starlette.exceptions import HTTPException

    found = refused(authenticated_by(raising(HTTPException(429, "slow down", {"Retry-After": "3"}))), authenticate=True)
    assert (found.status, found.message, found.headers) == (429, "slow down", {"Retry-After": "3"})
    found = refused(authenticated_by(raising(AuthenticationError("m"))), authenticate=True)
    assert (found.status, found.message) == (403, "m")


# ---- the user object


def test_the_user_reads_like_an_object_and_like_a_dict() -> None:
    user = User({"identity": "ann", "token": "t", "items": 3})
    assert isinstance(user, BaseUser)
    assert (user.identity, user["identity"], user.token, user["token"]) == ("ann", "ann", "t", "t")
    assert "token" in user
    assert "missing" not in user
    assert user["items"] == 3
    assert dict(user)["display_name"] == "ann"
    assert "t" not in repr(user).replace("identity", "")
    with pytest.raises(KeyError):
        user["missing"]
    with pytest.raises(AttributeError, match="no `missing`"):
        user.missing  # noqa: B018


def test_methods_of_a_returned_object_work_in_the_same_request() -> None:
    auth = Auth()

    @auth.authenticate
    async def who() -> Any:
        return Account()

    @auth.on
    async def decide(ctx: Auth.types.AuthContext, value: Any) -> bool:
        return ctx.user.may("read")  # type: ignore[attr-defined]

    checks = [{"resource": "threads", "action": "read", "value": {}}]
    assert call(loaded(auth), authenticate=True, checks=checks)["checks"][0]["filter"] is None


def test_a_user_survives_the_way_through_json() -> None:
    user = user_from_result({"identity": "ann", "permissions": ["p"], "when": uuid.UUID(int=1), "odd": object()})
    data = user_json(user)
    assert data["when"] == str(uuid.UUID(int=1))
    assert data["odd"] is None
    again = user_object(data)
    assert isinstance(again, User)
    assert user_json(again) == data
    assert user_object(None) is None


def test_the_studio_user_is_recognised_everywhere() -> None:
    found: dict[str, Any] = {}

    async def decide(ctx: Auth.types.AuthContext, value: Any) -> None:
        found["user"], found["permissions"] = ctx.user, ctx.permissions

    checks = [{"resource": "threads", "action": "create", "value": {}}]
    meta = call(auth_on(decide), studio=True, checks=checks)
    assert meta["user"] == {
        "identity": "langgraph-studio-user",
        "display_name": "langgraph-studio-user",
        "is_authenticated": False,
        "permissions": [],
        "kind": "StudioUser",
    }
    user = found["user"]
    assert isinstance(user, SdkStudioUser)
    assert isinstance(user, BaseUser)
    assert is_studio_user(user)
    assert user["identity"] == "langgraph-studio-user"
    assert isinstance(user_object(meta["user"]), StudioUser)


def test_nobody_becomes_the_studio_user_by_a_custom_key() -> None:
    assert not isinstance(user_object({"identity": "mallory", "kind": "StudioUser"}), SdkStudioUser)
    assert not is_studio_user(User({"identity": "mallory", "kind": "StudioUser"}))


def test_without_a_caller_there_is_no_access() -> None:
    assert refused(authenticated_by(raising(RuntimeError())), user=None).status == 401
    assert refused(None, authenticate=True).type == "NoAuth"


# ---- @auth.on


def test_the_most_specific_handler_decides_alone() -> None:
    asked: list[str] = []

    def named(name: str) -> Any:
        async def handler(ctx: Any, value: Any) -> None:
            asked.append(name)

        return handler

    auth = Auth()
    auth.authenticate(raising(RuntimeError()))
    auth.on.threads.create(named("threads.create"))
    auth.on.threads(named("threads"))
    auth.on(actions=["create", "read"])(named("create"))
    auth.on(named("all"))
    checks = [
        {"resource": resource, "action": action, "value": {}}
        for resource, action in [("threads", "create"), ("threads", "read"), ("crons", "create"), ("crons", "delete")]
    ]
    call(loaded(auth), user={"identity": "a"}, checks=checks)
    assert asked == ["threads.create", "threads", "create", "all"]


def test_what_no_handler_is_for_is_allowed_as_it_came() -> None:
    async def unrelated(ctx: Any, value: Any) -> bool:
        return False

    checks = [{"resource": "crons", "action": "read", "value": {"cron_id": "x"}}]
    found = call(auth_on(unrelated), user={"identity": "a"}, checks=checks)["checks"]
    assert found == [{"filter": None, "value": {"cron_id": "x"}}]


def test_the_handler_sees_ids_as_uuids_and_may_change_the_value() -> None:
    seen: dict[str, Any] = {}

    async def handler(ctx: Auth.types.AuthContext, value: Any) -> Any:
        seen.update(value, user=ctx.user.identity, resource=ctx.resource, action=ctx.action)
        value["metadata"]["owner"] = ctx.user.identity
        return {"owner": ctx.user.identity}

    found = check(handler, {"thread_id": THREAD, "metadata": {"owner": "evil"}, "if_exists": "raise"})
    assert seen["thread_id"] == uuid.UUID(THREAD)
    assert (seen["user"], seen["resource"], seen["action"]) == ("alice", "threads", "create")
    assert found == {
        "filter": {"owner": "alice"},
        "value": {"thread_id": THREAD, "metadata": {"owner": "alice"}, "if_exists": "raise"},
    }


def test_run_ids_of_a_cancellation_are_uuids_too() -> None:
    seen: list[Any] = []

    async def handler(ctx: Any, value: Any) -> None:
        seen.append(value["metadata"]["run_ids"])

    check(handler, {"thread_id": THREAD, "action": "interrupt", "metadata": {"run_ids": [THREAD], "status": None}})
    assert seen == [[uuid.UUID(THREAD)]]


def test_namespaces_of_the_store_are_tuples_and_can_be_scoped() -> None:
    seen: list[Any] = []

    async def handler(ctx: Any, value: Any) -> None:
        seen.append(value["namespace"])
        value["namespace"] = (ctx.user.identity, *value["namespace"])

    found = check(handler, {"namespace": ["notes"], "key": "k", "value": {"a": 1}}, "store", "put")
    assert seen == [("notes",)]
    assert found["value"]["namespace"] == ["alice", "notes"]


@pytest.mark.parametrize(("result", "expected"), [(None, None), (True, None), ({}, None), ({"a": 1}, {"a": 1})])
def test_results_that_allow(result: Any, expected: Any) -> None:
    async def handler(ctx: Any, value: Any) -> Any:
        return result

    assert check(handler)["filter"] == expected


@pytest.mark.parametrize(
    ("result", "status", "part"),
    [(False, 403, "Forbidden"), ("alice", 500, "returned a str"), ([], 500, "returned a list"), (1, 500, "an int")],
)
def test_results_that_refuse(result: Any, status: int, part: str) -> None:
    async def handler(ctx: Any, value: Any) -> Any:
        return result

    found = check_refused(handler)
    assert found.status == status
    assert part.removeprefix("an ") in found.message


@pytest.mark.parametrize(
    ("exc", "status", "message"),
    [
        (Auth.exceptions.HTTPException(402, "pay", {"X-Plan": "free"}), 402, "pay"),
        (AssertionError("mine"), 403, "mine"),
        (AssertionError(), 403, "Forbidden"),
        (ValueError("bad"), 400, "bad"),
    ],
)
def test_exceptions_that_refuse(exc: BaseException, status: int, message: str) -> None:
    async def handler(ctx: Any, value: Any) -> Any:
        raise exc

    found = check_refused(handler)
    assert (found.status, found.message) == (status, message)
    assert found.headers == ({"X-Plan": "free"} if status == 402 else None)


def test_other_exceptions_of_a_handler_are_500_with_its_line() -> None:
    async def handler(ctx: Any, value: Any) -> Any:
        return ctx.user["org"]

    found = check_refused(handler)
    assert (found.status, found.type) == (500, "KeyError")
    assert found.diagnostic is not None
    assert 'ctx.user["org"]' in found.diagnostic["source"]


def test_the_first_refusal_ends_the_call() -> None:
    asked: list[str] = []

    async def handler(ctx: Any, value: Any) -> bool:
        asked.append(ctx.action)
        return False

    auth = Auth()
    auth.authenticate(raising(RuntimeError()))
    auth.on(handler)
    checks = [{"resource": "threads", "action": action, "value": {}} for action in ("read", "create")]
    assert refused(loaded(auth), user={"identity": "a"}, checks=checks).status == 403
    assert asked == ["read"]


# ---- filters


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"owner": "alice"},
        {"owner": None, "n": 1, "team": ["x", "y"]},
        {"owner": {"$eq": "alice"}},
        {"team": {"$contains": "x"}},
        {"team": {"$contains": ["x", "y"]}},
        {"$or": [{"owner": "a"}, {"$and": [{"b": 1}, {"c": {"$eq": 2}}]}], "d": 1},
    ],
)
def test_filters_with_a_meaning_pass(found: dict[str, Any]) -> None:
    check_filter(found)


@pytest.mark.parametrize(
    ("found", "part"),
    [
        ({"owner": {"$ne": "bob"}}, "`$ne`"),
        ({"owner": {"$in": ["a"]}}, "`$in`"),
        ({"owner": {"$exists": True}}, "`$exists`"),
        ({"owner": {"eq": "alice"}}, "`eq`"),
        ({"$not": {"owner": "a"}}, "`$not`"),
        ({"owner": {}}, "`owner`"),
        ({"owner": {"$eq": 1, "$contains": 2}}, "exactly one"),
        ({"$or": [{"a": 1}]}, "at least two"),
        ({"$and": {"a": 1}}, "at least two"),
        ({"$or": [{"a": 1}, "b"]}, "not str"),
        ({"$or": [{"a": 1}, {"b": {"$gt": 2}}]}, "`$gt`"),
        ({"team": {"$contains": {"a": 1}}}, "one value"),
        ({1: "a"}, "not a text"),
    ],
)
def test_filters_without_a_meaning_never_let_anything_through(found: dict[Any, Any], part: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        check_filter(found)
    assert part in str(caught.value)

    async def handler(ctx: Any, value: Any) -> Any:
        return found

    refusal = check_refused(handler)
    assert refusal.status == 500
    assert part in refusal.message
