"""What "Make conversations private" adds with scoped handlers, as printed there; with the store, and a look at each refusal."""

import asyncio
import os

from langgraph_sdk import get_client
from langgraph_sdk.errors import PermissionDeniedError

URL = os.environ["LGX_URL"]


async def main() -> None:
    """Run the tutorial's step 3, after the calls of step 2 that are still allowed."""
    alice = get_client(url=URL, headers={"Authorization": "Bearer user1-token"})
    bob = get_client(url=URL, headers={"Authorization": "Bearer user2-token"})

    # Try creating an assistant. This should fail
    try:
        await alice.assistants.create("agent")
        print("❌ Alice shouldn't be able to create assistants!")
    except Exception as e:
        print("✅ Alice correctly denied access:", e)
        # Beyond the tutorial: with the handler's own words.
        assert isinstance(e, PermissionDeniedError), type(e)
        assert "User lacks the required permissions." in str(e)

    # Try searching for assistants. This also should fail
    try:
        await alice.assistants.search()
        print("❌ Alice shouldn't be able to search assistants!")
    except Exception as e:
        print("✅ Alice correctly denied access to searching assistants:", e)
        assert isinstance(e, PermissionDeniedError), type(e)

    # Alice can still create threads
    alice_thread = await alice.threads.create()
    print(f"✅ Alice created thread: {alice_thread['thread_id']}")

    # Beyond the tutorial: she can talk in them, with the assistant that she may not look at, and Bob cannot read along.
    values = await alice.runs.wait(
        alice_thread["thread_id"], "agent", input={"messages": [{"role": "user", "content": "Hi"}]}
    )
    assert values["messages"][-1]["type"] == "ai", values
    try:
        await bob.threads.get(alice_thread["thread_id"])
        print("❌ Bob shouldn't see Alice's thread!")
    except Exception as e:
        print("✅ Bob correctly denied access:", e)

    # Beyond the tutorial: what its handler of the store is for.
    await alice.store.put_item(("user1", "memories"), "color", {"likes": "blue"})
    item = await alice.store.get_item(("user1", "memories"), "color")
    assert item is not None and item["value"] == {"likes": "blue"}
    for ask in (
        bob.store.get_item(("user1", "memories"), "color"),
        bob.store.search_items(("user1",)),
        bob.store.put_item(("user1", "memories"), "color", {"likes": "none"}),
        bob.store.delete_item(("user1", "memories"), "color"),
    ):
        try:
            await ask
            print("❌ Bob shouldn't get at what Alice stores!")
        except Exception as e:
            assert isinstance(e, PermissionDeniedError), type(e)
            assert "Not authorized" in str(e)
    print("✅ Bob kept out of what Alice stores")


asyncio.run(main())
