"""What the server sends is, byte for byte, what the transcripts in `wire/` say."""

import httpx
import pytest

from wire import replay, transcripts


@pytest.mark.parametrize("name", transcripts())
async def test_the_transcript_holds(name: str, http: httpx.AsyncClient, thread_id: str):
    written, answered = await replay(name, http, thread_id)
    assert answered == written
