"""Tokens and owners: one token for each way a handler may answer, and threads that belong to who made them."""

from langgraph_sdk import Auth

auth = Auth()


class Person:
    """A user that is an object, not a dict."""

    identity = "object"
    display_name = "An Object"
    is_authenticated = True
    permissions = ("threads:delete",)


@auth.authenticate
async def authenticate(authorization: str | None, method: str, path: str, headers: dict) -> object:
    assert authorization, "who are you?"
    token = authorization.removeprefix("Bearer ")
    assert headers[b"authorization"].decode() == authorization
    assert method.isupper() and path.startswith("/")
    if token == "teapot":
        raise Auth.exceptions.HTTPException(status_code=418, detail="short and stout", headers={"x-spout": "yes"})
    if token == "malformed":
        raise ValueError("what is this?")
    if token == "crash":
        raise RuntimeError("the identity provider is on fire")
    if token == "name-only":
        return "name-only"
    if token == "object":
        return Person()
    if token in ("alice", "bob"):
        return {
            "identity": token,
            "display_name": token.title(),
            "secret": f"secret of {token}",
            "permissions": ["chat"],
        }
    if token == "admin":
        return {"identity": "admin", "permissions": ["threads:delete"]}
    raise Auth.exceptions.HTTPException(status_code=401, detail="Invalid token", headers={"www-authenticate": "Bearer"})


@auth.on.threads
async def own(ctx: Auth.types.AuthContext, value: dict) -> dict:
    owner = {"owner": ctx.user.identity}
    value.setdefault("metadata", {}).update(owner)
    return owner


@auth.on.threads.delete
async def delete(ctx: Auth.types.AuthContext, value: dict) -> bool:
    return "threads:delete" in ctx.permissions


@auth.on.threads.create_run
async def create_run(ctx: Auth.types.AuthContext, value: dict) -> dict:
    if value["metadata"].get("forbidden"):
        raise Auth.exceptions.HTTPException(status_code=402, detail="not on your plan")
    value["metadata"]["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}
