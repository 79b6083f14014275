// What user code prints, as soon as it is printed.

import assert from "node:assert/strict";
import { open, studio } from "./browser.js";
import { get, newThread, runToEnd, runsOf } from "./server.js";

studio("a line that a node prints appears with its run, and can be filtered by it", async ({ page }) => {
  await open(page, "/logs");
  const lines = page.getByRole("main").getByText("left begins");
  const thread = await newThread();
  await runToEnd(thread, "parallel", { input: {} });
  await lines.first().waitFor({ timeout: 2_000 });
  const [{ run_id: run }] = await runsOf(thread);
  const kept = (await get(`/lgx/runs/${run}/logs`)).lines.map((line) => line.message);
  assert.ok(kept.includes("left begins"), kept.join("\n"));
  await runToEnd(thread, "parallel", { input: {} });
  await open(page, `/logs?run=${run}`);
  await lines.first().waitFor();
  assert.equal(await lines.count(), 1);
});
