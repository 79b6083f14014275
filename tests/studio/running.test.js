// A run while it goes on: on the graph, stopped at breakpoints, cancelled, started by somebody else.

import assert from "node:assert/strict";
import { deadline, node, nodeIs, nodeWas, open, studio } from "./browser.js";
import { letGo } from "./edits.js";
import { ended, newThread, runBy, runToEnd, startRun, stateOf } from "./server.js";

const threadOf = (page) => new URL(page.url()).pathname.split("/").at(-1);
const raw = (page) => page.getByRole("textbox", { name: "Input as JSON" });

async function submit(page, graph, input) {
  await open(page, `/graphs/${graph}`);
  await node(page, "__start__").waitFor();
  const form = page.getByRole("tab", { name: "Form" });
  if ((await form.count()) > 0) await form.click();
  await raw(page).fill(JSON.stringify(input));
  await page.getByRole("button", { name: /^Submit/ }).click();
  await page.waitForURL(/\/studio\/threads\//);
}

studio("a run lights up its nodes and the edges that it takes", async ({ page }) => {
  await submit(page, "patient", {});
  await nodeIs(page, "wait", "running");
  await nodeIs(page, "prepare", "done");
  await letGo(() => nodeIs(page, "finish", "done"));
  await page.locator('[data-edge="prepare->wait"][data-taken="true"]').waitFor({ state: "attached" });
  await page.locator('[data-edge="finish->__end__"][data-taken="true"]').waitFor({ state: "attached" });
});

studio("nodes of one step run together", async ({ page }) => {
  await submit(page, "parallel", { delay: 1.5 });
  await nodeWas(page, "left", "running");
  await nodeWas(page, "right", "running");
  await nodeIs(page, "join", "done");
  await page.locator('[data-edge="left->join"][data-taken="true"]').waitFor({ state: "attached" });
  await page.locator('[data-edge="right->join"][data-taken="true"]').waitFor({ state: "attached" });
});

studio("only the chosen route is marked as taken", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "goto", { input: { to: "right" } });
  await open(page, `/threads/${thread}`);
  await page.locator('[data-edge="route->right"][data-taken="true"]').waitFor({ state: "attached" });
  await page.locator('[data-edge="route->left"][data-taken="false"]').waitFor({ state: "attached" });
});

studio("a node of a loop says how often it was executed", async ({ page }) => {
  const thread = await newThread();
  await open(page, "/graphs/loop");
  await node(page, "again").waitFor();
  await open(page, `/threads/${thread}`);
  const run = await startRun(thread, "loop", { input: { n: 0 }, config: { recursion_limit: 17 } });
  await ended(thread, run);
  const { n } = (await stateOf(thread)).values;
  assert.equal(n, 17);
  await node(page, "again").getByText(`×${n}`, { exact: true }).waitFor();
  await page.reload();
  await node(page, "again").getByText(`×${n}`, { exact: true }).waitFor();
});

studio("Cancel ends a loop within two seconds", async ({ page }) => {
  const thread = await newThread();
  await open(page, `/graphs/loop`);
  await node(page, "again").waitFor();
  await open(page, `/threads/${thread}`);
  const run = await startRun(thread, "loop", { input: { n: 0 }, config: { recursion_limit: 100_000 } });
  // Its node is so fast that it may have ended whenever it is drawn: that it was executed is what is there to be seen.
  await node(page, "again").getByText(/^×\d+$/).waitFor();
  const cancel = page.getByRole("button", { name: /^Cancel/ });
  await cancel.click();
  await cancel.waitFor({ state: "detached", timeout: deadline(2_000) });
  assert.equal((await ended(thread, run)).status, "interrupted");
});

studio("a run that somebody else starts on the open thread appears by itself", async ({ page }) => {
  const thread = await newThread({ metadata: { graph_id: "patient" } });
  await open(page, `/threads/${thread}`);
  await node(page, "wait").waitFor();
  await startRun(thread, "patient", { input: {} });
  await nodeIs(page, "wait", "running");
  await letGo(() => nodeIs(page, "finish", "done"));
});

studio("a breakpoint holds the run before its node, and Continue goes on", async ({ page }) => {
  await open(page, "/graphs/multi");
  await node(page, "slow").hover();
  await node(page, "slow").getByRole("button", { name: "Break before slow" }).click();
  await submit(page, "multi", {});
  await page.getByRole("button", { name: /^Continue/ }).waitFor();
  await nodeIs(page, "slow", "waiting");
  assert.deepEqual((await stateOf(threadOf(page))).next, ["slow"]);
  await runBy(page, () => page.getByRole("button", { name: /^Continue/ }).click());
  await nodeIs(page, "b", "done");
  assert.deepEqual((await stateOf(threadOf(page))).next, []);
});

studio("breakpoints before and after nodes: Continue comes to the next, Step to what follows", async ({ page }) => {
  await open(page, "/graphs/multi");
  await node(page, "a").hover();
  await node(page, "a").getByRole("button", { name: "Break after a" }).click();
  await node(page, "b").hover();
  await node(page, "b").getByRole("button", { name: "Break before b" }).click();
  await page.getByRole("button", { name: /^2 breakpoints/ }).waitFor();
  await submit(page, "multi", {});
  const next = async () => (await stateOf(threadOf(page))).next;
  await page.getByRole("button", { name: /^Continue/ }).waitFor();
  assert.deepEqual(await next(), ["slow"]);
  const { kwargs } = await runBy(page, () => page.getByRole("button", { name: /^Continue/ }).click());
  assert.deepEqual([kwargs.interrupt_before, kwargs.interrupt_after], [["b"], ["a"]]);
  await nodeIs(page, "b", "waiting");
  assert.deepEqual(await next(), ["b"]);
  await runBy(page, () => page.getByRole("button", { name: "Step" }).click());
  await nodeIs(page, "b", "done");
  assert.deepEqual(await next(), []);
  await page.getByRole("button", { name: /^2 breakpoints/ }).click();
  const free = await runBy(page, () => page.getByRole("button", { name: /^Submit/ }).click());
  assert.equal(free.status, "success");
  assert.deepEqual(await next(), []);
});

studio("Step runs exactly one step", async ({ page }) => {
  await open(page, "/graphs/multi");
  await node(page, "slow").waitFor();
  const form = page.getByRole("tab", { name: "Form" });
  if ((await form.count()) > 0) await form.click();
  await raw(page).fill("{}");
  await page.getByRole("button", { name: "Step" }).click();
  await page.waitForURL(/\/studio\/threads\//);
  await page.getByRole("button", { name: /^Continue/ }).waitFor();
  assert.deepEqual((await stateOf(threadOf(page))).values.log, ["a"]);
  await runBy(page, () => page.getByRole("button", { name: "Step" }).click());
  await nodeIs(page, "slow", "done");
  await page.getByRole("button", { name: /^Continue/ }).waitFor();
  assert.deepEqual((await stateOf(threadOf(page))).next, ["b"]);
});

studio("a failed run stays red, with exception, place, source and traceback; the next start clears the node", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "boom", { input: {} });
  await open(page, `/threads/${thread}`);
  await nodeIs(page, "explode", "failed");
  const card = page.getByRole("region", { name: "ValueError: kaboom" }).first();
  await card.getByText(/src\/boom\.py:\d+/).first().waitFor();
  await card.getByText('raise getattr(builtins, state.get("exc") or "ValueError")("kaboom")').first().waitFor();
  await card.getByText("Traceback", { exact: true }).click();
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.goBack();
  await nodeIs(page, "explode", "failed");
  await startRun(thread, "boom", { input: { exc: "KeyError" }, interrupt_before: ["explode"] });
  await page.locator('[data-node="explode"]:not([data-status="failed"])').waitFor();
});
