"""Custom authentication and authorization, as users of the Python SDK and as plain HTTP clients meet them."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import AuthenticationError, NotFoundError, PermissionDeniedError

from conftest import URL, client_of
from streams import collect

ORIGIN = "http://localhost:3000"


@pytest.fixture
async def alice() -> AsyncIterator[LangGraphClient]:
    """A client of one user."""
    async with client_of("alice") as made:
        yield made


@pytest.fixture
async def bob() -> AsyncIterator[LangGraphClient]:
    """A client of another."""
    async with client_of("bob") as made:
        yield made


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A plain HTTP client without credentials."""
    async with httpx.AsyncClient(base_url=URL, trust_env=False) as made:
        yield made


async def test_without_a_valid_token_nothing_works(client: LangGraphClient):
    for anyone in (client, client_of("nonsense")):
        for ask in (anyone.threads.create, anyone.threads.search, anyone.assistants.search):
            with pytest.raises(AuthenticationError):
                await ask()
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            await anyone.runs.wait(None, "whoami", input={})


async def test_authentication_comes_before_everything_else(http: httpx.AsyncClient):
    assert (await http.post("/threads", content="not json")).status_code == 401
    assert (await http.get("/threads/not-a-uuid")).status_code == 401
    assert (await http.get("/no/such/path")).status_code == 401


async def test_some_routes_are_public(http: httpx.AsyncClient):
    for path in ("/ok", "/info", "/docs", "/openapi.json"):
        assert (await http.get(path)).status_code == 200, path


@pytest.mark.parametrize(
    ("token", "status", "detail"),
    [
        (None, 401, "who are you?"),
        ("nonsense", 401, "Invalid token"),
        ("teapot", 418, "short and stout"),
        ("malformed", 400, "what is this?"),
    ],
)
async def test_what_the_handler_raises_is_what_the_client_sees(
    http: httpx.AsyncClient, token: str | None, status: int, detail: str
):
    headers = {"Origin": ORIGIN} | ({"Authorization": f"Bearer {token}"} if token else {})
    answer = await http.post("/threads", json={}, headers=headers)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
    assert answer.headers["access-control-allow-origin"]


async def test_headers_of_a_refusal_are_kept(http: httpx.AsyncClient):
    refused = await http.post("/threads", json={}, headers={"Authorization": "Bearer nonsense"})
    assert refused.headers["www-authenticate"] == "Bearer"
    teapot = await http.post("/threads", json={}, headers={"Authorization": "Bearer teapot"})
    assert teapot.headers["x-spout"] == "yes"


async def test_a_crash_of_the_handler_is_a_json_500_without_its_secrets(http: httpx.AsyncClient):
    answer = await http.post("/threads", json={}, headers={"Authorization": "Bearer crash", "Origin": ORIGIN})
    assert answer.status_code == 500
    assert isinstance(answer.json()["detail"], str)
    assert "on fire" not in answer.text
    assert answer.headers["access-control-allow-origin"]


@pytest.mark.parametrize(
    ("token", "identity", "display_name", "permissions"),
    [
        ("alice", "alice", "Alice", ["chat"]),
        ("name-only", "name-only", "name-only", []),
        ("object", "object", "An Object", ["threads:delete"]),
    ],
)
async def test_the_user_reaches_the_graph(token: str, identity: str, display_name: str, permissions: list[str]):
    async with client_of(token) as user:
        seen = (await user.runs.wait(None, "whoami", input={}))["seen"]
    assert seen == {
        "identity": identity,
        "display_name": display_name,
        "knows_secret": token == "alice",
        "user_id": identity,
        "permissions": permissions,
    }


async def test_the_user_never_appears_in_what_the_api_tells(http: httpx.AsyncClient, alice: LangGraphClient):
    headers = {"Authorization": "Bearer alice"}
    thread = (await alice.threads.create())["thread_id"]
    modes = ["values", "debug", "checkpoints", "tasks", "events"]
    body = {"assistant_id": "whoami", "input": {}, "stream_mode": modes}
    texts = [(await http.post(f"/threads/{thread}/runs/stream", json=body, headers=headers)).text]
    created = await http.post(f"/threads/{thread}/runs", json={"assistant_id": "whoami", "input": {}}, headers=headers)
    texts.append(created.text)
    await alice.runs.join(thread, created.json()["run_id"])
    for path in ("", "/runs", f"/runs/{created.json()['run_id']}", "/state", "/history?limit=100"):
        answer = await http.get(f"/threads/{thread}{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        texts.append(answer.text)
    for text in texts:
        assert "whoami" in text or "alice" in text
        assert "secret of alice" not in text
        assert "Authorization" not in text and "Bearer" not in text


async def test_threads_belong_to_who_made_them(alice: LangGraphClient, bob: LangGraphClient):
    mark = str(uuid4())
    thread = await alice.threads.create(metadata={"mark": mark, "owner": "bob"})
    assert thread["metadata"]["owner"] == "alice"
    thread_id = thread["thread_id"]
    await alice.runs.wait(thread_id, "whoami", input={})
    (run,) = await alice.runs.list(thread_id)

    for ask in (bob.threads.get, bob.threads.get_state, bob.threads.get_history, bob.runs.list):
        with pytest.raises(NotFoundError):
            await ask(thread_id)
    with pytest.raises(NotFoundError):
        await bob.threads.update(thread_id, metadata={"mine": True})
    with pytest.raises(NotFoundError):
        await bob.threads.update_state(thread_id, {"seen": {}})
    with pytest.raises(NotFoundError):
        await bob.runs.create(thread_id, "whoami", input={})
    with pytest.raises(NotFoundError):
        await bob.runs.get(thread_id, run["run_id"])
    with pytest.raises(NotFoundError):
        await bob.runs.cancel(thread_id, run["run_id"])
    with pytest.raises(NotFoundError):
        await collect(bob.runs.join_stream(thread_id, run["run_id"]))

    assert await bob.threads.search(metadata={"mark": mark}) == []
    assert await bob.threads.count(metadata={"mark": mark}) == 0
    assert await alice.threads.count(metadata={"mark": mark}) == 1
    assert (await alice.threads.get(thread_id))["metadata"] == (await alice.threads.search(metadata={"mark": mark}))[0][
        "metadata"
    ]


async def test_an_owner_cannot_give_a_thread_away(alice: LangGraphClient):
    thread = await alice.threads.create()
    patched = await alice.threads.update(thread["thread_id"], metadata={"owner": "bob"})
    assert patched["metadata"]["owner"] == "alice"


async def test_a_run_belongs_to_who_started_it(alice: LangGraphClient, bob: LangGraphClient):
    thread_id = str(uuid4())
    await alice.runs.wait(thread_id, "whoami", input={}, if_not_exists="create")
    (run,) = await alice.runs.list(thread_id)
    assert run["metadata"]["owner"] == "alice"
    assert (await alice.threads.get(thread_id))["metadata"]["owner"] == "alice"
    with pytest.raises(httpx.HTTPStatusError) as refused:
        await bob.runs.join(thread_id, run["run_id"])
    assert refused.value.response.status_code == 404


async def test_a_handler_may_forbid(alice: LangGraphClient):
    thread_id = (await alice.threads.create())["thread_id"]
    with pytest.raises(PermissionDeniedError):
        await alice.threads.delete(thread_id)
    with pytest.raises(Exception, match="not on your plan"):
        await alice.runs.create(thread_id, "whoami", input={}, metadata={"forbidden": True})
    assert await alice.runs.list(thread_id) == []
    async with client_of("admin") as admin:
        await admin.threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        await alice.threads.get(thread_id)


async def test_default_assistants_are_for_everyone(alice: LangGraphClient):
    assert {assistant["graph_id"] for assistant in await alice.assistants.search()} == {"whoami", "slow", "asks"}


async def test_studio_is_let_in_but_sees_only_its_own(http: httpx.AsyncClient, alice: LangGraphClient):
    thread = await alice.threads.create()
    studio = {"x-auth-scheme": "langsmith"}
    own = await http.post("/threads", json={}, headers=studio)
    assert own.json()["metadata"]["owner"] == "langgraph-studio-user"
    assert (await http.get(f"/threads/{thread['thread_id']}", headers=studio)).status_code == 404
    for almost in ("LangSmith", "langsmith-api-key", ""):
        assert (await http.post("/threads", json={}, headers={"x-auth-scheme": almost})).status_code == 401


async def test_a_graph_asks_its_server_as_the_user_of_its_run(alice: LangGraphClient, bob: LangGraphClient):
    for client, name in ((alice, "alice"), (bob, "bob")):
        done = await client.runs.wait(None, "asks", input={})
        assert done["threads"] == [[name]] * 3
        assert (done["whoami"]["identity"], done["whoami"]["knows_secret"]) == (name, True)


async def test_credentials_that_a_graph_gives_its_client_count_instead(alice: LangGraphClient):
    done = await alice.runs.wait(None, "asks", input={"token": "object"})
    assert done["threads"] == [["object"]]
    assert done["whoami"]["identity"] == "object"
