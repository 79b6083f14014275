"""Auth is enforced as the project wrote it: the user that handlers see, which one decides, what its answer means."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from langgraph_sdk import Auth
from langgraph_sdk.auth import is_studio_user
from langgraph_sdk.auth.types import BaseUser
from langgraph_sdk.auth.types import StudioUser as SdkStudioUser

from auth_calls import auth_on, authenticated_by, call, check, check_refused, loaded, raising, refused
from lgx_worker.auth_filter import InvalidFilter, check_filter
from lgx_worker.auth_user import StudioUser, User, user_from_result, user_json, user_object
from lgx_worker.encode import to_plain

THREAD = "01a20917-f1c1-7070-9aa5-f937e6d62f12"


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
        user.missing  # noqa: B018 - the access is what is tried


def test_a_user_inside_of_what_clients_get_is_null() -> None:
    for user in (User({"identity": "ann", "token": "t"}), StudioUser()):
        assert to_plain({"config": {"langgraph_auth_user": user}}) == {"config": {"langgraph_auth_user": None}}
        assert user_json(user)["identity"] == user.identity


def test_methods_of_a_returned_object_work_in_the_same_request() -> None:
    auth = Auth()

    @auth.authenticate
    async def who() -> Any:
        class Account:
            identity = "ann"

            def may(self, what: str) -> bool:
                return what == "read"

        return Account()

    @auth.on
    async def decide(ctx: Auth.types.AuthContext, value: Any) -> bool:
        return ctx.user.may("read")  # type: ignore[attr-defined] # a user of the project's has it

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


def test_the_user_is_in_what_a_run_and_a_cron_will_have() -> None:
    seen: list[Any] = []

    async def handler(ctx: Any, value: Any) -> None:
        seen.append(value)

    config = {"configurable": {"k": 1, "langgraph_auth_user_id": "spoofed"}}
    found = check(handler, {"thread_id": None, "kwargs": {"input": {}, "config": config}}, "threads", "create_run")
    configurable = seen[0]["kwargs"]["config"]["configurable"]
    assert isinstance(configurable["langgraph_auth_user"], User)
    assert (configurable["k"], configurable["langgraph_auth_user_id"]) == (1, "alice")
    assert configurable["langgraph_auth_permissions"] == []
    # The object is for handlers, not for whoever gets what they leave.
    assert found["value"]["kwargs"]["config"]["configurable"]["langgraph_auth_user"] is None

    check(handler, {"cron_id": THREAD, "user_id": None}, "crons", "create")
    assert (seen[1]["user_id"], seen[1]["cron_id"]) == ("alice", uuid.UUID(THREAD))


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
    # The terminal shows which handler it was.
    assert refusal.diagnostic is not None
    assert part in refusal.diagnostic["message"]
    assert refusal.diagnostic["file"] == __file__
    assert refusal.diagnostic["source"] == "    async def handler(ctx: Any, value: Any) -> Any:"
