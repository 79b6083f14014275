// A server that is killed in the middle of a run and started again: an open page finds its way back by itself.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { nodeIs, open, studio } from "./browser.js";
import { PROJECT, URL_OF_SERVER, valuesOf } from "./server.js";

const log = (page) => page.getByRole("log", { name: "Messages" });
const threadOf = (page) => new URL(page.url()).pathname.split("/").at(-1);
/** While nobody listens, the browser says so of each try. */
const NOBODY = /ERR_CONNECTION_REFUSED|WebSocket connection/;

/** The next life of the server, at the same address with the same state; resolves when it is ready. */
async function startAgain() {
  const { port } = new URL(URL_OF_SERVER);
  const server = spawn(process.env.LGX_BINARY, ["dev", "--no-browser", "--port", port], { cwd: PROJECT, stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface(server.stdout)) {
    if (line.includes('"ready"')) return server;
  }
  throw new Error("it did not start again");
}

studio("SIGKILL in the middle of an answer: the page comes back, and the answer is there once and whole", { console: [NOBODY] }, async ({ page }) => {
  await open(page, "/graphs/story");
  await page.getByRole("textbox", { name: "Message" }).fill("tell me a story");
  await page.keyboard.press("Control+Enter");
  await log(page).getByText("5 6 7").waitFor();
  process.kill(Number(process.env.LGX_PID), "SIGKILL");
  await page.getByText("connection lost").waitFor();
  const server = await startAgain();
  try {
    await log(page).getByText("38 39").waitFor({ timeout: 60_000 });
    await nodeIs(page, "tell", "done");
    const words = Array.from({ length: 40 }, (_, index) => String(index)).join(" ");
    const answer = log(page).getByRole("article", { name: "ai message" });
    assert.equal(await answer.count(), 1);
    assert.ok((await answer.innerText()).includes(words), await answer.innerText());
    const { messages } = await valuesOf(threadOf(page));
    assert.deepEqual(messages.map((message) => message.type), ["human", "ai"]);
  } finally {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
});
