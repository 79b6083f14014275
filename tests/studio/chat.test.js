// The chat of a thread: what is typed, what streams, and what is shown of messages.

import assert from "node:assert/strict";
import { eventually, node, nodeIs, nodeWas, open, studio } from "./browser.js";
import { ended, newThread, runBy, runToEnd, settled, startRun, threadWith, valuesOf } from "./server.js";

const box = (page) => page.getByRole("textbox", { name: "Message" });
const log = (page) => page.getByRole("log", { name: "Messages" });
const threadOf = (page) => new URL(page.url()).pathname.split("/").at(-1);
/** A PNG of one dot. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

studio("what is typed is answered, word by word, and both messages are in the thread", async ({ page }) => {
  await open(page, "/graphs/story");
  await node(page, "tell").waitFor();
  await box(page).fill("tell me a story");
  await page.keyboard.press("Control+Enter");
  const answer = log(page).getByRole("article", { name: "ai message" });
  await answer.getByText("0 1 2 3").waitFor();
  const early = await answer.innerText();
  await nodeWas(page, "tell", "running");
  await answer.getByText("38 39").waitFor();
  assert.ok((await answer.innerText()).length > early.length + 20, early);
  await page.waitForURL(/\/studio\/threads\//);
  await nodeIs(page, "tell", "done");
  await settled(threadOf(page));
  const { messages } = await valuesOf(threadOf(page));
  assert.deepEqual(messages.map((message) => message.type), ["human", "ai"]);
});

studio("Enter sends, Shift+Enter makes a line", async ({ page }) => {
  await open(page, "/graphs/chat");
  await box(page).fill("one");
  await box(page).press("Shift+Enter");
  await box(page).pressSequentially("two");
  assert.equal(await box(page).inputValue(), "one\ntwo");
  await box(page).press("Enter");
  await log(page).getByText("You said: one").waitFor();
  assert.equal(await box(page).inputValue(), "");
  await page.waitForURL(/\/studio\/threads\//);
  await settled(threadOf(page));
  assert.equal((await valuesOf(threadOf(page))).messages[0].content, "one\ntwo");
});

studio("a graph without messages says why there is no chat, and has its form there", async ({ page }) => {
  await open(page, `/threads/${await threadWith("multi", { log: ["in"] })}?view=chat`);
  await page.getByText("No messages in this state").waitFor();
  await page.getByRole("tab", { name: "Message" }).click();
  await page.getByRole("button", { name: "Use the form" }).click();
  await page.getByRole("button", { name: /^Submit/ }).waitFor();
});

studio("a call and what its tool answered are one card", async ({ page }) => {
  const calls = ["good", "nothing"].map((name) => ({ name, args: { x: 1 }, id: name, type: "tool_call" }));
  const thread = await threadWith("tools_kinds", { messages: [{ role: "ai", content: "", tool_calls: calls }] });
  await open(page, `/threads/${thread}?view=chat`);
  const message = log(page).getByRole("article").first();
  await message.getByText('{"x":1}  →  good 1').waitFor();
  await message.getByText("error", { exact: true }).waitFor();
  assert.equal(await log(page).getByRole("article").count(), 1);
});

studio("reasoning is folded, an image of the message is shown, one of another host is only a link", async ({ page }) => {
  const content = [
    { type: "thinking", thinking: "Let me see." },
    { type: "text", text: "Here." },
    { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } },
    { type: "image_url", image_url: { url: "https://images.example.com/a.png" } },
  ];
  const thread = await threadWith("msgs", { messages: [{ type: "ai", content, id: "m0" }] });
  await open(page, `/threads/${thread}?view=chat`);
  const message = page.locator('[data-message="m0"]');
  await message.getByText("Here.").waitFor();
  assert.equal(await message.getByText("Let me see.").isVisible(), false);
  await message.getByText("Reasoning").click();
  await message.getByText("Let me see.").waitFor();
  const image = message.getByRole("img");
  assert.equal(await image.count(), 1);
  assert.equal(await image.evaluate((one) => one.naturalWidth), 1);
  await message.getByRole("link", { name: /images\.example\.com/ }).waitFor();
});

studio("tokens are shown where messages tell of them, and summed", async ({ page }) => {
  await open(page, `/threads/${await threadWith("msgs", { messages: [] })}?view=chat`);
  await page.locator('[data-message="a"]').getByText("3 tokens").waitFor();
  await log(page).getByText("3 tokens in all · 1 in, 2 out").waitFor();
  assert.equal(await page.locator('[data-message="h"]').getByText(/token/).count(), 0);
});

/** Gives files to the box of the chat, as a paste or a drop does. */
async function give(page, event, files) {
  await box(page).evaluate(
    (element, { kind, given }) => {
      const data = new DataTransfer();
      for (const { name, type, base64 } of given) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0));
        data.items.add(new File([bytes], name, { type }));
      }
      const about = { bubbles: true, cancelable: true };
      if (kind === "paste") element.dispatchEvent(new ClipboardEvent("paste", { ...about, clipboardData: data }));
      else for (const step of ["dragenter", "dragover", "drop"]) element.dispatchEvent(new DragEvent(step, { ...about, dataTransfer: data }));
    },
    { kind: event, given: files },
  );
}

const IMAGE = { name: "dot.png", type: "image/png", base64: PNG };
const PDF = { name: "order.pdf", type: "application/pdf", base64: btoa("%PDF-1.4\n%%EOF\n") };

for (const event of ["paste", "drop"]) {
  studio(`an image that is given by ${event} is previewed, sent, and there after a reload`, async ({ page }) => {
    await open(page, "/graphs/chat");
    await box(page).fill("look");
    await give(page, event, [IMAGE]);
    await page.getByRole("button", { name: "Remove dot.png" }).waitFor();
    await box(page).press("Enter");
    await log(page).getByRole("img").first().waitFor();
    await page.waitForURL(/\/studio\/threads\//);
    await eventually(page, "the answer", () => document.querySelectorAll("article").length >= 2);
    await settled(threadOf(page));
    const [sent] = (await valuesOf(threadOf(page))).messages;
    assert.deepEqual(sent.content, [{ type: "text", text: "look" }, { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } }]);
    await page.reload();
    await log(page).getByRole("img").first().waitFor();
    assert.equal(await log(page).getByRole("img").first().evaluate((image) => image.naturalWidth), 1);
  });
}

studio("several files are given at once, one is taken back, and the other is sent", async ({ page }) => {
  await open(page, "/graphs/chat");
  await give(page, "drop", [IMAGE, PDF]);
  await page.getByRole("button", { name: "Remove order.pdf" }).waitFor();
  await page.getByRole("button", { name: "Remove dot.png" }).click();
  await runBy(page, () => box(page).press("Enter"));
  await page.waitForURL(/\/studio\/threads\//);
  const [sent] = (await valuesOf(threadOf(page))).messages;
  assert.equal(sent.content.length, 1);
  assert.match(JSON.stringify(sent.content), /order\.pdf/);
  assert.ok(JSON.stringify(sent.content).includes(PDF.base64));
});

studio("a reload while a run streams loses nothing and shows nothing twice", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "chat", { input: { messages: [{ role: "user", content: "before" }] } });
  const run = await startRun(thread, "story", { input: { messages: [{ role: "user", content: "go on" }] } });
  await open(page, `/threads/${thread}?view=chat`);
  const last = log(page).getByRole("article").last();
  await last.getByText("3 4 5").waitFor();
  await page.reload();
  await last.getByText("6 7 8").waitFor();
  assert.equal((await ended(thread, run)).status, "success");
  await last.getByText("38 39").waitFor();
  const { messages } = await valuesOf(thread);
  await eventually(page, "as many messages as there are", (count) => document.querySelectorAll("article").length === count, messages.length);
  const shown = await log(page).getByRole("article").evaluateAll((all) => all.map((one) => one.getAttribute("data-message")));
  assert.deepEqual(shown, messages.map((message) => message.id));
  const words = await last.locator(".message-body").innerText();
  assert.equal(words.trim(), messages.at(-1).content.trim());
});
