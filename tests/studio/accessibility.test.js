// What axe finds on each page, light and dark; and that the focus can be seen.

import assert from "node:assert/strict";
import AxeBuilder from "@axe-core/playwright";
import { open, studio } from "./browser.js";
import { tabThrough } from "./focus.js";
import { newThread, runToEnd, runsOf, threadWith } from "./server.js";

/** What is serious, with the first places of it. */
async function violations(page, rules) {
  const axe = new AxeBuilder({ page });
  const { violations: found } = await (rules ? axe.withRules(rules) : axe).analyze();
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((one) => `${one.target.join(" ")} (${one.any.map((check) => check.message).join("; ")})`).join(" | ")}`);
}

async function places() {
  const chat = await threadWith("chat", { messages: [{ role: "user", content: "weather" }] });
  const waits = await threadWith("hitl", { question: "Really?" });
  const failed = await newThread();
  await runToEnd(failed, "boom", { input: {} });
  const [{ run_id: run }] = await runsOf(failed);
  return ["/graphs/nested", `/threads/${chat}?view=chat`, `/threads/${waits}?view=chat`, `/threads/${chat}?view=history`, `/threads/${failed}`, "/threads", "/runs", `/runs/${run}`, "/assistants", "/store", "/crons", "/inbox", "/logs", "/settings"];
}

// In the dark only the colours are others.
for (const [colorScheme, rules] of [["light", null], ["dark", ["color-contrast"]]]) {
  studio(`axe finds nothing serious on any page, ${colorScheme}`, { context: { colorScheme } }, async ({ page }) => {
    const all = {};
    for (const path of await places()) {
      await open(page, path);
      await page.getByRole("link", { current: "page" }).first().waitFor();
      await page.getByRole("main").locator("*").first().waitFor();
      await page.evaluate(() => document.fonts.ready);
      const found = await violations(page, rules);
      if (found.length > 0) all[path] = found;
    }
    assert.deepEqual(all, {});
  });
}

studio("light and dark follow the system", async ({ page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await open(page, "/");
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  assert.notEqual(await background(), light);
});

for (const path of ["/graphs/nested", "/threads", "/runs", "/assistants", "/store", "/crons", "/logs", "/settings"]) {
  studio(`whatever has the focus shows it: ${path}`, async ({ page }) => {
    await open(page, path);
    await page.getByRole("link", { current: "page" }).first().waitFor();
    await tabThrough(page, 60);
  });
}
