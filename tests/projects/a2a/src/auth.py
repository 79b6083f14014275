"""Everybody is who their token says; threads belong to who made them, and guests only look."""

from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def authenticate(authorization: str | None) -> str:
    if not authorization:
        raise Auth.exceptions.HTTPException(
            status_code=401, detail="who are you?", headers={"www-authenticate": "Bearer"}
        )
    return authorization.removeprefix("Bearer ")


@auth.on.threads
async def own(ctx: Auth.types.AuthContext, value: dict) -> dict:
    owner = {"owner": ctx.user.identity}
    value.setdefault("metadata", {}).update(owner)
    return owner


@auth.on.threads.create_run
async def create_run(ctx: Auth.types.AuthContext, value: dict) -> dict:
    if ctx.user.identity == "guest":
        raise Auth.exceptions.HTTPException(status_code=403, detail="guests only look")
    return await own(ctx, value)
