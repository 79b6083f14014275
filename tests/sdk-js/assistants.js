// Assistants: what the JavaScript client sends otherwise than the Python one.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { forEachClient, newThread } from "./clients.js";

forEachClient("assistants", (client) => {
  test("a whole life", async () => {
    const given = { graphId: "ctx", assistantId: randomUUID(), ifExists: "raise", name: "Mine", description: "It", metadata: { a: 1 } };
    const made = await client.assistants.create({ ...given, context: { model: "m" } });
    assert.deepEqual(made.config, { configurable: { model: "m" } });
    assert.deepEqual(await client.assistants.get(made.assistant_id), made);
    await assert.rejects(client.assistants.create(given), { status: 409 });
    assert.deepEqual(await client.assistants.create({ ...given, ifExists: "do_nothing" }), made);

    const patched = await client.assistants.update(made.assistant_id, { name: "Yours", metadata: { b: 2 } });
    assert.deepEqual([patched.version, patched.name, patched.metadata], [2, "Yours", { a: 1, b: 2 }]);
    const versions = await client.assistants.getVersions(made.assistant_id, { limit: 5, offset: 0, metadata: { a: 1 } });
    assert.deepEqual(versions.map((version) => version.version), [2, 1]);
    assert.equal((await client.assistants.setLatest(made.assistant_id, 1)).name, "Mine");
    assert.equal(await client.assistants.delete(made.assistant_id), undefined);
    await assert.rejects(client.assistants.get(made.assistant_id), { status: 404 });
  });

  test("a null that the caller means is not the same as nothing", async () => {
    const made = await client.assistants.create({ graphId: "ctx", description: null });
    assert.equal(made.description, null);
    await assert.rejects(client.assistants.create({ graphId: "ctx", metadata: null }), { status: 422 });
    await assert.rejects(client.assistants.update(made.assistant_id, { description: null }), { status: 422 });
  });

  test("search with its pagination, and count", async () => {
    const metadata = { mark: randomUUID() };
    for (const name of ["one", "two", "three"]) await client.assistants.create({ graphId: "agent", metadata, name });
    const query = { metadata, graphId: "agent", limit: 2, sortBy: "name", sortOrder: "asc", select: ["name"] };
    const page = await client.assistants.search({ ...query, includePagination: true });
    assert.deepEqual(page, { assistants: [{ name: "one" }, { name: "three" }], next: "2" });
    const rest = await client.assistants.search({ ...query, offset: 2, includePagination: true });
    assert.deepEqual(rest, { assistants: [{ name: "two" }], next: null });
    assert.deepEqual(await client.assistants.search({ metadata, name: "TWO", select: ["name"] }), [{ name: "two" }]);
    assert.equal(await client.assistants.count({ metadata, graphId: "agent" }), 3);
  });

  test("threads are deleted with the assistant if so asked", async () => {
    for (const deleteThreads of [false, true]) {
      const { assistant_id } = await client.assistants.create({ graphId: "multi" });
      const threadId = await newThread(client);
      await client.runs.wait(threadId, assistant_id, { input: { log: [] } });
      await client.assistants.delete(assistant_id, { deleteThreads });
      if (deleteThreads) await assert.rejects(client.threads.get(threadId), { status: 404 });
      else assert.equal((await client.threads.get(threadId)).status, "idle");
    }
  });

  test("the drawing, the schemas and the subgraphs", async () => {
    const { assistant_id } = await client.assistants.create({ graphId: "nested" });
    const names = async (options) => (await client.assistants.getGraph(assistant_id, options)).nodes.map((node) => node.id);
    assert.ok(!(await names()).includes("child:c1"));
    assert.ok((await names({ xray: true })).includes("child:c1"));
    assert.ok((await names({ xray: 1 })).includes("child:c1"));
    assert.equal((await client.assistants.getSchemas(assistant_id)).graph_id, "nested");
    const all = await client.assistants.getSubgraphs(assistant_id, { recurse: true });
    assert.deepEqual(Object.keys(all), ["child"]);
    assert.deepEqual(await client.assistants.getSubgraphs(assistant_id, { namespace: "child" }), all);
    // In the older client a bar goes out as it is.
    assert.deepEqual(await client.assistants.getSubgraphs(assistant_id, { namespace: "child|deeper", recurse: true }), {});
  });
});
