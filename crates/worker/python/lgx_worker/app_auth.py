"""Who asks: the project's auth in front of its own app, and the user in the scope of a request."""

from __future__ import annotations

from typing import Any

from lgx_worker.app_exchange import Exchange
from lgx_worker.app_scope import request_of
from lgx_worker.app_serve import send_refusal
from lgx_worker.auth_user import user_object
from lgx_worker.encode import to_json
from lgx_worker.errors import CallFailed


async def let_in(exchange: Exchange, scope: dict[str, Any], send: Any, *, of_app: bool) -> bool:
    """Ask the server who asks, once for each request, and put the user into the scope. False: it has been refused."""
    if not exchange.authenticated:
        params = {"call": exchange.call.id, "request": request_of(scope), "of_app": of_app}
        try:
            reply, _ = await exchange.worker.connection.call("http.authenticate", params)
        except CallFailed as refusal:
            if refusal.status is None:
                raise
            headers = [[name.lower(), value] for name, value in (refusal.headers or {}).items()]
            head = {"status": refusal.status, "headers": [["content-type", "application/json"], *headers]}
            await send_refusal(scope["type"], send, head, to_json({"detail": refusal.message}))
            return False
        exchange.authenticated, exchange.user = True, reply["user"]
    put_user(exchange, scope)
    return True


def put_user(exchange: Exchange, scope: dict[str, Any]) -> None:
    """`request.user`, and for Starlette's `@requires` what the user may do, if it is known who it is."""
    user = user_object(exchange.user)
    if user is None:
        return
    scope["user"] = user
    try:
        from starlette.authentication import AuthCredentials
    except ImportError:
        return
    scope["auth"] = AuthCredentials(["authenticated", *user.permissions] if user.is_authenticated else user.permissions)
