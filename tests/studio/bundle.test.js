// A thread as a file: exported, and made again of it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { open, studio } from "./browser.js";
import { get, threadWith, valuesOf } from "./server.js";

const historyOf = (thread) => get(`/threads/${thread}/history?limit=100`);

/** langchain puts what a message used beside its other arguments, when the message comes as JSON. */
function usageBeside(values) {
  const messages = values.messages?.map(({ usage_metadata: used, additional_kwargs: { usage_metadata: beside = null, ...rest }, ...message }) => ({ ...message, rest, used: used ?? beside }));
  return messages ? { ...values, messages } : values;
}

for (const [graph, input] of [["chat", { messages: [{ role: "user", content: "What is the weather?" }] }], ["multi", {}]]) {
  studio(`a thread of ${graph} that is exported and imported has the same state, come to by the same steps`, async ({ page }) => {
    const thread = await threadWith(graph, input);
    await open(page, `/threads/${thread}`);
    await page.getByRole("button", { name: "More about this thread" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export as JSON" }).click();
    const file = await (await download).path();
    const bundle = JSON.parse(await readFile(file, "utf8"));
    const states = await historyOf(thread);
    assert.deepEqual(bundle.states, states, "exactly as the API answers them, in its order");
    await open(page, "/threads");
    await page.getByLabel("Thread to import").setInputFiles({ name: "one.thread.json", mimeType: "application/json", buffer: await readFile(file) });
    await page.waitForURL((url) => url.pathname.startsWith("/studio/threads/") && !url.pathname.endsWith(thread));
    const made = new URL(page.url()).pathname.split("/").at(-1);
    assert.deepEqual(usageBeside(await valuesOf(made)), usageBeside(await valuesOf(thread)));
    const { metadata } = await get(`/threads/${made}`);
    assert.deepEqual([metadata.graph_id, metadata.imported_from], [graph, thread]);
    const steps = (list) => list.map((state) => state.next);
    assert.deepEqual(steps(await historyOf(made)), steps(states));
  });
}

studio("a file that is no thread says so, and makes none", async ({ page }) => {
  await open(page, "/threads");
  await page.getByLabel("Thread to import").setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{}") });
  await page.getByRole("dialog", { name: "The thread was not imported" }).getByText("This file is no thread that was exported here").waitFor();
  assert.equal(await (await fetch(new URL("/threads/count", page.url()), { method: "POST", headers: { "x-auth-scheme": "langsmith" }, body: "{}" })).text(), "0");
});
