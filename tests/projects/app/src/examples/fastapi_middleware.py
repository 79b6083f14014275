"""Middleware as a function, a task in the background, a lifespan and a WebSocket, as FastAPI's documentation has them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, Form, Request, WebSocket
from fastapi.middleware.cors import CORSMiddleware

models: dict = {}
notes: SimpleQueue[str] = SimpleQueue()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    models["answer"] = lambda x: x * 42
    yield
    models.clear()


app = FastAPI(lifespan=lifespan)
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_methods=["*"])


@app.middleware("http")
async def add_process_time_header(request: Request, call_next):
    start_time = time.perf_counter()
    response = await call_next(request)
    response.headers["X-Process-Time"] = str(time.perf_counter() - start_time)
    return response


@app.get("/predict")
async def predict(x: float) -> dict:
    return {"result": models["answer"](x)}


def write_notification(email: str, message: str = "") -> None:
    notes.put(f"notification for {email}: {message}")


def get_query(background_tasks: BackgroundTasks, q: str | None = None) -> str | None:
    if q:
        background_tasks.add_task(write_notification, "log", f"found query: {q}")
    return q


@app.post("/send-notification/{email}")
async def send_notification(
    email: str, background_tasks: BackgroundTasks, q: Annotated[str | None, Depends(get_query)]
) -> dict:
    background_tasks.add_task(write_notification, email, message="some notification")
    return {"message": "Notification sent in the background"}


@app.get("/note")
def note() -> str:
    return notes.get(timeout=30)


@app.post("/login")
async def login(username: Annotated[str, Form()]) -> dict:
    return {"username": username}


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: int) -> None:
    await websocket.accept()
    async for data in websocket.iter_text():
        await websocket.send_text(f"You wrote: {data}, {client_id}")
