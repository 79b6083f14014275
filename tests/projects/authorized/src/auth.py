"""Writes down every call of a handler, with the types of what it sees, and does to it what the request wishes."""

import json
from collections.abc import Callable
from typing import Any

from langgraph_sdk import Auth

auth = Auth()
CALLS: list[Any] = []


def kind(value: Any) -> Any:
    """The type of a value; that of each value in a dict."""
    if isinstance(value, dict):
        return {key: kind(item) for key, item in value.items()}
    name = "None" if value is None else type(value).__name__
    if isinstance(value, (list, tuple)) and value:
        return f"{name}[{', '.join(sorted({str(kind(item)) for item in value}))}]"
    return name


@auth.authenticate
async def authenticate(authorization: str, headers: dict, method: str, path: str) -> dict:
    CALLS.append(["authenticate", f"{method} {path}"])
    wish, found = headers.get("x-wish", ""), json.loads(headers.get("x-filter", "null"))
    return {"identity": authorization.removeprefix("Bearer "), "permissions": ["p"], "wish": wish, "filter": found}


@auth.on
async def note(ctx: Auth.types.AuthContext, value: dict) -> Any:
    CALLS.append([f"{ctx.resource}.{ctx.action}", kind(value)])
    assert ctx.permissions == ["p"]
    if wish := WISHES.get(ctx.user["wish"]):
        wish(ctx, value)
    return ctx.user["filter"]


def own(ctx: Auth.types.AuthContext, value: dict) -> None:
    value.setdefault("metadata", {})["owner"] = ctx.user.identity


def kwargs(value: dict) -> dict:
    """Those of a run; what a request asks besides has none."""
    return value.get("kwargs", {})


def configurable(value: dict) -> dict:
    return kwargs(value).get("config", {}).get("configurable", {})


def below_own(ctx: Auth.types.AuthContext, value: dict) -> None:
    value["namespace"] = (ctx.user.identity, *(value["namespace"] or ()))


def another_item(ctx: Auth.types.AuthContext, value: dict) -> None:
    below_own(ctx, value)
    value["key"] = f"{value['key']} of {ctx.user.identity}"
    if "value" in value:
        value["value"] = {**value["value"], "by": ctx.user.identity}


WISHES: dict[str, Callable[[Auth.types.AuthContext, dict], Any]] = {
    "own": own,
    "input": lambda ctx, value: kwargs(value).update(input={"text": f"for {ctx.user.identity}"}),
    "tenant": lambda ctx, value: configurable(value).update(tenant=f"of {ctx.user.identity}"),
    "context": lambda ctx, value: kwargs(value).update(context={"tenant": "by context"}),
    "no command": lambda ctx, value: kwargs(value).update(command=None),
    "somebody else": lambda ctx, value: configurable(value).update(
        langgraph_auth_user=None, langgraph_auth_user_id="eve", user_id="eve"
    ),
    "payload": lambda ctx, value: value["payload"].update(input={"text": f"for {ctx.user.identity}"}),
    "below own": below_own,
    "another item": another_item,
    "only reports": lambda ctx, value: value.update(filter={"kind": "report"}),
}
