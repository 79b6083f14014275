"""Who is asking is for an identity provider to say, and each user sees what is theirs."""

import logging
import os
from typing import Any

import httpx
from langgraph_sdk import Auth
from langgraph_sdk.auth import is_studio_user

USERINFO_URL = os.environ["USERINFO_URL"]
API_KEY = os.environ.get("USERINFO_API_KEY")

# One client for all requests: it keeps its connections, and to make one for each request would hold up all others.
provider = httpx.AsyncClient(timeout=5)
logging.getLogger("httpx").setLevel(logging.WARNING)  # else there is a line for each request

auth = Auth()


@auth.authenticate
async def get_current_user(authorization: str | None) -> dict[str, Any]:
    """Ask the provider whose access token it is. Runs for every request, so a token that is revoked is of no use at once."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("Send an access token: `Authorization: Bearer …`")
    headers = {"Authorization": f"Bearer {token}"}
    if API_KEY:
        headers["apikey"] = API_KEY
    try:
        answer = await provider.get(USERINFO_URL, headers=headers)
        if answer.status_code in (401, 403):
            raise unauthorized("Invalid token")
        user = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        # Whoever asks may be welcome: this is no refusal, and it may be worth trying again.
        detail = f"The identity provider does not say whose token it is ({type(error).__name__})"
        raise Auth.exceptions.HTTPException(status_code=503, detail=detail) from error
    identity = user["sub"] if "sub" in user else user["id"]  # as OpenID Connect calls it, and as Supabase does
    return {
        "identity": identity,
        "display_name": user.get("email") or identity,
        # With it the graph can call other services as the user. See README.md for where it goes, and where it does not.
        "access_token": token,
    }


def unauthorized(detail: str) -> Auth.exceptions.HTTPException:
    """The refusal that asks for another token."""
    return Auth.exceptions.HTTPException(status_code=401, detail=detail, headers={"WWW-Authenticate": "Bearer"})


@auth.on
async def add_owner(ctx: Auth.types.AuthContext, value: dict) -> dict | None:
    """Make whatever is made private to who made it."""
    # Studio on your own machine is you.
    if is_studio_user(ctx.user):
        return None
    # What a user makes is marked as theirs, and they find only what is marked so.
    owner = {"owner": ctx.user.identity}
    value.setdefault("metadata", {}).update(owner)
    return owner


@auth.on.store
async def authorize_store(ctx: Auth.types.AuthContext, value: dict) -> None:
    """Let users into the part of the store that begins with their own identity."""
    if is_studio_user(ctx.user):
        return
    # A list of namespaces may be asked for without saying of which.
    namespace = value["namespace"] = value["namespace"] or (ctx.user.identity,)
    assert namespace[0] == ctx.user.identity, "Not authorized"
