// A saved edit, seen in the page: what does not load, and what does.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { node, open, studio } from "./browser.js";
import { ended, get, newThread, PROJECT, runToEnd, startRun, valuesOf } from "./server.js";

const FILE = join(PROJECT ?? "", "src/multi.py");

/** Edits a file for the time of a test; afterwards the page is waited for until it serves the old text again. */
async function edited(page, change, body) {
  const before = await readFile(FILE, "utf8");
  try {
    await writeFile(FILE, change(before));
    await body();
  } finally {
    await writeFile(FILE, before);
    await page.getByRole("alertdialog", { name: "The new code does not load" }).waitFor({ state: "detached" });
  }
}

const broken = (text) => text.replace('return {"log": ["b"]}', 'return {"log": ["b"]');

studio("a save that does not load is over the graph, with file, line and source, while the old code goes on", async ({ page }) => {
  await open(page, "/graphs/multi");
  await node(page, "slow").waitFor();
  const { generation } = await get("/lgx/project");
  const overlay = page.getByRole("alertdialog", { name: "The new code does not load" });
  await edited(page, broken, async () => {
    await overlay.waitFor({ timeout: 5_000 });
    await overlay.getByText("SyntaxError").first().waitFor();
    await overlay.getByText(/src\/multi\.py:\d+/).first().waitFor();
    await overlay.locator("[aria-current]").getByText('return {"log": ["b"]').waitFor();
    await node(page, "slow").waitFor();
    const thread = await newThread();
    await runToEnd(thread, "multi", { input: {} });
    assert.deepEqual(await valuesOf(thread), { log: ["a", "slow", "b"] });
    await page.keyboard.press("Escape");
    await overlay.waitFor({ state: "detached" });
    const badge = page.getByRole("button", { name: /edit does not load/ });
    await badge.click();
    await overlay.waitFor();
  });
  // Mended: it goes by itself, and the code is newer.
  await page.getByRole("status").getByText(/reloaded in .* · generation \d+/).waitFor();
  assert.ok((await get("/lgx/project")).generation > generation);
});

studio("a run that was executing goes on with its old code, and says so", async ({ page }) => {
  await open(page, "/graphs/multi");
  await node(page, "slow").waitFor();
  const { generation } = await get("/lgx/project");
  const thread = await newThread();
  const run = await startRun(thread, "multi", { input: { delay: 3 } });
  await edited(page, (text) => text.replace('["slow"]', '["slower"]'), async () => {
    await page.getByRole("status").getByText(/1 run goes on with the old code/).waitFor();
    assert.equal((await ended(thread, run)).status, "success");
    assert.deepEqual((await valuesOf(thread)).log, ["a", "slow", "b"]);
    const record = await get(`/lgx/runs/${run}`);
    assert.equal(record.generation, generation);
  });
});
