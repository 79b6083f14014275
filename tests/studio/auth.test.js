// A project with its own authentication: as Studio user, as somebody, and as nobody it knows.

import assert from "node:assert/strict";
import { open, studio } from "./browser.js";
import { newThread, post } from "./server.js";

const alice = { headers: { authorization: "Bearer alice", "x-auth-scheme": "" } };
const bob = { headers: { authorization: "Bearer bob", "x-auth-scheme": "" } };
const as = async (who) => (await post("/threads", {}, who)).thread_id;
const row = (page, thread) => page.locator(`[data-thread="${thread}"]`);

async function use(page, token) {
  const value = page.getByRole("textbox", { name: "Value of Authorization" });
  await value.fill(`Bearer ${token}`);
  await page.getByRole("button", { name: "Use", exact: true }).click();
}

studio("as Studio user the page works; with a token only that user's threads are listed", { truncate: false }, async ({ page }) => {
  const [of, other] = [await as(alice), await as(bob)];
  await open(page, "/threads");
  await page.getByRole("button", { name: "as Studio user" }).click();
  await use(page, "alice");
  await page.getByRole("button", { name: "with your headers" }).waitFor();
  await row(page, of).waitFor();
  assert.equal(await row(page, other).count(), 0);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.doesNotMatch(kept, /alice|Bearer/);
});

studio("a wrong token shows what the handler says, and the box", { console: [/401/], truncate: false }, async ({ page }) => {
  await newThread();
  await open(page, "/threads");
  await page.getByRole("button", { name: "as Studio user" }).click();
  await use(page, "nobody");
  await page.getByRole("alert").getByText("Invalid token").first().waitFor();
  await page.getByRole("textbox", { name: "Value of Authorization" }).waitFor();
});
