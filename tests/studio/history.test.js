// The history of a thread: its steps, what each changed, forks, and running again from one of them.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { open, studio } from "./browser.js";
import { get, newThread, post, PROJECT, runToEnd, threadWith, valuesOf } from "./server.js";

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
  const file = join(PROJECT ?? "", "src/multi.py");
  const text = await readFile(file, "utf8");
  await open(page, `/threads/${thread}?view=history&checkpoint=${at}`);
  await page.getByRole("button", { name: /Re-run from here/ }).waitFor();
  try {
    await writeFile(file, text.replace('["slow"]', '["slower"]'));
    await page.getByRole("status").getByText(/reloaded in/).first().waitFor();
    await page.getByRole("button", { name: /Re-run from here/ }).click();
    await page.getByText(/1 fork/).first().waitFor();
    await page.waitForFunction((count) => new Set([...document.querySelectorAll("[data-checkpoint]")].map((one) => one.getAttribute("data-checkpoint"))).size >= count, history.length + 3);
  } finally {
    await writeFile(file, text);
  }
  await page.getByRole("status").getByText(/reloaded in/).first().waitFor();
  assert.deepEqual((await valuesOf(thread)).log, ["in", "a", "slower", "b"]);
  const again = await historyOf(thread);
  assert.ok(again.some((state) => state.metadata.source === "fork" && [at, history[3].checkpoint.checkpoint_id].includes(state.parent_checkpoint?.checkpoint_id)));
});

studio("a thousand checkpoints are listed within a second, and scroll to the oldest", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "loop", { input: { n: 0 }, config: { recursion_limit: 1_000 } });
  const { total } = await get(`/lgx/threads/${thread}/checkpoints?limit=1`);
  assert.ok(total >= 1_000, String(total));
  await open(page, `/threads/${thread}?view=history`);
  await page.evaluate(() => performance.mark("asked"));
  await rows(page).first().waitFor({ timeout: 1_000 });
  await rows(page).first().hover();
  const oldest = (await get(`/lgx/threads/${thread}/checkpoints?limit=1&offset=${total - 1}`)).checkpoints[0].checkpoint_id;
  while ((await row(page, oldest).count()) === 0) {
    await page.mouse.wheel(0, 4_000);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  assert.ok((await rows(page).count()) < 200, "only what is in sight is drawn");
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
