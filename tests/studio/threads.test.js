// The list of threads.

import assert from "node:assert/strict";
import { open, studio } from "./browser.js";
import { get, newThread, post, runToEnd, threadWith } from "./server.js";

const row = (page, thread) => page.locator(`[data-thread="${thread}"]`);

studio("threads are found by status and metadata, and counted as the API counts them", async ({ page }) => {
  const plain = await newThread({ metadata: { user: "ada" } });
  const waits = await newThread({ metadata: { user: "bob" } });
  await runToEnd(waits, "hitl", { input: { question: "Really?" } });
  await open(page, "/threads");
  await row(page, plain).waitFor();
  await row(page, waits).waitFor();
  await page.getByText("2 threads").first().waitFor();
  await page.getByRole("tab", { name: /interrupted|waiting/i }).click();
  await row(page, plain).waitFor({ state: "detached" });
  await row(page, waits).waitFor();
  assert.equal(await post("/threads/count", { status: "interrupted" }), 1);
  await page.getByText("1 thread", { exact: true }).first().waitFor();
  await page.getByRole("tab", { name: /^all/i }).click();
  await page.getByRole("searchbox", { name: "Search threads" }).fill("user=ada");
  await row(page, waits).waitFor({ state: "detached" });
  await row(page, plain).waitFor();
});

studio("a thread gets a name, which stays after a reload", async ({ page }) => {
  const thread = await newThread();
  await open(page, "/threads");
  await row(page, thread).getByRole("button", { name: /^Rename/ }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("Order 4471");
  await page.keyboard.press("Enter");
  await row(page, thread).getByText("Order 4471").waitFor();
  assert.equal((await get(`/threads/${thread}`)).metadata.name, "Order 4471");
  await page.reload();
  await row(page, thread).getByText("Order 4471").waitFor();
});

studio("deleting asks, and then the thread is gone", async ({ page }) => {
  const [kept, gone] = [await newThread(), await newThread()];
  await open(page, "/threads");
  await row(page, gone).getByRole("button", { name: /^Delete/ }).click();
  const asks = page.getByRole("dialog", { name: /Delete/ });
  await asks.getByRole("button", { name: "Cancel" }).click();
  await asks.waitFor({ state: "hidden" });
  await get(`/threads/${gone}`);
  await row(page, gone).getByRole("button", { name: /^Delete/ }).click();
  await asks.getByRole("button", { name: "Delete this thread" }).click();
  await row(page, gone).waitFor({ state: "detached" });
  await get(`/threads/${gone}`, { status: 404 });
  await get(`/threads/${kept}`);
});

studio("several are deleted at once", async ({ page }) => {
  const threads = [await newThread(), await newThread(), await newThread()];
  await open(page, "/threads");
  for (const thread of threads.slice(1)) await row(page, thread).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete 2…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete 2 threads" }).click();
  await row(page, threads[2]).waitFor({ state: "detached" });
  assert.equal(await post("/threads/count", {}), 1);
  await row(page, threads[0]).waitFor();
});

studio("words are found wherever in a thread they are said, and are shown where they stand", async ({ page }) => {
  const said = await threadWith("chat", { messages: [{ role: "user", content: "Hello" }, { role: "user", content: "My PARCEL never came" }] });
  const named = await newThread({ metadata: { name: "The parcel" } });
  const other = await threadWith("chat", { messages: [{ role: "user", content: "Something else" }] });
  await open(page, "/threads");
  await row(page, other).waitFor();
  await page.getByRole("searchbox", { name: "Search threads" }).fill("parcel");
  await row(page, other).waitFor({ state: "detached" });
  await row(page, named).waitFor();
  await row(page, said).getByText("PARCEL", { exact: true }).waitFor();
  await page.getByText("2 of 3 threads").waitFor();
});

studio("a thread says what it takes, and forgets its history when it is asked to", async ({ page }) => {
  const thread = await threadWith("multi", {});
  const before = await get(`/threads/${thread}/storage`);
  await open(page, `/threads/${thread}`);
  await page.getByRole("button", { name: "More about this thread" }).click();
  await page.getByRole("button", { name: "What it takes…" }).click();
  const dialog = page.getByRole("dialog", { name: "What this thread takes" });
  await dialog.getByRole("row", { name: `Checkpoints ${before.checkpoints.count}` }).waitFor();
  await dialog.getByRole("button", { name: "Keep only the newest state" }).click();
  await page.getByText(/^Freed /).waitFor();
  await page.getByText("1 step", { exact: true }).waitFor();
  const after = await get(`/threads/${thread}/storage`);
  assert.deepEqual([after.checkpoints.count, after.total_bytes < before.total_bytes], [1, true]);
});
