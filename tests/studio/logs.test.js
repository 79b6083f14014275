// What user code prints, as soon as it is printed.

import assert from "node:assert/strict";
import { deadline, open, studio } from "./browser.js";
import { get, newThread, runToEnd, runsOf } from "./server.js";

studio("a line that a node prints appears with its run, and can be filtered by it", async ({ page }) => {
  await open(page, "/logs");
  const lines = page.getByRole("main").getByText("left begins");
  const thread = await newThread();
  await runToEnd(thread, "parallel", { input: {} });
  await lines.first().waitFor({ timeout: deadline(1_000) });
  const [{ run_id: run }] = await runsOf(thread);
  const kept = (await get(`/lgx/runs/${run}/logs`)).lines.map((line) => line.message);
  assert.ok(kept.includes("left begins"), kept.join("\n"));
  await runToEnd(thread, "parallel", { input: {} });
  await open(page, `/logs?run=${run}`);
  await lines.first().waitFor();
  assert.equal(await lines.count(), 1);
});

studio("lines are filtered by level", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "chatty", { input: { lines: 2 } });
  const [{ run_id: run }] = await runsOf(thread);
  await open(page, `/logs?run=${run}`);
  const shown = page.getByRole("log", { name: "Log" }).locator(".log-message");
  await shown.getByText("line 1 of many").waitFor();
  const level = page.getByRole("combobox", { name: "Level" });
  for (const [least, lines] of [["debug", ["at INFO", "at WARNING", "at ERROR", "line 0 of many", "line 1 of many"]], ["warning", ["at WARNING", "at ERROR"]], ["error", ["at ERROR"]]]) {
    await level.selectOption(least);
    await page.getByRole("status").getByText(new RegExp(`^${lines.length} of \\d+ lines`)).waitFor();
    assert.deepEqual(await shown.allInnerTexts(), lines);
  }
});
