// A project with its own authentication: as Studio user, as somebody, and as nobody it knows.

import assert from "node:assert/strict";
import { open, studio } from "./browser.js";
import { get, newThread, post } from "./server.js";

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

/** What the graph `whoami` was told of who runs it. */
async function whoami(page) {
  await open(page, "/graphs/whoami");
  await page.getByRole("button", { name: /^Submit/ }).waitFor();
  const begun = page.waitForResponse((answer) => answer.request().method() === "POST" && /\/runs$/.test(new URL(answer.url()).pathname));
  await page.getByRole("button", { name: /^Submit/ }).click();
  const { thread_id: thread } = await (await begun).json();
  await page.waitForURL(new RegExp(`/threads/${thread}`));
  await page.locator('[data-node="look"][data-status="done"]').waitFor();
  await page.getByRole("tab", { name: "State" }).click();
  const state = page.getByRole("region", { name: "Thread" });
  await state.getByText("identity:").waitFor();
  return { thread, told: await state.innerText() };
}

studio("as Studio user every page works, and a run is that user's", { truncate: false }, async ({ page }) => {
  const asked = [];
  page.on("response", (answer) => asked.push([answer.status(), new URL(answer.url()).pathname]));
  const { thread, told } = await whoami(page);
  assert.match(told, /identity:\s*"langgraph-studio-user"/);
  for (const path of [`/threads/${thread}`, "/threads", "/runs", "/inbox", "/assistants", "/store", "/crons", "/logs", "/settings"]) {
    await open(page, path);
    await page.getByRole("link", { current: "page" }).first().waitFor();
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.getByRole("alert").count(), 0, path);
  }
  assert.deepEqual(asked.filter(([status]) => status >= 400), []);
});

studio("with a token runs are that user's, until the tab is closed; another tab knows nothing of it", { truncate: false, console: [/404/] }, async ({ page, context }) => {
  const theirs = await as(bob);
  await open(page, "/threads");
  await page.getByRole("button", { name: "as Studio user" }).click();
  await use(page, "alice");
  await page.getByRole("button", { name: "with your headers" }).waitFor();
  const { thread, told } = await whoami(page);
  assert.match(told, /identity:\s*"alice"/);
  assert.match(told, /knows_secret:\s*true/);
  await page.reload();
  await page.getByRole("button", { name: "with your headers" }).waitFor();
  await get(`/threads/${thread}`, alice);
  await get(`/threads/${thread}`, { ...bob, status: 404 });
  const kept = await page.evaluate(() => ({ local: JSON.stringify({ ...localStorage }), session: JSON.stringify({ ...sessionStorage }), cookies: document.cookie }));
  assert.doesNotMatch(kept.local + kept.cookies, /alice|Bearer/);
  assert.match(kept.session, /Bearer alice/);
  const other = await context.newPage();
  await open(other, "/threads");
  await other.getByRole("button", { name: "as Studio user" }).waitFor();
  await open(page, `/threads/${theirs}`);
  await page.getByText(/not found|no such thread|does not exist/i).first().waitFor();
});

studio("a wrong token shows what the handler says, and the box", { console: [/401/], truncate: false }, async ({ page }) => {
  await newThread();
  await open(page, "/threads");
  await page.getByRole("button", { name: "as Studio user" }).click();
  await use(page, "nobody");
  await page.getByRole("alert").getByText("Invalid token").first().waitFor();
  await page.getByRole("textbox", { name: "Value of Authorization" }).waitFor();
});

studio("where auth hides a thread, the page tells which filter does, and of whom", { console: [/404/], truncate: false }, async ({ page }) => {
  const of = await as(alice);
  await open(page, `/threads/${of}`);
  const ask = page.getByRole("button", { name: "What auth says…" });
  await ask.click();
  const lens = page.getByRole("dialog", { name: "What auth says of this thread" });
  await lens.getByText("let in without the authenticate handler").waitFor();
  await lens.getByText("is not there for this user").waitFor();
  await lens.getByRole("button", { name: "Ask as somebody else…" }).click();
  await use(page, "alice");
  await page.getByRole("button", { name: "More about this thread" }).click();
  await ask.click();
  await lens.getByText("alice", { exact: true }).first().waitFor();
  await lens.getByText("is shown", { exact: true }).waitFor();
  await lens.getByText("owner").waitFor();
  assert.equal(await lens.getByText("secret of alice").count(), 0);
});
