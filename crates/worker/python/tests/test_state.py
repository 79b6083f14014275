"""The state of a thread as the API shows it, its history, and updates written as if by a node."""

from __future__ import annotations

import asyncio
import json
import operator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict

from lgx_worker import state
from lgx_worker.errors import CallFailed


class Log(TypedDict, total=False):
    ask: bool
    log: Annotated[list[str], operator.add]


def strict(left: list[str], right: Any) -> list[str]:
    return left + [item for item in right if item or int("no")]


class Strict(TypedDict):
    log: Annotated[list, strict]


def writes(name: str) -> Any:
    return lambda _: {"log": [name]}


def ask(_: Log) -> Any:
    return {"log": [str(interrupt({"ask": "name?"}))]}


def chain(*nodes: Any, **options: Any) -> Any:
    first = nodes[0][0]
    return StateGraph(Log).add_sequence(nodes).add_edge(START, first).compile(**options)


def fail(_: Log) -> Any:
    raise ValueError("kaboom")


class Project:
    """A worker with graphs in memory, as far as the state calls look at one."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.graph.checkpointer = InMemorySaver()
        self.opened: list[dict[str, Any]] = []
        self.worker: Any = SimpleNamespace(
            root=Path(__file__).parent, open_graph=self.open_graph, update_saver=InMemorySaver
        )

    @asynccontextmanager
    async def open_graph(self, graph_id: str, **how: Any) -> Any:
        self.opened.append({"graph_id": graph_id, **how})
        yield self.graph

    def run(self, value: Any, **options: Any) -> None:
        try:
            # Not `ainvoke`: before Python 3.11 that cannot interrupt.
            self.graph.invoke(value, {"configurable": {"thread_id": "t"}}, **options)
        except ValueError as exc:
            if str(exc) != "kaboom":  # one graph fails on purpose
                raise

    def call(self, handler: Any, **params: Any) -> tuple[dict[str, Any], Any]:
        full = {"graph_id": "g", "thread_id": "t", "config": {}, "user": None, **params}
        meta, sections = asyncio.run(handler(self.worker, full, []))
        assert len(sections) <= 1
        return meta, json.loads(sections[0]) if sections else None

    def state(self, **params: Any) -> dict[str, Any]:
        return self.call(state.get, **params)[1]

    def history(self, **params: Any) -> list[dict[str, Any]]:
        return self.call(state.history, **params)[1]

    def refused(self, handler: Any, **params: Any) -> CallFailed:
        with pytest.raises(CallFailed) as caught:
            self.call(handler, **params)
        return caught.value


@pytest.fixture
def plain() -> Project:
    project = Project(chain(("a", writes("a")), ("b", writes("b"))))
    project.run({"log": ["in"]})
    return project


@pytest.fixture
def interrupted() -> Project:
    project = Project(chain(("a", writes("a")), ("q", ask)))
    project.run({"log": ["in"]})
    return project


@pytest.fixture
def nested() -> Project:
    child = chain(("c1", writes("c1")), ("c2", ask))
    project = Project(chain(("before", writes("before")), ("child", child)))
    project.run({"log": ["in"]})
    return project


EMPTY = {
    "values": {},
    "next": [],
    "tasks": [],
    "metadata": None,
    "created_at": None,
    "checkpoint": None,
    "parent_checkpoint": None,
    "interrupts": [],
    "checkpoint_id": None,
    "parent_checkpoint_id": None,
}


# ---- reading


def test_a_finished_thread_has_all_the_keys_clients_read(plain: Project) -> None:
    found = plain.state()
    assert list(found) == list(EMPTY)
    assert (found["values"], found["next"], found["tasks"]) == ({"log": ["in", "a", "b"]}, [], [])
    assert found["checkpoint"] == {"checkpoint_id": found["checkpoint_id"], "thread_id": "t", "checkpoint_ns": ""}
    assert list(found["checkpoint"]) == ["checkpoint_id", "thread_id", "checkpoint_ns"]
    assert found["parent_checkpoint"]["checkpoint_id"] == found["parent_checkpoint_id"]
    assert (found["metadata"]["source"], found["metadata"]["thread_id"]) == ("loop", "t")
    assert found["created_at"].endswith("+00:00")


def test_an_interrupted_task_shows_its_question(interrupted: Project) -> None:
    found = interrupted.state()
    (question,) = found["interrupts"]
    assert list(question) == ["id", "value"]
    assert question["value"] == {"ask": "name?"}
    (task,) = found["tasks"]
    assert list(task) == ["id", "name", "path", "error", "interrupts", "checkpoint", "state", "result"]
    assert task == {
        "id": task["id"],
        "name": "q",
        "path": ["__pregel_pull", "q"],
        "error": None,
        "interrupts": [question],
        "checkpoint": None,
        "state": None,
        "result": None,
    }
    assert found["next"] == ["q"]


def test_a_failed_task_shows_its_exception() -> None:
    project = Project(chain(("boom", fail)))
    project.run({"log": ["in"]})
    found = project.state()
    assert found["tasks"][0]["error"] == "ValueError('kaboom')"
    assert found["next"] == ["boom"]


def test_a_thread_that_never_ran_is_empty(plain: Project) -> None:
    assert plain.state(thread_id="other") == EMPTY


def test_an_unknown_checkpoint_is_empty_but_echoed(plain: Project) -> None:
    found = plain.state(checkpoint={"checkpoint_id": "nope"})
    assert found == {
        **EMPTY,
        "checkpoint": {"checkpoint_id": "nope", "thread_id": "t", "checkpoint_ns": ""},
        "checkpoint_id": "nope",
    }
    assert plain.state(checkpoint={"checkpoint_ns": "nope:1"}) == EMPTY


def test_an_older_checkpoint_shows_the_state_as_it_was(plain: Project) -> None:
    past = plain.history(limit=10)[1]
    assert plain.state(checkpoint={"checkpoint_id": past["checkpoint_id"]}) == past
    assert (past["values"], past["next"]) == ({"log": ["in", "a"]}, ["b"])


def test_a_subgraph_is_pointed_at_or_expanded(nested: Project) -> None:
    (task,) = nested.state()["tasks"]
    assert task["checkpoint"] == {"thread_id": "t", "checkpoint_ns": f"child:{task['id']}"}
    assert task["state"] is None

    (expanded,) = nested.state(subgraphs=True)["tasks"]
    assert expanded["checkpoint"] is None
    child = expanded["state"]
    assert list(child) == list(EMPTY)
    assert (child["values"], child["next"]) == ({"log": ["in", "before", "c1"]}, ["c2"])
    assert set(child["checkpoint"]["checkpoint_map"]) == {"", f"child:{task['id']}"}

    addressed = nested.state(checkpoint={"checkpoint_ns": f"child:{task['id']}"})
    assert addressed["values"] == child["values"]


def test_values_are_encoded_as_streams_encode_them() -> None:
    project = Project(StateGraph(MessagesState).add_node("n", lambda _: {}).add_edge(START, "n").compile())
    project.run({"messages": [HumanMessage("hi", id="1")]})
    assert project.state()["values"]["messages"][0] == {
        "content": "hi",
        "additional_kwargs": {},
        "response_metadata": {},
        "type": "human",
        "name": None,
        "id": "1",
    }


def test_a_factory_gets_the_assistants_config_with_the_thread(plain: Project) -> None:
    plain.state(config={"tags": ["x"], "configurable": {"model": "m"}}, user={"identity": "ann"})
    (how,) = plain.opened
    assert (how["graph_id"], how["access"], how["user"].identity) == ("g", "threads.read", "ann")
    assert how["config"] == {"tags": ["x"], "configurable": {"model": "m", "thread_id": "t"}}


# ---- history


def test_history_is_newest_first_and_limited(plain: Project) -> None:
    states = plain.history(limit=10)
    assert [(s["metadata"]["source"], s["metadata"]["step"]) for s in states] == [
        ("loop", 2),
        ("loop", 1),
        ("loop", 0),
        ("input", -1),
    ]
    assert states[1]["tasks"][0]["result"] == {"log": ["b"]}
    assert states[-1]["parent_checkpoint"] is None
    assert plain.history(limit=2) == states[:2]


def test_history_before_a_checkpoint_or_of_some_metadata(plain: Project) -> None:
    states = plain.history(limit=10)
    assert plain.history(limit=10, before={"checkpoint_id": states[1]["checkpoint_id"]}) == states[2:]
    assert plain.history(limit=10, metadata={"source": "input"}) == states[3:]
    assert plain.history(limit=10, checkpoint={"checkpoint_id": states[1]["checkpoint_id"]}) == [states[1]]
    assert plain.history(limit=10, thread_id="other") == []


def test_a_history_that_is_too_much_for_one_answer_goes_on_where_it_stopped(
    plain: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = plain.history(limit=10)
    monkeypatch.setattr(state, "_HISTORY_PAGE", 1)
    seen, before = [], None
    for _ in whole:
        meta, states = plain.call(state.history, limit=10, before=before)
        assert meta["count"] == len(states) == 1, "one is always told of"
        seen += states
        before = meta["last"]
        assert meta["more"] == (len(seen) < len(whole))
    assert seen == whole


def test_a_state_that_fits_into_no_message_is_413(plain: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_LARGEST_STATE", 10)
    for handler in (state.get, state.history):
        found = plain.refused(handler, limit=1)
        assert found.status == 413
        assert "MiB" in found.message


def test_history_of_a_subgraph(nested: Project) -> None:
    namespace = nested.state()["tasks"][0]["checkpoint"]["checkpoint_ns"]
    states = nested.history(limit=10, checkpoint={"checkpoint_ns": namespace})
    assert [s["next"] for s in states] == [["c2"], ["c1"], ["__start__"]]
    assert nested.history(limit=10, checkpoint={"checkpoint_ns": "nope:1"}) == []


# ---- updating


def test_an_update_makes_a_checkpoint_and_tells_the_newest_root_state(plain: Project) -> None:
    base = plain.state()
    meta, values = plain.call(state.update, values={"log": ["u"]}, metadata={"graph_id": "g"})
    now = plain.state()
    assert meta == {
        "configurable": {"thread_id": "t", "checkpoint_ns": "", "checkpoint_id": now["checkpoint_id"]},
        "next": [],
        "interrupts": {},
        "has_values": True,
    }
    assert values == now["values"] == {"log": ["in", "a", "b", "u"]}
    assert (now["metadata"]["source"], now["metadata"]["step"]) == ("update", base["metadata"]["step"] + 1)
    assert now["metadata"]["graph_id"] == "g"
    assert now["parent_checkpoint_id"] == base["checkpoint_id"]


def test_the_assistants_config_does_not_end_up_in_the_checkpoint(plain: Project) -> None:
    plain.call(state.update, values={"log": ["u"]}, config={"configurable": {"model": "m"}}, metadata={})
    assert "model" not in plain.state()["metadata"]


def test_an_update_as_a_node_decides_what_is_next(plain: Project) -> None:
    meta, _ = plain.call(state.update, values={"log": ["u"]}, as_node="a", metadata={})
    assert meta["next"] == ["b"]


def test_an_update_of_a_thread_that_never_ran_acts_as_input(plain: Project) -> None:
    meta, values = plain.call(state.update, thread_id="new", values={"log": ["u"]}, metadata={})
    assert (meta["next"], values) == (["a"], {"log": ["u"]})


def test_an_update_from_an_older_checkpoint_branches_off_there(plain: Project) -> None:
    past = plain.history(limit=10)[2]
    _, values = plain.call(
        state.update, values={"log": ["u"]}, checkpoint={"checkpoint_id": past["checkpoint_id"]}, metadata={}
    )
    assert values == {"log": ["in", "u"]}
    assert plain.state()["parent_checkpoint_id"] == past["checkpoint_id"]


def test_a_copy_forks_a_checkpoint(plain: Project) -> None:
    past = plain.history(limit=10)[1]
    meta, values = plain.call(
        state.update,
        values=None,
        as_node="__copy__",
        checkpoint={"checkpoint_id": past["checkpoint_id"]},
        metadata={},
    )
    assert (meta["next"], values) == (["b"], {"log": ["in", "a"]})
    assert plain.state()["metadata"]["source"] == "fork"


def test_an_update_of_a_subgraph_keeps_the_roots_values_and_question(nested: Project) -> None:
    task = nested.state()["tasks"][0]
    checkpoint = {"checkpoint_ns": task["checkpoint"]["checkpoint_ns"]}
    meta, values = nested.call(state.update, values={"log": ["s"]}, checkpoint=checkpoint, metadata={})
    assert set(meta["configurable"]) == {"thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map"}
    assert meta["configurable"]["checkpoint_ns"] == f"child:{task['id']}"
    assert values == {"log": ["in", "before"]}
    (question,) = meta["interrupts"][task["id"]]
    assert question == {"id": question["id"], "value": {"ask": "name?"}, "response_schema": None}
    assert nested.state(checkpoint=checkpoint)["values"]["log"][-1] == "s"


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"values": {"log": ["u"]}, "as_node": "nope"}, "Node nope does not exist"),
        ({"values": {"log": ["u"]}, "as_node": "__end__"}, "Node __end__ does not exist"),
        ({"values": [1]}, "Expected dict"),
        ({"values": {"log": 5}}, "list"),
        ({"values": {"log": ["u"]}, "checkpoint": {"checkpoint_ns": "nope:1"}}, "Subgraph nope not found"),
    ],
)
def test_a_clients_mistake_is_400(plain: Project, params: dict[str, Any], part: str) -> None:
    found = plain.refused(state.update, metadata={}, **params)
    assert found.status == 400
    assert part in found.message


def test_an_update_that_several_nodes_could_have_made_needs_as_node() -> None:
    builder = StateGraph(Log).add_node("left", writes("l")).add_node("right", writes("r"))
    project = Project(builder.add_edge(START, "left").add_edge(START, "right").compile())
    project.run({"log": ["in"]})
    found = project.refused(state.update, values={"log": ["u"]}, metadata={})
    assert (found.status, found.type) == (400, "InvalidUpdateError")
    assert "as_node" in found.message


def test_a_reducer_of_the_project_that_refuses_is_400_with_its_line() -> None:
    project = Project(StateGraph(Strict).add_node("n", lambda _: {}).add_edge(START, "n").compile())
    found = project.refused(state.update, values={"log": [""]}, metadata={})
    assert (found.status, found.type) == (400, "ValueError")
    assert found.diagnostic is not None
    assert found.diagnostic["file"] == __file__
    assert project.refused(state.update, values={"log": 5}, as_node="nope", metadata={}).diagnostic is None


def no_way(values: Any) -> str:
    return {"somewhere": "n"}[values["log"][-1]]


def test_an_edge_of_the_project_that_fails_is_400_with_its_line() -> None:
    builder = StateGraph(Log).add_node("n", lambda _: {}).add_edge(START, "n")
    project = Project(builder.add_conditional_edges("n", no_way, ["n"]).compile())
    found = project.refused(state.update, values={"log": ["i"]}, as_node="n", metadata={})
    assert (found.status, found.type, found.message) == (400, "KeyError", "KeyError: 'i'")
    assert found.diagnostic is not None
    assert found.diagnostic["function"] == "no_way"


def test_a_failure_of_the_server_is_not_the_clients_mistake(plain: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> Any:
        raise CallFailed("the disk is full", type="StoreError")

    monkeypatch.setattr(plain.graph.checkpointer, "aput", fail)
    found = plain.refused(state.update, values={"log": ["u"]}, metadata={})
    assert (found.status, found.type) == (None, "StoreError")


def test_messages_that_are_none_are_400() -> None:
    project = Project(StateGraph(MessagesState).add_node("n", lambda _: {}).add_edge(START, "n").compile())
    for messages in ([{"foo": 1}], 5):
        assert project.refused(state.update, values={"messages": messages}, metadata={}).status == 400


# ---- several supersteps


def step(*updates: Any) -> dict[str, Any]:
    return {"updates": [{"values": values, "command": None, "as_node": node} for values, node in updates]}


def test_each_superstep_is_one_checkpoint(plain: Project) -> None:
    steps = [step(({"log": ["x"]}, "__start__")), step(({"log": ["y"]}, "a"), ({"log": ["z"]}, "b"))]
    meta, values = plain.call(state.bulk_update, thread_id="new", supersteps=steps, metadata={})
    assert values == {"log": ["x", "y", "z"]}
    assert meta["next"] == ["b"]
    assert [s["metadata"]["step"] for s in plain.history(thread_id="new", limit=10)] == [1, 0]


def test_an_input_superstep_is_recorded_as_input(plain: Project) -> None:
    steps = [step(({"log": ["x"]}, "__input__"))]
    plain.call(state.bulk_update, thread_id="new", supersteps=steps, metadata={})
    assert plain.state(thread_id="new")["metadata"]["source"] == "input"


def test_a_command_in_a_superstep_goes_before_values(plain: Project) -> None:
    steps = [
        step(({"log": ["x"]}, "__start__")),
        {
            "updates": [
                {"values": {"log": ["no"]}, "command": {"update": [["log", ["c"]]], "goto": "a"}, "as_node": "b"}
            ]
        },
    ]
    meta, values = plain.call(state.bulk_update, thread_id="new", supersteps=steps, metadata={})
    assert (meta["next"], values) == (["a"], {"log": ["x", "c"]})


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"updates": []}],
        [step(({}, "nope"))],
        [{"updates": [{"command": {"jump": "a"}, "as_node": "a"}]}],
        [{"updates": [{"command": {"goto": {"input": 1}}, "as_node": "a"}]}],
        [{"updates": [{"command": {"update": [1]}, "as_node": "a"}]}],
    ],
)
def test_supersteps_that_mean_nothing_are_400(plain: Project, steps: Any) -> None:
    assert plain.refused(state.bulk_update, thread_id="new", supersteps=steps, metadata={}).status == 400
