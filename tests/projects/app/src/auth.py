"""A bearer token is its owner's name; whoever has none may not come in."""

from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def authenticate(authorization: str | None) -> dict:
    name = (authorization or "").removeprefix("Bearer ")
    if name not in ("ann", "bob"):
        raise Auth.exceptions.HTTPException(
            status_code=401, detail="who are you?", headers={"www-authenticate": "Bearer"}
        )
    return {"identity": name, "permissions": ["shop"]}


@auth.on.threads
async def own(ctx: Auth.types.AuthContext, value: dict) -> dict:
    """Everybody has threads of their own."""
    owner = {"owner": ctx.user.identity}
    value.setdefault("metadata", {}).update(owner)
    return owner
