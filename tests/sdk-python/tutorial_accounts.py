"""The client of "Connect an authentication provider", as printed there, against the server at LGX_URL and the provider at
SUPABASE_URL; the e-mail address, which it asks for, is given as EMAIL.
"""

import asyncio
import os

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.errors import AuthenticationError, NotFoundError

URL = os.environ["LGX_URL"]

# Get email from command line
email = os.environ["EMAIL"]
base_email = email.split("@")
password = "secure-password"  # CHANGEME
email1 = f"{base_email[0]}+1@{base_email[1]}"
email2 = f"{base_email[0]}+2@{base_email[1]}"

SUPABASE_URL = os.environ["SUPABASE_URL"]

# This is your PUBLIC anon key (which is safe to use client-side)
# Do NOT mistake this for the secret service role key
SUPABASE_ANON_KEY = os.environ["SUPABASE_ANON_KEY"]


async def sign_up(email: str, password: str):
    """Create a new user account."""
    async with httpx.AsyncClient() as client:
        response = await client.post(
            f"{SUPABASE_URL}/auth/v1/signup",
            json={"email": email, "password": password},
            headers={"apiKey": SUPABASE_ANON_KEY},
        )
        assert response.status_code == 200
        return response.json()


async def login(email: str, password: str):
    """Get an access token for an existing user."""
    async with httpx.AsyncClient() as client:
        response = await client.post(
            f"{SUPABASE_URL}/auth/v1/token?grant_type=password",
            json={"email": email, "password": password},
            headers={
                "apikey": SUPABASE_ANON_KEY,
                "Content-Type": "application/json",
            },
        )
        assert response.status_code == 200
        return response.json()["access_token"]


async def main() -> None:
    """Run the tutorial's steps 4 and 5."""
    # Create two test users
    print(f"Creating test users: {email1} and {email2}")
    await sign_up(email1, password)
    await sign_up(email2, password)

    # Log in as user 1
    user1_token = await login(email1, password)
    user1_client = get_client(url=URL, headers={"Authorization": f"Bearer {user1_token}"})

    # Create a thread as user 1
    thread = await user1_client.threads.create()
    print(f"✅ User 1 created thread: {thread['thread_id']}")

    # Try to access without a token
    unauthenticated_client = get_client(url=URL)
    try:
        await unauthenticated_client.threads.create()
        print("❌ Unauthenticated access should fail!")
    except Exception as e:
        print("✅ Unauthenticated access blocked:", e)
        # Beyond the tutorial: as unauthenticated, and so is who has a token that the provider does not know.
        assert isinstance(e, AuthenticationError), type(e)
    try:
        await get_client(url=URL, headers={"Authorization": "Bearer made-up"}).threads.create()
        print("❌ A token that nobody handed out should fail!")
    except Exception as e:
        assert isinstance(e, AuthenticationError), type(e)

    # Try to access user 1's thread as user 2
    user2_token = await login(email2, password)
    user2_client = get_client(url=URL, headers={"Authorization": f"Bearer {user2_token}"})

    try:
        await user2_client.threads.get(thread["thread_id"])
        print("❌ User 2 shouldn't see User 1's thread!")
    except Exception as e:
        print("✅ User 2 blocked from User 1's thread:", e)
        assert isinstance(e, NotFoundError), type(e)

    # Beyond the tutorial: the conversations of before, with real accounts.
    for client, name in ((user1_client, "one"), (user2_client, "two")):
        talk = await client.threads.create()
        values = await client.runs.wait(
            talk["thread_id"], "agent", input={"messages": [{"role": "user", "content": f"I am {name}"}]}
        )
        assert f"I am {name}" in values["messages"][-1]["content"], values
    assert [len(await client.threads.search()) for client in (user1_client, user2_client)] == [2, 1]
    print("✅ Each of the two has conversations of their own")


asyncio.run(main())
