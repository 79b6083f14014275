"""The clients of "Make conversations private", as printed there, against the server at LGX_URL; with a look at each refusal."""

import asyncio
import os

from langgraph_sdk import get_client
from langgraph_sdk.errors import NotFoundError

URL = os.environ["LGX_URL"]


async def main() -> None:
    """Run the tutorial's step 2."""
    # Create clients for both users
    alice = get_client(url=URL, headers={"Authorization": "Bearer user1-token"})

    bob = get_client(url=URL, headers={"Authorization": "Bearer user2-token"})

    # Alice creates an assistant
    alice_assistant = await alice.assistants.create("agent")
    print(f"✅ Alice created assistant: {alice_assistant['assistant_id']}")
    # Beyond the tutorial: it is hers.
    assert alice_assistant["metadata"]["owner"] == "user1"
    assert alice_assistant["assistant_id"] not in [found["assistant_id"] for found in await bob.assistants.search()]

    # Alice creates a thread and chats
    alice_thread = await alice.threads.create()
    print(f"✅ Alice created thread: {alice_thread['thread_id']}")

    await alice.runs.create(
        thread_id=alice_thread["thread_id"],
        assistant_id="agent",
        input={"messages": [{"role": "user", "content": "Hi, this is Alice's private chat"}]},
    )

    # Bob tries to access Alice's thread
    try:
        await bob.threads.get(alice_thread["thread_id"])
        print("❌ Bob shouldn't see Alice's thread!")
    except Exception as e:
        print("✅ Bob correctly denied access:", e)
        # Beyond the tutorial: he is told what he would be if it were not there.
        assert isinstance(e, NotFoundError), type(e)

    # Bob creates his own thread
    bob_thread = await bob.threads.create()
    await bob.runs.create(
        thread_id=bob_thread["thread_id"],
        assistant_id="agent",
        input={"messages": [{"role": "user", "content": "Hi, this is Bob's private chat"}]},
    )
    print(f"✅ Bob created his own thread: {bob_thread['thread_id']}")

    # List threads - each user only sees their own
    alice_threads = await alice.threads.search()
    bob_threads = await bob.threads.search()
    print(f"✅ Alice sees {len(alice_threads)} thread")
    print(f"✅ Bob sees {len(bob_threads)} thread")
    # Beyond the tutorial: and it is the right one.
    assert [thread["thread_id"] for thread in alice_threads] == [alice_thread["thread_id"]]
    assert [thread["thread_id"] for thread in bob_threads] == [bob_thread["thread_id"]]


asyncio.run(main())
