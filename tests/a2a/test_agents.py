"""What the official client of the protocol does with agents: their card, messages, tasks and questions, with auth."""

import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
from a2a.client import Client
from a2a.client.errors import A2AClientError
from a2a.helpers import new_data_message, new_text_message
from a2a.types import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Role,
    SendMessageRequest,
    StreamResponse,
    SubscribeToTaskRequest,
    Task,
    TaskState,
)
from a2a.utils.errors import TaskNotCancelableError, TaskNotFoundError, UnsupportedOperationError

from conftest import URL, Agents


def says(text: str, **place: str) -> SendMessageRequest:
    message = new_text_message(text, role=Role.ROLE_USER, **place)
    return SendMessageRequest(message=message)


def gives(**data: object) -> SendMessageRequest:
    return SendMessageRequest(message=new_data_message(data, role=Role.ROLE_USER))


async def task_of(client: Client, request: SendMessageRequest) -> Task:
    """The task that a client gets which does not stream."""
    (event,) = [event async for event in client.send_message(request)]
    return event.task


def text_of(message: Message) -> str:
    return "".join(part.text for part in message.parts)


async def first_task(stream: AsyncIterator[StreamResponse]) -> Task:
    event = await anext(stream)
    assert event.HasField("task")
    return event.task


async def test_the_card_says_how_the_agent_is_spoken_to(agents: Agents, http: httpx.AsyncClient) -> None:
    client = await agents.named("chat")
    card = client._card
    assert (card.name, card.description) == ("chat", "Says again what it hears.")
    assert card.capabilities.streaming
    assert [interface.protocol_version for interface in card.supported_interfaces] == [agents.version]
    assert card.security_schemes["token"].http_auth_security_scheme.scheme == "bearer"
    headers = {"authorization": "Bearer alice"}
    path = f"{URL}/.well-known/agent-card.json"
    found = await http.get(path, params={"assistant_id": "chat"}, headers=headers)
    assert found.json()["url"] == card.supported_interfaces[0].url


async def test_a_message_is_answered(agents: Agents) -> None:
    client = await agents.named("chat", streaming=False)
    task = await task_of(client, says("hi"))
    assert task.status.state == TaskState.TASK_STATE_COMPLETED
    assert [text_of(message) for message in task.history] == ["hi", "You said: hi"]
    assert [part.text for part in task.artifacts[0].parts] == ["You said: hi"]
    again = await task_of(client, says("more", context_id=task.context_id))
    assert again.context_id == task.context_id
    assert len(again.history) == 4
    got = await client.get_task(GetTaskRequest(id=again.id, history_length=1))
    assert [text_of(message) for message in got.history] == ["You said: more"]
    # What a task has left stays its own, though the conversation has gone on.
    first = await client.get_task(GetTaskRequest(id=task.id))
    assert list(first.history) == list(task.history)
    assert list(first.artifacts) == list(task.artifacts)


async def test_an_answer_is_streamed_word_by_word(agents: Agents) -> None:
    client = await agents.named("chat")
    stream = client.send_message(says("hi there"))
    task = await first_task(stream)
    pieces: dict[str, str] = {}
    whole: dict[str, str] = {}
    states = []
    async for event in stream:
        if event.HasField("artifact_update"):
            update = event.artifact_update
            text = "".join(part.text for part in update.artifact.parts)
            into = whole if update.last_chunk else pieces
            name = update.artifact.artifact_id
            into[name] = into.get(name, "") + text if update.append else text
        else:
            assert event.status_update.task_id == task.id
            states.append(event.status_update.status.state)
    assert states == [TaskState.TASK_STATE_WORKING, TaskState.TASK_STATE_COMPLETED]
    assert list(whole.values()) == ["You said: hi there"]
    assert pieces == whole
    got = await client.get_task(GetTaskRequest(id=task.id))
    assert [artifact.artifact_id for artifact in got.artifacts] == list(whole)


async def test_a_question_is_answered_by_the_next_message(agents: Agents) -> None:
    client = await agents.named("clerk", streaming=False)
    task = await task_of(client, says("What is the weather?"))
    assert task.status.state == TaskState.TASK_STATE_INPUT_REQUIRED
    assert text_of(task.status.message) == "Which city?"
    answered = await task_of(client, says("Paris", task_id=task.id, context_id=task.context_id))
    assert (answered.id, answered.status.state) == (task.id, TaskState.TASK_STATE_COMPLETED)
    assert answered.artifacts[0].parts[0].text == "Sunny in Paris"
    with pytest.raises(UnsupportedOperationError):
        await task_of(client, says("Rome", task_id=task.id))


async def test_a_question_is_streamed_and_may_be_given_up(agents: Agents) -> None:
    client = await agents.named("clerk")
    events = [event async for event in client.send_message(says("Weather?"))]
    task, last = events[0].task, events[-1].status_update
    assert last.status.state == TaskState.TASK_STATE_INPUT_REQUIRED
    assert text_of(last.status.message) == "Which city?"
    cancelled = await client.cancel_task(CancelTaskRequest(id=task.id))
    assert cancelled.status.state == TaskState.TASK_STATE_CANCELED
    with pytest.raises(TaskNotCancelableError):
        await client.cancel_task(CancelTaskRequest(id=task.id))


async def test_a_task_is_followed_from_the_middle(agents: Agents) -> None:
    name = str(uuid.uuid4())
    task = await task_of(await agents.named("gate", streaming=False, polling=True), gives(name=name))
    assert task.status.state in (TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING)
    client = await agents.named("gate")
    stream = client.subscribe(SubscribeToTaskRequest(id=task.id))
    assert (await first_task(stream)).id == task.id
    await task_of(await agents.named("gate", streaming=False), gives(name=name, opens=True))
    events = [event async for event in stream]
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
    (output,) = [event.artifact_update.artifact for event in events if event.HasField("artifact_update")]
    assert output.parts[0].data.struct_value["passed"] is True
    with pytest.raises(UnsupportedOperationError):
        await first_task(client.subscribe(SubscribeToTaskRequest(id=task.id)))


async def test_a_task_at_work_is_cancelled_and_its_followers_hear_it(agents: Agents) -> None:
    client = await agents.named("gate")
    stream = client.send_message(gives(name=str(uuid.uuid4())))
    task = await first_task(stream)
    cancelled = await client.cancel_task(CancelTaskRequest(id=task.id))
    assert cancelled.status.state == TaskState.TASK_STATE_CANCELED
    events = [event async for event in stream]
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_CANCELED


async def test_tasks_are_listed(http: httpx.AsyncClient) -> None:
    client = await Agents(http, "1.0").named("chat", user="lister", streaming=False)
    tasks = [await task_of(client, says(text)) for text in ("one", "two")]
    page = await client.list_tasks(ListTasksRequest(page_size=1))
    assert (page.total_size, [task.id for task in page.tasks]) == (2, [tasks[1].id])
    page = await client.list_tasks(ListTasksRequest(page_size=1, page_token=page.next_page_token))
    assert [task.id for task in page.tasks] == [tasks[0].id]
    assert not page.next_page_token


async def test_tasks_belong_to_who_has_begun_them(agents: Agents) -> None:
    task = await task_of(await agents.named("chat", streaming=False), says("mine"))
    bob = await agents.named("chat", user="bob", streaming=False)
    for asked in (
        bob.get_task(GetTaskRequest(id=task.id)),
        bob.cancel_task(CancelTaskRequest(id=task.id)),
        task_of(bob, says("hers", task_id=task.id)),
    ):
        with pytest.raises(TaskNotFoundError):
            await asked


async def test_a_refusal_has_its_status(agents: Agents, http: httpx.AsyncClient) -> None:
    guest = await agents.named("chat", user="guest", streaming=False)
    with pytest.raises(A2AClientError, match="403"):
        await task_of(guest, says("hi"))
    body = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {}}
    answer = await http.post(f"{URL}/a2a/chat", json=body)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["message"] == "who are you?"
    card = await http.get(f"{URL}/a2a/chat")
    assert card.status_code == 401
