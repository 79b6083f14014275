"""A worker as a process: its start, its output, cancelling, what it survives, and how it ends."""

import asyncio
import os
import shutil
import signal
import sys

import pytest

from projects import GRAPHS, WORKER, load, needs_context_in_nodes, process, run, run_params, start


async def test_it_says_hello_before_it_imports_anything_of_the_project():
    async with process() as worker:
        hello = await worker.server.hello
        assert hello["protocol"] == 2
        assert hello["runtime"]["name"] == "python"
        assert hello["pid"] == worker.child.pid
        assert hello["executable"] == sys.executable
        assert hello["missing"] == []


async def test_its_own_bytecode_is_kept_also_where_the_project_wants_none(tmp_path):
    ours, project = tmp_path / "ours", tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    shutil.copytree(WORKER, ours, ignore=ignored)
    shutil.copytree(GRAPHS, project, ignore=ignored)
    async with process(sources=ours, PYTHONDONTWRITEBYTECODE="1") as worker:
        await load(worker.server, {"steps": "steps.py:graph"}, root=project)
    compiled = {path.name.partition(".")[0] for path in ours.glob("lgx_worker/__pycache__/*.pyc")}
    assert {"main", "handlers", "runner"} <= compiled
    assert not [*project.rglob("*.pyc")]


async def test_an_interpreter_without_langgraph_says_so(tmp_path):
    ours = "import sys; sys.path.insert(0, %r); sys.path[:] = [p for p in sys.path if 'site-packages' not in p]\n"
    code = ours % os.path.dirname(os.path.dirname(__file__)) + "from lgx_worker.main import main; main()"
    import socket

    from fake_server import FakeServer

    mine, theirs = socket.socketpair()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env={**os.environ, "LGX_WORKER_FD": str(theirs.fileno())},
        pass_fds=[theirs.fileno()], cwd=tmp_path,
    )  # fmt: skip
    theirs.close()
    transport, server = await asyncio.get_running_loop().create_connection(FakeServer, sock=mine)
    assert (await server.hello)["missing"] == ["langgraph", "langgraph_sdk"]
    transport.close()
    assert await child.wait() == 0


@needs_context_in_nodes
@pytest.mark.parametrize("graph_id", ["fails", "fails_in_thread"])
@pytest.mark.parametrize("raises", ["SystemExit", "KeyboardInterrupt", "exit"])
async def test_a_node_that_exits_fails_its_run_and_nothing_else(graph_id, raises):
    async with process() as worker:
        server = worker.server
        graphs = {"fails": "fails.py:asynchronous", "fails_in_thread": "fails.py:synchronous"}
        await load(server, {**graphs, "waits": "waits.py:cancellable"})
        other = start(server, "waits", {}, stream_mode=["custom"])
        await other.event("custom")
        answer = await run(server, graph_id, {"raises": raises})
        expected = {"exit": {"error": "SystemExit", "message": "3"}}
        assert answer.meta["error"] == expected.get(raises, {"error": raises, "message": "kaboom"})
        assert not other.answer.done()
        server.cancel(other)
        assert (await other.answer).meta["status"] == "cancelled"


@needs_context_in_nodes
@pytest.mark.parametrize("graph_id", ["cancellable", "swallowing", "threaded"])
async def test_a_cancelled_run_says_so_whatever_its_node_does(graph_id):
    async with process() as worker:
        server = worker.server
        await load(server, {graph_id: f"waits.py:{graph_id}"})
        pending = start(server, graph_id, {}, stream_mode=["custom"])
        await pending.event("custom")
        server.cancel(pending)
        server.cancel(pending)
        answer = await pending.answer
        assert answer.meta["status"] == "cancelled"
        assert answer.meta["error"] is None
        assert answer.values["before"] is True
        if graph_id != "swallowing":
            assert len(answer.meta["next"]) == 1


async def test_a_run_that_is_cancelled_before_it_begins_is_answered():
    async with process() as worker:
        server = worker.server
        await load(server, {"cancellable": "waits.py:cancellable"})
        pending = start(server, "cancellable", {})
        server.cancel(pending)
        answer = await pending.answer
        assert (answer.meta["status"], answer.meta["has_values"], answer.events) == ("cancelled", False, [])


async def test_output_of_user_code_says_which_run_it_belongs_to():
    async with process() as worker:
        server = worker.server
        await load(server, {"talks": "talks.py:talking"})
        assert (await server.log("imported"))["run_id"] is None
        pending = start(server, "talks", {})
        answer = await pending.answer
        assert answer.meta["status"] == "success", answer.meta
        run_id = (await server.log("one"))["run_id"]
        assert run_id is not None
        said = [(line["stream"], line["text"]) for line in server.logs if line["run_id"] == run_id]
        assert [text for stream, text in said if stream == "stdout"][:3] == ["one", "two", "three"]
        assert ("stdout", "partial") in said, "an unfinished line is sent before the reply"
        assert ("stderr", "to stderr") in said
        logged = await server.log("logged 1")
        assert (logged["level"], logged["logger"], logged["stream"]) == ("info", "project", "logging")
        assert (await server.log("ValueError: kept"))["text"].startswith("went wrong\nTraceback")
        await server.log("from a thread")
        raw = await worker.child.stdout.readuntil(b"child\n")
        assert b"native\n" in raw


async def test_output_of_runs_at_the_same_time_is_kept_apart():
    async with process() as worker:
        server = worker.server
        await load(server, {"talks": "talks.py:threaded"})
        await asyncio.gather(*(run(server, "talks", {"word": str(n)}) for n in range(8)))
        lines = [await server.log(f"word {n}") for n in range(8)]
        assert len({line["run_id"] for line in lines}) == 8


async def test_a_blocking_call_is_a_warning_that_names_its_line_and_not_an_error():
    async with process() as worker:
        server = worker.server
        await load(server, {"blocks": "talks.py:blocking"})
        asked = run_params("blocks", {"seconds": 0.6})
        assert (await server.call("run", asked)).meta["status"] == "success"
        warning = await server.log("blocked the event loop")
        assert (warning["level"], warning["logger"]) == ("warning", "lgx")
        assert warning["run_id"] == asked["run_id"]
        assert warning["text"].startswith("talks.py:") and " in block (node `block`) blocked" in warning["text"]


async def test_a_block_that_is_allowed_is_for_those_who_look_closely():
    async with process() as worker:
        server = worker.server
        await load(server, {"blocks": "talks.py:blocking"}, blocking="allow")
        assert (await run(server, "blocks", {"seconds": 0.6})).meta["status"] == "success"
        assert (await server.log("blocked the event loop"))["level"] == "debug"


@pytest.mark.parametrize("graph", ["blocking", "stubborn", "ending"])
async def test_a_block_that_is_forbidden_is_the_error_of_the_run_that_blocks_and_of_no_other(graph):
    async with process() as worker:
        server = worker.server
        graphs = {"blocks": f"talks.py:{graph}", "waits": "talks.py:waiting"}
        await load(server, graphs, blocking="forbid")
        other = start(server, "waits", {"seconds": 1.0})
        end = (await run(server, "blocks", {"seconds": 0.6})).meta
        assert end["status"] == "error"
        assert end["error"]["error"] == "BlockingError"
        message = end["error"]["message"]
        assert message.startswith("talks.py:") and " in block" in message
        assert " blocked the event loop for " in message and "Use `await asyncio.sleep(…)`" in message
        found = end["diagnostic"]
        assert (found["file"], found["source"]) == (str(GRAPHS / "talks.py"), '    time.sleep(state["seconds"])')
        assert (await other.answer).meta["status"] == "success"
        assert not [line for line in server.logs if "blocked the event loop" in line["text"]]


async def test_short_steps_and_imports_are_no_error_where_blocking_is_forbidden():
    async with process() as worker:
        server = worker.server
        graphs = {"short": "talks.py:short_steps", "imports": "talks.py:importing"}
        await load(server, graphs, blocking="forbid")
        for graph in graphs:
            assert (await run(server, graph, {"seconds": 0.5})).meta["status"] == "success"


async def test_the_runs_that_a_block_stalls_are_named():
    async with process() as worker:
        server = worker.server
        await load(server, {"blocks": "talks.py:blocking", "waits": "talks.py:waiting"})
        asked = run_params("waits", {"seconds": 1.0})
        other = server.start("run", asked)
        await run(server, "blocks", {"seconds": 0.6})
        warning = await server.log("blocked the event loop")
        assert f"; run {asked['run_id'][-6:]} waited meanwhile. Use `await asyncio.sleep(…)`" in warning["text"]
        await other.answer


async def test_a_block_that_lasts_is_told_while_it_lasts_and_then_only_that_it_is_over():
    async with process() as worker:
        server = worker.server
        await load(server, {"blocks": "talks.py:blocking"})
        pending = start(server, "blocks", {"seconds": 2.6})
        stuck = await server.log("has blocked the event loop")
        assert (stuck["level"], pending.answer.done()) == ("warning", False)
        await pending.answer
        over = await server.log("let go of the event loop")
        assert over["level"] == "info"
        told = [line["text"] for line in server.logs if "blocked the event loop" in line["text"]]
        assert told == [stuck["text"]]


async def test_it_answers_pings_and_ignores_the_interrupt_of_the_terminal():
    async with process() as worker:
        await worker.server.hello
        os.kill(worker.child.pid, signal.SIGINT)
        worker.server.send(9, 77, {})
        assert await worker.server.pong == 77


async def test_shutdown_sends_what_was_said_and_ends_the_process():
    async with process() as worker:
        await load(worker.server, {"talks": "talks.py:talking"})
        worker.server.send(11, 0, {})
        assert await worker.child.wait() == 0
        assert [line["text"] for line in worker.server.logs] == ["imported"]


async def test_exit_handlers_of_user_code_run_when_the_server_lets_it_go():
    async with process() as worker:
        await load(worker.server, {"leaves": "leaves.py:graph"})
        worker.server.send(11, 0, {})
        assert await worker.child.wait() == 0
        assert [line["text"] for line in worker.server.logs] == ["goodbye"]


@pytest.mark.parametrize(("op", "code"), [("interrupted_program", -signal.SIGINT), ("interrupted_fork", 1)])
async def test_what_user_code_starts_can_be_interrupted(op, code):
    async with process() as worker:
        await load(worker.server, {"leaves": "leaves.py:graph"})
        assert (await run(worker.server, "leaves", {"op": op})).values["got"] == code


async def test_user_code_finds_the_server_by_the_environment_which_it_may_set_itself():
    async with process(LGX_URL="http://mine") as worker:
        await load(worker.server, {"leaves": "leaves.py:graph"}, api_url="http://127.0.0.1:2024")
        got = (await run(worker.server, "leaves", {"op": "environment"})).values["got"]
        assert got == ["http://127.0.0.1:2024", "http://mine", None, None]


async def test_a_crash_leaves_the_lines_that_ran_where_the_server_looks(tmp_path):
    with (tmp_path / "crash").open("w+") as file:
        async with process(LGX_CRASH_FD=str(file.fileno()), pass_fds=[file.fileno()]) as worker:
            await load(worker.server, {"leaves": "leaves.py:graph"})
            forked = await run(worker.server, "leaves", {"op": "crashed_fork"})
            assert forked.values["got"] == -signal.SIGSEGV
            start(worker.server, "leaves", {"op": "crash"})
            assert await worker.child.wait() == -signal.SIGSEGV
            assert b"crashed_fork" in await worker.child.stderr.read(), "a child's crash is output"
        file.seek(0)
        told = file.read()
    assert told.startswith("Fatal Python error: Segmentation fault")
    assert f'File "{GRAPHS / "leaves.py"}", line ' in told and told.count("Fatal") == 1


async def test_it_ends_with_the_server_even_while_user_code_blocks_its_event_loop():
    async with process() as worker:
        server = worker.server
        await load(server, {"blocks": "talks.py:blocking"})
        start(server, "blocks", {"seconds": 600})
        await server.log("has blocked the event loop")
        server.transport.abort()
        assert await asyncio.wait_for(worker.child.wait(), 5) == 0


@needs_context_in_nodes
@pytest.mark.parametrize("durability", ["async", "sync", "exit"])
async def test_an_async_node_may_call_graphs_synchronously(durability):
    async with process() as worker:
        server = worker.server
        await load(server, {"deep": "asks.py:deep"})
        thread = "thread"
        for _ in range(2):
            stopped = await run(server, "deep", {"log": []}, thread_id=thread, durability=durability)
            assert stopped.meta["error"] is None
            ids = [found["id"] for task in stopped.meta["interrupts"].values() for found in task]
            answers = {id_: str(n) for n, id_ in enumerate(ids)}
            resumed = await run(server, "deep", thread_id=thread, durability=durability, command={"resume": answers})
            assert resumed.meta["next"] == [], resumed.meta
        assert resumed.values == {"log": ["2 answers", "2 answers"]}
