// Much of everything: lines of a log, values of megabytes, tabs; none of it may be felt while one types.

import assert from "node:assert/strict";
import { eventually, node, nodeIs, open, studio } from "./browser.js";
import { letGo } from "./edits.js";
import { assertNotFelt, keyTimes } from "./latency.js";
import { ended, get, newThread, startRun, threadWith, valuesOf } from "./server.js";

const LINES = 10_000;
const WORDS = "a text as somebody types it";
const MEGABYTES = 5_000_000;

/** Starts a run that prints so many lines, and gives its end. */
async function chatter() {
  const thread = await newThread();
  const run = await startRun(thread, "chatty", { input: { lines: LINES } });
  return () => ended(thread, run);
}

/** That typing into a field is not felt while lines come in; each measure has a run of its own. */
async function assertNotFeltWhileTheyCome(t, page, field, where) {
  await assertNotFelt(t, where, async () => {
    const end = await chatter();
    await page.getByText(/^line \d+ of many/).first().waitFor();
    const times = await keyTimes(page, field, WORDS);
    assert.equal((await end()).status, "success");
    return times;
  });
}

studio("ten thousand lines of a log come in and stand there, and typing is not held up", async ({ page, t }) => {
  await open(page, "/logs");
  const filter = page.getByRole("searchbox", { name: "Text" });
  await assertNotFeltWhileTheyCome(t, page, filter, "while they come");
  await eventually(page, "all that is kept", (count) => document.querySelector(".log-view-count")?.textContent?.startsWith(`${count} lines`), LINES);
  await assertNotFelt(t, "when they stand there", () => keyTimes(page, filter, WORDS));
  await page.getByRole("log", { name: "Log" }).getByText(`line ${LINES - 1} of many`).waitFor();
  assert.ok((await page.locator(".log-line").count()) < 200, "only what is in sight is drawn");
});

studio("a message is typed beside a log into which thousands of lines come", async ({ page, t }) => {
  await open(page, "/graphs/chat");
  await page.getByRole("button", { name: "Logs", exact: true }).click();
  await assertNotFeltWhileTheyCome(t, page, page.getByRole("textbox", { name: "Message" }), "beside the log");
});

studio("a state of five megabytes is shown, and typing beside it is not held up", async ({ page, t }) => {
  const items = Array.from({ length: 50_000 }, (_, at) => String(at).padStart(MEGABYTES / 50_000, "-"));
  const thread = await threadWith("multi", { log: items });
  await open(page, `/threads/${thread}?view=state`);
  const state = page.getByRole("region", { name: "Thread" });
  await state.getByText(/-+0"/).first().waitFor();
  await assertNotFelt(t, "in the form beside many values", () => keyTimes(page, page.getByRole("textbox", { name: "delay" }), "1".repeat(20)));
});

studio("a message of five megabytes is shown, and typing beneath it is not held up", async ({ page, t }) => {
  const thread = await threadWith("chat", { messages: [{ role: "user", content: "long,".repeat(MEGABYTES / 5) }] });
  await open(page, `/threads/${thread}?view=chat`);
  await page.getByRole("article", { name: "ai message" }).waitFor();
  await assertNotFelt(t, "beneath a long message", () => keyTimes(page, page.getByRole("textbox", { name: "Message" }), WORDS));
});

studio("eight tabs at once see the same run, and each of them can still ask", async ({ page, context }) => {
  const thread = await newThread({ metadata: { graph_id: "patient" } });
  const tabs = [page, ...(await Promise.all(Array.from({ length: 7 }, () => context.newPage())))];
  await Promise.all(tabs.map(async (tab) => {
    await open(tab, `/threads/${thread}`);
    await node(tab, "wait").waitFor();
  }));
  const run = await startRun(thread, "patient", { input: {} });
  await Promise.all(tabs.map((tab) => nodeIs(tab, "wait", "running")));
  // Each asks while all are told: with a stream over HTTP for each, the seventh would wait for ever.
  await Promise.all(tabs.map(async (tab) => {
    await tab.getByRole("link", { name: "Runs", exact: true }).click();
    await tab.locator(`[data-run="${run}"]`).first().waitFor();
    await tab.goBack();
    await nodeIs(tab, "wait", "running");
  }));
  await letGo(() => Promise.all(tabs.map((tab) => nodeIs(tab, "finish", "done"))));
  assert.equal((await ended(thread, run)).status, "success");
  assert.deepEqual((await valuesOf(thread)).log, ["prepared", "waited", "finished"]);
  assert.equal((await get("/lgx/project")).slots.used, 0);
});
