"""The project's own auth: loads its `Auth` object, authenticates requests, and runs the `@auth.on` handlers."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import sys
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph_sdk import Auth
from langgraph_sdk.auth.types import AuthContext

from lgx_worker.auth_filter import InvalidFilter, check_filter
from lgx_worker.auth_request import PARAMETERS, RequestParameters
from lgx_worker.auth_user import NotAUser, StudioUser, User, user_from_result, user_json, user_object
from lgx_worker.diagnostics import diagnose, diagnose_function, diagnose_target, diagnosis, message_of
from lgx_worker.encode import to_json, to_plain
from lgx_worker.errors import CallFailed
from lgx_worker.kinds import kind_of

if TYPE_CHECKING:
    from lgx_worker.worker import Worker

__all__ = ["AuthLoadError", "LoadedAuth", "authorize", "load", "user_object"]

THREADS = 64
"""For an authenticate handler that is a plain function. They are apart from those of nodes: however many of these block, and for
how long, requests are let in.
"""
_ID_KEYS = ("thread_id", "assistant_id", "run_id", "cron_id")
# Everything else that a handler raises is an answer, SystemExit included.
_NOT_OURS = (asyncio.CancelledError, KeyboardInterrupt)


class AuthLoadError(CallFailed):
    """The project has auth that cannot be used; the server must not run without it."""

    def __init__(
        self,
        message: str,
        diagnostic: dict[str, Any] | None = None,
        *,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message, type="AuthLoadError")
        self.diagnostic = diagnostic or diagnosis("AuthLoadError", message, file, line)


@dataclass(frozen=True)
class LoadedAuth:
    """The project's `Auth`, and what its authenticate handler wants to be given."""

    auth: Auth
    parameters: tuple[str, ...]
    root: Path
    threads: Executor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="auth"))
    """Where a handler runs that may block."""

    @property
    def handlers(self) -> list[list[str]]:
        """The (resource, action) pairs that have a handler, `*` for all."""
        pairs = [list(pair) for pair in self.auth._handlers]
        return [*pairs, ["*", "*"]] if self.auth._global_handlers else pairs

    def handler(self, resource: str, action: str) -> Callable[..., Any] | None:
        """The one handler that decides about `action` on `resource`: the most specific."""
        for pair in ((resource, action), (resource, "*"), ("*", action), ("*", "*")):
            if found := self.auth._handlers.get(pair):
                return found[-1]
        return self.auth._global_handlers[-1] if self.auth._global_handlers else None


def load(spec: Mapping[str, Any], root: Path | str, import_target: Callable[[Mapping[str, Any]], Any]) -> LoadedAuth:
    """Loads the `Auth` that `spec` names; `import_target` imports its module or file and returns the attribute."""
    root = Path(root)
    name = f"{spec.get('file') or spec.get('module')}:{spec['attribute']}"
    if spec.get("file") and not Path(spec["file"]).is_file():
        raise AuthLoadError(
            f"There is no file {spec['file']}. Create it, or correct `auth.path` in langgraph.json.", file=spec["file"]
        )
    try:
        auth = import_target(spec)
    except CallFailed as failure:
        raise AuthLoadError(f"Auth could not be loaded from {name}: {failure.message}", failure.diagnostic) from failure
    except _NOT_OURS:
        raise
    except BaseException as exc:
        message = f"Auth could not be loaded from {name}: {type(exc).__name__}: {message_of(exc)}"
        raise AuthLoadError(message, diagnose_target(exc, spec, root)) from exc
    if not isinstance(auth, Auth):
        raise AuthLoadError(
            f"{name} is {kind_of(auth)}, not an `Auth`. Write `{spec['attribute']} = Auth()` there "
            "(`from langgraph_sdk import Auth`), and register the handlers on it.",
            file=spec.get("file"),
        )
    handler = auth._authenticate_handler
    if handler is None:
        raise AuthLoadError(
            f"{name} has no authenticate handler, so nobody could be let in. Decorate one with "
            f"`@{spec['attribute']}.authenticate`.",
            file=spec.get("file"),
        )
    return LoadedAuth(auth, _parameters_of(handler, name), root)


def _parameters_of(handler: Callable[..., Any], name: str) -> tuple[str, ...]:
    wanted: list[str] = []
    unknown: list[str] = []
    for parameter in inspect.signature(handler).parameters.values():
        if parameter.name in PARAMETERS and parameter.kind in (
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            inspect.Parameter.KEYWORD_ONLY,
        ):
            wanted.append(parameter.name)
        elif parameter.default is inspect.Parameter.empty:
            unknown.append(parameter.name)
    if unknown:
        code = getattr(inspect.unwrap(handler), "__code__", None)
        raise AuthLoadError(
            f"The authenticate handler of {name} requires {', '.join(f'`{n}`' for n in unknown)}, which it cannot be "
            f"given. Remove that, give it a default, or use: {', '.join(PARAMETERS)}.",
            file=code and code.co_filename,
            line=code and code.co_firstlineno,
        )
    return tuple(wanted)


async def authorize(
    worker: Worker, params: dict[str, Any], _sections: list[memoryview]
) -> tuple[dict[str, Any], list[bytes]]:
    """The call `auth`: says who the caller is, then runs the handler of each check; the first refusal ends it."""
    loaded: LoadedAuth | None = worker.auth
    if loaded is None:
        raise CallFailed("This project has no auth.", type="NoAuth")
    if params.get("authenticate"):
        user: User | StudioUser | None = await _authenticate(loaded, params["request"], params.get("body"))
    elif params.get("studio"):
        user = StudioUser()
    else:
        user = user_object(params.get("user"))
    if user is None:
        raise CallFailed("Unauthorized", status=401, type="Unauthorized")
    checks = [await _check(loaded, user, check) for check in params.get("checks") or ()]
    return {"user": user_json(user), "checks": checks}, []


async def _authenticate(loaded: LoadedAuth, request: Mapping[str, Any], body: Any) -> User:
    handler = loaded.auth._authenticate_handler
    assert handler is not None, "checked by load"
    available = RequestParameters(request, body)
    arguments = {name: available.get(name) for name in loaded.parameters}
    try:
        user = user_from_result(await _call(handler, arguments, loaded.threads))
    except NotAUser:
        raise CallFailed(
            "The authenticate handler must return a user with an `identity` (a dict, an object, or just the identity "
            "as a text), and returned something else.",
            status=400,
            type="NotAUser",
        ) from None
    except _NOT_OURS:
        raise
    except BaseException as exc:
        raise _refusal(exc, "authenticate handler", loaded.root, assertion=(401, "Unauthorized")) from exc
    # Somebody without an identity would share what they own with everybody else without one.
    if not user.is_authenticated or not user.identity:
        raise CallFailed("Unauthorized", status=401, type="Unauthorized")
    return user


async def _call(handler: Callable[..., Any], arguments: dict[str, Any], threads: Executor) -> Any:
    if inspect.iscoroutinefunction(handler):
        return await handler(**arguments)

    def call() -> Any:
        try:
            return handler(**arguments)
        except StopIteration as exc:  # a future cannot carry it
            raise RuntimeError("the handler raised StopIteration") from exc

    # A plain function may block, and everything else here shares one thread.
    context = contextvars.copy_context()
    result = await asyncio.get_running_loop().run_in_executor(threads, context.run, call)
    return await result if inspect.isawaitable(result) else result


async def _check(loaded: LoadedAuth, user: User | StudioUser, check: Mapping[str, Any]) -> dict[str, Any]:
    resource, action = check["resource"], check["action"]
    value = check.get("value")
    handler = loaded.handler(resource, action)
    if handler is None:
        return {"filter": None, "value": value}
    value = _value_for_handler(resource, {} if value is None else value)
    _add_user(user, resource, action, value)
    context = AuthContext(permissions=user.permissions, user=user, resource=resource, action=action)
    what = f"@auth.on handler for {resource}.{action}"
    try:
        result = await handler(ctx=context, value=value)
    except _NOT_OURS:
        raise
    except BaseException as exc:
        raise _refusal(exc, what, loaded.root, assertion=(403, "Forbidden")) from exc
    if result is False:
        raise CallFailed("Forbidden", status=403, type="Forbidden")
    try:
        return {"filter": _filter_of(result), "value": to_plain(value)}
    except InvalidFilter as exc:
        message = f"The {what} returned {exc}."
        raise CallFailed(
            message, status=500, type="InvalidFilter", diagnostic=diagnose_function(handler, "InvalidFilter", message)
        ) from exc


def _filter_of(result: Any) -> dict[str, Any] | None:
    if result is None or result is True:
        return None
    if not isinstance(result, Mapping):
        raise InvalidFilter(f"a {type(result).__name__}, not None, True, False or a filter dict")
    try:
        check_filter(result)
    except InvalidFilter as exc:
        raise InvalidFilter(f"an invalid filter: {exc}") from exc
    return to_plain(result) or None


def _value_for_handler(resource: str, value: Any) -> Any:
    """The value in the types that the SDK promises: ids are UUIDs, namespaces of the store are tuples."""
    if not isinstance(value, dict):
        return value
    value = {key: _uuid(item) if key in _ID_KEYS else item for key, item in value.items()}
    if resource == "store":
        for key in ("namespace", "suffix"):
            if isinstance(value.get(key), list):
                value[key] = tuple(value[key])
    if isinstance(value.get("ids"), list):
        value["ids"] = [_uuid(item) for item in value["ids"]]
    metadata = value.get("metadata")
    if "action" in value and isinstance(metadata, dict) and isinstance(metadata.get("run_ids"), list):
        value["metadata"] = {**metadata, "run_ids": [_uuid(item) for item in metadata["run_ids"]]}
    return value


def _add_user(user: User | StudioUser, resource: str, action: str, value: Any) -> None:
    """Puts the user where handlers look for them in what is to be made; the server asked before it knew who it is."""
    if (resource, action) == ("crons", "create"):
        value["user_id"] = user.identity
    kwargs = value.get("kwargs") if (resource, action) == ("threads", "create_run") else None
    if isinstance(kwargs, dict):
        configurable = kwargs.setdefault("config", {}).setdefault("configurable", {})
        configurable["langgraph_auth_user"] = user
        configurable["langgraph_auth_user_id"] = user.identity
        configurable["langgraph_auth_permissions"] = list(user.permissions)


def _uuid(item: Any) -> Any:
    try:
        return uuid.UUID(item)
    except (ValueError, TypeError, AttributeError):
        return item


def _refusal(exc: BaseException, what: str, root: Path, *, assertion: tuple[int, str]) -> CallFailed:
    """What a handler's exception means to the client."""
    kind = type(exc).__name__
    if isinstance(exc, Auth.exceptions.HTTPException) or _is_starlette(exc, "exceptions", "HTTPException"):
        status, detail = exc.status_code, exc.detail  # type: ignore[attr-defined] # as both classes have it; starlette need not be installed
        if 400 <= status <= 599:
            message = (detail if isinstance(detail, str) else to_json(detail).decode()) or _phrase(status)
            headers = {str(name): str(value) for name, value in (exc.headers or {}).items()}  # type: ignore[attr-defined] # as both classes have it; starlette need not be installed
            return CallFailed(message, status=status, type=kind, headers=headers or None)
    if _is_starlette(exc, "authentication", "AuthenticationError"):
        return CallFailed(message_of(exc), status=403, type=kind)
    if isinstance(exc, AssertionError):
        return CallFailed(message_of(exc) or assertion[1], status=assertion[0], type=kind)
    if isinstance(exc, ValueError):
        return CallFailed(message_of(exc) or _phrase(400), status=400, type=kind)
    # The text of an unforeseen exception may hold a secret: the log gets it, the client gets the class.
    return CallFailed(
        f"The {what} raised {kind}. The server's log has the traceback.",
        status=500,
        type=kind,
        diagnostic=diagnose(exc, root),
    )


def _phrase(status: int) -> str:
    """What is said for a handler that says nothing: many exceptions that one passes on, as `detail=str(error)`, have no text."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _is_starlette(exc: BaseException, module: str, name: str) -> bool:
    """Whether it is starlette's; if that was never imported, nobody raised it."""
    found = sys.modules.get(f"starlette.{module}")
    return found is not None and isinstance(exc, getattr(found, name))
