"""What `http.app` of langgraph.json names: imports it, and makes sure that it is an ASGI app."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lgx_worker.diagnostics import diagnose_target, diagnosis, message_of
from lgx_worker.errors import CallFailed
from lgx_worker.kinds import kind_of


class AppLoadError(CallFailed):
    """The project has an app that cannot be used; the server must not run without it."""

    def __init__(self, message: str, diagnostic: dict[str, Any] | None = None, *, file: str | None = None) -> None:
        super().__init__(message, type="AppLoadError")
        self.diagnostic = diagnostic or diagnosis("AppLoadError", message, file)


def load(spec: Mapping[str, Any], root: Path | str, import_target: Callable[[Mapping[str, Any]], Any]) -> Any:
    """The ASGI app that `spec` names; `import_target` imports its module or file and returns the attribute."""
    name = target_name(spec)
    try:
        app = import_target(spec)
    except CallFailed as failure:
        raise AppLoadError(f"{name} could not be loaded: {failure.message}", failure.diagnostic) from failure
    except (Exception, SystemExit) as error:
        message = f"{name} could not be loaded: {type(error).__name__}: {message_of(error)}"
        raise AppLoadError(message, diagnose_target(error, spec, root)) from error
    if (wrong := _why_not(app, name)) is not None:
        raise AppLoadError(wrong, file=spec.get("file"))
    return app


def target_name(spec: Mapping[str, Any]) -> str:
    """The target as it is written in langgraph.json, but for its directory."""
    place = Path(spec["file"]).name if spec.get("file") else spec["module"]
    return f"The HTTP app {place}:{spec['attribute']}"


def _why_not(app: Any, name: str) -> str | None:
    """Why something is no ASGI app, and what to do; None if it is one."""
    use = "`http.app` names an ASGI app, such as `app = FastAPI()` or `app = Starlette(routes=[…])`."
    if isinstance(app, type):
        return f"{name} is a class, not an app. Name an instance of it: {use}"
    if not callable(app):
        return f"{name} is {kind_of(app)}, not an app. {use}"
    try:
        signature = inspect.signature(app)
    except (TypeError, ValueError):  # it is written in C and does not say
        return None
    if _takes(signature, 3):
        return None
    if _takes(signature, 0):
        return (
            f"{name} is a function that may return an app, not an app itself. Call it once in its module and name the "
            f"result: {use}"
        )
    if _takes(signature, 2):
        return (
            f"{name} takes two arguments, as WSGI apps do (Flask, Django). {use} A WSGI app can be mounted in one with "
            "`a2wsgi.WSGIMiddleware`."
        )
    return f"{name} takes {signature}, and an ASGI app takes (scope, receive, send). {use}"


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
