"""A lifespan with a state, and a streaming response with a task in the background, as Starlette's documentation has them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypedDict

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

told: asyncio.Queue[str] = asyncio.Queue()


class State(TypedDict):
    numbers: list[int]


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[State]:
    yield {"numbers": [1, 2, 3]}


async def homepage(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{sum(request.state.numbers)}")


async def slow_numbers(minimum: int, maximum: int) -> AsyncIterator[str]:
    yield "<html><body><ul>"
    for number in range(minimum, maximum + 1):
        yield f"<li>{number}</li>"
        await asyncio.sleep(0.01)
    yield "</ul></body></html>"


async def numbers(request: Request) -> StreamingResponse:
    task = BackgroundTask(send_welcome_email, to_address="ann@example.com")
    return StreamingResponse(slow_numbers(1, 3), media_type="text/html", background=task)


async def send_welcome_email(to_address: str) -> None:
    await told.put(to_address)


async def mail(request: Request) -> JSONResponse:
    return JSONResponse({"to": await told.get()})


app = Starlette(
    routes=[Route("/home", homepage), Route("/numbers", numbers), Route("/mail", mail)],
    lifespan=lifespan,
)
