// A server that is killed in the middle of a run and started again: an open page finds its way back by itself.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import { nodeIs, open, studio } from "./browser.js";
import { PROJECT, runBy, settled, stateOf, threadWith, URL_OF_SERVER, valuesOf } from "./server.js";

const log = (page) => page.getByRole("log", { name: "Messages" });
const threadOf = (page) => new URL(page.url()).pathname.split("/").at(-1);
/** While nobody listens, the browser says so of each try. */
const NOBODY = /ERR_CONNECTION_(REFUSED|RESET)|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE|WebSocket connection/;

/** The process that serves now. */
let server;

before(start);

after(async () => {
  // Nothing is left to stop where it did not start.
  if (server.exitCode === null && server.signalCode === null) await end("SIGTERM");
});

/** Starts the server, with the address and the state of the one before, and waits until it is ready. */
async function start() {
  const { port } = new URL(URL_OF_SERVER);
  server = spawn(process.env.LGX_BINARY, ["dev", "--no-browser", "--no-reload", "--port", port], { cwd: PROJECT, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(server.stdout)) {
    if (line.includes('"ready"')) return;
  }
  throw new Error("it did not start");
}

/** Ends the server and waits until it is gone: until then it holds the port. */
async function end(signal) {
  const exited = once(server, "exit");
  server.kill(signal);
  await exited;
}

/** Kills the server at once; what else is done before its next life is for `meanwhile`. */
async function restart(meanwhile = async () => {}) {
  await end("SIGKILL");
  await meanwhile();
  await start();
}

studio("SIGKILL in the middle of an answer: the page comes back, and the answer is there once and whole", { console: [NOBODY] }, async ({ page }) => {
  await open(page, "/graphs/story");
  await page.getByRole("textbox", { name: "Message" }).fill("tell me a story");
  await page.keyboard.press("Control+Enter");
  await log(page).getByText("5 6 7").waitFor();
  await restart(() => page.getByText("connection lost").waitFor());
  await log(page).getByText("38 39").waitFor({ timeout: 60_000 });
  await nodeIs(page, "tell", "done");
  const words = Array.from({ length: 40 }, (_, index) => String(index)).join(" ");
  const answer = log(page).getByRole("article", { name: "ai message" });
  assert.equal(await answer.count(), 1);
  assert.ok((await answer.innerText()).includes(words), await answer.innerText());
  await settled(threadOf(page));
  const { messages } = await valuesOf(threadOf(page));
  assert.deepEqual(messages.map((message) => message.type), ["human", "ai"]);
});

studio("of several questions one is answered; after a reload and a new life of the server the other one still waits, and goes on", { console: [NOBODY] }, async ({ page }) => {
  const thread = await threadWith("hitl_many", { items: ["a", "b"] });
  const cards = page.locator("[data-interrupt]");
  const answer = async (card, text) => {
    await card.getByRole("textbox", { name: "Answer", exact: true }).fill(text);
    return runBy(page, () => page.getByRole("button", { name: /^Resume/ }).click());
  };
  await open(page, `/threads/${thread}`);
  const { interrupts } = await stateOf(thread);
  const [first, second] = interrupts.map(({ id }) => page.locator(`[data-interrupt="${id}"]`));
  const run = await answer(second, "two");
  assert.deepEqual(run.kwargs.command.resume, { [interrupts[1].id]: "two" });
  await second.waitFor({ state: "detached" });
  await restart(() => page.getByText("connection lost").waitFor());
  await page.getByText("connection lost").waitFor({ state: "detached" });
  await first.waitFor();
  await page.reload();
  await first.waitFor();
  assert.equal(await cards.count(), 1);
  await answer(first, "one");
  await first.waitFor({ state: "detached" });
  assert.deepEqual((await valuesOf(thread)).out.toSorted(), ["a:one", "b:two"]);
});

studio("a thread's name and a run that holds at a breakpoint are there in the next life of the server", { console: [NOBODY] }, async ({ page }) => {
  const thread = await threadWith("multi", { log: ["in"] }, { interrupt_before: ["b"] });
  await open(page, "/threads");
  const row = page.locator(`[data-thread="${thread}"]`);
  await row.getByRole("button", { name: /^Rename/ }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("Order 4471");
  await page.keyboard.press("Enter");
  await row.getByText("Order 4471").waitFor();
  await restart();
  await page.reload();
  await row.getByText("Order 4471").waitFor();
  await row.getByRole("link").first().click();
  await nodeIs(page, "b", "waiting");
  await runBy(page, () => page.getByRole("button", { name: /^Continue/ }).click());
  await nodeIs(page, "b", "done");
  assert.deepEqual(await valuesOf(thread), { log: ["in", "a", "slow", "b"] });
});
