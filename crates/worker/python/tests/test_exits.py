"""Ends of the process by `os._exit`: they say where."""

from projects import load, process, run, run_params


async def test_an_end_by_os_exit_says_where_it_was_called_and_by_which_node_of_which_run():
    async with process() as worker:
        await load(worker.server, {"ends": "ends.py:ending"})
        params = run_params("ends", {"how": "exit"})
        worker.server.start("run", params)
        told = (await worker.child.stderr.read()).decode()
        assert "os._exit(5) was called: ends.py:" in told
        assert f" in _end, node `talk_and_end`, run {params['run_id']}\n" in told
        assert await worker.child.wait() == 5


async def test_neither_a_forked_child_nor_the_end_of_the_server_says_anything():
    async with process() as worker:
        await load(worker.server, {"forks": "ends.py:forking"})
        assert (await run(worker.server, "forks", {})).meta["status"] == "success"
        worker.server.transport.abort()
        assert "was called" not in (await worker.child.stderr.read()).decode()
