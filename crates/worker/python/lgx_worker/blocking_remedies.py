"""What to do about a call that blocks the event loop: its async form where one is known, else a thread."""

from __future__ import annotations

from lgx_worker.blocked_place import Place
from lgx_worker.blocking_call import BlockingCall

_FUNCTIONS = {
    "time.sleep": "`await asyncio.sleep(…)`",
    "os.system": "`await asyncio.create_subprocess_shell(…)`",
    "os.popen": "`await asyncio.create_subprocess_shell(…)`",
}
"""Those whose async form replaces them in any case."""
_PACKAGES = {
    "requests": "`httpx.AsyncClient`",
    "httpx": "`httpx.AsyncClient`",
    "urllib": "`httpx.AsyncClient`",
    "urllib3": "`httpx.AsyncClient`",
    "http": "`httpx.AsyncClient`",
    "subprocess": "`await asyncio.create_subprocess_exec(…)`",
    "socket": "`await asyncio.open_connection(…)`",
    "_socket": "`await asyncio.open_connection(…)`",
    "sqlite3": "`aiosqlite`",
    "psycopg": "`psycopg.AsyncConnection`",
    "psycopg2": "`psycopg.AsyncConnection`",
    "pymysql": "`aiomysql`",
    "sqlalchemy": "`sqlalchemy.ext.asyncio`",
    "redis": "`redis.asyncio`",
    "pymongo": "`pymongo.AsyncMongoClient`",
    "boto3": "`aioboto3`",
    "botocore": "`aioboto3`",
    "openai": "`openai.AsyncOpenAI`",
    "anthropic": "`anthropic.AsyncAnthropic`",
    "langgraph_sdk": "`langgraph_sdk.get_client`",
    "queue": "`asyncio.Queue`",
    "threading": "what `asyncio` has of it (`asyncio.Lock`, `asyncio.Event`)",
    "_thread": "what `asyncio` has of it (`asyncio.Lock`, `asyncio.Event`)",
    "concurrent": "`await asyncio.wrap_future(…)`",
}


def remedy(place: Place) -> str:
    """One sentence for the line of the project that does it, or that awaits what does it."""
    what = "handler" if place.authenticates else "node" if place.node is not None else None
    plain = f", or make the {what} a plain `def`" if what is not None else ""
    if place.library is not None:
        return f"What it awaits does not yield: call that in a thread with `asyncio.to_thread`{plain}."
    call = place.call
    if call is None:
        return f"Use an async call there, or wrap it in `await asyncio.to_thread(…)`{plain}."
    instead = _instead(call)
    if instead is not None and _is_made(call, instead):
        return "Make it once, at the top of a module, and use it for every call: making one takes a while."
    if instead is not None and (call.name in _FUNCTIONS or call.counterpart is not None):
        return f"Use {instead}{plain}."
    in_thread = (
        "`await asyncio.to_thread(…)`" if call.written is None else f"`await asyncio.to_thread({call.written}, …)`"
    )
    return f"Use {instead or 'an async call'} there, or {in_thread}{plain}."


def _is_made(call: BlockingCall, instead: str) -> bool:
    """Whether the call makes the client that would be the remedy, which reads certificates for it, or opens a connection."""
    made, called = instead.strip("`"), call.name
    return (made.partition(".")[0], made.rpartition(".")[2]) == (called.partition(".")[0], called.rpartition(".")[2])


def _instead(call: BlockingCall) -> str | None:
    if call.counterpart is not None:
        return f"`await {call.counterpart}(…)`"
    return _FUNCTIONS.get(call.name) or _PACKAGES.get(call.name.partition(".")[0])
