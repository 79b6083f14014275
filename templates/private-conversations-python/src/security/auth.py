"""Only requests with a known bearer token may use the server, and each user sees what is theirs."""

from langgraph_sdk import Auth
from langgraph_sdk.auth import is_studio_user

# This is our toy user database. Do not do this in production
VALID_TOKENS = {
    "user1-token": {"id": "user1", "name": "Alice"},
    "user2-token": {"id": "user2", "name": "Bob"},
}

# The "Auth" object is a container that LangGraph will use to mark our handlers
auth = Auth()


@auth.authenticate
async def get_current_user(authorization: str | None) -> Auth.types.MinimalUserDict:
    """Say who is asking. Runs for every request, before anything else does."""
    assert authorization
    scheme, token = authorization.split()
    assert scheme.lower() == "bearer"
    if token not in VALID_TOKENS:
        raise Auth.exceptions.HTTPException(status_code=401, detail="Invalid token")

    user_data = VALID_TOKENS[token]
    return {
        "identity": user_data["id"],
        "display_name": user_data["name"],
    }


# For each thing that is asked for, the most specific of the handlers below runs, and no other.


@auth.on
async def add_owner(ctx: Auth.types.AuthContext, value: dict) -> dict | None:
    """Make whatever has no handler of its own private to who made it: runs, changes, searches, crons."""
    # Studio on your own machine is you.
    if is_studio_user(ctx.user):
        return None
    # What a user makes is marked as theirs, and they find only what is marked so.
    owner = {"owner": ctx.user.identity}
    value.setdefault("metadata", {}).update(owner)
    return owner


@auth.on.threads.create
async def on_thread_create(ctx: Auth.types.AuthContext, value: Auth.types.on.threads.create.value) -> dict | None:
    """Mark a new conversation as that of its user."""
    return await add_owner(ctx, value)


@auth.on.threads.read
async def on_thread_read(ctx: Auth.types.AuthContext, value: Auth.types.on.threads.read.value) -> dict | None:
    """Show users their own conversations. Nothing is to be marked: the thread is there."""
    return None if is_studio_user(ctx.user) else {"owner": ctx.user.identity}


@auth.on.assistants
async def on_assistants(ctx: Auth.types.AuthContext, value: Auth.types.on.assistants.value) -> None:
    """Keep assistants for you alone. Users can run the chatbot, and neither see nor change how it is set up."""
    if not is_studio_user(ctx.user):
        raise Auth.exceptions.HTTPException(status_code=403, detail="User lacks the required permissions.")


@auth.on.store
async def authorize_store(ctx: Auth.types.AuthContext, value: dict) -> None:
    """Let users into the part of the store that begins with their own name: ("user1", "memories")."""
    if is_studio_user(ctx.user):
        return
    # A list of namespaces may be asked for without saying of which.
    namespace = value["namespace"] = value["namespace"] or (ctx.user.identity,)
    assert namespace[0] == ctx.user.identity, "Not authorized"
