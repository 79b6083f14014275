// What is done with runs, threads and logs, by the keyboard alone: no test here clicks, and wherever the focus goes it is seen.

import assert from "node:assert/strict";
import { nodeIs, open, studio } from "./browser.js";
import { broken, edited } from "./edits.js";
import { enter, tabTo, type } from "./focus.js";
import { ended, get, newThread, post, runBy, runsOf, runToEnd, stateOf, threadWith, valuesOf } from "./server.js";

const BACK = { key: "Shift+Tab" };
const threadOf = (page) => new URL(page.url()).pathname.split("/").at(-1);
const button = (place, name) => place.getByRole("button", { name });
const cards = (page) => page.locator("[data-interrupt]");
const checkpoint = (page, id) => page.locator(`[data-checkpoint="${id}"]`).first();
const historyOf = (thread) => get(`/threads/${thread}/history?limit=100`);

studio("by keyboard: a message is sent, and answered", async ({ page }) => {
  await open(page, "/graphs/chat");
  await type(page, page.getByRole("textbox", { name: "Message" }), "hello");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("log", { name: "Messages" }).getByText("You said: hello").waitFor();
});

studio("by keyboard: a form is filled in and submitted, and its run cancelled", async ({ page }) => {
  await open(page, "/graphs/multi");
  await type(page, page.getByRole("textbox", { name: "delay" }), "60");
  await enter(page, button(page.locator('[data-field="log"]'), "Add"));
  await type(page, page.locator('[data-field="log"]').getByRole("textbox"), "first");
  await type(page, page.getByRole("textbox", { name: "Input as JSON" }), '{"delay": 60, "log": ["from JSON"]}');
  await enter(page, button(page, /^Submit/));
  await page.waitForURL(/\/studio\/threads\//);
  await nodeIs(page, "slow", "running");
  const [run] = await runsOf(threadOf(page));
  assert.deepEqual(run.kwargs.input, { delay: 60, log: ["from JSON"] });
  await enter(page, button(page, /^Cancel/));
  assert.equal((await ended(run.thread_id, run.run_id)).status, "interrupted");
});

studio("by keyboard: Esc asks, and pressed again cancels", async ({ page }) => {
  const thread = await threadWith("multi", {});
  await open(page, `/threads/${thread}`);
  await type(page, page.getByRole("textbox", { name: "Input as JSON" }), '{"delay": 60}');
  await page.keyboard.press("Control+Enter");
  await button(page, /^Cancel/).waitFor();
  await nodeIs(page, "slow", "running");
  await page.keyboard.press("Escape");
  await button(page, /Once more/).waitFor();
  await page.keyboard.press("Escape");
  const [{ run_id: run }] = await runsOf(thread);
  assert.equal((await ended(thread, run)).status, "interrupted");
});

studio("by keyboard: questions are answered, one by one", async ({ page }) => {
  const thread = await threadWith("hitl_many", { items: ["a", "b"] });
  await open(page, `/threads/${thread}`);
  const { interrupts } = await stateOf(thread);
  for (const { id, value } of interrupts) {
    const card = page.locator(`[data-interrupt="${id}"]`);
    await type(page, card.getByRole("textbox", { name: "Answer", exact: true }), `to ${value.item}`);
    await runBy(page, () => page.keyboard.press("Control+Enter"));
    await card.waitFor({ state: "detached" });
  }
  assert.deepEqual((await valuesOf(thread)).out.toSorted(), ["a:to a", "b:to b"]);
});

studio("by keyboard: actions are approved and rejected", async ({ page }) => {
  const names = ["cancel_order", "send_mail"];
  const question = {
    action_requests: names.map((name) => ({ name, args: {}, description: name })),
    review_configs: names.map((name) => ({ action_name: name, allowed_decisions: ["approve", "reject"] })),
  };
  const thread = await threadWith("review", { question });
  await open(page, `/threads/${thread}`);
  const [cancel, mail] = names.map((name) => cards(page).getByRole("group", { name, exact: true }));
  await enter(page, button(cancel, "Approve"));
  await enter(page, button(mail, "Reject…"));
  await type(page, mail.getByRole("textbox", { name: "Reason" }), "not her");
  await runBy(page, () => enter(page, button(page, /^Resume/)));
  assert.deepEqual((await valuesOf(thread)).answer, { decisions: [{ type: "approve" }, { type: "reject", message: "not her" }] });
});

studio("by keyboard: a breakpoint is set on a node; Step, then Continue", async ({ page }) => {
  await open(page, "/graphs/multi");
  await tabTo(page, page.locator('[data-focus="a"]'));
  await page.keyboard.press("ArrowDown");
  await tabTo(page, page.locator('[data-focus="slow"]'));
  await page.keyboard.press("b");
  await page.getByRole("button", { name: "Break before slow", pressed: true }).waitFor();
  await type(page, page.getByRole("textbox", { name: "Input as JSON" }), "{}");
  await runBy(page, () => page.keyboard.press("Control+Enter"));
  await page.waitForURL(/\/studio\/threads\//);
  const thread = threadOf(page);
  assert.deepEqual((await stateOf(thread)).next, ["slow"]);
  // Before, there is another Step: that of a new input.
  await button(page, /^Continue/).waitFor();
  await runBy(page, () => enter(page, button(page, "Step")));
  assert.deepEqual((await stateOf(thread)).next, ["b"]);
  await runBy(page, () => enter(page, button(page, /^Continue/)));
  assert.deepEqual((await stateOf(thread)).next, []);
  await nodeIs(page, "b", "done");
});

studio("by keyboard: a step is chosen, forked with another state, and run again", async ({ page }) => {
  const thread = await threadWith("multi", { log: ["in"] });
  const [newest, before] = (await historyOf(thread)).map((state) => state.checkpoint.checkpoint_id);
  await open(page, `/threads/${thread}`);
  await tabTo(page, checkpoint(page, newest));
  await page.keyboard.press("ArrowDown");
  await page.waitForURL(new RegExp(before));
  await tabTo(page, checkpoint(page, before));
  await page.getByRole("list", { name: "What changed" }).getByText("log[2]").waitFor();
  await enter(page, button(page, /Edit & fork/));
  const dialog = page.getByRole("dialog");
  await type(page, dialog.getByRole("textbox").first(), '{"log": ["forked"]}');
  await enter(page, dialog.getByRole("button", { name: "Fork", exact: true }));
  await enter(page, dialog.getByRole("button", { name: "Keep it" }));
  await dialog.waitFor({ state: "detached" });
  await page.getByText(/1 fork/).first().waitFor();
  assert.ok((await valuesOf(thread)).log.includes("forked"));
  await tabTo(page, checkpoint(page, (await historyOf(thread))[0].checkpoint.checkpoint_id));
  await runBy(page, () => enter(page, button(page, /Re-run from here/)));
  await page.getByText(/2 forks/).first().waitFor();
});

studio("by keyboard: a save that does not load is hidden and brought back; an error's traceback and file are opened", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "boom", { input: {} });
  await open(page, `/threads/${thread}`);
  const overlay = page.getByRole("alertdialog", { name: "The new code does not load" });
  await edited(page, "src/multi.py", broken, async () => {
    await overlay.waitFor();
    await page.keyboard.press("Escape");
    await overlay.waitFor({ state: "detached" });
    await enter(page, button(page, /edit does not load/));
    await overlay.waitFor();
  });
  const card = page.getByRole("region", { name: "ValueError: kaboom" }).first();
  await enter(page, card.locator("summary").filter({ hasText: "Traceback" }));
  await card.getByText("Traceback (most recent call last)").first().waitFor();
  const asked = page.waitForRequest((request) => new URL(request.url()).pathname === "/lgx/open");
  await enter(page, button(card, /^Open in editor/));
  assert.match((await asked).postDataJSON().file, /src\/boom\.py$/);
});

studio("by keyboard: lines of the log are found by text, level and run", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "chatty", { input: { lines: 3 } });
  await open(page, "/logs");
  const [{ run_id: run }] = await runsOf(thread);
  const lines = page.getByRole("log", { name: "Log" }).locator(".log-line");
  await enter(page, page.getByRole("log", { name: "Log" }).getByTitle(`Only run ${run}`).first());
  // Lines of other runs have been there until now.
  const errors = lines.filter({ hasText: "at ERROR" });
  await errors.nth(1).waitFor({ state: "detached" });
  await errors.waitFor();
  await tabTo(page, page.getByRole("combobox", { name: "Level" }), BACK);
  await page.keyboard.type("warn");
  await page.getByText("at INFO").waitFor({ state: "detached" });
  assert.deepEqual(await lines.locator(".log-message").allInnerTexts(), ["at WARNING", "at ERROR"]);
  await type(page, page.getByRole("searchbox", { name: "Text" }), "error", BACK);
  await page.getByText("at WARNING").waitFor({ state: "detached" });
  assert.deepEqual(await lines.locator(".log-message").allInnerTexts(), ["at ERROR"]);
});

studio("by keyboard: threads are found, renamed, and deleted, one and several", async ({ page }) => {
  const threads = [];
  for (const name of ["one", "two", "three"]) threads.push(await newThread({ metadata: { name } }));
  const waits = await threadWith("hitl", { question: "Really?" });
  const row = (thread) => page.locator(`[data-thread="${thread}"]`);
  await open(page, "/threads");
  await row(waits).waitFor();
  await tabTo(page, page.getByRole("tab", { name: "All", exact: true }));
  for (let at = 0; at < 3; at += 1) await page.keyboard.press("ArrowRight");
  await row(threads[0]).waitFor({ state: "detached" });
  await row(waits).waitFor();
  await page.keyboard.press("Home");
  await type(page, page.getByRole("searchbox", { name: "Search threads" }), "two");
  await row(threads[0]).waitFor({ state: "detached" });
  await enter(page, row(threads[1]).getByRole("button", { name: /^Rename/ }));
  await type(page, page.getByRole("dialog").getByRole("textbox"), "two and a half");
  await page.keyboard.press("Enter");
  await row(threads[1]).getByText("two and a half").waitFor();
  assert.equal((await get(`/threads/${threads[1]}`)).metadata.name, "two and a half");
  await enter(page, row(threads[1]).getByRole("button", { name: /^Delete/ }));
  await enter(page, page.getByRole("dialog").getByRole("button", { name: "Delete this thread" }));
  await row(threads[1]).waitFor({ state: "detached" });
  await type(page, page.getByRole("searchbox", { name: "Search threads" }), " ");
  for (const thread of [threads[2], threads[0]]) {
    await tabTo(page, row(thread).getByRole("checkbox"));
    await page.keyboard.press("Space");
  }
  await enter(page, button(page, "Delete 2…"), BACK);
  await enter(page, page.getByRole("dialog").getByRole("button", { name: "Delete 2 threads" }));
  await row(threads[0]).waitFor({ state: "detached" });
  assert.equal(await post("/threads/count", {}), 1);
});

studio("by keyboard: the palette leads to a thread, and from there to its run", async ({ page }) => {
  const thread = await newThread({ metadata: { name: "Order 4471" } });
  await runToEnd(thread, "multi", { input: {} });
  await open(page, "/settings");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("4471");
  await page.getByRole("dialog").getByText("Order 4471").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/threads/${thread}`));
  // The two keys have to follow each other, and the page that comes may take its time.
  await nodeIs(page, "b", "done");
  const [{ run_id: run }] = await runsOf(thread);
  // Both are on their way at once, however long the browser takes for one.
  await Promise.all(["g", "r"].map((key) => page.keyboard.press(key)));
  await enter(page, page.locator(`[data-run="${run}"]`));
  await page.waitForURL(new RegExp(`/runs/${run}`));
  await tabTo(page, page.getByRole("listbox", { name: "Steps and calls" }));
  for (let at = 0; at < 2; at += 1) await page.keyboard.press("ArrowDown");
  await page.getByRole("region", { name: "slow" }).waitFor();
});
