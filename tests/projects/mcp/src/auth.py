"""Who calls tools: alice may do all, bob may run nothing, carol sees nothing."""

from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def authenticate(authorization: str | None) -> str:
    if not authorization:
        raise Auth.exceptions.HTTPException(status_code=401, detail="who are you?")
    return authorization.removeprefix("Bearer ")


@auth.on.assistants.search
async def search(ctx: Auth.types.AuthContext, value: dict) -> dict | None:
    return {"owner": "carol"} if ctx.user.identity == "carol" else None


@auth.on.threads.create_run
async def create_run(ctx: Auth.types.AuthContext, value: dict) -> None:
    if ctx.user.identity == "bob":
        raise Auth.exceptions.HTTPException(status_code=403, detail="not on your plan")
