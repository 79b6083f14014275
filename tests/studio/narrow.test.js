// A window too narrow for three panes beside one another; and what is only to be seen when there is much of it.

import assert from "node:assert/strict";
import { nodeIs, open, studio } from "./browser.js";
import { get, threadWith } from "./server.js";

const NARROW = { context: { viewport: { width: 700, height: 860 } } };
const viewOf = (page) => new URL(page.url()).searchParams.get("view");
const tab = (page, name) => page.getByRole("tab", { name, exact: true });

studio("the address tells which pane a narrow window shows", NARROW, async ({ page }) => {
  const thread = await threadWith("chat", { messages: [{ role: "user", content: "hi" }] });
  await open(page, `/threads/${thread}?view=state`);
  await page.getByRole("group", { name: "State" }).waitFor();
  await tab(page, "History").click();
  await page.getByRole("listbox", { name: "Steps" }).waitFor();
  assert.equal(viewOf(page), "history");
  await page.reload();
  await page.getByRole("listbox", { name: "Steps" }).waitFor();
  await tab(page, "Graph").click();
  await nodeIs(page, "model", "done");
  assert.equal(viewOf(page), "graph");
});

studio("who comes back from another pane finds the thread as they left it", NARROW, async ({ page }) => {
  const thread = await threadWith("chat", { messages: [{ role: "user", content: "hi" }] });
  await open(page, `/threads/${thread}?view=state`);
  await tab(page, "Graph").click();
  await tab(page, "Thread").click();
  await page.getByRole("group", { name: "State" }).waitFor();
  assert.equal(viewOf(page), "state");
});

studio("chosen threads are deleted in a narrow window too", NARROW, async ({ page }) => {
  const thread = await threadWith("chat", { messages: [{ role: "user", content: "hi" }] });
  await open(page, "/threads");
  await page.locator(`[data-thread="${thread}"]`).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete 1…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Delete/ }).click();
  await page.getByText("No threads yet").waitFor();
  await get(`/threads/${thread}`, { status: 404 });
});

studio("a long chat opens at its end, and stays there when something in it grows", async ({ page }) => {
  const messages = Array.from({ length: 30 }, (_, at) => ({ role: "user", content: `${at}\n`.repeat(30) }));
  const thread = await threadWith("agent", { messages: [...messages, { role: "user", content: "the last one" }] });
  await open(page, `/threads/${thread}?view=chat`);
  const log = page.getByRole("log", { name: "Messages" });
  const last = log.getByText("echo: the last one");
  await last.waitFor();
  const atEnd = (chat) => chat.scrollHeight - chat.scrollTop - chat.clientHeight < 4;
  const chat = await log.elementHandle();
  await page.waitForFunction(atEnd, chat);
  await page.setViewportSize({ width: 1440, height: 500 });
  await page.waitForFunction(atEnd, chat);
  await last.evaluate((element) => element.append("\n".repeat(2), ...Array.from({ length: 40 }, () => document.createElement("br"))));
  await page.waitForFunction(atEnd, chat);
});
