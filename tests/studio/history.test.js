// The history of a thread: its steps, what each changed, forks, and running again from one of them.

import assert from "node:assert/strict";
import { deadline, open, studio } from "./browser.js";
import { edited } from "./edits.js";
import { get, newThread, post, runBy, runToEnd, threadWith, valuesOf } from "./server.js";

const rows = (page) => page.locator("[data-checkpoint]");
const row = (page, id) => page.locator(`[data-checkpoint="${id}"]`).first();
const historyOf = (thread) => get(`/threads/${thread}/history?limit=1000`);

studio("steps are listed newest first, and a chosen one shows what it changed", async ({ page }) => {
  const thread = await threadWith("multi", { log: ["in"] });
  const history = await historyOf(thread);
  await open(page, `/threads/${thread}?view=history`);
  await rows(page).first().waitFor();
  const shown = await rows(page).evaluateAll((all) => all.map((one) => one.getAttribute("data-checkpoint")));
  assert.deepEqual([...new Set(shown)], history.map((state) => state.checkpoint.checkpoint_id));
  await row(page, history[0].checkpoint.checkpoint_id).getByText(/^b/).first().waitFor();
  await row(page, history[1].checkpoint.checkpoint_id).click();
  const changes = page.getByRole("list", { name: "What changed" });
  await changes.getByText("log[2]").waitFor();
  await changes.getByText('"slow"').first().waitFor();
  assert.equal(await changes.getByRole("listitem").count(), 1);
});

studio("editing a step's state and forking leaves the old branch as it was", async ({ page }) => {
  const thread = await threadWith("multi", { log: ["in"] });
  const before = await historyOf(thread);
  const at = before[1].checkpoint.checkpoint_id;
  await open(page, `/threads/${thread}?view=history&checkpoint=${at}`);
  await page.getByRole("button", { name: /Edit & fork/ }).click();
  const editor = page.getByRole("dialog").or(page.getByRole("region", { name: /fork/i })).first();
  await editor.getByRole("textbox").first().fill('{"log": ["forked"]}');
  await editor.getByRole("button", { name: "Fork", exact: true }).click();
  await page.getByText(/1 fork/).first().waitFor();
  const after = await historyOf(thread);
  assert.equal(after[0].metadata.source, "update");
  assert.equal(after[0].parent_checkpoint.checkpoint_id, at);
  assert.ok(after[0].values.log.includes("forked"));
  const ids = new Map(after.map((state) => [state.checkpoint.checkpoint_id, state]));
  for (const state of before) assert.deepEqual(ids.get(state.checkpoint.checkpoint_id)?.values, state.values);
  await row(page, before[0].checkpoint.checkpoint_id).waitFor();
});

studio("a step is run again from there, also on newer code", async ({ page }) => {
  const thread = await threadWith("multi", { log: ["in"] });
  const history = await historyOf(thread);
  const at = history[2].checkpoint.checkpoint_id;
  await open(page, `/threads/${thread}?view=history&checkpoint=${at}`);
  const again = page.getByRole("button", { name: /Re-run from here/ });
  await again.waitFor();
  await edited(page, "src/multi.py", (text) => text.replace('["slow"]', '["slower"]'), async () => {
    await page.getByRole("status").getByText(/reloaded in/).first().waitFor();
    await runBy(page, () => again.click());
    await page.getByText(/1 fork/).first().waitFor();
    await page.waitForFunction((count) => new Set([...document.querySelectorAll("[data-checkpoint]")].map((one) => one.getAttribute("data-checkpoint"))).size >= count, history.length + 3);
  });
  assert.deepEqual((await valuesOf(thread)).log, ["in", "a", "slower", "b"]);
  const after = await historyOf(thread);
  assert.ok(after.some((state) => state.metadata.source === "fork" && [at, history[3].checkpoint.checkpoint_id].includes(state.parent_checkpoint?.checkpoint_id)));
});

studio("a thousand checkpoints are listed within a second, and scroll smoothly to the oldest", async ({ page, t }) => {
  const thread = await newThread();
  await runToEnd(thread, "loop", { input: { n: 0 }, config: { recursion_limit: 1_000 } });
  const { total } = await get(`/lgx/threads/${thread}/checkpoints?limit=1`);
  assert.ok(total >= 1_000, String(total));
  await open(page, "/threads");
  const link = page.locator(`[data-thread="${thread}"]`).getByRole("link").first();
  await link.waitFor();
  const asked = performance.now();
  await link.click();
  await rows(page).first().waitFor();
  const took = performance.now() - asked;
  t.diagnostic(`listed after ${took.toFixed(0)} ms`);
  assert.ok(took < deadline(1_000), `${took} ms`);
  await rows(page).first().hover();
  const oldest = (await get(`/lgx/threads/${thread}/checkpoints?limit=1&offset=${total - 1}`)).checkpoints[0].checkpoint_id;
  const frames = [];
  while ((await row(page, oldest).count()) === 0) {
    await page.mouse.wheel(0, 2_000);
    frames.push(await page.evaluate(() => {
      const begun = performance.now();
      return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve((performance.now() - begun) / 2))));
    }));
  }
  const middle = frames.toSorted((a, b) => a - b)[Math.floor(frames.length / 2)];
  t.diagnostic(`a frame took ${middle.toFixed(0)} ms`);
  assert.ok(middle < deadline(50), `frames of ${frames.map((ms) => ms.toFixed(0)).join(" ")} ms`);
  assert.ok((await rows(page).count()) < 200, "only what is in sight is drawn");
  await row(page, oldest).click();
  await page.getByRole("heading", { name: "Step -1" }).waitFor();
});

studio("what a step added, changed and removed is told apart", async ({ page }) => {
  const changes = page.getByRole("list", { name: "What changed" });
  const steps = async (graph, input) => {
    const thread = await threadWith(graph, input);
    const ids = (await historyOf(thread)).map((state) => state.checkpoint.checkpoint_id);
    return { thread, newest: ids[0], before: ids[1] };
  };
  const told = async ({ thread }, id, what) => {
    await open(page, `/threads/${thread}?view=history&checkpoint=${id}`);
    await changes.locator("summary").filter({ hasText: what }).waitFor();
    assert.equal(await changes.getByRole("listitem").count(), 1);
  };
  const goto = await steps("goto", { to: "right" });
  await told(goto, goto.before, /^\+\s*path\s*"route"$/);
  await told(goto, goto.newest, /^~\s*path\s*"route" → "route>right"$/);
  const dropped = await steps("msgs", { messages: [] });
  await told(dropped, dropped.newest, /^−\s*messages\[1\]\s*system "sys"$/);
});

studio("[ and ] go from step to step", async ({ page }) => {
  const thread = await threadWith("multi", {});
  const ids = (await historyOf(thread)).map((state) => state.checkpoint.checkpoint_id);
  await open(page, `/threads/${thread}?view=history&checkpoint=${ids[1]}`);
  await row(page, ids[1]).waitFor();
  await page.keyboard.press("[");
  await page.waitForURL(new RegExp(ids[2]));
  await page.keyboard.press("]");
  await page.waitForURL(new RegExp(ids[1]));
});

studio("a state that a client writes is in the open history at once", async ({ page }) => {
  const thread = await threadWith("multi", {});
  await open(page, `/threads/${thread}?view=history`);
  await rows(page).first().waitFor();
  await post(`/threads/${thread}/state`, { values: { log: ["from elsewhere"] } });
  const [{ checkpoint }] = await historyOf(thread);
  await row(page, checkpoint.checkpoint_id).waitFor();
});

studio("a step is compared with one of another branch", async ({ page }) => {
  const thread = await threadWith("goto", { to: "left" });
  const [left, , first] = await historyOf(thread);
  await runToEnd(thread, "goto", { input: { to: "right" }, checkpoint_id: first.checkpoint.checkpoint_id });
  const [right] = await historyOf(thread);
  assert.deepEqual([left.values.path, right.values.path], ["route>left", "route>right"]);
  await open(page, `/threads/${thread}?view=history&checkpoint=${left.checkpoint.checkpoint_id}`);
  await page.getByRole("button", { name: "Compare others with it" }).click();
  await page.getByText("Choose another step").waitFor();
  await row(page, right.checkpoint.checkpoint_id).click();
  const changes = page.getByRole("list", { name: "What changed" });
  await page.getByText(`Compared with step ${left.metadata.step}, left`).waitFor();
  await changes.getByText('"route>left" → "route>right"').waitFor();
  await page.getByRole("button", { name: "With the one before" }).click();
  await changes.getByText('"route" → "route>right"').waitFor();
});
