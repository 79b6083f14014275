"""The checkpointer passes langgraph's own conformance suite, with every optional capability."""

import asyncio

import pytest
from fake_server import connected

conformance = pytest.importorskip("langgraph.checkpoint.conformance")


@conformance.checkpointer_test(name="RemoteSaver")
async def remote_saver():
    async with connected() as (_, worker):
        yield worker.saver()


@conformance.checkpointer_test(name="RemoteSaver, behind")
async def remote_saver_behind():
    async with connected() as (_, worker):
        yield worker.saver(behind=True)


@pytest.mark.parametrize("saver", [remote_saver, remote_saver_behind], ids=lambda saver: saver.name)
def test_the_saver_conforms_in_every_capability(saver):
    report = asyncio.run(conformance.validate(saver))
    failures = {name: result.failures for name, result in report.results.items() if result.failures}
    assert failures == {}
    assert all(result.passed for result in report.results.values()), report.results
