// A saved edit, seen in the page: what does not load, and what does.

import assert from "node:assert/strict";
import { deadline, node, open, studio } from "./browser.js";
import { broken, edited, letGo } from "./edits.js";
import { ended, get, newThread, runToEnd, startRun, valuesOf } from "./server.js";

const FILE = "src/multi.py";

studio("a save that does not load is over the graph, with file, line and source, while the old code goes on", async ({ page }) => {
  await open(page, "/graphs/multi");
  await node(page, "slow").waitFor();
  const { generation } = await get("/lgx/project");
  const overlay = page.getByRole("alertdialog", { name: "The new code does not load" });
  await edited(page, FILE, broken, async () => {
    await overlay.waitFor({ timeout: deadline(3_000) });
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
  assert.equal((await get("/lgx/project")).generation, generation + 1);
});

studio("a run that was executing goes on with its old code, and says so", async ({ page }) => {
  await open(page, "/graphs/patient");
  await node(page, "wait").waitFor();
  const { generation } = await get("/lgx/project");
  const thread = await newThread();
  const run = await startRun(thread, "patient", { input: {} });
  await edited(page, "src/patient.py", (text) => text.replace('["waited"]', '["waited longer"]'), async () => {
    await page.getByRole("status").getByText(/1 run goes on with the old code/).waitFor();
    await letGo(async () => assert.equal((await ended(thread, run)).status, "success"));
    assert.deepEqual((await valuesOf(thread)).log, ["prepared", "waited", "finished"]);
    const record = await get(`/lgx/runs/${run}`);
    assert.equal(record.generation, generation);
    // In the page: on its thread and on its own page.
    await open(page, `/threads/${thread}`);
    await page.locator(`[data-run="${run}"]`).first().waitFor();
    await page.getByText(`generation ${generation}`, { exact: true }).first().waitFor();
    await open(page, `/runs/${run}`);
    await page.getByRole("definition").filter({ hasText: new RegExp(`^${generation}(,|$)`) }).waitFor();
    await page.getByRole("button", { name: "Run again on new code" }).waitFor();
  });
});
