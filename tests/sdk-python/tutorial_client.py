"""The client of the custom-auth tutorial, as it is printed there, against the server at LGX_URL; then a look at the answer."""

import asyncio
import os

from langgraph_sdk import get_client
from langgraph_sdk.errors import AuthenticationError

URL = os.environ["LGX_URL"]


async def main() -> None:
    """Run the tutorial's step 4."""
    # Try without a token (should fail)
    client = get_client(url=URL)
    try:
        thread = await client.threads.create()
        print("❌ Should have failed without token!")
    except Exception as e:
        print("✅ Correctly blocked access:", e)
        # Beyond the tutorial: it was blocked as an unauthenticated request is, not by some other failure.
        assert isinstance(e, AuthenticationError), type(e)
        assert e.status_code == 401

    # Try with a valid token
    client = get_client(url=URL, headers={"Authorization": "Bearer user1-token"})

    # Create a thread and chat
    thread = await client.threads.create()
    print(f"✅ Created thread as Alice: {thread['thread_id']}")

    response = await client.runs.create(
        thread_id=thread["thread_id"],
        assistant_id="agent",
        input={"messages": [{"role": "user", "content": "Hello!"}]},
    )
    print("✅ Bot responded:")
    print(response)

    # Beyond the tutorial: what it calls the response is the run as it starts; this is what the bot says.
    values = await client.runs.join(thread["thread_id"], response["run_id"])
    question, answer = values["messages"]
    assert (question["type"], question["content"]) == ("human", "Hello!")
    assert answer["type"] == "ai" and answer["content"], answer
    print("answer:", answer["content"])


asyncio.run(main())
