"""Output reaches the server when it is written: before a death, from a blocked loop, during an import, at a flush."""

import asyncio
import signal
import sys

import pytest

from projects import GRAPHS, load, process, run, start


@pytest.mark.parametrize("how", ["exit", "SIGSEGV", "SIGKILL"])
@pytest.mark.parametrize("lines", [0, 3000])
async def test_what_was_said_before_the_process_died_is_there(how, lines):
    async with process() as worker:
        server = worker.server
        await load(server, {"ends": "ends.py:ending"})
        start(server, "ends", {"how": how, "lines": lines})
        await worker.child.wait()
        await server.closed.wait()
        assert worker.child.returncode == (5 if how == "exit" else -getattr(signal, how))
        said = [(line["stream"], line["text"]) for line in server.logs]
        assert said[-2:] == [("stdout", "about to end"), ("logging", "really")]
        assert [text.split()[1] for _, text in said[:-2]] == [str(n) for n in range(lines)]
        assert {line["run_id"] for line in server.logs} != {None}


async def test_a_node_that_blocks_the_event_loop_is_heard():
    async with process() as worker:
        server = worker.server
        await load(server, {"spins": "ends.py:spinning"})
        start(server, "spins", {})
        line = await server.log("spin")
        assert (line["stream"], line["text"]) == ("stdout", "spin")
        assert line["run_id"] is not None


async def test_what_a_module_prints_is_there_while_it_is_imported(tmp_path):
    (tmp_path / "slow.py").write_text(
        "import os, time\nprint('loading model…')\nwhile not os.path.exists('go'): time.sleep(0.01)\ngraph = 1\n"
    )
    async with process() as worker:
        server = worker.server
        loading = asyncio.ensure_future(
            load(server, {"slow": "slow.py:graph"}, root=tmp_path, sys_path=[str(tmp_path)])
        )
        assert (await server.log("loading model"))["run_id"] is None
        assert not loading.done()


async def test_a_finalizer_that_prints_in_the_midst_of_a_print_is_heard_too():
    async with process() as worker:
        server = worker.server
        await load(server, {"loud": "ends.py:finalizing"})
        assert (await run(server, "loud", {})).meta["status"] == "success"
        made = [line["text"] for line in server.logs if line["text"].startswith("made")]
        assert made == [f"made {n}" for n in range(3000)]
        assert any(line["text"].startswith("finalized") for line in server.logs)


async def test_a_forked_child_writes_to_the_pipes_and_not_to_the_connection():
    async with process() as worker:
        await load(worker.server, {"forks": "ends.py:forking"})
        assert (await run(worker.server, "forks", {})).meta["status"] == "success"
        assert await worker.child.stdout.readline() == b"from the fork\n"
        assert b"logged in the fork" in await worker.child.stderr.readline()
        assert worker.server.logs == []


async def test_a_flush_sends_the_beginning_of_a_line():
    async with process() as worker:
        server = worker.server
        await load(server, {"dots": "ends.py:dotting"})
        assert (await run(server, "dots", {})).meta["status"] == "success"
        said = [(line["text"], line.get("open", False)) for line in server.logs]
        assert said == [(".", True), (".", True), (".", True), ("x!", False), ("token", True), ("", False)]


async def test_what_nodes_print_says_which_node_and_which_task_did():
    async with process() as worker:
        server = worker.server
        await load(server, {"prints": "prints.py:printing"})
        answer = await run(server, "prints", {})
        assert answer.meta["status"] == "success"
        tasks = {start["node"]: start["task_id"] for start in answer.steps.started}
        said = {line["text"]: (line.get("node"), line.get("task_id")) for line in server.logs if line["run_id"]}
        expected = {
            "from on_loop": "on_loop",
            "from a thread of on_loop": "on_loop",
            "logged by on_loop": "on_loop",
            "from a context that was copied": "on_loop",
            "from in_thread": "in_thread",
            "from a runnable within in_thread": "in_thread",
            "from inner": "inner",
            "from beside": "beside",
        }
        if sys.version_info < (3, 11):  # langgraph gives nodes no context, which threads could have
            for text in [text for text in expected if "thread" in text or "copied" in text]:
                del expected[text], said[text]
        assert said == {text: (node, tasks[node]) for text, node in expected.items()}


async def test_what_is_printed_outside_of_nodes_names_none(tmp_path):
    (tmp_path / "loud.py").write_text("from prints import printing\nprint('imported')\n")
    async with process() as worker:
        server = worker.server
        await load(server, {"loud": "loud.py:printing"}, root=tmp_path, sys_path=[str(tmp_path), str(GRAPHS)])
        assert "node" not in await server.log("imported")
